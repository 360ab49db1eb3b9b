//! Undoing and redoing changes of the project.

use super::State;
use crate::engine::Command;
use crate::gui::notices::{Deed, Tone};

impl State {
    /// Undoes the last change of the project, or of what the query was taught.
    pub fn undo(&mut self) {
        if self.untaught() {
            return;
        }
        match self.shared.latest.history.undo {
            Some(_) => self.submit(Command::Undo),
            None => self.notices.push(Tone::Good, "There is nothing to undo."),
        }
    }

    /// Redoes the last undone change.
    pub fn redo(&mut self) {
        if self.taught_again() {
            return;
        }
        match self.shared.latest.history.redo {
            Some(_) => self.submit(Command::Redo),
            None => self.notices.push(Tone::Good, "There is nothing to redo."),
        }
    }

    /// The button of a notice was pressed.
    pub fn do_deed(&mut self, deed: Deed) {
        match deed {
            Deed::Undo => self.undo(),
            Deed::Redo => self.redo(),
            Deed::FindFiles => self.ask_where_files_are(),
        }
    }

    pub(super) fn changed(&mut self, words: String) {
        self.notices.offer(Tone::Good, format!("{words}."), Deed::Undo);
    }

    pub(super) fn undone(&mut self, words: Option<String>) {
        if let Some(words) = words {
            self.notices.offer(Tone::Good, format!("Undone: {words}."), Deed::Redo);
        }
    }

    pub(super) fn redone(&mut self, words: Option<String>) {
        if let Some(words) = words {
            self.notices.offer(Tone::Good, format!("Redone: {words}."), Deed::Undo);
        }
    }
}
