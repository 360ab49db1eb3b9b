//! What the person wants of a search: of the query and those before it, of the filter, and of single matches.

use camino::{Utf8Path, Utf8PathBuf};

use super::{Action, Modal, Page, Place, State};
use crate::dataset::{Favourite, SoundFile};
use crate::engine::formats::{MatchFormat, TextFormat};
use crate::engine::{Clip, Command, Match, SearchFilter};
use crate::gui::dialogs::Question;
use crate::gui::saving::{Saving, What};
use crate::gui::search_state::{KeyedMenu, MOST_MATCHES, clip_of, stretch_of};

impl State {
    pub fn choose_query(&mut self, path: Utf8PathBuf, region: Option<(f64, f64)>) {
        self.page = Page::Search;
        self.ask_for(path, region, false);
    }

    /// A file was selected in the table: on the page of the search it is shown as the query, and searched for, until
    /// something else is.
    pub fn show_as_query(&mut self, file: &SoundFile) {
        if self.page == Page::Search {
            self.ask_for(file.path.clone(), None, true);
        }
    }

    fn ask_for(&mut self, path: Utf8PathBuf, region: Option<(f64, f64)>, passing: bool) {
        self.failures.remove(&Place::Search);
        self.search.choose(path, region, passing);
        self.search_now();
    }

    /// Another part of the query: the matches follow while it changes.
    pub fn choose_region(&mut self, region: Option<(f64, f64)>) {
        if self.search.region != region {
            self.search.change_region(region);
            self.search_now();
        }
    }

    /// The query before the shown one.
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
        self.page = Page::Search;
        self.failures.remove(&Place::Search);
        self.search.go_to(place);
        self.search_now();
    }

    /// Narrows the matches, or widens them again.
    pub fn set_filter(&mut self, change: impl FnOnce(&mut SearchFilter)) {
        let before = self.search.filter.clone();
        change(&mut self.search.filter);
        if self.search.filter != before {
            self.search_now();
        }
    }

    pub fn more_matches(&mut self) {
        self.search.wanted = (2 * self.search.wanted).min(MOST_MATCHES);
        self.search_now();
    }

    /// The favourites that are this very moment.
    fn favourites_at(&self, found: &Match) -> Vec<Favourite> {
        let (from, to) = self.stretch_in_file(found);
        self.latest.favourites.iter().filter(|favourite| favourite.is_at(found.file, from, to)).copied().collect()
    }

    pub fn is_favourite(&self, found: &Match) -> bool {
        let (from, to) = self.stretch_in_file(found);
        self.latest.favourites.iter().any(|favourite| favourite.is_at(found.file, from, to))
    }

    /// What of a file a match stands for: its chunk, or all of it where files were ranked.
    fn stretch_in_file(&self, found: &Match) -> (f64, f64) {
        let file = || self.search.files.iter().flatten().find(|file| file.id == found.file);
        stretch_of(found)
            .or_else(|| file().map(|file| (0.0, file.duration_secs())))
            .unwrap_or((found.start_seconds, found.end_seconds))
    }

    /// Marks a match, or takes its mark away.
    pub fn toggle_favourite(&mut self, place: usize) {
        let Some(found) = self.search.matches().get(place).filter(|_| !self.read_only()) else { return };
        let marks = self.favourites_at(found);
        let (start_secs, end_secs) = self.stretch_in_file(found);
        let new = Favourite { file: found.file, start_secs, end_secs };
        if marks.is_empty() {
            return self.submit(Command::MarkFavourite { favourite: new, on: true });
        }
        marks.into_iter().for_each(|favourite| self.submit(Command::MarkFavourite { favourite, on: false }));
    }

    /// The sound of a favourite, as long as its file is in the dataset.
    pub fn favourite_clip(&self, favourite: &Favourite) -> Option<Clip> {
        let file = self.latest.dataset.file(favourite.file)?;
        Some(Clip { path: file.path.clone(), from_secs: favourite.start_secs, to_secs: Some(favourite.end_secs) })
    }

    /// Plays a match with a second around it, or as much as was set.
    pub fn play_match_around(&mut self, place: usize) {
        const LEAST_SECS: f64 = 1.0;
        self.select_match(place);
        let around = self.latest.sound.surroundings_secs.max(LEAST_SECS);
        if let Some(clip) = self.search.selected_match().map(clip_of) {
            let to_secs = clip.to_secs.map(|to| to + around);
            self.play(Clip { from_secs: (clip.from_secs - around).max(0.0), to_secs, ..clip });
        }
    }

    /// The menu of the selected match, by key.
    pub fn open_match_menu(&mut self) {
        self.search.menu = self.search.selected.map(|place| KeyedMenu { place, is_new: true });
        self.search.reveal |= self.search.menu.is_some();
    }

    /// Shows a match's file where it lies.
    pub fn reveal_match(&mut self, place: usize) {
        if let Some(found) = self.search.matches().get(place) {
            let path = found.path.clone().into_std_path_buf();
            self.actions.push(Action::Reveal(vec![path]));
        }
    }

    /// A match's row is being dragged away: its file goes along.
    pub fn drag_match_out(&mut self, place: usize) {
        self.select_match(place);
        if let Some(found) = self.search.selected_match() {
            let path = found.path.clone().into_std_path_buf();
            self.actions.push(Action::DragOut(vec![path]));
        }
    }

    pub fn copy_match_as_file(&mut self, place: usize) {
        if let Some(found) = self.search.matches().get(place) {
            self.ask(Question::CopyFile(found.path.clone().into()));
        }
    }

    pub fn ask_to_save_match(&mut self, place: usize) {
        let Some(found) = self.search.matches().get(place) else { return };
        let (from, to) = self.stretch_in_file(found);
        let stem = found.path.file_stem().unwrap_or("match");
        let name = format!("{stem} {from:.2} to {to:.2} s.wav");
        self.ask_to_save(What::Clip(clip_of(found)), &name);
    }

    pub fn ask_to_save_matches(&mut self) {
        let Some(report) = self.search.report.clone() else { return };
        let query = self.search.path.as_deref().and_then(Utf8Path::file_stem).unwrap_or("query");
        let format = MatchFormat::Text(TextFormat::Csv);
        let name = format!("like {query}.csv");
        self.ask_to_save(What::Matches(report, format), &name);
    }

    fn ask_to_save(&mut self, what: What, name: &str) {
        self.saving = Some(Saving::new(what, name));
        self.modal = Some(Modal::Save);
    }

    /// Where to, by the desktop's dialog.
    pub fn browse_to_save(&mut self) {
        let Some(saving) = &self.saving else { return };
        let (name, is_folder) = (saving.file_name(), saving.is_folder());
        self.ask(Question::WhereToSave { name, is_folder });
    }

    /// Saves what was asked to be saved, where the path says.
    pub fn save(&mut self) {
        if let Some(command) = self.saving.as_ref().and_then(Saving::command) {
            self.saving = None;
            self.modal = None;
            self.submit(command);
        }
    }
}
