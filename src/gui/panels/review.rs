//! The page of the review: a timeline of the file, the list of events, and beside it their pictures or their counts.

use egui::{Align, Layout, Rect, Ui, UiBuilder, vec2};

use super::{review_counts, review_grid, review_list, review_timeline, taught};
use crate::gui::format;
use crate::gui::intents::Intents;
use crate::gui::review::{Order, Review, SAMPLED};
use crate::gui::search_state::SearchState;
use crate::gui::shared::{Page, Shared};
use crate::gui::theme::size;
use crate::gui::widgets::buttons::{icon_button, primary_sized, segmented, tick};
use crate::gui::widgets::empty::empty;
use crate::gui::widgets::icons::Icon;
use crate::gui::widgets::text;

/// The least and the most width of the list of events, and its share of the page.
const LIST: (f32, f32) = (220.0, 360.0);
const LIST_SHARE: f32 = 0.24;

pub fn show(ui: &mut Ui, review: &mut Review, search: &SearchState, shared: &Shared, intents: &mut Intents) {
    review.follow(search, &shared.latest.dataset);
    if search.path.is_none() {
        return nothing_yet(ui, intents);
    }
    let Some(report) = search.report.as_ref().filter(|_| !review.is_empty()) else {
        return match &search.report {
            Some(report) if report.silent => {
                let sentence = "There is nothing to hear in the query. Choose another part of it, or another sound.";
                empty(ui, "The query is silent", sentence)
            }
            Some(report) if report.matches.is_empty() => {
                empty(ui, "No events", "The query occurs nowhere in the sounds that pass the filter.");
            }
            _ => empty(ui, "Looking for every place where the query occurs…", ""),
        };
    };
    ui.spacing_mut().item_spacing.y = 6.0;
    toolbar(ui, review, search, intents);
    taught::show(ui, search, shared, intents, Some(&**report));
    review.want_timeline(search, shared, intents);
    review_timeline::show(ui, review, shared, intents);
    ui.add_space(2.0);
    let whole = ui.available_rect_before_wrap();
    let (list, rest) = whole.split_left_right_at_x(whole.left() + (LIST_SHARE * whole.width()).clamp(LIST.0, LIST.1));
    let rest = rest.with_min_x(rest.left() + size::SECTION);
    let place = |ui: &mut Ui, name: &str, rect: Rect| ui.new_child(UiBuilder::new().id_salt(name).max_rect(rect));
    review_list::show(&mut place(ui, "events", list), review, shared, intents);
    let mut right = place(ui, "pictures", rest);
    match review.shows_counts {
        true => review_counts::show(&mut right, review, shared, intents),
        false => review_grid::show(&mut right, review, search, shared, intents),
    }
    ui.advance_cursor_after_rect(whole);
}

fn nothing_yet(ui: &mut Ui, intents: &mut Intents) {
    ui.add_space(size::SECTION);
    let sentence = "Search for a sound first, or for a part of one. Every place where it occurs is then shown here, to hear, see \
                    and answer by yes and no.";
    empty(ui, "Nothing to review yet", sentence);
    ui.add_space(size::GAP);
    ui.vertical_centered(|ui| {
        if primary_sized(ui, true, "Go to the search", vec2(200.0, 36.0)).clicked() {
            intents.turn_to(Page::Search);
        }
    });
}

fn toolbar(ui: &mut Ui, review: &mut Review, search: &SearchState, intents: &mut Intents) {
    ui.horizontal(|ui| {
        let views = [
            (false, "Pictures", "The spectrogram of each event"),
            (true, "Counts", "The number of events in each hour of each file"),
        ];
        segmented(ui, &mut review.shows_counts, &views);
        let orders = [
            (Order::Nearest, "Nearest first", "By the distance from what you said yes to"),
            (Order::Time, "By time", "File by file, from beginning to end"),
        ];
        segmented(ui, &mut review.order, &orders);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.spacing_mut().item_spacing.x = 4.0;
            if icon_button(ui, Icon::ZoomIn, "Larger pictures (+)").clicked() {
                review.resize_tiles(1);
            }
            if icon_button(ui, Icon::ZoomOut, "Smaller pictures (-)").clicked() {
                review.resize_tiles(-1);
            }
            ui.add_space(size::GAP);
            let help = "Saves the events as a table, as labels for other programs, or as clips";
            if ui.button("Save events…").on_hover_text(help).clicked() {
                intents.ask_to_save_matches();
            }
            let help = "Saves the number of events in each hour of each file, as CSV or JSON";
            if ui.button("Save counts…").on_hover_text(help).clicked() {
                intents.ask_to_save_counts();
            }
            ui.add_space(size::GAP);
            let mut is_sample = review.sample().is_some();
            let help = "Some events from before the line and some from behind it, to judge. Their answers say how many events are \
                        right, and what the line misses.";
            if tick(ui, &mut is_sample, format!("A sample of {SAMPLED}")).on_hover_text(help).changed() {
                intents.show_sample(is_sample);
            }
            if review.sample().is_none() {
                ui.add_space(size::GAP);
                let help = "Shows also events that are not really alike";
                tick(ui, &mut review.shows_behind, "Behind the line, too").on_hover_text(help);
            }
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| text::small(ui, progress(review, search)));
        });
    });
}

/// "12 of 52 have an answer".
fn progress(review: &Review, search: &SearchState) -> String {
    let all = review.len() as u64;
    let answered = format::count(review.answered() as u64);
    let told = format!("{answered} of {} have an answer", format::count(all));
    match review.sample().and_then(|sample| sample.line.sampled) {
        Some(sampled) => {
            format!("{told}: {} from before the line, {} from behind", sampled.sampled_before, sampled.sampled_behind)
        }
        None if search.path.is_none() => String::new(),
        None => told,
    }
}
