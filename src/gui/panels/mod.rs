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
pub mod output;
pub mod pages;
pub mod player;
pub mod query;
pub mod save;
pub mod search;
pub mod tags;
pub mod takes;
pub mod training;
pub mod welcome;

use egui::{Align, CentralPanel, Frame, Layout, Panel, RichText, ScrollArea, Ui};

use super::state::State;
use super::theme::{self, palette, size};

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
    let side = side_width(ui.available_width());
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
        .exact_size(side)
        .resizable(false)
        .show_separator_line(false)
        .frame(frame)
        .show(ui, |ui| dataset::show(ui, state));
    Panel::right("learning").exact_size(side).resizable(false).show_separator_line(false).frame(frame).show(ui, |ui| {
        ScrollArea::vertical().id_salt("learning").auto_shrink(false).show(ui, |ui| {
            training::show(ui, state);
            ui.add_space(size::SECTION);
            ui.separator();
            ui.add_space(size::GAP);
            indexing::show(ui, state);
        });
    });
    let centre = frame.outer_margin(egui::Margin::symmetric(size::GUTTER as i8, 0));
    let ground = Frame::new().fill(palette.window);
    CentralPanel::no_frame().frame(ground).show(ui, |ui| {
        centre.show(ui, |ui| {
            ui.take_available_space();
            pages::show(ui, state);
        });
    });
}

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
