//! The parts of the window, one a file. A panel draws a [`State`] and puts what the person wants
//! into it; no panel knows the engine.

pub mod bits;
pub mod dataset;
pub mod duplicates;
pub mod earlier;
pub mod files;
pub mod header;
pub mod indexing;
pub mod map;
pub mod match_menu;
pub mod match_row;
pub mod matches;
pub mod microphone;
pub mod modals;
pub mod open_project;
pub mod output;
pub mod pages;
pub mod player;
mod project_menu;
pub mod query;
pub mod save;
pub mod search;
pub mod tags;
pub mod takes;
pub mod training;
pub mod welcome;

use egui::{Align, CentralPanel, Frame, Layout, Margin, Panel, RichText, ScrollArea, Ui};

use super::state::State;
use super::theme::{self, palette, size};
use super::widgets::divider::divider;

/// The whole window.
pub fn show(ui: &mut Ui, state: &mut State) {
    let palette = palette(ui.visuals());
    header::show(ui, state);
    let importing = state.job(crate::engine::JobKind::Import).is_some();
    if state.is_empty() && !(importing && state.latest.model.is_some()) {
        let ground = Frame::new().fill(palette.panel);
        CentralPanel::no_frame().frame(ground).show(ui, |ui| welcome::show(ui, state));
    } else {
        workbench(ui, state);
    }
    modals::show(ui, state);
    if let Some(text) = state.to_copy.take() {
        ui.ctx().copy_text(text);
    }
}

/// The panels of the work, in the order of the work.
fn workbench(ui: &mut Ui, state: &mut State) {
    let palette = palette(ui.visuals());
    let frame = theme::panel_frame(palette);
    let window = ui.available_width();
    let side = side_width(window);
    let chosen = |width: Option<f32>| width.unwrap_or(side).clamp(NARROWEST, side.max(window * 0.4));
    let left = chosen(state.preferences.dataset_width);
    let right = chosen(state.preferences.learning_width);
    Panel::bottom("player")
        .exact_size(size::PLAYER)
        .resizable(false)
        .show_separator_line(false)
        .frame(frame)
        .show(ui, |ui| player::show(ui, state, side));
    let gutter = Frame::new().fill(palette.window);
    Panel::bottom("gutter")
        .exact_size(size::GUTTER)
        .resizable(false)
        .show_separator_line(false)
        .frame(gutter)
        .show(ui, |_| ());
    Panel::left("dataset")
        .exact_size(left)
        .resizable(false)
        .show_separator_line(false)
        .frame(frame)
        .show(ui, |ui| dataset::show(ui, state));
    let narrow = is_narrow(ui.ctx());
    if !narrow {
        let panel = Panel::right("learning").exact_size(right).resizable(false).show_separator_line(false);
        let to_edge = Margin { right: size::PAD - BAR, ..Margin::same(size::PAD) };
        panel.frame(frame.inner_margin(to_edge)).show(ui, |ui| learning(ui, state));
    }
    let centre = frame.outer_margin(egui::Margin::symmetric(size::GUTTER as i8, 0));
    let ground = Frame::new().fill(palette.window);
    CentralPanel::no_frame().frame(ground).show(ui, |ui| {
        centre.show(ui, |ui| {
            ui.take_available_space();
            pages::show(ui, state);
        });
    });
    dividers(ui, state, left, (!narrow).then_some(right));
}

/// Training and indexing, one above the other. The scroll bar stands in a margin, beside what it scrolls.
fn learning(ui: &mut Ui, state: &mut State) {
    ui.spacing_mut().scroll.floating_allocated_width = 0.0;
    ScrollArea::vertical().id_salt("learning").auto_shrink(false).show(ui, |ui| {
        Frame::new().inner_margin(Margin { right: BAR, ..Margin::ZERO }).show(ui, |ui| {
            training::show(ui, state);
            ui.add_space(size::SECTION);
            ui.separator();
            ui.add_space(size::GAP);
            indexing::show(ui, state);
        });
    });
}

/// The margin that a scroll bar stands in.
const BAR: i8 = 11;

/// Whether the window is too narrow for three panels: then the learning is one of the centre's pages.
pub fn is_narrow(ctx: &egui::Context) -> bool {
    ctx.content_rect().width() < 960.0
}

/// Where the panels at the sides end, to be drawn aside. They come last: they lie over what is beside them.
fn dividers(ui: &mut Ui, state: &mut State, left: f32, right: Option<f32>) {
    let whole = ui.max_rect();
    let top = whole.top() + size::HEADER;
    let at = |x: f32| {
        let bottom = whole.bottom() - size::PLAYER - size::GUTTER;
        egui::Rect::from_x_y_ranges(x..=x + size::GUTTER, top..=bottom)
    };
    let wanted = divider(ui, at(whole.left() + left), "Width of the dataset", left, 1.0);
    if let Some(width) = wanted {
        state.preferences.dataset_width = width;
    }
    let Some(right) = right else { return };
    let wanted = divider(ui, at(whole.right() - right - size::GUTTER), "Width of the training", right, -1.0);
    if let Some(width) = wanted {
        state.preferences.learning_width = width;
    }
}

/// No panel at a side is narrower.
const NARROWEST: f32 = 248.0;

/// How wide the panels beside the search are in a window of this width.
fn side_width(window: f32) -> f32 {
    (window * 0.25).clamp(272.0, 400.0)
}

/// A panel's title, with what `aside` draws at the right end of its line.
fn title(ui: &mut Ui, text: &str, aside: impl FnOnce(&mut Ui)) {
    ui.horizontal(|ui| {
        ui.label(RichText::new(text).heading().color(palette(ui.visuals()).text));
        ui.with_layout(Layout::right_to_left(Align::Center), aside);
    });
}
