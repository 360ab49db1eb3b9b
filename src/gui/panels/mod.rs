//! The panels of the window. The parameters of a panel show what it can do: it changes what it takes as `&mut`, reads what
//! it takes as `&`, and puts everything else that the person wants on a list of [`Intents`]. This file alone has the whole
//! [`State`]: it gives each panel its part.

pub mod bits;
pub mod collection;
pub mod compare;
mod copies;
mod dropping;
pub mod duplicates;
mod file_columns;
mod file_row;
pub mod files;
pub mod header;
mod hints;
pub mod indexing;
pub mod learning;
pub mod library;
mod library_footer;
pub mod map;
mod map_plane;
mod match_headings;
pub mod match_menu;
pub mod match_row;
pub mod matches;
pub mod microphone;
mod missing;
pub mod modals;
mod naming;
pub mod notices;
pub mod open_project;
pub mod output;
pub mod pages;
mod pill;
pub mod player;
mod project_menu;
pub mod query;
mod query_keys;
pub mod review;
mod review_counts;
mod review_grid;
mod review_list;
mod review_timeline;
pub mod save;
pub mod search;
#[cfg(feature = "shared")]
mod shared_library;
pub mod tags;
pub mod takes;
mod taught;
pub mod training;
pub mod weights;
mod welcome;

use egui::{Align, CentralPanel, Frame, Layout, Panel, RichText, Ui};

use super::intents::Intents;
use super::shared::Page;
use super::state::State;
use super::theme::{self, palette, size};
use super::widgets::divider::divider;
use crate::engine::JobKind;

/// Draws the whole window, and then carries out what the person wants.
pub fn show(ui: &mut Ui, state: &mut State) {
    let palette = palette(ui.visuals());
    let mut intents = Intents::default();
    state.shared.is_covered = state.modals.open.is_some();
    state.fit_into(ui.ctx().content_rect().width() < NARROW);
    header::show(ui, &state.shared, &mut intents);
    let importing = state.shared.job(JobKind::Import).is_some();
    let searches_library = state.shared.library_in_words().is_some();
    if state.shared.is_empty() && !searches_library && !(importing && state.shared.latest.model.is_some()) {
        let ground = Frame::new().fill(palette.panel);
        CentralPanel::no_frame().frame(ground).show(ui, |ui| {
            welcome::show(ui, &mut state.library.add_typed, &state.shared, &mut intents);
        });
    } else {
        workbench(ui, state, &mut intents);
    }
    modals::show(ui, &mut state.modals, &state.copies, &state.shared, &mut intents);
    dropping::show(ui, &state.shared);
    collection::dragged(ui);
    if state.carry_out(intents) {
        // What was carried out shows in the next frame.
        ui.ctx().request_repaint();
    }
    if let Some(text) = state.to_copy.take() {
        ui.ctx().copy_text(text);
    }
}

/// In a window that is narrower, the map is a page.
const NARROW: f32 = 960.0;

/// The player is below. Above it is either a page that takes the whole width, or the library, the search and the map side by
/// side.
fn workbench(ui: &mut Ui, state: &mut State, intents: &mut Intents) {
    let frame = theme::panel_frame(palette(ui.visuals()));
    let ground = Frame::new().fill(palette(ui.visuals()).window);
    let strip = |name: &'static str, height: f32| {
        Panel::bottom(name).exact_size(height).resizable(false).show_separator_line(false)
    };
    strip("player", size::PLAYER).frame(theme::strip_frame(palette(ui.visuals()))).show(ui, |ui| {
        player::show(ui, &mut state.sound, &state.shared, state.bits.decoded.as_deref(), intents);
    });
    strip("gutter", size::GUTTER).frame(ground).show(ui, |_| ());
    if !matches!(state.shared.page, Page::Search | Page::Map | Page::Collection) {
        CentralPanel::no_frame().frame(frame).show(ui, |ui| page(ui, state, intents));
        return;
    }
    let window = ui.available_width();
    let preferences = &state.shared.preferences;
    let left = preferences.dataset_width.unwrap_or(library_width(window)).clamp(NARROWEST, window * 0.4);
    let right = (!state.shared.is_narrow).then(|| {
        let most = (window - left - NARROWEST_CENTRE).max(NARROWEST);
        preferences.map_width.unwrap_or(map_width(window)).clamp(NARROWEST, most)
    });
    let side =
        |panel: Panel, width: f32| panel.exact_size(width).resizable(false).show_separator_line(false).frame(frame);
    side(Panel::left("library"), left).show(ui, |ui| {
        let State { library, files, search, collection, shared, .. } = state;
        library::show(ui, library, files, search, collection, shared, intents);
    });
    if let Some(right) = right {
        side(Panel::right("map"), right).show(ui, |ui| {
            map::show(ui, &mut state.map, &state.search, &state.shared, intents);
        });
    }
    let outer =
        egui::Margin { left: size::GUTTER as i8, right: right.map_or(0, |_| size::GUTTER as i8), ..Default::default() };
    let centre = frame.outer_margin(outer);
    CentralPanel::no_frame().frame(ground).show(ui, |ui| {
        centre.show(ui, |ui| {
            ui.take_available_space();
            page(ui, state, intents);
        });
    });
    dividers(ui, state, left, right);
}

/// The page that is open.
fn page(ui: &mut Ui, state: &mut State, intents: &mut Intents) {
    let subjects = (state.shared.page == Page::Bits).then(|| state.subjects());
    let State {
        search, review, map, bits, duplicates, copies, collection, form, indexing, sound, notices, shared, ..
    } = state;
    let shared = &*shared;
    match shared.page {
        Page::Search => search::show(ui, search, sound, shared, notices, intents),
        Page::Map => map::show(ui, map, search, shared, intents),
        Page::Review => search::what_first_or(ui, shared, intents, |ui, intents| {
            review::show(ui, review, search, shared, intents);
        }),
        Page::Bits => search::what_first_or(ui, shared, intents, |ui, intents| {
            bits::show(ui, bits, &subjects.unwrap_or_default(), shared, intents);
        }),
        Page::Duplicates => duplicates::show(ui, duplicates, copies, shared, intents),
        Page::Learning => learning::show(ui, form, indexing, shared, intents),
        Page::Collection => collection::show(ui, collection, shared, intents),
    }
}

/// The edges of the panels at the sides, which the person can drag. They are drawn last, over their neighbours.
fn dividers(ui: &mut Ui, state: &mut State, left: f32, right: Option<f32>) {
    let whole = ui.max_rect();
    let top = whole.top() + size::HEADER;
    let at = |x: f32| {
        let bottom = whole.bottom() - size::PLAYER - size::GUTTER;
        egui::Rect::from_x_y_ranges(x..=x + size::GUTTER, top..=bottom)
    };
    let wanted = divider(ui, at(whole.left() + left), "Width of the library", left, 1.0);
    if let Some(width) = wanted {
        state.shared.preferences.dataset_width = width;
    }
    let Some(right) = right else { return };
    let wanted = divider(ui, at(whole.right() - right - size::GUTTER), "Width of the map", right, -1.0);
    if let Some(width) = wanted {
        state.shared.preferences.map_width = width;
    }
}

/// The least width of a panel at a side.
const NARROWEST: f32 = 220.0;

/// The least width of the search. Its rows then have room for names of 200 points.
const NARROWEST_CENTRE: f32 = 420.0;

fn library_width(window: f32) -> f32 {
    (window * 0.24).clamp(NARROWEST, 420.0)
}

/// A large window gives most of its extra width to the map.
fn map_width(window: f32) -> f32 {
    (window * 0.28).clamp(260.0, 400.0) + (window - 1440.0).max(0.0) * 0.4
}

/// A panel's title, with what `aside` draws at the right end of its line.
fn title(ui: &mut Ui, text: &str, aside: impl FnOnce(&mut Ui)) {
    ui.horizontal(|ui| {
        ui.label(RichText::new(text).heading().color(palette(ui.visuals()).text));
        ui.with_layout(Layout::right_to_left(Align::Center), aside);
    });
}
