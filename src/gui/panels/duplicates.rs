//! Duplicates: exact copies, and groups of sounds whose codes are nearly equal.

use egui::{Align, Align2, Layout, Rect, ScrollArea, Slider, TextStyle, Ui, vec2};

use super::copies;
use crate::engine::{DuplicateGroup, DuplicatesBy, DuplicatesReport, JobKind};
use crate::gui::explore::clip_of_place;
use crate::gui::explore::copies::Copies;
use crate::gui::explore::duplicates::{DuplicatesState, Line};
use crate::gui::format;
use crate::gui::intents::Intents;
use crate::gui::shared::{List, Shared};
use crate::gui::theme::{palette, size};
use crate::gui::widgets::buttons::{primary_sized, segmented, tick};
use crate::gui::widgets::empty::empty;
use crate::gui::widgets::icons::{self, Icon};
use crate::gui::widgets::row::{self, Row, take_left, take_right};
use crate::gui::widgets::{progress, text};

pub fn show(
    ui: &mut Ui,
    duplicates: &mut DuplicatesState,
    copies: &mut Copies,
    shared: &Shared,
    intents: &mut Intents,
) {
    let mut exact = duplicates.exact;
    let kinds = [
        (true, "Exact copies", "Files that sound exactly the same, in any format"),
        (false, "Nearly equal", "Sounds whose codes are equal or nearly equal"),
    ];
    if segmented(ui, &mut exact, &kinds) {
        duplicates.exact = exact;
        intents.use_list(if exact { List::Copies } else { List::Duplicates });
    }
    match exact {
        true => copies::show(ui, copies, shared, intents),
        false => super::search::what_first_or(ui, shared, intents, |ui, intents| {
            nearly_equal(ui, duplicates, shared, intents);
        }),
    }
}

fn nearly_equal(ui: &mut Ui, duplicates: &mut DuplicatesState, shared: &Shared, intents: &mut Intents) {
    duplicates.want(shared, intents);
    choices(ui, duplicates, shared);
    let running = shared.job(JobKind::Compare).map(|(job, view)| (job, view.clone()));
    if let Some((job, view)) = running
        && duplicates.asked.is_running()
        && progress::job(ui, &view, "Stop looking for duplicates")
    {
        intents.cancel(job);
    }
    let Some(report) = duplicates.report.clone() else { return nothing_yet(ui, duplicates) };
    actions(ui, duplicates, shared, intents, &report);
    if duplicates.lines.is_empty() {
        let sentence = "No two sounds are within this distance. A larger distance finds sounds that are only similar.";
        return empty(ui, "No duplicates", sentence);
    }
    lines(ui, duplicates, shared, intents, &report);
}

fn nothing_yet(ui: &mut Ui, duplicates: &mut DuplicatesState) {
    if duplicates.asked.is_running() {
        return empty(ui, "Looking for duplicates…", "");
    }
    empty(ui, "Nothing was compared yet", "Every code is compared with every other one.");
    ui.add_space(size::GAP);
    ui.vertical_centered(|ui| {
        if primary_sized(ui, true, "Look for duplicates", vec2(200.0, 36.0)).clicked() {
            duplicates.asked.forget();
        }
    });
}

fn choices(ui: &mut Ui, duplicates: &mut DuplicatesState, shared: &Shared) {
    let bits = shared.latest.index.as_ref().map_or(64, |index| index.bits);
    ui.horizontal_wrapped(|ui| {
        let options = [
            (DuplicatesBy::Chunk, "Moments", "Parts of files that equal other parts, of the same file or another"),
            (DuplicatesBy::File, "Whole files", "Files of equal length whose moments are all equal"),
        ];
        segmented(ui, &mut duplicates.by, &options);
        let most = (bits / 8).max(1) as u32;
        let slider = Slider::new(&mut duplicates.within, 0..=most).suffix(" bits");
        let help = "A group is a chain of sounds. Each sound differs from the next one in at most this many bits";
        text::small(ui, "that differ in at most");
        ui.spacing_mut().slider_width = (ui.available_size_before_wrap().x - 72.0).clamp(40.0, 160.0);
        ui.add(slider).accessible_name("Bits in which duplicates may differ").on_hover_text(help);
    });
}

/// What was found, and what can be done about it.
fn actions(
    ui: &mut Ui,
    duplicates: &mut DuplicatesState,
    shared: &Shared,
    intents: &mut Intents,
    report: &DuplicatesReport,
) {
    let read_only = shared.read_only();
    ui.horizontal_wrapped(|ui| {
        ui.label(format::counted(report.groups.len() as u64, "group", "groups"));
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let chosen = duplicates.chosen.len() as u64;
            let files = format::counted(chosen, "file", "files");
            let what = if chosen > 0 { files.as_str() } else { "the chosen files" };
            let remove = egui::Button::new(format!("Remove {what} from the project"));
            let help = "They stay on the disk, and you can undo the removal";
            if ui.add_enabled(chosen > 0 && !read_only, remove).on_hover_text(help).clicked() {
                duplicates.remove_chosen(intents);
            }
            if chosen > 0 && ui.button("Choose none").clicked() {
                duplicates.chosen.clear();
            }
            let whole = report.by == DuplicatesBy::File && !report.groups.is_empty() && !read_only;
            let help = "Chooses all files of each group but the first";
            if whole && chosen == 0 && ui.button("Choose all but the first").on_hover_text(help).clicked() {
                duplicates.choose_all_but_the_first();
            }
        });
    });
}

fn lines(
    ui: &mut Ui,
    duplicates: &mut DuplicatesState,
    shared: &Shared,
    intents: &mut Intents,
    report: &DuplicatesReport,
) {
    let lines = duplicates.lines.clone();
    ui.spacing_mut().item_spacing.y = 2.0;
    let reveal = std::mem::take(&mut duplicates.reveal).then_some(duplicates.selected).flatten();
    let list = ScrollArea::vertical().id_salt("duplicates").auto_shrink(false);
    list.show_rows(ui, size::NEAR_ROW, lines.len(), |ui, shown| {
        if let Some(place) = reveal {
            row::reveal(ui, shown.start, place, size::NEAR_ROW);
        }
        let stop = row::tab_stop(&shown, duplicates.selected);
        let had_focus = row::focused(ui.ctx());
        for place in shown {
            let at = At { place, stops: place == stop };
            let response = match lines[place] {
                Line::Group { group, unfolded } => group_line(ui, duplicates, report, at, group, unfolded),
                Line::Member { group, member } => member_line(ui, duplicates, shared, report, at, (group, member)),
            };
            let Some(response) = response else { continue };
            if reveal == Some(place) && had_focus && shared.list == List::Duplicates {
                row::focus(ui, &response);
            }
            if response.gained_focus() {
                intents.use_list(List::Duplicates);
                duplicates.selected = Some(place);
            }
            if response.clicked() {
                intents.use_list(List::Duplicates);
                if let Some(place) = duplicates.click(place) {
                    intents.play(clip_of_place(place));
                }
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
    duplicates: &DuplicatesState,
    report: &DuplicatesReport,
    At { place, stops }: At,
    group: usize,
    unfolded: bool,
) -> Option<egui::Response> {
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
    duplicates: &mut DuplicatesState,
    shared: &Shared,
    report: &DuplicatesReport,
    At { place, stops }: At,
    (group, member): (usize, usize),
) -> Option<egui::Response> {
    let silence = group == report.groups.len();
    let (of, chunk) = duplicates.member(group, member)?;
    let name = format::file_name(&chunk.path);
    let stretch = format::stretch(chunk.start_secs, chunk.end_secs);
    let spoken = format!("Member {} of group {}: {name}, {stretch}", member + 1, group + 1);
    let selected = duplicates.selected == Some(place);
    let mut chosen = duplicates.chosen.contains(&chunk.file);
    let before = chosen;
    let can_choose = !shared.read_only();
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
        duplicates.choose(chunk.file, chosen);
    }
    Some(response)
}
