//! The spectrograms of the events, side by side and all at one scale.

use egui::{Align2, Rect, Role, ScrollArea, Sense, Stroke, StrokeKind, TextStyle, Ui, WidgetInfo, pos2, vec2};

use super::match_row::nearness_in_short;
use super::review_list::{sign, spoken, tooltip};
use crate::engine::Match;
use crate::gui::format;
use crate::gui::intents::Intents;
use crate::gui::review::Review;
use crate::gui::search_state::SearchState;
use crate::gui::shared::{List, Shared};
use crate::gui::theme::{palette, size};
use crate::gui::widgets::row::{self, take_left, take_right};
use crate::gui::widgets::{icons, sound_picture, spectrogram, text};

/// The height of the line above a picture, and of the times below it.
const HEAD: f32 = 22.0;
const AXIS: f32 = 14.0;
const GAP: f32 = 6.0;

/// A tile that is narrower has no times and frequencies.
const WITH_AXES: f32 = 160.0;

/// The height of a picture as a share of its width.
const HEIGHT_SHARE: f32 = 0.5;

/// The number of places on the screen that keep their last picture.
const SLOTS: usize = 160;

pub fn show(ui: &mut Ui, review: &mut Review, search: &SearchState, shared: &Shared, intents: &mut Intents) {
    let wanted = review.tile_width();
    let room = ui.available_width() - ui.spacing().scroll.allocated_width();
    let columns = (((room + GAP) / (wanted + GAP)) as usize).max(1);
    review.columns = columns;
    // The tiles of a row fill it, but a page of one tile has no giant.
    let width = ((room + GAP) / columns as f32 - GAP).min(1.35 * wanted);
    let axis = if width >= WITH_AXES { AXIS } else { 0.0 };
    let height = HEAD + HEIGHT_SHARE * width + axis + 4.0;
    let rows = review.len().div_ceil(columns);
    ui.spacing_mut().item_spacing.y = GAP;
    let reveal = std::mem::take(&mut review.reveal_tile);
    let takes_focus = std::mem::take(&mut review.take_focus) && !ui.ctx().text_edit_focused();
    let selected = review.selected_place().map(|place| place / columns);
    let mut in_view = Vec::new();
    let had_focus = row::focused(ui.ctx());
    ScrollArea::vertical().id_salt("tiles").auto_shrink(false).show_rows(ui, height, rows, |ui, shown| {
        if let Some(row) = selected.filter(|_| reveal || takes_focus) {
            row::reveal(ui, shown.start, row, height);
        }
        let stop = match selected.filter(|row| shown.contains(row)) {
            Some(_) => review.selected_place(),
            None => Some(shown.start * columns),
        };
        for row in shown {
            let (_, line) = ui.allocate_space(vec2(ui.available_width(), height));
            for column in 0..columns {
                let place = row * columns + column;
                let Some(found) = review.event(place).cloned() else { break };
                let left = line.left() + column as f32 * (width + GAP);
                let rect = Rect::from_min_size(pos2(left, line.top()), vec2(width, height));
                in_view.push(review.pictured(&found));
                let tile = Tile { place, found: &found, rect, axis, stops: stop == Some(place) };
                let response = tile.show(ui, review, search, shared, intents);
                let is_selected = review.selected_place() == Some(place);
                if is_selected && (takes_focus || reveal && had_focus && shared.list == List::Tiles) {
                    row::focus(ui, &response);
                    intents.use_list(List::Tiles);
                }
            }
        }
    });
    if in_view != review.in_view {
        review.in_view = in_view;
        intents.want_pictures();
    }
}

struct Tile<'a> {
    place: usize,
    found: &'a Match,
    rect: Rect,
    axis: f32,
    stops: bool,
}

impl Tile<'_> {
    fn show(
        &self,
        ui: &mut Ui,
        review: &Review,
        search: &SearchState,
        shared: &Shared,
        intents: &mut Intents,
    ) -> egui::Response {
        let Tile { place, rect, stops, .. } = *self;
        let id = ui.scope_id().with(("tile", place));
        let focused = ui.memory(|memory| memory.has_focus(id));
        let response = ui.interact(rect, id, row::stopping(Sense::click(), stops || focused));
        let spoken = format!("Picture of {}", spoken(review, place));
        response.widget_info(|| WidgetInfo::labeled(Role::ListBoxOption, true, &spoken));
        let selected = review.selected_place() == Some(place);
        ui.ctx().accesskit_node_builder(response.id, |node| node.set_selected(selected));
        if response.has_focus() {
            row::give_arrows_to_keys(ui, id);
        }
        if ui.is_rect_visible(rect) {
            self.paint(ui, review, search, shared, selected, &response);
        }
        if response.gained_focus() || response.clicked() {
            intents.use_list(List::Tiles);
        }
        if response.gained_focus() && !response.clicked() && !selected {
            intents.choose_event(place, false);
        }
        self.answers(ui, review, &response, intents);
        if response.clicked() {
            intents.choose_event(place, true);
            row::focus(ui, &response);
        }
        response
    }

    /// The buttons for yes and no, on the selected tile and under the pointer.
    fn answers(&self, ui: &mut Ui, review: &Review, tile: &egui::Response, intents: &mut Intents) {
        let is_active = review.selected_place() == Some(self.place) || tile.contains_pointer();
        if !is_active {
            return;
        }
        let palette = palette(ui.visuals());
        let mut line = Rect::from_min_size(self.rect.min, vec2(self.rect.width(), HEAD)).shrink2(vec2(4.0, 0.0));
        let choices =
            [(false, icons::Icon::Less, "No, this is not it (N)"), (true, icons::Icon::Add, "Yes, this is it (Y)")];
        for (yes, icon, does) in choices {
            let place = take_right(&mut line, 18.0);
            let sense = row::stopping(Sense::click(), self.stops);
            let response = ui.interact(place, ui.scope_id().with(("answer", self.place, yes)), sense);
            let on = review.answer(self.place) == Some(yes);
            let spoken = format!("{does}: event {}", self.place + 1);
            response.widget_info(|| WidgetInfo::selected(Role::Button, true, on, &spoken));
            let colour = match (on, yes) {
                (true, true) => palette.accent,
                (true, false) => palette.warning,
                (false, _) if response.hovered() || response.has_focus() => palette.text,
                (false, _) => palette.dim,
            };
            icons::paint(ui.painter(), icon, Rect::from_center_size(place.center(), vec2(11.0, 11.0)), colour);
            if response.has_focus() {
                let ring = Stroke::new(1.0, palette.accent);
                ui.painter().rect_stroke(place, size::CORNER, ring, StrokeKind::Inside);
            }
            if response.on_hover_text(does).clicked() {
                intents.use_list(List::Tiles);
                intents.judge_event(self.place, yes);
            }
        }
    }

    fn paint(
        &self,
        ui: &Ui,
        review: &Review,
        search: &SearchState,
        shared: &Shared,
        selected: bool,
        response: &egui::Response,
    ) {
        let palette = palette(ui.visuals());
        let Tile { found, rect, axis, .. } = *self;
        let is_behind = found.nearness.is_behind;
        let ground = if selected { palette.selected } else { palette.well };
        ui.painter().rect_filled(rect, size::CORNER, ground);
        let (head, rest) = rect.split_top_bottom_at_y(rect.top() + HEAD);
        let (picture, below) = rest.split_top_bottom_at_y(rest.bottom() - axis - 4.0);
        let picture = picture.shrink2(vec2(4.0, 0.0));
        let mut head = head.shrink2(vec2(6.0, 0.0));
        sign(ui, take_left(&mut head, 10.0), review.answer(self.place));
        // The buttons for the answers are at the right end.
        let mut head = head.with_max_x(head.right() - 48.0);
        let colour = if is_behind { palette.dim } else { palette.text };
        let (words, _) = nearness_in_short(found, review.bits());
        if head.width() > 110.0 {
            let alike = take_right(&mut head, 40.0);
            text::line(ui, alike, Align2::RIGHT_CENTER, words, TextStyle::Small, palette.dim);
        }
        let time = format::position(found.start_seconds);
        text::line(ui, head, Align2::LEFT_CENTER, time, TextStyle::Small, colour);
        let (from, to) = review.around(found);
        let x = |secs: f64| picture.left() + ((secs - from) / (to - from)).clamp(0.0, 1.0) as f32 * picture.width();
        let painter = ui.painter_at(picture.expand(1.0));
        painter.rect_filled(picture, 2.0, palette.well);
        if let Some(preview) = search.pictures.drawn(&review.pictured(found)) {
            let slot = ui.scope_id().with(("slot", self.place % SLOTS));
            let end = from + preview.duration_secs;
            let place = Rect::from_x_y_ranges(picture.left()..=x(end), picture.y_range());
            spectrogram::paint(ui, &painter, slot, place, preview, (0.0, preview.duration_secs));
            // What is around the event is dimmed.
            for dimmed in [picture.with_max_x(x(found.start_seconds)), picture.with_min_x(x(found.end_seconds))] {
                painter.rect_filled(dimmed, 0.0, palette.well.gamma_multiply(0.45));
            }
            if axis > 0.0 {
                sound_picture::frequencies(
                    &painter,
                    picture,
                    preview.spectrogram.highest_hz,
                    palette.text,
                    palette.well,
                );
            }
        }
        if axis > 0.0 {
            let times = Rect::from_x_y_ranges(picture.x_range(), below.top()..=below.top() + axis);
            sound_picture::times(ui, times, (from, to));
        }
        let edge = if is_behind { palette.wave } else { palette.accent };
        for secs in [found.start_seconds, found.end_seconds] {
            painter.vline(x(secs), picture.y_range(), Stroke::new(1.0, edge.gamma_multiply(0.8)));
        }
        let position = shared.latest.player.position_secs;
        if shared.plays(&found.path) && (from..=to).contains(&position) {
            painter.vline(x(position), picture.y_range(), Stroke::new(1.5, palette.text));
        }
        let ring = match (response.has_focus(), selected, review.answer(self.place)) {
            (true, ..) => Some(Stroke::new(2.0, palette.accent)),
            (_, true, _) => Some(Stroke::new(1.0, palette.accent)),
            _ if response.hovered() => Some(Stroke::new(1.0, palette.wave)),
            _ => None,
        };
        if let Some(ring) = ring {
            ui.painter().rect_stroke(rect, size::CORNER, ring, StrokeKind::Inside);
        }
        let hover = ui.interact(head, response.id.with("tooltip"), Sense::hover());
        hover.on_hover_text(tooltip(shared, found));
    }
}
