//! What the pages beside the search show, without a widget: the map, a code's bits, duplicates, distances.

pub mod bits;
pub mod duplicates;
pub mod kinds;
pub mod map;

use crate::engine::{ChunkPlace, Clip, Command, DistancesReport, Event, JobId, Outcome};
use std::sync::Arc;

use super::state::{List, Page, State};
use bits::BitsState;
use duplicates::DuplicatesState;
use map::MapState;

/// The states of the pages.
#[derive(Default)]
pub struct Explore {
    pub map: MapState,
    pub bits: BitsState,
    pub duplicates: DuplicatesState,
    /// Of the index with this generation.
    pub distances: Asked<i64>,
    pub distances_report: Option<Arc<DistancesReport>>,
}

/// A question to the engine: which one, and whether it is being answered. There is at most one on the way: what changes
/// meanwhile is asked when that ends.
#[derive(Clone, Debug, PartialEq)]
pub struct Asked<K> {
    /// What was asked last.
    key: Option<K>,
    run: Run,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Run {
    #[default]
    Idle,
    Submitted,
    Running(JobId),
}

impl<K> Default for Asked<K> {
    fn default() -> Self {
        Self { key: None, run: Run::Idle }
    }
}

impl<K: PartialEq> Asked<K> {
    /// Whether to ask now; it then counts as asked.
    pub fn wants(&mut self, key: K) -> bool {
        let wanted = self.run == Run::Idle && self.key.as_ref() != Some(&key);
        if wanted {
            (self.key, self.run) = (Some(key), Run::Submitted);
        }
        wanted
    }

    /// Asks again, whatever was answered.
    pub fn forget(&mut self) {
        self.key = None;
    }

    /// The job that is at an answer which nobody waits for any more.
    pub fn overtaken_by(&self, key: &K) -> Option<JobId> {
        match self.run {
            Run::Running(job) if self.key.as_ref() != Some(key) => Some(job),
            _ => None,
        }
    }

    pub fn is_running(&self) -> bool {
        self.run != Run::Idle
    }

    pub fn submitted(&mut self, job: JobId) {
        self.run = Run::Running(job);
    }

    /// Notes the end of a job, if it is this one.
    fn ended(&mut self, job: JobId) {
        if self.run == Run::Running(job) {
            self.run = Run::Idle;
        }
    }
}

pub fn clip_of_place(place: ChunkPlace) -> Clip {
    Clip { path: place.path, from_secs: place.start_secs, to_secs: Some(place.end_secs) }
}

impl State {
    /// Turns to a page. The bits are those of what was selected last.
    pub fn turn_to(&mut self, page: Page) {
        if page == Page::Map && !self.is_narrow {
            // It stands beside the search.
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
            Page::Duplicates => Some(List::Duplicates),
            Page::Learning => None,
        };
        if self.list != List::Files {
            self.list = own.unwrap_or_default();
        }
        self.page = page;
    }

    /// Notes which job a page's question became.
    pub(super) fn explore_submitted(&mut self, job: JobId, command: &Command) {
        let explore = &mut self.explore;
        match command {
            Command::DrawMap => explore.map.asked.submitted(job),
            Command::LookAtCode { .. } => explore.bits.asked.submitted(job),
            Command::FindDuplicates { .. } => explore.duplicates.asked.submitted(job),
            Command::MeasureDistances => explore.distances.submitted(job),
            _ => {}
        }
    }

    pub(super) fn explore_event(&mut self, event: &Event) {
        let (Event::Finished { job, .. } | Event::Cancelled { job } | Event::Failed { job, .. }) = event;
        let explore = &mut self.explore;
        explore.map.asked.ended(*job);
        explore.bits.asked.ended(*job);
        explore.duplicates.asked.ended(*job);
        explore.distances.ended(*job);
        let Event::Finished { outcome, .. } = event else { return };
        match outcome {
            Outcome::MapDrawn(report) => self.map_drawn(report.clone()),
            Outcome::CodeLookedAt(report) => self.code_looked_at(report.clone()),
            Outcome::CodeDecoded(decoded) => self.code_decoded(decoded),
            Outcome::DuplicatesFound(report) => self.explore.duplicates.show(report.clone()),
            Outcome::DistancesMeasured(report) => self.explore.distances_report = Some(report.clone()),
            _ => {}
        }
    }

    /// The generation of the index, where it can be searched.
    pub fn index_generation(&self) -> Option<i64> {
        let index = self.latest.index.as_ref().filter(|_| self.search_obstacle().is_none());
        index.map(|index| index.generation)
    }

    /// Has the distances between codes measured, once for an index.
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

    /// Moves within the list of a page, and plays where that is switched on; `false` where another list was used last.
    pub(super) fn explore_step(&mut self, by: isize) -> bool {
        let moved = match self.list {
            List::Dots => self.step_on_map([0.0, by.signum() as f32]),
            List::MapRows => self.step_in_map_list(by),
            List::Near => self.step_near(by),
            List::Duplicates => self.step_duplicates(by),
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

    /// What is selected in the list of a page, where that was used last.
    pub(super) fn explored(&self) -> Option<ChunkPlace> {
        match self.list {
            List::Dots | List::MapRows => self.explore.map.selected_place(),
            List::Near => self.explore.bits.selected_place(),
            List::Duplicates => self.explore.duplicates.selected_place(),
            List::Library | List::Files | List::Matches => None,
        }
    }

    /// Searches for what is selected in the list of a page; `false` where another list was used last.
    pub(super) fn explore_find_similar(&mut self) -> bool {
        let Some(place) = self.explored() else { return false };
        match self.list {
            List::Dots | List::MapRows => self.find_on_map(),
            _ => self.choose_query(place.path, Some((place.start_secs, place.end_secs))),
        }
        true
    }
}
