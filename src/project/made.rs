//! The record of the files that the program made in the project's folder. Only these are ever overwritten or deleted.
//!
//! The catalogue notes a name before a file of that name is put in its place. So after a kill, the next opening knows
//! the files that were left behind. Files of other programs are not touched, whatever their names are. Before a file is
//! deleted, there is a second check: it must begin like a file of this program.

use std::collections::BTreeSet;
use std::fs::{File, TryLockError};
use std::io::Read;
use std::path::Path;
use std::sync::atomic::Ordering;

use camino::Utf8Path;
use rusqlite::Connection;

use super::error::ProjectError;
use super::folder::Project;
use crate::ground::files;
use crate::index::IndexFile;

/// The number of first bytes that identify a file of this program.
const START: u64 = 512;

/// The signatures of this program's files: an index's list, its segments, a map, a model.
const SIGNS: [&[u8]; 4] = [b"SNDALIKE", b"SNDCODES", b"SNDALMAP", b"soundalike-model"];

impl Project {
    /// Notes that a file of this name will be created in the project's folder.
    pub fn note_made(&self, name: &str) -> Result<(), ProjectError> {
        self.check_writable()?;
        self.note_drafts()?;
        self.note(name)
    }

    fn note(&self, name: &str) -> Result<(), ProjectError> {
        let noted = self.db().execute("INSERT OR IGNORE INTO made_files VALUES (?1)", [name]);
        noted.map(drop).map_err(|cause| self.catalogue_error(cause))
    }

    /// Notes how the hidden names of this process's drafts begin. So the next writer can prove that a draft which a kill left
    /// in the project's folder is ours.
    fn note_drafts(&self) -> Result<(), ProjectError> {
        if !self.drafts_noted.load(Ordering::Relaxed) {
            self.note(files::draft_prefix())?;
            self.drafts_noted.store(true, Ordering::Relaxed);
        }
        Ok(())
    }

    /// The names of all files in the project's folder that the program made.
    pub(super) fn made_files(&self) -> Result<Vec<String>, ProjectError> {
        names(&self.db()).map_err(|cause| self.catalogue_error(cause))
    }

    /// Makes sure that `name` may be written in the project's folder: either there is no such file, or the program made
    /// it. `looks_like_ours` decides about a file that the catalogue does not know, for example after an older
    /// catalogue was restored.
    pub fn claim(&self, name: &str, looks_like_ours: impl Fn(&Path) -> bool) -> Result<(), ProjectError> {
        self.check_writable()?;
        self.note_drafts()?;
        let known = "SELECT EXISTS (SELECT 1 FROM made_files WHERE name = ?1)";
        if self.db().query_row(known, [name], |row| row.get(0)).map_err(|cause| self.catalogue_error(cause))? {
            return Ok(());
        }
        let path = self.folder.join(name);
        let is_there = std::fs::symlink_metadata(&path).is_ok();
        if is_there && !looks_like_ours(path.as_std_path()) {
            return Err(ProjectError::NotOurs { path });
        }
        self.note_made(name)
    }

    /// Deletes files that the program made and no longer needs: those of superseded generations, and those that a kill
    /// left of unfinished ones. Call it after the current generations were opened successfully. Generations that
    /// another process still reads stay until the next call.
    pub fn sweep(&self) -> Result<(), ProjectError> {
        if !self.is_writer() {
            return Ok(());
        }
        let _nothing_is_coming = self.installing.lock();
        self.sweep_drafts()?;
        let (noted, model, index) = {
            let db = self.db();
            let (model, index) = self.current_generations(&db)?;
            (names(&db).map_err(|cause| self.catalogue_error(cause))?, model, index)
        };
        let name_of = |path: camino::Utf8PathBuf| path.file_name().unwrap_or_default().to_owned();
        let mut needed: BTreeSet<String> =
            model.map(|generation| name_of(self.model_path(generation))).into_iter().collect();
        if let Some(generation) = index {
            needed.insert(name_of(self.map_path(generation)));
            let list = self.index_path(generation);
            match IndexFile::segment_names(list.as_std_path()) {
                Ok(segments) => needed.extend(segments),
                // If the list cannot be read, it is unknown which segments are needed.
                Err(cause) => {
                    tracing::warn!("nothing is swept: {cause}");
                    return Ok(());
                }
            }
            needed.insert(name_of(list));
        }
        // Lists are deleted first. A list that is still read keeps its segments.
        let is_list = |name: &&String| name.starts_with("index-");
        let (lists, rest): (Vec<_>, Vec<_>) = noted.iter().filter(|name| is_generation_file(name)).partition(is_list);
        for list in lists {
            if !needed.contains(list) && !self.delete(list)? {
                let segments = IndexFile::segment_names(self.folder.join(list).as_std_path());
                needed.extend(segments.unwrap_or_default());
            }
        }
        for name in rest {
            if !needed.contains(name) {
                self.delete(name)?;
            }
        }
        Ok(())
    }

    /// Deletes the drafts that killed writers left in the project's folder. Their names begin with random numbers that only
    /// this catalogue has. No other writer exists, because this process holds the lock.
    fn sweep_drafts(&self) -> Result<(), ProjectError> {
        let failed = |cause| ProjectError::File { path: self.folder.clone(), cause };
        let left = self.made_files()?.into_iter().filter(|name| files::is_draft_prefix(name));
        for prefix in left.filter(|name| name != files::draft_prefix()) {
            for folder in [self.folder.clone(), self.folder.join("demo")] {
                // Files below a link are somewhere else.
                if !std::fs::symlink_metadata(&folder).is_ok_and(|found| found.is_dir()) {
                    continue;
                }
                for entry in folder.read_dir().map_err(failed)? {
                    let entry = entry.map_err(failed)?;
                    let is_ours = entry.file_name().to_string_lossy().starts_with(&prefix);
                    if is_ours && entry.file_type().is_ok_and(|kind| kind.is_file()) {
                        std::fs::remove_file(entry.path()).map_err(failed)?;
                    }
                }
            }
            let forgotten = self.db().execute("DELETE FROM made_files WHERE name = ?1", [prefix]);
            forgotten.map_err(|cause| self.catalogue_error(cause))?;
        }
        Ok(())
    }

    /// Deletes a noted file and its note. Returns false if the file is still read.
    fn delete(&self, name: &str) -> Result<bool, ProjectError> {
        let path = self.folder.join(name);
        let failed = |cause| ProjectError::File { path: path.clone(), cause };
        if is_written_by_us(path.as_std_path()) {
            let file = File::open(&path).map_err(failed)?;
            // Readers hold a shared lock on the files that they read.
            if let Err(TryLockError::WouldBlock) = file.try_lock() {
                return Ok(false);
            }
            drop(file);
            if let Err(cause) = std::fs::remove_file(&path) {
                // Windows cannot delete a file that is mapped or open. The next opening tries again.
                tracing::info!("{path} stays for now: {cause}");
                return Ok(false);
            }
        }
        let forgotten = self.db().execute("DELETE FROM made_files WHERE name = ?1", [name]);
        forgotten.map(|_| true).map_err(|cause| self.catalogue_error(cause))
    }
}

/// Whether a file of this name belongs to a generation. Other noted files stay.
fn is_generation_file(name: &str) -> bool {
    ["model-", "index-", "segment-", "map-"].iter().any(|start| name.starts_with(start))
}

/// Whether the regular file at `path` begins like a file of this program.
pub(super) fn is_written_by_us(path: &Path) -> bool {
    let is_regular = std::fs::symlink_metadata(path).is_ok_and(|found| found.is_file());
    let mut start = Vec::new();
    is_regular
        && files::open_regular(path).and_then(|file| file.take(START).read_to_end(&mut start)).is_ok()
        && SIGNS.iter().any(|sign| start.windows(sign.len()).any(|window| window == *sign))
}

fn names(db: &Connection) -> rusqlite::Result<Vec<String>> {
    db.prepare("SELECT name FROM made_files ORDER BY name")?.query_map([], |row| row.get(0))?.collect()
}

/// The files that a catalogue of version 1 or 2 knew as current. These versions noted no files. No other file counts as
/// made by the program.
pub(super) fn known_before(folder: &Utf8Path, db: &Connection) -> rusqlite::Result<Vec<String>> {
    let (model, index): (Option<i64>, Option<i64>) =
        db.query_row("SELECT model_generation, index_generation FROM current", [], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?;
    let mut known: Vec<String> =
        model.map(|generation| format!("model-{generation}.safetensors")).into_iter().collect();
    if let Some(generation) = index {
        let list = format!("index-{generation}.codes");
        known.extend(IndexFile::segment_names(folder.join(&list).as_std_path()).unwrap_or_default());
        known.extend([list, format!("map-{generation}.dots")]);
    }
    known.extend(["checkpoint.safetensors", "sound.json", "watch.json"].map(str::to_owned));
    known.retain(|name| std::fs::symlink_metadata(folder.join(name)).is_ok_and(|found| found.is_file()));
    Ok(known)
}
