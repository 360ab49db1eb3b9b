//! Opening a project's folder: locking, versions, and where its files lie.

use std::fs::{File, TryLockError};
use std::io::ErrorKind;

use camino::{Utf8Path, Utf8PathBuf};
use rusqlite::{Connection, OpenFlags};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::{schema, undo};
use crate::index::IndexFile;
use crate::index::file::is_segment_name;

/// What can go wrong with a project as a whole. Each says what to do.
#[derive(Debug, thiserror::Error)]
pub enum ProjectError {
    #[error("cannot make a project in {folder}: {cause}; choose another folder")]
    Create { folder: Utf8PathBuf, cause: std::io::Error },
    #[error("cannot open the project in {folder}: {cause}")]
    Open { folder: Utf8PathBuf, cause: std::io::Error },
    #[error("{folder} was written by a newer Soundalike (catalogue version {found}, this program knows {known}); use the newer program or another folder", known = schema::VERSION)]
    Newer { folder: Utf8PathBuf, found: i64 },
    #[error("{folder}/project.db is a database of another program; choose another folder")]
    Foreign { folder: Utf8PathBuf },
    #[error("the project cannot be changed: {0}")]
    ReadOnly(String),
    #[error("the catalogue of {folder} cannot be used: {cause}")]
    Catalogue { folder: Utf8PathBuf, cause: rusqlite::Error },
    #[error("the catalogue of {folder} holds something unreadable: {what}")]
    Content { folder: Utf8PathBuf, what: String },
    #[error("“{what}” cannot be undone any more, because the project has changed since ({cause})")]
    Undo { what: String, cause: rusqlite::Error },
    #[error("{path}: {cause}")]
    File { path: Utf8PathBuf, cause: std::io::Error },
}

/// A project's folder and its catalogue. Shared between threads; each call locks the catalogue for as long as it takes.
#[derive(Debug)]
pub struct Project {
    pub(super) folder: Utf8PathBuf,
    db: Mutex<Connection>,
    pub(super) steps: undo::SharedSteps,
    read_only: Option<String>,
    /// Held locked for as long as the project is open for writing.
    _lock: Option<File>,
}

impl Project {
    /// Opens the project in `folder`, which is made where it is absent. Where another process has it open, or where the
    /// folder cannot be written, it is opened read-only ([`read_only`](Self::read_only) says why).
    pub fn open(folder: &Utf8Path) -> Result<Self, ProjectError> {
        let existed = folder.join("project.db").is_file();
        std::fs::create_dir_all(folder).map_err(|cause| ProjectError::Create { folder: folder.to_owned(), cause })?;
        let folder =
            folder.canonicalize_utf8().map_err(|cause| ProjectError::Open { folder: folder.to_owned(), cause })?;
        let (lock, read_only) = match lock(&folder) {
            Ok(locked) => locked,
            Err(cause) if existed => (None, Some(format!("{folder} cannot be written ({cause})"))),
            Err(cause) => return Err(ProjectError::Create { folder, cause }),
        };
        let db = open_catalogue(&folder, read_only.is_some())?;
        let project = Self { folder, db: Mutex::new(db), steps: Mutex::default(), read_only, _lock: lock };
        if project.read_only.is_none() {
            project.remove_strays()?;
        }
        Ok(project)
    }

    pub fn folder(&self) -> &Utf8Path {
        &self.folder
    }

    /// Why nothing can be changed, where that is so.
    pub fn read_only(&self) -> Option<&str> {
        self.read_only.as_deref()
    }

    /// An error where nothing can be changed.
    pub fn check_writable(&self) -> Result<(), ProjectError> {
        match &self.read_only {
            Some(why) => Err(ProjectError::ReadOnly(why.clone())),
            None => Ok(()),
        }
    }

    pub fn model_path(&self, generation: i64) -> Utf8PathBuf {
        self.folder.join(format!("model-{generation}.safetensors"))
    }

    pub fn index_path(&self, generation: i64) -> Utf8PathBuf {
        self.folder.join(format!("index-{generation}.codes"))
    }

    /// Where the map of an index is kept.
    pub fn map_path(&self, index_generation: i64) -> Utf8PathBuf {
        self.folder.join(format!("map-{index_generation}.dots"))
    }

    /// Where a stopped training run waits to be resumed.
    pub fn checkpoint_path(&self) -> Utf8PathBuf {
        self.folder.join("checkpoint.safetensors")
    }

    /// The folder `name` of the project, made where it is absent.
    pub fn subfolder(&self, name: &str) -> Result<Utf8PathBuf, ProjectError> {
        self.check_writable()?;
        let path = self.folder.join(name);
        std::fs::create_dir_all(&path).map_err(|cause| ProjectError::File { path: path.clone(), cause })?;
        Ok(path)
    }

    /// The catalogue. A panic of another holder is no reason to refuse: SQLite rolls back what was not committed.
    pub(super) fn db(&self) -> MutexGuard<'_, Connection> {
        self.db.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn catalogue_error(&self, cause: rusqlite::Error) -> ProjectError {
        ProjectError::Catalogue { folder: self.folder.clone(), cause }
    }

    /// Removes files of generations that are not current: what a kill between two steps left behind. Holds the catalogue all
    /// the while, so that nothing that another thread is about to make current is taken for a stray.
    pub(super) fn remove_strays(&self) -> Result<(), ProjectError> {
        let db = self.db();
        let (model, index) = self.current_generations(&db)?;
        // Where the list of segments cannot be read nobody knows which are strays. They go when there is an index again.
        let segments = match index.map(|generation| IndexFile::segment_names(self.index_path(generation).as_std_path()))
        {
            None => Some(Vec::new()),
            Some(names) => names.inspect_err(|cause| tracing::warn!("{cause}")).ok(),
        };
        let keep = [
            model.map(|generation| self.model_path(generation)),
            index.map(|generation| self.index_path(generation)),
            index.map(|generation| self.map_path(generation)),
        ];
        let failed = |cause| ProjectError::File { path: self.folder.clone(), cause };
        for entry in self.folder.read_dir_utf8().map_err(failed)? {
            let path = entry.map_err(failed)?.into_path();
            let name = path.file_name().unwrap_or_default();
            let generation_file = (name.starts_with("model-") && name.ends_with(".safetensors"))
                || (name.starts_with("index-") && name.ends_with(".codes"))
                || (name.starts_with("map-") && name.ends_with(".dots"));
            let unknown_segment =
                is_segment_name(name) && segments.as_ref().is_some_and(|names| !names.iter().any(|kept| kept == name));
            if unknown_segment || generation_file && !keep.iter().flatten().any(|kept| *kept == path) {
                std::fs::remove_file(&path).map_err(|cause| ProjectError::File { path, cause })?;
            }
        }
        Ok(())
    }
}

/// The lock, or why there is none: somebody else's. An error is the folder's: it cannot be written.
fn lock(folder: &Utf8Path) -> std::io::Result<(Option<File>, Option<String>)> {
    let file = File::options().create(true).truncate(false).write(true).open(folder.join("project.lock"))?;
    match file.try_lock() {
        Ok(()) => Ok((Some(file), None)),
        Err(TryLockError::WouldBlock) => Ok((None, Some("another Soundalike has this project open".into()))),
        // Some network file systems know no locks. Two writers there would still be kept apart by SQLite.
        Err(TryLockError::Error(cause)) if cause.kind() == ErrorKind::Unsupported => Ok((Some(file), None)),
        Err(TryLockError::Error(cause)) => Err(cause),
    }
}

fn open_catalogue(folder: &Utf8Path, read_only: bool) -> Result<Connection, ProjectError> {
    let failed = |cause| ProjectError::Catalogue { folder: folder.to_owned(), cause };
    let flags = match read_only {
        true => OpenFlags::SQLITE_OPEN_READ_ONLY,
        false => OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE,
    };
    let db = Connection::open_with_flags(folder.join("project.db"), flags).map_err(failed)?;
    db.busy_timeout(Duration::from_secs(5)).map_err(failed)?;
    let number = |pragma: &str| db.pragma_query_value(None, pragma, |row| row.get::<_, i64>(0)).map_err(failed);
    let tables: i64 = db.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0)).map_err(failed)?;
    match (number("application_id")?, number("user_version")?) {
        (0, 0) if tables == 0 && !read_only => schema::create(&db).map_err(failed)?,
        (schema::APPLICATION_ID, schema::VERSION) => {}
        (schema::APPLICATION_ID, 1) => schema::upgrade(&db, read_only).map_err(failed)?,
        (schema::APPLICATION_ID, found) if found > schema::VERSION => {
            return Err(ProjectError::Newer { folder: folder.to_owned(), found });
        }
        _ => return Err(ProjectError::Foreign { folder: folder.to_owned() }),
    }
    db.pragma_update(None, "foreign_keys", true).map_err(failed)?;
    if !read_only {
        undo::prepare(&db).map_err(failed)?;
    }
    Ok(db)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> (tempfile::TempDir, Utf8PathBuf) {
        let folder = tempfile::tempdir().expect("a folder");
        let path = Utf8PathBuf::from_path_buf(folder.path().join("project")).expect("UTF-8");
        (folder, path)
    }

    #[test]
    fn a_second_process_reads_only() {
        let (_keep, path) = folder();
        let first = Project::open(&path).expect("opened");
        // A lock belongs to an open file, so a second opening in this process meets it just as another process would.
        let second = Project::open(&path).expect("opened");
        assert!(first.read_only().is_none());
        assert!(second.read_only().is_some_and(|why| why.contains("another Soundalike")));
        assert!(matches!(second.subfolder("takes"), Err(ProjectError::ReadOnly(_))));
        drop(first);
        drop(second);
        assert!(Project::open(&path).expect("opened").read_only().is_none());
    }

    #[test]
    fn newer_and_foreign_catalogues_are_refused_in_words() {
        let (_keep, path) = folder();
        drop(Project::open(&path).expect("opened"));
        let db = Connection::open(path.join("project.db")).expect("the database");
        db.pragma_update(None, "user_version", 99).expect("set");
        let refused = Project::open(&path).expect_err("newer").to_string();
        assert!(refused.contains("newer Soundalike") && refused.contains("99"), "{refused}");
        db.pragma_update(None, "application_id", 7).expect("set");
        assert!(matches!(Project::open(&path), Err(ProjectError::Foreign { .. })));
    }

    #[test]
    fn a_catalogue_of_version_1_is_brought_up_to_date_where_it_can_be_written() {
        let (_keep, path) = folder();
        drop(Project::open(&path).expect("opened"));
        let db = Connection::open(path.join("project.db")).expect("the database");
        db.execute_batch("DROP TABLE tags; DROP TABLE favourites; PRAGMA user_version = 1").expect("as version 1 was");
        let version = || db.pragma_query_value(None, "user_version", |row| row.get::<_, i64>(0)).expect("a number");
        let empty = |db: &Connection, table: &str| {
            let rows: i64 = db.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).expect(table);
            rows == 0
        };

        let read = open_catalogue(&path, true).expect("read-only");
        assert!(empty(&read, "tags") && empty(&read, "favourites"));
        assert_eq!(version(), 1, "nothing is written");
        drop(read);

        let written = open_catalogue(&path, false).expect("writable");
        assert!(empty(&written, "tags") && empty(&written, "favourites"));
        assert_eq!(version(), schema::VERSION);
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_named() {
        let (keep, _) = folder();
        let file = keep.path().join("a file");
        std::fs::write(&file, "no folder").expect("written");
        let below = Utf8PathBuf::from_path_buf(file.join("project")).expect("UTF-8");
        let refused = Project::open(&below).expect_err("no folder").to_string();
        assert!(refused.contains("a file/project") && refused.contains("choose another folder"), "{refused}");
    }

    #[test]
    fn generation_files_that_are_not_current_are_swept_up_and_others_stay() {
        let (_keep, path) = folder();
        drop(Project::open(&path).expect("opened"));
        let strays = ["model-7.safetensors", "index-3.codes", "segment-0a.codes", "map-3.dots"];
        let others = ["checkpoint.safetensors", "notes.txt"];
        for name in strays.iter().chain(&others) {
            std::fs::write(path.join(name), "x").expect("written");
        }
        drop(Project::open(&path).expect("opened"));
        assert_eq!(strays.map(|name| path.join(name).exists()), [false; 4]);
        assert_eq!(others.map(|name| path.join(name).exists()), [true; 2]);
    }
}
