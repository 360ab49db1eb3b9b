//! Changes of roots and of the places of files, as parts of an [`Edit`].

use camino::{Utf8Path, Utf8PathBuf};
use rusqlite::{Connection, Transaction, params};

use super::{Root, RootId, Roots, below, is_below, joined, remove_empty};
use crate::dataset::FileId;
use crate::project::error::ProjectError;
use crate::project::undo::Edit;

/// The new path of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MovedFile {
    pub file: FileId,
    /// An absolute path.
    pub to: Utf8PathBuf,
    pub size_bytes: u64,
    pub modified_ns: i64,
}

impl Edit<'_> {
    /// Makes `folder`, an absolute path, a whole root. Files of other roots that lie below it become its files. If the
    /// folder lies below a whole root already, nothing changes.
    pub fn add_root(&self, folder: &Utf8Path) -> Result<(), ProjectError> {
        let project = self.project().folder().to_owned();
        self.transaction(|transaction| {
            let mut roots = Roots::read(transaction, &project)?;
            let covers = |root: &Root| root.whole && (root.place == folder || is_below(folder, &root.place));
            if roots.roots.iter().any(covers) {
                return Ok(());
            }
            let known = roots.roots.iter().find(|root| root.place == folder).map(|root| root.id);
            match known {
                Some(id) => _ = transaction.execute("UPDATE roots SET whole = 1 WHERE id = ?1", [id.0])?,
                None => _ = roots.make(transaction, folder, true)?,
            }
            let roots = Roots::read(transaction, &project)?;
            let moved: Vec<&Root> = roots.roots.iter().filter(|root| is_below(&root.place, folder)).collect();
            for root in moved {
                regather(transaction, &roots, root)?;
            }
            remove_empty(transaction)
        })
    }

    /// Moves a root to a new path. Its files keep their paths below it.
    pub fn move_root(&self, root: RootId, to: &Utf8Path) -> Result<(), ProjectError> {
        let project = self.project().folder().to_owned();
        self.transaction(|transaction| {
            let roots = Roots::read(transaction, &project)?;
            let Some(moved) = roots.roots.iter().find(|known| known.id == root) else { return Ok(()) };
            move_problems(transaction, &moved.place, to)?;
            if let Some(there) = roots.roots.iter().find(|known| known.place == to) {
                // The new path is a root already. It gets the files of this root.
                if moved.whole && !there.whole {
                    transaction.execute("UPDATE roots SET whole = 1 WHERE id = ?1", [there.id.0])?;
                }
                transaction.execute("UPDATE files SET root_id = ?2 WHERE root_id = ?1", (root.0, there.id.0))?;
                return remove_empty(transaction);
            }
            let (place, in_project) = roots.stored(to);
            let statement = "UPDATE roots SET place = ?2, in_project = ?3 WHERE id = ?1";
            transaction.execute(statement, params![root.0, place, in_project]).map(|_| ())
        })
    }

    /// Joins files that are the same. The second of each pair is removed, and its annotations pass to the first.
    pub fn join_files(&self, pairs: &[(FileId, FileId)]) -> Result<(), ProjectError> {
        self.transaction(|transaction| {
            for (kept, gone) in pairs {
                for take_over in [
                    "INSERT OR IGNORE INTO tags SELECT ?1, tag FROM tags WHERE file_id = ?2",
                    "INSERT OR IGNORE INTO favourites SELECT ?1, start_secs, end_secs FROM favourites WHERE file_id = ?2",
                    "INSERT OR IGNORE INTO verdicts SELECT search_id, ?1, start_secs, end_secs, yes FROM verdicts
                     WHERE file_id = ?2",
                    "INSERT OR IGNORE INTO seen_matches SELECT search_id, ?1, start_secs, end_secs FROM seen_matches
                     WHERE file_id = ?2",
                ] {
                    transaction.prepare_cached(take_over)?.execute((kept.0, gone.0))?;
                }
                let collections = "UPDATE collection_items SET file_id = ?1 WHERE file_id = ?2";
                transaction.prepare_cached(collections)?.execute((kept.0, gone.0))?;
                transaction.prepare_cached("DELETE FROM files WHERE id = ?1")?.execute([gone.0])?;
            }
            Ok(())
        })
    }

    /// Moves files to new paths, with their size and time of change there. No two files may end at one path.
    pub fn move_files(&self, moves: &[MovedFile]) -> Result<(), ProjectError> {
        let project = self.project().folder().to_owned();
        self.transaction(|transaction| {
            let mut roots = Roots::read(transaction, &project)?;
            let mut aside = transaction.prepare_cached("UPDATE files SET path = ?2 WHERE id = ?1")?;
            for moved in moves {
                // Two files may have swapped paths. No real path contains this character.
                aside.execute((moved.file.0, format!("\0{}", moved.file.0)))?;
            }
            let mut place = transaction.prepare_cached(
                "UPDATE files SET root_id = ?2, path = ?3, size_bytes = ?4, modified_ns = ?5 WHERE id = ?1",
            )?;
            for moved in moves {
                let (root, path) = roots.place(transaction, &moved.to)?;
                place.execute(params![
                    moved.file.0,
                    root.0,
                    path,
                    moved.size_bytes.cast_signed(),
                    moved.modified_ns
                ])?;
                transaction.execute("DELETE FROM problems WHERE path = ?1", [moved.to.as_str()])?;
            }
            remove_empty(transaction)
        })
    }
}

/// Assigns the files of a root to the roots that they now lie below.
fn regather(db: &Transaction<'_>, roots: &Roots, root: &Root) -> rusqlite::Result<()> {
    let mut query = db.prepare("SELECT id, path FROM files WHERE root_id = ?1")?;
    let files: Vec<(i64, String)> =
        query.query_map([root.id.0], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<rusqlite::Result<_>>()?;
    let mut update = db.prepare_cached("UPDATE files SET root_id = ?2, path = ?3 WHERE id = ?1")?;
    let others: Vec<Root> = roots.roots.iter().filter(|other| other.id != root.id).cloned().collect();
    let others = Roots::of(&roots.project, others);
    for (id, path) in files {
        let file = joined(&root.place, &path);
        if let Some(above) = others.above(&file) {
            update.execute(params![id, above.id.0, below(&above.place, &file)])?;
        }
    }
    // A folder that was added before and lies inside the new one becomes part of it.
    db.execute("DELETE FROM roots WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM files WHERE root_id = ?1)", [root.id.0])?;
    Ok(())
}

/// Moves the problems below a folder to its new path.
fn move_problems(db: &Connection, from: &Utf8Path, to: &Utf8Path) -> rusqlite::Result<()> {
    let mut query = db.prepare("SELECT path FROM problems")?;
    let paths: Vec<String> = query.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    for path in paths {
        if let Ok(below) = Utf8Path::new(&path).strip_prefix(from) {
            let moved = joined(to, below.as_str());
            db.execute("DELETE FROM problems WHERE path = ?1", [moved.as_str()])?;
            db.execute("UPDATE problems SET path = ?2 WHERE path = ?1", [path.as_str(), moved.as_str()])?;
        }
    }
    Ok(())
}
