//! The catalogue of files.

use std::collections::HashMap;
use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};
use rusqlite::{OptionalExtension as _, Row, params};

use super::bounds::flaw_of_file;
use super::error::ProjectError;
use super::folder::Project;
use super::roots::{RootId, Roots, joined, remove_empty};
use super::undo::Edit;
use super::{aspects, metadata};
use crate::aspects::Aspects;
use crate::dataset::{FileId, SoundFile};
use crate::metadata::Metadata;

/// What was read about a file, before the project gives it a number.
#[derive(Clone, Debug, PartialEq)]
pub struct FileFacts {
    pub path: Utf8PathBuf,
    pub size_bytes: u64,
    pub modified_ns: i64,
    /// The BLAKE3 hash of the file's bytes.
    pub content_hash: [u8; 32],
    /// The BLAKE3 hash of the decoded samples, with rate and channels.
    pub sound_hash: [u8; 32],
    pub rate: u32,
    pub channels: u16,
    pub frames: u64,
    pub peak: f32,
    pub thumbnail: Vec<(i8, i8)>,
    pub aspects: Aspects,
    pub metadata: Metadata,
}

impl Project {
    /// All files, by path.
    pub fn files(&self) -> Result<Vec<SoundFile>, ProjectError> {
        Ok(self.library()?.into_iter().map(|kept| kept.file).collect())
    }

    /// All files by path, each with its root and the hash of its samples.
    pub fn library(&self) -> Result<Vec<KeptFile>, ProjectError> {
        let failed = |cause| self.catalogue_error(cause);
        let db = self.db();
        let roots = self.read_roots(&db)?;
        let places = roots.places();
        let mut query = db
            .prepare(&format!(
                "SELECT id, path, size_bytes, modified_ns, content_hash, rate, channels, frames, peak, thumbnail, root_id,
                    sound_hash, {}, {} FROM files LEFT JOIN aspects USING (content_hash)
                    LEFT JOIN metadata USING (content_hash)",
                aspects::COLUMNS,
                metadata::COLUMNS,
            ))
            .map_err(failed)?;
        let rows = query.query_map([], |row| kept_file_of_row(row, &places)).map_err(failed)?;
        let mut files: Vec<KeptFile> = rows.collect::<Result<_, _>>().map_err(failed)?;
        files.sort_unstable_by(|a, b| a.file.path.cmp(&b.file.path));
        match files.iter().find_map(|kept| flaw_of_file(&kept.file)) {
            None => Ok(files),
            Some(what) => Err(ProjectError::Content { folder: self.folder.clone(), what }),
        }
    }

    /// The path of a file. `None` if the project does not have it.
    pub fn path_of(&self, file: FileId) -> Result<Option<Utf8PathBuf>, ProjectError> {
        let failed = |cause| self.catalogue_error(cause);
        let db = self.db();
        let of_file = "SELECT root_id, path FROM files WHERE id = ?1";
        let known = db.query_row(of_file, [file.0], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?)));
        let Some((root, below)) = known.optional().map_err(failed)? else { return Ok(None) };
        let roots = self.read_roots(&db)?;
        Ok(roots.places().get(&root).map(|place| joined(place, &below)))
    }

    /// Adds the sample hashes, the aspects and the metadata of files that an earlier version of the program read. The person did not
    /// ask for this, so it cannot be undone.
    pub fn note_heard(&self, heard: &[Heard]) -> Result<(), ProjectError> {
        self.check_writable()?;
        let failed = |cause| self.catalogue_error(cause);
        let mut db = self.db();
        let transaction = db.transaction().map_err(failed)?;
        for Heard { file, content_hash, sound_hash, aspects, metadata } in heard {
            // A file that has changed meanwhile has been listened to since.
            let note = "UPDATE files SET sound_hash = ?3 WHERE id = ?1 AND content_hash = ?2";
            transaction.execute(note, params![file.0, content_hash, sound_hash]).map_err(failed)?;
            aspects::put(&transaction, content_hash, aspects).map_err(failed)?;
            metadata::put(&transaction, content_hash, metadata).map_err(failed)?;
        }
        transaction.commit().map_err(failed)?;
        self.note_change();
        Ok(())
    }
}

impl Edit<'_> {
    /// Adds files. Known files are updated and keep their number. On an error, no file is added. A path that was a
    /// problem is not one any more.
    pub fn add_files(&self, files: &[FileFacts]) -> Result<(), ProjectError> {
        let project = self.project();
        self.transaction(|transaction| {
            let mut insert = transaction.prepare_cached(
                "INSERT INTO files (path, size_bytes, modified_ns, content_hash, rate, channels, frames, peak, thumbnail,
                    root_id, sound_hash)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
                 ON CONFLICT (root_id, path) DO UPDATE SET size_bytes = ?2, modified_ns = ?3, content_hash = ?4, rate = ?5,
                    channels = ?6, frames = ?7, peak = ?8, thumbnail = ?9, sound_hash = ?11",
            )?;
            let mut roots = Roots::read(transaction, project.folder())?;
            for file in files {
                let (root, below) = roots.place(transaction, &file.path)?;
                let thumbnail: Vec<u8> =
                    file.thumbnail.iter().flat_map(|&(low, high)| [low.cast_unsigned(), high.cast_unsigned()]).collect();
                insert.execute(params![
                    below,
                    file.size_bytes.cast_signed(),
                    file.modified_ns,
                    file.content_hash,
                    file.rate,
                    file.channels,
                    file.frames.cast_signed(),
                    f64::from(file.peak),
                    thumbnail,
                    root.0,
                    file.sound_hash,
                ])?;
                aspects::put(transaction, &file.content_hash, &file.aspects)?;
                metadata::put(transaction, &file.content_hash, &file.metadata)?;
                transaction.execute("DELETE FROM problems WHERE path = ?1", [file.path.as_str()])?;
            }
            Ok(())
        })
    }

    /// Removes files from the project, with their tags and favourites. Nothing on the disk is touched.
    pub fn remove_files(&self, files: &[FileId]) -> Result<(), ProjectError> {
        let project = self.project();
        self.transaction(|transaction| {
            let roots = Roots::read(transaction, project.folder())?;
            let places = roots.places();
            for file in files {
                let of_file = "SELECT root_id, path FROM files WHERE id = ?1";
                let known = transaction
                    .prepare_cached(of_file)?
                    .query_row([file.0], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?)));
                // A file that was removed meanwhile is skipped.
                let Some((root, below)) = known.optional()? else { continue };
                if let Some(place) = places.get(&root) {
                    let path = joined(place, &below);
                    transaction.prepare_cached("DELETE FROM problems WHERE path = ?1")?.execute([path.as_str()])?;
                }
                transaction.prepare_cached("DELETE FROM files WHERE id = ?1")?.execute([file.0])?;
            }
            remove_empty(transaction)
        })
    }
}

/// What was heard in a file that an earlier version of the program read.
#[derive(Clone, Debug, PartialEq)]
pub struct Heard {
    pub file: FileId,
    /// The BLAKE3 hash of the bytes that were heard.
    pub content_hash: [u8; 32],
    pub sound_hash: [u8; 32],
    pub aspects: Aspects,
    pub metadata: Metadata,
}

/// A file, with its root and the hash of its samples.
#[derive(Clone, Debug, PartialEq)]
pub struct KeptFile {
    pub file: SoundFile,
    pub root: RootId,
    /// The BLAKE3 hash of the decoded samples. `None` if an earlier version of the program read the file.
    pub sound_hash: Option<[u8; 32]>,
    /// Whether the metadata of the file was read. An earlier version of the program did not.
    pub metadata_is_known: bool,
}

fn kept_file_of_row(row: &Row<'_>, places: &HashMap<i64, &Utf8Path>) -> rusqlite::Result<KeptFile> {
    let root = row.get(10)?;
    // The catalogue's constraints guarantee that the root of each file exists.
    let place = places.get(&root).ok_or(rusqlite::Error::IntegralValueOutOfRange(10, root))?;
    let path = joined(place, &row.get::<_, String>(1)?);
    let metadata = metadata::of_row(row, 20)?;
    let metadata_is_known = metadata.is_some();
    let metadata = metadata.filter(|metadata| !metadata.is_empty()).map(Arc::new);
    let file = SoundFile { metadata, ..file_of_row(row, path)? };
    Ok(KeptFile { file, root: RootId(root), sound_hash: row.get(11)?, metadata_is_known })
}

fn file_of_row(row: &Row<'_>, path: Utf8PathBuf) -> rusqlite::Result<SoundFile> {
    let thumbnail: Vec<u8> = row.get(9)?;
    Ok(SoundFile {
        id: FileId(row.get(0)?),
        path,
        size_bytes: row.get::<_, i64>(2)?.cast_unsigned(),
        modified_ns: row.get(3)?,
        content_hash: row.get(4)?,
        rate: row.get(5)?,
        channels: row.get(6)?,
        frames: row.get::<_, i64>(7)?.cast_unsigned(),
        peak: row.get::<_, f64>(8)? as f32,
        thumbnail: thumbnail
            .as_chunks::<2>()
            .0
            .iter()
            .map(|&[low, high]| (low.cast_signed(), high.cast_signed()))
            .collect(),
        aspects: aspects::of_row(row, 12)?,
        metadata: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::Problem;
    use crate::project::ProblemOf::Content;
    use crate::project::testing::{facts, project};

    fn edit(project: &Project) -> Edit<'_> {
        project.edit("Changed it").expect("writable")
    }

    fn file_at(project: &Project, path: &str) -> SoundFile {
        project.files().expect("files").into_iter().find(|file| file.path == path).expect("there")
    }

    #[test]
    fn a_changed_file_keeps_its_number_and_a_removed_number_is_never_given_again() {
        let (_keep, project) = project();
        edit(&project).add_files(&[facts("/b.wav", 1), facts("/a.wav", 2)]).expect("added");
        let before = project.files().expect("files");
        assert_eq!(before.iter().map(|file| file.path.as_str()).collect::<Vec<_>>(), ["/a.wav", "/b.wav"]);
        assert_eq!(before[1].thumbnail, [(-127, 127), (0, 3)]);

        edit(&project).add_files(&[facts("/b.wav", 9)]).expect("changed");
        let changed = file_at(&project, "/b.wav");
        assert_eq!((changed.id, changed.content_hash), (before[1].id, [9; 32]));

        let highest = before.iter().map(|file| file.id).max().expect("two files");
        edit(&project).remove_files(&[highest]).expect("removed");
        edit(&project).add_files(&[facts("/c.wav", 3)]).expect("added");
        assert!(file_at(&project, "/c.wav").id > highest);
    }

    #[test]
    fn a_problem_goes_when_its_file_is_added() {
        let (_keep, project) = project();
        let problem = |path: &str, reason: &str| Problem { path: path.into(), reason: reason.into() };
        project.note_problems(&[problem("/a.wav", "cut off"), problem("/x.txt", "no sound")], Content).expect("noted");
        project.note_problems(&[problem("/x.txt", "still no sound")], Content).expect("noted");
        edit(&project).add_files(&[facts("/a.wav", 1)]).expect("added");
        assert_eq!(project.problems().expect("problems"), [problem("/x.txt", "still no sound")]);
        edit(&project).clear_problems().expect("cleared");
        assert_eq!(project.problems().expect("problems"), []);
    }
}
