//! Text inside a rectangle. Text that does not fit is cut off with an ellipsis.

use egui::text::{LayoutJob, TextWrapping};
use egui::{Align2, Color32, Label, Rect, RichText, TextFormat, TextStyle, Ui};

use super::bidi::visual;
use crate::gui::format;
use crate::gui::theme::{palette, size};

/// A line of text, aligned to a corner or an edge of `rect`.
pub fn line(ui: &Ui, rect: Rect, align: Align2, text: impl Into<String>, style: TextStyle, colour: Color32) {
    let format = TextFormat::simple(style.resolve(ui.style()), colour);
    let mut job = LayoutJob::single_section(visual(&text.into()).into_owned(), format);
    job.wrap = TextWrapping::truncate_at_width(rect.width().max(0.0));
    let galley = ui.painter().layout_job(job);
    let place = align.align_size_within_rect(galley.size(), rect);
    ui.painter().galley(place.min, galley, colour);
}

/// A name that fits into `room`. If it is too long, first the extension of sound files goes, and then the middle, because
/// names of sounds differ at their ends.
fn fitted(ui: &Ui, name: &str, style: &TextStyle, width: f32) -> String {
    let font = style.resolve(ui.style());
    ui.fonts_mut(|fonts| {
        let mut letters: Vec<(char, f32)> =
            name.chars().map(|letter| (letter, fonts.glyph_width(&font, letter))).collect();
        // A little more than the widths of the letters, so that the text is not cut off because of rounding.
        let room = width - 1.0;
        let fits = |letters: &[(char, f32)]| letters.iter().map(|(_, width)| width).sum::<f32>() <= room;
        if fits(&letters) {
            return name.to_owned();
        }
        letters.truncate(format::without_extension(name).chars().count());
        if fits(&letters) {
            return letters.into_iter().map(|(letter, _)| letter).collect();
        }
        let room = room - fonts.glyph_width(&font, '…');
        let within = |room: f32, widths: &mut dyn Iterator<Item = f32>| {
            let mut used = 0.0;
            let count = widths.take_while(|width| {
                used += width;
                used <= room
            });
            count.count()
        };
        let tail = within(room * TAIL_SHARE, &mut letters.iter().rev().map(|(_, width)| *width));
        let (head, tail) = letters.split_at(letters.len() - tail);
        let left = room - tail.iter().map(|(_, width)| width).sum::<f32>();
        let head = &head[..within(left, &mut head.iter().map(|(_, width)| *width))];
        let text = |letters: &[(char, f32)]| letters.iter().map(|(letter, _)| *letter).collect::<String>();
        format!("{}…{}", text(head), text(tail))
    })
}

/// The share of the room that the end of a shortened name gets.
const TAIL_SHARE: f32 = 0.6;

/// A name, and on the same line a dimmer and smaller text, if there is room for it.
pub fn with_aside(ui: &Ui, rect: Rect, name: &str, aside: &str) {
    named(ui, rect, name, aside, palette(ui.visuals()).text);
}

/// Like [`with_aside`], for a file that is missing.
pub fn absent(ui: &Ui, rect: Rect, name: &str, aside: &str) {
    named(ui, rect, name, aside, palette(ui.visuals()).wave);
}

fn named(ui: &Ui, rect: Rect, name: &str, aside: &str, colour: Color32) {
    let palette = palette(ui.visuals());
    let format = TextFormat::simple(TextStyle::Body.resolve(ui.style()), colour);
    let name = fitted(ui, name, &TextStyle::Body, rect.width());
    let mut job = LayoutJob::single_section(visual(&name).into_owned(), format);
    job.wrap = TextWrapping::truncate_at_width(rect.width().max(0.0));
    let galley = ui.painter().layout_job(job);
    let place = Align2::LEFT_CENTER.align_size_within_rect(galley.size(), rect);
    ui.painter().galley(place.min, galley, colour);
    let rest = rect.with_min_x(place.right() + size::GAP);
    if !aside.is_empty() && rest.width() >= LEAST_ASIDE {
        line(ui, rest, Align2::LEFT_CENTER, aside, TextStyle::Small, palette.dim);
    }
}

/// Less room than this has no place for a word.
const LEAST_ASIDE: f32 = 24.0;

/// A name above a dimmer, smaller line.
pub fn two_lines(ui: &Ui, rect: Rect, above: impl AsRef<str>, below: impl Into<String>) {
    lines(ui, rect, above, below, palette(ui.visuals()).dim);
}

/// A name above what is wrong with it.
pub fn warned(ui: &Ui, rect: Rect, above: impl AsRef<str>, below: impl Into<String>) {
    lines(ui, rect, above, below, palette(ui.visuals()).warning);
}

fn lines(ui: &Ui, rect: Rect, above: impl AsRef<str>, below: impl Into<String>, colour: Color32) {
    let palette = palette(ui.visuals());
    let middle = rect.center().y;
    let upper = Rect::from_x_y_ranges(rect.x_range(), rect.top()..=middle + 1.0);
    let lower = Rect::from_x_y_ranges(rect.x_range(), middle + 2.0..=rect.bottom());
    let above = fitted(ui, above.as_ref(), &TextStyle::Body, rect.width());
    line(ui, upper, Align2::LEFT_BOTTOM, above, TextStyle::Body, palette.text);
    line(ui, lower, Align2::LEFT_TOP, below, TextStyle::Small, colour);
}

/// A wrapped line of explanation.
pub fn help(ui: &mut Ui, text: impl Into<String>) {
    let dim = palette(ui.visuals()).dim;
    ui.add(Label::new(RichText::new(text).color(dim)).wrap());
}

/// The same, smaller.
pub fn small(ui: &mut Ui, text: impl Into<String>) {
    let dim = palette(ui.visuals()).dim;
    ui.add(Label::new(RichText::new(text).small().color(dim)).wrap());
}

/// A figure and its name on one line, in two columns.
pub fn figure(ui: &mut Ui, name: &str, value: impl Into<String>) {
    let dim = palette(ui.visuals()).dim;
    ui.scope(|ui| {
        // The height of a row is fixed when the row begins.
        ui.spacing_mut().interact_size.y = 18.0;
        ui.horizontal(|ui| {
            ui.label(RichText::new(name).small().color(dim));
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                ui.add(Label::new(value.into()).truncate());
            });
        });
    });
}
