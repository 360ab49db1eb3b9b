//! Near-duplicates: groups of sounds whose codes agree, to listen to and to tidy up.

use egui::{Align, Align2, Layout, Rect, ScrollArea, Slider, TextStyle, Ui, vec2};

use super::copies;
use crate::engine::{DuplicateGroup, DuplicatesBy, DuplicatesReport, JobKind};
use crate::gui::explore::duplicates::Line;
use crate::gui::format;
use crate::gui::state::{List, State};
use crate::gui::theme::{palette, size};
use crate::gui::widgets::buttons::{primary_sized, segmented, tick};
use crate::gui::widgets::empty::empty;
use crate::gui::widgets::icons::{self, Icon};
use crate::gui::widgets::row::{self, Row, take_left, take_right};
use crate::gui::widgets::{progress, text};

pub fn show(ui: &mut Ui, state: &mut State) {
    let mut exact = state.explore.duplicates.exact;
    let kinds = [
        (true, "Exact copies", "Files that sound exactly the same, in any format"),
        (false, "Nearly equal", "Sounds whose codes are equal or nearly equal"),
    ];
    if segmented(ui, &mut exact, &kinds) {
        state.explore.duplicates.exact = exact;
        state.list = if exact { List::Copies } else { List::Duplicates };
    }
    match exact {
        true => copies::show(ui, state),
        false => super::search::what_first_or(ui, state, nearly_equal),
    }
}

fn nearly_equal(ui: &mut Ui, state: &mut State) {
    state.want_duplicates();
    choices(ui, state);
    let running = state.job(JobKind::Compare).map(|(job, view)| (job, view.clone()));
    if let Some((job, view)) = running
        && state.explore.duplicates.asked.is_running()
        && progress::job(ui, &view, "Stop looking for duplicates")
    {
        state.cancel(job);
    }
    let Some(report) = state.explore.duplicates.report.clone() else { return nothing_yet(ui, state) };
    actions(ui, state, &report);
    if state.explore.duplicates.lines.is_empty() {
        let sentence = "No two sounds agree within this distance. A larger distance finds what is only alike.";
        return empty(ui, "No duplicates", sentence);
    }
    lines(ui, state, &report);
}

fn nothing_yet(ui: &mut Ui, state: &mut State) {
    if state.explore.duplicates.asked.is_running() {
        return empty(ui, "Looking for duplicates…", "");
    }
    empty(ui, "Nothing was compared yet", "Every code is compared with every other one.");
    ui.add_space(size::GAP);
    ui.vertical_centered(|ui| {
        if primary_sized(ui, true, "Look for duplicates", vec2(200.0, 36.0)).clicked() {
            state.explore.duplicates.asked.forget();
        }
    });
}

fn choices(ui: &mut Ui, state: &mut State) {
    let bits = state.latest.index.as_ref().map_or(64, |index| index.bits);
    ui.horizontal_wrapped(|ui| {
        let options = [
            (DuplicatesBy::Chunk, "Moments", "Parts of files that equal other parts, of the same file or another"),
            (DuplicatesBy::File, "Whole files", "Files of equal length whose moments are all equal"),
        ];
        segmented(ui, &mut state.explore.duplicates.by, &options);
        let most = (bits / 8).max(1) as u32;
        let slider = Slider::new(&mut state.explore.duplicates.within, 0..=most).suffix(" bits");
        let help = "Sounds are in one group where a chain of them leads from one to the other, each differing from the next \
                    in no more bits than this";
        text::small(ui, "that differ in at most");
        ui.spacing_mut().slider_width = (ui.available_size_before_wrap().x - 72.0).clamp(40.0, 160.0);
        ui.add(slider).accessible_name("Bits in which duplicates may differ").on_hover_text(help);
    });
}

/// What was found, and what can be done about it.
fn actions(ui: &mut Ui, state: &mut State, report: &DuplicatesReport) {
    let read_only = state.read_only();
    ui.horizontal_wrapped(|ui| {
        ui.label(format::counted(report.groups.len() as u64, "group", "groups"));
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let chosen = state.explore.duplicates.chosen.len() as u64;
            let files = format::counted(chosen, "file", "files");
            let what = if chosen > 0 { files.as_str() } else { "the chosen files" };
            let remove = egui::Button::new(format!("Remove {what} from the project"));
            let help = "They stay on the disk, and you can undo the removal";
            if ui.add_enabled(chosen > 0 && !read_only, remove).on_hover_text(help).clicked() {
                state.remove_chosen_duplicates();
            }
            if chosen > 0 && ui.button("Choose none").clicked() {
                state.explore.duplicates.chosen.clear();
            }
            let whole = report.by == DuplicatesBy::File && !report.groups.is_empty() && !read_only;
            let help = "Chooses all files of each group but the first";
            if whole && chosen == 0 && ui.button("Choose all but the first").on_hover_text(help).clicked() {
                state.explore.duplicates.choose_all_but_the_first();
            }
        });
    });
}

fn lines(ui: &mut Ui, state: &mut State, report: &DuplicatesReport) {
    let lines = state.explore.duplicates.lines.clone();
    ui.spacing_mut().item_spacing.y = 2.0;
    let duplicates = &mut state.explore.duplicates;
    let reveal = std::mem::take(&mut duplicates.reveal).then_some(duplicates.selected).flatten();
    let list = ScrollArea::vertical().id_salt("duplicates").auto_shrink(false);
    list.show_rows(ui, size::NEAR_ROW, lines.len(), |ui, shown| {
        if let Some(place) = reveal {
            row::reveal(ui, shown.start, place, size::NEAR_ROW);
        }
        let stop = row::tab_stop(&shown, state.explore.duplicates.selected);
        let had_focus = row::focused(ui.ctx());
        for place in shown {
            let at = At { place, stops: place == stop };
            let response = match lines[place] {
                Line::Group { group, unfolded } => group_line(ui, state, report, at, group, unfolded),
                Line::Member { group, member } => member_line(ui, state, report, at, (group, member)),
            };
            let Some(response) = response else { continue };
            if reveal == Some(place) && had_focus && state.list == List::Duplicates {
                row::focus(ui, &response);
            }
            if response.gained_focus() {
                state.list = List::Duplicates;
                state.explore.duplicates.selected = Some(place);
            }
            if response.clicked() {
                state.click_duplicate(place);
            }
        }
    });
}

/// A line's place among all, and whether the Tab key stops there.
#[derive(Clone, Copy)]
struct At {
    place: usize,
    stops: bool,
}

fn group_line(
    ui: &mut Ui,
    state: &State,
    report: &DuplicatesReport,
    At { place, stops }: At,
    group: usize,
    unfolded: bool,
) -> Option<egui::Response> {
    let duplicates = &state.explore.duplicates;
    let of = duplicates.group(group)?;
    let silence = group == report.groups.len();
    let (title, below) = if silence { silence_words(of) } else { group_words(report, of) };
    let state_word = if unfolded { "unfolded" } else { "folded" };
    let spoken = format!("Group {}: {title}; {state_word}", group + 1);
    let selected = duplicates.selected == Some(place);
    let row = Row { name: &spoken, height: size::NEAR_ROW, selected, stops, leaves: false };
    Some(row::row(ui, ("group", group), row, |ui, mut rect| {
        let sign = take_left(&mut rect, 14.0);
        let icon = if unfolded { Icon::Unfolded } else { Icon::Folded };
        icons::paint(
            ui.painter(),
            icon,
            Rect::from_center_size(sign.center(), vec2(10.0, 10.0)),
            palette(ui.visuals()).dim,
        );
        text::two_lines(ui, rect, title.as_str(), below.as_str());
    }))
}

fn silence_words(group: &DuplicateGroup) -> (String, String) {
    let files = format::counted(group.files as u64, "file", "files");
    (format!("Silence: {}", format::counted(group.chunks, "chunk", "chunks")), format!("in {files}; never a match"))
}

fn group_words(report: &DuplicatesReport, group: &DuplicateGroup) -> (String, String) {
    let name = |file: u32| report.files.get(file as usize).map_or("", |file| format::file_name(&file.path));
    let first = group.members.first().map_or("", |member| name(member.file));
    let title = match group.files {
        1 => format!("{first}, repeated"),
        2 => format!("{first} and 1 other file"),
        n => format!("{first} and {} other files", format::count(n as u64 - 1)),
    };
    let members = match report.by {
        DuplicatesBy::File => String::new(),
        DuplicatesBy::Chunk => format!("{} · ", format::counted(group.members.len() as u64, "place", "places")),
    };
    let apart = if group.furthest == 0 {
        "the same codes".to_owned()
    } else {
        format!("up to {} bits from the first", group.furthest)
    };
    (title, format!("{members}{apart}"))
}

fn member_line(
    ui: &mut Ui,
    state: &mut State,
    report: &DuplicatesReport,
    At { place, stops }: At,
    (group, member): (usize, usize),
) -> Option<egui::Response> {
    let silence = group == report.groups.len();
    let duplicates = &state.explore.duplicates;
    let (of, chunk) = duplicates.member(group, member)?;
    let name = format::file_name(&chunk.path);
    let stretch = format::stretch(chunk.start_secs, chunk.end_secs);
    let spoken = format!("Member {} of group {}: {name}, {stretch}", member + 1, group + 1);
    let selected = duplicates.selected == Some(place);
    let mut chosen = duplicates.chosen.contains(&chunk.file);
    let before = chosen;
    let can_choose = !state.read_only();
    let row = Row { name: &spoken, height: size::NEAR_ROW, selected, stops, leaves: false };
    let response = row::row(ui, ("member", group, member), row, |ui, mut rect| {
        take_left(&mut rect, 14.0);
        let place = take_left(&mut rect, size::CONTROL);
        let mut child = ui.new_child(egui::UiBuilder::new().id_salt(("choose", group, member)).max_rect(place));
        let response = child.add_enabled_ui(can_choose, |ui| tick(ui, &mut chosen, ())).inner;
        response.accessible_name(format!("Choose {name}, member {} of group {}", member + 1, group + 1));
        let distance = match (silence, of.distance) {
            (true, _) => String::new(),
            (false, 0) => "same".to_owned(),
            (false, n) => format::counted(u64::from(n), "bit", "bits"),
        };
        let palette = palette(ui.visuals());
        text::line(ui, take_right(&mut rect, 52.0), Align2::RIGHT_CENTER, distance, TextStyle::Small, palette.dim);
        text::two_lines(ui, rect, name, format!("{stretch} · {}", format::folder(&chunk.path)));
        row::tooltip_at(ui, rect, chunk.path.as_str());
    });
    if chosen != before {
        state.explore.duplicates.choose(chunk.file, chosen);
    }
    Some(response)
}
