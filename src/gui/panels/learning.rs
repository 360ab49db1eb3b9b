//! The page of training: what to train, its course, and what is in the index. They are side by side if there is room.

use egui::{Frame, Margin, ScrollArea, Ui, UiBuilder, vec2};

use super::{indexing, training};
use crate::gui::indexing::Indexing;
use crate::gui::intents::Intents;
use crate::gui::shared::Shared;
use crate::gui::theme::size;
use crate::gui::training_form::TrainingForm;

/// A narrower page has one column.
const ROOM_FOR_THREE: f32 = 940.0;

/// The width of a column. Settings and figures are not easier to read in a wider one.
const SIDE: f32 = 340.0;

pub fn show(ui: &mut Ui, form: &mut TrainingForm, indexing: &mut Indexing, shared: &Shared, intents: &mut Intents) {
    if ui.available_width() < ROOM_FOR_THREE {
        return scrolling(ui, "learning", |ui| {
            training::show(ui, form, shared, intents);
            ui.add_space(size::SECTION);
            training::course_of(ui, shared, size::PLOT);
            ui.add_space(size::SECTION);
            ui.separator();
            ui.add_space(size::GAP);
            indexing::show(ui, indexing, shared, intents);
        });
    }
    let whole = ui.available_rect_before_wrap();
    // If there is no course to draw, the index is in the middle.
    let is_drawn = shared.latest.training.as_ref().is_some_and(|training| !training.history.is_empty());
    let whole = if is_drawn { whole } else { whole.with_max_x(whole.left() + whole.width().min(2.5 * SIDE)) };
    let gap = 2.0 * size::SECTION;
    let side = if is_drawn { SIDE.min(whole.width() * 0.28) } else { SIDE };
    let (left, rest) = whole.split_left_right_at_x(whole.left() + side);
    let (middle, right) = match is_drawn {
        true => rest.split_left_right_at_x(rest.right() - side),
        false => (rest, rest.with_min_x(rest.left() + gap)),
    };
    let column = |ui: &mut Ui, name: &str, rect| ui.new_child(UiBuilder::new().id_salt(name).max_rect(rect));
    scrolling(&mut column(ui, "settings", left), "settings", |ui| training::show(ui, form, shared, intents));
    let middle = middle.shrink2(vec2(gap / 2.0, 0.0));
    if is_drawn {
        scrolling(&mut column(ui, "course", middle), "course", |ui| {
            // Two plots share the height.
            let plot = ((middle.height() - 220.0) / 2.0).clamp(size::PLOT, 360.0);
            training::course_of(ui, shared, plot);
        });
    }
    scrolling(&mut column(ui, "index", right), "index", |ui| indexing::show(ui, indexing, shared, intents));
    ui.advance_cursor_after_rect(whole);
}

/// A column that scrolls if it is too long. The scroll bar is in a margin beside the contents.
fn scrolling(ui: &mut Ui, name: &str, contents: impl FnOnce(&mut Ui)) {
    ui.spacing_mut().scroll.floating_allocated_width = 0.0;
    ScrollArea::vertical().id_salt(name).auto_shrink(false).show(ui, |ui| {
        Frame::new().inner_margin(Margin { right: BAR, ..Margin::ZERO }).show(ui, contents);
    });
}

/// The margin for a scroll bar.
const BAR: i8 = 11;
