//! The pages of the centre: what is searched for and found, and the ways to look at the library as a whole.

use egui::Ui;

use super::{bits, duplicates, map, search};
use crate::gui::state::{Page, State};
use crate::gui::widgets::buttons::segmented;

/// Each page's name, and what is on it.
pub const PAGES: [(Page, &str, &str); 4] = [
    (Page::Search, "Search", "What sounds like a sound (Ctrl+1)"),
    (Page::Map, "Map", "All sounds as dots: what sounds alike lies together (Ctrl+2)"),
    (Page::Bits, "Bits", "One sound's code, bit by bit (Ctrl+3)"),
    (Page::Duplicates, "Duplicates", "Sounds whose codes agree (Ctrl+4)"),
];

pub fn show(ui: &mut Ui, state: &mut State) {
    let mut page = state.page;
    ui.horizontal(|ui| segmented(ui, &mut page, &PAGES));
    state.turn_to(page);
    match state.page {
        Page::Search => search::show(ui, state),
        Page::Map => search::what_first_or(ui, state, map::show),
        Page::Bits => search::what_first_or(ui, state, bits::show),
        Page::Duplicates => search::what_first_or(ui, state, duplicates::show),
    }
}
