//! The map: which dots, in which colours, the visible part, and the selection.

use std::collections::HashMap;
use std::sync::Arc;

use super::Asked;
use super::kinds::{ColourBy, Kinds};
use crate::dataset::FileId;
use crate::engine::{ChunkPlace, Command, DatasetView, MapReport, Match};
use crate::gui::explore::clip_of_place;
use crate::gui::intents::Intents;
use crate::gui::shared::{SHORT_SECS, Shared};

/// How long the pointer must rest on a dot before the dot plays. A dot that the pointer only crosses stays silent.
pub const DWELL_SECS: f64 = 0.15;

/// From this zoom on, each moment has a dot.
const NEAR: f32 = 5.0;

/// The farthest zoom in and out, relative to showing everything.
const CLOSEST: f32 = 400.0;
const FURTHEST: f32 = 0.5;

/// The margin around all dots, as a share of the plane's sides.
const MARGIN: f32 = 0.06;

pub struct MapState {
    /// The map of the index with this generation.
    pub asked: Asked<i64>,
    pub report: Option<Arc<MapReport>>,
    pub colour_by: ColourBy,
    pub kinds: Arc<Kinds>,
    /// The dataset from which the kinds were derived.
    pub kinds_of: Option<Arc<DatasetView>>,
    /// The only kind that is not dimmed.
    pub only: Option<usize>,
    pub view: Option<View>,
    pub selected: Option<usize>,
    /// The selection to make when the map is there: file, start and end in seconds.
    pub wanted: Option<(FileId, f64, f64)>,
    pub hovered: Option<Hovered>,
    pub hover_plays: bool,
    pub list_open: bool,
    /// The line that the person is drawing around dots, in coordinates of the map.
    pub lasso: Vec<[f32; 2]>,
    /// Set when the plane should get the keyboard.
    pub take_focus: bool,
    /// Set when the selected dot must be brought into view.
    pub reveal_on_plane: bool,
    pub reveal_in_list: bool,
    /// The view that shows everything on the plane, at its last size.
    pub all: Option<View>,
    /// The dots in view, in the list's order, and the view and its size to which they belong.
    pub in_view: Arc<Vec<u32>>,
    pub in_view_of: Option<(View, [f32; 2])>,
    /// The position of each file in the report's list.
    pub numbers: HashMap<FileId, u32>,
    /// The number of files in the dataset after its last change, and whether the map has lost some since it was drawn.
    files: usize,
    pub has_lost_files: bool,
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

/// The visible part of the plane.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct View {
    /// The place in the middle.
    pub centre: [f32; 2],
    /// Points per unit of the plane.
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
    /// The view that shows everything on a plane of this size in points.
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

/// Whether a place is inside a closed line: a ray from the place crosses the line an odd number of times.
fn is_inside(at: [f32; 2], line: &[[f32; 2]]) -> bool {
    let after = line.iter().cycle().skip(1);
    let crossed = line.iter().zip(after).filter(|(a, b)| {
        let above = (a[1] > at[1]) != (b[1] > at[1]);
        above && at[0] < a[0] + (at[1] - a[1]) / (b[1] - a[1]) * (b[0] - a[0])
    });
    crossed.count() % 2 == 1
}

impl MapState {
    /// Asks for the map, once for each index.
    pub fn want(&mut self, shared: &Shared, intents: &mut Intents) {
        if let Some(generation) = shared.index_generation()
            && self.asked.wants(generation)
        {
            intents.submit(Command::DrawMap);
        }
    }

    /// Shows a map. The view and the selection stay if the index is still the same.
    pub fn show(&mut self, report: Arc<MapReport>) {
        let selected = self.selected_place();
        self.numbers = report.files.iter().map(|file| file.id).zip(0..).collect();
        let is_same_plane = self.report.as_ref().is_some_and(|old| old.index_generation == report.index_generation);
        if !is_same_plane {
            (self.only, self.view, self.has_lost_files) = (None, None, false);
        }
        self.report = Some(report);
        (self.kinds_of, self.hovered, self.in_view_of) = (None, None, None);
        let at = self.wanted.take().or(selected.map(|at| (at.file, at.start_secs, at.end_secs)));
        self.selected = at.and_then(|(file, start_secs, end_secs)| self.dot_of(file, start_secs, end_secs));
    }

    /// Selects the dot of a match. If there is no map yet, the dot is selected as soon as there is one.
    pub fn select_match(&mut self, found: &Match) {
        self.selected = self.dot_of_match(found);
        self.wanted = self.selected.is_none().then_some((found.file, found.start_seconds, found.end_seconds));
        self.reveal_on_plane = true;
    }

    pub fn colour_by(&mut self, by: ColourBy) {
        (self.colour_by, self.only, self.kinds_of) = (by, None, None);
    }

    /// Updates the colours of the dots, if they may have changed: tags come and go.
    pub fn keep_kinds(&mut self, dataset: &Arc<DatasetView>) {
        let Some(report) = &self.report else { return };
        let depends = !matches!(self.colour_by, ColourBy::Folder | ColourBy::File);
        let known = self.kinds_of.as_ref().is_some_and(|of| !depends || Arc::ptr_eq(of, dataset));
        if !known {
            self.kinds = Arc::new(Kinds::new(report, self.colour_by, dataset));
            self.kinds_of = Some(dataset.clone());
        }
    }

    /// Plays what a dot stands for: a short sound as a whole, otherwise the moment.
    pub fn play(&self, dot: usize, shared: &Shared, intents: &mut Intents) {
        let Some(place) = self.place(dot) else { return };
        let file = shared.latest.dataset.file(place.file);
        match file.filter(|file| self.shows_sounds() && file.duration_secs() <= SHORT_SECS) {
            Some(file) => intents.play_file(file),
            None => intents.play(clip_of_place(place)),
        }
    }

    /// Notes the dot under the pointer. Returns the dot to play, if the pointer has rested on it for long enough, and
    /// the seconds until that must be checked again.
    pub fn hover(&mut self, dot: Option<usize>, now_secs: f64) -> (Option<usize>, Option<f64>) {
        let Some(dot) = dot else {
            self.hovered = None;
            return (None, None);
        };
        let same = self.hovered.filter(|hovered| hovered.dot == dot);
        let mut hovered = same.unwrap_or(Hovered { dot, since_secs: now_secs, played: false });
        let left = hovered.since_secs + DWELL_SECS - now_secs;
        let plays = self.hover_plays && !hovered.played;
        let due = plays && left <= 0.0;
        hovered.played |= due;
        self.hovered = Some(hovered);
        (due.then_some(dot), (plays && !due).then_some(left))
    }

    /// Zooms around the middle. Without a factor, shows everything.
    pub fn zoom(&mut self, factor: Option<f32>) {
        self.view = match (self.view.or(self.all), self.all, factor) {
            (Some(view), Some(all), Some(factor)) => Some(view.zoomed(factor, [0.0, 0.0], all)),
            _ => None,
        };
    }

    /// Selects the nearest dot in a direction, or the first dot if none is selected. Returns whether there is one.
    pub fn step(&mut self, towards: [f32; 2]) -> bool {
        let Some(report) = self.report.clone().filter(|report| !report.dots.is_empty()) else { return false };
        let middle = self.view.or(self.all).map_or([0.0, 0.0], |view| view.centre);
        let next = if self.shows_sounds() {
            let sounds = &report.sounds;
            let at = self.selected.map(|dot| self.shown_dot(dot) as u32);
            let next = match at.and_then(|at| sounds.of.binary_search(&at).ok()) {
                None => sounds.dots.nearest(middle, f32::MAX.sqrt()),
                Some(sound) => sounds.dots.next(sound, towards),
            };
            next.map(|sound| sounds.of[sound] as usize)
        } else {
            match self.selected {
                None => report.dots.nearest(middle, f32::MAX.sqrt()),
                Some(dot) => report.dots.next(dot, towards),
            }
        };
        let Some(next) = next else { return false };
        (self.selected, self.reveal_on_plane, self.reveal_in_list) = (Some(next), true, true);
        true
    }

    /// Moves the selection in the list of the dots in view. Returns whether it moved.
    pub fn step_in_list(&mut self, by: isize) -> bool {
        let Some(last) = self.in_view.len().checked_sub(1) else { return false };
        let at = self.selected.and_then(|dot| self.in_view.iter().position(|&shown| shown as usize == dot));
        let next = at.map_or(0, |at| at.saturating_add_signed(by).min(last));
        let next = Some(self.in_view[next] as usize);
        let moved = self.selected != next;
        (self.selected, self.reveal_on_plane, self.reveal_in_list) = (next, moved, moved);
        moved
    }

    /// The files with a sound inside a closed line, in ascending order.
    pub fn files_inside(&self, line: &[[f32; 2]]) -> Vec<FileId> {
        let Some(report) = &self.report else { return Vec::new() };
        let inside = report.sounds.of.iter().zip(report.sounds.dots.places()).filter(|(_, at)| is_inside(**at, line));
        let mut files: Vec<FileId> = inside.filter_map(|(dot, _)| Some(report.place(*dot as usize)?.file)).collect();
        files.sort_unstable();
        files
    }

    pub fn place(&self, dot: usize) -> Option<ChunkPlace> {
        self.report.as_ref()?.place(dot)
    }

    pub fn selected_place(&self) -> Option<ChunkPlace> {
        self.place(self.selected?)
    }

    /// Whether the map shows one dot for each sound. From near, each moment has a dot.
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

    /// Where a dot is marked: when the map shows sounds, at the dot of its file.
    pub fn shown_dot(&self, dot: usize) -> usize {
        if !self.shows_sounds() {
            return dot;
        }
        self.place(dot).and_then(|place| self.dot_of_file(place.file)).unwrap_or(dot)
    }

    /// The dot of a chunk. If the map shows a sample, the dot of a chunk that overlaps it.
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

    /// The dataset has changed. A map that shows removed files, or lacks restored ones, is asked for again.
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
