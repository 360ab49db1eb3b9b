//! A row of a list. It has one name for screen readers, whatever is drawn inside. A list is one stop of the Tab key:
//! its current row, and then the buttons in that row.

use std::ops::Range;

use egui::{
    Context, CursorIcon, EventFilter, Id, PointerButton, Rect, Response, Role, Sense, Stroke, StrokeKind, Ui,
    UiBuilder, WidgetInfo, vec2,
};

use crate::gui::theme::{palette, size};

/// The properties of a row, beside its contents.
#[derive(Clone, Copy, Debug)]
pub struct Row<'a> {
    /// The name for screen readers.
    pub name: &'a str,
    pub height: f32,
    pub selected: bool,
    /// Whether the Tab key stops here. A row with the keyboard's focus keeps it in any case.
    pub stops: bool,
    /// Whether the row can be dragged away.
    pub leaves: bool,
}

/// Draws a row over the whole width. `contents` gets the rectangle within its margins.
pub fn row(
    ui: &mut Ui,
    salt: impl std::hash::Hash + std::fmt::Debug,
    row: Row<'_>,
    contents: impl FnOnce(&mut Ui, Rect),
) -> Response {
    let Row { name, height, selected, stops, leaves } = row;
    let (_, rect) = ui.allocate_space(vec2(ui.available_width(), height));
    let id = ui.scope_id().with(salt);
    // A touch that moves scrolls the list instead of dragging a row away.
    let drags = leaves && !ui.input(egui::InputState::any_touches);
    let sense = if drags { Sense::click_and_drag() } else { Sense::click() };
    let response = ui.interact(rect, id, stopping(sense, stops || ui.memory(|memory| memory.has_focus(id))));
    response.widget_info(|| WidgetInfo::labeled(Role::ListBoxOption, true, name));
    // egui reports a selected row as a ticked box. This reports it as a selected row.
    ui.ctx().accesskit_node_builder(response.id, |node| node.set_selected(selected));
    if response.has_focus() {
        // The arrow keys then move through the list, not from widget to widget.
        take_arrows(ui, response.id);
        note_focus(ui, &response);
    }
    draw(ui, &response, selected, contents);
    response
}

/// A heading for other rows. A click, Space or Enter activates it.
pub fn heading(
    ui: &mut Ui,
    salt: impl std::hash::Hash + std::fmt::Debug,
    name: &str,
    height: f32,
    contents: impl FnOnce(&mut Ui, Rect),
) -> Response {
    let response = place(ui, salt, height);
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, name));
    draw(ui, &response, false, contents);
    response
}

fn place(ui: &mut Ui, salt: impl std::hash::Hash + std::fmt::Debug, height: f32) -> Response {
    let (_, rect) = ui.allocate_space(vec2(ui.available_width(), height));
    let id = ui.scope_id().with(salt);
    ui.interact(rect, id, Sense::click())
}

fn draw(ui: &mut Ui, response: &Response, selected: bool, contents: impl FnOnce(&mut Ui, Rect)) {
    let rect = response.rect;
    if !ui.is_rect_visible(rect) {
        return;
    }
    let palette = palette(ui.visuals());
    let ground = match (selected, response.contains_pointer()) {
        (true, _) => Some(palette.selected),
        (false, true) => Some(palette.raised),
        _ => None,
    };
    if let Some(ground) = ground {
        ui.painter().rect_filled(rect, size::CORNER, ground);
    }
    if response.has_focus() {
        ui.painter().rect_stroke(rect, size::CORNER, Stroke::new(1.0, palette.accent), StrokeKind::Inside);
    }
    let inner = rect.shrink2(vec2(8.0, 4.0));
    let mut child = ui.new_child(UiBuilder::new().id_salt(response.id).max_rect(inner));
    contents(&mut child, inner);
}

/// Whether the person begins to drag away a row that [leaves](Row::leaves).
pub fn begins_to_be_dragged(ui: &Ui, response: &Response) -> bool {
    if !response.sense.senses_drag() {
        return false;
    }
    if response.dragged() {
        ui.ctx().set_cursor_icon(CursorIcon::Grabbing);
    }
    response.drag_started_by(PointerButton::Primary)
}

/// The same sense, with or without a stop of the Tab key.
pub fn stopping(sense: Sense, stops: bool) -> Sense {
    if stops { sense } else { sense - Sense::FOCUSABLE }
}

/// The visible row at which the Tab key stops: the current row, or the first one if that is out of sight.
pub fn tab_stop(shown: &Range<usize>, current: Option<usize>) -> usize {
    current.filter(|current| shown.contains(current)).unwrap_or(shown.start)
}

const FOCUSED: &str = "focused row";

fn note_focus(ui: &Ui, response: &Response) {
    ui.data_mut(|data| data.insert_temp(Id::unique(FOCUSED), response.id));
}

/// Gives a row the keyboard's focus.
pub fn focus(ui: &Ui, response: &Response) {
    response.request_focus();
    note_focus(ui, response);
    // The row takes the arrow keys when it is drawn with the focus. That must happen before the next key.
    ui.ctx().request_repaint();
}

/// Keeps the arrow keys in a focused widget that they move through.
pub fn take_arrows(ui: &Ui, id: Id) {
    let filter = EventFilter { vertical_arrows: true, horizontal_arrows: true, ..EventFilter::default() };
    ui.memory_mut(|memory| memory.set_focus_lock_filter(id, filter));
}

/// Like [`take_arrows`], for widgets that the window's own keys move through.
pub fn give_arrows_to_keys(ui: &Ui, id: Id) {
    take_arrows(ui, id);
    ui.data_mut(|data| data.insert_temp(Id::unique(FOCUSED), id));
}

/// Whether the keyboard's focus is on a row.
pub fn focused(ctx: &Context) -> bool {
    let Some(focused) = ctx.memory(|memory| memory.focused()) else { return false };
    ctx.data(|data| data.get_temp::<Id>(Id::unique(FOCUSED))) == Some(focused)
}

/// Brings a row of a list of equal rows into view, from inside `ScrollArea::show_rows`.
pub fn reveal(ui: &Ui, first_shown: usize, place: usize, height: f32) {
    let step = height + ui.spacing().item_spacing.y;
    let top = ui.cursor().top() + (place as f32 - first_shown as f32) * step;
    ui.scroll_to_rect(Rect::from_x_y_ranges(ui.max_rect().x_range(), top..=top + height), None);
}

/// Splits a piece of the given width off the right end of `rect`.
pub fn take_right(rect: &mut Rect, width: f32) -> Rect {
    let (rest, piece) = rect.split_left_right_at_x((rect.right() - width).max(rect.left()));
    *rect = rest.with_max_x((rest.right() - size::GAP).max(rest.left()));
    piece
}

/// Splits a piece of the given width off the left end of `rect`.
pub fn take_left(rect: &mut Rect, width: f32) -> Rect {
    let (piece, rest) = rect.split_left_right_at_x((rect.left() + width).min(rect.right()));
    *rect = rest.with_min_x((rest.left() + size::GAP).min(rest.right()));
    piece
}

/// Shows a tooltip for a part of a row. A tooltip for the whole row would always cover the rows below.
pub fn tooltip_at(ui: &Ui, place: Rect, text: &str) {
    ui.interact(place, ui.scope_id().with("tooltip"), Sense::hover()).on_hover_text(text);
}

/// An icon button at a given place of a row. `stops` says whether the Tab key stops at it.
pub fn button_at(ui: &mut Ui, place: Rect, icon: super::icons::Icon, name: &str, stops: bool) -> Response {
    let square = Rect::from_center_size(place.center(), vec2(size::CONTROL, size::CONTROL));
    let mut child = ui.new_child(UiBuilder::new().id_salt(name).max_rect(square));
    super::buttons::icon_of(&mut child, icon, name, None, stopping(Sense::click(), stops))
}
