//! What the person wants of a search: of the query and those before it, of the filter, and of single matches.

use std::collections::btree_map::Entry;

use camino::{Utf8Path, Utf8PathBuf};

use super::{Action, List, Modal, Page, Place, State};
use crate::dataset::{Favourite, FileId, SoundFile};
use crate::engine::formats::{MatchFormat, TextFormat};
use crate::engine::{Clip, Command, Match, SearchFilter, Weights};
use crate::gui::dialogs::Question;
use crate::gui::format;
use crate::gui::match_list::{Line, View};
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
        if matches!(self.page, Page::Search | Page::Map) {
            self.ask_for(file.path.clone(), None, true);
        }
    }

    fn ask_for(&mut self, path: Utf8PathBuf, region: Option<(f64, f64)>, passing: bool) {
        self.notices.settle(Place::Search);
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

    /// A click in the picture of the query: inside of the chosen part that part plays, outside of it all of the sound is
    /// searched for again; without one it plays from there.
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

    /// Plays a sound from a place on; what plays goes on from there.
    pub fn play_from(&mut self, path: Utf8PathBuf, secs: f64) {
        let player = &self.latest.player;
        let plays = player.playing && player.path.as_ref() == Some(&path);
        if plays && (player.from_secs..=player.to_secs).contains(&secs) {
            self.submit(Command::SeekPlayer { secs });
        } else {
            self.play(Clip { path, from_secs: secs, to_secs: None });
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
        self.notices.settle(Place::Search);
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

    /// Changes what counts for the order of the matches, and searches again if that is something else. It is remembered.
    pub fn set_weights(&mut self, weights: Weights) {
        self.preferences.weights = weights;
        if self.search.weights != weights {
            self.search.weights = weights;
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
    pub(super) fn stretch_in_file(&self, found: &Match) -> (f64, f64) {
        let whole = || self.latest.dataset.file(found.file).map(|file| (0.0, file.duration_secs()));
        stretch_of(found).or_else(whole).unwrap_or((found.start_seconds, found.end_seconds))
    }

    /// Marks a match, or takes its mark away.
    pub fn toggle_favourite(&mut self, line: impl Into<Line>) {
        let Some(found) = self.search.match_at(line.into()).filter(|_| !self.read_only()) else { return };
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

    /// Where in its file a match is. Of a file that is shorter than a chunk, it is all of the file.
    pub fn stretch_in_words(&self, found: &Match) -> String {
        let end = self.latest.dataset.file(found.file).map_or(f64::INFINITY, |file| file.duration_secs());
        format::stretch(found.start_seconds, found.end_seconds.min(end))
    }

    pub fn select_match(&mut self, line: impl Into<Line>) {
        self.list = List::Matches;
        self.search.selected = Some(line.into());
        self.want_pictures();
    }

    /// Plays a match at once.
    pub fn play_match(&mut self, line: impl Into<Line>) {
        self.select_match(line);
        if let Some(found) = self.search.selected_match() {
            let clip = self.match_clip(found);
            self.play(clip);
        }
    }

    /// Plays the query and the selected match by turns.
    pub fn play_the_other(&mut self) {
        let Some(found) = self.search.selected_match() else { return self.preview_query() };
        let player = &self.latest.player;
        let plays_query = self.search.path.is_some() && player.path == self.search.path;
        let clip = match plays_query {
            true => Some(self.match_clip(found)),
            false => self.search.query_clip(),
        };
        if let Some(clip) = clip {
            self.play(clip);
        }
    }

    /// Plays no more than the moment that was found.
    pub fn play_moment(&mut self, line: impl Into<Line>) {
        self.select_match(line);
        if let Some(found) = self.search.selected_match() {
            let (from_secs, to_secs) = (found.start_seconds, Some(found.end_seconds));
            let clip = Clip { path: found.path.clone(), from_secs, to_secs };
            self.play(clip);
        }
    }

    pub fn find_similar_to_match(&mut self, line: impl Into<Line>) {
        if let Some(found) = self.search.match_at(line.into()) {
            let (path, stretch) = (found.path.clone(), stretch_of(found));
            self.choose_query(path, stretch);
        }
    }

    /// Looks at sounds or at moments from now on.
    pub fn look_at_matches_as(&mut self, view: View) {
        if self.search.view != view {
            self.search.view = view;
            self.search.reveal = true;
            self.search_now();
        }
    }

    /// The query's file was found again at another place: the query goes on from there.
    pub(super) fn follow_moved_query(&mut self) {
        let moved = self.search.own.and_then(|own| self.latest.dataset.file(own)).map(|file| file.path.clone());
        if let (Some(from), Some(to)) = (self.search.path.clone(), moved)
            && from != to
        {
            self.search.history.rename(&from, &to);
            self.search.path = Some(to);
        }
    }

    /// The dataset's file that the query is of.
    pub fn own_file(&self) -> Option<FileId> {
        let path = self.search.path.as_deref()?;
        let files = &self.latest.dataset.files;
        let place = files.binary_search_by(|file| file.path.as_path().cmp(path)).ok()?;
        Some(files[place].id)
    }

    /// Shows the moments of a file below its match, or folds them away.
    pub fn unfold_moments(&mut self, file: FileId, unfold: bool) {
        let unfolded = &mut self.search.unfolded;
        if !unfold {
            unfolded.remove(&file);
            if matches!(self.search.selected, Some(Line::Moment { file: of, .. }) if of == file) {
                self.search.selected = self.search.place_of_file(file).map(Line::Match);
            }
        } else if let Entry::Vacant(new) = unfolded.entry(file) {
            new.insert(None);
            self.ask_for_moments(file);
        }
    }

    fn ask_for_moments(&mut self, file: FileId) {
        if let Some(query) = self.search.query_for_moments(file) {
            self.submit(Command::Search(query));
        }
    }

    /// The query has been answered anew: so are the moments that are shown.
    pub(super) fn ask_for_all_moments(&mut self) {
        let files: Vec<FileId> = self.search.unfolded.keys().copied().collect();
        files.into_iter().for_each(|file| self.ask_for_moments(file));
    }

    /// The menu of the selected match, by key.
    pub fn open_match_menu(&mut self) {
        self.search.menu = self.search.selected.map(|line| KeyedMenu { line, is_new: true });
        self.search.reveal |= self.search.menu.is_some();
    }

    /// Shows a match's file where it lies.
    pub fn reveal_match(&mut self, line: Line) {
        if let Some(found) = self.search.match_at(line) {
            let path = found.path.clone().into_std_path_buf();
            self.actions.push(Action::Reveal(vec![path]));
        }
    }

    /// A match's row is being dragged away: its file goes along.
    pub fn drag_match_out(&mut self, line: Line) {
        self.select_match(line);
        if let Some(found) = self.search.selected_match().filter(|_| self.drags_out) {
            let path = found.path.clone().into_std_path_buf();
            self.preferences.hints_done[2] = true;
            self.actions.push(Action::DragOut(vec![path]));
        }
    }

    pub fn copy_match_as_file(&mut self, line: Line) {
        if let Some(found) = self.search.match_at(line) {
            let path = found.path.clone().into();
            self.preferences.hints_done[2] = true;
            self.ask(Question::CopyFile(path));
        }
    }

    pub fn ask_to_save_match(&mut self, line: Line) {
        let Some(found) = self.search.match_at(line) else { return };
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
