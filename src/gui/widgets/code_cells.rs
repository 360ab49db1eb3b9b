//! A code as cells, one for each bit, which a click or a key flips.

use egui::{FocusDirection, Id, Key, Modifiers, Rect, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2};

use super::row;
use crate::gui::theme::{palette, size};

/// The height of the bar below a cell that shows how often the bit is 1.
const BALANCE: f32 = 11.0;
const GAP: f32 = 2.0;
const LARGEST: f32 = 30.0;

/// What is known about one bit.
#[derive(Clone, Copy)]
pub struct Cell {
    pub on: bool,
    pub flipped: bool,
    /// The share of the library in which it is 1.
    pub balance: f32,
}

/// The number of cells in a line: as many as fit, in round numbers.
pub fn columns(width: f32, bits: usize) -> usize {
    let fit = ((width + GAP) / (size::CELL + GAP)) as usize;
    let steps = [64, 32, 16, 8];
    steps.into_iter().find(|&step| step <= fit).unwrap_or(8).min(bits.max(1))
}

/// Draws `bits` cells and returns the bit that was flipped. `cursor` is the cell that has the keyboard.
pub fn code_cells(ui: &mut Ui, bits: usize, cursor: &mut usize, cell: impl Fn(usize) -> Cell) -> Option<usize> {
    let across = columns(ui.available_width(), bits);
    let lines = bits.div_ceil(across);
    let side = ((ui.available_width() + GAP) / across as f32 - GAP).clamp(10.0, LARGEST);
    let step = vec2(side + GAP, side + BALANCE + 3.0 * GAP);
    let (rect, _) = ui.allocate_exact_size(vec2(across as f32 * step.x - GAP, lines as f32 * step.y), Sense::hover());
    let origin = ui.scope_id().with("code cells");
    let mut flipped = None;
    for bit in 0..bits {
        let corner = rect.min + vec2((bit % across) as f32 * step.x, (bit / across) as f32 * step.y);
        let place = Rect::from_min_size(corner, vec2(side, side + BALANCE + GAP));
        // The Tab key stops only at the cell that has the keyboard. Clicks and arrow keys reach the others.
        let sense = if bit == *cursor { Sense::click() } else { Sense::CLICK };
        let id = origin.with(bit);
        let response = ui.interact(place, id, sense);
        let known = cell(bit);
        response
            .widget_info(|| WidgetInfo::selected(Role::CheckBox, true, known.on, format!("Bit {} of {bits}", bit + 1)));
        if response.clicked() {
            flipped = Some(bit);
        }
        if response.has_focus()
            && let Some(next) = moved(ui, id, bit, bits, across)
        {
            *cursor = next;
            ui.memory_mut(|memory| memory.request_focus(origin.with(next)));
        }
        if ui.is_rect_visible(place) {
            paint(ui, place, known, response.has_focus(), response.contains_pointer());
        }
        response.on_hover_ui(|ui| {
            let state = if known.on { "on" } else { "off" };
            let own = if known.flipped { ", flipped" } else { "" };
            ui.label(format!(
                "Bit {}: {state}{own}. It is on for {:.0}% of the sounds.",
                bit + 1,
                100.0 * known.balance
            ));
        });
    }
    flipped
}

/// The cell to which an arrow key leads from `bit`.
fn moved(ui: &Ui, id: Id, bit: usize, bits: usize, across: usize) -> Option<usize> {
    row::take_arrows(ui, id);
    let pressed = |key| ui.input_mut(|input| input.consume_key(Modifiers::NONE, key));
    let steps = [
        (Key::ArrowLeft, -1),
        (Key::ArrowRight, 1),
        (Key::ArrowUp, -(across as isize)),
        (Key::ArrowDown, across as isize),
    ];
    let by = steps.into_iter().find(|(key, _)| pressed(*key)).map(|(_, by)| by)?;
    // egui has already used the arrow key to move the focus to another widget.
    ui.memory_mut(|memory| memory.move_focus(FocusDirection::None));
    bit.checked_add_signed(by).filter(|next| *next < bits)
}

fn paint(ui: &Ui, place: Rect, cell: Cell, focused: bool, hovered: bool) {
    let palette = palette(ui.visuals());
    let square = Rect::from_min_size(place.min, vec2(place.width(), place.width()));
    let ground = match (cell.on, hovered) {
        (true, false) => palette.accent,
        (true, true) => palette.accent_hover,
        (false, false) => palette.raised,
        (false, true) => palette.raised_hover,
    };
    ui.painter().rect_filled(square, 3.0, ground);
    if cell.flipped {
        ui.painter().rect_stroke(square, 3.0, Stroke::new(2.5, palette.warning), StrokeKind::Inside);
    }
    if focused {
        ui.painter().rect_stroke(square.expand(1.5), 4.0, Stroke::new(1.5, palette.text), StrokeKind::Middle);
    }
    let track = Rect::from_min_max(pos2(square.left(), square.bottom() + GAP), place.max);
    ui.painter().rect_filled(track, 1.0, palette.well);
    let share = cell.balance.clamp(0.0, 1.0);
    let filled = track.with_min_y(track.bottom() - share * track.height());
    ui.painter().rect_filled(filled, 1.0, palette.wave);
}

#[cfg(test)]
mod tests {
    use super::columns;

    #[test]
    fn lines_hold_round_numbers_of_bits() {
        assert_eq!(columns(900.0, 64), 32);
        assert_eq!(columns(460.0, 64), 16);
        assert_eq!(columns(1600.0, 128), 64);
        assert_eq!(columns(900.0, 8), 8);
        assert_eq!(columns(10.0, 64), 8);
    }
}
