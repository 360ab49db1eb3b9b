//! Asks where to save something, with the desktop's dialog or in a field, for desktops that have no dialog.

use egui::{ComboBox, Key, TextEdit, Ui, vec2};

use crate::engine::CollectionFormat;
use crate::engine::formats::MatchFormat;
use crate::gui::format;
use crate::gui::intents::Intents;
use crate::gui::modals::Modals;
use crate::gui::saving::What;
use crate::gui::widgets::buttons::{primary_sized, segmented};
use crate::gui::widgets::text;

pub fn show(ui: &mut Ui, modals: &mut Modals, intents: &mut Intents) {
    let Some(saving) = &mut modals.saving else { return };
    ui.set_width(460.0);
    match saving.what.clone() {
        What::Clip(clip) => {
            ui.heading("Save this sound as WAV");
            let part =
                clip.to_secs.map_or("all of".to_owned(), |to| format!("{} of", format::stretch(clip.from_secs, to)));
            let from = format!("{part} {}, cut from the original at its own rate, channels and depth.", clip.path);
            text::help(ui, from);
        }
        What::Matches(report, chosen) => {
            ui.heading("Save all matches");
            text::help(ui, format!("{}, as", format::counted(report.matches.len() as u64, "match", "matches")));
            let combo = ComboBox::from_id_salt("form").selected_text(chosen.title()).width(240.0);
            let response = combo.show_ui(ui, |ui| {
                for form in MatchFormat::ALL {
                    if ui.selectable_label(form == chosen, form.title()).clicked() {
                        saving.set_format(form);
                    }
                }
            });
            response.response.accessible_name("Form of the matches");
        }
        What::CopiesScript(copies) => {
            ui.heading("Save a script that removes copies");
            let files = format::counted(copies.others() as u64, "file", "files");
            text::help(
                ui,
                format!("When you run the script, it removes {files}. Read it first. Saving it removes nothing."),
            );
        }
        What::Collection(_, chosen) => {
            ui.heading("Export the collection");
            let forms = [
                (CollectionFormat::M3u, "Playlist", "M3U: entries begin and end where the moments do"),
                (CollectionFormat::Csv, "Table", "CSV: path, start and end"),
                (
                    CollectionFormat::Folder,
                    "Folder",
                    "Copies of the files, numbered in their order, and moments as clips",
                ),
            ];
            let mut form = chosen;
            if segmented(ui, &mut form, &forms) {
                saving.set_collection_format(form);
            }
            text::small(ui, forms.iter().find(|(known, ..)| *known == form).map_or("", |(.., help)| help));
        }
    }
    ui.add_space(4.0);
    let edit = TextEdit::singleline(&mut saving.typed).id_salt("path to save to").desired_width(f32::INFINITY);
    let field = crate::gui::widgets::field::field(ui, edit);
    let field = field.accessible_name("Path to save to");
    let entered = field.lost_focus() && ui.input(|i| i.key_pressed(Key::Enter));
    ui.add_space(12.0);
    let ready = saving.command().is_some();
    let size = vec2(0.0, 32.0);
    ui.horizontal(|ui| {
        if primary_sized(ui, ready, "Save", size).clicked() || ready && entered {
            intents.save();
        }
        if ui.add(egui::Button::new("Choose where…").min_size(size)).clicked() {
            intents.browse_to_save();
        }
        if ui.add(egui::Button::new("Cancel").min_size(size)).clicked() {
            modals.close();
        }
    });
}
