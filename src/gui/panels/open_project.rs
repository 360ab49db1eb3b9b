//! Asks for a project's folder, with the desktop's dialog or as text, for desktops that have no dialog.

use egui::{Button, Key, Response, TextEdit, Ui, vec2};

use crate::gui::dialogs::Question;
use crate::gui::intents::Intents;
use crate::gui::modals::Modals;
use crate::gui::typed_path::typed_path;
use crate::gui::widgets::buttons::primary_sized;
use crate::gui::widgets::{self, text};

pub fn show(ui: &mut Ui, modals: &mut Modals, intents: &mut Intents) {
    ui.set_width(420.0);
    ui.heading("Open another project");
    text::help(ui, "A project is a folder. One that is new or empty becomes a project.");
    ui.add_space(12.0);
    let field = folder_field(ui, &mut modals.project_typed, intents, "paste a folder's path");
    // The field gets the keyboard, because the dialog is only for it.
    if ui.memory(|memory| memory.focused().is_none()) {
        field.request_focus();
    }
    ui.add_space(12.0);
    ui.horizontal(|ui| {
        let size = vec2(0.0, 32.0);
        let typed = typed_path(&modals.project_typed);
        if primary_sized(ui, typed.is_some(), "Open", size).clicked()
            && let Some(folder) = typed
        {
            intents.open_project(folder);
        }
        if ui.add(Button::new("Choose a folder…").min_size(size)).clicked() {
            intents.ask(Question::ProjectFolder);
        }
        if ui.add(Button::new("Cancel").min_size(size)).clicked() {
            modals.close();
        }
    });
}

/// Opens the typed folder on Enter.
pub fn folder_field(ui: &mut Ui, typed: &mut String, intents: &mut Intents, hint: &str) -> Response {
    let field = TextEdit::singleline(typed).id_salt("project folder").hint_text(hint.to_owned());
    let response = widgets::field::field(ui, field.desired_width(f32::INFINITY)).accessible_name("Project folder");
    if response.lost_focus()
        && ui.input(|i| i.key_pressed(Key::Enter))
        && let Some(folder) = typed_path(typed)
    {
        intents.open_project(folder);
    }
    response
}
