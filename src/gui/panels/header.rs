//! The strip at the top: the project, the pages, the state of the model, the theme, the list of keys, and why nothing
//! can be changed.

use egui::{Align, Frame, Layout, Margin, Panel, Rect, RichText, Sense, Ui, vec2};

use super::{pages, pill};
use crate::gui::format;
use crate::gui::intents::Intents;
use crate::gui::modals::Modal;
use crate::gui::preferences::Look;
use crate::gui::shared::Shared;
use crate::gui::theme::{self, palette, size};
use crate::gui::widgets::buttons::{icon_button, icon_toggle};
use crate::gui::widgets::icons::{self, Icon};

/// From this width of the window on, the name of the program is shown.
const NAMED: f32 = 1100.0;

pub fn show(ui: &mut Ui, shared: &Shared, intents: &mut Intents) {
    let palette = palette(ui.visuals());
    let frame = Frame::new().fill(palette.window).inner_margin(Margin { left: 14, right: 10, top: 0, bottom: 0 });
    let strip = Panel::top("header").exact_size(size::HEADER).resizable(false).show_separator_line(false);
    strip.frame(frame).show(ui, |ui| {
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.spacing_mut().item_spacing.x = 2.0;
            if icon_button(ui, Icon::Help, "Keys").clicked() {
                intents.open(Modal::Keys);
            }
            ui.add_space(size::GAP);
            theme_switch(ui, intents);
            ui.add_space(size::GAP);
            if !shared.is_empty() {
                pill::show(ui, shared, intents);
            }
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                emblem(ui);
                ui.add_space(size::GAP);
                if ui.ctx().content_rect().width() >= NAMED {
                    ui.label(RichText::new("Soundalike").heading());
                    ui.add_space(size::GAP);
                }
                // Otherwise a button at rest would hardly be visible on the window's background.
                ui.visuals_mut().widgets.inactive.weak_bg_fill = palette.panel;
                super::project_menu::show(ui, shared, intents);
                ui.add_space(size::GAP);
                if !shared.is_empty() {
                    pages::switch(ui, shared, intents);
                }
            });
        });
    });
    if let Some(reason) = &shared.latest.project.read_only {
        let frame = Frame::new().fill(palette.selected).inner_margin(Margin::symmetric(14, 6));
        Panel::top("read only").resizable(false).show_separator_line(false).frame(frame).show(ui, |ui| {
            ui.horizontal(|ui| {
                let (rect, _) = ui.allocate_exact_size(vec2(16.0, 16.0), Sense::hover());
                icons::paint(ui.painter(), Icon::Warning, rect, palette.warning);
                ui.add(
                    egui::Label::new(format!("Read-only: nothing can be changed. {}", format::sentence(reason))).wrap(),
                );
            });
        });
    }
}

fn theme_switch(ui: &mut Ui, intents: &mut Intents) {
    let current = ui.options(|options| options.theme_preference);
    let themes = [
        (Look::Dark, Icon::Moon, "Dark theme"),
        (Look::Light, Icon::Sun, "Light theme"),
        (Look::System, Icon::Screen, "Theme of the desktop"),
    ];
    // The strip is filled from the right.
    for (look, icon, name) in themes {
        let preference = theme::preference(look);
        if icon_toggle(ui, icon, name, Some(current == preference)).clicked() {
            ui.ctx().set_theme(preference);
            intents.set_look(look);
        }
    }
}

/// A small form of the application's icon: two mirrored waveforms.
fn emblem(ui: &mut Ui) {
    let palette = palette(ui.visuals());
    let (rect, _) = ui.allocate_exact_size(vec2(22.0, 22.0), Sense::hover());
    ui.painter().rect_filled(rect, 5.0, palette.accent);
    let heights = [0.22, 0.5, 0.32, 0.62, 0.32, 0.5, 0.22];
    for (i, height) in heights.into_iter().enumerate() {
        let x = rect.left() + 3.0 + i as f32 * 2.4;
        let size = vec2(1.4, height * rect.height());
        let bar = Rect::from_center_size(egui::pos2(x + 0.8, rect.center().y), size);
        ui.painter().rect_filled(bar, 0.7, palette.on_accent);
    }
}
