//! The dialog that opens a shared library, and the bar above the matches while one is open.

use egui::{Button, RichText, TextEdit, Ui, vec2};

use crate::gui::intents::Intents;
use crate::gui::modals::Modals;
use crate::gui::notices::Tone;
use crate::gui::shared::Shared;
use crate::gui::theme::palette;
use crate::gui::widgets::buttons::primary_sized;
use crate::gui::widgets::{field, message, text};

pub fn show(ui: &mut Ui, modals: &mut Modals, intents: &mut Intents) {
    ui.set_width(460.0);
    ui.heading("Open a shared library");
    text::help(ui, "A shared library is in PostgreSQL. Searches then look there, until you come back to the project.");
    ui.add_space(8.0);
    ui.label("Address");
    let hint = "postgres://you@server/sounds";
    let edit = TextEdit::singleline(&mut modals.library_typed).id_salt("library").hint_text(hint);
    let address = field::field(ui, edit.desired_width(f32::INFINITY)).accessible_name("Address of the library");
    text::small(ui, "The password comes from the file ~/.pgpass. One that you type here is not kept.");
    ui.add_space(8.0);
    ui.label("Where its roots are on this machine, one a line");
    let edit =
        TextEdit::multiline(&mut modals.roots_typed).id_salt("roots").hint_text("fx-drive=/mnt/fx").desired_rows(3);
    ui.add(edit.desired_width(f32::INFINITY)).accessible_name("Roots");
    if ui.memory(|memory| memory.focused().is_none()) {
        address.request_focus();
    }
    if let Some(why) = &modals.library_refused {
        ui.add_space(8.0);
        message::message(ui, Tone::Error, why, None);
    }
    ui.add_space(12.0);
    ui.horizontal(|ui| {
        let size = vec2(0.0, 32.0);
        if primary_sized(ui, !modals.library_typed.trim().is_empty(), "Open", size).clicked() {
            intents.open_library();
        }
        if ui.add(Button::new("Cancel").min_size(size)).clicked() {
            modals.close();
        }
    });
}

/// Says that a shared library is searched.
pub fn bar(ui: &mut Ui, shared: &Shared, intents: &mut Intents) {
    let Some(name) = shared.library_in_words() else { return };
    ui.horizontal(|ui| {
        let accent = palette(ui.visuals()).accent;
        ui.label(RichText::new(format!("Searching the shared library {name}")).color(accent));
        if ui.button("Back to the project").clicked() {
            intents.close_library();
        }
    });
}
