//! Opens a project's folder: decides who may write, and where the project's files are.

use std::collections::BTreeSet;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};
use parking_lot::{Mutex, MutexGuard};
use rusqlite::Connection;

use super::catalogue_file::{self, CATALOGUE};
use super::error::ProjectError;
use super::lock::{self, Asked};
use super::{backup, made, undo};
use crate::ground::paths::WithoutLinks as _;

/// Options for opening a project.
#[derive(Clone, Copy, Debug, Default)]
pub struct Opening {
    pub access: Access,
    /// Whether a project may be created in a folder that holds other files. The person must have asked for it.
    pub among_other_files: bool,
}

/// Whether a project is opened for writing.
#[derive(Clone, Copy, Debug)]
pub enum Access {
    /// Does not take the lock, so it keeps no other process from writing. It becomes a writer when it is asked to
    /// change something.
    Read,
    /// Takes the lock. If another process holds it, waits at most `wait`, and then only reads.
    Write { wait: Duration },
}

impl Default for Access {
    fn default() -> Self {
        Self::Write { wait: Duration::ZERO }
    }
}

/// A project's folder and its catalogue. Threads may share it. Each call locks the catalogue while it runs.
#[derive(Debug)]
pub struct Project {
    pub(super) folder: Utf8PathBuf,
    db: Mutex<Connection>,
    pub(super) steps: undo::SharedSteps,
    role: Mutex<Role>,
    /// Held while files of a generation are put in place and made current, and while superseded files are deleted.
    pub(super) installing: Mutex<()>,
    /// Paths whose problems are gone, if the catalogue cannot be written.
    pub(super) gone: Mutex<BTreeSet<String>>,
    /// Whether the catalogue has the beginning of this process's drafts.
    pub(super) drafts_noted: AtomicBool,
    /// The number of changes that this process has made to the catalogue, and that number at the last backup. Changes of
    /// an earlier process that no backup has count as one.
    pub(super) changes: AtomicU64,
    pub(super) backed_up: AtomicU64,
    /// SQLite's number for detecting changes by another process.
    seen: AtomicI64,
}

/// The permission of this process.
#[derive(Debug)]
enum Role {
    /// The process may write. The file stays locked as long as the project is open for writing.
    Writer(#[expect(dead_code, reason = "dropping it releases the lock")] File),
    /// The process only reads. `why` says why it cannot write, and `wait` is how long it waits for the lock when it is
    /// asked to write.
    Reader { why: Option<String>, wait: Duration },
}

impl Project {
    /// Opens the project in `folder`. If the folder is absent or empty, a project is created.
    ///
    /// # Errors
    /// If the folder holds something else and [`Opening::among_other_files`] is not set. If its catalogue belongs to
    /// another program or to a newer version, is damaged, or is missing beside files of a project. Nothing is changed
    /// then.
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
        let changes = AtomicU64::new(u64::from(writes && existed && backup::is_due(&folder)));
        Ok(Self {
            folder,
            db: Mutex::new(db),
            steps: Mutex::default(),
            role: Mutex::new(role),
            installing: Mutex::default(),
            gone: Mutex::default(),
            drafts_noted: AtomicBool::new(false),
            changes,
            backed_up: AtomicU64::new(0),
            seen,
        })
    }

    /// The nearest project's folder among `path` and the folders above it.
    pub fn folder_around(path: &Path) -> Option<PathBuf> {
        path.ancestors().find(|folder| backup::is_backup(&folder.join(CATALOGUE))).map(Path::to_owned)
    }

    pub fn folder(&self) -> &Utf8Path {
        &self.folder
    }

    /// Why nothing can be changed. `None` if this process is the writer. A process that only reads can still become the
    /// writer: see [`check_writable`](Self::check_writable).
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

    /// Makes this process the writer if it is not yet.
    ///
    /// # Errors
    /// If another process is the writer, or if the folder cannot be written.
    pub fn check_writable(&self) -> Result<(), ProjectError> {
        let mut held = self.role.lock();
        let Role::Reader { wait, .. } = &*held else { return Ok(()) };
        match role(&self.folder, *wait, true)? {
            writer @ Role::Writer(_) => {
                // The previous writer may have made changes, and a writer's statements need a connection of their own.
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

    /// Whether another process has changed the catalogue since the last call.
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

    /// The path of the map of an index.
    pub fn map_path(&self, index_generation: i64) -> Utf8PathBuf {
        self.folder.join(format!("map-{index_generation}.dots"))
    }

    /// The path of the checkpoint of a stopped training.
    pub fn checkpoint_path(&self) -> Utf8PathBuf {
        self.folder.join("checkpoint.safetensors")
    }

    /// Makes sure that the checkpoint may be written: see [`claim`](Self::claim).
    pub fn claim_checkpoint(&self) -> Result<(), ProjectError> {
        self.claim(self.checkpoint_path().file_name().unwrap_or_default(), made::is_written_by_us)
    }

    /// The folder `name` of the project. It is created if it does not exist.
    pub fn subfolder(&self, name: &str) -> Result<Utf8PathBuf, ProjectError> {
        self.check_writable()?;
        let path = self.folder.join(name);
        let failed = |cause| ProjectError::File { path: path.clone(), cause };
        match std::fs::symlink_metadata(&path) {
            // Files below a link would be written somewhere else.
            Ok(found) if !found.is_dir() => return Err(ProjectError::NotOurs { path }),
            Ok(_) => {}
            Err(_) => std::fs::create_dir_all(&path).map_err(failed)?,
        }
        Ok(path)
    }

    /// The catalogue. A panic in another thread does no harm here, because SQLite rolls back what was not committed.
    pub(super) fn db(&self) -> MutexGuard<'_, Connection> {
        self.db.lock()
    }

    pub(super) fn catalogue_error(&self, cause: rusqlite::Error) -> ProjectError {
        ProjectError::Catalogue { folder: self.folder.clone(), cause }
    }
}

impl Drop for Project {
    /// Backs up the catalogue, so that closing the program is enough to have a backup of everything.
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

/// Asks for the role of the writer in `folder`, and waits at most `wait`.
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
