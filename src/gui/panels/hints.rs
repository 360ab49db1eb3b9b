//! The first three steps, in one line that disappears when all are done.

use egui::{RichText, Ui};

use crate::gui::shared::Shared;
use crate::gui::theme::palette;

pub const HEIGHT: f32 = 22.0;

/// Whether there is a hint to show.
pub fn are_wanted(shared: &Shared) -> bool {
    shared.index_obstacle().is_none() && shared.preferences.hints_done.contains(&false) && !shared.is_collapsed()
}

pub fn show(ui: &mut Ui, shared: &Shared) {
    let palette = palette(ui.visuals());
    let last = if shared.drags_out { "Drag it to another program" } else { "Copy it as a file (Shift+F10)" };
    let steps = ["Click a sound", "Press Down to hear its matches", last];
    ui.horizontal(|ui| {
        ui.spacing_mut().interact_size.y = HEIGHT;
        ui.spacing_mut().item_spacing.x = 16.0;
        for ((number, step), done) in (1..).zip(steps).zip(shared.preferences.hints_done) {
            let colour = if done { palette.dim } else { palette.accent };
            let step = RichText::new(format!("{number}  {step}")).small().color(colour);
            ui.label(if done { step.strikethrough() } else { step });
        }
    });
}
