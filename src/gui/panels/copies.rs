//! Exact copies: which file of each group is kept, and what happens to the others.

use egui::{Align, Align2, Layout, ScrollArea, TextEdit, TextStyle, Ui, vec2};

use crate::engine::CopiesDeed;
use crate::gui::explore::clip_of_place;
use crate::gui::explore::copies::{Copies, CopyLine, Rule};
use crate::gui::format;
use crate::gui::intents::Intents;
use crate::gui::modals::Modals;
use crate::gui::shared::{List, Shared};
use crate::gui::theme::{palette, size};
use crate::gui::widgets::buttons::{primary_sized, segmented, tick};
use crate::gui::widgets::empty::empty;
use crate::gui::widgets::field::field;
use crate::gui::widgets::row::{self, Row, take_left, take_right};
use crate::gui::widgets::text;

pub fn show(ui: &mut Ui, copies: &mut Copies, shared: &Shared, intents: &mut Intents) {
    copies.want(shared, intents);
    rules(ui, copies);
    let Some(report) = copies.report.clone() else {
        return match copies.keep() {
            Some(_) => empty(ui, "Looking for copies…", ""),
            None => empty(ui, "Which folder?", "Type the folder whose files are kept."),
        };
    };
    if report.groups.is_empty() {
        let sentence = "No two of your files sound exactly the same, whatever format they are in.";
        return empty(ui, "No copies", sentence);
    }
    actions(ui, copies, shared, intents);
    lines(ui, copies, shared, intents);
}

fn rules(ui: &mut Ui, copies: &mut Copies) {
    ui.horizontal_wrapped(|ui| {
        text::small(ui, "Keep the one");
        let options = [
            (Rule::HighestResolution, "with the highest rate", "The highest rate, then the most bytes"),
            (Rule::LongestPath, "with the longest path", "Usually the file that was sorted into folders"),
            (Rule::InFolder, "in a folder", "Groups without a file in this folder stay as they are"),
        ];
        segmented(ui, &mut copies.rule, &options);
        if copies.rule == Rule::InFolder {
            let edit = TextEdit::singleline(&mut copies.folder_typed).id_salt("folder of copies");
            let edit = edit.hint_text("paste the folder").desired_width(ui.available_width().clamp(120.0, 420.0));
            field(ui, edit).accessible_name("Folder whose copies are kept");
        }
    });
}

/// The number of copies, and the buttons that remove them.
fn actions(ui: &mut Ui, copies: &Copies, shared: &Shared, intents: &mut Intents) {
    let Some(reviewed) = copies.reviewed() else { return };
    let changes = !shared.read_only() && reviewed.others() > 0;
    ui.horizontal_wrapped(|ui| {
        let files = format::counted(reviewed.others() as u64, "file", "files");
        let sounds = format::counted(reviewed.groups.len() as u64, "sound", "sounds");
        ui.label(format!("{files} to go, of {sounds}"));
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let help = "Moves them to the desktop's trash, after a question";
            if ui.add_enabled(changes, egui::Button::new("Move to the trash…")).on_hover_text(help).clicked() {
                intents.ask_to_thin_out(CopiesDeed::Trash);
            }
            let help = "Writes a shell script that removes them, for you to look at and to run";
            if ui.add_enabled(reviewed.others() > 0, egui::Button::new("Shell script…")).on_hover_text(help).clicked()
            {
                intents.ask_to_save_copies_script();
            }
            let help = "They leave the project and stay on the disk. The kept file gets their tags and marks.";
            if ui.add_enabled(changes, egui::Button::new("Forget in the project…")).on_hover_text(help).clicked() {
                intents.ask_to_thin_out(CopiesDeed::Forget);
            }
        });
    });
}

fn lines(ui: &mut Ui, copies: &mut Copies, shared: &Shared, intents: &mut Intents) {
    let lines = copies.lines();
    ui.spacing_mut().item_spacing.y = 1.0;
    let selected = copies.selected;
    let reveal = std::mem::take(&mut copies.reveal).then_some(selected).flatten();
    let list = ScrollArea::vertical().id_salt("copies").auto_shrink(false);
    list.show_rows(ui, size::MATCH_ROW, lines.len(), |ui, shown| {
        if let Some(place) = reveal {
            row::reveal(ui, shown.start, place, size::MATCH_ROW);
        }
        let stop = row::tab_stop(&shown, selected);
        let had_focus = row::focused(ui.ctx());
        for place in shown {
            let response = one(ui, copies, shared, lines[place], place, place == stop);
            if reveal == Some(place) && had_focus {
                row::focus(ui, &response);
            }
            if response.gained_focus() {
                intents.use_list(List::Copies);
                copies.selected = Some(place);
            }
            if response.clicked() {
                intents.use_list(List::Copies);
                copies.selected = Some(place);
                if let Some(place) = copies.selected_place(shared) {
                    intents.play(clip_of_place(place));
                }
                row::focus(ui, &response);
            }
        }
    });
}

fn one(ui: &mut Ui, copies: &mut Copies, shared: &Shared, line: CopyLine, place: usize, stops: bool) -> egui::Response {
    let (id, path) =
        copies.file_at(line).map_or((crate::dataset::FileId(0), String::new()), |(id, path)| (id, path.to_string()));
    let path = camino::Utf8PathBuf::from(path);
    let name = format::file_name(&path);
    let (verb, indent) = match line {
        CopyLine::Kept { .. } => ("Kept", 0.0),
        CopyLine::Other { .. } if copies.kept.contains(&path) => ("Kept as well", 24.0),
        CopyLine::Other { .. } => ("Copy to go", 24.0),
    };
    let spoken = format!("{verb}: {name} in {}", format::folder(&path));
    let selected = copies.selected == Some(place);
    let mut goes = !copies.kept.contains(&path);
    let before = goes;
    let facts = shared.latest.dataset.file(id).map(|file| {
        (
            format::short_duration(file.duration_secs()),
            format!("{} kHz", format::kilohertz(file.rate).trim_end_matches('k')),
            format::bytes(file.size_bytes),
        )
    });
    let row = Row { name: &spoken, height: size::MATCH_ROW, selected, stops, leaves: false };
    let response = row::row(ui, ("copy", place), row, |ui, mut rect| {
        let palette = palette(ui.visuals());
        rect.min.x += indent;
        if matches!(line, CopyLine::Other { .. }) {
            let place = take_left(&mut rect, size::CONTROL - 4.0);
            let middle = Layout::left_to_right(Align::Center);
            let builder = egui::UiBuilder::new().id_salt(("goes", path.as_str())).max_rect(place).layout(middle);
            let mut child = ui.new_child(builder);
            tick(&mut child, &mut goes, ()).accessible_name(format!("Let {name} go"));
        }
        if let Some((length, rate, bytes)) = &facts {
            for figure in [bytes, rate, length] {
                let place = take_right(&mut rect, 64.0);
                text::line(ui, place, Align2::RIGHT_CENTER, figure.as_str(), TextStyle::Small, palette.dim);
            }
        }
        let folder = path.parent().map_or("", |folder| folder.as_str());
        let aside = match line {
            CopyLine::Kept { .. } => format!("kept, in {folder}"),
            CopyLine::Other { .. } => folder.to_owned(),
        };
        text::with_aside(ui, rect, name, &aside);
        row::tooltip_at(ui, rect, path.as_str());
    });
    if goes != before {
        copies.keep_copy(line, !goes);
    }
    response
}

/// The dialog that asks before copies are removed.
pub fn thin_out(ui: &mut Ui, modals: &mut Modals, copies: &Copies, intents: &mut Intents, deed: CopiesDeed) {
    let Some(reviewed) = copies.reviewed() else { return modals.close() };
    ui.set_width(420.0);
    let n = reviewed.others() as u64;
    let files = format::counted(n, "file", "files");
    let (title, help, yes) = match deed {
        CopiesDeed::Forget => (
            format!("Take {files} out of the project?"),
            "They stay on the disk. The file that is kept of each sound gets their tags and marks. You can undo this.",
            "Take them out",
        ),
        CopiesDeed::Trash => (
            format!("Move {files} to the trash?"),
            "One file of each sound stays. The others go to the desktop's trash. To get a file back, restore it from the trash, and \
             undo the change here. Other programs will no longer find these files.",
            "Move them to the trash",
        ),
    };
    ui.heading(title);
    text::help(ui, help);
    ui.add_space(12.0);
    let size = vec2(0.0, 32.0);
    ui.horizontal(|ui| {
        if ui.add(egui::Button::new(yes).min_size(size)).clicked() {
            intents.thin_out(deed);
        }
        if primary_sized(ui, true, "Leave them", size).clicked() {
            modals.close();
        }
    });
}
