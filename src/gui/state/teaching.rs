//! Teaching a query: yes and no on matches, further sounds, the line, and saved searches.

use super::{Modal, Page, Place, State};
use crate::dataset::Verdict;
use crate::engine::{Basket, Command, Example, Query, SavedSearchView};
use crate::gui::match_list::{Line, View};
use crate::gui::search_state::Run;
use crate::gui::taught::{self, Taught};

impl State {
    /// What a person said of the match on a line.
    pub fn verdict_on(&self, line: Line) -> Option<bool> {
        let found = self.search.match_at(line)?;
        taught::verdict_on(self.search.taught.basket(), found.file, self.stretch_in_file(found))
    }

    /// Says that matches are to be like the one on this line, or unlike it. The same again takes it back.
    pub fn judge(&mut self, line: impl Into<Line>, yes: bool) {
        let Some(found) = self.search.match_at(line.into()) else { return };
        let (start_secs, end_secs) = self.stretch_in_file(found);
        let verdict = Verdict { file: found.file, start_secs, end_secs, yes };
        let before = taught::verdict_on(self.search.taught.basket(), found.file, (start_secs, end_secs));
        self.teach(
            |basket| taught::judge(basket, verdict),
            |name, query| match before == Some(yes) {
                // It was taken back, which is no verdict.
                true => Command::SaveSearch { name, query },
                false => Command::JudgeMatches { name, verdicts: vec![verdict] },
            },
        );
    }

    /// The same for the selected match; the next one is selected and heard.
    pub fn judge_selected(&mut self, yes: bool) {
        if let Some(line) = self.search.selected {
            self.judge(line, yes);
            self.step(1);
        }
    }

    /// Matches are to be like a further sound, or unlike it.
    pub fn add_example(&mut self, example: Example) {
        self.page = Page::Search;
        self.teach(|basket| taught::add_example(basket, example), |name, query| Command::SaveSearch { name, query });
    }

    pub fn remove_example(&mut self, place: usize) {
        let remove = |basket: &mut Basket| {
            if place < basket.examples.len() {
                basket.examples.remove(place);
            }
        };
        self.teach(remove, |name, query| Command::SaveSearch { name, query });
    }

    /// Takes all verdicts back.
    pub fn forget_verdicts(&mut self) {
        self.teach(|basket| basket.verdicts.clear(), |name, query| Command::SaveSearch { name, query });
    }

    /// Draws the line at a distance, or where it is suggested.
    pub fn draw_line_at(&mut self, threshold: Option<f64>) {
        self.teach(|basket| basket.threshold = threshold, |name, query| Command::SaveSearch { name, query });
    }

    /// Changes the basket and searches again. A saved search is changed in the project as well, as `keep` says.
    fn teach(&mut self, change: impl FnOnce(&mut Basket), keep: impl FnOnce(String, Query) -> Command) {
        let before = self.search.taught.basket().clone();
        self.search.taught.change(change);
        if *self.search.taught.basket() == before {
            return;
        }
        self.search.history.keep(&self.search.taught);
        let query = self.search.query();
        match (self.search.taught.saved.clone(), query) {
            (Some(name), Some(query)) if !self.read_only() => self.submit(keep(name, query)),
            _ => self.taught_last = true,
        }
        self.search_now();
    }

    /// Takes the last change of the basket back, where that is the last thing that was changed.
    pub(super) fn untaught(&mut self) -> bool {
        let undone = self.taught_last && self.is_in_window_alone() && self.search.taught.undo();
        if undone {
            self.search.history.keep(&self.search.taught);
            self.search_now();
        }
        undone
    }

    pub(super) fn taught_again(&mut self) -> bool {
        let redone = self.taught_last && self.is_in_window_alone() && self.search.taught.redo();
        if redone {
            self.search.history.keep(&self.search.taught);
            self.search_now();
        }
        redone
    }

    /// Whether what was taught is kept by the window, not by the project.
    fn is_in_window_alone(&self) -> bool {
        self.search.taught.saved.is_none() || self.read_only()
    }

    /// Asks for the name of a search that is to be kept.
    pub fn ask_to_save_search(&mut self) {
        if self.search.path.is_some() && !self.read_only() {
            self.name_typed = self.search.taught.saved.clone().unwrap_or_default();
            self.modal = Some(Modal::SaveSearch);
        }
    }

    /// Keeps the search under the name that was typed.
    pub fn save_search(&mut self) {
        let name = self.name_typed.trim().to_owned();
        let (false, Some(query)) = (name.is_empty(), self.search.query()) else { return };
        self.modal = None;
        self.search.taught.named(name.clone());
        self.search.history.keep(&self.search.taught);
        self.submit(Command::SaveSearch { name, query });
    }

    pub fn search_at(&self, place: usize) -> Option<&SavedSearchView> {
        self.latest.searches.get(place)
    }

    /// Opens a saved search and runs it, on what was added since as well.
    pub fn open_saved(&mut self, place: usize) {
        let Some(SavedSearchView { name, query }) = self.search_at(place).cloned() else { return };
        self.page = Page::Search;
        self.notices.settle(Place::Search);
        let region = match (query.from_secs, query.to_secs) {
            (None, None) => None,
            (from, to) => {
                let whole = self.latest.dataset.files.iter().find(|file| file.path == query.path);
                let end = to.or_else(|| whole.map(|file| file.duration_secs()));
                end.map(|end| (from.unwrap_or(0.0), end))
            }
        };
        self.search.view = View::of(query.by);
        self.search.filter = query.filter.clone();
        self.search.choose(query.path, region, false);
        // A saved search was saved with what counted for its order.
        (self.search.weights, self.preferences.weights) = (query.basket.weights, query.basket.weights);
        self.search.taught = Taught::saved(&name, query.basket);
        self.search.history.keep(&self.search.taught);
        self.search.own = self.own_file();
        self.want_pictures();
        if self.search_obstacle().is_none() {
            self.search.run = Run::Searching { job: None, again: false };
            self.submit(Command::SearchSaved { name, k: self.search.wanted });
        }
    }

    /// The saved searches have changed: the one that is shown follows, unless the window's own change is still on its way.
    pub(super) fn follow_saved_search(&mut self) {
        let Some(name) = self.search.taught.saved.clone() else { return };
        if self.jobs.values().any(|ticket| ticket.teaches) {
            return;
        }
        match self.latest.searches.iter().find(|search| search.name == name) {
            Some(search) => {
                let basket = search.query.basket.clone();
                if self.search.taught.follow(&basket) {
                    self.search.history.keep(&self.search.taught);
                    self.search_now();
                }
            }
            // It was deleted, renamed, or its saving undone. What it asked for stays on the screen.
            None => self.search.taught.saved = None,
        }
    }

    pub fn rename_search(&mut self, from: &str) {
        let to = self.name_typed.trim().to_owned();
        self.modal = None;
        if to.is_empty() || to == from {
            return;
        }
        if self.search.taught.saved.as_deref() == Some(from) {
            self.search.taught.saved = Some(to.clone());
        }
        self.submit(Command::RenameSearch { from: from.to_owned(), to });
    }
}
