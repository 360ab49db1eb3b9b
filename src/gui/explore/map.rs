//! The map: which dots, in which colours, what of it is in view, and what is selected.

use std::collections::HashMap;
use std::sync::Arc;

use super::Asked;
use super::kinds::Kinds;
use crate::dataset::FileId;
use crate::engine::{ChunkPlace, Command, DatasetView, MapReport, Match};
use crate::gui::match_list::Line;
use crate::gui::sound_state::SHORT_SECS;
use crate::gui::state::{List, Page, State};

/// How long the pointer has to rest on a dot before it plays: a dot that is crossed does not.
pub const DWELL_SECS: f64 = 0.15;

/// From this zoom on, each moment has a dot.
const NEAR: f32 = 5.0;

/// How far one can go in, and out, from seeing all.
const CLOSEST: f32 = 400.0;
const FURTHEST: f32 = 0.5;

/// Share of the plane's sides that is left free around all dots.
const MARGIN: f32 = 0.06;

/// Whether a place is inside of a closed line: a ray from it crosses the line an odd number of times.
fn is_inside(at: [f32; 2], line: &[[f32; 2]]) -> bool {
    let after = line.iter().cycle().skip(1);
    let crossed = line.iter().zip(after).filter(|(a, b)| {
        let above = (a[1] > at[1]) != (b[1] > at[1]);
        above && at[0] < a[0] + (at[1] - a[1]) / (b[1] - a[1]) * (b[0] - a[0])
    });
    crossed.count() % 2 == 1
}

pub struct MapState {
    /// The map of the index with this generation.
    pub asked: Asked<i64>,
    pub report: Option<Arc<MapReport>>,
    pub colour_by: ColourBy,
    pub kinds: Arc<Kinds>,
    /// The dataset as it was when they were found out.
    kinds_of: Option<Arc<DatasetView>>,
    /// The one kind that is not dimmed.
    pub only: Option<usize>,
    pub view: Option<View>,
    pub selected: Option<usize>,
    /// What is to be selected once the map is there: file, start and end in seconds.
    wanted: Option<(FileId, f64, f64)>,
    pub hovered: Option<Hovered>,
    pub hover_plays: bool,
    pub list_open: bool,
    /// The line that is being drawn around some dots, in places of the map.
    pub lasso: Vec<[f32; 2]>,
    /// Set when the plane is to get the keyboard's focus.
    pub take_focus: bool,
    /// Set when the selected dot has to be brought into view.
    pub reveal_on_plane: bool,
    pub reveal_in_list: bool,
    /// What shows everything on the plane as it was drawn last.
    pub all: Option<View>,
    /// The dots in view, as the list shows them, and of which view of which size they are.
    pub in_view: Arc<Vec<u32>>,
    pub in_view_of: Option<(View, [f32; 2])>,
    /// Each file's place among the report's.
    numbers: HashMap<FileId, u32>,
    /// Files in the dataset when it changed last, and whether the map has lost some since it was drawn.
    files: usize,
    has_lost_files: bool,
}

impl Default for MapState {
    fn default() -> Self {
        Self {
            asked: Asked::default(),
            report: None,
            colour_by: ColourBy::default(),
            kinds: Arc::default(),
            kinds_of: None,
            only: None,
            view: None,
            selected: None,
            wanted: None,
            hovered: None,
            hover_plays: true,
            list_open: false,
            lasso: Vec::new(),
            take_focus: false,
            reveal_on_plane: false,
            reveal_in_list: false,
            all: None,
            in_view: Arc::default(),
            in_view_of: None,
            numbers: HashMap::new(),
            files: 0,
            has_lost_files: false,
        }
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ColourBy {
    #[default]
    Folder,
    Tag,
    File,
}

/// What of the plane is in view.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct View {
    /// The place in the middle.
    pub centre: [f32; 2],
    /// Points for a unit of the plane.
    pub scale: f32,
}

/// The dot under the pointer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Hovered {
    pub dot: usize,
    pub since_secs: f64,
    pub played: bool,
}

impl View {
    /// Everything, on a plane of this size in points.
    pub fn of_all(report: &MapReport, size: [f32; 2]) -> Self {
        let (low, high) = report.dots.bounds();
        let room = |axis: usize| size[axis] * (1.0 - 2.0 * MARGIN) / (high[axis] - low[axis]).max(1e-3);
        Self { centre: [0, 1].map(|axis| f32::midpoint(low[axis], high[axis])), scale: room(0).min(room(1)) }
    }

    /// Zooms by `factor` so that the place under `at`, in points from the middle, stays there.
    pub fn zoomed(self, factor: f32, at: [f32; 2], all: View) -> Self {
        let scale = (self.scale * factor).clamp(all.scale * FURTHEST, all.scale * CLOSEST);
        let centre = [0, 1].map(|axis| self.centre[axis] + at[axis] / self.scale - at[axis] / scale);
        Self { centre, scale }
    }

    pub fn moved(self, by: [f32; 2]) -> Self {
        Self { centre: [0, 1].map(|axis| self.centre[axis] - by[axis] / self.scale), ..self }
    }
}

impl MapState {
    pub fn place(&self, dot: usize) -> Option<ChunkPlace> {
        self.report.as_ref()?.place(dot)
    }

    pub fn selected_place(&self) -> Option<ChunkPlace> {
        self.place(self.selected?)
    }

    /// Whether the map is seen from afar: one dot a sound. From near, each moment has a dot.
    pub fn shows_sounds(&self) -> bool {
        let Some(report) = &self.report else { return false };
        let zoom = match (self.view, self.all) {
            (Some(view), Some(all)) => view.scale / all.scale,
            _ => 1.0,
        };
        !report.sounds.of.is_empty() && zoom < NEAR
    }

    /// The dot that stands for a file from afar.
    pub fn dot_of_file(&self, file: FileId) -> Option<usize> {
        let report = self.report.as_ref()?;
        let number = *self.numbers.get(&file)?;
        let of = &report.sounds.of;
        let place = of.binary_search_by_key(&number, |dot| report.chunks[*dot as usize].file).ok()?;
        Some(of[place] as usize)
    }

    /// Where a dot is marked: from afar at the dot of its file.
    pub fn shown_dot(&self, dot: usize) -> usize {
        if !self.shows_sounds() {
            return dot;
        }
        self.place(dot).and_then(|place| self.dot_of_file(place.file)).unwrap_or(dot)
    }

    /// The dot of a chunk; of a sample, the dot of one that overlaps it.
    pub fn dot_of(&self, file: FileId, start_secs: f64, end_secs: f64) -> Option<usize> {
        let report = self.report.as_ref()?;
        let number = *self.numbers.get(&file)?;
        let after = report
            .chunks
            .partition_point(|chunk| chunk.file < number || (chunk.file == number && chunk.start_secs < start_secs));
        let near = [after.checked_sub(1), Some(after)].into_iter().flatten().filter(|&dot| {
            let chunk = report.chunks.get(dot);
            chunk.is_some_and(|c| c.file == number && c.start_secs < end_secs && start_secs < c.end_secs)
        });
        near.min_by(|&a, &b| {
            let apart = |dot: usize| (report.chunks[dot].start_secs - start_secs).abs();
            apart(a).total_cmp(&apart(b))
        })
    }

    /// The dataset has changed: a map that shows files which have gone, or lacks some that have come back, is asked for
    /// again.
    pub fn dataset_changed(&mut self, dataset: &DatasetView) {
        let Some(report) = &self.report else { return };
        let loses = report.files.iter().any(|file| dataset.file(file.id).is_none());
        let may_be_back = self.has_lost_files && dataset.files.len() > self.files;
        if loses || may_be_back {
            self.asked.forget();
        }
        self.has_lost_files |= loses;
        self.files = dataset.files.len();
    }

    pub fn dot_of_match(&self, found: &Match) -> Option<usize> {
        if self.shows_sounds() {
            return self.dot_of_file(found.file);
        }
        self.dot_of(found.file, found.start_seconds, found.end_seconds)
    }
}

impl State {
    /// Has the map drawn, once for an index.
    pub fn want_map(&mut self) {
        if let Some(generation) = self.index_generation()
            && self.explore.map.asked.wants(generation)
        {
            self.submit(Command::DrawMap);
        }
    }

    pub(super) fn map_drawn(&mut self, report: Arc<MapReport>) {
        let map = &mut self.explore.map;
        let selected = map.selected_place();
        map.numbers = report.files.iter().map(|file| file.id).zip(0..).collect();
        let is_same_plane = map.report.as_ref().is_some_and(|old| old.index_generation == report.index_generation);
        if !is_same_plane {
            (map.only, map.view, map.has_lost_files) = (None, None, false);
        }
        map.report = Some(report);
        (map.kinds_of, map.hovered, map.in_view_of) = (None, None, None);
        let at = map.wanted.take().or(selected.map(|at| (at.file, at.start_secs, at.end_secs)));
        map.selected = at.and_then(|(file, start_secs, end_secs)| map.dot_of(file, start_secs, end_secs));
    }

    pub fn colour_map_by(&mut self, by: ColourBy) {
        let map = &mut self.explore.map;
        (map.colour_by, map.only, map.kinds_of) = (by, None, None);
    }

    /// Finds out what the dots' colours are, where that may have changed: tags come and go.
    pub fn keep_kinds(&mut self) {
        let dataset = &self.latest.dataset;
        let map = &mut self.explore.map;
        let Some(report) = &map.report else { return };
        let known = map.kinds_of.as_ref().is_some_and(|of| map.colour_by != ColourBy::Tag || Arc::ptr_eq(of, dataset));
        if !known {
            map.kinds = Arc::new(Kinds::new(report, map.colour_by, dataset));
            map.kinds_of = Some(dataset.clone());
        }
    }

    /// A click: selects a dot, plays it and searches for it; the matches are marked on the map.
    pub fn click_dot(&mut self, dot: usize) {
        self.list = List::Dots;
        self.explore.map.selected = Some(dot);
        self.play_dot(dot);
        self.find_on_map();
    }

    /// Plays what a dot stands for: from afar a sound, from near a moment of it.
    pub fn play_dot(&mut self, dot: usize) {
        let Some(place) = self.explore.map.place(dot) else { return };
        let file = self.latest.dataset.file(place.file).cloned();
        match file.filter(|file| self.explore.map.shows_sounds() && file.duration_secs() <= SHORT_SECS) {
            Some(file) => self.play_file(&file),
            None => self.play_place(&place),
        }
    }

    /// A closed line was drawn around some dots: the matches are looked for among their sounds.
    pub fn look_among(&mut self, line: &[[f32; 2]]) {
        let Some(report) = self.explore.map.report.clone() else { return };
        let inside = report.sounds.of.iter().zip(report.sounds.dots.places()).filter(|(_, at)| is_inside(**at, line));
        let mut files: Vec<FileId> = inside.filter_map(|(dot, _)| Some(report.place(*dot as usize)?.file)).collect();
        files.sort_unstable();
        if !files.is_empty() {
            self.set_filter(|filter| filter.among = Some(Arc::new(files)));
        }
    }

    /// Turns to the map with a match selected on it, as soon as there is one.
    pub fn show_match_on_map(&mut self, line: Line) {
        self.select_match(line);
        self.turn_to(Page::Map);
        if let Some(found) = self.search.selected_match() {
            let map = &mut self.explore.map;
            map.selected = map.dot_of_match(found);
            map.wanted = map.selected.is_none().then_some((found.file, found.start_seconds, found.end_seconds));
            map.reveal_on_plane = true;
        }
    }

    /// Searches for the selected dot, and stays on the map.
    pub(super) fn find_on_map(&mut self) {
        if let Some(place) = self.explore.map.selected_place() {
            let page = self.page;
            let whole = self.explore.map.shows_sounds();
            self.choose_query(place.path, (!whole).then_some((place.start_secs, place.end_secs)));
            self.page = page;
        }
    }

    /// The pointer is on a dot, or on none. Returns in how many seconds it is to be looked at again.
    pub fn hover_dot(&mut self, dot: Option<usize>, now_secs: f64) -> Option<f64> {
        let map = &mut self.explore.map;
        let Some(dot) = dot else {
            map.hovered = None;
            return None;
        };
        let same = map.hovered.filter(|hovered| hovered.dot == dot);
        let mut hovered = same.unwrap_or(Hovered { dot, since_secs: now_secs, played: false });
        let left = hovered.since_secs + DWELL_SECS - now_secs;
        let plays = map.hover_plays && !hovered.played;
        let due = plays && left <= 0.0;
        hovered.played |= due;
        map.hovered = Some(hovered);
        if due {
            self.play_dot(dot);
        }
        (plays && !due).then_some(left)
    }

    /// An arrow key on the map: the nearest dot in that direction; the first of all where none is selected.
    pub(super) fn step_on_map(&mut self, towards: [f32; 2]) -> bool {
        let map = &mut self.explore.map;
        let Some(report) = map.report.clone().filter(|report| !report.dots.is_empty()) else { return false };
        let middle = map.view.or(map.all).map_or([0.0, 0.0], |view| view.centre);
        let next = if map.shows_sounds() {
            let sounds = &report.sounds;
            let at = map.selected.map(|dot| map.shown_dot(dot) as u32);
            let next = match at.and_then(|at| sounds.of.binary_search(&at).ok()) {
                None => sounds.dots.nearest(middle, f32::MAX.sqrt()),
                Some(sound) => sounds.dots.next(sound, towards),
            };
            next.map(|sound| sounds.of[sound] as usize)
        } else {
            match map.selected {
                None => report.dots.nearest(middle, f32::MAX.sqrt()),
                Some(dot) => report.dots.next(dot, towards),
            }
        };
        let Some(next) = next else { return false };
        (map.selected, map.reveal_on_plane, map.reveal_in_list) = (Some(next), true, true);
        true
    }

    /// Left and right, where the map was used last.
    pub fn step_aside(&mut self, by: f32) {
        if self.list == List::Dots && self.step_on_map([by, 0.0]) && self.search.auto_play {
            self.play_selected_dot();
        }
    }

    pub(super) fn play_selected_dot(&mut self) {
        if let Some(dot) = self.explore.map.selected {
            self.play_dot(dot);
        }
    }

    pub(super) fn step_in_map_list(&mut self, by: isize) -> bool {
        let map = &mut self.explore.map;
        let Some(last) = map.in_view.len().checked_sub(1) else { return false };
        let at = map.selected.and_then(|dot| map.in_view.iter().position(|&shown| shown as usize == dot));
        let next = at.map_or(0, |at| at.saturating_add_signed(by).min(last));
        let next = Some(map.in_view[next] as usize);
        let moved = map.selected != next;
        (map.selected, map.reveal_on_plane, map.reveal_in_list) = (next, moved, moved);
        moved
    }
}
