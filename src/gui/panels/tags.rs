//! The tags of some files: the person gives and removes them.

use egui::{Key, TextEdit, Ui};

use crate::dataset::FileId;
use crate::gui::format;
use crate::gui::intents::Intents;
use crate::gui::modals::Modals;
use crate::gui::shared::Shared;
use crate::gui::widgets::buttons::{icon_button, primary_sized};
use crate::gui::widgets::icons::Icon;
use crate::gui::widgets::{self, text};

/// The most tags of other files that are offered.
const OFFERED: usize = 12;

pub fn show(ui: &mut Ui, modals: &mut Modals, shared: &Shared, intents: &mut Intents, files: &[FileId]) {
    ui.set_width(380.0);
    let n = format::counted(files.len() as u64, "file", "files");
    ui.heading(format!("Tags of {n}"));
    let tags = shared.tags_of(files);
    if tags.is_empty() {
        text::help(ui, "A tag is a word of your own, such as loop or dry. The filter finds it by tag:loop.");
    }
    for (tag, with) in &tags {
        ui.horizontal(|ui| {
            if icon_button(ui, Icon::Close, &format!("Remove the tag {tag}")).clicked() {
                intents.untag(files.to_vec(), tag.clone());
            }
            ui.label(tag);
            if *with < files.len() {
                text::small(ui, format!("{} of {n}", format::count(*with as u64)));
            }
        });
    }
    ui.horizontal(|ui| {
        let field =
            TextEdit::singleline(&mut modals.tag_typed).id_salt("new tag").hint_text("a new tag").desired_width(240.0);
        let field = widgets::field::field(ui, field).accessible_name("New tag");
        let entered = field.lost_focus() && ui.input(|i| i.key_pressed(Key::Enter));
        let given = ui.button("Give this tag").clicked() || entered;
        if given && !modals.tag_typed.trim().is_empty() {
            let tag = std::mem::take(&mut modals.tag_typed);
            intents.tag(files.to_vec(), tag);
            field.request_focus();
        }
        // The field gets the keyboard, because the dialog is only for it.
        if ui.memory(|memory| memory.focused().is_none()) {
            field.request_focus();
        }
    });
    let others: Vec<String> = {
        let known = shared.latest.dataset.known_tags.iter();
        known.filter(|tag| !tags.contains_key(*tag)).take(OFFERED).cloned().collect()
    };
    if !others.is_empty() {
        text::small(ui, "Tags of other files");
        ui.horizontal_wrapped(|ui| {
            for tag in &others {
                if ui.button(tag).clicked() {
                    intents.tag(files.to_vec(), tag.clone());
                }
            }
        });
    }
    ui.add_space(8.0);
    if primary_sized(ui, true, "Done", egui::vec2(0.0, 32.0)).clicked() {
        modals.close();
    }
}
