//! Undo and redo of changes to the catalogue.
//!
//! Every change that a person makes goes through an [`Edit`]. For each row that an edit's transactions touch, triggers
//! note the values that restore the row. So every change of the undoable tables in [`TABLES`](super::tables::TABLES)
//! can be undone without further code. Removed files return with their old numbers and their tags.
//!
//! The notes are in the catalogue. So a change can be undone after the program was closed, and by another process. The
//! notes hold values, never statements. The statements are made from [`TABLES`](super::tables::TABLES) alone.

pub(super) mod steps;

use parking_lot::{Mutex, MutexGuard};
use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;

use rusqlite::Transaction;

use super::error::ProjectError;
use super::folder::Project;
use steps::{begin, forget, forget_surplus, last_step, record_as, reverse};

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

#[cfg(test)]
mod tests;
