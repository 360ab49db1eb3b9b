//! The review: what keys and clicks do to the events.

use super::State;
use crate::gui::match_list::View;
use crate::gui::notices::Tone;
use crate::gui::search_state::MOST_MATCHES;
use crate::gui::shared::{List, Page};

impl State {
    /// The review is open from now on. It is about events, and shows many.
    pub(super) fn begin_review(&mut self) {
        self.review.take_focus = true;
        let had_too_few = self.search.wanted < MOST_MATCHES || self.search.view != View::Everywhere;
        self.search.view = View::Everywhere;
        self.search.wanted = MOST_MATCHES;
        if had_too_few {
            self.search_now();
        }
        self.follow_events();
    }

    /// The page shows the events as they are now.
    pub(super) fn follow_events(&mut self) {
        if self.shared.page == Page::Review {
            self.review.follow(&self.search, &self.shared.latest.dataset);
        }
    }

    /// Selects an event and plays it.
    pub(super) fn choose_event(&mut self, place: usize, plays: bool) {
        self.review.select(place);
        if plays {
            self.play_selected_event();
        }
    }

    /// Goes `by` events on, and plays the event if selecting plays.
    pub fn step_event(&mut self, by: isize) {
        if self.review.step(by) && self.shared.preferences.plays_selected {
            self.play_selected_event();
        }
    }

    /// Goes a row of the grid down or up, or one event in the list.
    pub(super) fn step_events(&mut self, by: isize) {
        let columns = if self.shared.list == List::Tiles { self.review.columns.max(1) as isize } else { 1 };
        let target = self.review.selected_place().map_or(0, |place| place as isize + by * columns);
        // In the first and the last row there is nothing above and below.
        if (0..self.review.len() as isize).contains(&target) {
            self.step_event(by * columns);
        }
    }

    fn play_selected_event(&mut self) {
        if let Some(clip) = self.review.selected().map(|found| self.shared.match_clip(found)) {
            self.play(clip);
        }
    }

    /// Answers the selected event, and goes on to the next one without an answer.
    pub(super) fn judge_selected_event(&mut self, yes: bool) {
        let Some(found) = self.review.selected().cloned() else { return };
        self.judge_found(&found, yes);
        let basket = self.search.taught.basket().clone();
        match self.review.go_to_unanswered(&basket) {
            true if self.shared.preferences.plays_selected => self.play_selected_event(),
            true => {}
            false => self.notices.push(Tone::Good, "Every event on this page has an answer."),
        }
    }

    /// Answers an event by a button, without going on.
    pub(super) fn judge_event(&mut self, place: usize, yes: bool) {
        if let Some(found) = self.review.event(place).cloned() {
            self.review.select(place);
            self.judge_found(&found, yes);
        }
    }

    pub(super) fn show_sample(&mut self, on: bool) {
        if !self.review.show_sample(&self.search, on) {
            self.notices.push(Tone::Warning, "There is nothing left to judge: every event has an answer.");
        }
        self.review.take_focus = true;
    }
}
