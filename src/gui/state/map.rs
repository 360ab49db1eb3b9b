//! The map: having it drawn, and selecting, hearing and finding what its dots stand for.

use std::sync::Arc;

use super::{List, Page, State};
use crate::dataset::FileId;
use crate::engine::{Command, MapReport};
use crate::gui::explore::kinds::{ColourBy, Kinds};
use crate::gui::explore::map::{DWELL_SECS, Hovered};
use crate::gui::match_list::Line;
use crate::gui::sound_state::SHORT_SECS;

/// Whether a place is inside a closed line: a ray from the place crosses the line an odd number of times.
fn is_inside(at: [f32; 2], line: &[[f32; 2]]) -> bool {
    let after = line.iter().cycle().skip(1);
    let crossed = line.iter().zip(after).filter(|(a, b)| {
        let above = (a[1] > at[1]) != (b[1] > at[1]);
        above && at[0] < a[0] + (at[1] - a[1]) / (b[1] - a[1]) * (b[0] - a[0])
    });
    crossed.count() % 2 == 1
}

impl State {
    /// Asks for the map, once for each index.
    pub fn want_map(&mut self) {
        if let Some(generation) = self.index_generation()
            && self.explore.map.asked.wants(generation)
        {
            self.submit(Command::DrawMap);
        }
    }

    pub(in crate::gui) fn map_drawn(&mut self, report: Arc<MapReport>) {
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

    /// Updates the colours of the dots, if they may have changed: tags come and go.
    pub fn keep_kinds(&mut self) {
        let dataset = &self.latest.dataset;
        let map = &mut self.explore.map;
        let Some(report) = &map.report else { return };
        let known = map
            .kinds_of
            .as_ref()
            .is_some_and(|of| matches!(map.colour_by, ColourBy::Folder | ColourBy::File) || Arc::ptr_eq(of, dataset));
        if !known {
            map.kinds = Arc::new(Kinds::new(report, map.colour_by, dataset));
            map.kinds_of = Some(dataset.clone());
        }
    }

    /// A click selects a dot, plays it and searches with it. The matches are marked on the map.
    pub fn click_dot(&mut self, dot: usize) {
        self.list = List::Dots;
        self.explore.map.selected = Some(dot);
        self.play_dot(dot);
        self.find_on_map();
    }

    /// Plays what a dot stands for: a sound, or from near a moment of it.
    pub fn play_dot(&mut self, dot: usize) {
        let Some(place) = self.explore.map.place(dot) else { return };
        let file = self.latest.dataset.file(place.file).cloned();
        match file.filter(|file| self.explore.map.shows_sounds() && file.duration_secs() <= SHORT_SECS) {
            Some(file) => self.play_file(&file),
            None => self.play_place(&place),
        }
    }

    /// Searches only among the sounds of the dots inside a closed line.
    pub fn look_among(&mut self, line: &[[f32; 2]]) {
        let Some(report) = self.explore.map.report.clone() else { return };
        let inside = report.sounds.of.iter().zip(report.sounds.dots.places()).filter(|(_, at)| is_inside(**at, line));
        let mut files: Vec<FileId> = inside.filter_map(|(dot, _)| Some(report.place(*dot as usize)?.file)).collect();
        files.sort_unstable();
        if !files.is_empty() {
            self.set_filter(|filter| filter.among = Some(Arc::new(files)));
        }
    }

    /// Shows the map with a match selected, as soon as there is a map.
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
    pub(in crate::gui) fn find_on_map(&mut self) {
        if let Some(place) = self.explore.map.selected_place() {
            let page = self.page;
            let whole = self.explore.map.shows_sounds();
            self.choose_query(place.path, (!whole).then_some((place.start_secs, place.end_secs)));
            self.page = page;
        }
    }

    /// The pointer is on a dot, or on none. Returns the seconds until the next check.
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

    /// An arrow key on the map: selects the nearest dot in that direction, or the first dot if none is selected.
    pub(in crate::gui) fn step_on_map(&mut self, towards: [f32; 2]) -> bool {
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

    pub(in crate::gui) fn play_selected_dot(&mut self) {
        if let Some(dot) = self.explore.map.selected {
            self.play_dot(dot);
        }
    }

    pub(in crate::gui) fn step_in_map_list(&mut self, by: isize) -> bool {
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
