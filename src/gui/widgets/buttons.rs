//! The few kinds of buttons in the window. Each has a name for screen readers and tests.

use egui::{Button, CollapsingHeader, Rect, Response, Role, Sense, Stroke, Ui, Vec2, WidgetInfo, WidgetText};

use super::icons::{self, Icon};
use crate::gui::theme::{palette, size};

/// The button for the next thing to do.
pub fn primary(ui: &mut Ui, enabled: bool, text: &str) -> Response {
    let size = Vec2::new(ui.available_width(), 34.0);
    ui.vertical_centered(|ui| primary_sized(ui, enabled, text, size)).inner
}

/// Like [`primary`], but only as wide as its text.
pub fn primary_sized(ui: &mut Ui, enabled: bool, text: &str, least: Vec2) -> Response {
    let palette = palette(ui.visuals());
    ui.scope(|ui| {
        let widgets = &mut ui.visuals_mut().widgets;
        for (state, fill) in [
            (&mut widgets.inactive, palette.accent),
            (&mut widgets.hovered, palette.accent_hover),
            (&mut widgets.active, palette.accent_hover),
            (&mut widgets.noninteractive, palette.accent),
        ] {
            state.weak_bg_fill = fill;
            state.bg_stroke = Stroke::new(1.0, fill);
            state.fg_stroke.color = palette.on_accent;
        }
        widgets.active.bg_stroke = Stroke::new(2.0, palette.text);
        ui.add_enabled(enabled, Button::new(text).min_size(least))
    })
    .inner
}

/// A button with an icon before its text.
pub fn with_icon(ui: &mut Ui, icon: Icon, text: &str) -> Response {
    ui.add(Button::new((icons::atom(icon), text)))
}

/// A square with only an icon. `name` is its name and its tooltip.
pub fn icon_button(ui: &mut Ui, icon: Icon, name: &str) -> Response {
    icon_toggle(ui, icon, name, None)
}

/// An icon button that is a switch. If it is on, it is drawn in the accent colour.
pub fn icon_toggle(ui: &mut Ui, icon: Icon, name: &str, on: Option<bool>) -> Response {
    icon_of(ui, icon, name, on, Sense::click())
}

/// An icon button with a sense that the caller chooses.
pub fn icon_of(ui: &mut Ui, icon: Icon, name: &str, on: Option<bool>, sense: Sense) -> Response {
    let (rect, response) = ui.allocate_exact_size(Vec2::splat(size::CONTROL), sense);
    response.widget_info(|| match on {
        Some(on) => WidgetInfo::selected(Role::Button, ui.is_enabled(), on, name),
        None => WidgetInfo::labeled(Role::Button, ui.is_enabled(), name),
    });
    if ui.is_rect_visible(rect) {
        let palette = palette(ui.visuals());
        let colour = match (on, response.hovered()) {
            (Some(true), _) => palette.accent,
            (_, true) => palette.text,
            _ => palette.dim,
        };
        let visuals = ui.style().interact(&response);
        if response.hovered() || response.has_focus() || on == Some(true) {
            let fill = if on == Some(true) { palette.selected } else { visuals.weak_bg_fill };
            ui.painter().rect_filled(rect, visuals.corner_radius, fill);
        }
        if response.has_focus() {
            let ring = Stroke::new(1.0, palette.accent);
            ui.painter().rect_stroke(rect, visuals.corner_radius, ring, egui::StrokeKind::Inside);
        }
        icons::paint(ui.painter(), icon, rect.shrink((size::CONTROL - size::ICON) / 2.0), colour);
    }
    response.on_hover_text(name)
}

/// A check box. Its edge makes an empty box visible.
pub fn tick<'a>(ui: &mut Ui, on: &'a mut bool, text: impl egui::IntoAtoms<'a>) -> Response {
    let edge = Stroke::new(1.0, palette(ui.visuals()).wave);
    let before = std::mem::replace(&mut ui.visuals_mut().widgets.inactive.bg_stroke, edge);
    let response = ui.checkbox(on, text);
    ui.visuals_mut().widgets.inactive.bg_stroke = before;
    response
}

/// Contents that are shown only on request, with the same fold sign as everywhere in the window.
pub fn folding(title: impl Into<WidgetText>) -> CollapsingHeader {
    CollapsingHeader::new(title).icon(|ui, openness, response| {
        let place = Rect::from_center_size(response.rect.left_center() + egui::vec2(4.5, 0.0), Vec2::splat(9.0));
        let colour = ui.style().interact(response).text_color();
        icons::fold(ui.painter(), place, openness > 0.5, colour);
    })
}

/// One of a few values, side by side. Returns whether it changed.
pub fn segmented<T: Copy + PartialEq>(ui: &mut Ui, value: &mut T, options: &[(T, &str, &str)]) -> bool {
    let before = *value;
    let palette = palette(ui.visuals());
    egui::Frame::new().fill(palette.well).corner_radius(size::CORNER).inner_margin(2).show(ui, |ui| {
        // As high, with its margin, as other controls. A row's height is fixed when the row begins.
        ui.spacing_mut().interact_size.y = size::CONTROL - 4.0;
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = 2.0;
            ui.spacing_mut().button_padding = egui::vec2(9.0, 3.0);
            // In a line that is filled in from the right, the first option must still be on the left.
            let backwards = ui.layout().prefer_right_to_left();
            for i in 0..options.len() {
                let (option, text, help) = &options[if backwards { options.len() - 1 - i } else { i }];
                let chosen = *value == *option;
                let widgets = &mut ui.visuals_mut().widgets;
                widgets.inactive.weak_bg_fill = palette.well;
                widgets.inactive.bg_stroke = Stroke::NONE;
                widgets.inactive.fg_stroke.color = palette.dim;
                let response = ui.add(Button::selectable(chosen, *text).frame_when_inactive(false));
                let response = if help.is_empty() { response } else { response.on_hover_text(*help) };
                if response.clicked() {
                    *value = *option;
                }
            }
        });
    });
    before != *value
}
