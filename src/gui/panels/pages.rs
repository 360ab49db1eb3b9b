//! The pages of the centre: what is searched for and found, and the ways to look at the library as a whole.

use egui::Ui;

use super::{bits, duplicates, is_narrow, learning, map, search};
use crate::gui::state::{Page, State};
use crate::gui::widgets::buttons::segmented;

/// Each page's name, and what is on it.
pub const PAGES: [(Page, &str, &str); 4] = [
    (Page::Search, "Search", "What sounds like a sound (Ctrl+1)"),
    (Page::Map, "Map", "All sounds as dots: what sounds alike lies together (Ctrl+2)"),
    (Page::Bits, "Bits", "One sound's code, bit by bit (Ctrl+3)"),
    (Page::Duplicates, "Duplicates", "Sounds whose codes agree (Ctrl+4)"),
];

/// In a narrow window, the learning is a page as well.
pub const LEARNING: (Page, &str, &str) = (Page::Learning, "Learning", "Training and the index (Ctrl+5)");

pub fn show(ui: &mut Ui, state: &mut State) {
    let narrow = is_narrow(ui.ctx());
    let mut page = state.page;
    if page == Page::Learning && !narrow {
        page = Page::Search;
    }
    let pages: Vec<_> = PAGES.into_iter().chain(narrow.then_some(LEARNING)).collect();
    ui.horizontal(|ui| segmented(ui, &mut page, &pages));
    state.turn_to(page);
    match state.page {
        Page::Search => search::show(ui, state),
        Page::Map => search::what_first_or(ui, state, map::show),
        Page::Bits => search::what_first_or(ui, state, bits::show),
        Page::Duplicates => search::what_first_or(ui, state, duplicates::show),
        Page::Learning => learning(ui, state),
    }
}
