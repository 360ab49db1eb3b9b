//! What the pages beside the search have in common: turning to them, their questions, and moving in their lists.

use super::{List, Page, State};
use crate::engine::{ChunkPlace, Command, Event, JobId, Outcome};
use crate::gui::explore::clip_of_place;

impl State {
    /// Turns to a page. The bits are those of what was selected last.
    pub fn turn_to(&mut self, page: Page) {
        if page == Page::Map && !self.is_narrow {
            // The map is beside the search.
            (self.page, self.list) = (Page::Search, List::Dots);
            self.explore.map.take_focus = true;
            return;
        }
        if self.page == page {
            return;
        }
        if page == Page::Bits {
            self.look_at_selected();
        }
        let own = match page {
            Page::Search => Some(List::Matches),
            Page::Map => Some(List::Dots),
            Page::Bits => Some(List::Near),
            Page::Duplicates if self.explore.duplicates.exact => Some(List::Copies),
            Page::Duplicates => Some(List::Duplicates),
            Page::Learning => None,
            Page::Collection => Some(List::Collection),
        };
        if self.list != List::Files {
            self.list = own.unwrap_or_default();
        }
        self.page = page;
    }

    /// Notes the job of a page's question.
    pub(in crate::gui) fn explore_submitted(&mut self, job: JobId, command: &Command) {
        let explore = &mut self.explore;
        match command {
            Command::DrawMap => explore.map.asked.submitted(job),
            Command::LookAtCode { .. } => explore.bits.asked.submitted(job),
            Command::FindDuplicates { .. } => explore.duplicates.asked.submitted(job),
            Command::MeasureDistances => explore.distances.submitted(job),
            Command::FindCopies(_) => self.upkeep.copies.asked.submitted(job),
            _ => {}
        }
    }

    pub(in crate::gui) fn explore_event(&mut self, event: &Event) {
        let (Event::Finished { job, .. } | Event::Cancelled { job } | Event::Failed { job, .. }) = event;
        let explore = &mut self.explore;
        explore.map.asked.ended(*job);
        explore.bits.asked.ended(*job);
        explore.duplicates.asked.ended(*job);
        explore.distances.ended(*job);
        self.upkeep.copies.asked.ended(*job);
        let Event::Finished { outcome, .. } = event else { return };
        match outcome {
            Outcome::MapDrawn(report) => self.map_drawn(report.clone()),
            Outcome::CodeLookedAt(report) => self.code_looked_at(report.clone()),
            Outcome::CodeDecoded(decoded) => self.code_decoded(decoded),
            Outcome::DuplicatesFound(report) => self.explore.duplicates.show(report.clone()),
            Outcome::CopiesFound(report) => self.upkeep.copies.show(report.clone()),
            Outcome::DistancesMeasured(report) => self.explore.distances_report = Some(report.clone()),
            _ => {}
        }
    }

    /// The generation of the index, if it can be searched.
    pub fn index_generation(&self) -> Option<i64> {
        let index = self.latest.index.as_ref().filter(|_| self.search_obstacle().is_none());
        index.map(|index| index.generation)
    }

    /// Asks for the distances between codes, once for each index.
    pub fn want_distances(&mut self) {
        if let Some(generation) = self.index_generation()
            && self.explore.distances.wants(generation)
        {
            self.submit(Command::MeasureDistances);
        }
    }

    pub fn play_place(&mut self, place: &ChunkPlace) {
        self.play(clip_of_place(place.clone()));
    }

    /// Moves in the list of a page, and plays if that is switched on. Returns false if another list was used last.
    pub(in crate::gui) fn explore_step(&mut self, by: isize) -> bool {
        let moved = match self.list {
            List::Dots => self.step_on_map([0.0, by.signum() as f32]),
            List::MapRows => self.step_in_map_list(by),
            List::Near => self.step_near(by),
            List::Duplicates => self.step_duplicates(by),
            List::Collection => self.step_in_collection(by),
            List::Copies => self.step_copies(by),
            List::Library | List::Files | List::Matches => return false,
        };
        if moved && self.search.auto_play {
            match (self.list, self.explored()) {
                (List::Dots | List::MapRows, _) => self.play_selected_dot(),
                (_, Some(place)) => self.play_place(&place),
                (_, None) => {}
            }
        }
        true
    }

    /// The selection in the list of a page, if that list was used last.
    pub(in crate::gui) fn explored(&self) -> Option<ChunkPlace> {
        match self.list {
            List::Dots | List::MapRows => self.explore.map.selected_place(),
            List::Near => self.explore.bits.selected_place(),
            List::Duplicates => self.explore.duplicates.selected_place(),
            List::Collection => self.place_of_item(self.collecting.selected),
            List::Copies => self.selected_copy(),
            List::Library | List::Files | List::Matches => None,
        }
    }

    /// Searches with the selection in the list of a page. Returns false if another list was used last.
    pub(in crate::gui) fn explore_find_similar(&mut self) -> bool {
        let Some(place) = self.explored() else { return false };
        match self.list {
            List::Dots | List::MapRows => self.find_on_map(),
            // A whole file stays one.
            List::Collection if self.selected_items().iter().all(|item| item.stretch_secs.is_none()) => {
                self.choose_query(place.path, None);
            }
            List::Copies => self.choose_query(place.path, None),
            _ => self.choose_query(place.path, Some((place.start_secs, place.end_secs))),
        }
        true
    }
}
