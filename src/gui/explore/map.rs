//! The map: which dots, in which colours, the visible part, and the selection.

use std::collections::HashMap;
use std::sync::Arc;

use super::Asked;
use super::kinds::{ColourBy, Kinds};
use crate::dataset::FileId;
use crate::engine::{ChunkPlace, DatasetView, MapReport, Match};

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

impl MapState {
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
