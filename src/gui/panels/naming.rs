//! Asks for a name.

use egui::{Key, TextEdit, Ui, vec2};

use crate::gui::widgets::buttons::primary_sized;
use crate::gui::widgets::{field, text};

/// The texts of the dialog.
pub struct Words<'a> {
    pub title: &'a str,
    pub help: &'a str,
    /// The field's name for screen readers.
    pub field: &'a str,
    pub button: &'a str,
}

/// How the dialog was closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Named {
    Given,
    Cancelled,
}

pub fn show(ui: &mut Ui, typed: &mut String, words: Words<'_>) -> Option<Named> {
    ui.set_width(380.0);
    ui.heading(words.title);
    if !words.help.is_empty() {
        text::help(ui, words.help);
    }
    ui.add_space(4.0);
    let edit = TextEdit::singleline(typed).id_salt("name").desired_width(f32::INFINITY);
    let field = field::field(ui, edit).accessible_name(words.field);
    let entered = field.lost_focus() && ui.input(|i| i.key_pressed(Key::Enter));
    // The field gets the keyboard, because the dialog is only for it.
    if ui.memory(|memory| memory.focused().is_none()) {
        field.request_focus();
    }
    ui.add_space(12.0);
    let is_named = !typed.trim().is_empty();
    let size = vec2(0.0, 32.0);
    let mut named = None;
    ui.horizontal(|ui| {
        if primary_sized(ui, is_named, words.button, size).clicked() || is_named && entered {
            named = Some(Named::Given);
        }
        if ui.add(egui::Button::new("Cancel").min_size(size)).clicked() {
            named = Some(Named::Cancelled);
        }
    });
    named
}
