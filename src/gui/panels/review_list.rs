//! The events as a list: when each one is, how near it is, and the answer.

use egui::{Align2, Rect, ScrollArea, TextStyle, Ui, vec2};

use super::match_row::nearness_in_short;
use crate::gui::format;
use crate::gui::intents::Intents;
use crate::gui::review::Review;
use crate::gui::shared::{List, Shared};
use crate::gui::theme::{palette, size};
use crate::gui::widgets::icons::{self, Icon};
use crate::gui::widgets::row::{self, Row, take_left, take_right};
use crate::gui::widgets::text;

const ANSWER: f32 = 12.0;
const ALIKE: f32 = 40.0;

pub fn show(ui: &mut Ui, review: &mut Review, shared: &Shared, intents: &mut Intents) {
    let height = size::TABLE_ROW;
    ui.spacing_mut().item_spacing.y = 1.0;
    let reveal = std::mem::take(&mut review.reveal_row).then(|| review.selected_place()).flatten();
    let list = ScrollArea::vertical().id_salt("events").auto_shrink(false);
    let many = review.hours.first().is_some_and(|first| review.hours.iter().any(|hour| hour.file != first.file));
    list.show_rows(ui, height, review.len(), |ui, shown| {
        if let Some(place) = reveal {
            row::reveal(ui, shown.start, place, height);
        }
        let stop = row::tab_stop(&shown, review.selected_place());
        let had_focus = row::focused(ui.ctx());
        for place in shown {
            let Some(found) = review.event(place) else { continue };
            let (words, _) = nearness_in_short(found, review.bits());
            let answer = review.answer(place);
            let spoken = spoken(review, place);
            let selected = review.selected_place() == Some(place);
            let row = Row { name: &spoken, height, selected, stops: place == stop, leaves: false };
            let response = row::row(ui, ("event", place), row, |ui, mut rect| {
                let palette = palette(ui.visuals());
                sign(ui, take_left(&mut rect, ANSWER), answer);
                let number = take_right(&mut rect, ALIKE);
                let is_behind = found.nearness.is_behind;
                let colour = if is_behind { palette.dim } else { palette.text };
                text::line(ui, number, Align2::RIGHT_CENTER, words, TextStyle::Small, palette.dim);
                let time = format::position(found.start_seconds);
                let aside = match (found.recorded, many) {
                    (Some(clock), false) => clock.strftime("%H:%M:%S").to_string(),
                    (None, false) => String::new(),
                    (_, true) => format::without_extension(format::file_name(&found.path)).to_owned(),
                };
                let room = rect.width();
                let (first, rest) =
                    rect.split_left_right_at_x(rect.left() + (0.45 * room).clamp(62.0, 110.0).min(room));
                text::line(ui, first, Align2::LEFT_CENTER, time, TextStyle::Body, colour);
                text::line(ui, rest, Align2::LEFT_CENTER, aside, TextStyle::Small, palette.dim);
                row::tooltip_at(ui, rect, &tooltip(shared, found));
            });
            if reveal == Some(place) && had_focus && shared.list == List::Events {
                row::focus(ui, &response);
            }
            if response.gained_focus() || response.clicked() {
                intents.use_list(List::Events);
            }
            if response.clicked() {
                intents.choose_event(place, true);
                row::focus(ui, &response);
            } else if response.gained_focus() && !selected {
                intents.choose_event(place, false);
            }
        }
    });
}

/// The name of an event for screen readers.
pub fn spoken(review: &Review, place: usize) -> String {
    let Some(found) = review.event(place) else { return String::new() };
    let answer = match review.answer(place) {
        Some(true) => "; you said yes",
        Some(false) => "; you said no",
        None => "",
    };
    let behind = if found.nearness.is_behind { "; behind the line" } else { "" };
    let (time, name) = (format::position(found.start_seconds), format::file_name(&found.path));
    format!("Event {}: {time} of {name}, {:.1} bits{behind}{answer}", place + 1, found.distance)
}

pub fn tooltip(shared: &Shared, found: &crate::engine::Match) -> String {
    let clock =
        found.recorded.map_or_else(String::new, |at| format!("\nrecorded {}", at.to_string().replace('T', " ")));
    let stretch = shared.stretch_in_words(found);
    format!("{}\n{stretch}; {:.1} bits differ on average{clock}", found.path, found.distance)
}

/// The answer as a sign: a plus in the accent colour for yes, a minus for no, a small dot for none.
pub fn sign(ui: &Ui, rect: Rect, answer: Option<bool>) {
    let palette = palette(ui.visuals());
    let place = Rect::from_center_size(rect.center(), vec2(10.0, 10.0));
    match answer {
        Some(true) => icons::paint(ui.painter(), Icon::Add, place, palette.accent),
        Some(false) => icons::paint(ui.painter(), Icon::Less, place, palette.warning),
        None => _ = ui.painter().circle_filled(rect.center(), 1.5, palette.wave),
    }
}
