//! The catalogue's file: finds out whether a folder has one, and opens it only if it is undamaged and belongs to this
//! program.

use std::time::Duration;

use camino::Utf8Path;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::error::ProjectError;
use super::side_file::{self, SIDE_FILE};
use super::{backup, checksums, lock, made, schema, undo};
use crate::ground::files;

pub(super) const CATALOGUE: &str = "project.db";

/// How long a statement waits for a statement of another process.
const BUSY: Duration = Duration::from_secs(5);

/// Whether `folder` holds a project. If the answer is false, a project may be created there.
///
/// # Errors
/// If the folder holds other files and `among_other_files` is not set, or if it holds files of a project that lost its
/// catalogue.
pub(super) fn look(folder: &Utf8Path, among_other_files: bool) -> Result<bool, ProjectError> {
    let catalogue = folder.join(CATALOGUE);
    match std::fs::symlink_metadata(&catalogue) {
        Ok(found) if found.is_file() && found.len() > 0 => return Ok(true),
        Ok(found) if !found.is_file() => return Err(ProjectError::NotOurs { path: catalogue }),
        _ => {}
    }
    let failed = |cause| ProjectError::Open { folder: folder.to_owned(), cause };
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        // Creating the folder will report other faults of the path.
        Err(_) if !folder.is_dir() => return Ok(false),
        Err(cause) => return Err(failed(cause)),
    };
    let (mut others, mut left) = (false, Vec::new());
    for entry in entries {
        let entry = entry.map_err(failed)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name == lock::NAME || name == CATALOGUE {
            continue;
        }
        others = true;
        let is_side_file = name == SIDE_FILE && side_file::read(&entry.path()).is_some();
        if is_side_file || made::is_written_by_us(&entry.path()) || backup::is_backup(&entry.path()) {
            left.push(name);
        }
    }
    if !left.is_empty() {
        left.sort();
        let what = format!("its catalogue ({CATALOGUE}) is missing or empty, beside {}", left.join(", "));
        return Err(ProjectError::Broken { folder: folder.to_owned(), what });
    }
    match others && !among_other_files {
        true => Err(ProjectError::NoProject { folder: folder.to_owned() }),
        false => Ok(false),
    }
}

/// Opens the catalogue in `folder`, and creates it if there is none. The whole catalogue is checked first, so no row of
/// a damaged one is ever used.
pub(super) fn open(folder: &Utf8Path, writes: bool) -> Result<Connection, ProjectError> {
    let path = folder.join(CATALOGUE);
    let is_new = !path.exists();
    let failed = |cause| failure(folder, cause);
    let mut db = connect(&path, writes).map_err(failed)?;
    guard(&db).map_err(failed)?;
    let number = |pragma: &str| db.pragma_query_value(None, pragma, |row| row.get::<_, i64>(0)).map_err(failed);
    let objects: i64 = db.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0)).map_err(failed)?;
    let numbers = (number("application_id")?, number("user_version")?);
    let version = match numbers {
        (0, 0) if objects == 0 && writes => 0,
        // A catalogue that is whole but for one bit of its numbers is not of another version, and no other program's.
        // The tables of another version are damaged or missing if they are read as those of this version.
        _ if is_one_bit_off(numbers) && matches!(flaw(&db, schema::VERSION), Ok(None)) => {
            return Err(broken(folder, format!("the numbers that identify its catalogue ({CATALOGUE}) are damaged")));
        }
        (schema::APPLICATION_ID, version @ 1..=schema::VERSION) => version,
        (schema::APPLICATION_ID, found) if found > schema::VERSION => {
            return Err(ProjectError::Newer { folder: folder.to_owned(), found });
        }
        (0, 0) if objects == 0 => return Err(broken(folder, format!("its catalogue ({CATALOGUE}) is empty"))),
        _ => return Err(ProjectError::Foreign { folder: folder.to_owned() }),
    };
    if let Some(what) = flaw(&db, version).map_err(failed)? {
        return Err(broken(folder, what));
    }
    if version < schema::VERSION {
        match writes {
            true => {
                let made = if version == 0 { Vec::new() } else { made::known_before(folder, &db).map_err(failed)? };
                if version > 0 {
                    backup::before_upgrade(folder, &db, version)?;
                }
                schema::upgrade(&mut db, folder, version, &made).map_err(failed)?;
            }
            false => db = schema::upgraded_copy(&db, folder, version).map_err(failed)?,
        }
    }
    if !schema::is_complete(&db).map_err(failed)? {
        match writes {
            true => schema::complete(&mut db).map_err(failed)?,
            false => db = schema::upgraded_copy(&db, folder, schema::VERSION).map_err(failed)?,
        }
    }
    db.pragma_update(None, "foreign_keys", true).map_err(failed)?;
    match writes {
        true => {
            undo::steps::prepare(&db).and_then(|()| checksums::prepare(&db)).map_err(failed)?;
            if is_new {
                let synced = files::sync_folder(folder.as_std_path());
                synced.map_err(|cause| ProjectError::File { path: folder.to_owned(), cause })?;
            }
        }
        false => db.pragma_update(None, "query_only", true).map_err(failed)?,
    }
    Ok(db)
}

/// Whether one bit of these numbers, the identification and the version of a catalogue, differs from those of this program.
fn is_one_bit_off((application, version): (i64, i64)) -> bool {
    // SQLite keeps both in 32 bits.
    let off = |found: i64, known: i64| ((found ^ known) & i64::from(u32::MAX)).count_ones();
    off(application, schema::APPLICATION_ID) + off(version, schema::VERSION) == 1
}

/// A connection that has not read anything yet. A reader's connection can write if the folder allows it, because SQLite
/// must be able to roll back what a killed writer left unfinished.
pub(super) fn connect(path: &Utf8Path, writes: bool) -> rusqlite::Result<Connection> {
    let open = |flags| Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NOFOLLOW);
    let (read, write) = (OpenFlags::SQLITE_OPEN_READ_ONLY, OpenFlags::SQLITE_OPEN_READ_WRITE);
    let db = match writes {
        true => open(write | OpenFlags::SQLITE_OPEN_CREATE)?,
        false => open(write).or_else(|_| open(read))?,
    };
    db.busy_timeout(BUSY)?;
    Ok(db)
}

/// Settings that make a stranger's database harmless, and that keep commits safe in a power cut.
fn guard(db: &Connection) -> rusqlite::Result<()> {
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    db.pragma_update(None, "synchronous", "EXTRA")
}

/// The reason why a catalogue of this version is invalid, for people. `None` if it is valid.
pub(super) fn flaw(db: &Connection, version: i64) -> rusqlite::Result<Option<String>> {
    let programs = "SELECT count(*) FROM sqlite_schema WHERE type IN ('trigger', 'view')";
    if db.query_row(programs, [], |row| row.get::<_, i64>(0))? > 0 {
        return Ok(Some(format!("its catalogue ({CATALOGUE}) has triggers or views, which Soundalike never makes")));
    }
    // One transaction, so that a writer in another process changes nothing between the checks.
    let db = db.unchecked_transaction()?;
    let check: String = db.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
    if check != "ok" {
        return Ok(Some(format!("its catalogue ({CATALOGUE}) is damaged: {}", check.replace('\n', " "))));
    }
    let broken = checksums::broken(&db, version)?;
    match broken.as_slice() {
        [] => Ok(None),
        tables => {
            let tables = tables.join(", ");
            Ok(Some(format!("its catalogue ({CATALOGUE}) is not as it was written, in: {tables}")))
        }
    }
}

/// A damaged database means that the project must be repaired. Other errors are reported as they are.
fn failure(folder: &Utf8Path, cause: rusqlite::Error) -> ProjectError {
    match cause.sqlite_error_code() {
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
            broken(folder, format!("its catalogue ({CATALOGUE}) is damaged: {cause}"))
        }
        _ => ProjectError::Catalogue { folder: folder.to_owned(), cause },
    }
}

fn broken(folder: &Utf8Path, what: String) -> ProjectError {
    ProjectError::Broken { folder: folder.to_owned(), what }
}
