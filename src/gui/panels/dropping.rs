//! What a drop will do. It is shown over the whole window while files hover over it, because a drop does the same
//! everywhere.

use egui::{Align2, Area, Id, Order, Sense, Stroke, TextStyle, Ui, WidgetInfo};

use super::welcome::dashed;
use crate::gui::shared::Shared;
use crate::gui::theme::{self, palette};
use crate::gui::widgets::text;

pub fn show(ui: &Ui, shared: &Shared) {
    if !shared.files_hover || shared.is_empty() {
        return;
    }
    let whole = ui.ctx().content_rect();
    let area = Area::new(Id::unique("dropping")).order(Order::Foreground).fixed_pos(whole.min).interactable(false);
    area.show(ui.ctx(), |ui| {
        let palette = palette(ui.visuals());
        let (rect, response) = ui.allocate_exact_size(whole.size(), Sense::hover());
        ui.painter().rect_filled(rect, 0.0, palette.panel.gamma_multiply(0.92));
        dashed(ui, rect.shrink(16.0), Stroke::new(2.0, palette.accent));
        let (upper, lower) = rect.split_top_bottom_at_y(rect.center().y);
        let (title, style) = ("Let go to add these sounds", theme::title());
        text::line(ui, upper.translate(egui::vec2(0.0, -4.0)), Align2::CENTER_BOTTOM, title, style, palette.accent);
        let below = "The files stay where they are on the disk. With a single file, Soundalike also searches for it.";
        text::line(ui, lower.translate(egui::vec2(0.0, 4.0)), Align2::CENTER_TOP, below, TextStyle::Body, palette.text);
        response.widget_info(|| WidgetInfo::labeled(egui::Role::Label, true, title));
    });
}
