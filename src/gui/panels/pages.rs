//! The names of the pages, and the switch between them.

use egui::Ui;

use crate::gui::intents::Intents;
use crate::gui::shared::{Page, Shared};
use crate::gui::widgets::buttons::segmented;

/// Each page's name, and what is on it.
pub const PAGES: [(Page, &str, &str); 6] = [
    (Page::Search, "Search", "Search: what sounds like a sound (Ctrl+1)"),
    (Page::Map, "Map", "All sounds as dots: sounds that sound alike are near one another (Ctrl+2)"),
    (Page::Review, "Review", "Every place where the query occurs, to hear, see and answer one by one (Ctrl+3)"),
    (Page::Bits, "Bits", "One sound's code, bit by bit (Ctrl+4)"),
    (Page::Duplicates, "Duplicates", "Exact copies, and sounds that are nearly equal (Ctrl+5)"),
    (Page::Learning, "Training", "Training and indexing (Ctrl+6)"),
];

/// The switch between the pages. The map is a page only if it is not beside the search.
pub fn switch(ui: &mut Ui, shared: &Shared, intents: &mut Intents) {
    let mut page = shared.page;
    let pages: Vec<_> = PAGES.into_iter().filter(|(page, ..)| *page != Page::Map || shared.is_narrow).collect();
    segmented(ui, &mut page, &pages);
    if page != shared.page {
        intents.turn_to(page);
    }
}
