//! A message inside a panel. It needs attention, and stays until it is dismissed or its reason is gone.

use egui::{Align, Frame, Label, Layout, Stroke, TextStyle, Ui, Vec2};

use super::buttons::icon_button;
use super::icons::{self, Icon};
use crate::gui::notices::Tone;
use crate::gui::theme::{palette, size};

/// Returns whether it was dismissed. Without a name for the button it cannot be dismissed.
pub fn message(ui: &mut Ui, tone: Tone, text: &str, dismiss: Option<&str>) -> bool {
    let palette = palette(ui.visuals());
    let colour = match tone {
        Tone::Good => palette.accent,
        Tone::Warning => palette.warning,
        Tone::Error => palette.error,
    };
    let mut dismissed = false;
    let frame = Frame::new().fill(palette.well).stroke(Stroke::new(1.0, colour)).corner_radius(size::CORNER);
    frame.inner_margin(8).show(ui, |ui| {
        ui.with_layout(Layout::right_to_left(Align::Min), |ui| {
            if let Some(name) = dismiss {
                dismissed = icon_button(ui, Icon::Close, name).clicked();
            }
            ui.with_layout(Layout::left_to_right(Align::Min), |ui| {
                let height = if dismiss.is_some() { size::CONTROL } else { 18.0 };
                let (rect, _) = ui.allocate_exact_size(Vec2::new(18.0, height), egui::Sense::hover());
                icons::paint(ui.painter(), Icon::Warning, rect.shrink2(Vec2::new(1.5, 0.0)), colour);
                ui.vertical(|ui| {
                    // The first line is level with the icon and the cross.
                    ui.add_space((height - ui.text_style_height(&TextStyle::Body)) / 2.0);
                    ui.add(Label::new(text).wrap());
                });
            });
        });
    });
    dismissed
}
