//! The catalogue's tables, in one list: what undoing, checksums and repair go by.

/// A table of the catalogue.
pub(super) struct Table {
    pub name: &'static str,
    /// How many of the columns, from the first on, tell a row from all others.
    pub keys: usize,
    pub columns: &'static [&'static str],
    /// Whether a person changes it, so that its changes can be undone.
    pub undoable: bool,
}

/// Every table but the one with the checksums of these.
pub(super) const TABLES: [Table; 12] = [
    Table {
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
];
