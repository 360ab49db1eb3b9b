//! The dialogs. A dialog covers the window until it is answered.

use camino::Utf8Path;
use egui::{Grid, Id, Modal as Cover, RichText, ScrollArea, Ui, vec2};

use super::naming::{self, Named};
use super::{collection, copies, missing, open_project, save};
use crate::engine::Command;
use crate::gui::explore::copies::Copies;
use crate::gui::intents::Intents;
use crate::gui::keys::KEYS;
use crate::gui::modals::{Modal, Modals};
use crate::gui::shared::Shared;
use crate::gui::theme::palette;
use crate::gui::widgets::buttons::primary_sized;
use crate::gui::widgets::text;

pub fn show(ui: &mut Ui, modals: &mut Modals, copies: &Copies, shared: &Shared, intents: &mut Intents) {
    let Some(modal) = modals.open.clone() else { return };
    let ctx = ui.ctx().clone();
    let frame = egui::Frame::window(ui.style());
    let response = Cover::new(Id::unique("modal")).frame(frame).show(&ctx, |ui| match modal {
        Modal::DeleteTake(path) => delete_take(ui, modals, intents, &path),
        Modal::Tags(files) => super::tags::show(ui, modals, shared, intents, &files),
        Modal::Save => save::show(ui, modals, intents),
        Modal::Collect(items) => collection::collect(ui, modals, shared, intents, &items),
        Modal::RenameCollection(which) => collection::rename(ui, modals, intents, which),
        Modal::ThinOut(deed) => copies::thin_out(ui, modals, copies, intents, deed),
        Modal::Relink => missing::relink(ui, modals, shared, intents),
        Modal::LeftOut => missing::left_out(ui, modals, shared, intents),
        Modal::SaveSearch => save_search(ui, modals, intents),
        Modal::RenameSearch(name) => rename_search(ui, modals, intents, &name),
        Modal::OpenProject => open_project::show(ui, modals, intents),
        #[cfg(feature = "shared")]
        Modal::SharedLibrary => super::shared_library::show(ui, modals, intents),
        Modal::Keys => keys(ui, modals),
        Modal::LeaveRecording => leave_recording(ui, modals, shared, intents),
    });
    if response.should_close() {
        modals.close();
    }
}

fn save_search(ui: &mut Ui, modals: &mut Modals, intents: &mut Intents) {
    let help = "The search keeps its query, its examples, your verdicts and the line. When you open it again, it also searches what \
                was added since, and says how many matches are new.";
    let words = naming::Words { title: "Save this search", help, field: "Name of the search", button: "Save" };
    match naming::show(ui, &mut modals.name_typed, words) {
        Some(Named::Given) => intents.save_search(),
        Some(Named::Cancelled) => modals.close(),
        None => {}
    }
}

fn rename_search(ui: &mut Ui, modals: &mut Modals, intents: &mut Intents, name: &str) {
    let title = format!("Rename the search “{name}”");
    let words = naming::Words { title: &title, help: "", field: "Name of the search", button: "Rename" };
    match naming::show(ui, &mut modals.name_typed, words) {
        Some(Named::Given) => intents.rename_search(name.to_owned()),
        Some(Named::Cancelled) => modals.close(),
        None => {}
    }
}

fn delete_take(ui: &mut Ui, modals: &mut Modals, intents: &mut Intents, path: &Utf8Path) {
    ui.set_width(380.0);
    ui.heading("Delete this recording?");
    text::help(
        ui,
        format!("{} is deleted from the disk. This cannot be undone.", path.file_name().unwrap_or_default()),
    );
    ui.add_space(12.0);
    ui.horizontal(|ui| {
        let size = vec2(0.0, 32.0);
        if ui.add(egui::Button::new("Delete").min_size(size)).clicked() {
            modals.close();
            intents.submit(Command::DeleteTake { path: path.to_owned() });
        }
        if primary_sized(ui, true, "Keep it", size).clicked() {
            modals.close();
        }
    });
}

fn leave_recording(ui: &mut Ui, modals: &mut Modals, shared: &Shared, intents: &mut Intents) {
    if !shared.latest.recorder.recording {
        // The recording has ended by itself, so the window can close.
        return intents.leave();
    }
    ui.set_width(380.0);
    ui.heading("Stop recording?");
    text::help(ui, "Closing the window ends the recording. The recording is kept in the project.");
    ui.add_space(12.0);
    ui.horizontal(|ui| {
        let size = vec2(0.0, 32.0);
        if primary_sized(ui, true, "Go on recording", size).clicked() {
            modals.close();
        }
        if ui.add(egui::Button::new("Stop and close").min_size(size)).clicked() {
            intents.leave();
        }
    });
}

fn keys(ui: &mut Ui, modals: &mut Modals) {
    let palette = palette(ui.visuals());
    ui.set_width(440.0);
    ui.heading("Keys");
    ui.add_space(4.0);
    // The rest of the dialog and the margins around it need this height.
    let room = (ui.ctx().content_rect().height() - 180.0).max(120.0);
    ScrollArea::vertical().max_height(room).auto_shrink([false, true]).show(ui, |ui| {
        ui.spacing_mut().interact_size.y = 18.0;
        Grid::new("keys").num_columns(2).spacing(vec2(20.0, 3.0)).show(ui, |ui| {
            for &(key, what) in KEYS {
                ui.label(RichText::new(key).monospace().color(palette.accent));
                ui.label(what);
                ui.end_row();
            }
        });
    });
    ui.add_space(4.0);
    text::small(ui, "Tab and Shift+Tab reach everything else. Single letters do nothing while you type.");
    ui.add_space(4.0);
    if ui.button("Close").clicked() {
        modals.close();
    }
}
