//! Back and forward through the queries, and the lists of them and of the favourites.

use egui::{Align, Key, Layout, Popup, PopupCloseBehavior, Response, RichText, ScrollArea, Ui};

use crate::dataset::Favourite;
use crate::engine::Command;
use crate::gui::format;
use crate::gui::state::State;
use crate::gui::theme::{palette, size};
use crate::gui::widgets::buttons::icon_button;
use crate::gui::widgets::icons::Icon;
use crate::gui::widgets::row::{self, button_at, take_right};
use crate::gui::widgets::text;

const WIDTH: f32 = 340.0;
const HIGHEST: f32 = 320.0;

/// The buttons, from left to right.
pub fn show(ui: &mut Ui, state: &mut State) {
    ui.spacing_mut().item_spacing.x = 2.0;
    let back = ui.add_enabled_ui(state.search.history.back().is_some(), |ui| {
        icon_button(ui, Icon::Back, "The query before (Alt+Left)").clicked()
    });
    if back.inner {
        state.go_back();
    }
    let forward = ui.add_enabled_ui(state.search.history.forward().is_some(), |ui| {
        icon_button(ui, Icon::Forward, "The query after (Alt+Right)").clicked()
    });
    if forward.inner {
        state.go_forward();
    }
    let button = icon_button(ui, Icon::History, "Queries before this one");
    menu(&button, |ui| queries(ui, state));
    let button = icon_button(ui, Icon::Star, "Favourites");
    menu(&button, |ui| favourites(ui, state));
}

fn menu(button: &Response, contents: impl FnOnce(&mut Ui)) {
    let popup = Popup::menu(button).close_behavior(PopupCloseBehavior::CloseOnClickOutside).width(WIDTH);
    popup.show(|ui| {
        ui.set_width(WIDTH);
        contents(ui);
    });
}

/// The newest on top.
fn queries(ui: &mut Ui, state: &mut State) {
    let asked = state.search.history.asked().to_vec();
    if asked.is_empty() {
        return text::small(ui, "What you search for is listed here.");
    }
    let shown = state.search.path.is_some().then(|| state.search.history.at());
    let mut chosen = None;
    ScrollArea::vertical().max_height(HIGHEST).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = 2.0;
        for (place, asked) in asked.iter().enumerate().rev() {
            let name = format::file_name(&asked.path);
            let part = match asked.region {
                Some((from, to)) => format::stretch(from, to),
                None => "all of it".to_owned(),
            };
            let spoken = format!("Query {}: {name}, {part}", place + 1);
            let response = row::row(ui, ("query", place), &spoken, 38.0, shown == Some(place), |ui, rect| {
                text::two_lines(ui, rect, name, format!("{part} · {}", format::folder(&asked.path)));
                row::tooltip_at(ui, rect, asked.path.as_str());
            });
            if response.clicked() || response.has_focus() && ui.input(|i| i.key_pressed(Key::Enter)) {
                chosen = Some(place);
                ui.close();
            }
        }
    });
    if let Some(place) = chosen {
        state.go_to_query(place);
    }
}

enum Wanted {
    Play,
    Similar,
    Unmark,
}

fn favourites(ui: &mut Ui, state: &mut State) {
    let favourites = state.latest.favourites.clone();
    if favourites.is_empty() {
        return text::small(ui, "Mark a match with its star, and it is listed here.");
    }
    ui.horizontal(|ui| {
        text::small(ui, format::counted(favourites.len() as u64, "favourite", "favourites"));
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let dim = palette(ui.visuals()).dim;
            ui.label(RichText::new("click plays").small().color(dim));
        });
    });
    let height = 38.0;
    let list = ScrollArea::vertical().max_height(HIGHEST).auto_shrink([false, true]);
    ui.spacing_mut().item_spacing.y = 2.0;
    let mut wanted = None;
    list.show_rows(ui, height, favourites.len(), |ui, shown| {
        for place in shown {
            if let Some(does) = favourite(ui, state, place, &favourites[place], height) {
                wanted = Some((favourites[place], does));
            }
        }
    });
    let Some((favourite, does)) = wanted else { return };
    match (does, state.favourite_clip(&favourite)) {
        (Wanted::Play, Some(clip)) => state.play(clip),
        (Wanted::Similar, Some(clip)) => {
            ui.close();
            state.choose_query(clip.path, Some((favourite.start_secs, favourite.end_secs)));
        }
        (Wanted::Unmark, _) => state.submit(Command::MarkFavourite { favourite, on: false }),
        (_, None) => {}
    }
}

fn favourite(ui: &mut Ui, state: &State, place: usize, favourite: &Favourite, height: f32) -> Option<Wanted> {
    let clip = state.favourite_clip(favourite)?;
    let name = format::file_name(&clip.path);
    let part = format::stretch(favourite.start_secs, favourite.end_secs);
    let mut wanted = None;
    let response =
        row::row(ui, ("favourite", place), &format!("Favourite {name}, {part}"), height, false, |ui, mut rect| {
            let unmark = take_right(&mut rect, size::CONTROL);
            let similar = take_right(&mut rect, size::CONTROL - size::GAP);
            text::two_lines(ui, rect, name, format!("{part} · {}", format::folder(&clip.path)));
            row::tooltip_at(ui, rect, clip.path.as_str());
            if button_at(ui, similar, Icon::Similar, &format!("Find sounds like favourite {name}, {part}")).clicked() {
                wanted = Some(Wanted::Similar);
            }
            let may_change = !state.read_only();
            let does = format!("Take the mark off {name}, {part}");
            if may_change && button_at(ui, unmark, Icon::StarFilled, &does).clicked() {
                wanted = Some(Wanted::Unmark);
            }
        });
    wanted.or(response.clicked().then_some(Wanted::Play))
}
