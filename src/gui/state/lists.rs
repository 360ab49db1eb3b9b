//! The pages and their lists: which one the keys act on, and what the keys do there.

use super::State;
use crate::engine::{ChunkPlace, Clip, Command};
use crate::gui::explore::clip_of_place;
use crate::gui::file_table::Line;
use crate::gui::shared::{List, Page};

impl State {
    /// The keys act on this list from now on.
    pub(super) fn use_list(&mut self, list: List) {
        self.shared.list = list;
    }

    /// Notes whether the window is narrow. In a wide window the map is beside the search, so it is no page.
    pub fn fit_into(&mut self, is_narrow: bool) {
        self.shared.is_narrow = is_narrow;
        if self.shared.page == Page::Map && !is_narrow {
            self.shared.page = Page::Search;
        }
    }

    /// Turns to a page. The page of the bits shows the code of the last selection.
    pub fn turn_to(&mut self, page: Page) {
        if page == Page::Map && !self.shared.is_narrow {
            (self.shared.page, self.shared.list) = (Page::Search, List::Dots);
            self.map.take_focus = true;
            return;
        }
        if self.shared.page == page {
            return;
        }
        if page == Page::Bits {
            self.bits.look_at_last(&self.subjects(), self.shared.list);
        }
        let own = match page {
            Page::Search => Some(List::Matches),
            Page::Review => Some(List::Tiles),
            Page::Map => Some(List::Dots),
            Page::Bits => Some(List::Near),
            Page::Duplicates if self.duplicates.exact => Some(List::Copies),
            Page::Duplicates => Some(List::Duplicates),
            Page::Learning => None,
            Page::Collection => Some(List::Collection),
        };
        // The library is beside the search, so its files stay in use there.
        if self.shared.list != List::Files || page == Page::Review {
            self.shared.list = own.unwrap_or_default();
        }
        self.shared.page = page;
        if page == Page::Review {
            self.begin_review();
        }
    }

    /// The selection in the list of a page beside the search, if that list was used last.
    fn explored(&self) -> Option<ChunkPlace> {
        match self.shared.list {
            List::Dots | List::MapRows => self.map.selected_place(),
            List::Near => self.bits.selected_place(),
            List::Duplicates => self.duplicates.selected_place(),
            List::Collection => self.collection.place_of(self.collection.selected, &self.shared),
            List::Copies => self.copies.selected_place(&self.shared),
            List::Library | List::Files | List::Matches | List::Events | List::Tiles => None,
        }
    }

    /// What the key for playing plays: the selection of the list that was used last.
    pub(super) fn selected_clip(&self) -> Option<Clip> {
        match self.shared.list {
            List::Matches | List::Library => {
                let found = self.search.selected_match();
                found.map(|found| self.shared.match_clip(found)).or_else(|| self.search.query_clip())
            }
            List::Files => {
                let file = self.first_selected_file();
                file.map(|file| Clip { path: file.path.clone(), from_secs: 0.0, to_secs: None })
            }
            List::Events | List::Tiles => self.review.selected().map(|found| self.shared.match_clip(found)),
            _ => self.explored().map(clip_of_place),
        }
    }

    /// Moves the selection of the list that was used last, and plays it if selecting plays.
    pub fn step(&mut self, by: isize) {
        match self.shared.list {
            List::Library => self.step_heads(by),
            List::Files => self.step_file(by, false),
            List::Matches if self.search.path.is_none() || self.shared.search_obstacle().is_some() => {
                self.step_file(by, false);
            }
            List::Matches => self.step_match(by),
            List::Events | List::Tiles => self.step_events(by),
            _ => self.step_explored(by),
        }
    }

    fn step_match(&mut self, by: isize) {
        if !self.search.step(by) {
            return;
        }
        self.shared.preferences.hints_done[1] = true;
        self.want_pictures();
        if self.shared.preferences.plays_selected
            && let Some(clip) = self.search.selected_match().map(|found| self.shared.match_clip(found))
        {
            self.play(clip);
        }
    }

    fn step_explored(&mut self, by: isize) {
        let moved = match self.shared.list {
            List::Dots => self.map.step([0.0, by.signum() as f32]),
            List::MapRows => self.map.step_in_list(by),
            List::Near => self.bits.step(by),
            List::Duplicates => self.duplicates.step(by),
            List::Collection => self.collection.step(by, &self.shared),
            List::Copies => self.copies.step(by),
            List::Library | List::Files | List::Matches | List::Events | List::Tiles => false,
        };
        if !moved || !self.shared.preferences.plays_selected {
            return;
        }
        match (self.shared.list, self.explored()) {
            (List::Dots | List::MapRows, _) => self.play_selected_dot(),
            (_, Some(place)) => self.play(clip_of_place(place)),
            (_, None) => {}
        }
    }

    /// Enter: searches with the selection of the list that was used last.
    pub fn find_similar(&mut self) {
        match self.shared.list {
            List::Library => self.library.cursor.into_iter().for_each(|head| self.choose_head(head)),
            List::Files | List::Matches => self.find_similar_to_file_or_match(),
            // A review is of one query.
            List::Events | List::Tiles => {}
            _ => self.find_similar_to_explored(),
        }
    }

    fn find_similar_to_file_or_match(&mut self) {
        let file = self.first_selected_file().map(|file| file.path.clone());
        match (self.shared.list, self.search.selected, file) {
            (List::Matches, Some(line), _) => self.find_similar_to_match(line),
            (_, _, Some(path)) => {
                self.shared.preferences.hints_done[0] = true;
                self.choose_query(path, None);
                self.go_to_matches();
            }
            _ => {}
        }
    }

    fn find_similar_to_explored(&mut self) {
        let Some(place) = self.explored() else { return self.find_similar_to_file_or_match() };
        match self.shared.list {
            List::Dots | List::MapRows => self.find_on_map(),
            // A whole file stays a whole file.
            List::Collection if self.selected_items().iter().all(|item| item.stretch_secs.is_none()) => {
                self.choose_query(place.path, None);
            }
            List::Copies => self.choose_query(place.path, None),
            _ => self.choose_query(place.path, Some((place.start_secs, place.end_secs))),
        }
    }

    /// The keys act on the matches from now on, if the window shows any.
    pub fn go_to_matches(&mut self) {
        let shows_matches = self.shared.page != Page::Collection && self.search.path.is_some();
        if shows_matches && self.shared.search_obstacle().is_none() {
            self.shared.list = List::Matches;
            self.search.take_focus = true;
        }
    }

    /// The keys act on the files from now on.
    pub fn go_to_files(&mut self) {
        self.shared.list = List::Files;
        if let Some(place) = self.files.cursor().or_else(|| self.files.step(0)) {
            self.focus_file(place);
            self.files.reveal = Some(Line::File(place));
        }
    }

    /// Esc: closes the dialog, or stops the recording or the player, or dismisses a message. One press does one of them.
    pub fn escape(&mut self) {
        if self.modals.open.is_some() {
            self.modals.close();
        } else if self.shared.latest.recorder.recording {
            self.submit(Command::StopRecording);
        } else if self.shared.latest.player.playing {
            self.submit(Command::StopPlaying);
        } else {
            self.notices.dismiss_newest();
        }
    }
}
