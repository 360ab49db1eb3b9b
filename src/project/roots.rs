//! Roots: the folders that were added. The project's files are kept relative to them.
//!
//! A file is stored as its root and its path below the root. So when a root moves, all of its files move along, and a
//! root inside the project's folder moves with the project. Only this module converts between absolute paths and these.

use std::collections::HashMap;

use camino::{Utf8Path, Utf8PathBuf};
use rusqlite::{Connection, Transaction, params};

use super::error::ProjectError;
use super::folder::Project;
use super::undo::Edit;
use crate::dataset::FileId;
use crate::ground::files;

/// The number of a root. A number is never used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RootId(pub i64);

/// A folder that has files of the project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Root {
    pub id: RootId,
    /// An absolute path.
    pub place: Utf8PathBuf,
    /// Whether it is inside the project's folder, and moves with the project.
    pub in_project: bool,
    /// Whether the folder was added with everything below it. Otherwise single files in it were added.
    pub whole: bool,
}

/// The roots of a project within a transaction.
#[derive(Clone, Debug, Default)]
pub(super) struct Roots {
    project: Utf8PathBuf,
    roots: Vec<Root>,
    /// Positions in `roots`.
    by_place: HashMap<Utf8PathBuf, usize>,
}

impl Roots {
    pub fn read(db: &Connection, project: &Utf8Path) -> rusqlite::Result<Self> {
        let mut query = db.prepare_cached("SELECT id, place, in_project, whole FROM roots ORDER BY id")?;
        let rows = query.query_map([], |row| {
            let (place, in_project): (String, bool) = (row.get(1)?, row.get(2)?);
            let place = if in_project { joined(project, &place) } else { place.into() };
            Ok(Root { id: RootId(row.get(0)?), place, in_project, whole: row.get(3)? })
        })?;
        Ok(Self::of(project, rows.collect::<rusqlite::Result<_>>()?))
    }

    fn of(project: &Utf8Path, roots: Vec<Root>) -> Self {
        let by_place = roots.iter().enumerate().map(|(number, root)| (root.place.clone(), number)).collect();
        Self { project: project.to_owned(), roots, by_place }
    }

    /// The absolute path of each root, by number.
    pub fn places(&self) -> HashMap<i64, &Utf8Path> {
        self.roots.iter().map(|root| (root.id.0, root.place.as_path())).collect()
    }

    /// The root of a file: the nearest folder above it that was added whole. If there is none, the file's own folder,
    /// if single files of it were added.
    fn above(&self, file: &Utf8Path) -> Option<&Root> {
        let at = |folder: &Utf8Path| self.by_place.get(folder).map(|number| &self.roots[*number]);
        let nearest = file.ancestors().skip(1).filter_map(at).find(|root| root.whole);
        nearest.or_else(|| file.parent().and_then(at))
    }

    /// The root of a file and the file's path below it. The root is created if there is none.
    pub fn place(&mut self, db: &Connection, file: &Utf8Path) -> rusqlite::Result<(RootId, String)> {
        if let Some(root) = self.above(file) {
            return Ok((root.id, below(&root.place, file)));
        }
        let folder = file.parent().unwrap_or(Utf8Path::new(""));
        let root = self.make(db, folder, false)?;
        Ok((root, below(folder, file)))
    }

    /// Makes a folder a root.
    pub fn make(&mut self, db: &Connection, folder: &Utf8Path, whole: bool) -> rusqlite::Result<RootId> {
        let (place, in_project) = self.stored(folder);
        let statement = "INSERT INTO roots (place, in_project, whole) VALUES (?1, ?2, ?3) RETURNING id";
        let id = RootId(db.query_row(statement, params![place, in_project, whole], |row| row.get(0))?);
        self.by_place.insert(folder.to_owned(), self.roots.len());
        self.roots.push(Root { id, place: folder.to_owned(), in_project, whole });
        Ok(id)
    }

    /// The stored form of a folder's path, and whether it is inside the project.
    fn stored(&self, folder: &Utf8Path) -> (String, bool) {
        match folder.strip_prefix(&self.project) {
            Ok(inside) => (inside.to_string(), true),
            Err(_) => (folder.to_string(), false),
        }
    }
}

/// Whether a path is below a folder.
fn is_below(path: &Utf8Path, folder: &Utf8Path) -> bool {
    path != folder && path.starts_with(folder)
}

/// The path of `file` relative to `folder`.
fn below(folder: &Utf8Path, file: &Utf8Path) -> String {
    file.strip_prefix(folder).unwrap_or(file).to_string()
}

/// The absolute path of `below` in a folder. If `below` is empty, the folder itself.
pub(super) fn joined(folder: &Utf8Path, below: &str) -> Utf8PathBuf {
    if below.is_empty() { folder.to_owned() } else { folder.join(below) }
}

impl Project {
    /// All roots, by path.
    pub fn roots(&self) -> Result<Vec<Root>, ProjectError> {
        let mut roots = self.read_roots(&self.db())?.roots;
        roots.sort_by(|a, b| a.place.cmp(&b.place));
        Ok(roots)
    }

    /// The root of a file. `None` if the file is not in the project.
    #[cfg(test)]
    fn root_of(&self, file: FileId) -> Result<Option<RootId>, ProjectError> {
        use rusqlite::OptionalExtension as _;
        let root =
            self.db().query_row("SELECT root_id FROM files WHERE id = ?1", [file.0], |row| row.get(0).map(RootId));
        root.optional().map_err(|cause| self.catalogue_error(cause))
    }

    pub(super) fn read_roots(&self, db: &Connection) -> Result<Roots, ProjectError> {
        Roots::read(db, &self.folder).map_err(|cause| self.catalogue_error(cause))
    }
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

/// The new path of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MovedFile {
    pub file: FileId,
    /// An absolute path.
    pub to: Utf8PathBuf,
    pub size_bytes: u64,
    pub modified_ns: i64,
}

/// Converts files from version 4, whose paths were absolute, to version 5. Roots are the added folders in `watch.json`,
/// the project's own folders of sounds, and the folders of files that were added singly.
pub(super) fn take_over(db: &Connection, project: &Utf8Path) -> rusqlite::Result<()> {
    /// The file in which earlier versions kept the added folders.
    #[derive(serde::Deserialize)]
    struct Watched {
        folders: Vec<Utf8PathBuf>,
    }
    const BYTES_AT_MOST: u64 = 16 << 20;
    let text = files::read_text_within(project.join("watch.json").as_std_path(), BYTES_AT_MOST);
    let watched =
        text.ok().and_then(|text| serde_json::from_str(&text).ok()).map_or(Vec::new(), |kept: Watched| kept.folders);
    let own = ["demo", "takes", "downloads"].map(|name| project.join(name));
    let mut query = db.prepare("SELECT id, path FROM files_4 ORDER BY path")?;
    let files: Vec<(i64, Utf8PathBuf)> = query
        .query_map([], |row| Ok((row.get(0)?, row.get::<_, String>(1)?.into())))?
        .collect::<rusqlite::Result<_>>()?;
    let mut roots = Roots::read(db, project)?;
    for folder in watched.iter().chain(&own) {
        let is_inner = roots.roots.iter().any(|root| root.place == *folder || is_below(folder, &root.place));
        let is_used = files.iter().any(|(_, path)| is_below(path, folder));
        if is_used && !is_inner {
            roots.make(db, folder, true)?;
        }
    }
    let mut insert = db.prepare(
        "INSERT INTO files SELECT id, ?2, ?3, size_bytes, modified_ns, content_hash, NULL, rate, channels, frames, peak,
            thumbnail FROM files_4 WHERE id = ?1",
    )?;
    for (id, path) in &files {
        let (root, below) = roots.place(db, path)?;
        insert.execute(params![id, root.0, below])?;
    }
    // The number of a removed file must never be used again.
    db.execute_batch(
        "DELETE FROM sqlite_sequence WHERE name = 'files';
         UPDATE sqlite_sequence SET name = 'files' WHERE name = 'files_4';
         DROP TABLE files_4;",
    )
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

/// Removes roots of single files that have no files left. A folder that was added whole stays, because files may appear
/// in it.
pub(super) fn remove_empty(db: &Connection) -> rusqlite::Result<()> {
    let unused = "DELETE FROM roots WHERE NOT whole AND NOT EXISTS (SELECT 1 FROM files WHERE root_id = roots.id)";
    db.execute(unused, []).map(|_| ())
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::project::testing::{facts, project};

    /// Each root with the paths of its files below it.
    fn listed(project: &Project) -> Vec<(String, Vec<String>)> {
        let files = project.files().expect("files");
        let below = |root: &Root| {
            let of_root = files.iter().filter(|file| project.root_of(file.id).expect("read") == Some(root.id));
            of_root.map(|file| file.path.strip_prefix(&root.place).expect("below").to_string()).collect()
        };
        let roots = project.roots().expect("roots");
        roots.iter().map(|root| (root.place.to_string(), below(root))).collect()
    }

    fn expected(roots: &[(&str, &[&str])]) -> Vec<(String, Vec<String>)> {
        let words = |words: &[&str]| words.iter().map(|word| word.to_string()).collect();
        roots.iter().map(|(place, files)| (place.to_string(), words(files))).collect()
    }

    #[test]
    fn files_are_kept_below_the_folder_that_was_added_and_single_ones_below_their_own() {
        let (_keep, project) = project();
        let edit = project.edit("Added").expect("writable");
        edit.add_files(&[facts("/s/a/1.wav", 1), facts("/s/2.wav", 1)]).expect("added");
        assert_eq!(listed(&project), expected(&[("/s", &["2.wav"]), ("/s/a", &["1.wav"])]));
        edit.add_root("/s/a".into()).expect("added");
        edit.add_files(&[facts("/s/a/deep/3.wav", 1)]).expect("added");
        assert_eq!(listed(&project), expected(&[("/s", &["2.wav"]), ("/s/a", &["1.wav", "deep/3.wav"])]));
        edit.commit().expect("done");

        let edit = project.edit("Added the folder above").expect("writable");
        edit.add_root("/s".into()).expect("added");
        let gathered = expected(&[("/s", &["2.wav", "a/1.wav", "a/deep/3.wav"])]);
        assert_eq!(listed(&project), gathered);
        edit.add_root("/s/a".into()).expect("part of the other");
        assert_eq!(listed(&project), gathered);
        edit.commit().expect("done");
        project.undo().expect("undone");
        assert_eq!(listed(&project), expected(&[("/s", &["2.wav"]), ("/s/a", &["1.wav", "deep/3.wav"])]));
    }

    #[test]
    fn a_root_takes_its_files_along_and_files_change_places() {
        let (_keep, project) = project();
        let edit = project.edit("Added").expect("writable");
        edit.add_root("/old".into()).expect("added");
        edit.add_files(&[facts("/old/a.wav", 1), facts("/old/b.wav", 2), facts("/x/c.wav", 3)]).expect("added");
        edit.note_problems(
            &[crate::dataset::Problem { path: "/old/bad.wav".into(), reason: "cut".into() }],
            crate::project::ProblemOf::Content,
        )
        .expect("noted");
        edit.commit().expect("done");
        let files = project.files().expect("files");
        let root = project.roots().expect("roots")[0].id;
        let before = listed(&project);

        let edit = project.edit("Moved").expect("writable");
        edit.move_root(root, "/new/disk".into()).expect("moved");
        assert_eq!(listed(&project)[0], expected(&[("/new/disk", &["a.wav", "b.wav"])])[0]);
        assert_eq!(project.problems().expect("problems")[0].path, "/new/disk/bad.wav");
        let to =
            |file: usize, to: &str| MovedFile { file: files[file].id, to: to.into(), size_bytes: 7, modified_ns: 8 };
        let moves = [to(0, "/new/disk/b.wav"), to(1, "/new/disk/a.wav"), to(2, "/new/disk/sub/c.wav")];
        edit.move_files(&moves).expect("moved");
        let after = expected(&[("/new/disk", &["a.wav", "b.wav", "sub/c.wav"])]);
        assert_eq!(listed(&project), after, "the root of the single file is gone");
        let moved = project.files().expect("files");
        assert_eq!((moved[0].id, moved[0].size_bytes, moved[0].modified_ns), (files[1].id, 7, 8));
        edit.commit().expect("done");
        project.undo().expect("undone");
        assert_eq!((listed(&project), project.files().expect("files")), (before, files));
        project.redo().expect("redone");
        assert_eq!(listed(&project), after);
    }

    #[test]
    fn a_root_inside_the_project_moves_with_it() {
        let (keep, project) = project();
        let folder = project.folder().to_owned();
        let edit = project.edit("Added").expect("writable");
        edit.add_root(&folder.join("demo")).expect("added");
        edit.add_files(&[facts(folder.join("demo/a.wav").as_str(), 1)]).expect("added");
        edit.commit().expect("done");
        drop(project);
        let moved = keep.path().with_extension("moved");
        std::fs::rename(&folder, &moved).expect("moved");
        let moved = Utf8PathBuf::from_path_buf(moved).expect("UTF-8");
        let again = Project::open(&moved, crate::project::Opening::default()).expect("opened");
        assert_eq!(again.files().expect("files")[0].path, moved.join("demo/a.wav"));
        drop(again);
        std::fs::rename(&moved, &folder).expect("moved back, to be cleared away");
    }

    #[test]
    fn files_that_become_one_keep_what_was_said_of_both() {
        let (_keep, project) = project();
        let edit = project.edit("Added").expect("writable");
        edit.add_files(&[facts("/a.wav", 1), facts("/b.wav", 1)]).expect("added");
        let ids: Vec<FileId> = project.files().expect("files").iter().map(|file| file.id).collect();
        edit.tag_files(&ids[..1], "one").expect("tagged");
        edit.tag_files(&ids, "both").expect("tagged");
        edit.tag_files(&ids[1..], "two").expect("tagged");
        edit.join_files(&[(ids[0], ids[1])]).expect("joined");
        assert_eq!(project.tags().expect("tags")[&ids[0]], ["both", "one", "two"]);
        assert_eq!(project.files().expect("files").len(), 1);
    }

    #[test]
    fn files_of_earlier_versions_get_the_folders_that_were_added_as_roots() {
        for version in 1..crate::project::schema::VERSION {
            let keep = tempfile::tempdir().expect("a folder");
            let folder = Utf8PathBuf::from_path_buf(keep.path().canonicalize().expect("there")).expect("UTF-8");
            let db = Connection::open(folder.join("project.db")).expect("a database");
            crate::project::schema::make_older(&db, version).expect("made");
            let demo = folder.join("demo/d.wav");
            for (id, path) in [(1, "/sounds/a/1.wav"), (2, "/sounds/2.wav"), (3, "/single/3.wav"), (7, demo.as_str())] {
                let insert = "INSERT INTO files VALUES (?1, ?2, 9, 8, zeroblob(32), 8000, 1, 100, 0.5, x'0102')";
                db.execute(insert, (id, path)).expect("in");
            }
            db.execute("DELETE FROM files WHERE id = 7", []).expect("out");
            let again = "INSERT INTO files VALUES (6, ?1, 9, 8, zeroblob(32), 8000, 1, 100, 0.5, x'0102')";
            db.execute(again, [demo.as_str()]).expect("in");
            crate::project::checksums::set(&db, version).expect("summed");
            drop(db);
            std::fs::write(folder.join("watch.json"), r#"{"on":true,"folders":["/sounds","/empty"]}"#)
                .expect("written");
            let project = Project::open(&folder, crate::project::Opening::default()).expect("opened");
            let expected = expected(&[
                ("/single", &["3.wav"]),
                ("/sounds", &["2.wav", "a/1.wav"]),
                (folder.join("demo").as_str(), &["d.wav"]),
            ]);
            assert_eq!(listed(&project), expected, "version {version}");
            let roots = project.roots().expect("roots");
            let kinds: Vec<(bool, bool)> = roots.iter().map(|root| (root.whole, root.in_project)).collect();
            assert_eq!(kinds, [(false, false), (true, false), (true, true)]);
            let edit = project.edit("Added").expect("writable");
            edit.add_files(&[facts("/sounds/new.wav", 1)]).expect("added");
            let highest = project.files().expect("files").iter().map(|file| file.id.0).max();
            assert_eq!(highest, Some(8), "a number is never given twice");
        }
    }
}
