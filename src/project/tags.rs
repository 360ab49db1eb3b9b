//! Tags in the catalogue.

use std::collections::{BTreeMap, BTreeSet};

use super::error::ProjectError;
use super::folder::Project;
use super::undo::Edit;
use crate::dataset::FileId;
use crate::dataset::letters::are_alike;

impl Project {
    /// The tags of each file that has any, in alphabetical order.
    pub fn tags(&self) -> Result<BTreeMap<FileId, Vec<String>>, ProjectError> {
        let failed = |cause| self.catalogue_error(cause);
        let db = self.db();
        let mut query = db.prepare("SELECT file_id, tag FROM tags ORDER BY file_id, tag").map_err(failed)?;
        let rows = query.query_map([], |row| Ok((FileId(row.get(0)?), row.get(1)?))).map_err(failed)?;
        let mut tags: BTreeMap<FileId, Vec<String>> = BTreeMap::new();
        for row in rows {
            let (file, tag) = row.map_err(failed)?;
            tags.entry(file).or_default().push(tag);
        }
        Ok(tags)
    }
}

impl Edit<'_> {
    /// Gives files a tag. A file that already has it, in any case, keeps it as it is.
    pub fn tag_files(&self, files: &[FileId], tag: &str) -> Result<(), ProjectError> {
        self.transaction(|transaction| {
            let mut given = transaction.prepare_cached("SELECT tag FROM tags WHERE file_id = ?1")?;
            // A file that was removed meanwhile is skipped.
            let mut insert = transaction.prepare_cached("INSERT INTO tags SELECT id, ?2 FROM files WHERE id = ?1")?;
            for file in files {
                let tags = given.query_map([file.0], |row| row.get::<_, String>(0))?;
                let tags = tags.collect::<rusqlite::Result<Vec<_>>>()?;
                if !tags.iter().any(|given| are_alike(given, tag)) {
                    insert.execute((file.0, tag))?;
                }
            }
            Ok(())
        })
    }

    /// Renames a tag, in any case, on all files that have it. Returns the number of these files. A file that already
    /// has the new tag has it only once.
    pub fn rename_tag(&self, tag: &str, to: &str) -> Result<usize, ProjectError> {
        self.transaction(|transaction| {
            let mut query = transaction.prepare("SELECT file_id, tag FROM tags")?;
            let given: Vec<(i64, String)> =
                query.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<rusqlite::Result<_>>()?;
            let renamed: BTreeSet<i64> =
                given.iter().filter(|(_, given)| are_alike(given, tag)).map(|(file, _)| *file).collect();
            let mut delete = transaction.prepare_cached("DELETE FROM tags WHERE file_id = ?1 AND tag = ?2")?;
            for (file, given) in given.iter().filter(|(_, given)| are_alike(given, tag) || are_alike(given, to)) {
                if renamed.contains(file) {
                    delete.execute((file, given))?;
                }
            }
            let mut insert = transaction.prepare_cached("INSERT INTO tags VALUES (?1, ?2)")?;
            for file in &renamed {
                insert.execute((file, to))?;
            }
            Ok(renamed.len())
        })
    }

    /// Removes a tag, in any case, from files.
    pub fn untag_files(&self, files: &[FileId], tag: &str) -> Result<(), ProjectError> {
        self.transaction(|transaction| {
            let mut given = transaction.prepare_cached("SELECT tag FROM tags WHERE file_id = ?1")?;
            let mut delete = transaction.prepare_cached("DELETE FROM tags WHERE file_id = ?1 AND tag = ?2")?;
            for file in files {
                let tags = given.query_map([file.0], |row| row.get::<_, String>(0))?;
                let tags = tags.collect::<rusqlite::Result<Vec<_>>>()?;
                for tag in tags.iter().filter(|given| are_alike(given, tag)) {
                    delete.execute((file.0, tag))?;
                }
            }
            Ok(())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::project::testing::{facts, project};

    #[test]
    fn tags_are_given_once_and_taken_off_in_either_case() {
        let (_keep, project) = project();
        let edit = project.edit("Tagged").expect("writable");
        edit.add_files(&[facts("/a.wav", 1), facts("/b.wav", 1)]).expect("added");
        let files: Vec<FileId> = project.files().expect("files").iter().map(|file| file.id).collect();
        edit.tag_files(&files[..1], "Ärger").expect("tagged");
        edit.tag_files(&files, "ärger").expect("tagged");
        edit.tag_files(&[files[1], FileId(99)], "a loop").expect("tagged");
        let tags = project.tags().expect("tags");
        assert_eq!(
            tags,
            BTreeMap::from([
                (files[0], vec!["Ärger".to_owned()]),
                (files[1], vec!["a loop".to_owned(), "ärger".to_owned()]),
            ])
        );
        edit.untag_files(&files, "A\u{308}RGER").expect("untagged");
        assert_eq!(project.tags().expect("tags"), BTreeMap::from([(files[1], vec!["a loop".to_owned()])]));
        edit.tag_files(&files[..1], "loops").expect("tagged");
        assert_eq!(edit.rename_tag("A LOOP", "Loops").expect("renamed"), 1);
        assert_eq!(edit.rename_tag("LOOPS", "Loops").expect("made one"), 2);
        assert!(project.tags().expect("tags").values().all(|tags| tags == &["Loops".to_owned()]));
        edit.remove_files(&files).expect("removed");
        assert!(project.tags().expect("tags").is_empty());
    }
}
