//! The edge between two panels, which the mouse or the arrow keys move.

use egui::{CursorIcon, EventFilter, Id, Key, Rect, Sense, Stroke, Ui, WidgetInfo, vec2};

use crate::gui::theme::palette;

/// How far an arrow key moves it.
const STEP: f32 = 16.0;

/// An edge at the right (`grows` is 1) or the left (-1) of a panel with the current `width`. Returns the new width, if
/// it changes; `Some(None)` after a double click, which restores the usual width.
pub fn divider(ui: &mut Ui, edge: Rect, name: &str, width: f32, grows: f32) -> Option<Option<f32>> {
    let id = Id::unique(name);
    let response = ui.interact(edge.expand2(vec2(3.0, 0.0)), id, Sense::click_and_drag());
    response.widget_info(|| WidgetInfo::slider(true, f64::from(width), name));
    let response = response.on_hover_cursor(CursorIcon::ResizeHorizontal);
    let mut moved = response.drag_delta().x;
    if response.has_focus() {
        let filter = EventFilter { horizontal_arrows: true, ..EventFilter::default() };
        ui.memory_mut(|memory| memory.set_focus_lock_filter(id, filter));
        let pressed = |key| ui.input(|i| i.num_presses(key) as f32);
        moved += STEP * (pressed(Key::ArrowRight) - pressed(Key::ArrowLeft));
    }
    if response.has_focus() || response.dragged() || response.hovered() {
        let line = Stroke::new(2.0, palette(ui.visuals()).accent);
        ui.painter().vline(edge.center().x, edge.y_range(), line);
    }
    if response.double_clicked() {
        return Some(None);
    }
    (moved != 0.0).then_some(Some(width + grows * moved))
}
