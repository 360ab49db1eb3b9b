//! The page of the review: the events of a search, one by one. A person hears and sees each, and answers yes or no.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::explore::Asked;
use super::intents::Intents;
use super::pictures;
use super::search_state::SearchState;
use super::shared::Shared;
use super::taught;
use crate::dataset::FileId;
use crate::engine::formats::{HourCount, count_per_hour};
use crate::engine::{Basket, Command, DatasetView, Grouping, Match, Query, SearchReport, Timeline, keep_sample};

/// The order of the events.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    #[default]
    Nearest,
    /// File by file, and from beginning to end.
    Time,
}

/// The widths of a tile.
pub const TILES: [f32; 5] = [132.0, 176.0, 232.0, 320.0, 460.0];

/// How many events a sample has.
pub const SAMPLED: usize = 20;

/// How much of the recording a tile shows before and after its event, as a share of the longest event, and the least
/// and the most of it in seconds.
const MARGIN: f64 = 0.3;
const LEAST_MARGIN_SECS: f64 = 0.15;
const MOST_MARGIN_SECS: f64 = 2.0;

/// A stretch of a file, which stays the same when the list is put in another order.
type Stretch = (FileId, f64, f64);

/// What the list of events depends on.
#[derive(Clone)]
struct Basis {
    report: Arc<SearchReport>,
    dataset: Arc<DatasetView>,
    basket: Basket,
    order: Order,
    shows_behind: bool,
    is_sample: bool,
}

impl Basis {
    fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.report, &other.report)
            && Arc::ptr_eq(&self.dataset, &other.dataset)
            && (self.order, self.shows_behind, self.is_sample) == (other.order, other.shows_behind, other.is_sample)
            && self.basket.verdicts == other.basket.verdicts
    }
}

pub struct Review {
    pub order: Order,
    /// Whether events behind the line are shown, too.
    pub shows_behind: bool,
    /// The position of a tile's width in [`TILES`].
    pub tile: usize,
    /// A sample of the events to judge. It stays the same while its events are judged.
    sample: Option<Arc<SearchReport>>,
    basis: Option<Basis>,
    /// The shown events by their positions in the report, in order, and the answer that each has.
    places: Vec<usize>,
    answers: Vec<Option<bool>>,
    /// The events of the report in each hour of each file.
    pub hours: Vec<HourCount>,
    /// The files that have shown events, ordered by path.
    files: Vec<FileId>,
    /// The length of the longest shown event, in seconds.
    longest_secs: f64,
    selected: Option<Stretch>,
    /// The position of the selected event among the shown ones.
    place: Option<usize>,
    /// The number of columns of the grid when it was drawn last.
    pub columns: usize,
    /// Set when the selected event must be brought into view, in the list and in the grid.
    pub reveal_row: bool,
    pub reveal_tile: bool,
    /// Set when the selected tile should get the keyboard.
    pub take_focus: bool,
    /// The pictures of the tiles in view.
    pub in_view: Vec<pictures::Shown>,
    pub asked: Asked<(Query, FileId, i64)>,
    pub timeline: Option<Arc<Timeline>>,
    /// Whether counts per file and hour are shown instead of pictures.
    pub shows_counts: bool,
}

impl Default for Review {
    fn default() -> Self {
        Self {
            order: Order::default(),
            shows_behind: false,
            tile: 2,
            sample: None,
            basis: None,
            places: Vec::new(),
            answers: Vec::new(),
            hours: Vec::new(),
            files: Vec::new(),
            longest_secs: 0.0,
            selected: None,
            place: None,
            columns: 1,
            reveal_row: false,
            reveal_tile: false,
            take_focus: false,
            in_view: Vec::new(),
            asked: Asked::default(),
            timeline: None,
            shows_counts: false,
        }
    }
}

impl Review {
    /// Takes over the events of the search as it is now.
    pub fn follow(&mut self, search: &SearchState, dataset: &Arc<DatasetView>) {
        let current = search.report.as_ref().filter(|report| is_of_events(report));
        let Some(current) = current else {
            *self = Self { order: self.order, tile: self.tile, take_focus: self.take_focus, ..Self::default() };
            return;
        };
        let is_of_query = |sample: &Arc<SearchReport>| is_same_query(sample, current);
        self.sample = self.sample.take().filter(is_of_query);
        let basis = Basis {
            report: self.sample.clone().unwrap_or_else(|| current.clone()),
            dataset: dataset.clone(),
            basket: search.taught.basket().clone(),
            order: self.order,
            shows_behind: self.shows_behind,
            is_sample: self.sample.is_some(),
        };
        if self.basis.as_ref().is_some_and(|before| before.is_same(&basis)) {
            return;
        }
        self.hours = count_per_hour(current, dataset);
        self.arrange(basis);
    }

    fn arrange(&mut self, basis: Basis) {
        let matches = &basis.report.matches;
        let is_judged = |found: &Match| verdict_in(&basis.basket, found).is_some();
        let is_shown =
            |found: &Match| basis.is_sample || basis.shows_behind || !found.nearness.is_behind || is_judged(found);
        let shown: Vec<usize> = (0..matches.len()).filter(|place| is_shown(&matches[*place])).collect();
        // If nothing is really alike, the nearest events are better than an empty page.
        self.places = if shown.is_empty() { (0..matches.len()).collect() } else { shown };
        if basis.order == Order::Time {
            let time = |place: &usize| (&matches[*place].path, matches[*place].start_seconds);
            self.places.sort_by(|a, b| {
                let ((path, start), (other, later)) = (time(a), time(b));
                path.cmp(other).then(start.total_cmp(&later))
            });
        }
        let answer = |place: &usize| verdict_in(&basis.basket, &matches[*place]);
        self.answers = self.places.iter().map(answer).collect();
        let files: BTreeMap<_, _> =
            self.places.iter().map(|place| (&matches[*place].path, matches[*place].file)).collect();
        self.files = files.into_values().collect();
        let length = |place: &usize| matches[*place].end_seconds - matches[*place].start_seconds;
        self.longest_secs = self.places.iter().map(length).fold(0.0, f64::max);
        self.basis = Some(basis);
        // What was selected stays selected.
        let before = self.selected;
        self.place = before.and_then(|before| (0..self.len()).find(|place| self.is_at(*place, before)));
        if self.place.is_none() && !self.is_empty() {
            self.select(0);
        }
        self.reveal_tile = true;
        self.reveal_row = true;
    }

    fn is_at(&self, place: usize, (file, start, end): Stretch) -> bool {
        let Some(found) = self.event(place).filter(|found| found.file == file) else { return false };
        let shared = found.end_seconds.min(end) - found.start_seconds.max(start);
        shared >= 0.5 * (end - start)
    }

    pub fn len(&self) -> usize {
        self.places.len()
    }

    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    pub fn event(&self, place: usize) -> Option<&Match> {
        self.basis.as_ref()?.report.matches.get(*self.places.get(place)?)
    }

    pub fn events(&self) -> impl Iterator<Item = (usize, &Match)> {
        (0..self.len()).filter_map(|place| Some((place, self.event(place)?)))
    }

    pub fn selected_place(&self) -> Option<usize> {
        self.place
    }

    pub fn selected(&self) -> Option<&Match> {
        self.event(self.place?)
    }

    pub fn select(&mut self, place: usize) {
        let Some(found) = self.event(place) else { return };
        self.selected = Some((found.file, found.start_seconds, found.end_seconds));
        (self.place, self.reveal_row, self.reveal_tile) = (Some(place), true, true);
    }

    /// Selects the event `by` places further. Returns whether the selection moved.
    pub fn step(&mut self, by: isize) -> bool {
        let last = self.len().saturating_sub(1);
        let before = self.place;
        let next = before.map_or(0, |place| place.saturating_add_signed(by).min(last));
        self.select(next);
        self.place != before
    }

    /// Selects the next event without an answer: behind the selected one, or else the first one. `judged` has just been
    /// answered. Returns whether there is one.
    pub fn go_to_unanswered(&mut self, basket: &Basket) -> bool {
        let from = self.place.map_or(0, |place| place + 1);
        let is_open = |place: &usize| self.event(*place).is_some_and(|found| verdict_in(basket, found).is_none());
        let next = (from..self.len()).find(is_open).or_else(|| (0..from.min(self.len())).find(is_open));
        if let Some(next) = next {
            self.select(next);
        }
        next.is_some()
    }

    /// Shows a sample of the events without an answer, or all events again. Returns false if every event has an answer.
    pub fn show_sample(&mut self, search: &SearchState, on: bool) -> bool {
        self.sample = search.report.as_ref().filter(|report| on && is_of_events(report)).map(|report| {
            let mut sample = SearchReport::clone(report);
            keep_sample(&mut sample, SAMPLED);
            Arc::new(sample)
        });
        let is_empty = self.sample.as_ref().is_some_and(|sample| sample.matches.is_empty());
        if is_empty {
            self.sample = None;
        }
        self.selected = None;
        !is_empty
    }

    pub fn sample(&self) -> Option<&SearchReport> {
        self.sample.as_deref()
    }

    /// The answer that an event has.
    pub fn answer(&self, place: usize) -> Option<bool> {
        self.answers.get(place).copied().flatten()
    }

    /// The number of shown events with an answer.
    pub fn answered(&self) -> usize {
        self.answers.iter().flatten().count()
    }

    /// The number of bits of a code.
    pub fn bits(&self) -> usize {
        self.basis.as_ref().map_or(64, |basis| basis.report.bits)
    }

    /// The files that have events, ordered by path.
    pub fn files(&self) -> &[FileId] {
        &self.files
    }

    /// The positions of the shown events of a file.
    pub fn events_of(&self, file: FileId) -> impl Iterator<Item = (usize, &Match)> {
        self.events().filter(move |(_, found)| found.file == file)
    }

    /// The width of a tile.
    pub fn tile_width(&self) -> f32 {
        TILES[self.tile.min(TILES.len() - 1)]
    }

    /// Makes the tiles larger or smaller.
    pub fn resize_tiles(&mut self, by: isize) {
        self.tile = self.tile.saturating_add_signed(by).min(TILES.len() - 1);
        self.reveal_tile = true;
    }

    /// The stretch that a tile shows, in seconds. It is equally long for all events.
    pub fn around(&self, found: &Match) -> (f64, f64) {
        let margin = (MARGIN * self.longest_secs).clamp(LEAST_MARGIN_SECS, MOST_MARGIN_SECS);
        let half = self.longest_secs / 2.0 + margin;
        let middle = (found.start_seconds + found.end_seconds) / 2.0;
        let from = (middle - half).max(0.0);
        (from, from + 2.0 * half)
    }

    /// What a tile is a picture of. The picture ends with the file.
    pub fn pictured(&self, found: &Match) -> pictures::Shown {
        let (from, to) = self.around(found);
        pictures::Shown::stretch(found.path.clone(), (from, to.min(found.file_seconds.max(from + 0.001))))
    }

    /// Asks for the timeline of the selected event's file.
    pub fn want_timeline(&mut self, search: &SearchState, shared: &Shared, intents: &mut Intents) {
        let query = search.report.as_ref().and_then(|report| report.query.as_deref());
        let (Some(query), Some(generation)) = (query, shared.index_generation()) else { return };
        let Some(file) = self.selected().map(|found| found.file) else { return };
        if self.asked.wants((query.clone(), file, generation)) {
            intents.submit(Command::DrawTimeline { query: Box::new(query.clone()), file });
        }
    }
}

/// The verdict on an event.
fn verdict_in(basket: &Basket, found: &Match) -> Option<bool> {
    taught::verdict_on(basket, found.file, (found.start_seconds, found.end_seconds))
}

fn is_of_events(report: &SearchReport) -> bool {
    report.query.as_ref().is_some_and(|query| query.by == Grouping::Event)
}

/// Whether two reports answer the same query, whatever was taught since.
fn is_same_query(a: &SearchReport, b: &SearchReport) -> bool {
    let key = |report: &SearchReport| {
        report.query.as_ref().map(|query| (query.path.clone(), query.from_secs, query.to_secs, query.filter.clone()))
    };
    key(a) == key(b)
}
