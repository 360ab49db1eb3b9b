//! The keys of the query's picture, while it has the focus: they move the chosen part and its end, zoom, and play.

use egui::{EventFilter, Key, Modifiers, Response, Ui};

use crate::gui::intents::Intents;
use crate::gui::search_state::{SHORTEST_SECS, SearchState};

/// How far an arrow key moves the chosen part, as a share of what fills the picture.
const STEP: f64 = 0.02;

/// The length of a part that an arrow key chooses, as a share of what fills the picture.
const FIRST: f64 = 0.1;

/// The factor of one step of zoom.
const ZOOM: f64 = 2.0;

/// The shortest part that fills the picture.
const CLOSEST_SECS: f64 = 0.05;

pub fn handle(ui: &Ui, response: &Response, search: &mut SearchState, duration_secs: f64, intents: &mut Intents) {
    if !response.has_focus() {
        return;
    }
    let filter = EventFilter { horizontal_arrows: true, ..EventFilter::default() };
    ui.memory_mut(|memory| memory.set_focus_lock_filter(response.id, filter));
    let pressed = |modifiers, key| ui.input_mut(|input| input.consume_key(modifiers, key));
    let (from, to) = search.zoom.unwrap_or((0.0, duration_secs));
    let length = to - from;
    for (key, by) in [(Key::ArrowLeft, -STEP * length), (Key::ArrowRight, STEP * length)] {
        if pressed(Modifiers::SHIFT, key) {
            choose(search, intents, end_moved(search.region, (from, to), by, duration_secs));
        }
        if pressed(Modifiers::NONE, key) {
            choose(search, intents, moved(search.region, (from, to), by, duration_secs));
        }
    }
    let mut zoom = |factor: f64| {
        let at = search.region.map_or((from + to) / 2.0, |(first, last)| (first + last) / 2.0);
        if search.zoom_to(zoomed(at, length / factor, duration_secs)) {
            intents.want_pictures();
        }
    };
    if pressed(Modifiers::NONE, Key::Plus) || pressed(Modifiers::NONE, Key::Equals) {
        zoom(ZOOM);
    }
    if pressed(Modifiers::NONE, Key::Minus) {
        zoom(1.0 / ZOOM);
    }
    if pressed(Modifiers::NONE, Key::Num0) {
        zoom(0.0);
    }
    if pressed(Modifiers::NONE, Key::Space) {
        intents.play_or_stop_query();
    }
}

/// Chooses a part, and keeps it in the picture.
fn choose(search: &mut SearchState, intents: &mut Intents, (from, to): (f64, f64)) {
    if let Some((first, last)) = search.zoom {
        let later = if from < first { from - first } else { (to - last).max(0.0) };
        if later != 0.0 && search.zoom_to(Some((first + later, last + later))) {
            intents.want_pictures();
        }
    }
    intents.choose_region(Some((from, to)));
}

/// The chosen part, moved. If none is chosen, one at the left of the picture.
fn moved(region: Option<(f64, f64)>, (first, last): (f64, f64), by: f64, duration: f64) -> (f64, f64) {
    let Some((from, to)) = region else { return (first, (first + FIRST * (last - first)).min(duration)) };
    let by = by.clamp(-from, (duration - to).max(0.0));
    (from + by, to + by)
}

/// The chosen part, with its end moved.
fn end_moved(region: Option<(f64, f64)>, shown: (f64, f64), by: f64, duration: f64) -> (f64, f64) {
    let (from, to) = region.unwrap_or_else(|| moved(None, shown, 0.0, duration));
    (from, (to + by).clamp((from + SHORTEST_SECS).min(duration), duration))
}

/// A part of this length around a second. `None` for the whole sound.
fn zoomed(at: f64, length: f64, duration: f64) -> Option<(f64, f64)> {
    let length = length.max(CLOSEST_SECS);
    if length >= duration {
        return None;
    }
    let from = (at - length / 2.0).clamp(0.0, duration - length);
    Some((from, from + length))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_moves_and_grows_within_the_sound() {
        let shown = (2.0, 12.0);
        assert_eq!(moved(None, shown, 0.2, 100.0), (2.0, 3.0), "the first press chooses a part");
        assert_eq!(moved(Some((2.0, 3.0)), shown, 0.2, 100.0), (2.2, 3.2));
        assert_eq!(moved(Some((0.1, 1.1)), shown, -0.2, 100.0), (0.0, 1.0), "not before the start");
        assert_eq!(moved(Some((98.5, 99.9)), shown, 0.2, 100.0), (98.6, 100.0), "not behind the end");
        assert_eq!(end_moved(Some((2.0, 3.0)), shown, 0.5, 100.0), (2.0, 3.5));
        assert_eq!(end_moved(Some((2.0, 3.0)), shown, -9.0, 100.0), (2.0, 2.0 + SHORTEST_SECS));
    }

    #[test]
    fn zoom_stays_within_the_sound() {
        assert_eq!(zoomed(50.0, 10.0, 100.0), Some((45.0, 55.0)));
        assert_eq!(zoomed(1.0, 10.0, 100.0), Some((0.0, 10.0)));
        assert_eq!(zoomed(99.0, 10.0, 100.0), Some((90.0, 100.0)));
        assert_eq!(zoomed(50.0, 100.0, 100.0), None);
        assert_eq!(zoomed(1.0, f64::INFINITY, 100.0), None);
    }
}
