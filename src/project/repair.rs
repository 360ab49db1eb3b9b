//! Repairs a project: the catalogue from its backups and from what can still be read of it, and the current model from
//! the models in the folder.
//!
//! Nothing is deleted. What is replaced is moved into the folder `set-aside`.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};
use rusqlite::types::Value;
use rusqlite::{Connection, params, params_from_iter};

use super::backup::BACKUPS;
use super::catalogue_file::{self, CATALOGUE};
use super::check::{flaw_of_backup, version_of};
use super::error::ProjectError;
use super::folder::{Opening, Project};
use super::lock::{self, Asked};
use super::roots::{Roots, joined};
use super::side_file::{self, KeptByHand, KeptFile, SIDE_FILE};
use super::tables::{TABLES, Table};
use super::{aspects, checksums, made, metadata, schema};
use crate::dataset::letters;
use crate::ground::files;
use crate::ground::paths::WithoutLinks as _;
use crate::model::{Config, Model};

/// The folder for replaced files.
const SET_ASIDE: &str = "set-aside";

/// The most unreadable rows that are skipped in a damaged table before the rest of the table is given up.
const GAPS: usize = 1000;

/// Repairs the catalogue of the project in `folder`, and its current model. Returns descriptions of what was done.
///
/// # Errors
/// If another process has the project, or if a file cannot be written. Another call continues.
pub fn repair(folder: &Utf8Path) -> Result<Vec<String>, ProjectError> {
    let folder = folder.without_links().map_err(|cause| ProjectError::Open { folder: folder.to_owned(), cause })?;
    let mut done = Vec::new();
    let opened = catalogue_file::look(&folder, false).and_then(|_| Project::open(&folder, Opening::default()));
    let project = match opened {
        Ok(project) => project,
        Err(ProjectError::Broken { what, .. }) => {
            done.push(what);
            mend_catalogue(&folder, &mut done)?;
            Project::open(&folder, Opening::default())?
        }
        Err(other) => return Err(other),
    };
    project.check_writable()?;
    if forget_impossible(&project.db()).map_err(|cause| project.catalogue_error(cause))? {
        done.push("impossible rows of the catalogue were left out".into());
    }
    if let Err(ProjectError::Content { what, .. }) = project.current_index() {
        project.forget_index()?;
        done.push(format!("{what}: there is no index any more; build it"));
    }
    mend_model(&project, &mut done)?;
    let checkpoint = project.checkpoint_path();
    if checkpoint.exists() && Model::load(checkpoint.as_std_path()).is_err() {
        set_aside(&folder, &checkpoint, &mut done)?;
    }
    project.note_change();
    Ok(done)
}

/// Replaces the catalogue by the best one that can be made from the backups and from the damaged catalogue.
fn mend_catalogue(folder: &Utf8Path, done: &mut Vec<String>) -> Result<(), ProjectError> {
    let held =
        lock::ask(folder, Duration::ZERO).map_err(|cause| ProjectError::Open { folder: folder.to_owned(), cause })?;
    let _lock = match held {
        Asked::Ours(lock) => lock,
        Asked::Theirs(who) => {
            return Err(ProjectError::ReadOnly(format!("another Soundalike has this project open ({who})")));
        }
    };
    let failed = |cause| ProjectError::Catalogue { folder: folder.to_owned(), cause };
    let path = folder.join(CATALOGUE);
    let (mut db, backup) = base(folder).map_err(failed)?;
    done.push(match backup {
        Some(name) => format!("the catalogue was restored from {name}"),
        None => "there is no undamaged backup of the catalogue; a new catalogue was made".into(),
    });
    let transaction = db.transaction().map_err(failed)?;
    if let Ok(damaged) = catalogue_file::connect(&path, false) {
        for table in &TABLES {
            // With a backup, only what a person added is copied, because only that can be newer than the backup and
            // makes sense by itself. Without a backup, everything readable is copied.
            if table.undoable || backup.is_none() {
                let rows = salvage(&damaged, &transaction, table).map_err(failed)?;
                if rows > 0 {
                    done.push(format!("{rows} rows of {} were copied from the damaged catalogue", table.name));
                }
            }
        }
    }
    let kept = side_file::read(folder.join(SIDE_FILE).as_std_path()).unwrap_or_default();
    let given = give_back(&transaction, folder, &kept).map_err(failed)?;
    if given.restored > 0 {
        done.push(format!(
            "{} tags, favourites and items of collections were restored from {SIDE_FILE}",
            given.restored
        ));
    }
    forget_impossible(&transaction).map_err(failed)?;
    forget_dangling(&transaction).map_err(failed)?;
    checksums::set(&transaction, schema::VERSION).map_err(failed)?;
    transaction.commit().map_err(failed)?;
    let content = db.serialize(rusqlite::MAIN_DB).map_err(failed)?.to_vec();
    if given.unknown > 0 {
        keep_side_file(folder, &kept, given.unknown, done)?;
    }
    for name in [CATALOGUE, "project.db-journal"] {
        let path = folder.join(name);
        if std::fs::symlink_metadata(&path).is_ok() {
            set_aside(folder, &path, done)?;
        }
    }
    files::create(path.as_std_path(), &content).map_err(|cause| ProjectError::File { path, cause })
}

/// The newest undamaged backup, upgraded to the current version, or an empty catalogue.
fn base(folder: &Utf8Path) -> rusqlite::Result<(Connection, Option<&'static str>)> {
    for name in BACKUPS {
        let path = folder.join(name);
        if path.exists() && flaw_of_backup(&path).is_none() {
            let db = catalogue_file::connect(&path, false)?;
            let version = version_of(&db)?.unwrap_or_default();
            return Ok((schema::upgraded_copy(&db, folder, version)?, Some(name)));
        }
    }
    let mut empty = Connection::open_in_memory()?;
    schema::upgrade(&mut empty, folder, 0, &[])?;
    Ok((empty, None))
}

/// Copies the readable rows whose keys `to` does not have yet, and counts them. A row that violates a constraint is
/// left out.
fn salvage(from: &Connection, to: &Connection, table: &Table) -> rusqlite::Result<usize> {
    let columns = table.columns.join(", ");
    let places: Vec<String> = (1..=table.columns.len()).map(|place| format!("?{place}")).collect();
    let replaces = if table.name == "current" { "REPLACE" } else { "IGNORE" };
    let insert = format!("INSERT OR {replaces} INTO {} ({columns}) VALUES ({})", table.name, places.join(", "));
    let mut insert = to.prepare(&insert)?;
    let mut copied = 0;
    let mut take = |values: Vec<Value>| copied += insert.execute(params_from_iter(values)).unwrap_or_default();
    // In tables with a numeric key, pages that cannot be read are skipped.
    let is_numbered = matches!(table.name, "roots" | "files" | "models" | "indexes");
    let key = table.columns[0];
    let (mut after, mut gaps) = (i64::MIN, 0);
    loop {
        let query = match is_numbered {
            true => format!("SELECT {columns} FROM {} WHERE {key} > {after} ORDER BY {key}", table.name),
            false => format!("SELECT {columns} FROM {}", table.name),
        };
        let Ok(mut query) = from.prepare(&query) else { break };
        let Ok(mut rows) = query.query([]) else { break };
        let ended = loop {
            match rows.next() {
                Ok(Some(row)) => {
                    let values =
                        (0..table.columns.len()).map(|column| row.get(column)).collect::<Result<Vec<Value>, _>>();
                    if let Ok(values) = values {
                        if let (true, Some(&Value::Integer(number))) = (is_numbered, values.first()) {
                            after = number;
                        }
                        take(values);
                    }
                }
                Ok(None) => break true,
                Err(_) => break false,
            }
        };
        if ended || !is_numbered || gaps == GAPS {
            break;
        }
        gaps += 1;
        after = after.saturating_add(1).max(0);
    }
    Ok(copied)
}

/// What was restored from the side file.
struct Given {
    /// The number of tags, favourites and items of collections.
    restored: usize,
    /// The number of sounds in the side file that the catalogue does not know.
    unknown: usize,
}

/// Restores tags, favourites and collections from the side file. Collections that the catalogue has stay as they are.
fn give_back(db: &Connection, folder: &Utf8Path, kept: &KeptByHand) -> rusqlite::Result<Given> {
    let mut restored = 0;
    let roots = Roots::read(db, folder)?;
    let places = roots.places();
    let mut query = db.prepare("SELECT id, root_id, path FROM files")?;
    let rows = query.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    let files: Vec<(i64, i64, String)> = rows.collect::<rusqlite::Result<_>>()?;
    let at = |(id, root, path): &(i64, i64, String)| Some((joined(places.get(root)?, path), *id));
    let known: HashMap<Utf8PathBuf, i64> = files.iter().filter_map(at).collect();
    let id_of = |path: &str| known.get(Utf8Path::new(path));
    for KeptFile { path, tags, favourites, .. } in &kept.files {
        let Some(id) = id_of(path) else { continue };
        for tag in tags {
            restored += db.execute("INSERT OR IGNORE INTO tags VALUES (?1, ?2)", params![id, tag])?;
        }
        for (start, end) in favourites {
            restored += db.execute("INSERT OR IGNORE INTO favourites VALUES (?1, ?2, ?3)", params![id, start, end])?;
        }
    }
    let mut query = db.prepare("SELECT name FROM collections")?;
    let names: Vec<String> = query.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    for collection in &kept.collections {
        if names.iter().any(|name| letters::are_alike(name, &collection.name)) {
            continue;
        }
        let make = "INSERT INTO collections (name) VALUES (?1) RETURNING id";
        let made: i64 = db.query_row(make, [&collection.name], |row| row.get(0))?;
        let items = collection.items.iter().filter_map(|item| Some((id_of(&item.path)?, item.stretch)));
        for (place, (file, stretch)) in items.enumerate() {
            let (start, end) = stretch.unzip();
            let put = "INSERT INTO collection_items VALUES (?1, ?2, ?3, ?4, ?5)";
            restored += db.execute(put, params![made, place as i64, file, start, end])?;
        }
    }
    let items = kept.collections.iter().flat_map(|collection| &collection.items).map(|item| item.path.as_str());
    let named: BTreeSet<&str> = kept.files.iter().map(|file| file.path.as_str()).chain(items).collect();
    Ok(Given { restored, unknown: named.into_iter().filter(|path| id_of(path).is_none()).count() })
}

/// Copies the side file into `set-aside`, because the next backup replaces it by one without the sounds that the
/// repaired catalogue does not know.
fn keep_side_file(
    folder: &Utf8Path,
    kept: &KeptByHand,
    unknown: usize,
    done: &mut Vec<String>,
) -> Result<(), ProjectError> {
    let Some(to) = place_aside(folder, SIDE_FILE)? else { return Ok(()) };
    let written = kept.to_json(folder).map(|json| files::create(to.as_std_path(), &json))?;
    written.map_err(|cause| ProjectError::File { path: to.clone(), cause })?;
    let name = format!("{SET_ASIDE}/{}", to.file_name().unwrap_or_default());
    done.push(format!(
        "{SIDE_FILE} names sounds that the catalogue no longer has (missing: {unknown}). It was copied to {name}. Add their \
         folders again, then `soundalike tags --import {name}` restores their tags, favourites and collections"
    ));
    Ok(())
}

/// Removes rows outside the bounds of `bounds.rs`. Returns whether there were any.
fn forget_impossible(db: &Connection) -> rusqlite::Result<bool> {
    let mut left_out = aspects::forget_impossible(db)? + metadata::forget_impossible(db)?;
    for impossible in [
        "files WHERE rate NOT BETWEEN 1 AND 10000000 OR channels NOT BETWEEN 1 AND 1024
            OR frames NOT BETWEEN 0 AND 17592186044416 OR size_bytes < 0 OR NOT (peak >= 0 AND peak < 1e38)
            OR length(content_hash) <> 32 OR length(thumbnail) > 131072",
        "indexed_files WHERE length(content_hash) <> 32 OR chunks < 0 OR length(silent) <> (chunks + 7) / 8
            OR first_row NOT BETWEEN 0 AND 4294967296",
    ] {
        left_out += db.execute(&format!("DELETE FROM {impossible}"), [])?;
    }
    let models: Vec<(i64, String)> = db
        .prepare("SELECT generation, config FROM models")?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<_>>()?;
    for (generation, config) in models {
        if !serde_json::from_str::<Config>(&config).is_ok_and(|config| config.check().is_ok()) {
            let of_it = "(SELECT generation FROM indexes WHERE model_generation = ?1)";
            for forget in [
                format!("UPDATE current SET index_generation = NULL WHERE index_generation IN {of_it}"),
                "UPDATE current SET model_generation = NULL WHERE model_generation = ?1".to_owned(),
                "DELETE FROM indexes WHERE model_generation = ?1".to_owned(),
                "DELETE FROM models WHERE generation = ?1".to_owned(),
            ] {
                left_out += db.execute(&forget, [generation])?;
            }
        }
    }
    Ok(left_out > 0)
}

/// Removes rows that refer to missing rows.
fn forget_dangling(db: &Connection) -> rusqlite::Result<()> {
    db.execute_batch(
        "DELETE FROM files WHERE root_id NOT IN (SELECT id FROM roots);
         DELETE FROM collection_items WHERE file_id NOT IN (SELECT id FROM files)
            OR collection_id NOT IN (SELECT id FROM collections);
         DELETE FROM undo_notes WHERE step NOT IN (SELECT number FROM undo_steps);
         DELETE FROM tags WHERE file_id NOT IN (SELECT id FROM files);
         DELETE FROM favourites WHERE file_id NOT IN (SELECT id FROM files);
         DELETE FROM indexes WHERE model_generation NOT IN (SELECT generation FROM models);
         DELETE FROM indexed_files WHERE index_generation NOT IN (SELECT generation FROM indexes);
         UPDATE current SET index_generation = NULL WHERE index_generation NOT IN (SELECT generation FROM indexes);
         UPDATE current SET model_generation = NULL WHERE model_generation NOT IN (SELECT generation FROM models);",
    )
}

/// If the current model cannot be used, makes the newest usable model in the folder the current one.
fn mend_model(project: &Project, done: &mut Vec<String>) -> Result<(), ProjectError> {
    let current = project.current_model()?;
    let is_whole = |path: &Utf8Path| Model::load(path.as_std_path()).ok();
    if let Some(row) = &current {
        let model = is_whole(&project.model_path(row.generation));
        if model.is_some_and(|model| row.hash.is_none_or(|hash| hash == model.hash())) {
            return Ok(());
        }
    }
    let mut found: Vec<(i64, Utf8PathBuf, Model)> = Vec::new();
    let failed = |cause| ProjectError::File { path: project.folder().to_owned(), cause };
    for entry in project.folder().read_dir_utf8().map_err(failed)? {
        let path = entry.map_err(failed)?.into_path();
        let name = path.file_name().unwrap_or_default();
        let number = name.strip_prefix("model-").and_then(|name| name.strip_suffix(".safetensors"));
        if let Some(number) = number.and_then(|digits| digits.parse().ok())
            && made::is_written_by_us(path.as_std_path())
            && let Some(model) = is_whole(&path)
        {
            found.push((number, path, model));
        }
    }
    match found.into_iter().max_by_key(|(number, ..)| *number) {
        Some((number, path, model)) => {
            project.adopt_model(number, &model)?;
            done.push(format!("{} is the current model now", path.file_name().unwrap_or_default()));
        }
        None if current.is_some() => {
            project.forget_model()?;
            done.push("the current model is lost, and there is no other; train one".into());
        }
        None => {}
    }
    Ok(())
}

/// Moves a replaced file into `set-aside`, under a new name.
fn set_aside(folder: &Utf8Path, path: &Utf8Path, done: &mut Vec<String>) -> Result<(), ProjectError> {
    let name = path.file_name().unwrap_or_default();
    let Some(to) = place_aside(folder, name)? else { return Ok(()) };
    let failed = |cause| ProjectError::File { path: path.to_owned(), cause };
    std::fs::rename(path, &to).map_err(failed)?;
    let aside = files::folder_of(to.as_std_path());
    files::sync_folder(aside).and_then(|()| files::sync_folder(folder.as_std_path())).map_err(failed)?;
    done.push(format!("{name} was moved to {SET_ASIDE}/{}", to.file_name().unwrap_or_default()));
    Ok(())
}

/// A path in `set-aside` where no file is yet.
fn place_aside(folder: &Utf8Path, name: &str) -> Result<Option<Utf8PathBuf>, ProjectError> {
    let aside = folder.join(SET_ASIDE);
    std::fs::create_dir_all(&aside).map_err(|cause| ProjectError::File { path: aside.clone(), cause })?;
    let is_free = |to: &Utf8PathBuf| std::fs::symlink_metadata(to).is_err();
    // The disk is full long before the numbers run out.
    Ok((1..).map(|number: u64| aside.join(format!("{name}.{number}"))).find(is_free))
}
