//! Favourites in the catalogue.

use rusqlite::params;

use super::error::ProjectError;
use super::folder::Project;
use super::undo::Edit;
use crate::dataset::{Favourite, FileId};

impl Project {
    /// All favourites, by path and start.
    pub fn favourites(&self) -> Result<Vec<Favourite>, ProjectError> {
        let failed = |cause| self.catalogue_error(cause);
        let db = self.db();
        let mut query = db
            .prepare(
                "SELECT file_id, start_secs, end_secs FROM favourites JOIN files ON files.id = file_id
                 JOIN roots ON roots.id = root_id
                 ORDER BY in_project, place, path, start_secs, end_secs",
            )
            .map_err(failed)?;
        let favourite = |row: &rusqlite::Row<'_>| {
            Ok(Favourite { file: FileId(row.get(0)?), start_secs: row.get(1)?, end_secs: row.get(2)? })
        };
        let rows = query.query_map([], favourite).map_err(failed)?;
        rows.collect::<Result<_, _>>().map_err(failed)
    }
}

impl Edit<'_> {
    /// Marks a stretch as a favourite, or removes the mark. Marking a favourite again, or removing a missing mark,
    /// changes nothing.
    pub fn mark_favourite(&self, favourite: Favourite, on: bool) -> Result<(), ProjectError> {
        let Favourite { file, start_secs, end_secs } = favourite;
        let statement = match on {
            // Inserts nothing if the file was removed meanwhile.
            true => "INSERT OR IGNORE INTO favourites SELECT id, ?2, ?3 FROM files WHERE id = ?1",
            false => "DELETE FROM favourites WHERE file_id = ?1 AND start_secs = ?2 AND end_secs = ?3",
        };
        self.transaction(|transaction| transaction.execute(statement, params![file.0, start_secs, end_secs]))?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::project::testing::{facts, project};

    #[test]
    fn favourites_are_kept_once_and_go_with_their_file() {
        let (_keep, project) = project();
        let folder = project.folder().to_owned();
        let edit = project.edit("All at once").expect("writable");
        edit.add_files(&[facts("/b.wav", 1), facts("/a.wav", 1)]).expect("added");
        let files = project.files().expect("files");
        let (a, b) = (files[0].id, files[1].id);
        let at = |file, start_secs: f64| Favourite { file, start_secs, end_secs: start_secs + 0.256 };
        for favourite in [at(b, 0.1), at(a, 0.5), at(a, 0.0), at(a, 0.5), at(FileId(99), 0.0)] {
            edit.mark_favourite(favourite, true).expect("marked");
        }
        assert_eq!(project.favourites().expect("read"), [at(a, 0.0), at(a, 0.5), at(b, 0.1)]);
        edit.mark_favourite(at(a, 0.5), false).expect("taken away");
        edit.mark_favourite(at(a, 0.7), false).expect("it was not there");
        edit.remove_files(&[b]).expect("removed");
        edit.commit().expect("done");
        drop(project);
        let project = Project::open(&folder, crate::project::Opening::default()).expect("opened again");
        assert_eq!(project.favourites().expect("read"), [at(a, 0.0)]);
    }
}
