//! What the search panel shows: the query, the search that runs for it, and the matches.

use camino::{Utf8Path, Utf8PathBuf};
use std::sync::Arc;

use super::match_list::{self, Contents, Line, Sort, Unfolded, View};
use super::query_history::{Asked, QueryHistory};
use super::taught::Taught;
use crate::dataset::{FileId, SoundFile};
use crate::engine::{
    Basket, Clip, DatasetView, Failure, Grouping, JobId, Match, Query, SearchFilter, SearchReport, Weights,
};
use crate::ground::uri;

/// Matches that a search asks for at first, and at most.
const MATCHES: usize = 50;
pub const MOST_MATCHES: usize = 800;

/// Moments that are shown of one file.
const MOMENTS: usize = 20;

/// The shortest part that a drag chooses; shorter ones are a click with an unsteady hand.
pub const SHORTEST_SECS: f64 = 0.02;

#[derive(Clone, Debug)]
pub struct SearchState {
    /// The sound that is searched for.
    pub path: Option<Utf8PathBuf>,
    /// The part of it, in seconds; `None` is all of it.
    pub region: Option<(f64, f64)>,
    /// The part of it that fills its picture; `None` is all of it.
    pub zoom: Option<(f64, f64)>,
    pub history: QueryHistory,
    /// What the query has beside its sound.
    pub taught: Taught,
    /// What counts for the order of the matches.
    pub weights: Weights,
    pub view: View,
    pub filter: SearchFilter,
    /// How many matches are asked for.
    pub wanted: usize,
    pub sort: Sort,
    pub unfolded: Unfolded,
    /// The dataset's file that the query is of.
    pub own: Option<FileId>,
    /// Set when the field of the filter is to take the keyboard's focus.
    pub focus_filter: bool,
    /// The menu that was asked for by key.
    pub menu: Option<KeyedMenu>,
    /// Whether moving through the matches plays them.
    pub auto_play: bool,
    pub report: Option<Arc<SearchReport>>,
    /// The file of each match, as far as it is still in the dataset.
    pub files: Vec<Option<Arc<SoundFile>>>,
    pub selected: Option<Line>,
    /// Set when the selected row has to be brought into view.
    pub reveal: bool,
    /// Set when the selected row is to get the keyboard's focus.
    pub take_focus: bool,
    pub path_typed: String,
    pub run: Run,
}

/// A search at work. There is at most one: what changes meanwhile is searched for when it ends, so that dragging over the
/// query never queues up searches for stretches that nobody waits for any more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Run {
    #[default]
    Idle,
    /// `again`: the query has changed since.
    Searching { job: Option<JobId>, again: bool },
}

/// A match's menu that was opened by key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyedMenu {
    pub line: Line,
    /// Whether it was not drawn yet.
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
            auto_play: true,
            report: None,
            files: Vec::new(),
            selected: None,
            reveal: false,
            take_focus: false,
            path_typed: String::new(),
            run: Run::Idle,
        }
    }
}

impl SearchState {
    /// Takes another sound, or another part of the same, as the query; matches of another sound go.
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

    /// Another part of the query.
    pub fn change_region(&mut self, region: Option<(f64, f64)>) {
        self.history.change_region(region);
        self.region = region;
    }

    /// Takes an earlier query, or a later one, as the query again.
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

    fn forget_matches(&mut self) {
        self.report = None;
        self.zoom = None;
        self.files.clear();
        self.unfolded.clear();
        self.selected = None;
        self.menu = None;
    }

    /// What to ask the engine.
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
            basket: Basket { weights: self.weights, ..self.taught.basket().clone() },
        })
    }

    /// What to ask for the moments of one file.
    pub fn query_for_moments(&self, file: FileId) -> Option<Query> {
        let filter = SearchFilter { among: Some(Arc::new(vec![file])), ..SearchFilter::default() };
        Some(Query { k: MOMENTS, by: Grouping::Chunk, filter, ..self.query()? })
    }

    /// The file whose moments a query asks for, where it does.
    pub fn asks_for_moments(&self, query: &Query) -> Option<FileId> {
        let [file] = query.filter.among.as_deref()?[..] else { return None };
        (query.by == Grouping::Chunk && self.unfolded.contains_key(&file)).then_some(file)
    }

    /// The query's own sound.
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

    pub fn selected_match(&self) -> Option<&Match> {
        self.match_at(self.selected?)
    }

    /// The place of a file's best match.
    pub fn place_of_file(&self, file: FileId) -> Option<usize> {
        self.matches().iter().position(|found| found.file == file)
    }

    /// Shows what a search has found, with the first match selected.
    pub fn show(&mut self, report: SearchReport, dataset: &DatasetView) {
        let kept = self.selected_match().cloned();
        self.report = Some(Arc::new(report));
        self.menu = None;
        self.find_files(dataset);
        // While the region is dragged, the selection follows its match as long as it is there.
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

    /// A match could not be played: its row says why, where that is the file's fault and not that of the sound output.
    pub fn mark_unplayable(&mut self, path: &Utf8Path, failure: &Failure) {
        let Some(report) = self.report.as_mut().filter(|_| failure.is_about(path)) else { return };
        for found in Arc::make_mut(report).matches.iter_mut().filter(|found| found.path == path) {
            // The path stands in the row already.
            found.problem = Some(failure.words.clone());
        }
    }

    /// Looks up the matches' files in the dataset as it is now.
    pub fn find_files(&mut self, dataset: &DatasetView) {
        let Some(report) = &self.report else { return };
        self.files = report.matches.iter().map(|m| dataset.file(m.file).cloned()).collect();
    }

    /// Selects the line `by` lines further down; returns whether the selection moved.
    pub fn step(&mut self, by: isize) -> bool {
        let Some(next) = match_list::step(&self.lines(), self.selected, by) else { return false };
        let moved = self.selected != Some(next);
        self.selected = Some(next);
        self.reveal |= moved;
        moved
    }
}

/// What is searched for with "find similar": the chunk, or the whole file where files were ranked.
pub fn stretch_of(m: &Match) -> Option<(f64, f64)> {
    (m.by != Grouping::File).then_some((m.start_seconds, m.end_seconds))
}

pub fn clip_of(m: &Match) -> Clip {
    let stretch = stretch_of(m);
    Clip { path: m.path.clone(), from_secs: stretch.map_or(0.0, |s| s.0), to_secs: stretch.map(|s| s.1) }
}

/// Turns what a person typed or pasted into a path: quotes, `file://` and a leading `~` as shells and file managers
/// give them.
pub fn typed_path(typed: &str) -> Option<std::path::PathBuf> {
    let typed = typed.trim();
    let quoted = |q: char| typed.strip_prefix(q).and_then(|t| t.strip_suffix(q));
    let typed = quoted('"').or_else(|| quoted('\'')).unwrap_or(typed);
    let decoded = uri::to_path(typed);
    let typed = decoded.as_deref().unwrap_or(typed);
    if typed.is_empty() {
        return None;
    }
    if let Some(rest) = typed.strip_prefix("~/")
        && let Some(dirs) = directories::UserDirs::new()
    {
        return Some(dirs.home_dir().join(rest));
    }
    std::path::absolute(Utf8Path::new(typed)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn pasted_paths_come_as_shells_and_file_managers_write_them() {
        for typed in ["/a/b c.wav", " \"/a/b c.wav\" ", "'/a/b c.wav'", "file:///a/b%20c.wav"] {
            assert_eq!(typed_path(typed).as_deref(), Some(Path::new("/a/b c.wav")), "{typed}");
        }
        assert_eq!(typed_path("  "), None);
        assert_eq!(typed_path("file:///100%.wav").as_deref(), Some(Path::new("/100%.wav")));
    }
}
