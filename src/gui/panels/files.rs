//! The table of files. The person filters, sorts, selects and plays files here.

use egui::{Align, Align2, Key, Layout, Rect, Role, Sense, TextEdit, TextStyle, Ui, WidgetInfo, vec2};
use std::ops::Range;

use super::file_columns::{Columns, INDENT};
use super::file_row::{FileLine, file};
use crate::gui::file_table::{Column, FileTable, Line};
use crate::gui::format;
use crate::gui::intents::Intents;
use crate::gui::search_state::SearchState;
use crate::gui::shared::{List, Shared};
use crate::gui::theme::{palette, size};
use crate::gui::widgets::buttons::{icon_button, icon_toggle};
use crate::gui::widgets::field::{field, go_on_typing};
use crate::gui::widgets::icons::{self, Icon};
use crate::gui::widgets::row::{self, take_left, take_right};
use crate::gui::widgets::text;

pub fn filter(ui: &mut Ui, files: &mut FileTable, intents: &mut Intents) {
    ui.horizontal(|ui| {
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.spacing_mut().item_spacing.x = 2.0;
            let name = "By folder";
            if icon_toggle(ui, Icon::Folder, name, Some(files.by_folder)).clicked() {
                files.by_folder = !files.by_folder;
            }
            if files.shown().order.dataset.has_copies() {
                let name = "Files that sound exactly the same share one row";
                if icon_toggle(ui, Icon::Copies, name, Some(files.folds_copies)).clicked() {
                    files.folds_copies = !files.folds_copies;
                }
            }
            if !files.filter.is_empty() && icon_button(ui, Icon::Close, "Clear the filter").clicked() {
                files.filter.clear();
            }
            // The button before the field appears with the first letter. The field has a fixed id, because a number
            // given in order would change then, and the focus would be lost.
            let edit = TextEdit::singleline(&mut files.filter).id_salt("filter");
            let edit = edit.hint_text("Filter: kick length<1 -tag:loop").desired_width(f32::INFINITY);
            let field = field(ui, edit).accessible_name("Filter the files");
            if std::mem::take(&mut files.focus_filter) {
                go_on_typing(ui, &field, &files.filter);
            }
            let pressed = |key: Key| ui.input(|i| i.key_pressed(key));
            if field.lost_focus() && pressed(Key::Enter) {
                intents.step_file(0, false);
            }
            field.on_hover_ui(filter_help);
        });
    });
    let shown = files.shown().clone();
    for sentence in &shown.not_understood {
        let colour = palette(ui.visuals()).warning;
        ui.add(egui::Label::new(egui::RichText::new(sentence).small().color(colour)).wrap());
    }
    if !files.filter.trim().is_empty() {
        let all = format::counted(shown.order.dataset.files.len() as u64, "file", "files");
        text::small(ui, format!("{} of {all}", format::count(shown.files as u64)));
    }
}

fn filter_help(ui: &mut Ui) {
    let lines = [
        ("kick", "in the name or the folder"),
        ("\"snare drum\"", "with a space"),
        ("length>3  length<250ms", "length"),
        ("note:C3  pitch:200..400", "pitch"),
        ("bpm:118..122", "tempo"),
        ("bright>0.6  noisy<0.2", "brightness, noisiness"),
        ("loud>-20", "loudness"),
        ("attack<20ms", "attack"),
        ("rate:44100", "rate"),
        ("level>-6", "peak in dB"),
        ("tag:loop", "tag"),
        ("is:problem  is:favourite  is:tagged", "what is known of it"),
        ("-kick", "all others"),
    ];
    egui::Grid::new("filter help").num_columns(2).show(ui, |ui| {
        for (example, what) in lines {
            ui.monospace(example);
            ui.label(what);
            ui.end_row();
        }
    });
}

pub fn headings(ui: &mut Ui, files: &mut FileTable, columns: &Columns) {
    let (_, rect) = ui.allocate_space(vec2(ui.available_width(), 22.0));
    // The rows leave room for the scroll bar, so the headings do, too.
    let bar = ui.spacing().scroll.allocated_width();
    let cells = columns.cells(rect.with_max_x(rect.right() - bar).shrink2(vec2(8.0, 0.0)));
    let name = cells.name.with_min_x(cells.picture.left());
    heading(ui, files, Column::Name, "Name", name, Align2::LEFT_CENTER);
    if let Some(rect) = cells.length {
        heading(ui, files, Column::Length, "Length", rect, Align2::RIGHT_CENTER);
    }
    if let Some(rect) = cells.level {
        heading(ui, files, Column::Level, "Peak", rect, Align2::RIGHT_CENTER);
    }
    if let Some(rect) = cells.rate {
        heading(ui, files, Column::Rate, "Rate", rect, Align2::RIGHT_CENTER);
    }
    if let Some(rect) = cells.pitch {
        heading(ui, files, Column::Pitch, "Pitch", rect, Align2::RIGHT_CENTER);
    }
    if let Some(rect) = cells.brightness {
        heading(ui, files, Column::Brightness, "Bright", rect, Align2::RIGHT_CENTER);
    }
}

fn heading(ui: &mut Ui, files: &mut FileTable, by: Column, name: &str, rect: Rect, align: Align2) {
    let palette = palette(ui.visuals());
    let sorted = files.sort.by == by;
    let response = ui.interact(rect, ui.scope_id().with(name), Sense::click());
    let spoken = match (sorted, files.sort.descending) {
        (false, _) => format!("Sort by {}", name.to_lowercase()),
        (true, false) => format!("Sorted by {}, upwards", name.to_lowercase()),
        (true, true) => format!("Sorted by {}, downwards", name.to_lowercase()),
    };
    response.widget_info(|| WidgetInfo::selected(Role::ColumnHeader, true, sorted, &spoken));
    let colour = match (sorted, response.hovered() || response.has_focus()) {
        (true, _) => palette.accent,
        (false, true) => palette.text,
        (false, false) => palette.dim,
    };
    let sign = match (sorted, files.sort.descending) {
        (false, _) => "",
        (true, false) => " ⏶",
        (true, true) => " ⏷",
    };
    text::line(ui, rect, align, format!("{name}{sign}"), TextStyle::Small, colour);
    if response.on_hover_text(spoken).clicked() {
        files.sort_by(by);
    }
}

/// Which rows are drawn.
pub struct Rows {
    pub shown: Range<usize>,
    /// The row that was brought into view.
    pub reveal: Option<Line>,
    /// Whether a row had the keyboard.
    pub had_focus: bool,
}

pub fn lines(
    ui: &mut Ui,
    files: &mut FileTable,
    search: &SearchState,
    shared: &Shared,
    intents: &mut Intents,
    columns: &Columns,
    rows: Rows,
) {
    let Rows { shown, reveal, had_focus } = rows;
    let is_cursor = |number: usize| match files.line(number) {
        Some(Line::File(place)) => files.cursor() == Some(place),
        _ => false,
    };
    let is_file = |number: &usize| matches!(files.line(*number), Some(Line::File(_)));
    let stop = shown.clone().find(|number| is_cursor(*number)).or_else(|| shown.clone().find(is_file));
    for number in shown {
        match files.line(number) {
            Some(Line::Folder(group)) => folder(ui, files, intents, group),
            Some(Line::File(place)) => {
                let revealed = reveal == Some(Line::File(place));
                let gets_focus = revealed && (had_focus || shared.list == List::Files && !ui.ctx().text_edit_focused());
                let indent = files.depth_at(number) as f32 * INDENT;
                file(
                    ui,
                    files,
                    search,
                    shared,
                    intents,
                    columns,
                    FileLine { place, indent, stops: stop == Some(number), gets_focus },
                );
            }
            None => {}
        }
    }
}

pub fn nothing(ui: &mut Ui, files: &mut FileTable) {
    if files.waits() {
        text::help(ui, "Arranging the files…");
    } else if files.filter.trim().is_empty() {
        text::help(ui, "There are no files yet.");
    } else {
        text::help(ui, "No file matches the filter.");
        if ui.button("Show all files").clicked() {
            files.filter.clear();
        }
    }
}

/// The heading of a folder. A click folds its files.
fn folder(ui: &mut Ui, files: &mut FileTable, intents: &mut Intents, group: usize) {
    let shown = files.shown().clone();
    let Some(of_folder) = shown.groups.get(group) else { return };
    let palette = palette(ui.visuals());
    let folded = files.is_folded(&of_folder.folder);
    let path = camino::Utf8Path::new(&of_folder.folder);
    let name = of_folder.name.as_str();
    let n = format::counted(of_folder.all as u64, "file", "files");
    let spoken = format!("Folder {name}, {n}, {}", if folded { "folded" } else { "unfolded" });
    let indent = of_folder.depth as f32 * INDENT;
    let response = row::heading(ui, ("folder", &of_folder.folder), &spoken, size::TABLE_ROW, |ui, mut rect| {
        rect.min.x += indent;
        let sign = Rect::from_center_size(take_left(&mut rect, 10.0).center(), vec2(9.0, 9.0));
        icons::fold(ui.painter(), sign, !folded, palette.dim);
        let sign = take_left(&mut rect, 14.0);
        icons::paint(ui.painter(), Icon::Folder, Rect::from_center_size(sign.center(), vec2(13.0, 13.0)), palette.dim);
        let count = take_right(&mut rect, 48.0);
        let files = format::count(of_folder.all as u64);
        text::line(ui, count, Align2::RIGHT_CENTER, files, TextStyle::Small, palette.dim);
        let above = path.parent().and_then(|above| above.file_name()).unwrap_or_default();
        text::with_aside(ui, rect, name, if of_folder.depth == 0 { above } else { "" });
    });
    let response = response.on_hover_text(path.as_str());
    if response.clicked() {
        files.fold(group, !folded);
    }
    response.context_menu(|ui| {
        if ui.button("Select these files").clicked() {
            let places = files.files_below(group);
            intents.select_places(places);
        }
        if ui.button("Fold all folders").clicked() {
            files.fold_all(true);
        }
        if ui.button("Unfold all folders").clicked() {
            files.fold_all(false);
        }
        if ui.button("Copy the folder's path").clicked() {
            ui.ctx().copy_text(path.to_string());
        }
        if ui.button("Show in the file manager").clicked() {
            intents.reveal(vec![path.to_owned().into()]);
        }
    });
}
