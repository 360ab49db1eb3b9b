//! The list of matches, the nearest first. A click plays a match.

use egui::{
    Align, Align2, Key, Layout, Rect, RichText, Role, ScrollArea, Sense, TextEdit, TextStyle, Ui, WidgetInfo, vec2,
};

use super::match_headings::headings;
use super::match_row::{self, Columns, Shown};
use super::{hints, match_menu, taught, weights};
use crate::engine::{SearchFilter, SearchReport, words};
use crate::gui::collecting::DraggedSounds;
use crate::gui::format;
use crate::gui::intents::Intents;
use crate::gui::match_list::{Column, Line, Sort, View};
use crate::gui::search_state::{MOST_MATCHES, Run, SearchState};
use crate::gui::shared::{List, Shared};
use crate::gui::theme::{palette, size};
use crate::gui::widgets::buttons::{icon_button, icon_toggle, segmented};
use crate::gui::widgets::empty::empty;
use crate::gui::widgets::field::{field, go_on_typing};
use crate::gui::widgets::icons::Icon;
use crate::gui::widgets::{row, text};

pub fn show(ui: &mut Ui, search: &mut SearchState, shared: &Shared, intents: &mut Intents) {
    let report = search.report.clone();
    ui.spacing_mut().item_spacing.y = 4.0;
    toolbar(ui, search, shared, intents);
    weights::show(ui, search, shared, intents);
    taught::show(ui, search, shared, intents, report.as_deref());
    for sentence in search.filter.not_understood() {
        let warning = palette(ui.visuals()).warning;
        ui.add(egui::Label::new(RichText::new(sentence).small().color(warning)).wrap());
    }
    match report {
        Some(report) if report.silent => {
            let sentence = "There is nothing to hear in the query. Choose another part of it, or another sound.";
            empty(ui, "The query is silent", sentence);
        }
        Some(report) => {
            let lines = search.lines();
            match lines.is_empty() {
                true => no_matches(ui, search, intents),
                false => list(ui, search, shared, intents, &report, &lines),
            }
        }
        None if matches!(search.run, Run::Searching { .. }) => empty(ui, "Searching…", ""),
        None => {}
    }
}

/// What is listed, its order, and the filter.
fn toolbar(ui: &mut Ui, search: &mut SearchState, shared: &Shared, intents: &mut Intents) {
    ui.horizontal(|ui| {
        let options = [
            (View::Sounds, "Sounds", "Whole sounds, ordered by their distance from the whole query"),
            (View::Moments, "Moments", "The nearest moments, wherever they are"),
            (View::Everywhere, "Everywhere", "Every stretch in which the whole query occurs"),
        ];
        let mut view = search.view;
        if segmented(ui, &mut view, &options) {
            intents.look_at_matches_as(view);
        }
        weights::button(ui, search, shared, intents);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| filter(ui, search, intents));
    });
}

fn filter(ui: &mut Ui, search: &mut SearchState, intents: &mut Intents) {
    let mut filter = search.filter.clone();
    ui.spacing_mut().item_spacing.x = 2.0;
    let icon = if filter.favourites { Icon::StarFilled } else { Icon::Star };
    if icon_toggle(ui, icon, "Only favourites", Some(filter.favourites)).clicked() {
        filter.favourites = !filter.favourites;
    }
    if !filter.text.is_empty() && icon_button(ui, Icon::Close, "Clear the matches' filter").clicked() {
        filter.text.clear();
    }
    let mut is_among_all = false;
    if let Some(among) = &filter.among {
        let sounds = format::counted(among.len() as u64, "sound", "sounds");
        let button = ui.button(RichText::new(format!("{sounds} of the map  ×")).small());
        if button.on_hover_text("Click to search in all sounds again").clicked() {
            is_among_all = true;
        }
    }
    let edit = TextEdit::singleline(&mut filter.text).id_salt("filter").hint_text("Filter: kick  tag:loop  note:C3");
    let edit = field(ui, edit.desired_width(f32::INFINITY)).accessible_name("Filter the matches");
    if std::mem::take(&mut search.focus_filter) {
        go_on_typing(ui, &edit, &filter.text);
    }
    if edit.lost_focus() && ui.input(|i| i.key_pressed(Key::Escape)) {
        filter.text.clear();
    }
    if edit.lost_focus() && ui.input(|i| i.key_pressed(Key::Enter)) {
        intents.go_to_matches();
    }
    if is_among_all {
        filter.among = None;
    }
    if filter != search.filter {
        intents.replace_filter(filter);
    }
}

fn no_matches(ui: &mut Ui, search: &SearchState, intents: &mut Intents) {
    if search.filter == SearchFilter::default() {
        let sentence = "There is no other sound in the index. Add more sounds, and index them.";
        return empty(ui, "No matches", sentence);
    }
    empty(ui, "Nothing passes the filter", "No indexed sound matches the filter.");
    ui.vertical_centered(|ui| {
        if ui.button("Clear the filter").clicked() {
            intents.replace_filter(SearchFilter::default());
        }
    });
}

/// The headings, the lines, and a summary below them.
fn list(
    ui: &mut Ui,
    search: &mut SearchState,
    shared: &Shared,
    intents: &mut Intents,
    report: &SearchReport,
    lines: &[Line],
) {
    let hidden = shared.preferences.hidden_columns.clone();
    let bar = ui.spacing().scroll.allocated_width();
    let any_tags = || report.matches.iter().any(|found| !shared.latest.dataset.tags_of(found.file).is_empty());
    let tags = !hidden.contains(&Column::Tags) && any_tags();
    let any_pitch = report.matches.iter().any(|found| found.aspects.is_some_and(|aspects| aspects.pitch.is_some()));
    let any_aspects = report.matches.iter().any(|found| found.aspects.is_some());
    let wanted = |column| match column {
        Column::Tags => tags,
        Column::Pitch => any_pitch && !hidden.contains(&column),
        Column::Brightness => any_aspects && !hidden.contains(&column),
        _ => !hidden.contains(&column),
    };
    let columns = Columns::of(ui.available_width() - bar, wanted);
    ui.spacing_mut().item_spacing.y = 1.0;
    headings(ui, search, shared, intents, columns);
    let hints = hints::are_wanted(shared);
    // In a low window, the first hints take the place of the summary.
    let summed_up = !hints || ui.ctx().content_rect().height() > size::LOW_WINDOW;
    let below = if hints { hints::HEIGHT } else { 0.0 } + if summed_up { 18.0 } else { 0.0 };
    let height = (ui.available_height() - below).max(size::MATCH_ROW);
    let place = Rect::from_min_size(ui.cursor().min, vec2(ui.available_width(), height));
    let mut inner = ui.new_child(egui::UiBuilder::new().id_salt("rows").max_rect(place));
    rows(&mut inner, search, shared, intents, report, lines, columns);
    ui.advance_cursor_after_rect(place);
    if summed_up {
        summary(ui, search, shared, report, lines);
    }
    if hints {
        hints::show(ui, shared);
    }
}

fn rows(
    ui: &mut Ui,
    search: &mut SearchState,
    shared: &Shared,
    intents: &mut Intents,
    report: &SearchReport,
    lines: &[Line],
    columns: Columns,
) {
    let more = report.matches.len() >= search.wanted && search.wanted < MOST_MATCHES;
    let reveal = std::mem::take(&mut search.reveal);
    let takes_focus = std::mem::take(&mut search.take_focus) && !ui.ctx().text_edit_focused();
    let divider = end_of_likeness(search, lines);
    // The divider takes a row of the list.
    let row_of = |place: usize| place + usize::from(divider.is_some_and(|divider| place >= divider));
    let selected = search.selected.and_then(|selected| lines.iter().position(|line| *line == selected));
    let selected = selected.map(row_of);
    let last = lines.len() + usize::from(divider.is_some());
    let all = last + usize::from(more);
    ScrollArea::vertical().id_salt("matches").auto_shrink(false).show_rows(ui, size::MATCH_ROW, all, |ui, shown| {
        if let Some(row) = selected.filter(|_| reveal || takes_focus) {
            row::reveal(ui, shown.start, row, size::MATCH_ROW);
        }
        let stop = row::tab_stop(&shown, selected);
        let stop = if divider == Some(stop) { stop + 1 } else { stop };
        let gets_focus = (takes_focus || reveal && row::focused(ui.ctx())).then_some(selected).flatten();
        for row in shown {
            if row == last {
                if ui.button("Show more matches").clicked() {
                    intents.more_matches();
                }
                continue;
            }
            if divider == Some(row) {
                line_of_likeness(ui, report);
                continue;
            }
            let place = row - usize::from(divider.is_some_and(|divider| row > divider));
            let number = lines[..=place].iter().filter(|line| matches!(line, Line::Match(_))).count();
            let at = At { line: lines[place], number, stops: row == stop, gets_focus: gets_focus == Some(row) };
            one(ui, search, shared, intents, report, columns, at);
        }
    });
}

/// The position of the first match that is not really alike, if the list is sorted by nearness.
fn end_of_likeness(search: &SearchState, lines: &[Line]) -> Option<usize> {
    let is_behind = |line: &Line| search.match_at(*line).is_some_and(|found| found.nearness.is_behind);
    let sorted_by_likeness = search.sort == Sort::default();
    let matches = |line: &Line| matches!(line, Line::Match(_));
    lines.iter().position(|line| matches(line) && is_behind(line)).filter(|_| sorted_by_likeness)
}

/// The divider between the matches that are really alike and the others.
fn line_of_likeness(ui: &mut Ui, report: &SearchReport) {
    let palette = palette(ui.visuals());
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), size::MATCH_ROW), Sense::hover());
    let words = match words::nothing_alike(report).is_some() {
        true => "Nothing here is really like the query. The nearest sounds:",
        false => "From here on, nothing is really alike",
    };
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, words));
    let line = egui::Stroke::new(1.0, palette.warning);
    ui.painter().hline(rect.x_range(), rect.top() + 3.0, line);
    let place = rect.shrink2(vec2(8.0, 0.0)).translate(vec2(0.0, 2.0));
    text::line(ui, place, Align2::LEFT_CENTER, words, TextStyle::Small, palette.warning);
    let help = "Sounds after this line may be this near by chance. The line is drawn where a tenth of the matches before it are \
                expected to be there by chance.";
    response.on_hover_text(help);
}

/// A line and its place in the list.
struct At {
    line: Line,
    number: usize,
    stops: bool,
    gets_focus: bool,
}

fn one(
    ui: &mut Ui,
    search: &mut SearchState,
    shared: &Shared,
    intents: &mut Intents,
    report: &SearchReport,
    columns: Columns,
    at: At,
) {
    let At { line, number, stops, gets_focus } = at;
    let Some(found) = search.match_at(line).cloned() else { return };
    let shown = Shown { line, number, found: &found, bits: report.bits, columns, stops };
    let (response, wanted) = match_row::show(ui, search, shared, &shown);
    if gets_focus {
        row::focus(ui, &response);
    }
    if response.gained_focus() && search.selected != Some(line) {
        intents.select_match(line);
    }
    if response.has_focus() && shared.list != List::Matches {
        intents.use_list(List::Matches);
    }
    match wanted {
        Some(match_row::Wanted::Favourite) => intents.toggle_favourite(line),
        Some(match_row::Wanted::Verdict(yes)) => intents.judge(line, yes),
        Some(match_row::Wanted::Unfold) => {
            let unfolded = search.unfolded.contains_key(&found.file);
            intents.unfold_moments(found.file, !unfolded);
        }
        None if response.clicked() => {
            intents.play_match(line);
            row::focus(ui, &response);
        }
        None => {}
    }
    if response.secondary_clicked() {
        intents.select_match(line);
    }
    if row::begins_to_be_dragged(ui, &response) {
        response.dnd_set_drag_payload(DraggedSounds(search.item_of(line).into_iter().collect()));
        intents.drag_match_out(line);
    }
    match_menu::show(ui, search, shared, intents, line, &response);
}

/// The number of matches and of searched codes, or why the order means nothing.
fn summary(ui: &mut Ui, search: &SearchState, shared: &Shared, report: &SearchReport, lines: &[Line]) {
    let palette = palette(ui.visuals());
    let n = lines.iter().filter(|line| matches!(line, Line::Match(_))).count();
    let n = match search.view {
        View::Sounds => format::counted(n as u64, "sound", "sounds"),
        View::Moments => format::counted(n as u64, "moment", "moments"),
        View::Everywhere => format::counted(n as u64, "event", "events"),
    };
    let (line, colour) = if shared.is_collapsed() {
        ("The model cannot tell sounds apart, so this order means nothing. Train again.".to_owned(), palette.warning)
    } else {
        let among = format::counted(report.searched, "code", "codes");
        // Counted from the rows, because the query itself is a row in some views only.
        let is_alike = |line: &&Line| {
            matches!(line, Line::Match(_)) && search.match_at(**line).is_some_and(|found| !found.nearness.is_behind)
        };
        let alike = report.line.alike.map(|_| lines.iter().filter(is_alike).count() as u64);
        let alike = alike.map_or(String::new(), |alike| format!(", {} really alike", format::count(alike)));
        (format!("{n}{alike} · among {among} in {}", milliseconds(report.seconds)), palette.dim)
    };
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 16.0), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, line.as_str()));
    text::line(ui, rect, Align2::LEFT_CENTER, line, TextStyle::Small, colour);
}

fn milliseconds(secs: f64) -> String {
    if secs < 1.0 { format!("{} ms", format::value(secs * 1000.0)) } else { format::duration(secs) }
}
