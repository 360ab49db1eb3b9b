//! The menu of the project: other projects, and what is seldom wanted.

use crate::gui::intents::Intents;
use crate::gui::modals::Modal;
use crate::gui::shared::Shared;
use egui::{Button, Ui};
use std::path::PathBuf;

use crate::engine::Command;

pub fn show(ui: &mut Ui, shared: &Shared, intents: &mut Intents) {
    ui.menu_button("Project", |ui| {
        if ui.button("Open another project…").clicked() {
            intents.open(Modal::OpenProject);
        }
        let here = shared.latest.project.folder.as_std_path();
        let others: Vec<PathBuf> = shared.preferences.recent.iter().filter(|other| *other != here).cloned().collect();
        ui.menu_button("Open recent", |ui| {
            if others.is_empty() {
                ui.add_enabled(false, Button::new("None yet"));
            }
            for folder in others {
                if ui.button(folder.to_string_lossy()).clicked() {
                    intents.open_project(folder);
                }
            }
        });
        #[cfg(feature = "shared")]
        if ui.button("Open a shared library…").clicked() {
            intents.ask_for_library();
        }
        ui.separator();
        let help = "Adds about 200 short sounds that Soundalike makes itself";
        let demo = ui.add_enabled(!shared.read_only(), Button::new("Add the demo library"));
        if demo.on_hover_text(help).clicked() {
            intents.submit(Command::AddDemo);
        }
        let help = "Checks that the files still exist and are unchanged";
        if ui.button("Check the files").on_hover_text(help).clicked() {
            intents.submit(Command::CheckFiles);
        }
        let (missing, away) = shared.missing();
        let find = Button::new("Find missing files…");
        if ui.add_enabled(missing + away > 0 && !shared.read_only(), find).clicked() {
            intents.ask_where_files_are();
        }
        if ui.button("Left out of folders…").clicked() {
            intents.ask_what_is_left_out();
        }
        ui.separator();
        let history = shared.latest.history.clone();
        let named = |verb: &str, words: &Option<String>| match words {
            Some(words) => format!("{verb}: {words}"),
            None => verb.to_owned(),
        };
        let undo = Button::new(named("Undo", &history.undo)).shortcut_text("Ctrl+Z");
        if ui.add_enabled(history.undo.is_some(), undo).clicked() {
            intents.undo();
        }
        let redo = Button::new(named("Redo", &history.redo)).shortcut_text("Ctrl+Y");
        if ui.add_enabled(history.redo.is_some(), redo).clicked() {
            intents.redo();
        }
    });
}
