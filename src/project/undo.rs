//! Undo and redo of changes to the catalogue.
//!
//! Every change that a person makes goes through an [`Edit`]. For each row that its transactions touch, triggers note
//! what would restore the row. So every change of the undoable tables in [`TABLES`] can be undone without further code.
//! Removed files return with their old numbers and their tags.
//!
//! The notes are in the catalogue. So a change can be undone after the program was closed, and by another process. The
//! notes hold values, never statements: the statements are made from [`TABLES`] alone.

use parking_lot::{Mutex, MutexGuard};
use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;

use rusqlite::types::Value;
use rusqlite::{Connection, Transaction, params_from_iter};

use super::error::ProjectError;
use super::folder::Project;
use super::tables::{TABLES, Table};

/// The most changes that can be undone. Older ones are forgotten.
const STEPS: usize = 50;

/// The most rows that all changes together may have touched, so that the catalogue does not grow for ever. The last
/// change is always kept.
const NOTES: i64 = 500_000;

/// The next change to undo, and the next to redo, in words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    pub undo: Option<String>,
    pub redo: Option<String>,
}

/// The numbers of unfinished edits, which must not be undone yet.
pub(super) type SharedSteps = Mutex<BTreeSet<i64>>;

/// A change that is undone as a whole. It has one transaction or several. Each transaction is on the disk when it
/// returns, and can be undone from then on. [`commit`](Self::commit) makes it the last change.
#[derive(Debug)]
pub struct Edit<'a> {
    project: &'a Project,
    /// `None` until the first change.
    number: Cell<Option<i64>>,
    words: RefCell<String>,
}

impl Project {
    /// Begins a change. `words` describe it, as in "Removed 3 files".
    pub fn edit(&self, words: impl Into<String>) -> Result<Edit<'_>, ProjectError> {
        self.check_writable()?;
        Ok(Edit { project: self, number: Cell::new(None), words: RefCell::new(words.into()) })
    }

    /// Undoes the last change. Returns its description, or `None` if there is no change.
    pub fn undo(&self) -> Result<Option<String>, ProjectError> {
        self.take_back(false)
    }

    /// Redoes the change that was undone last. Returns its description, or `None` if there is none.
    pub fn redo(&self) -> Result<Option<String>, ProjectError> {
        self.take_back(true)
    }

    pub fn history(&self) -> Result<History, ProjectError> {
        let running = self.running();
        let db = self.db();
        let words = |redo| last_step(&db, redo, &running).map(|step| step.map(|(_, words)| words));
        let history = words(false).and_then(|undo| Ok(History { undo, redo: words(true)? }));
        history.map_err(|cause| self.catalogue_error(cause))
    }

    fn take_back(&self, redo: bool) -> Result<Option<String>, ProjectError> {
        self.check_writable()?;
        let running = self.running();
        let mut db = self.db();
        let last = last_step(&db, redo, &running).map_err(|cause| self.catalogue_error(cause))?;
        let Some((number, words)) = last else { return Ok(None) };
        match reverse(&mut db, number, redo) {
            Ok(()) => {
                self.note_change();
                Ok(Some(words))
            }
            Err(cause) => {
                // Steps before this one could not be undone either.
                forget(&db, i64::MAX, &running).map_err(|cause| self.catalogue_error(cause))?;
                Err(ProjectError::Undo { what: words, cause })
            }
        }
    }

    fn running(&self) -> MutexGuard<'_, BTreeSet<i64>> {
        self.steps.lock()
    }
}

impl<'a> Edit<'a> {
    pub(super) fn project(&self) -> &'a Project {
        self.project
    }

    /// Sets the description, if it is known only afterwards.
    pub fn name(&self, words: impl Into<String>) {
        *self.words.borrow_mut() = words.into();
    }

    /// Runs all of `change`, or nothing of it, in one transaction.
    pub(super) fn transaction<T>(
        &self,
        change: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>,
    ) -> Result<T, ProjectError> {
        let mut running = self.project.running();
        let mut db = self.project.db();
        let run = || {
            let transaction = db.transaction()?;
            let number = match self.number.get() {
                Some(number) => number,
                None => begin(&transaction, &self.words.borrow())?,
            };
            record_as(&transaction, Some(number))?;
            let value = change(&transaction)?;
            record_as(&transaction, None)?;
            let noted = "SELECT EXISTS (SELECT 1 FROM undo_notes WHERE step = ?1)";
            if transaction.query_row(noted, [number], |row| row.get(0))? {
                transaction.execute("DELETE FROM undo_steps WHERE taken_back", [])?;
                transaction.commit()?;
                self.number.set(Some(number));
                running.insert(number);
                self.project.note_change();
            }
            Ok(value)
        };
        run().map_err(|cause| self.project.catalogue_error(cause))
    }

    /// Makes this the next change to undo.
    pub fn commit(self) -> Result<(), ProjectError> {
        let Some(number) = self.number.get() else { return Ok(()) };
        let mut running = self.project.running();
        running.remove(&number);
        let mut db = self.project.db();
        let mut run = || {
            let transaction = db.transaction()?;
            transaction.execute(
                "UPDATE undo_steps SET words = ?2, place = (SELECT max(place) FROM undo_steps) + 1 WHERE number = ?1",
                (number, self.words.borrow().as_str()),
            )?;
            forget_surplus(&transaction, &running)?;
            transaction.commit()
        };
        run().map_err(|cause| self.project.catalogue_error(cause))
    }
}

impl Drop for Edit<'_> {
    fn drop(&mut self) {
        if let Some(number) = self.number.get() {
            self.project.running().remove(&number);
        }
    }
}

/// Creates the triggers that write the notes.
pub(super) fn prepare(db: &Connection) -> rusqlite::Result<()> {
    let mut script = String::from("CREATE TEMP TABLE undo_recording (step INTEGER NOT NULL);");
    for Table { name, keys, columns, .. } in TABLES.iter().filter(|table| table.undoable) {
        let values =
            |row: &str, columns: &[&str]| columns.iter().map(|column| format!(", {row}.{column}")).collect::<String>();
        let places = |letter: &str, count: usize| (0..count).map(|i| format!(", {letter}{i}")).collect::<String>();
        let (keys, all) = (&columns[..*keys], columns.len());
        let key_places = places("k", keys.len());
        for (event, change, into, from) in [
            ("INSERT", REMOVE, key_places.clone(), values("new", keys)),
            ("DELETE", INSERT, places("c", all), values("old", columns)),
            ("UPDATE", SET, places("c", all) + &key_places, values("old", columns) + &values("new", keys)),
        ] {
            script += &format!(
                "CREATE TEMP TRIGGER undo_{name}_{event} AFTER {event} ON main.{name}
                 WHEN EXISTS (SELECT 1 FROM undo_recording)
                 BEGIN INSERT INTO undo_notes (step, table_name, change{into})
                 SELECT step, '{name}', '{change}'{from} FROM undo_recording; END;"
            );
        }
    }
    db.execute_batch(&script)
}

/// The three ways to restore a row: delete it, insert it, or set its values.
const REMOVE: &str = "remove";
const INSERT: &str = "insert";
const SET: &str = "set";

/// Begins a new step, the last one.
fn begin(db: &Connection, words: &str) -> rusqlite::Result<i64> {
    let statement = "INSERT INTO undo_steps (place, words, taken_back)
                     VALUES ((SELECT coalesce(max(place), 0) + 1 FROM undo_steps), ?1, 0) RETURNING number";
    db.query_row(statement, [words], |row| row.get(0))
}

/// The number and the words of the step that is undone, or redone, next.
fn last_step(db: &Connection, redo: bool, running: &BTreeSet<i64>) -> rusqlite::Result<Option<(i64, String)>> {
    // The step that was undone last is redone first.
    let order = if redo { "ASC" } else { "DESC" };
    let mut query = db.prepare_cached(&format!(
        "SELECT number, words FROM undo_steps WHERE taken_back = ?1 ORDER BY place {order}"
    ))?;
    let mut rows = query.query_map([redo], |row| Ok((row.get(0)?, row.get(1)?)))?;
    rows.find(|row| row.as_ref().map_or(true, |(number, _)| !running.contains(number))).transpose()
}

fn record_as(db: &Connection, step: Option<i64>) -> rusqlite::Result<()> {
    db.execute("DELETE FROM temp.undo_recording", [])?;
    if let Some(step) = step {
        db.execute("INSERT INTO temp.undo_recording VALUES (?1)", [step])?;
    }
    Ok(())
}

/// A note: a row of a table, and how to restore it.
struct Note {
    table: &'static Table,
    change: String,
    keys: Vec<Value>,
    values: Vec<Value>,
}

/// Carries out the notes of a step, the last one first. Meanwhile, triggers note how to reverse that.
fn reverse(db: &mut Connection, step: i64, redo: bool) -> rusqlite::Result<()> {
    let transaction = db.transaction()?;
    let notes = notes(&transaction, step)?;
    transaction.execute("DELETE FROM undo_notes WHERE step = ?1", [step])?;
    record_as(&transaction, Some(step))?;
    for note in notes {
        carry_out(&transaction, note)?;
    }
    record_as(&transaction, None)?;
    transaction.execute("UPDATE undo_steps SET taken_back = ?2 WHERE number = ?1", (step, !redo))?;
    transaction.commit()
}

fn notes(db: &Connection, step: i64) -> rusqlite::Result<Vec<Note>> {
    let mut query = db.prepare("SELECT * FROM undo_notes WHERE step = ?1 ORDER BY place DESC")?;
    let (first_key, first_value) = (query.column_index("k0")?, query.column_index("c0")?);
    let rows = query.query_map([step], |row| {
        let name: String = row.get("table_name")?;
        let table = TABLES.iter().find(|table| table.undoable && table.name == name);
        let table = table.ok_or(rusqlite::Error::QueryReturnedNoRows)?;
        let from = |first: usize, count: usize| {
            (first..first + count).map(|i| row.get(i)).collect::<rusqlite::Result<Vec<Value>>>()
        };
        Ok(Note {
            table,
            change: row.get("change")?,
            keys: from(first_key, table.keys)?,
            values: from(first_value, table.columns.len())?,
        })
    })?;
    rows.collect()
}

fn carry_out(db: &Connection, note: Note) -> rusqlite::Result<()> {
    let Table { name, keys, columns, .. } = note.table;
    // `IS` also compares NULL.
    let is = |between: &str, columns: &[&str], sign: &str, first: usize| {
        let pairs = columns.iter().enumerate().map(|(i, column)| format!("{column} {sign} ?{}", first + i));
        pairs.collect::<Vec<_>>().join(between)
    };
    let (statement, values) = match note.change.as_str() {
        REMOVE => {
            // An unfinished change may have added files to the root meanwhile.
            let unused = match *name {
                "roots" => " AND NOT EXISTS (SELECT 1 FROM files WHERE root_id = roots.id)",
                _ => "",
            };
            (format!("DELETE FROM {name} WHERE {}{unused}", is(" AND ", &columns[..*keys], "IS", 1)), note.keys)
        }
        INSERT => {
            let places: Vec<String> = (1..=columns.len()).map(|i| format!("?{i}")).collect();
            (format!("INSERT INTO {name} ({}) VALUES ({})", columns.join(", "), places.join(", ")), note.values)
        }
        SET => {
            let (set, key) = (is(", ", columns, "=", 1), is(" AND ", &columns[..*keys], "IS", columns.len() + 1));
            (format!("UPDATE {name} SET {set} WHERE {key}"), note.values.into_iter().chain(note.keys).collect())
        }
        _ => return Err(rusqlite::Error::QueryReturnedNoRows),
    };
    db.prepare_cached(&statement)?.execute(params_from_iter(values)).map(|_| ())
}

/// Forgets the oldest steps if there are too many, or if they touched too many rows.
fn forget_surplus(db: &Connection, running: &BTreeSet<i64>) -> rusqlite::Result<()> {
    let mut query = db.prepare_cached(
        "SELECT place, (SELECT count(*) FROM undo_notes WHERE step = number) FROM undo_steps ORDER BY place DESC",
    )?;
    let steps: Vec<(i64, i64)> =
        query.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<rusqlite::Result<_>>()?;
    let mut notes = 0;
    let surplus = steps.iter().enumerate().find(|(number, (_, of_step))| {
        notes += of_step;
        *number >= STEPS || *number > 0 && notes > NOTES
    });
    match surplus {
        Some((_, (place, _))) => forget(db, *place, running),
        None => Ok(()),
    }
}

/// Forgets the steps up to a place, except unfinished ones.
fn forget(db: &Connection, place: i64, running: &BTreeSet<i64>) -> rusqlite::Result<()> {
    let mut query = db.prepare_cached("SELECT number FROM undo_steps WHERE place <= ?1")?;
    let steps: Vec<i64> = query.query_map([place], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    let mut delete = db.prepare_cached("DELETE FROM undo_steps WHERE number = ?1")?;
    for step in steps.iter().filter(|step| !running.contains(step)) {
        delete.execute([step])?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::{FileId, Problem};
    use crate::project::ProblemOf;
    use crate::project::testing::{facts, project};

    fn add(project: &Project, paths: &[&str]) {
        let edit = project.edit(format!("Added {}", paths.len())).expect("writable");
        edit.add_files(&paths.iter().map(|path| facts(path, 1)).collect::<Vec<_>>()).expect("added");
        edit.commit().expect("done");
    }

    /// Everything that can be undone, as text for comparisons.
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
        edit.note_problems(&[Problem { path: "/b.wav".into(), reason: "cut off".into() }], ProblemOf::Content)
            .expect("noted");
        let favourite = "INSERT INTO favourites VALUES (?1, 0.1, 0.356)";
        edit.transaction(|t| t.execute(favourite, [files[0].0]).map(|_| ())).expect("a favourite");
        edit.commit().expect("done");
        let before = contents(&project);

        let edit = project.edit("Removed 3 files").expect("writable");
        edit.remove_files(&files).expect("removed");
        edit.commit().expect("done");
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
        assert_eq!((project.undo().expect("asked"), project.history().expect("read")), (None, History::default()));
        add(&project, &["/a.wav"]);
        let edit = project.edit("Read anew").expect("writable");
        edit.add_files(&[facts("/a.wav", 9)]).expect("changed");
        edit.note_problems(&[Problem { path: "/x".into(), reason: "no sound".into() }], ProblemOf::Content)
            .expect("noted");
        edit.name("Read 1 file anew");
        edit.commit().expect("done");
        let history = |undo: Option<&str>, redo: Option<&str>| History {
            undo: undo.map(str::to_owned),
            redo: redo.map(str::to_owned),
        };
        assert_eq!(project.history().expect("read"), history(Some("Read 1 file anew"), None));

        let hash = || project.files().expect("files")[0].content_hash[0];
        project.undo().expect("undone");
        assert_eq!((hash(), project.problems().expect("problems").len()), (1, 0));
        assert_eq!(project.history().expect("read"), history(Some("Added 1"), Some("Read 1 file anew")));
        project.redo().expect("redone");
        assert_eq!((hash(), project.problems().expect("problems").len()), (9, 1));
        project.undo().expect("undone");
        project.undo().expect("undone");
        assert_eq!(project.files().expect("files"), []);
        add(&project, &["/b.wav"]);
        assert_eq!(project.history().expect("read"), history(Some("Added 1"), None));
        assert_eq!(project.redo().expect("asked"), None);
        let noted: i64 = project.db().query_row("SELECT count(*) FROM undo_notes", [], |row| row.get(0)).expect("");
        assert_eq!(noted, 2, "a root and a file: what can no longer be undone leaves no notes");
    }

    #[test]
    fn an_edit_that_changes_nothing_or_fails_is_not_on_the_list() {
        let (_keep, project) = project();
        let edit = project.edit("Nothing").expect("writable");
        edit.clear_problems().expect("cleared");
        assert!(edit.transaction(|t| t.execute("INSERT INTO tags VALUES (7, 'of no file')", [])).is_err());
        edit.commit().expect("done");
        assert_eq!(project.history().expect("read"), History::default());
        project
            .note_problems(&[Problem { path: "/x".into(), reason: "no sound".into() }], ProblemOf::Content)
            .expect("noted");
        assert_eq!(project.history().expect("read"), History::default(), "nobody asked for that");
    }

    #[test]
    fn what_stands_in_the_way_of_undoing_is_said_and_nothing_is_half_done() {
        let (_keep, project) = project();
        add(&project, &["/a.wav", "/b.wav"]);
        let files: Vec<FileId> = project.files().expect("files").iter().map(|file| file.id).collect();
        let edit = project.edit("Removed 2 files").expect("writable");
        edit.remove_files(&files).expect("removed");
        edit.commit().expect("done");
        // Inserts a row without an edit, as another program would.
        project.db().execute("INSERT INTO roots SELECT 77, '/', 0, 0", []).expect("inserted");
        let refused = project.undo().expect_err("the path is taken").to_string();
        assert!(refused.contains("“Removed 2 files” cannot be undone any more"), "{refused}");
        assert_eq!((project.files().expect("files").len(), project.roots().expect("roots").len()), (0, 1));
        assert_eq!(project.history().expect("read"), History::default());
    }

    #[test]
    fn a_change_is_undone_after_the_project_was_closed() {
        let (_keep, project) = project();
        let folder = project.folder().to_owned();
        add(&project, &["/a.wav"]);
        let before = contents(&project);
        let files: Vec<FileId> = project.files().expect("files").iter().map(|file| file.id).collect();
        let edit = project.edit("Tagged").expect("writable");
        edit.tag_files(&files, "a tag").expect("tagged");
        // A program that is killed here has not named the change. The change can be undone anyway.
        drop(edit);
        drop(project);
        let again = Project::open(&folder, crate::project::Opening::default()).expect("opened");
        assert_eq!(again.undo().expect("undone").as_deref(), Some("Tagged"));
        assert_eq!(contents(&again), before);
        drop(again);
        let again = Project::open(&folder, crate::project::Opening::default()).expect("opened");
        assert_eq!(again.redo().expect("redone").as_deref(), Some("Tagged"));
        assert_eq!(again.tags().expect("tags").len(), 1);
    }

    #[test]
    fn a_change_that_is_being_made_is_not_taken_back() {
        let (_keep, project) = project();
        add(&project, &["/a.wav"]);
        let running = project.edit("Adds").expect("writable");
        running.add_files(&[facts("/b.wav", 1)]).expect("added");
        assert_eq!(project.undo().expect("undone").as_deref(), Some("Added 1"));
        running.add_files(&[facts("/c.wav", 1)]).expect("added");
        running.name("Added 2");
        running.commit().expect("done");
        assert_eq!(project.undo().expect("undone").as_deref(), Some("Added 2"));
        assert_eq!(project.files().expect("files"), []);
    }

    #[test]
    fn notes_that_no_program_wrote_are_not_carried_out() {
        let (_keep, project) = project();
        add(&project, &["/a.wav"]);
        project.db().execute("UPDATE undo_notes SET table_name = 'current; DROP TABLE files'", []).expect("changed");
        project.undo().expect_err("no such table");
        assert_eq!(project.files().expect("files").len(), 1);
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
