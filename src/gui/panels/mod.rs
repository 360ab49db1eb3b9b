//! The parts of the window, one in each file. A panel draws a [`State`] and puts the person's wishes into it. No panel
//! knows the engine.

pub mod bits;
pub mod collection;
pub mod compare;
mod copies;
mod dropping;
pub mod duplicates;
pub mod files;
pub mod header;
mod hints;
pub mod indexing;
pub mod learning;
pub mod library;
pub mod map;
pub mod match_menu;
pub mod match_row;
pub mod matches;
pub mod microphone;
mod missing;
pub mod modals;
mod naming;
pub mod open_project;
pub mod output;
pub mod pages;
mod pill;
pub mod player;
mod project_menu;
pub mod query;
pub mod save;
pub mod search;
pub mod tags;
pub mod takes;
mod taught;
pub mod training;
pub mod weights;
mod welcome;

use egui::{Align, CentralPanel, Frame, Layout, Panel, RichText, Ui};

use super::state::{Page, State};
use super::theme::{self, palette, size};
use super::widgets::divider::divider;

/// The whole window.
pub fn show(ui: &mut Ui, state: &mut State) {
    let palette = palette(ui.visuals());
    state.is_narrow = ui.ctx().content_rect().width() < NARROW;
    header::show(ui, state);
    let importing = state.job(crate::engine::JobKind::Import).is_some();
    if state.is_empty() && !(importing && state.latest.model.is_some()) {
        let ground = Frame::new().fill(palette.panel);
        CentralPanel::no_frame().frame(ground).show(ui, |ui| welcome::show(ui, state));
    } else {
        workbench(ui, state);
    }
    modals::show(ui, state);
    dropping::show(ui, state);
    collection::dragged(ui);
    if let Some(text) = state.to_copy.take() {
        ui.ctx().copy_text(text);
    }
}

/// In a window that is narrower, the map is a page.
const NARROW: f32 = 960.0;

/// The player below, and above it either a page that takes the whole width, or the library, the search and the map side by
/// side.
fn workbench(ui: &mut Ui, state: &mut State) {
    let frame = theme::panel_frame(palette(ui.visuals()));
    let ground = Frame::new().fill(palette(ui.visuals()).window);
    let strip = |name: &'static str, height: f32| {
        Panel::bottom(name).exact_size(height).resizable(false).show_separator_line(false)
    };
    strip("player", size::PLAYER)
        .frame(theme::strip_frame(palette(ui.visuals())))
        .show(ui, |ui| player::show(ui, state));
    strip("gutter", size::GUTTER).frame(ground).show(ui, |_| ());
    if !matches!(state.page, Page::Search | Page::Map | Page::Collection) {
        CentralPanel::no_frame().frame(frame).show(ui, |ui| pages::show(ui, state));
        return;
    }
    let window = ui.available_width();
    let left = state.preferences.dataset_width.unwrap_or(library_width(window)).clamp(NARROWEST, window * 0.4);
    Panel::left("library")
        .exact_size(left)
        .resizable(false)
        .show_separator_line(false)
        .frame(frame)
        .show(ui, |ui| library::show(ui, state));
    let right = (!state.is_narrow).then(|| {
        let most = (window - left - NARROWEST_CENTRE).max(NARROWEST);
        state.preferences.map_width.unwrap_or(map_width(window)).clamp(NARROWEST, most)
    });
    if let Some(right) = right {
        let panel = Panel::right("map").exact_size(right).resizable(false).show_separator_line(false);
        panel.frame(frame).show(ui, |ui| map::show(ui, state));
    }
    let outer =
        egui::Margin { left: size::GUTTER as i8, right: right.map_or(0, |_| size::GUTTER as i8), ..Default::default() };
    let centre = frame.outer_margin(outer);
    CentralPanel::no_frame().frame(ground).show(ui, |ui| {
        centre.show(ui, |ui| {
            ui.take_available_space();
            pages::show(ui, state);
        });
    });
    dividers(ui, state, left, right);
}

/// Where the panels at the sides end, to be drawn aside. They come last: they lie over what is beside them.
fn dividers(ui: &mut Ui, state: &mut State, left: f32, right: Option<f32>) {
    let whole = ui.max_rect();
    let top = whole.top() + size::HEADER;
    let at = |x: f32| {
        let bottom = whole.bottom() - size::PLAYER - size::GUTTER;
        egui::Rect::from_x_y_ranges(x..=x + size::GUTTER, top..=bottom)
    };
    let wanted = divider(ui, at(whole.left() + left), "Width of the library", left, 1.0);
    if let Some(width) = wanted {
        state.preferences.dataset_width = width;
    }
    let Some(right) = right else { return };
    let wanted = divider(ui, at(whole.right() - right - size::GUTTER), "Width of the map", right, -1.0);
    if let Some(width) = wanted {
        state.preferences.map_width = width;
    }
}

/// No panel at a side is narrower.
const NARROWEST: f32 = 220.0;

/// What the search keeps for itself. Its rows then have room for names of 200 points.
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
