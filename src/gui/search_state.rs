//! The page of the search: the query, the search that runs for it, and the matches.

use camino::{Utf8Path, Utf8PathBuf};
use std::sync::Arc;

use super::intents::Intents;
use super::match_list::{self, Contents, Line, Sort, Unfolded, View};
use super::pictures::{self, Pictures};
use super::query_history::{Asked, QueryHistory};
use super::shared::{Shared, stretch_of};
use super::taught::{self, Taught};
use crate::dataset::{FileId, Item, SoundFile};
use crate::engine::{
    Basket, Clip, DatasetView, Failure, Grouping, JobId, Match, Query, SearchFilter, SearchReport, Weights,
};

/// How many matches a search asks for at first, and how many at most.
const MATCHES: usize = 50;
pub const MOST_MATCHES: usize = 800;

/// The most moments that are shown of one file.
const MOMENTS: usize = 20;

/// The shortest part that a drag can choose. A shorter drag is a click with an unsteady hand.
pub const SHORTEST_SECS: f64 = 0.02;

#[derive(Clone, Debug)]
pub struct SearchState {
    /// The sound that is searched for.
    pub path: Option<Utf8PathBuf>,
    /// The part that is searched for, in seconds. `None` means the whole sound.
    pub region: Option<(f64, f64)>,
    /// The part that fills the picture. `None` means the whole sound.
    pub zoom: Option<(f64, f64)>,
    pub history: QueryHistory,
    /// The rest of the query beside its sound.
    pub taught: Taught,
    /// What counts for the order of the matches, unless the search is saved.
    pub weights: Weights,
    pub view: View,
    pub filter: SearchFilter,
    /// How many matches are asked for.
    pub wanted: usize,
    pub sort: Sort,
    pub unfolded: Unfolded,
    /// The file of the dataset that the query is a part of.
    pub own: Option<FileId>,
    /// Set when the field of the filter should get the keyboard.
    pub focus_filter: bool,
    /// The menu that a key has opened.
    pub menu: Option<KeyedMenu>,
    pub report: Option<Arc<SearchReport>>,
    /// The file of each match, if it is still in the dataset.
    pub files: Vec<Option<Arc<SoundFile>>>,
    pub selected: Option<Line>,
    /// Set when the selected row must be brought into view.
    pub reveal: bool,
    /// Set when the selected row should get the keyboard.
    pub take_focus: bool,
    pub path_typed: String,
    /// The part of the selected match over which the person is dragging, in seconds.
    pub dragged: Option<(f64, f64)>,
    pub pictures: Pictures,
    pub run: Run,
}

/// The running search. There is at most one. If the query changes meanwhile, the next search begins when this one ends. So a
/// drag over the query does not queue searches for parts that nobody wants any more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Run {
    #[default]
    Idle,
    /// `again` is true if the query has changed since the search began.
    Searching { job: Option<JobId>, again: bool },
}

/// The menu of a match that a key has opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyedMenu {
    pub line: Line,
    /// Whether it has not been drawn yet.
    pub is_new: bool,
}

impl Default for SearchState {
    fn default() -> Self {
        Self {
            path: None,
            region: None,
            zoom: None,
            history: QueryHistory::default(),
            taught: Taught::default(),
            weights: Weights::default(),
            view: View::default(),
            filter: SearchFilter::default(),
            wanted: MATCHES,
            sort: Sort::default(),
            unfolded: Unfolded::new(),
            own: None,
            focus_filter: false,
            menu: None,
            report: None,
            files: Vec::new(),
            selected: None,
            reveal: false,
            take_focus: false,
            path_typed: String::new(),
            dragged: None,
            pictures: Pictures::default(),
            run: Run::Idle,
        }
    }
}

impl SearchState {
    /// Makes a sound or a part of it the query. The matches of another sound are dropped.
    pub fn choose(&mut self, path: Utf8PathBuf, region: Option<(f64, f64)>, passing: bool) {
        if self.path.as_ref() != Some(&path) {
            self.forget_matches();
        }
        let asked = Asked { path: path.clone(), region, passing, taught: Taught::default() };
        if self.history.push(asked) {
            self.taught = Taught::default();
        }
        self.path = Some(path);
        self.region = region;
        self.wanted = MATCHES;
    }

    /// Chooses another part of the query.
    pub fn change_region(&mut self, region: Option<(f64, f64)>) {
        self.history.change_region(region);
        self.region = region;
    }

    /// Goes back to an earlier query, or forward to a later one.
    pub fn go_to(&mut self, place: usize) {
        let Some(Asked { path, region, taught, .. }) = self.history.go_to(place).cloned() else { return };
        if self.path.as_ref() != Some(&path) {
            self.forget_matches();
        }
        (self.path, self.region, self.wanted, self.taught) = (Some(path), region, MATCHES, taught);
    }

    /// The lines of the list of matches.
    pub fn lines(&self) -> Vec<Line> {
        let (matches, files) = (self.matches(), &self.files[..]);
        let (own, unfolded, view, sort) = (self.own, &self.unfolded, self.view, self.sort);
        Contents { matches, files, own, unfolded, view, sort }.lines()
    }

    pub fn clear(&mut self) {
        self.history.leave();
        self.taught = Taught::default();
        self.path = None;
        self.region = None;
        self.forget_matches();
    }

    pub(super) fn forget_matches(&mut self) {
        self.report = None;
        self.zoom = None;
        self.files.clear();
        self.unfolded.clear();
        self.selected = None;
        self.menu = None;
    }

    /// What counts for the order of the matches. A saved search has its own weights.
    pub fn weights_now(&self) -> Weights {
        match self.taught.saved {
            Some(_) => self.taught.basket().weights,
            None => self.weights,
        }
    }

    /// The query for the engine.
    pub fn query(&self) -> Option<Query> {
        let path = self.path.clone()?;
        let (from_secs, to_secs) = self.region.unzip();
        Some(Query {
            path,
            from_secs,
            to_secs,
            k: self.wanted,
            by: self.view.grouping(),
            filter: self.filter.clone(),
            basket: Basket { weights: self.weights_now(), ..self.taught.basket().clone() },
        })
    }

    /// The query for the moments of one file.
    pub fn query_for_moments(&self, file: FileId) -> Option<Query> {
        let filter = SearchFilter { among: Some(Arc::new(vec![file])), ..SearchFilter::default() };
        Some(Query { k: MOMENTS, by: Grouping::Chunk, filter, ..self.query()? })
    }

    /// The file whose moments a query asks for. `None` if it asks for something else.
    pub fn asks_for_moments(&self, query: &Query) -> Option<FileId> {
        let [file] = query.filter.among.as_deref()?[..] else { return None };
        (query.by == Grouping::Chunk && self.unfolded.contains_key(&file)).then_some(file)
    }

    /// The sound of the query.
    pub fn query_clip(&self) -> Option<Clip> {
        let path = self.path.clone()?;
        Some(Clip { path, from_secs: self.region.map_or(0.0, |r| r.0), to_secs: self.region.map(|r| r.1) })
    }

    pub fn matches(&self) -> &[Match] {
        self.report.as_ref().map_or(&[], |report| &report.matches)
    }

    pub fn match_at(&self, line: Line) -> Option<&Match> {
        match line {
            Line::Match(place) => self.matches().get(place),
            Line::Moment { file, place } => self.unfolded.get(&file)?.as_ref()?.matches.get(place),
        }
    }

    /// The verdict that the person gave on the match in a line.
    pub fn verdict_on(&self, line: Line, shared: &Shared) -> Option<bool> {
        let found = self.match_at(line)?;
        taught::verdict_on(self.taught.basket(), found.file, shared.stretch_in_file(found))
    }

    /// Whether the shown matches are from a shared library.
    pub fn is_of_library(&self) -> bool {
        self.report.as_ref().is_some_and(|report| report.of_library.is_some())
    }

    /// A match as an item of a collection of the project: its moment if the list shows moments or events, otherwise its file.
    pub fn item_of(&self, line: Line) -> Option<Item> {
        let found = self.match_at(line).filter(|found| !found.is_shared())?;
        let is_moment = matches!(line, Line::Moment { .. }) || found.by != Grouping::File;
        Some(Item { file: found.file, stretch_secs: stretch_of(found).filter(|_| is_moment) })
    }

    /// The pictures that are shown: the query, the part of it that fills the picture, and the selected match.
    pub fn pictured(&self) -> Vec<pictures::Shown> {
        let query = self.path.clone().map(pictures::Shown::whole);
        query.into_iter().chain(self.close_up()).chain(self.picture_of_match()).collect()
    }

    /// Fills the picture with a part of the query. Returns whether other pictures are shown now.
    pub fn zoom_to(&mut self, part: Option<(f64, f64)>) -> bool {
        let before = self.pictured();
        self.zoom = part;
        self.pictured() != before
    }

    /// The close-up of a long query, if only a part of it fills the picture.
    pub fn close_up(&self) -> Option<pictures::Shown> {
        let (path, zoom) = (self.path.as_ref()?, self.zoom?);
        let whole = self.pictures.drawn(&pictures::Shown::whole(path.clone()))?.duration_secs;
        close_up(path, zoom, whole)
    }

    /// What is shown of the selected match: all of it, or of a long file the part beside the query.
    pub fn picture_of_match(&self) -> Option<pictures::Shown> {
        let found = self.selected_match()?;
        if found.file_seconds <= WHOLE_SECS {
            return Some(pictures::Shown::whole(found.path.clone()));
        }
        let (from, to) = self.beside_query(found)?;
        let part = (from.max(0.0), to.min(found.file_seconds));
        let close_up = close_up(&found.path, part, found.file_seconds);
        Some(close_up.unwrap_or_else(|| pictures::Shown::whole(found.path.clone())))
    }

    /// The part of a match's sound that is below the part of the query that fills its picture, in seconds.
    pub fn beside_query(&self, found: &Match) -> Option<(f64, f64)> {
        let query = self.pictures.drawn(&pictures::Shown::whole(self.path.clone()?))?;
        let (from, to) = self.zoom.unwrap_or((0.0, query.duration_secs));
        let later = found.start_seconds - found.query_start_seconds;
        Some((from + later, to + later))
    }

    /// The person drags over a part of the selected match. When the button is released, the part becomes the query.
    pub fn drag_in_match(&mut self, part: (f64, f64), down: bool, intents: &mut Intents) {
        self.dragged = down.then_some(part);
        let is_long_enough = part.1 - part.0 >= SHORTEST_SECS;
        let path = self.selected_match().map(|found| found.path.clone());
        if let (false, true, Some(path)) = (down, is_long_enough, path) {
            intents.choose_query(path, Some(part));
        }
    }

    pub fn selected_match(&self) -> Option<&Match> {
        self.match_at(self.selected?)
    }

    /// The position of the best match of a file.
    pub fn place_of_file(&self, file: FileId) -> Option<usize> {
        self.matches().iter().position(|found| found.file == file)
    }

    /// Shows the matches of a search. The selected match stays selected if it is among them. Otherwise the first is selected.
    pub fn show(&mut self, report: SearchReport, dataset: &DatasetView) {
        let kept = self.selected_match().cloned();
        self.report = Some(Arc::new(report));
        self.menu = None;
        self.find_files(dataset);
        let lines = self.lines();
        let is_kept = |line: &&Line| {
            let (Some(kept), Some(found)) = (&kept, self.match_at(**line)) else { return false };
            let same_place = kept.by == Grouping::File || kept.start_seconds == found.start_seconds;
            kept.file == found.file && kept.by == found.by && same_place
        };
        self.selected = lines.iter().find(is_kept).or(lines.first()).copied();
    }

    /// Shows the moments of a file, if they are still asked for.
    pub fn show_moments(&mut self, file: FileId, report: SearchReport) {
        if let Some(moments) = self.unfolded.get_mut(&file) {
            *moments = Some(Arc::new(report));
        }
    }

    /// A match could not be played. If the failure is about the file and not about the sound output, its row says why.
    pub fn mark_unplayable(&mut self, path: &Utf8Path, failure: &Failure) {
        let Some(report) = self.report.as_mut().filter(|_| failure.is_about(path)) else { return };
        for found in Arc::make_mut(report).matches.iter_mut().filter(|found| found.path == path) {
            // The row shows the path already. A root that is not mapped says more than a missing file.
            if !(found.is_shared() && found.problem.is_some()) {
                found.problem = Some(failure.words.clone());
            }
        }
    }

    /// Looks up the matches' files in the dataset as it is now.
    pub fn find_files(&mut self, dataset: &DatasetView) {
        let Some(report) = &self.report else { return };
        self.files = report.matches.iter().map(|m| dataset.file(m.file).cloned()).collect();
    }

    /// Selects the line `by` lines below. Returns whether the selection moved.
    pub fn step(&mut self, by: isize) -> bool {
        let Some(next) = match_list::step(&self.lines(), self.selected, by) else { return false };
        let moved = self.selected != Some(next);
        self.selected = Some(next);
        self.reveal |= moved;
        moved
    }
}

/// From this length on, the picture of a whole file is too coarse for a moment of it.
const WHOLE_SECS: f64 = 60.0;

/// A picture of a part of a long sound and of its surroundings. It stays the same while the part moves a little.
/// `None` if a picture of the whole sound is fine enough.
fn close_up(path: &Utf8Path, (from, to): (f64, f64), whole_secs: f64) -> Option<pictures::Shown> {
    let scale = (to - from).max(0.05).log2().ceil().exp2();
    if whole_secs <= WHOLE_SECS || 2.0 * scale >= whole_secs {
        return None;
    }
    let first = (from.max(0.0) / scale).floor() * scale;
    Some(pictures::Shown::stretch(path.to_owned(), (first, (first + 2.0 * scale).min(whole_secs))))
}

pub fn clip_of(m: &Match) -> Clip {
    let stretch = stretch_of(m);
    Clip { path: m.path.clone(), from_secs: stretch.map_or(0.0, |s| s.0), to_secs: stretch.map(|s| s.1) }
}
