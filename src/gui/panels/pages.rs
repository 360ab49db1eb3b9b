//! The pages: what is searched for and found, and the ways to look at the library as a whole.

use egui::Ui;

use super::{bits, collection, duplicates, learning, map, search};
use crate::gui::state::{Page, State};
use crate::gui::widgets::buttons::segmented;

/// Each page's name, and what is on it.
pub const PAGES: [(Page, &str, &str); 5] = [
    (Page::Search, "Search", "Search: what sounds like a sound (Ctrl+1)"),
    (Page::Map, "Map", "All sounds as dots: sounds that sound alike are near one another (Ctrl+2)"),
    (Page::Bits, "Bits", "One sound's code, bit by bit (Ctrl+3)"),
    (Page::Duplicates, "Duplicates", "Exact copies, and sounds that are nearly equal (Ctrl+4)"),
    (Page::Learning, "Training", "Training and indexing (Ctrl+5)"),
];

/// The switch between the pages. The map is a page only where it does not stand beside the search.
pub fn switch(ui: &mut Ui, state: &mut State) {
    if state.page == Page::Map && !state.is_narrow {
        state.page = Page::Search;
    }
    let mut page = state.page;
    let narrow = state.is_narrow;
    let pages: Vec<_> = PAGES.into_iter().filter(|(page, ..)| *page != Page::Map || narrow).collect();
    segmented(ui, &mut page, &pages);
    state.turn_to(page);
}

pub fn show(ui: &mut Ui, state: &mut State) {
    match state.page {
        Page::Search => search::show(ui, state),
        Page::Map => map::show(ui, state),
        Page::Bits => search::what_first_or(ui, state, bits::show),
        Page::Duplicates => duplicates::show(ui, state),
        Page::Learning => learning::show(ui, state),
        Page::Collection => collection::show(ui, state),
    }
}
