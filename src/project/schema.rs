//! The catalogue's tables.

use rusqlite::Connection;

/// Version of the tables below, kept in SQLite's `user_version`. A project with a higher one is refused, one with a lower
/// one is brought up to date.
pub(super) const VERSION: i64 = 2;

/// Says "this database is a Soundalike catalogue" to `file` and to ourselves.
pub(super) const APPLICATION_ID: i64 = 0x534e_4441;

/// What a person said of files and of stretches in them: version 2 brought these.
const ANNOTATIONS: [&str; 2] = [
    "TABLE tags (
        file_id INTEGER NOT NULL REFERENCES files (id) ON DELETE CASCADE,
        tag TEXT NOT NULL,
        PRIMARY KEY (file_id, tag)
    ) STRICT, WITHOUT ROWID",
    "TABLE favourites (
        file_id INTEGER NOT NULL REFERENCES files (id) ON DELETE CASCADE,
        start_secs REAL NOT NULL,
        end_secs REAL NOT NULL,
        PRIMARY KEY (file_id, start_secs, end_secs)
    ) STRICT, WITHOUT ROWID",
];

/// Brings a database of version 1 up to date. One that cannot be written gets the tables that it lacks for as long as it
/// is open, empty.
pub(super) fn upgrade(db: &Connection, read_only: bool) -> rusqlite::Result<()> {
    if read_only {
        return ANNOTATIONS.iter().try_for_each(|table| db.execute_batch(&format!("CREATE TEMP {table}")));
    }
    let [tags, favourites] = ANNOTATIONS;
    db.execute_batch(&format!("BEGIN; CREATE {tags}; CREATE {favourites}; PRAGMA user_version = {VERSION}; COMMIT;"))
}

/// Makes the tables of an empty database.
pub(super) fn create(db: &Connection) -> rusqlite::Result<()> {
    let [tags, favourites] = ANNOTATIONS;
    db.execute_batch(&format!(
        "BEGIN;
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
        CREATE {tags};
        CREATE {favourites};
        PRAGMA application_id = {APPLICATION_ID};
        PRAGMA user_version = {VERSION};
        COMMIT;"
    ))
}
