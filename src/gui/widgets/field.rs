//! Text fields with a visible edge. Typing can continue at the end of their text.

use egui::text::{CCursor, CCursorRange};
use egui::text_edit::TextEditState;
use egui::{Response, Stroke, TextEdit, Ui};

use crate::gui::theme::palette;

/// Adds a field. Only its edge distinguishes an empty field from the background.
pub fn field(ui: &mut Ui, edit: TextEdit<'_>) -> Response {
    let edge = Stroke::new(1.0, palette(ui.visuals()).wave);
    let before = std::mem::replace(&mut ui.visuals_mut().widgets.inactive.bg_stroke, edge);
    let response = ui.add(edit);
    ui.visuals_mut().widgets.inactive.bg_stroke = before;
    response
}

/// Gives the keyboard to a field that contains `text`, with the cursor after the last letter.
pub fn go_on_typing(ui: &Ui, field: &Response, text: &str) {
    field.request_focus();
    let end = CCursor::new(text.chars().count());
    let mut state = TextEditState::load(ui.ctx(), field.id).unwrap_or_default();
    state.cursor.set_char_range(Some(CCursorRange::one(end)));
    state.store(ui.ctx(), field.id);
}
