//! The map of the library. Each sound is a dot, and sounds that sound alike are near one another.

use egui::{Align2, Button, RichText, Role, ScrollArea, Sense, TextStyle, Ui, WidgetInfo, vec2};
use std::sync::Arc;

use super::map_plane::{colours, plane, words};
use crate::engine::{JobKind, MapReport};
use crate::gui::explore::kinds::{ColourBy, KindName};
use crate::gui::explore::map::MapState;
use crate::gui::format;
use crate::gui::intents::Intents;
use crate::gui::search_state::SearchState;
use crate::gui::shared::{List, Shared};
use crate::gui::theme::{palette, size};
use crate::gui::widgets::buttons::{icon_toggle, primary_sized, segmented, tick};
use crate::gui::widgets::empty::empty;
use crate::gui::widgets::icons::Icon;
use crate::gui::widgets::row::{self, Row, take_left};
use crate::gui::widgets::{progress, text};

/// The most letters of a name in the legend.
const LEGEND_LETTERS: usize = 24;

pub fn show(ui: &mut Ui, map: &mut MapState, search: &SearchState, shared: &Shared, intents: &mut Intents) {
    if shared.index_obstacle().is_some() {
        return empty(
            ui,
            "The map of your sounds",
            "When they are indexed, this map shows them. Sounds that sound alike are near one another.",
        );
    }
    map.want(shared, intents);
    if let Some((job, view)) = shared.job(JobKind::Map).map(|(job, view)| (job, view.clone()))
        && progress::job(ui, &view, "Stop drawing the map")
    {
        intents.cancel(job);
    }
    let Some(report) = map.report.clone() else { return nothing_yet(ui, map) };
    if report.dots.is_empty() {
        return empty(ui, "Nothing but silence", "All indexed sounds are silent, so the map is empty.");
    }
    toolbar(ui, map);
    map.keep_kinds(&shared.latest.dataset);
    legend(ui, map);
    let list = if map.list_open { size::MAP_LIST.min(ui.available_height() * 0.45) + size::GAP } else { 0.0 };
    let height = (ui.available_height() - list - 20.0).max(80.0);
    plane(ui, map, search, shared, intents, &report, height);
    summary(ui, map, search, shared, &report);
    if map.list_open {
        rows(ui, map, shared, intents, &report);
    }
}

fn nothing_yet(ui: &mut Ui, map: &mut MapState) {
    if map.asked.is_running() {
        return empty(ui, "Drawing the map", "It is drawn once, and kept until the index changes.");
    }
    let sentence = "It takes some seconds for 10,000 sounds, and is kept until the index changes.";
    empty(ui, "There is no map yet", sentence);
    ui.add_space(size::GAP);
    ui.vertical_centered(|ui| {
        if primary_sized(ui, true, "Draw the map", vec2(200.0, 36.0)).clicked() {
            map.asked.forget();
        }
    });
}

fn toolbar(ui: &mut Ui, map: &mut MapState) {
    let mut by = map.colour_by;
    let mut is_changed = false;
    ui.horizontal_wrapped(|ui| {
        let options = [
            (ColourBy::Folder, "Folders", "Dots are coloured by the folder that their file is in"),
            (ColourBy::Tag, "Tags", "Dots are coloured by the first tag of their file"),
            (ColourBy::File, "Files", "Dots of one file have one colour; several files may share it"),
        ];
        is_changed |= segmented(ui, &mut by, &options);
        let help = "A dot plays when the pointer rests on it";
        tick(ui, &mut map.hover_plays, "Hover plays").on_hover_text(help);
        let open = map.list_open;
        if icon_toggle(ui, Icon::List, "List of the sounds in view", Some(open)).clicked() {
            map.list_open = !open;
        }
    });
    // These buttons have a row of their own, because all in one row would be wider than the panel.
    ui.horizontal(|ui| {
        let aspects = [
            (ColourBy::Brightness, "Bright", "Dots are coloured by the brightness of their file"),
            (ColourBy::Length, "Lengths", "Dots are coloured by the length of their file"),
            (ColourBy::Pitch, "Pitches", "Dots are coloured by the pitch of their file"),
        ];
        is_changed |= segmented(ui, &mut by, &aspects);
    });
    if is_changed {
        map.colour_by(by);
    }
}

/// The meaning of the colours. A click on one dims all others.
fn legend(ui: &mut Ui, map: &mut MapState) {
    let kinds = map.kinds.clone();
    let colours = colours(ui, &kinds, None);
    if kinds.names.is_empty() {
        return text::small(ui, "Neighbouring dots of one colour are mostly from one file.");
    }
    ui.scope(|ui| {
        ui.spacing_mut().item_spacing = vec2(6.0, 2.0);
        ui.spacing_mut().button_padding = vec2(5.0, 1.0);
        ui.spacing_mut().interact_size.y = 18.0;
        ui.horizontal_wrapped(|ui| {
            for KindName { kind, name, dots } in &kinds.names {
                let chosen = map.only == Some(*kind);
                let swatch = RichText::new("■").small().color(colours[*kind]);
                let label = RichText::new(format::shortened(name, LEGEND_LETTERS)).small();
                let button = Button::selectable(chosen, (swatch, label)).frame_when_inactive(false);
                let dots = format::counted(*dots as u64, "dot", "dots");
                let help = if chosen { "Click to bring the others back" } else { "Click to dim the others" };
                let response = ui.add(button).accessible_name(name.as_str());
                if response.on_hover_text(format!("{name}: {dots}. {help}.")).clicked() {
                    map.only = (!chosen).then_some(*kind);
                }
            }
        });
    });
}

/// The number of dots and sounds, and how reliable the positions are.
fn summary(ui: &mut Ui, map: &MapState, search: &SearchState, shared: &Shared, report: &MapReport) {
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 14.0), Sense::hover());
    let shown = format::count(report.dots.len() as u64);
    let all = format::counted(report.of as u64, "moment", "moments");
    let shown = if report.of > report.dots.len() { format!("{shown} of {all}") } else { all };
    let sounds = format::counted(report.sounds.of.len() as u64, "sound", "sounds");
    let shown = if report.sounds.of.is_empty() { shown } else { sounds };
    let kept = 100.0 * report.neighbours_kept;
    let matches = search.matches();
    let marked = matches.iter().filter(|m| map.dot_of_match(m).is_some()).count();
    let marked = match matches.len() {
        all if marked == all => String::new(),
        all => format!(" · {marked} of {all} matches marked"),
    };
    let palette = palette(ui.visuals());
    let (line, colour) = match shared.is_collapsed() {
        true => {
            (format!("{shown}. The model cannot tell sounds apart, so their places mean nothing."), palette.warning)
        }
        false => (format!("{shown} · {kept:.0}% of neighbours kept{marked}"), palette.dim),
    };
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, line.as_str()));
    text::line(ui, rect, Align2::LEFT_CENTER, line, TextStyle::Small, colour);
    response.on_hover_text(
        "A plane cannot show all distances between codes. This is the share of the 10 nearest codes of a sound that are among \
         its 50 nearest dots.",
    );
}

/// The sounds in view as a list, for the keyboard and for finding a name.
fn rows(ui: &mut Ui, map: &mut MapState, shared: &Shared, intents: &mut Intents, report: &Arc<MapReport>) {
    let dots = map.in_view.clone();
    let kinds = map.kinds.clone();
    let colours = colours(ui, &kinds, None);
    let height = 24.0;
    ui.spacing_mut().item_spacing.y = 1.0;
    let reveal = std::mem::take(&mut map.reveal_in_list).then_some(map.selected).flatten();
    let reveal = reveal.and_then(|dot| dots.binary_search(&(dot as u32)).ok());
    ScrollArea::vertical().id_salt("map rows").auto_shrink(false).show_rows(ui, height, dots.len(), |ui, shown| {
        if let Some(place) = reveal {
            row::reveal(ui, shown.start, place, height);
        }
        let selected = map.selected.and_then(|dot| dots.binary_search(&(dot as u32)).ok());
        let stop = row::tab_stop(&shown, selected);
        let had_focus = row::focused(ui.ctx());
        for place in shown {
            let dot = dots[place] as usize;
            let Some(chunk) = report.place(dot) else { continue };
            let selected = map.selected == Some(dot);
            let spoken = format!("Dot {}: {}", place + 1, words(&chunk));
            let row = Row { name: &spoken, height, selected, stops: place == stop, leaves: false };
            let response = row::row(ui, dot, row, |ui, mut rect| {
                let swatch = take_left(&mut rect, 8.0);
                let colour = kinds.of.get(dot).and_then(|&kind| colours.get(usize::from(kind)));
                ui.painter().circle_filled(swatch.center(), 4.0, colour.copied().unwrap_or_default());
                let time = row::take_right(&mut rect, 112.0);
                let palette = palette(ui.visuals());
                let stretch = format::stretch(chunk.start_secs, chunk.end_secs);
                text::line(ui, time, Align2::RIGHT_CENTER, stretch, TextStyle::Small, palette.dim);
                let name = format::file_name(&chunk.path);
                text::line(ui, rect, Align2::LEFT_CENTER, name, TextStyle::Small, palette.text);
            });
            if reveal == Some(place) && had_focus && shared.list == List::MapRows {
                row::focus(ui, &response);
            }
            if response.gained_focus() {
                intents.use_list(List::MapRows);
                map.selected = Some(dot);
            }
            if response.clicked() {
                intents.click_dot(dot);
                intents.use_list(List::MapRows);
                map.reveal_on_plane = true;
            }
        }
    });
}
