//! One list of the catalogue's tables, for undo, checksums and repair.

use super::schema::ADDED;

/// A table of the catalogue.
#[derive(Clone, Copy, Debug)]
pub(super) struct Table {
    pub name: &'static str,
    /// The number of columns, from the first on, that form the key.
    pub keys: usize,
    pub columns: &'static [&'static str],
    /// Whether people change the table, so that its changes can be undone.
    pub undoable: bool,
}

/// All tables except `checksums`.
pub(super) const TABLES: [Table; 19] = [
    // Listed before `files`, which refers to it.
    Table { name: "roots", keys: 1, columns: &["id", "place", "in_project", "whole"], undoable: true },
    Table {
        name: "files",
        keys: 1,
        columns: &[
            "id",
            "root_id",
            "path",
            "size_bytes",
            "modified_ns",
            "content_hash",
            "sound_hash",
            "rate",
            "channels",
            "frames",
            "peak",
            "thumbnail",
        ],
        undoable: true,
    },
    Table { name: "problems", keys: 1, columns: &["path", "reason", "size_bytes", "modified_ns"], undoable: true },
    Table { name: "tags", keys: 2, columns: &["file_id", "tag"], undoable: true },
    Table { name: "favourites", keys: 3, columns: &["file_id", "start_secs", "end_secs"], undoable: true },
    Table { name: "saved_searches", keys: 1, columns: &["id", "name", "basket", "threshold", "ran"], undoable: true },
    Table {
        name: "verdicts",
        keys: 4,
        columns: &["search_id", "file_id", "start_secs", "end_secs", "yes"],
        undoable: true,
    },
    Table {
        name: "seen_matches",
        keys: 4,
        columns: &["search_id", "file_id", "start_secs", "end_secs"],
        undoable: true,
    },
    Table {
        name: "models",
        keys: 1,
        columns: &["generation", "config", "steps", "seconds", "loss", "saturation", "collapsed", "history", "hash"],
        undoable: false,
    },
    Table {
        name: "indexes",
        keys: 1,
        columns: &["generation", "model_generation", "codes", "unique_codes", "entropy_nats", "model_hash"],
        undoable: false,
    },
    Table {
        name: "indexed_files",
        keys: 2,
        columns: &["index_generation", "first_row", "file_id", "content_hash", "chunks", "silent"],
        undoable: false,
    },
    Table { name: "current", keys: 1, columns: &["one", "model_generation", "index_generation"], undoable: false },
    Table { name: "made_files", keys: 1, columns: &["name"], undoable: false },
    Table { name: "collections", keys: 1, columns: &["id", "name"], undoable: true },
    Table {
        name: "collection_items",
        keys: 2,
        columns: &["collection_id", "place", "file_id", "start_secs", "end_secs"],
        undoable: true,
    },
    Table {
        name: "aspects",
        keys: 1,
        columns: &[
            "content_hash",
            "definitions",
            "loudness",
            "attack",
            "brightness",
            "pitch",
            "pitch_confidence",
            "noisiness",
            "tempo",
        ],
        undoable: false,
    },
    Table {
        name: "metadata",
        keys: 1,
        columns: &[
            "content_hash",
            "reading",
            "recorded",
            "artist",
            "title",
            "album",
            "genre",
            "comment",
            "bpm",
            "musical_key",
            "markers",
        ],
        undoable: false,
    },
    Table { name: "undo_steps", keys: 1, columns: &["number", "place", "words", "taken_back"], undoable: false },
    Table {
        name: "undo_notes",
        keys: 1,
        columns: &[
            "place",
            "step",
            "table_name",
            "change",
            "k0",
            "k1",
            "k2",
            "k3",
            "c0",
            "c1",
            "c2",
            "c3",
            "c4",
            "c5",
            "c6",
            "c7",
            "c8",
            "c9",
            "c10",
            "c11",
            "c12",
            "c13",
            "c14",
            "c15",
        ],
        undoable: false,
    },
];

/// The table of files in versions 3 and 4, which had no roots.
const FILES_4: Table = Table {
    name: "files",
    keys: 1,
    columns: &[
        "id",
        "path",
        "size_bytes",
        "modified_ns",
        "content_hash",
        "rate",
        "channels",
        "frames",
        "peak",
        "thumbnail",
    ],
    undoable: true,
};

/// Whether a table is one of [`ADDED`], so that a catalogue of this version may lack it.
pub(super) fn is_added(name: &str) -> bool {
    ADDED.iter().any(|(added, _)| *added == name)
}

/// The tables with checksums in a catalogue of this version.
pub(super) fn of_version(version: i64) -> Vec<Table> {
    let since = |name: &str| match name {
        "saved_searches" | "verdicts" | "seen_matches" => 4,
        "roots" | "undo_steps" | "undo_notes" => 5,
        name if is_added(name) => 5,
        _ => 3,
    };
    let known = TABLES.into_iter().filter(|table| since(table.name) <= version);
    known.map(|table| if version < 5 && table.name == "files" { FILES_4 } else { table }).collect()
}
