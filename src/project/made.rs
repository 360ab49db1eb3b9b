//! Which files in the project's folder the program made. Only those are ever overwritten or deleted.
//!
//! A name is noted in the catalogue before a file of that name is put in its place. So what a killed program left behind is
//! known at the next opening, and what somebody else put there is not touched, whatever its name. A second proof is asked
//! for before a file is deleted: it begins as a file of ours does.

use std::collections::BTreeSet;
use std::fs::{File, TryLockError};
use std::io::Read;
use std::path::Path;

use camino::Utf8Path;
use rusqlite::Connection;

use super::error::ProjectError;
use super::folder::Project;
use crate::ground::files;
use crate::index::IndexFile;

/// How many of a file's first bytes tell whose it is.
const START: u64 = 512;

/// What files of ours have among their first bytes: an index's list, its segments, a map, a model.
const SIGNS: [&[u8]; 4] = [b"SNDALIKE", b"SNDCODES", b"SNDALMAP", b"soundalike-model"];

impl Project {
    /// Notes that a file of this name is about to be made in the project's folder.
    pub fn note_made(&self, name: &str) -> Result<(), ProjectError> {
        self.check_writable()?;
        let noted = self.db().execute("INSERT OR IGNORE INTO made_files VALUES (?1)", [name]);
        noted.map(drop).map_err(|cause| self.catalogue_error(cause))
    }

    /// The names of all files in the project's folder that the program made.
    pub(super) fn made_files(&self) -> Result<Vec<String>, ProjectError> {
        names(&self.db()).map_err(|cause| self.catalogue_error(cause))
    }

    /// Makes sure that `name` may be written in the project's folder: nothing is there, or the program made it.
    /// `looks_like_ours` judges a file of which the catalogue knows nothing, as after an older catalogue was put back.
    pub fn claim(&self, name: &str, looks_like_ours: impl Fn(&Path) -> bool) -> Result<(), ProjectError> {
        self.check_writable()?;
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

    /// Deletes files that the program made and needs no longer: those of superseded generations, and what a kill left of
    /// coming ones. To be called after what is current was opened successfully. A generation that another process is still
    /// reading stays until the next time.
    pub fn sweep(&self) -> Result<(), ProjectError> {
        if !self.is_writer() {
            return Ok(());
        }
        let _nothing_is_coming = self.installing.lock();
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
                // Where the list cannot be read, nobody knows which segments are needed.
                Err(cause) => {
                    tracing::warn!("nothing is swept: {cause}");
                    return Ok(());
                }
            }
            needed.insert(name_of(list));
        }
        // Lists go first: a list that is still read keeps its segments.
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

    /// Deletes a file that is noted, and the note; false where somebody still reads the file.
    fn delete(&self, name: &str) -> Result<bool, ProjectError> {
        let path = self.folder.join(name);
        let failed = |cause| ProjectError::File { path: path.clone(), cause };
        if is_written_by_us(path.as_std_path()) {
            let file = File::open(&path).map_err(failed)?;
            // Readers hold a shared lock on what they read.
            if let Err(TryLockError::WouldBlock) = file.try_lock() {
                return Ok(false);
            }
            drop(file);
            if let Err(cause) = std::fs::remove_file(&path) {
                // Windows deletes no file that is mapped or open. The next opening tries again.
                tracing::info!("{path} stays for now: {cause}");
                return Ok(false);
            }
        }
        let forgotten = self.db().execute("DELETE FROM made_files WHERE name = ?1", [name]);
        forgotten.map(|_| true).map_err(|cause| self.catalogue_error(cause))
    }
}

/// Whether a file of this name belongs to a generation; others that are noted stay.
fn is_generation_file(name: &str) -> bool {
    ["model-", "index-", "segment-", "map-"].iter().any(|start| name.starts_with(start))
}

/// Whether the regular file at `path` begins as a file that this program wrote.
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

/// The files that a catalogue of version 1 or 2, which noted none, knew as current. Nothing else is taken for ours.
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
