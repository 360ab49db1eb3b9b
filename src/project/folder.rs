//! Opening a project's folder: who may write, and where the project's files lie.

use std::collections::BTreeSet;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};
use parking_lot::{Mutex, MutexGuard};
use rusqlite::Connection;

use super::catalogue_file::{self, CATALOGUE};
use super::error::ProjectError;
use super::lock::{self, Asked};
use super::{backup, made, undo};
use crate::ground::paths::WithoutLinks as _;

/// How a project is opened.
#[derive(Clone, Copy, Debug, Default)]
pub struct Opening {
    pub access: Access,
    /// Whether a project is made even in a folder that holds other files. The person must have asked for it.
    pub among_other_files: bool,
}

/// Whether a project is opened to be changed.
#[derive(Clone, Copy, Debug)]
pub enum Access {
    /// Never takes the lock, so it keeps nobody from writing. It becomes a writer when it is asked to change something.
    Read,
    /// Takes the lock. Where another process holds it, this one waits for so long and reads afterwards.
    Write { wait: Duration },
}

impl Default for Access {
    fn default() -> Self {
        Self::Write { wait: Duration::ZERO }
    }
}

/// A project's folder and its catalogue. Shared between threads; each call locks the catalogue for as long as it takes.
#[derive(Debug)]
pub struct Project {
    pub(super) folder: Utf8PathBuf,
    db: Mutex<Connection>,
    pub(super) steps: undo::SharedSteps,
    role: Mutex<Role>,
    /// Held while files of a generation are put in place and made current, and while superseded files are deleted.
    pub(super) installing: Mutex<()>,
    /// Paths whose problems have gone, where that cannot be written down.
    pub(super) gone: Mutex<BTreeSet<String>>,
    /// How often this process has changed the catalogue, and how often it had when the catalogue was last backed up.
    pub(super) changes: AtomicU64,
    pub(super) backed_up: AtomicU64,
    /// What tells that another process has changed the catalogue.
    seen: AtomicI64,
}

/// What this process may do.
#[derive(Debug)]
enum Role {
    /// The file is held locked for as long as the project is open for writing.
    Writer(#[expect(dead_code, reason = "dropping it releases the lock")] File),
    /// It reads: why it cannot write now, and how long it waits for the lock when it is asked to write.
    Reader { why: Option<String>, wait: Duration },
}

impl Project {
    /// Opens the project in `folder`, which is made where it is absent or empty.
    ///
    /// # Errors
    /// The folder holds something else and [`Opening::among_other_files`] is not set; its catalogue is of another program,
    /// of a newer one, missing beside files of a project, or damaged. Nothing is changed then.
    pub fn open(folder: &Utf8Path, opening: Opening) -> Result<Self, ProjectError> {
        let existed = catalogue_file::look(folder, opening.among_other_files)?;
        if !existed {
            std::fs::create_dir_all(folder)
                .map_err(|cause| ProjectError::Create { folder: folder.to_owned(), cause })?;
        }
        let folder = folder.without_links().map_err(|cause| ProjectError::Open { folder: folder.to_owned(), cause })?;
        let role = match opening.access {
            Access::Read if existed => Role::Reader { why: None, wait: Duration::ZERO },
            Access::Read => role(&folder, Duration::ZERO, existed)?,
            Access::Write { wait } => role(&folder, wait, existed)?,
        };
        let writes = matches!(role, Role::Writer(_));
        let db = catalogue_file::open(&folder, writes)?;
        let seen = AtomicI64::new(data_version(&db).unwrap_or_default());
        Ok(Self {
            folder,
            db: Mutex::new(db),
            steps: Mutex::default(),
            role: Mutex::new(role),
            installing: Mutex::default(),
            gone: Mutex::default(),
            changes: AtomicU64::new(0),
            backed_up: AtomicU64::new(0),
            seen,
        })
    }

    /// The folder of the project that `path` is, or is in; `None` where there is none around it.
    pub fn folder_around(path: &Path) -> Option<PathBuf> {
        path.ancestors().find(|folder| backup::is_backup(&folder.join(CATALOGUE))).map(Path::to_owned)
    }

    pub fn folder(&self) -> &Utf8Path {
        &self.folder
    }

    /// Why nothing can be changed, where that is so. A process that only reads can still become the writer: see
    /// [`check_writable`](Self::check_writable).
    pub fn read_only(&self) -> Option<String> {
        match &*self.role.lock() {
            Role::Writer(_) => None,
            Role::Reader { why, .. } => why.clone(),
        }
    }

    /// Whether this process holds the lock.
    pub fn is_writer(&self) -> bool {
        matches!(*self.role.lock(), Role::Writer(_))
    }

    /// Makes this process the writer where it is not yet.
    ///
    /// # Errors
    /// Another process is the writer, or the folder cannot be written.
    pub fn check_writable(&self) -> Result<(), ProjectError> {
        let mut held = self.role.lock();
        let Role::Reader { wait, .. } = &*held else { return Ok(()) };
        match role(&self.folder, *wait, true)? {
            writer @ Role::Writer(_) => {
                // The one before may have written since, and the statements of a writer need a connection of their own.
                *self.db() = catalogue_file::open(&self.folder, true)?;
                *held = writer;
                Ok(())
            }
            reader => {
                let Role::Reader { why, .. } = &reader else { unreachable!("a role is one of two") };
                let refused = ProjectError::ReadOnly(why.clone().unwrap_or_default());
                *held = reader;
                Err(refused)
            }
        }
    }

    /// Whether another process has changed the catalogue since this was last asked.
    pub fn has_changed_elsewhere(&self) -> Result<bool, ProjectError> {
        let now = data_version(&self.db()).map_err(|cause| self.catalogue_error(cause))?;
        Ok(self.seen.swap(now, Ordering::Relaxed) != now)
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

    /// Makes sure that the checkpoint may be written: see [`claim`](Self::claim).
    pub fn claim_checkpoint(&self) -> Result<(), ProjectError> {
        self.claim(self.checkpoint_path().file_name().unwrap_or_default(), made::is_written_by_us)
    }

    /// The folder `name` of the project, made where it is absent.
    pub fn subfolder(&self, name: &str) -> Result<Utf8PathBuf, ProjectError> {
        self.check_writable()?;
        let path = self.folder.join(name);
        let failed = |cause| ProjectError::File { path: path.clone(), cause };
        match std::fs::symlink_metadata(&path) {
            // What is written below a link would be written somewhere else.
            Ok(found) if !found.is_dir() => return Err(ProjectError::NotOurs { path }),
            Ok(_) => {}
            Err(_) => std::fs::create_dir_all(&path).map_err(failed)?,
        }
        Ok(path)
    }

    /// The catalogue. A panic of another holder is no reason to refuse: SQLite rolls back what was not committed.
    pub(super) fn db(&self) -> MutexGuard<'_, Connection> {
        self.db.lock()
    }

    pub(super) fn catalogue_error(&self, cause: rusqlite::Error) -> ProjectError {
        ProjectError::Catalogue { folder: self.folder.clone(), cause }
    }
}

impl Drop for Project {
    /// Backs the catalogue up, so that closing the program is enough to have a backup of all that was done in it.
    fn drop(&mut self) {
        if self.is_writer()
            && let Err(cause) = self.back_up_changes()
        {
            tracing::warn!("the catalogue is not backed up: {cause}");
        }
    }
}

/// A number that changes with each commit of another connection.
fn data_version(db: &Connection) -> rusqlite::Result<i64> {
    db.pragma_query_value(None, "data_version", |row| row.get(0))
}

/// Asks for the writer's role in `folder`, for as long as `wait`.
fn role(folder: &Utf8Path, wait: Duration, existed: bool) -> Result<Role, ProjectError> {
    match lock::ask(folder, wait) {
        Ok(Asked::Ours(file)) => Ok(Role::Writer(file)),
        Ok(Asked::Theirs(who)) => {
            let why = format!("another Soundalike has this project open ({who})");
            Ok(Role::Reader { why: Some(why), wait })
        }
        Err(cause) if existed => {
            Ok(Role::Reader { why: Some(format!("{folder} cannot be written ({cause})")), wait: Duration::ZERO })
        }
        Err(cause) => Err(ProjectError::Create { folder: folder.join(CATALOGUE), cause }),
    }
}

#[cfg(test)]
mod tests;
