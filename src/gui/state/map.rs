//! What the map does outside itself: playing, searching, and showing a match on it.

use std::sync::Arc;

use super::State;
use crate::gui::match_list::Line;
use crate::gui::shared::{List, Page};

impl State {
    /// A click selects a dot, plays it and searches with it. The map marks the matches.
    pub(super) fn click_dot(&mut self, dot: usize) {
        self.shared.list = List::Dots;
        self.map.selected = Some(dot);
        self.play_selected_dot();
        self.find_on_map();
    }

    pub(super) fn play_selected_dot(&mut self) {
        if let Some(dot) = self.map.selected {
            self.with_intents(|state, intents| state.map.play(dot, &state.shared, intents));
        }
    }

    /// Searches with the selected dot, and stays on the map.
    pub(super) fn find_on_map(&mut self) {
        if let Some(place) = self.map.selected_place() {
            let page = self.shared.page;
            let whole = self.map.shows_sounds();
            self.choose_query(place.path, (!whole).then_some((place.start_secs, place.end_secs)));
            self.shared.page = page;
        }
    }

    /// Left and Right on the map.
    pub fn step_aside(&mut self, by: f32) {
        if self.shared.list == List::Dots && self.map.step([by, 0.0]) && self.shared.preferences.plays_selected {
            self.play_selected_dot();
        }
    }

    /// Searches only among the sounds inside a closed line.
    pub fn look_among(&mut self, line: impl AsRef<[[f32; 2]]>) {
        let files = self.map.files_inside(line.as_ref());
        if !files.is_empty() {
            self.set_filter(|filter| filter.among = Some(Arc::new(files)));
        }
    }

    /// Shows the map with a match selected.
    pub(super) fn show_match_on_map(&mut self, line: Line) {
        self.select_match(line);
        self.turn_to(Page::Map);
        if let Some(found) = self.search.selected_match() {
            self.map.select_match(found);
        }
    }
}
