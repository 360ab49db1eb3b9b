//! The matches: what sounds like the query, the nearest first, each a click away from being heard.

use egui::{Align, Key, Layout, Rect, RichText, ScrollArea, TextEdit, Ui, UiBuilder};

use super::{match_menu, match_row};
use crate::engine::{SearchFilter, SearchReport};
use crate::gui::format;
use crate::gui::match_list::{Line, View};
use crate::gui::search_state::{MOST_MATCHES, Run};
use crate::gui::state::State;
use crate::gui::theme::{palette, size};
use crate::gui::widgets::buttons::{icon_button, icon_toggle, segmented, tick};
use crate::gui::widgets::icons::Icon;
use crate::gui::widgets::row;

const GAP: f32 = 2.0;

pub fn show(ui: &mut Ui, state: &mut State) {
    let report = state.search.report.clone();
    ui.horizontal(|ui| {
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let help = "Moving through the matches with the arrow keys plays them";
            tick(ui, &mut state.search.auto_play, "Play on moving").on_hover_text(help);
            let options = [
                (View::Moments, "Moments", "The nearest moments, wherever they are"),
                (View::ByFile, "By file", "The nearest moments, under the names of their files"),
                (View::Files, "Files", "Whole files, by how near all of the query is to them"),
            ];
            let before = state.search.view;
            if segmented(ui, &mut state.search.view, &options) {
                state.search.reveal = true;
                if before.grouping() != state.search.view.grouping() {
                    state.search_now();
                }
            }
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                if let Some(report) = &report {
                    let n = format::counted(report.matches.len() as u64, "match", "matches");
                    ui.label(n);
                    let among = format::counted(report.searched, "code", "codes");
                    let time = format!("among {among} in {}", milliseconds(report.seconds));
                    ui.add(egui::Label::new(RichText::new(time).small().weak()).truncate());
                }
            });
        });
    });
    filter(ui, state);
    match report {
        Some(report) if report.silent => {
            let sentence = "There is nothing to hear in the query. Choose another part of it, or another sound.";
            super::search::empty(ui, "The query is silent", sentence);
        }
        Some(report) if report.matches.is_empty() => no_matches(ui, state),
        Some(report) => rows(ui, state, &report),
        None if matches!(state.search.run, Run::Searching { .. }) => super::search::empty(ui, "Searching…", ""),
        None => {}
    }
}

fn milliseconds(secs: f64) -> String {
    if secs < 1.0 { format!("{} ms", format::value(secs * 1000.0)) } else { format::duration(secs) }
}

/// Which sounds may be found.
fn filter(ui: &mut Ui, state: &mut State) {
    let filter = state.search.filter.clone();
    ui.horizontal(|ui| {
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let mut not_this = filter.not_this_file;
            let help = "Leave out the matches in the query's own file";
            if tick(ui, &mut not_this, "Not this file").on_hover_text(help).changed() {
                state.set_filter(|filter| filter.not_this_file = not_this);
            }
            let icon = if filter.favourites { Icon::StarFilled } else { Icon::Star };
            if icon_toggle(ui, icon, "Only favourites", Some(filter.favourites)).clicked() {
                state.set_filter(|filter| filter.favourites = !filter.favourites);
            }
            let mut typed = filter.text.clone();
            if !typed.is_empty() && icon_button(ui, Icon::Close, "Clear the matches' filter").clicked() {
                typed.clear();
            }
            let hint = "Filter the matches: kick  tag:loop  dur<0.5  -is:problem";
            let field = ui
                .add(TextEdit::singleline(&mut typed).id_salt("filter").hint_text(hint).desired_width(f32::INFINITY))
                .accessible_name("Filter the matches");
            if std::mem::take(&mut state.search.focus_filter) {
                field.request_focus();
            }
            if field.lost_focus() && ui.input(|i| i.key_pressed(Key::Escape)) {
                typed.clear();
            }
            state.set_filter(|filter| filter.text = typed);
        });
    });
    for sentence in state.search.filter.not_understood() {
        let warning = palette(ui.visuals()).warning;
        ui.add(egui::Label::new(RichText::new(sentence).small().color(warning)).wrap());
    }
}

fn no_matches(ui: &mut Ui, state: &mut State) {
    if state.search.filter == SearchFilter::default() {
        let sentence = "Nothing but silence is in the index. Add more sounds, and index them.";
        return super::search::empty(ui, "No matches", sentence);
    }
    super::search::empty(ui, "Nothing passes the filter", "No sound of the index is what the filter asks for.");
    ui.vertical_centered(|ui| {
        if ui.button("Clear the filter").clicked() {
            state.set_filter(|filter| *filter = SearchFilter::default());
        }
    });
}

fn rows(ui: &mut Ui, state: &mut State, report: &SearchReport) {
    let lines = state.search.lines();
    let height = |line: &Line| match line {
        Line::Heading { .. } => size::GROUP_ROW + GAP,
        Line::Match(_) => size::MATCH_ROW + GAP,
    };
    // The top of each line, and the end of the last.
    let tops: Vec<f32> = std::iter::once(0.0)
        .chain(lines.iter().scan(0.0, |top, line| {
            *top += height(line);
            Some(*top)
        }))
        .collect();
    let end = tops.last().copied().unwrap_or(0.0);
    let more = report.matches.len() >= state.search.wanted && state.search.wanted < MOST_MATCHES;
    let reveal = std::mem::take(&mut state.search.reveal).then_some(state.search.selected).flatten();
    ScrollArea::vertical().id_salt("matches").auto_shrink(false).show_viewport(ui, |ui, viewport| {
        ui.set_height(end + if more { size::MATCH_ROW } else { 0.0 });
        let origin = ui.max_rect().top();
        let x = ui.max_rect().x_range();
        if let Some(at) = lines.iter().position(|line| reveal.is_some_and(|place| *line == Line::Match(place))) {
            // The first of a file is seen with the heading above it.
            let top =
                if matches!(at.checked_sub(1).map(|at| lines[at]), Some(Line::Heading { .. })) { at - 1 } else { at };
            ui.scroll_to_rect(Rect::from_x_y_ranges(x, origin + tops[top]..=origin + tops[at + 1]), None);
        }
        let first = tops.partition_point(|top| *top <= viewport.min.y).saturating_sub(1);
        let last = tops.partition_point(|top| *top < viewport.max.y).min(lines.len());
        let place = Rect::from_x_y_ranges(x, origin + tops[first]..=origin + end + size::MATCH_ROW);
        ui.scope_builder(UiBuilder::new().id_salt("lines").max_rect(place), |ui| {
            ui.spacing_mut().item_spacing.y = GAP;
            for line in &lines[first.min(last)..last] {
                match *line {
                    Line::Heading { file, first, matches } => {
                        let folded = state.search.folded.contains(&file);
                        if match_row::heading(ui, &report.matches[first], matches, report.bits, folded) {
                            state.search.fold(file, !folded);
                        }
                    }
                    Line::Match(place) => one(ui, state, report, place, reveal == Some(place)),
                }
            }
            if more && last == lines.len() && ui.button("Show more matches").clicked() {
                state.more_matches();
            }
        });
    });
}

fn one(ui: &mut Ui, state: &mut State, report: &SearchReport, place: usize, revealed: bool) {
    let found = &report.matches[place];
    let drawn = match_row::Drawn {
        place,
        found,
        bits: report.bits,
        query_chunks: report.query_chunks,
        file: state.search.files.get(place).cloned().flatten(),
        under_heading: state.search.view == View::ByFile,
        favourite: state.is_favourite(found),
        may_mark: !state.read_only(),
        can_leave: state.drags_out,
    };
    let selected = state.search.selected == Some(place);
    let (response, wanted) = match_row::show(ui, &drawn, selected);
    if revealed && row::focused(ui.ctx()) {
        response.request_focus();
    }
    match wanted {
        Some(match_row::Wanted::Similar) => state.find_similar_to_match(place),
        Some(match_row::Wanted::Favourite) => state.toggle_favourite(place),
        None if response.clicked() => state.play_match(place),
        None => {}
    }
    if response.secondary_clicked() {
        state.select_match(place);
    }
    if state.drags_out && row::begins_to_be_dragged(ui, &response) {
        state.drag_match_out(place);
    }
    match_menu::show(ui, state, place, &response);
}
