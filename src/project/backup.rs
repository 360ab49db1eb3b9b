//! Backups of the catalogue. The side file is written with them.
//!
//! There are at most three backups: the newest, the last one of an earlier day, and one that is at least a week older
//! than that. SQLite's backup interface writes them from a catalogue that was checked when it was opened.

use std::io::Read;
use std::path::Path;
use std::sync::atomic::Ordering;
use std::time::{Duration, SystemTime};

use camino::Utf8Path;
use rusqlite::Connection;
use rusqlite::backup::Backup;

use super::catalogue_file::CATALOGUE;
use super::error::ProjectError;
use super::folder::Project;
use super::schema;
use super::side_file::{self, SIDE_FILE};
use crate::ground::files;

/// The backups, the newest first.
pub(super) const BACKUPS: [&str; 3] = ["catalogue-backup-1.db", "catalogue-backup-2.db", "catalogue-backup-3.db"];

/// The least age of a backup, relative to the one before it, at which it is kept.
const AGES: [Duration; 2] = [Duration::from_secs(24 * 3600), Duration::from_secs(7 * 24 * 3600)];

impl Project {
    /// Notes that the catalogue has changed.
    pub(super) fn note_change(&self) {
        self.changes.fetch_add(1, Ordering::Relaxed);
    }

    /// The number of changes that this process has made to the catalogue.
    pub fn changes(&self) -> u64 {
        self.changes.load(Ordering::Relaxed)
    }

    /// Writes a backup and the side file, if the catalogue has changed since the last one.
    pub fn back_up_changes(&self) -> Result<(), ProjectError> {
        let changes = self.changes();
        if !self.is_writer() || self.backed_up.load(Ordering::Relaxed) == changes {
            return Ok(());
        }
        self.back_up()?;
        self.backed_up.store(changes, Ordering::Relaxed);
        Ok(())
    }

    fn back_up(&self) -> Result<(), ProjectError> {
        for name in BACKUPS {
            self.claim(name, is_backup)?;
        }
        self.claim(SIDE_FILE, |path| side_file::read(path).is_some())?;
        let side = self.kept_by_hand()?.to_json(&self.folder)?;
        let copy = copy(&self.db()).map_err(|cause| self.catalogue_error(cause))?;
        rotate(&self.folder)?;
        for (name, content) in [(BACKUPS[0], copy), (SIDE_FILE, side)] {
            let path = self.folder.join(name);
            files::replace(path.as_std_path(), &content).map_err(|cause| ProjectError::File { path, cause })?;
        }
        Ok(())
    }
}

/// Whether the catalogue has changes that the newest backup lacks, because the process that made the changes was killed
/// before it wrote a backup. SQLite counts the changes of a file. So an older catalogue that was restored does not
/// count as newer than its backup.
pub(super) fn is_due(folder: &Utf8Path) -> bool {
    let count = |name: &str| {
        let mut header = [0; 28];
        let read =
            files::open_regular(folder.join(name).as_std_path()).and_then(|mut file| file.read_exact(&mut header));
        // Bytes 24 to 28 are the change counter (https://sqlite.org/fileformat.html).
        read.ok().and_then(|()| header[24..].try_into().ok()).map(u32::from_be_bytes)
    };
    count(CATALOGUE).is_some_and(|now| count(BACKUPS[0]).is_none_or(|then| now > then))
}

/// Keeps a copy of the catalogue before an upgrade. The name of the copy has the catalogue's version.
pub(super) fn before_upgrade(folder: &Utf8Path, db: &Connection, version: i64) -> Result<(), ProjectError> {
    let copy = copy(db).map_err(|cause| ProjectError::Catalogue { folder: folder.to_owned(), cause })?;
    let path = folder.join(format!("catalogue-of-version-{version}.db"));
    match files::create(path.as_std_path(), &copy) {
        // The same upgrade was interrupted before. The copy of that time is the older one, so it stays.
        Err(cause) if cause.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        written => written.map_err(|cause| ProjectError::File { path, cause }),
    }
}

/// The bytes of a database file with the content of `db`.
fn copy(db: &Connection) -> rusqlite::Result<Vec<u8>> {
    let mut copy = Connection::open_in_memory()?;
    Backup::new(db, &mut copy)?.run_to_completion(i32::MAX, Duration::ZERO, None)?;
    Ok(copy.serialize(rusqlite::MAIN_DB)?.to_vec())
}

/// Moves backups that are old enough to the next position, so that the first position can be overwritten.
fn rotate(folder: &Utf8Path) -> Result<(), ProjectError> {
    let age = |name: &str| {
        let written = folder.join(name).metadata().and_then(|found| found.modified()).ok()?;
        SystemTime::now().duration_since(written).ok()
    };
    for place in (0..AGES.len()).rev() {
        let (from, to) = (folder.join(BACKUPS[place]), folder.join(BACKUPS[place + 1]));
        if age(BACKUPS[place]).is_some_and(|age| age >= AGES[place]) {
            std::fs::rename(&from, &to).map_err(|cause| ProjectError::File { path: to, cause })?;
        }
    }
    Ok(())
}

/// Whether a file is a Soundalike catalogue, judged by the header of its format.
pub(super) fn is_backup(path: &Path) -> bool {
    // Bytes 68 to 72 are the application id (https://sqlite.org/fileformat.html).
    let mut header = Vec::new();
    let read = files::open_regular(path).and_then(|file| file.take(72).read_to_end(&mut header));
    read.is_ok()
        && header.starts_with(b"SQLite format 3\0")
        && header.get(68..72).is_some_and(|number| number == (schema::APPLICATION_ID as u32).to_be_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::project::Opening;
    use crate::project::testing::{facts, project};

    #[test]
    fn closing_leaves_a_backup_and_a_side_file_that_say_what_was_tagged() {
        let (keep, project) = project();
        let folder = project.folder().to_owned();
        let edit = project.edit("Added").expect("writable");
        edit.add_files(&[facts("/a.wav", 1), facts("/b.wav", 2)]).expect("added");
        let files = project.files().expect("files");
        edit.tag_files(&[files[0].id], "rain").expect("tagged");
        let best = edit.collection("best").expect("made");
        let item = crate::dataset::Item { file: files[1].id, stretch_secs: Some((0.5, 1.0)) };
        edit.put_into_collection(best, &[item], None).expect("put");
        edit.commit().expect("done");
        drop(project);
        let side = side_file::read(folder.join(SIDE_FILE).as_std_path()).expect("a side file");
        assert_eq!((side.files.len(), side.files[0].path.as_str()), (1, "/a.wav"));
        assert_eq!(side.files[0].tags, ["rain"]);
        assert_eq!((side.collections[0].name.as_str(), side.collections[0].items[0].path.as_str()), ("best", "/b.wav"));
        assert!(is_backup(folder.join(BACKUPS[0]).as_std_path()));

        std::fs::rename(folder.join(BACKUPS[0]), folder.join("project.db")).expect("put back");
        let again = Project::open(&folder, Opening::default()).expect("a backup is a whole catalogue");
        assert_eq!(again.files().expect("files").len(), 2);
        drop(keep);
    }

    #[test]
    fn a_backup_of_an_earlier_day_is_kept_beside_the_newest() {
        let (_keep, project) = project();
        let backup = |name: &str| project.folder().join(name);
        project.note_change();
        project.back_up_changes().expect("written");
        project.note_change();
        project.back_up_changes().expect("written");
        assert!(!backup(BACKUPS[1]).exists(), "two of one day are one");
        let yesterday = SystemTime::now() - Duration::from_secs(25 * 3600);
        std::fs::File::options()
            .write(true)
            .open(backup(BACKUPS[0]))
            .expect("there")
            .set_modified(yesterday)
            .expect("set");
        project.note_change();
        project.back_up_changes().expect("written");
        assert!(backup(BACKUPS[0]).exists() && backup(BACKUPS[1]).exists());
    }
}
