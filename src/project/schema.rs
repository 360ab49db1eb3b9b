//! The catalogue's tables, and how those of earlier versions are brought up to date.

use rusqlite::Connection;

use super::checksums;

/// Version of the tables below, kept in SQLite's `user_version`. A project with a higher one is refused, one with a lower
/// one is brought up to date.
pub(super) const VERSION: i64 = 4;

/// Says "this database is a Soundalike catalogue" to `file` and to ourselves.
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

/// Version 2 brought what a person says of files and of stretches in them.
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

/// Version 3 brought the record of the files that the program made, checksums of all tables, and the hash by which an index
/// knows its model.
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

/// Version 4 brought saved searches, what a person said of their matches, and what they found when they ran last.
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

/// What brings a database from each version, from 0 on, to the next.
const STEPS: [&str; VERSION as usize] = [FIRST, ANNOTATIONS, PROOFS, SEARCHES];

/// Brings a database of version `from` up to date, in one transaction. An empty database is of version 0. `made` are the
/// files in the project's folder that the catalogue of that version knew.
pub(super) fn upgrade(db: &mut Connection, from: i64, made: &[String]) -> rusqlite::Result<()> {
    let transaction = db.transaction()?;
    let known = usize::try_from(from).unwrap_or_default();
    for step in &STEPS[known.min(STEPS.len())..] {
        transaction.execute_batch(step)?;
    }
    for name in made {
        transaction.execute("INSERT OR IGNORE INTO made_files VALUES (?1)", [name])?;
    }
    checksums::set(&transaction)?;
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.pragma_update(None, "user_version", VERSION)?;
    transaction.commit()
}

/// The catalogue of an earlier version, in memory and up to date, for a reader who must not write.
pub(super) fn upgraded_copy(old: &Connection, from: i64) -> rusqlite::Result<Connection> {
    let mut copy = Connection::open_in_memory()?;
    rusqlite::backup::Backup::new(old, &mut copy)?.run_to_completion(1000, std::time::Duration::ZERO, None)?;
    upgrade(&mut copy, from, &[])?;
    Ok(copy)
}

/// Makes the tables of an empty database as an earlier version did.
#[cfg(test)]
pub(super) fn make_older(db: &Connection, version: i64) -> rusqlite::Result<()> {
    for step in &STEPS[..usize::try_from(version).expect("a version")] {
        db.execute_batch(step)?;
    }
    db.pragma_update(None, "application_id", APPLICATION_ID)?;
    db.pragma_update(None, "user_version", version)
}
