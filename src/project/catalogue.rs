//! The catalogue of files and problems.

use std::collections::BTreeMap;

use camino::Utf8PathBuf;
use rusqlite::{Row, Transaction, params};

use super::bounds::flaw_of_file;
use super::error::ProjectError;
use super::folder::Project;
use super::undo::Edit;
use crate::dataset::{FileId, Problem, SoundFile};

/// What reading a file has told, before the project has given it a number.
#[derive(Clone, Debug, PartialEq)]
pub struct FileFacts {
    pub path: Utf8PathBuf,
    pub size_bytes: u64,
    pub modified_ns: i64,
    pub content_hash: [u8; 32],
    pub rate: u32,
    pub channels: u16,
    pub frames: u64,
    pub peak: f32,
    pub thumbnail: Vec<(i8, i8)>,
}

impl Project {
    /// All files, by path.
    pub fn files(&self) -> Result<Vec<SoundFile>, ProjectError> {
        let db = self.db();
        let mut query = db
            .prepare(
                "SELECT id, path, size_bytes, modified_ns, content_hash, rate, channels, frames, peak, thumbnail
                 FROM files ORDER BY path",
            )
            .map_err(|cause| self.catalogue_error(cause))?;
        let rows = query.query_map([], file_of_row).map_err(|cause| self.catalogue_error(cause))?;
        let files: Vec<SoundFile> = rows.collect::<Result<_, _>>().map_err(|cause| self.catalogue_error(cause))?;
        match files.iter().find_map(flaw_of_file) {
            None => Ok(files),
            Some(what) => Err(ProjectError::Content { folder: self.folder.clone(), what }),
        }
    }

    /// Of each known path: size and time of the last change, which tell an unchanged file without reading it.
    pub fn known_files(&self) -> Result<BTreeMap<Utf8PathBuf, (u64, i64)>, ProjectError> {
        let failed = |cause| self.catalogue_error(cause);
        let db = self.db();
        let mut query = db.prepare("SELECT path, size_bytes, modified_ns FROM files").map_err(failed)?;
        let rows = query.query_map([], |row| {
            let path = Utf8PathBuf::from(row.get::<_, String>(0)?);
            Ok((path, (row.get::<_, i64>(1)?.cast_unsigned(), row.get(2)?)))
        });
        rows.and_then(Iterator::collect).map_err(failed)
    }

    /// All problems, by path.
    pub fn problems(&self) -> Result<Vec<Problem>, ProjectError> {
        let db = self.db();
        let mut query = db
            .prepare("SELECT path, reason FROM problems ORDER BY path")
            .map_err(|cause| self.catalogue_error(cause))?;
        let rows = query
            .query_map([], |row| Ok(Problem { path: row.get(0)?, reason: row.get(1)? }))
            .map_err(|cause| self.catalogue_error(cause))?;
        rows.collect::<Result<_, _>>().map_err(|cause| self.catalogue_error(cause))
    }

    /// Remembers problems that a training or an indexing met; a newer reason replaces an older one of the same path.
    /// Nobody asked for that, so nobody takes it back.
    pub fn note_problems(&self, problems: &[Problem]) -> Result<(), ProjectError> {
        self.check_writable()?;
        let failed = |cause| self.catalogue_error(cause);
        let mut db = self.db();
        let transaction = db.transaction().map_err(failed)?;
        note(&transaction, problems).map_err(failed)?;
        transaction.commit().map_err(failed)?;
        self.note_change();
        Ok(())
    }
}

impl Edit<'_> {
    /// Adds files, or brings those that are known up to date under their old number. All of them or, on an error, none.
    /// A path that was a problem before is none any more.
    pub fn add_files(&self, files: &[FileFacts]) -> Result<(), ProjectError> {
        self.transaction(|transaction| {
            let mut insert = transaction.prepare_cached(
                "INSERT INTO files (path, size_bytes, modified_ns, content_hash, rate, channels, frames, peak, thumbnail)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
                 ON CONFLICT (path) DO UPDATE SET size_bytes = ?2, modified_ns = ?3, content_hash = ?4, rate = ?5,
                    channels = ?6, frames = ?7, peak = ?8, thumbnail = ?9",
            )?;
            for file in files {
                let thumbnail: Vec<u8> =
                    file.thumbnail.iter().flat_map(|&(low, high)| [low.cast_unsigned(), high.cast_unsigned()]).collect();
                insert.execute(params![
                    file.path.as_str(),
                    file.size_bytes.cast_signed(),
                    file.modified_ns,
                    file.content_hash,
                    file.rate,
                    file.channels,
                    file.frames.cast_signed(),
                    f64::from(file.peak),
                    thumbnail,
                ])?;
                transaction.execute("DELETE FROM problems WHERE path = ?1", [file.path.as_str()])?;
            }
            Ok(())
        })
    }

    /// Forgets files, with their tags and favourites; nothing on the disk is touched.
    pub fn remove_files(&self, files: &[FileId]) -> Result<(), ProjectError> {
        self.transaction(|transaction| {
            for file in files {
                let of_file = "DELETE FROM problems WHERE path = (SELECT path FROM files WHERE id = ?1)";
                transaction.prepare_cached(of_file)?.execute([file.0])?;
                transaction.prepare_cached("DELETE FROM files WHERE id = ?1")?.execute([file.0])?;
            }
            Ok(())
        })
    }

    /// Remembers problems; a newer reason replaces an older one of the same path.
    pub fn note_problems(&self, problems: &[Problem]) -> Result<(), ProjectError> {
        self.transaction(|transaction| note(transaction, problems))
    }

    pub fn clear_problems(&self) -> Result<(), ProjectError> {
        self.transaction(|transaction| transaction.execute("DELETE FROM problems", []).map(|_| ()))
    }
}

fn note(transaction: &Transaction<'_>, problems: &[Problem]) -> rusqlite::Result<()> {
    for problem in problems {
        transaction.execute(
            "INSERT INTO problems (path, reason) VALUES (?1, ?2) ON CONFLICT (path) DO UPDATE SET reason = ?2",
            [&problem.path, &problem.reason],
        )?;
    }
    Ok(())
}

fn file_of_row(row: &Row<'_>) -> rusqlite::Result<SoundFile> {
    let thumbnail: Vec<u8> = row.get(9)?;
    Ok(SoundFile {
        id: FileId(row.get(0)?),
        path: Utf8PathBuf::from(row.get::<_, String>(1)?),
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
    })
}

#[cfg(test)]
mod tests {
    use super::*;
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
        project.note_problems(&[problem("/a.wav", "cut off"), problem("/x.txt", "no sound")]).expect("noted");
        project.note_problems(&[problem("/x.txt", "still no sound")]).expect("noted");
        edit(&project).add_files(&[facts("/a.wav", 1)]).expect("added");
        assert_eq!(project.problems().expect("problems"), [problem("/x.txt", "still no sound")]);
        edit(&project).clear_problems().expect("cleared");
        assert_eq!(project.problems().expect("problems"), []);
    }
}
