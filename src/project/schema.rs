//! The catalogue's tables, and the upgrades from earlier versions.

use camino::Utf8Path;
use rusqlite::Connection;

use super::{checksums, roots};

/// The version of the tables below, kept in SQLite's `user_version`. A project with a higher version is refused. One
/// with a lower version is upgraded.
pub(super) const VERSION: i64 = 5;

/// Identifies the database as a Soundalike catalogue, for `file` and for this program.
pub(super) const APPLICATION_ID: i64 = 0x534e_4441;

/// The tables of version 1.
const FIRST: &str = "
    CREATE TABLE files (
        id INTEGER PRIMARY KEY AUTOINCREMENT, -- never given twice
        path TEXT NOT NULL UNIQUE,
        size_bytes INTEGER NOT NULL,
        modified_ns INTEGER NOT NULL,
        content_hash BLOB NOT NULL,
        rate INTEGER NOT NULL,
        channels INTEGER NOT NULL,
        frames INTEGER NOT NULL,
        peak REAL NOT NULL,
        thumbnail BLOB NOT NULL -- pairs of signed bytes: lowest, highest
    ) STRICT;
    CREATE TABLE problems (path TEXT PRIMARY KEY, reason TEXT NOT NULL) STRICT;
    CREATE TABLE models (
        generation INTEGER PRIMARY KEY AUTOINCREMENT,
        config TEXT NOT NULL, -- JSON
        steps INTEGER NOT NULL,
        seconds REAL NOT NULL,
        loss REAL NOT NULL,
        saturation REAL NOT NULL,
        collapsed TEXT,
        history TEXT NOT NULL -- JSON: the points of the training curve
    ) STRICT;
    CREATE TABLE indexes (
        generation INTEGER PRIMARY KEY AUTOINCREMENT,
        model_generation INTEGER NOT NULL REFERENCES models (generation),
        codes INTEGER NOT NULL,
        unique_codes INTEGER NOT NULL,
        entropy_nats REAL NOT NULL
    ) STRICT;
    CREATE TABLE indexed_files ( -- which rows of an index are which file's chunks
        index_generation INTEGER NOT NULL REFERENCES indexes (generation) ON DELETE CASCADE,
        first_row INTEGER NOT NULL,
        file_id INTEGER NOT NULL,
        content_hash BLOB NOT NULL,
        chunks INTEGER NOT NULL,
        silent BLOB NOT NULL, -- a bit for each chunk, least significant first
        PRIMARY KEY (index_generation, first_row)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE current ( -- one row
        one INTEGER PRIMARY KEY CHECK (one = 1),
        model_generation INTEGER REFERENCES models (generation),
        index_generation INTEGER REFERENCES indexes (generation)
    ) STRICT;
    INSERT INTO current VALUES (1, NULL, NULL);
";

/// Version 2 added tags and favourites.
const ANNOTATIONS: &str = "
    CREATE TABLE tags (
        file_id INTEGER NOT NULL REFERENCES files (id) ON DELETE CASCADE,
        tag TEXT NOT NULL,
        PRIMARY KEY (file_id, tag)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE favourites (
        file_id INTEGER NOT NULL REFERENCES files (id) ON DELETE CASCADE,
        start_secs REAL NOT NULL,
        end_secs REAL NOT NULL,
        PRIMARY KEY (file_id, start_secs, end_secs)
    ) STRICT, WITHOUT ROWID;
";

/// Version 3 added the record of the files that the program made, checksums of all tables, and the model hash of an
/// index.
const PROOFS: &str = "
    CREATE TABLE made_files (name TEXT PRIMARY KEY) STRICT, WITHOUT ROWID; -- in the project's folder
    CREATE TABLE checksums ( -- of each other table
        name TEXT PRIMARY KEY,
        rows INTEGER NOT NULL,
        sum INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    -- What a problem's file was like when it was met; NULL where it could not be looked at.
    ALTER TABLE problems ADD COLUMN size_bytes INTEGER;
    ALTER TABLE problems ADD COLUMN modified_ns INTEGER;
    ALTER TABLE models ADD COLUMN hash BLOB;
    ALTER TABLE indexes ADD COLUMN model_hash BLOB;
";

/// Version 4 added saved searches, their verdicts, and the matches of their last run.
const SEARCHES: &str = "
    CREATE TABLE saved_searches (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        name TEXT NOT NULL UNIQUE,
        basket TEXT NOT NULL, -- JSON: the query and its examples
        threshold REAL,
        ran INTEGER NOT NULL -- whether it ever ran
    ) STRICT;
    CREATE TABLE verdicts (
        search_id INTEGER NOT NULL REFERENCES saved_searches (id) ON DELETE CASCADE,
        file_id INTEGER NOT NULL REFERENCES files (id) ON DELETE CASCADE,
        start_secs REAL NOT NULL,
        end_secs REAL NOT NULL,
        yes INTEGER NOT NULL,
        PRIMARY KEY (search_id, file_id, start_secs, end_secs)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE seen_matches (
        search_id INTEGER NOT NULL REFERENCES saved_searches (id) ON DELETE CASCADE,
        file_id INTEGER NOT NULL REFERENCES files (id) ON DELETE CASCADE,
        start_secs REAL NOT NULL,
        end_secs REAL NOT NULL,
        PRIMARY KEY (search_id, file_id, start_secs, end_secs)
    ) STRICT, WITHOUT ROWID;
";

/// Version 5 added roots, to which files are relative, hashes of samples, and a lasting undo history.
/// [`roots::take_over`] converts the files.
const ROOTS: &str = "
    CREATE TABLE roots (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        place TEXT NOT NULL, -- absolute, or below the project's folder
        in_project INTEGER NOT NULL,
        whole INTEGER NOT NULL, -- 0: only single files that lie in it were added
        UNIQUE (place, in_project)
    ) STRICT;
    ALTER TABLE files RENAME TO files_4;
    CREATE TABLE files (
        id INTEGER PRIMARY KEY AUTOINCREMENT, -- never given twice
        root_id INTEGER NOT NULL REFERENCES roots (id),
        path TEXT NOT NULL, -- below the root
        size_bytes INTEGER NOT NULL,
        modified_ns INTEGER NOT NULL,
        content_hash BLOB NOT NULL, -- of the bytes
        sound_hash BLOB, -- of the decoded samples; NULL where an earlier program read the file
        rate INTEGER NOT NULL,
        channels INTEGER NOT NULL,
        frames INTEGER NOT NULL,
        peak REAL NOT NULL,
        thumbnail BLOB NOT NULL, -- pairs of signed bytes: lowest, highest
        UNIQUE (root_id, path)
    ) STRICT;
    CREATE TABLE undo_steps (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        place INTEGER NOT NULL, -- the order in which they were done
        words TEXT NOT NULL,
        taken_back INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE undo_notes ( -- k: what tells the row from others; c: its values, in the order of the table's columns
        place INTEGER PRIMARY KEY AUTOINCREMENT,
        step INTEGER NOT NULL REFERENCES undo_steps (number) ON DELETE CASCADE,
        table_name TEXT NOT NULL,
        change TEXT NOT NULL,
        k0 ANY, k1 ANY, k2 ANY, k3 ANY,
        c0 ANY, c1 ANY, c2 ANY, c3 ANY, c4 ANY, c5 ANY, c6 ANY, c7 ANY,
        c8 ANY, c9 ANY, c10 ANY, c11 ANY, c12 ANY, c13 ANY, c14 ANY, c15 ANY
    ) STRICT;
    CREATE INDEX undo_notes_of_step ON undo_notes (step);
";

/// Tables that are created in any catalogue that lacks them. They need no new version, because earlier programs of this
/// version ignore them.
pub(super) const ADDED: [(&str, &str); 4] = [
    (
        "aspects",
        "CREATE TABLE aspects ( -- NULL: the sound has no such aspect
            content_hash BLOB PRIMARY KEY NOT NULL, -- of files
            definitions INTEGER NOT NULL, -- the number of those that they were measured by
            loudness REAL,
            attack REAL,
            brightness REAL,
            pitch REAL,
            pitch_confidence REAL,
            noisiness REAL,
            tempo REAL
        ) STRICT, WITHOUT ROWID",
    ),
    (
        "metadata",
        "CREATE TABLE metadata ( -- NULL: the file does not say it
            content_hash BLOB PRIMARY KEY NOT NULL, -- of files
            reading INTEGER NOT NULL, -- the number of the way in which it was read
            recorded TEXT, -- the recorder's clock time, or only a date
            artist TEXT,
            title TEXT,
            album TEXT,
            genre TEXT,
            comment TEXT,
            bpm REAL,
            musical_key TEXT,
            markers TEXT -- JSON
        ) STRICT, WITHOUT ROWID",
    ),
    ("collections", "CREATE TABLE collections (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL) STRICT"),
    (
        "collection_items",
        "CREATE TABLE collection_items (
            collection_id INTEGER NOT NULL REFERENCES collections (id) ON DELETE CASCADE,
            place INTEGER NOT NULL, -- from 0 on
            file_id INTEGER NOT NULL REFERENCES files (id) ON DELETE CASCADE,
            start_secs REAL, -- NULL: the whole file
            end_secs REAL,
            PRIMARY KEY (collection_id, place)
        ) STRICT, WITHOUT ROWID",
    ),
];

/// Creates the tables of [`ADDED`] that a database of this version lacks.
pub(super) fn complete(db: &mut Connection) -> rusqlite::Result<()> {
    let transaction = db.transaction()?;
    for (name, table) in ADDED {
        if !has(&transaction, name)? {
            transaction.execute_batch(table)?;
        }
    }
    checksums::set(&transaction, VERSION)?;
    transaction.commit()
}

/// Whether a database has a table.
pub(super) fn has(db: &Connection, table: &str) -> rusqlite::Result<bool> {
    let is_there = "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?1)";
    db.query_row(is_there, [table], |row| row.get(0))
}

/// Whether a database of this version has all tables of [`ADDED`].
pub(super) fn is_complete(db: &Connection) -> rusqlite::Result<bool> {
    let lacks = ADDED.iter().map(|(name, _)| has(db, name)).find(|has| !matches!(has, Ok(true)));
    lacks.unwrap_or(Ok(true))
}

/// The step from each version, beginning with 0, to the next.
const STEPS: [&str; VERSION as usize] = [FIRST, ANNOTATIONS, PROOFS, SEARCHES, ROOTS];

/// Upgrades a database from version `from`, in one transaction. An empty database has version 0. `made` are the files
/// in the project's folder that the old catalogue knew.
pub(super) fn upgrade(db: &mut Connection, folder: &Utf8Path, from: i64, made: &[String]) -> rusqlite::Result<()> {
    // With foreign keys on, dropping a table would empty the tables that refer to it. Without legacy renaming, renaming a
    // table would change the references to it.
    db.pragma_update(None, "foreign_keys", false)?;
    db.pragma_update(None, "legacy_alter_table", true)?;
    let transaction = db.transaction()?;
    let known = usize::try_from(from).unwrap_or_default();
    for step in &STEPS[known.min(STEPS.len())..] {
        transaction.execute_batch(step)?;
    }
    if known < 5 {
        roots::take_over(&transaction, folder)?;
    }
    for (_, table) in ADDED {
        transaction.execute_batch(table)?;
    }
    for name in made {
        transaction.execute("INSERT OR IGNORE INTO made_files VALUES (?1)", [name])?;
    }
    checksums::set(&transaction, VERSION)?;
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.pragma_update(None, "user_version", VERSION)?;
    transaction.commit()?;
    db.pragma_update(None, "legacy_alter_table", false)
}

/// An upgraded copy in memory of a catalogue of an earlier version, for a reader that must not write.
pub(super) fn upgraded_copy(old: &Connection, folder: &Utf8Path, from: i64) -> rusqlite::Result<Connection> {
    let mut copy = Connection::open_in_memory()?;
    rusqlite::backup::Backup::new(old, &mut copy)?.run_to_completion(1000, std::time::Duration::ZERO, None)?;
    match from {
        VERSION => complete(&mut copy)?,
        _ => upgrade(&mut copy, folder, from, &[])?,
    }
    Ok(copy)
}

/// Creates the tables of an earlier version in an empty database.
#[cfg(test)]
pub(super) fn make_older(db: &Connection, version: i64) -> rusqlite::Result<()> {
    for step in &STEPS[..usize::try_from(version).expect("a version")] {
        db.execute_batch(step)?;
    }
    db.pragma_update(None, "application_id", APPLICATION_ID)?;
    db.pragma_update(None, "user_version", version)
}
