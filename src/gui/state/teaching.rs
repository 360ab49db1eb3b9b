//! Teaching a query: yes and no on matches, further sounds, the line, and saved searches.

use super::State;
use crate::dataset::Verdict;
use crate::engine::{Basket, Command, Example, Match, Query, SavedSearchView, Weights};
use crate::gui::match_list::{Line, View};
use crate::gui::modals::Modal;
use crate::gui::notices::Place;
use crate::gui::search_state::Run;
use crate::gui::shared::{List, Page};
use crate::gui::taught::{self, Taught};

impl State {
    /// Gives a verdict on the match in a line: matches should be like it, or not. The same verdict again removes it.
    pub fn judge(&mut self, line: impl Into<Line>, yes: bool) {
        if let Some(found) = self.search.match_at(line.into()).cloned() {
            self.judge_found(&found, yes);
        }
    }

    pub(super) fn judge_found(&mut self, found: &Match, yes: bool) {
        // Verdicts are on files of the project.
        if found.is_shared() {
            return;
        }
        let (start_secs, end_secs) = self.shared.stretch_in_file(found);
        let verdict = Verdict { file: found.file, start_secs, end_secs, yes };
        let before = taught::verdict_on(self.search.taught.basket(), found.file, (start_secs, end_secs));
        self.teach(
            |basket| taught::judge(basket, verdict),
            |name, query| match before == Some(yes) {
                // The verdict was removed, so there is none to send.
                true => Command::SaveSearch { name, query },
                false => Command::JudgeMatches { name, verdicts: vec![verdict] },
            },
        );
    }

    /// Gives a verdict on the selected match. Then the next match is selected and plays.
    pub fn judge_selected(&mut self, yes: bool) {
        if matches!(self.shared.list, List::Events | List::Tiles) {
            self.judge_selected_event(yes);
        } else if let Some(line) = self.search.selected {
            self.judge(line, yes);
            self.step(1);
        }
    }

    /// Adds a sound to the query that matches should be like, or should not be like.
    pub fn add_example(&mut self, example: Example) {
        self.shared.page = Page::Search;
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

    /// Removes all verdicts.
    pub fn forget_verdicts(&mut self) {
        self.teach(|basket| basket.verdicts.clear(), |name, query| Command::SaveSearch { name, query });
    }

    /// Draws the line at a distance. `None` draws it where the engine suggests.
    pub fn draw_line_at(&mut self, threshold: Option<f64>) {
        self.teach(|basket| basket.threshold = threshold, |name, query| Command::SaveSearch { name, query });
    }

    /// Changes what counts for the order of a saved search.
    pub(super) fn weigh_saved(&mut self, weights: Weights) {
        self.teach(|basket| basket.weights = weights, |name, query| Command::SaveSearch { name, query });
    }

    /// Changes the basket and searches again. If the search is saved, `keep` gives the command that changes it in the project.
    fn teach(&mut self, change: impl FnOnce(&mut Basket), keep: impl FnOnce(String, Query) -> Command) {
        let before = self.search.taught.basket().clone();
        self.search.taught.change(change);
        if *self.search.taught.basket() == before {
            return;
        }
        self.search.history.keep(&self.search.taught);
        let query = self.search.query();
        match (self.search.taught.saved.clone(), query) {
            (Some(name), Some(query)) if !self.shared.read_only() => self.submit(keep(name, query)),
            _ => self.taught_last = true,
        }
        self.search_now();
    }

    /// Undoes the last change of the basket, if nothing else was changed since. Returns whether it did.
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

    /// Whether the window keeps the basket, and not the project.
    fn is_in_window_alone(&self) -> bool {
        self.search.taught.saved.is_none() || self.shared.read_only()
    }

    /// Asks for the name under which the search is saved.
    pub fn ask_to_save_search(&mut self) {
        if self.search.path.is_some() && !self.shared.read_only() {
            let name = self.search.taught.saved.clone().unwrap_or_default();
            self.modals.ask_for_name(Modal::SaveSearch, &name);
        }
    }

    /// Saves the search under the typed name.
    pub fn save_search(&mut self) {
        let is_named = !self.modals.name_typed.trim().is_empty();
        let Some(query) = self.search.query().filter(|_| is_named) else { return };
        let Some(name) = self.modals.take_name() else { return };
        self.search.taught.named(name.clone(), query.basket.weights);
        self.search.history.keep(&self.search.taught);
        self.submit(Command::SaveSearch { name, query });
    }

    /// Opens a saved search and runs it. It also finds what was added since.
    pub fn open_saved(&mut self, place: usize) {
        let Some(SavedSearchView { name, query }) = self.shared.search_at(place).cloned() else { return };
        self.shared.page = Page::Search;
        self.notices.settle(Place::Search);
        let region = match (query.from_secs, query.to_secs) {
            (None, None) => None,
            (from, to) => {
                let whole = self.shared.latest.dataset.files.iter().find(|file| file.path == query.path);
                let end = to.or_else(|| whole.map(|file| file.duration_secs()));
                end.map(|end| (from.unwrap_or(0.0), end))
            }
        };
        self.search.view = View::of(query.by);
        self.search.filter = query.filter.clone();
        self.search.choose(query.path, region, false);
        self.search.taught = Taught::saved(&name, query.basket);
        self.search.history.keep(&self.search.taught);
        self.search.own = self.own_file();
        self.want_pictures();
        if self.shared.search_obstacle().is_none() {
            self.search.run = Run::Searching { job: None, again: false };
            self.submit(Command::SearchSaved { name, k: self.search.wanted });
        }
    }

    /// Takes over the project's state of the shown saved search, unless a change of the window is still on its way.
    pub(super) fn follow_saved_search(&mut self) {
        let Some(name) = self.search.taught.saved.clone() else { return };
        if self.jobs.any_teaches() {
            return;
        }
        match self.shared.latest.searches.iter().find(|search| search.name == name) {
            Some(search) => {
                let basket = search.query.basket.clone();
                if self.search.taught.follow(&basket) {
                    self.search.history.keep(&self.search.taught);
                    self.search_now();
                }
            }
            // It was deleted or renamed, or its saving was undone. The query stays on the screen without a name.
            None => self.search.taught.saved = None,
        }
    }

    pub(super) fn rename_search(&mut self, from: String) {
        let Some(to) = self.modals.take_name().filter(|to| *to != from) else { return };
        if self.search.taught.saved.as_ref() == Some(&from) {
            self.search.taught.saved = Some(to.clone());
        }
        self.submit(Command::RenameSearch { from, to });
    }
}
