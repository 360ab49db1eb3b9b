//! Taking back what changed the catalogue.
//!
//! Everything that a person changes goes through an [`Edit`]. Triggers write down, for each row that a transaction of it
//! touches, the statement that would bring the row back; so whatever an edit does to the undoable tables of [`TABLES`] can be
//! taken back with no further code, and removed files come back under their old numbers, with their tags and all. The
//! notes are in temporary tables: they are gone when the project is closed.

use std::cell::{Cell, RefCell};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rusqlite::{Connection, Transaction};

use super::error::ProjectError;
use super::folder::Project;
use super::tables::{TABLES, Table};

/// Changes that can be taken back at most; older ones are forgotten.
const STEPS: usize = 50;

/// What can be taken back, and what can be done again: in words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    pub undo: Option<String>,
    pub redo: Option<String>,
}

/// The steps that were done and those that were taken back, the last one last.
#[derive(Debug, Default)]
pub(super) struct Steps {
    last: i64,
    done: Vec<Step>,
    undone: Vec<Step>,
}

#[derive(Debug)]
struct Step {
    number: i64,
    words: String,
}

/// A change that can be taken back as a whole, be it one transaction or many. It is on the list of what can be undone once
/// it is dropped, if it changed anything.
#[derive(Debug)]
pub struct Edit<'a> {
    project: &'a Project,
    number: i64,
    words: RefCell<String>,
    changed: Cell<bool>,
}

impl Project {
    /// Begins a change; `words` say what was done, as in "Removed 3 files".
    pub fn edit(&self, words: impl Into<String>) -> Result<Edit<'_>, ProjectError> {
        self.check_writable()?;
        let mut steps = self.steps();
        steps.last += 1;
        Ok(Edit { project: self, number: steps.last, words: RefCell::new(words.into()), changed: Cell::new(false) })
    }

    /// Takes the last change back; its words, or `None` where there is none.
    pub fn undo(&self) -> Result<Option<String>, ProjectError> {
        self.take_back(|steps| (&mut steps.done, &mut steps.undone))
    }

    /// Does again what was taken back last.
    pub fn redo(&self) -> Result<Option<String>, ProjectError> {
        self.take_back(|steps| (&mut steps.undone, &mut steps.done))
    }

    pub fn history(&self) -> History {
        let steps = self.steps();
        let words = |steps: &[Step]| steps.last().map(|step| step.words.clone());
        History { undo: words(&steps.done), redo: words(&steps.undone) }
    }

    fn take_back(
        &self,
        ends: impl Fn(&mut Steps) -> (&mut Vec<Step>, &mut Vec<Step>),
    ) -> Result<Option<String>, ProjectError> {
        self.check_writable()?;
        let mut steps = self.steps();
        let (from, to) = ends(&mut steps);
        let Some(step) = from.pop() else { return Ok(None) };
        let words = step.words.clone();
        let failed = {
            let mut db = self.db();
            let done = reverse(&mut db, step.number);
            // Whatever came after the step would be just as impossible.
            done.inspect_err(|_| _ = forget(&db, None)).err()
        };
        if let Some(cause) = failed {
            steps.done.clear();
            steps.undone.clear();
            return Err(ProjectError::Undo { what: words, cause });
        }
        to.push(step);
        Ok(Some(words))
    }

    fn steps(&self) -> MutexGuard<'_, Steps> {
        self.steps.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Edit<'_> {
    /// Names what was done, where that is known only afterwards.
    pub fn name(&self, words: impl Into<String>) {
        *self.words.borrow_mut() = words.into();
    }

    /// All of `change`, or nothing.
    pub(super) fn transaction<T>(
        &self,
        change: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>,
    ) -> Result<T, ProjectError> {
        let mut db = self.project.db();
        let run = || {
            let transaction = db.transaction()?;
            record_as(&transaction, Some(self.number))?;
            let value = change(&transaction)?;
            record_as(&transaction, None)?;
            let noted = "SELECT EXISTS (SELECT 1 FROM temp.undo_log WHERE step = ?1)";
            let changed = transaction.query_row(noted, [self.number], |row| row.get(0))?;
            transaction.commit()?;
            self.changed.set(changed);
            if changed {
                self.project.note_change();
            }
            Ok(value)
        };
        run().map_err(|cause| self.project.catalogue_error(cause))
    }
}

impl Drop for Edit<'_> {
    fn drop(&mut self) {
        if !self.changed.get() {
            return;
        }
        let mut steps = self.project.steps();
        let Steps { done, undone, .. } = &mut *steps;
        done.push(Step { number: self.number, words: self.words.take() });
        let surplus = done.len().saturating_sub(STEPS);
        let forgotten = done.drain(..surplus).chain(undone.drain(..));
        let db = self.project.db();
        for step in forgotten {
            if let Err(cause) = forget(&db, Some(step.number)) {
                tracing::warn!("notes for undoing are kept longer than needed: {cause}");
            }
        }
    }
}

/// Sets up the notes, which are empty at first.
pub(super) fn prepare(db: &Connection) -> rusqlite::Result<()> {
    let mut script = String::from(
        "CREATE TEMP TABLE undo_recording (step INTEGER NOT NULL);
         CREATE TEMP TABLE undo_log (place INTEGER PRIMARY KEY, step INTEGER NOT NULL, statement TEXT NOT NULL);
         CREATE INDEX temp.undo_log_step ON undo_log (step);",
    );
    for Table { name: table, keys, columns, .. } in TABLES.into_iter().filter(|table| table.undoable) {
        // Each side is an expression that gives a piece of SQL: the values as they are at that moment, quoted.
        let list = columns.join(", ");
        let values: Vec<String> = columns.iter().map(|column| format!("quote(old.{column})")).collect();
        let insert = format!("'INSERT INTO {table} ({list}) VALUES (' || {} || ')'", values.join(" || ', ' || "));
        let equal = |row: &str, columns: &[&str], between: &str| {
            let pairs: Vec<String> = columns.iter().map(|c| format!("'{c} = ' || quote({row}.{c})")).collect();
            pairs.join(&format!(" || '{between}' || "))
        };
        let key = equal("new", &columns[..keys], " AND ");
        let delete = format!("'DELETE FROM {table} WHERE ' || {key}");
        let update = format!("'UPDATE {table} SET ' || {} || ' WHERE ' || {key}", equal("old", columns, ", "));
        for (event, statement) in [("INSERT", delete), ("DELETE", insert), ("UPDATE", update)] {
            script += &format!(
                "CREATE TEMP TRIGGER undo_{table}_{event} AFTER {event} ON main.{table}
                 WHEN EXISTS (SELECT 1 FROM undo_recording)
                 BEGIN INSERT INTO undo_log (step, statement) SELECT step, {statement} FROM undo_recording; END;"
            );
        }
    }
    db.execute_batch(&script)
}

fn record_as(db: &Connection, step: Option<i64>) -> rusqlite::Result<()> {
    db.execute("DELETE FROM temp.undo_recording", [])?;
    if let Some(step) = step {
        db.execute("INSERT INTO temp.undo_recording VALUES (?1)", [step])?;
    }
    Ok(())
}

/// Carries out a step's notes, the last first, while triggers write down how to reverse that again.
fn reverse(db: &mut Connection, step: i64) -> rusqlite::Result<()> {
    let transaction = db.transaction()?;
    let statements = {
        let mut query =
            transaction.prepare("SELECT statement FROM temp.undo_log WHERE step = ?1 ORDER BY place DESC")?;
        let rows = query.query_map([step], |row| row.get::<_, String>(0))?;
        rows.collect::<rusqlite::Result<Vec<_>>>()?
    };
    forget(&transaction, Some(step))?;
    record_as(&transaction, Some(step))?;
    for statement in statements {
        transaction.execute(&statement, [])?;
    }
    record_as(&transaction, None)?;
    transaction.commit()
}

/// Drops the notes of one step, or all.
fn forget(db: &Connection, step: Option<i64>) -> rusqlite::Result<()> {
    match step {
        Some(step) => db.execute("DELETE FROM temp.undo_log WHERE step = ?1", [step])?,
        None => db.execute("DELETE FROM temp.undo_log", [])?,
    };
    Ok(())
}

/// The steps behind a lock of their own, always taken before the catalogue's.
pub(super) type SharedSteps = Mutex<Steps>;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::{FileId, Problem};
    use crate::project::testing::{facts, project};

    fn add(project: &Project, paths: &[&str]) {
        let edit = project.edit(format!("Added {}", paths.len())).expect("writable");
        edit.add_files(&paths.iter().map(|path| facts(path, 1)).collect::<Vec<_>>()).expect("added");
    }

    /// All that can be undone, to be compared.
    fn contents(project: &Project) -> (String, Vec<String>) {
        let files = format!("{:?} {:?}", project.files().expect("files"), project.tags().expect("tags"));
        let db = project.db();
        let mut query = db
            .prepare("SELECT path || reason FROM problems UNION SELECT file_id || ' ' || start_secs FROM favourites ORDER BY 1")
            .expect("a query");
        let rest = query.query_map([], |row| row.get(0)).expect("rows").collect::<Result<_, _>>().expect("texts");
        (files, rest)
    }

    #[test]
    fn removed_files_come_back_under_their_numbers_with_all_that_was_said_of_them() {
        let (_keep, project) = project();
        add(&project, &["/it's.wav", "/b.wav", "/ü \"c\".wav"]);
        let files: Vec<FileId> = project.files().expect("files").iter().map(|file| file.id).collect();
        let edit = project.edit("Tagged").expect("writable");
        edit.tag_files(&files, "it's a tag").expect("tagged");
        edit.note_problems(&[Problem { path: "/b.wav".into(), reason: "cut off".into() }]).expect("noted");
        let favourite = "INSERT INTO favourites VALUES (?1, 0.1, 0.356)";
        edit.transaction(|t| t.execute(favourite, [files[0].0]).map(|_| ())).expect("a favourite");
        drop(edit);
        let before = contents(&project);

        let edit = project.edit("Removed 3 files").expect("writable");
        edit.remove_files(&files).expect("removed");
        drop(edit);
        let after = contents(&project);
        assert_eq!(project.files().expect("files"), []);
        assert!(project.tags().expect("tags").is_empty() && after.1.is_empty());

        for _ in 0..2 {
            assert_eq!(project.undo().expect("undone").as_deref(), Some("Removed 3 files"));
            assert_eq!(contents(&project), before);
            assert_eq!(project.redo().expect("redone").as_deref(), Some("Removed 3 files"));
            assert_eq!(contents(&project), after);
        }
    }

    #[test]
    fn changes_are_undone_from_the_last_to_the_first_and_a_new_one_ends_what_can_be_done_again() {
        let (_keep, project) = project();
        assert_eq!((project.undo().expect("asked"), project.history()), (None, History::default()));
        add(&project, &["/a.wav"]);
        let edit = project.edit("Read anew").expect("writable");
        edit.add_files(&[facts("/a.wav", 9)]).expect("changed");
        edit.note_problems(&[Problem { path: "/x".into(), reason: "no sound".into() }]).expect("noted");
        edit.name("Read 1 file anew");
        drop(edit);
        let history = |undo: Option<&str>, redo: Option<&str>| History {
            undo: undo.map(str::to_owned),
            redo: redo.map(str::to_owned),
        };
        assert_eq!(project.history(), history(Some("Read 1 file anew"), None));

        let hash = || project.files().expect("files")[0].content_hash[0];
        project.undo().expect("undone");
        assert_eq!((hash(), project.problems().expect("problems").len()), (1, 0));
        assert_eq!(project.history(), history(Some("Added 1"), Some("Read 1 file anew")));
        project.redo().expect("redone");
        assert_eq!((hash(), project.problems().expect("problems").len()), (9, 1));
        project.undo().expect("undone");
        project.undo().expect("undone");
        assert_eq!(project.files().expect("files"), []);
        add(&project, &["/b.wav"]);
        assert_eq!(project.history(), history(Some("Added 1"), None));
        assert_eq!(project.redo().expect("asked"), None);
        let noted: i64 = project.db().query_row("SELECT count(*) FROM temp.undo_log", [], |row| row.get(0)).expect("");
        assert_eq!(noted, 1, "what can no longer be undone leaves no notes");
    }

    #[test]
    fn an_edit_that_changes_nothing_or_fails_is_not_on_the_list() {
        let (_keep, project) = project();
        let edit = project.edit("Nothing").expect("writable");
        edit.clear_problems().expect("cleared");
        assert!(edit.transaction(|t| t.execute("INSERT INTO tags VALUES (7, 'of no file')", [])).is_err());
        drop(edit);
        assert_eq!(project.history(), History::default());
        project.note_problems(&[Problem { path: "/x".into(), reason: "no sound".into() }]).expect("noted");
        assert_eq!(project.history(), History::default(), "nobody asked for that");
    }

    #[test]
    fn what_stands_in_the_way_of_undoing_is_said_and_nothing_is_half_done() {
        let (_keep, project) = project();
        add(&project, &["/a.wav", "/b.wav"]);
        let files: Vec<FileId> = project.files().expect("files").iter().map(|file| file.id).collect();
        let edit = project.edit("Removed 2 files").expect("writable");
        edit.remove_files(&files).expect("removed");
        drop(edit);
        // Past the list: as another program would.
        let again = "INSERT INTO files SELECT 77, '/b.wav', 1, 1, zeroblob(32), 1, 1, 1, 0.5, x''";
        project.db().execute(again, []).expect("inserted");
        let refused = project.undo().expect_err("the path is taken").to_string();
        assert!(refused.contains("“Removed 2 files” cannot be undone any more"), "{refused}");
        assert_eq!(project.files().expect("files").len(), 1);
        assert_eq!(project.history(), History::default());
    }

    #[test]
    fn old_changes_are_forgotten() {
        let (_keep, project) = project();
        for i in 0..STEPS + 3 {
            add(&project, &[&format!("/{i}.wav")]);
        }
        let mut undone = 0;
        while project.undo().expect("undone").is_some() {
            undone += 1;
        }
        assert_eq!((undone, project.files().expect("files").len()), (STEPS, 3));
    }
}
