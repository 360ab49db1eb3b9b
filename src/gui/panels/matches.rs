//! The matches: what sounds like the query, the nearest first, each a click away from being heard.

use egui::{
    Align, Align2, Key, Layout, Rect, RichText, Role, ScrollArea, Sense, TextEdit, TextStyle, Ui, WidgetInfo, vec2,
};

use super::match_row::{self, Columns, Shown};
use super::query::LOW;
use super::{hints, match_menu, taught, weights};
use crate::engine::{SearchFilter, SearchReport, words};
use crate::gui::collecting::DraggedSounds;
use crate::gui::format;
use crate::gui::match_list::{Column, Line, Sort, View};
use crate::gui::search_state::{MOST_MATCHES, Run};
use crate::gui::state::State;
use crate::gui::theme::{palette, size};
use crate::gui::widgets::buttons::{icon_button, icon_toggle, segmented, tick};
use crate::gui::widgets::empty::empty;
use crate::gui::widgets::field::{field, go_on_typing};
use crate::gui::widgets::icons::Icon;
use crate::gui::widgets::{row, text};

pub fn show(ui: &mut Ui, state: &mut State) {
    let report = state.search.report.clone();
    ui.spacing_mut().item_spacing.y = 4.0;
    toolbar(ui, state);
    weights::show(ui, state);
    taught::show(ui, state, report.as_deref());
    for sentence in state.search.filter.not_understood() {
        let warning = palette(ui.visuals()).warning;
        ui.add(egui::Label::new(RichText::new(sentence).small().color(warning)).wrap());
    }
    match report {
        Some(report) if report.silent => {
            let sentence = "There is nothing to hear in the query. Choose another part of it, or another sound.";
            empty(ui, "The query is silent", sentence);
        }
        Some(report) => {
            let lines = state.search.lines();
            match lines.is_empty() {
                true => no_matches(ui, state),
                false => list(ui, state, &report, &lines),
            }
        }
        None if matches!(state.search.run, Run::Searching { .. }) => empty(ui, "Searching…", ""),
        None => {}
    }
}

/// What is listed, and which of it.
fn toolbar(ui: &mut Ui, state: &mut State) {
    ui.horizontal(|ui| {
        let options = [
            (View::Sounds, "Sounds", "Whole sounds, by how near all of the query is to them"),
            (View::Moments, "Moments", "The nearest moments, wherever they are"),
            (View::Everywhere, "Everywhere", "Every stretch in which the whole query occurs"),
        ];
        let mut view = state.search.view;
        if segmented(ui, &mut view, &options) {
            state.look_at_matches_as(view);
        }
        weights::button(ui, state);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| filter(ui, state));
    });
}

fn filter(ui: &mut Ui, state: &mut State) {
    let filter = state.search.filter.clone();
    ui.spacing_mut().item_spacing.x = 2.0;
    let icon = if filter.favourites { Icon::StarFilled } else { Icon::Star };
    if icon_toggle(ui, icon, "Only favourites", Some(filter.favourites)).clicked() {
        state.set_filter(|filter| filter.favourites = !filter.favourites);
    }
    let mut typed = filter.text.clone();
    if !typed.is_empty() && icon_button(ui, Icon::Close, "Clear the matches' filter").clicked() {
        typed.clear();
    }
    if let Some(among) = &filter.among {
        let sounds = format::counted(among.len() as u64, "sound", "sounds");
        let button = ui.button(RichText::new(format!("{sounds} of the map  ×")).small());
        if button.on_hover_text("Click to search in all sounds again").clicked() {
            state.set_filter(|filter| filter.among = None);
        }
    }
    let edit = TextEdit::singleline(&mut typed).id_salt("filter").hint_text("Filter: kick  tag:loop  note:C3");
    let edit = field(ui, edit.desired_width(f32::INFINITY)).accessible_name("Filter the matches");
    if std::mem::take(&mut state.search.focus_filter) {
        go_on_typing(ui, &edit, &typed);
    }
    if edit.lost_focus() && ui.input(|i| i.key_pressed(Key::Escape)) {
        typed.clear();
    }
    if edit.lost_focus() && ui.input(|i| i.key_pressed(Key::Enter)) {
        state.go_to_matches();
    }
    state.set_filter(|filter| filter.text = typed);
}

fn no_matches(ui: &mut Ui, state: &mut State) {
    if state.search.filter == SearchFilter::default() {
        let sentence = "There is no other sound in the index. Add more sounds, and index them.";
        return empty(ui, "No matches", sentence);
    }
    empty(ui, "Nothing passes the filter", "No indexed sound matches the filter.");
    ui.vertical_centered(|ui| {
        if ui.button("Clear the filter").clicked() {
            state.set_filter(|filter| *filter = SearchFilter::default());
        }
    });
}

/// The headings, the lines, and below them how many there are.
fn list(ui: &mut Ui, state: &mut State, report: &SearchReport, lines: &[Line]) {
    let hidden = state.preferences.hidden_columns.clone();
    let bar = ui.spacing().scroll.allocated_width();
    let any_tags = || report.matches.iter().any(|found| !state.latest.dataset.tags_of(found.file).is_empty());
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
    headings(ui, state, columns);
    let hints = hints::are_wanted(state);
    // In a low window the first hints stand where the summary will be.
    let summed_up = !hints || ui.ctx().content_rect().height() > LOW;
    let below = if hints { hints::HEIGHT } else { 0.0 } + if summed_up { 18.0 } else { 0.0 };
    let height = (ui.available_height() - below).max(size::MATCH_ROW);
    let place = Rect::from_min_size(ui.cursor().min, vec2(ui.available_width(), height));
    rows(&mut ui.new_child(egui::UiBuilder::new().id_salt("rows").max_rect(place)), state, report, lines, columns);
    ui.advance_cursor_after_rect(place);
    if summed_up {
        summary(ui, state, report, lines);
    }
    if hints {
        hints::show(ui, state);
    }
}

fn headings(ui: &mut Ui, state: &mut State, columns: Columns) {
    let (_, rect) = ui.allocate_space(vec2(ui.available_width(), 20.0));
    let bar = ui.spacing().scroll.allocated_width();
    // Below the headings, which take their own clicks.
    let all = ui.interact(rect, ui.scope_id().with("columns"), Sense::CLICK);
    all.context_menu(|ui| choose_columns(ui, state));
    let cells = columns.cells(rect.with_max_x(rect.right() - bar).shrink2(vec2(8.0, 0.0)));
    heading(ui, state, Column::Name, "Name", cells.name.with_min_x(cells.picture.left()), Align2::LEFT_CENTER);
    if let Some(rect) = cells.alike {
        let name = if tells_shares(state) { "Alike" } else { "Differs" };
        heading(ui, state, Column::Alike, name, rect, Align2::LEFT_CENTER);
    }
    if let Some(rect) = cells.length {
        heading(ui, state, Column::Length, "Length", rect, Align2::RIGHT_CENTER);
    }
    if let Some(rect) = cells.pitch {
        heading(ui, state, Column::Pitch, "Pitch", rect, Align2::RIGHT_CENTER);
    }
    if let Some(rect) = cells.brightness {
        heading(ui, state, Column::Brightness, "Bright", rect, Align2::RIGHT_CENTER);
    }
    if let Some(rect) = cells.tags {
        text::line(ui, rect, Align2::LEFT_CENTER, "Tags", TextStyle::Small, palette(ui.visuals()).dim);
    }
}

/// Whether nearness is told as a share of random pairs. A library of too few sounds has no such pairs: the bits that differ
/// are told there.
fn tells_shares(state: &State) -> bool {
    state.search.matches().iter().any(|found| found.nearness.share_alike.is_some())
}

/// Which columns are shown.
fn choose_columns(ui: &mut Ui, state: &mut State) {
    let columns = [
        (Column::Alike, "Nearness"),
        (Column::Length, "Length"),
        (Column::Pitch, "Pitch"),
        (Column::Brightness, "Brightness"),
        (Column::Tags, "Tags"),
    ];
    for (column, name) in columns {
        let hidden = &mut state.preferences.hidden_columns;
        let mut shown = !hidden.contains(&column);
        if tick(ui, &mut shown, name).changed() {
            match shown {
                true => hidden.remove(&column),
                false => hidden.insert(column),
            };
        }
    }
}

fn heading(ui: &mut Ui, state: &mut State, by: Column, name: &str, rect: Rect, align: Align2) {
    let palette = palette(ui.visuals());
    let sort = state.search.sort;
    let sorted = sort.by == by;
    let response = ui.interact(rect, ui.scope_id().with(name), Sense::click());
    let lower = match by {
        Column::Alike => "nearness".to_owned(),
        Column::Brightness => "brightness".to_owned(),
        _ => name.to_lowercase(),
    };
    let spoken = match (sorted, sort.descending) {
        (false, _) => format!("Sort the matches by {lower}"),
        (true, false) => format!("Matches sorted by {lower}, upwards"),
        (true, true) => format!("Matches sorted by {lower}, downwards"),
    };
    response.widget_info(|| WidgetInfo::selected(Role::ColumnHeader, true, sorted, &spoken));
    let colour = match (sorted, response.hovered() || response.has_focus()) {
        (true, _) => palette.accent,
        (false, true) => palette.text,
        (false, false) => palette.dim,
    };
    // The distance grows downwards, and so what is told of it, the share alike, falls.
    let falls = sort.descending != (by == Column::Alike && tells_shares(state));
    let sign = match (sorted, falls) {
        (false, _) => "",
        (true, false) => " ⏶",
        (true, true) => " ⏷",
    };
    text::line(ui, rect, align, format!("{name}{sign}"), TextStyle::Small, colour);
    let response = response.on_hover_text(format!("{spoken}. Right-click to choose the columns."));
    if response.clicked() {
        state.search.sort = Sort { by, descending: sorted && !sort.descending };
    }
    response.context_menu(|ui| choose_columns(ui, state));
}

fn rows(ui: &mut Ui, state: &mut State, report: &SearchReport, lines: &[Line], columns: Columns) {
    let more = report.matches.len() >= state.search.wanted && state.search.wanted < MOST_MATCHES;
    let reveal = std::mem::take(&mut state.search.reveal);
    let takes_focus = std::mem::take(&mut state.search.take_focus) && !ui.ctx().text_edit_focused();
    let divider = end_of_likeness(state, lines);
    // The divider takes a row of the list.
    let row_of = |place: usize| place + usize::from(divider.is_some_and(|divider| place >= divider));
    let selected = state.search.selected.and_then(|selected| lines.iter().position(|line| *line == selected));
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
                    state.more_matches();
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
            one(ui, state, report, columns, at);
        }
    });
}

/// The place of the first match that is not really alike, where matches stand in the order of their nearness.
fn end_of_likeness(state: &State, lines: &[Line]) -> Option<usize> {
    let is_behind = |line: &Line| state.search.match_at(*line).is_some_and(|found| found.nearness.is_behind);
    let sorted_by_likeness = state.search.sort == Sort::default();
    let matches = |line: &Line| matches!(line, Line::Match(_));
    lines.iter().position(|line| matches(line) && is_behind(line)).filter(|_| sorted_by_likeness)
}

/// What stands between the matches that are really alike and the others.
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
    let help = "This near, or nearer, sounds of your library come by chance. The line is where a tenth of the matches before \
                it are expected to be there by chance.";
    response.on_hover_text(help);
}

/// A line, and how it stands in the list.
struct At {
    line: Line,
    number: usize,
    stops: bool,
    gets_focus: bool,
}

fn one(ui: &mut Ui, state: &mut State, report: &SearchReport, columns: Columns, at: At) {
    let At { line, number, stops, gets_focus } = at;
    let Some(found) = state.search.match_at(line).cloned() else { return };
    let shown = Shown { line, number, found: &found, bits: report.bits, columns, stops };
    let (response, wanted) = match_row::show(ui, state, &shown);
    if gets_focus {
        row::focus(ui, &response);
    }
    if response.gained_focus() && state.search.selected != Some(line) {
        state.select_match(line);
    }
    if response.has_focus() {
        state.list = crate::gui::state::List::Matches;
    }
    match wanted {
        Some(match_row::Wanted::Favourite) => state.toggle_favourite(line),
        Some(match_row::Wanted::Verdict(yes)) => state.judge(line, yes),
        Some(match_row::Wanted::Unfold) => {
            let unfolded = state.search.unfolded.contains_key(&found.file);
            state.unfold_moments(found.file, !unfolded);
        }
        None if response.clicked() => {
            state.play_match(line);
            row::focus(ui, &response);
        }
        None => {}
    }
    if response.secondary_clicked() {
        state.select_match(line);
    }
    if row::begins_to_be_dragged(ui, &response) {
        response.dnd_set_drag_payload(DraggedSounds(state.item_of_match(line).into_iter().collect()));
        state.drag_match_out(line);
    }
    match_menu::show(ui, state, line, &response);
}

/// How many matches there are, among how much, or why they mean nothing.
fn summary(ui: &mut Ui, state: &State, report: &SearchReport, lines: &[Line]) {
    let palette = palette(ui.visuals());
    let n = lines.iter().filter(|line| matches!(line, Line::Match(_))).count();
    let n = match state.search.view {
        View::Sounds => format::counted(n as u64, "sound", "sounds"),
        View::Moments => format::counted(n as u64, "moment", "moments"),
        View::Everywhere => format::counted(n as u64, "event", "events"),
    };
    let (line, colour) = if state.is_collapsed() {
        ("The model cannot tell sounds apart, so this order means nothing. Train again.".to_owned(), palette.warning)
    } else {
        let among = format::counted(report.searched, "code", "codes");
        // The query's own is one of those that are alike.
        let alike = report.line.alike.map(|alike| alike.saturating_sub(1).min(lines.len()) as u64);
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
