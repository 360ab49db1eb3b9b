//! Searching: the query, the filter, and what the person does with single matches.

use std::collections::btree_map::Entry;

use camino::{Utf8Path, Utf8PathBuf};

use super::State;
use crate::dataset::{Favourite, FileId, SoundFile};
use crate::engine::formats::{MatchFormat, TextFormat};
use crate::engine::{Clip, Command, Query, SearchFilter, Weights};
use crate::gui::actions::Action;
use crate::gui::dialogs::Question;
use crate::gui::match_list::{Column, Line, View};
use crate::gui::modals::Modal;
use crate::gui::notices::Place;
use crate::gui::pictures::{self, Wanted};
use crate::gui::saving::{Saving, What};
use crate::gui::search_state::{KeyedMenu, MOST_MATCHES, Run, clip_of};
use crate::gui::shared::{List, Page, stretch_of};

impl State {
    pub fn choose_query(&mut self, path: Utf8PathBuf, region: Option<(f64, f64)>) {
        self.shared.page = Page::Search;
        self.ask_for(path, region, false);
    }

    /// A file was selected in the table. On the page of the search it becomes the query. The next selected file
    /// replaces it in the history of queries.
    pub(super) fn show_as_query(&mut self, file: &SoundFile) {
        if matches!(self.shared.page, Page::Search | Page::Map) {
            self.ask_for(file.path.clone(), None, true);
        }
    }

    fn ask_for(&mut self, path: Utf8PathBuf, region: Option<(f64, f64)>, passing: bool) {
        self.notices.settle(Place::Search);
        self.search.choose(path, region, passing);
        self.search_now();
    }

    /// Searches with the query as it is now. If no search is possible yet, only its picture is drawn.
    pub fn search_now(&mut self) {
        let Some(query) = self.search.query() else { return };
        self.search.own = self.own_file();
        self.want_pictures();
        if self.shared.search_obstacle().is_some() {
            return;
        }
        match &mut self.search.run {
            Run::Searching { again, .. } => *again = true,
            run @ Run::Idle => {
                *run = Run::Searching { job: None, again: false };
                let command = self.command_for(query);
                self.submit(command);
            }
        }
    }

    /// Searches the shared library that is open, or else the project.
    fn command_for(&self, query: Query) -> Command {
        #[cfg(feature = "shared")]
        if let Some(seat) = &self.shared.library {
            return super::shared_library::command(seat, query);
        }
        Command::Search(query)
    }

    /// The pictures that the open page shows.
    pub(super) fn pictured(&self) -> Vec<pictures::Shown> {
        match self.shared.page {
            Page::Review => self.review.in_view.clone(),
            _ => self.search.pictured(),
        }
    }

    /// Asks for the shown pictures that are missing.
    pub(super) fn want_pictures(&mut self) {
        let shown = self.pictured();
        match self.search.pictures.want(&shown) {
            Some(Wanted::Picture(shown)) => self.submit(shown.command()),
            Some(Wanted::End(job)) => self.cancel(job),
            None => {}
        }
    }

    /// Chooses another part of the query. The matches follow while it changes.
    pub fn choose_region(&mut self, region: Option<(f64, f64)>) {
        if self.search.region != region {
            self.search.change_region(region);
            self.search_now();
        }
    }

    /// A click in the picture of the query. Inside the chosen part, that part plays. Outside it, the whole sound
    /// becomes the query again. If no part is chosen, the sound plays from the clicked place.
    pub fn point_at_query(&mut self, secs: f64) {
        let Some(path) = self.search.path.clone() else { return };
        match self.search.region {
            Some((from, to)) if (from..=to).contains(&secs) => {
                self.play(Clip { path, from_secs: from, to_secs: Some(to) });
            }
            Some(_) => self.choose_region(None),
            None => self.play_from(path, secs),
        }
    }

    /// Goes back to the query before.
    pub fn go_back(&mut self) {
        if let Some(place) = self.search.history.back() {
            self.go_to_query(place);
        }
    }

    pub fn go_forward(&mut self) {
        if let Some(place) = self.search.history.forward() {
            self.go_to_query(place);
        }
    }

    pub fn go_to_query(&mut self, place: usize) {
        self.shared.page = Page::Search;
        self.notices.settle(Place::Search);
        self.search.go_to(place);
        self.search_now();
    }

    /// Changes the filter, and searches again if that makes a difference.
    pub fn set_filter(&mut self, change: impl FnOnce(&mut SearchFilter)) {
        let before = self.search.filter.clone();
        change(&mut self.search.filter);
        if self.search.filter != before {
            self.search_now();
        }
    }

    /// Changes what counts for the order of the matches, and searches again if that makes a difference. The window
    /// remembers the change, or the open saved search does.
    pub fn set_weights(&mut self, weights: Weights) {
        if self.search.taught.saved.is_some() {
            return self.weigh_saved(weights);
        }
        self.shared.preferences.weights = weights;
        if self.search.weights != weights {
            self.search.weights = weights;
            self.search_now();
        }
    }

    pub(super) fn show_weights(&mut self, shown: bool) {
        self.shared.preferences.shows_weights = shown;
    }

    pub(super) fn show_column(&mut self, column: Column, shown: bool) {
        let hidden = &mut self.shared.preferences.hidden_columns;
        match shown {
            true => hidden.remove(&column),
            false => hidden.insert(column),
        };
    }

    pub(super) fn replace_filter(&mut self, filter: SearchFilter) {
        self.set_filter(|before| *before = filter);
    }

    pub(super) fn more_matches(&mut self) {
        self.search.wanted = (2 * self.search.wanted).min(MOST_MATCHES);
        self.search_now();
    }

    /// Marks a match as a favourite, or removes the mark.
    pub fn toggle_favourite(&mut self, line: impl Into<Line>) {
        let found = self.search.match_at(line.into()).filter(|found| !self.shared.read_only() && !found.is_shared());
        let Some(found) = found else { return };
        let marks: Vec<Favourite> = self.shared.favourites_at(found).collect();
        let (start_secs, end_secs) = self.shared.stretch_in_file(found);
        let new = Favourite { file: found.file, start_secs, end_secs };
        if marks.is_empty() {
            return self.submit(Command::MarkFavourite { favourite: new, on: true });
        }
        marks.into_iter().for_each(|favourite| self.submit(Command::MarkFavourite { favourite, on: false }));
    }

    pub fn select_match(&mut self, line: impl Into<Line>) {
        self.shared.list = List::Matches;
        self.search.selected = Some(line.into());
        self.want_pictures();
    }

    pub fn find_similar_to_match(&mut self, line: impl Into<Line>) {
        if let Some(found) = self.search.match_at(line.into()) {
            let (path, stretch) = (found.path.clone(), stretch_of(found));
            self.choose_query(path, stretch);
        }
    }

    /// Lists sounds, moments or events from now on.
    pub fn look_at_matches_as(&mut self, view: View) {
        if self.search.view != view {
            self.search.view = view;
            self.search.reveal = true;
            self.search_now();
        }
    }

    /// If the file of the query was found again elsewhere, the query takes its new path.
    pub(super) fn follow_moved_query(&mut self) {
        let moved = self.search.own.and_then(|own| self.shared.latest.dataset.file(own)).map(|file| file.path.clone());
        if let (Some(from), Some(to)) = (self.search.path.clone(), moved)
            && from != to
        {
            self.search.history.rename(&from, &to);
            self.search.path = Some(to);
        }
    }

    /// The file of the dataset that the query is a part of.
    pub(super) fn own_file(&self) -> Option<FileId> {
        let path = self.search.path.as_deref()?;
        let files = &self.shared.latest.dataset.files;
        let place = files.binary_search_by(|file| file.path.as_path().cmp(path)).ok()?;
        Some(files[place].id)
    }

    /// Shows or hides the moments of a file below its match.
    pub fn unfold_moments(&mut self, file: FileId, unfold: bool) {
        let is_of_library = self.search.is_of_library();
        let unfolded = &mut self.search.unfolded;
        if !unfold {
            unfolded.remove(&file);
            if matches!(self.search.selected, Some(Line::Moment { file: of, .. }) if of == file) {
                self.search.selected = self.search.place_of_file(file).map(Line::Match);
            }
        } else if let (Entry::Vacant(new), false) = (unfolded.entry(file), is_of_library) {
            // A shared library tells only the best moment of each sound.
            new.insert(None);
            self.ask_for_moments(file);
        }
    }

    fn ask_for_moments(&mut self, file: FileId) {
        if let Some(query) = self.search.query_for_moments(file) {
            self.submit(Command::Search(query));
        }
    }

    /// Asks for the shown moments of all files again, because the query has a new answer.
    pub(super) fn ask_for_all_moments(&mut self) {
        let files: Vec<FileId> = self.search.unfolded.keys().copied().collect();
        files.into_iter().for_each(|file| self.ask_for_moments(file));
    }

    /// Opens the menu of the selected match.
    pub fn open_match_menu(&mut self) {
        self.search.menu = self.search.selected.map(|line| KeyedMenu { line, is_new: true });
        self.search.reveal |= self.search.menu.is_some();
    }

    /// Shows the file of a match in the file manager.
    pub fn reveal_match(&mut self, line: Line) {
        let path = self.search.match_at(line).map(|found| found.path.clone().into());
        self.reveal(path.into_iter().collect());
    }

    /// The row of a match is dragged to another window, and takes its file along.
    pub fn drag_match_out(&mut self, line: Line) {
        self.select_match(line);
        if let Some(found) = self.search.selected_match().filter(|_| self.shared.drags_out) {
            let path = found.path.clone().into_std_path_buf();
            self.shared.preferences.hints_done[2] = true;
            self.act(Action::DragOut(vec![path]));
        }
    }

    pub fn copy_match_as_file(&mut self, line: Line) {
        if let Some(found) = self.search.match_at(line) {
            let path = found.path.clone().into();
            self.shared.preferences.hints_done[2] = true;
            self.ask(Question::CopyFile(path));
        }
    }

    pub fn ask_to_save_match(&mut self, line: Line) {
        let Some(found) = self.search.match_at(line) else { return };
        let (from, to) = self.shared.stretch_in_file(found);
        let stem = found.path.file_stem().unwrap_or("match");
        let name = format!("{stem} {from:.2} to {to:.2} s.wav");
        self.ask_to_save(What::Clip(clip_of(found)), &name);
    }

    /// Asks where to save the chosen part of the query as WAV, or the selected match if no part is chosen.
    pub fn ask_to_save_part(&mut self) {
        let Some((path, (from, to))) = self.search.path.clone().zip(self.search.region) else {
            if let Some(line) = self.search.selected {
                self.ask_to_save_match(line);
            }
            return;
        };
        let stem = path.file_stem().unwrap_or("part");
        let name = format!("{stem} {from:.2} to {to:.2} s.wav");
        self.ask_to_save(What::Clip(Clip { path, from_secs: from, to_secs: Some(to) }), &name);
    }

    pub fn ask_to_save_matches(&mut self) {
        let Some(report) = self.search.report.clone() else { return };
        let query = self.search.path.as_deref().and_then(Utf8Path::file_stem).unwrap_or("query");
        let format = MatchFormat::Text(TextFormat::Csv);
        let name = format!("like {query}.csv");
        self.ask_to_save(What::Matches(report, format), &name);
    }

    pub(super) fn ask_to_save_counts(&mut self) {
        let Some(report) = self.search.report.clone() else { return };
        let query = self.search.path.as_deref().and_then(Utf8Path::file_stem).unwrap_or("query");
        let name = format!("counts of {query}.csv");
        self.ask_to_save(What::Matches(report, MatchFormat::Text(TextFormat::Counts)), &name);
    }

    pub(super) fn ask_to_save(&mut self, what: What, name: &str) {
        self.modals.saving = Some(Saving::new(what, name));
        self.open(Modal::Save);
    }

    /// Asks with the desktop's dialog where to save.
    pub fn browse_to_save(&mut self) {
        let Some(saving) = &self.modals.saving else { return };
        let (name, is_folder) = (saving.file_name(), saving.is_folder());
        self.ask(Question::WhereToSave { name, is_folder });
    }

    /// Saves to the typed path.
    pub fn save(&mut self) {
        if let Some(command) = self.modals.saving.as_ref().and_then(Saving::command) {
            self.modals.saving = None;
            self.modals.close();
            self.submit(command);
        }
    }
}
