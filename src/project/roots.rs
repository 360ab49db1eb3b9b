//! Roots: the folders that were added. The project's files are kept relative to them.
//!
//! A file is stored as its root and its path below the root. So when a root moves, all of its files move along, and a
//! root inside the project's folder moves with the project. Only this module converts between absolute paths and these.

mod changes;
mod version_4;

use std::collections::HashMap;

use camino::{Utf8Path, Utf8PathBuf};
use rusqlite::{Connection, params};

use super::error::ProjectError;
use super::folder::Project;
pub use changes::MovedFile;
pub(super) use version_4::take_over;

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

    pub(super) fn read_roots(&self, db: &Connection) -> Result<Roots, ProjectError> {
        Roots::read(db, &self.folder).map_err(|cause| self.catalogue_error(cause))
    }
}

/// Removes roots of single files that have no files left. A folder that was added whole stays, because files may appear
/// in it.
pub(super) fn remove_empty(db: &Connection) -> rusqlite::Result<()> {
    let unused = "DELETE FROM roots WHERE NOT whole AND NOT EXISTS (SELECT 1 FROM files WHERE root_id = roots.id)";
    db.execute(unused, []).map(|_| ())
}

#[cfg(test)]
mod tests;
