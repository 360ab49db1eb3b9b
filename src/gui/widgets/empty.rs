//! A panel with nothing in it says what to do.

use egui::{RichText, Ui};

use super::text;
use crate::gui::theme::palette;

pub fn empty(ui: &mut Ui, title: &str, sentence: &str) {
    let palette = palette(ui.visuals());
    ui.vertical_centered(|ui| {
        ui.add_space((ui.available_height() * 0.2).min(120.0));
        ui.set_max_width(460.0f32.min(ui.available_width()));
        ui.label(RichText::new(title).heading().color(palette.text));
        text::help(ui, sentence);
    });
}
