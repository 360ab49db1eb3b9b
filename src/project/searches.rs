//! Saved searches in the catalogue, with the verdicts on their matches.

use rusqlite::{OptionalExtension, Transaction, params};

use super::error::ProjectError;
use super::folder::Project;
use super::undo::Edit;
use crate::dataset::{FileId, Verdict};

/// A saved search.
#[derive(Clone, Debug, PartialEq)]
pub struct SavedSearch {
    pub name: String,
    /// The query and its examples as JSON. Verdicts and threshold are stored separately.
    pub query: String,
    pub threshold: Option<f64>,
    /// Ordered by file, then by start.
    pub verdicts: Vec<Verdict>,
}

/// A match of the last run of a saved search.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SeenMatch {
    pub file: FileId,
    pub start_secs: f64,
    pub end_secs: f64,
}

impl Project {
    /// All saved searches, by name.
    pub fn saved_searches(&self) -> Result<Vec<SavedSearch>, ProjectError> {
        let failed = |cause| self.catalogue_error(cause);
        let db = self.db();
        let mut query =
            db.prepare("SELECT id, name, basket, threshold FROM saved_searches ORDER BY name").map_err(failed)?;
        let mut verdicts = db
            .prepare("SELECT file_id, start_secs, end_secs, yes FROM verdicts WHERE search_id = ?1 ORDER BY 1, 2, 3")
            .map_err(failed)?;
        let rows = query.query_map([], |row| Ok((row.get::<_, i64>(0)?, row.get(1)?, row.get(2)?, row.get(3)?)));
        let rows = rows.and_then(Iterator::collect::<rusqlite::Result<Vec<_>>>).map_err(failed)?;
        let saved = rows.into_iter().map(|(id, name, query, threshold)| {
            let verdict = |row: &rusqlite::Row<'_>| {
                let (file, yes) = (FileId(row.get(0)?), row.get(3)?);
                Ok(Verdict { file, start_secs: row.get(1)?, end_secs: row.get(2)?, yes })
            };
            let verdicts = verdicts.query_map([id], verdict)?.collect::<rusqlite::Result<_>>()?;
            Ok(SavedSearch { name, query, threshold, verdicts })
        });
        saved.collect::<rusqlite::Result<_>>().map_err(failed)
    }

    /// The matches of a saved search's last run. `None` if it never ran.
    pub fn seen_matches(&self, name: &str) -> Result<Option<Vec<SeenMatch>>, ProjectError> {
        let failed = |cause| self.catalogue_error(cause);
        let db = self.db();
        let ran = "SELECT ran FROM saved_searches WHERE name = ?1";
        let ran: Option<bool> = db.query_row(ran, [name], |row| row.get(0)).optional().map_err(failed)?;
        if ran != Some(true) {
            return Ok(None);
        }
        let mut query = db
            .prepare(
                "SELECT file_id, start_secs, end_secs FROM seen_matches
                 WHERE search_id = (SELECT id FROM saved_searches WHERE name = ?1)",
            )
            .map_err(failed)?;
        let seen = |row: &rusqlite::Row<'_>| {
            Ok(SeenMatch { file: FileId(row.get(0)?), start_secs: row.get(1)?, end_secs: row.get(2)? })
        };
        let rows = query.query_map([name], seen).map_err(failed)?;
        rows.collect::<rusqlite::Result<_>>().map(Some).map_err(failed)
    }

    /// Notes the matches of a saved search. The person did not ask for this, so it cannot be undone.
    pub fn note_seen_matches(&self, name: &str, seen: &[SeenMatch]) -> Result<(), ProjectError> {
        self.check_writable()?;
        let failed = |cause| self.catalogue_error(cause);
        let mut db = self.db();
        let mut note = || {
            let transaction = db.transaction()?;
            let Some(id) = id_of(&transaction, name)? else { return Ok(()) };
            transaction.execute("UPDATE saved_searches SET ran = 1 WHERE id = ?1", [id])?;
            transaction.execute("DELETE FROM seen_matches WHERE search_id = ?1", [id])?;
            {
                let mut insert = transaction.prepare_cached(
                    "INSERT OR IGNORE INTO seen_matches SELECT ?1, id, ?3, ?4 FROM files WHERE id = ?2",
                )?;
                for SeenMatch { file, start_secs, end_secs } in seen {
                    insert.execute(params![id, file.0, start_secs, end_secs])?;
                }
            }
            transaction.commit()?;
            self.note_change();
            Ok(())
        };
        note().map_err(failed)
    }
}

impl Edit<'_> {
    /// Saves a search. It replaces one of the same name, with its verdicts.
    pub fn save_search(&self, search: &SavedSearch) -> Result<(), ProjectError> {
        self.transaction(|transaction| {
            match id_of(transaction, &search.name)? {
                Some(id) => {
                    let update = "UPDATE saved_searches SET basket = ?2, threshold = ?3 WHERE id = ?1";
                    transaction.execute(update, params![id, search.query, search.threshold])?;
                    transaction.execute("DELETE FROM verdicts WHERE search_id = ?1", [id])?;
                }
                None => {
                    let insert = "INSERT INTO saved_searches (name, basket, threshold, ran) VALUES (?1, ?2, ?3, 0)";
                    transaction.execute(insert, params![search.name, search.query, search.threshold])?;
                }
            }
            judge(transaction, &search.name, &search.verdicts)
        })
    }

    /// Saves verdicts on matches of a saved search. They replace earlier verdicts on the same moments.
    pub fn judge_matches(&self, name: &str, verdicts: &[Verdict]) -> Result<(), ProjectError> {
        self.transaction(|transaction| judge(transaction, name, verdicts))
    }

    pub fn rename_search(&self, from: &str, to: &str) -> Result<(), ProjectError> {
        let update = "UPDATE saved_searches SET name = ?2 WHERE name = ?1";
        self.transaction(|transaction| transaction.execute(update, [from, to])).map(|_| ())
    }

    /// Deletes a saved search and its verdicts.
    pub fn delete_search(&self, name: &str) -> Result<(), ProjectError> {
        self.transaction(|transaction| transaction.execute("DELETE FROM saved_searches WHERE name = ?1", [name]))
            .map(|_| ())
    }
}

fn id_of(transaction: &Transaction<'_>, name: &str) -> rusqlite::Result<Option<i64>> {
    transaction.query_row("SELECT id FROM saved_searches WHERE name = ?1", [name], |row| row.get(0)).optional()
}

fn judge(transaction: &Transaction<'_>, name: &str, verdicts: &[Verdict]) -> rusqlite::Result<()> {
    let Some(id) = id_of(transaction, name)? else { return Ok(()) };
    let mut said = transaction
        .prepare_cached("SELECT start_secs, end_secs, yes FROM verdicts WHERE search_id = ?1 AND file_id = ?2")?;
    let mut forget = transaction.prepare_cached(
        "DELETE FROM verdicts WHERE search_id = ?1 AND file_id = ?2 AND start_secs = ?3 AND end_secs = ?4",
    )?;
    // A file that was removed meanwhile is skipped.
    let mut insert =
        transaction.prepare_cached("INSERT INTO verdicts SELECT ?1, id, ?3, ?4, ?5 FROM files WHERE id = ?2")?;
    for Verdict { file, start_secs, end_secs, yes } in verdicts {
        let before = said.query_map([id, file.0], |row| {
            Ok(Verdict { file: *file, start_secs: row.get(0)?, end_secs: row.get(1)?, yes: row.get(2)? })
        })?;
        for before in before.collect::<rusqlite::Result<Vec<_>>>()? {
            if before.is_on(*file, *start_secs, *end_secs) {
                forget.execute(params![id, file.0, before.start_secs, before.end_secs])?;
            }
        }
        insert.execute(params![id, file.0, start_secs, end_secs, yes])?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::project::testing::{facts, project};

    fn verdict(file: FileId, start_secs: f64, yes: bool) -> Verdict {
        Verdict { file, start_secs, end_secs: start_secs + 1.0, yes }
    }

    #[test]
    fn a_search_keeps_its_verdicts_and_each_change_can_be_undone() {
        let (_keep, project) = project();
        let edit = |words: &str| project.edit(words.to_owned()).expect("writable");
        edit("Added").add_files(&[facts("/a.wav", 1), facts("/b.wav", 1)]).expect("added");
        let files: Vec<FileId> = project.files().expect("files").iter().map(|file| file.id).collect();
        let wren = SavedSearch {
            name: "wren".into(),
            query: "{}".into(),
            threshold: Some(9.5),
            verdicts: vec![verdict(files[0], 2.0, true)],
        };
        edit("Saved").save_search(&wren).expect("saved");
        assert_eq!(project.saved_searches().expect("read"), std::slice::from_ref(&wren));

        // A verdict on nearly the same moment replaces the earlier one.
        edit("Judged")
            .judge_matches("wren", &[verdict(files[0], 2.1, false), verdict(files[1], 0.0, true)])
            .expect("judged");
        let judged = project.saved_searches().expect("read").remove(0).verdicts;
        assert_eq!(judged, [verdict(files[0], 2.1, false), verdict(files[1], 0.0, true)]);
        project.undo().expect("undone");
        assert_eq!(project.saved_searches().expect("read"), std::slice::from_ref(&wren));

        edit("Removed").remove_files(&files[..1]).expect("removed");
        assert!(project.saved_searches().expect("read")[0].verdicts.is_empty());
        project.undo().expect("undone");
        edit("Deleted").delete_search("wren").expect("deleted");
        assert!(project.saved_searches().expect("read").is_empty());
        project.undo().expect("undone");
        assert_eq!(project.saved_searches().expect("read"), std::slice::from_ref(&wren));
        edit("Renamed").rename_search("wren", "winter wren").expect("renamed");
        assert_eq!(project.saved_searches().expect("read")[0].name, "winter wren");
    }

    #[test]
    fn what_a_search_found_is_remembered_for_the_next_time() {
        let (_keep, project) = project();
        project.edit("Added").expect("writable").add_files(&[facts("/a.wav", 1)]).expect("added");
        let file = project.files().expect("files")[0].id;
        let search = SavedSearch { name: "wren".into(), query: "{}".into(), threshold: None, verdicts: Vec::new() };
        project.edit("Saved").expect("writable").save_search(&search).expect("saved");
        assert_eq!(project.seen_matches("wren").expect("read"), None);
        let seen = [SeenMatch { file, start_secs: 1.0, end_secs: 2.0 }];
        project.note_seen_matches("wren", &seen).expect("noted");
        assert_eq!(project.seen_matches("wren").expect("read").as_deref(), Some(&seen[..]));
        project.note_seen_matches("wren", &[]).expect("noted");
        assert_eq!(project.seen_matches("wren").expect("read").as_deref(), Some(&[][..]));
        assert_eq!(project.seen_matches("robin").expect("read"), None);
    }
}
