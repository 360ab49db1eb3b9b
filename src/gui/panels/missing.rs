//! The dialogs about missing files, and about files that are left out of folders.

use egui::{Key, ScrollArea, TextEdit, Ui, vec2};

use crate::gui::dialogs::Question;
use crate::gui::format;
use crate::gui::intents::Intents;
use crate::gui::modals::Modals;
use crate::gui::shared::Shared;
use crate::gui::widgets::buttons::primary_sized;
use crate::gui::widgets::field::field;
use crate::gui::widgets::text;

/// The most places that the dialog lists.
const LISTED: usize = 100;

pub fn relink(ui: &mut Ui, modals: &mut Modals, shared: &Shared, intents: &mut Intents) {
    ui.set_width(460.0);
    let (missing, away) = shared.missing();
    let lost = format::counted((missing + away) as u64, "file is missing", "files are missing");
    ui.heading(format!("{lost}: where are they now?"));
    let help = "Choose the folder where they are now. Soundalike finds them by their content, even under other names. They keep \
                their tags, favourites, collections and codes, and nothing is indexed again.";
    text::help(ui, help);
    ui.add_space(4.0);
    let edit = TextEdit::singleline(&mut modals.upkeep.folder_typed).id_salt("new place");
    let edit = field(ui, edit.hint_text("the folder where they are now").desired_width(f32::INFINITY));
    let edit = edit.accessible_name("Folder where the files are now");
    if edit.lost_focus() && ui.input(|i| i.key_pressed(Key::Enter)) {
        modals.upkeep.look_for_missing().into_iter().for_each(|command| intents.submit(command));
    }
    if ui.memory(|memory| memory.focused().is_none()) {
        edit.request_focus();
    }
    found(ui, modals);
    ui.add_space(8.0);
    let size = vec2(0.0, 32.0);
    let ready = modals.upkeep.found.as_ref().map_or(0, |plan| plan.found.len());
    ui.horizontal(|ui| {
        if ready > 0 {
            let words = format!("Use the new places of {}", format::counted(ready as u64, "file", "files"));
            if primary_sized(ui, true, &words, size).clicked() {
                intents.relink();
            }
        } else {
            let typed = !modals.upkeep.folder_typed.trim().is_empty() && !modals.upkeep.is_looking;
            if primary_sized(ui, typed, "Look for them", size).clicked() {
                modals.upkeep.look_for_missing().into_iter().for_each(|command| intents.submit(command));
            }
            if ui.add(egui::Button::new("Choose a folder…").min_size(size)).clicked() {
                intents.ask(Question::WhereFilesAre);
            }
        }
        if ui.add(egui::Button::new("Cancel").min_size(size)).clicked() {
            modals.close();
        }
    });
    if missing > 0 {
        ui.add_space(4.0);
        let words = format!("Forget {}", format::counted(missing as u64, "file that is gone", "files that are gone"));
        let help = "They leave the project with their tags and marks. You can undo this.";
        if ui.link(egui::RichText::new(words).small()).on_hover_text(help).clicked() {
            intents.forget_missing();
        }
    }
}

/// The new places that were found, before they are used.
fn found(ui: &mut Ui, modals: &Modals) {
    let Some(plan) = &modals.upkeep.found else {
        if modals.upkeep.is_looking {
            text::help(ui, "Looking…");
        }
        return;
    };
    text::help(ui, format!("{}.", plan.words()));
    ScrollArea::vertical().id_salt("new places").max_height(180.0).show(ui, |ui| {
        for found in plan.found.iter().take(LISTED) {
            text::small(ui, format!("{} is now {}", format::file_name(&found.from), found.to));
        }
        if plan.found.len() > LISTED {
            text::small(ui, format!("and {} more", format::count((plan.found.len() - LISTED) as u64)));
        }
    });
}

/// The dialog about what is left out of folders.
pub fn left_out(ui: &mut Ui, modals: &mut Modals, shared: &Shared, intents: &mut Intents) {
    ui.set_width(460.0);
    ui.heading("Left out of folders");
    let help = "Write one pattern on each line, as in a .gitignore: *_draft.wav, Backups/, !keep.wav. Hidden files and the system's \
                folders are always left out. Files that are in the project stay in it.";
    text::help(ui, help);
    let changes = !shared.read_only();
    let edit = TextEdit::multiline(&mut modals.upkeep.patterns_typed).id_salt("patterns").desired_rows(5);
    ui.add_enabled_ui(changes, |ui| {
        field(ui, edit.desired_width(f32::INFINITY)).accessible_name("Patterns of what is left out");
    });
    match modals.upkeep.left_out.clone() {
        None => text::small(ui, "Looking at your folders…"),
        Some(report) => {
            let n = report.left_out.len() as u64;
            text::small(
                ui,
                format!("{} left out of the folders that you added", format::counted(n, "path is", "paths are")),
            );
            ScrollArea::vertical().id_salt("left out").max_height(180.0).show(ui, |ui| {
                for problem in report.left_out.iter().take(LISTED) {
                    text::small(ui, format!("{}  ({})", problem.path, problem.reason));
                }
            });
        }
    }
    ui.add_space(8.0);
    let size = vec2(0.0, 32.0);
    ui.horizontal(|ui| {
        let typed: Vec<&str> =
            modals.upkeep.patterns_typed.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        let is_new = typed != shared.latest.ignored.iter().map(String::as_str).collect::<Vec<_>>();
        if primary_sized(ui, changes && is_new, "Keep these patterns", size).clicked() {
            modals.upkeep.keep_patterns().into_iter().for_each(|command| intents.submit(command));
        }
        if ui.add(egui::Button::new("Close").min_size(size)).clicked() {
            modals.close();
        }
    });
}
