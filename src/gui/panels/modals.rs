//! What covers the window until it is answered.

use camino::Utf8Path;
use egui::{Grid, Id, Modal as Cover, RichText, ScrollArea, Ui, vec2};

use super::naming::{self, Named};
use super::{collection, copies, missing, open_project, save};
use crate::engine::Command;
use crate::gui::keys::KEYS;
use crate::gui::state::{Modal, State};
use crate::gui::theme::palette;
use crate::gui::widgets::buttons::primary_sized;
use crate::gui::widgets::text;

pub fn show(ui: &mut Ui, state: &mut State) {
    let Some(modal) = state.modal.clone() else { return };
    let ctx = ui.ctx().clone();
    let frame = egui::Frame::window(ui.style());
    let response = Cover::new(Id::unique("modal")).frame(frame).show(&ctx, |ui| match modal {
        Modal::DeleteTake(path) => delete_take(ui, state, &path),
        Modal::Tags(files) => super::tags::show(ui, state, &files),
        Modal::Save => save::show(ui, state),
        Modal::Collect(items) => collection::collect(ui, state, &items),
        Modal::RenameCollection(which) => collection::rename(ui, state, which),
        Modal::ThinOut(deed) => copies::thin_out(ui, state, deed),
        Modal::Relink => missing::relink(ui, state),
        Modal::LeftOut => missing::left_out(ui, state),
        Modal::SaveSearch => save_search(ui, state),
        Modal::RenameSearch(name) => rename_search(ui, state, &name),
        Modal::OpenProject => open_project::show(ui, state),
        Modal::Keys => keys(ui, state),
        Modal::LeaveRecording => leave_recording(ui, state),
    });
    if response.should_close() {
        state.modal = None;
    }
}

fn save_search(ui: &mut Ui, state: &mut State) {
    let help = "The query, its examples, your yes and no, and the line are kept. When you open the search again, it also looks \
                at what was added since, and says how many matches are new.";
    let words = naming::Words { title: "Save this search", help, field: "Name of the search", button: "Save" };
    match naming::show(ui, &mut state.name_typed, words) {
        Some(Named::Given) => state.save_search(),
        Some(Named::Cancelled) => state.modal = None,
        None => {}
    }
}

fn rename_search(ui: &mut Ui, state: &mut State, name: &str) {
    let title = format!("Rename the search “{name}”");
    let words = naming::Words { title: &title, help: "", field: "Name of the search", button: "Rename" };
    match naming::show(ui, &mut state.name_typed, words) {
        Some(Named::Given) => state.rename_search(name),
        Some(Named::Cancelled) => state.modal = None,
        None => {}
    }
}

fn delete_take(ui: &mut Ui, state: &mut State, path: &Utf8Path) {
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
            state.modal = None;
            state.submit(Command::DeleteTake { path: path.to_owned() });
        }
        if primary_sized(ui, true, "Keep it", size).clicked() {
            state.modal = None;
        }
    });
}

fn leave_recording(ui: &mut Ui, state: &mut State) {
    if !state.latest.recorder.recording {
        // It has ended by itself meanwhile: nothing holds the window any more.
        return state.leave();
    }
    ui.set_width(380.0);
    ui.heading("Stop recording?");
    text::help(ui, "Closing the window ends the recording. The recording is kept in the project.");
    ui.add_space(12.0);
    ui.horizontal(|ui| {
        let size = vec2(0.0, 32.0);
        if primary_sized(ui, true, "Go on recording", size).clicked() {
            state.modal = None;
        }
        if ui.add(egui::Button::new("Stop and close").min_size(size)).clicked() {
            state.leave();
        }
    });
}

fn keys(ui: &mut Ui, state: &mut State) {
    let palette = palette(ui.visuals());
    ui.set_width(440.0);
    ui.heading("Keys");
    ui.add_space(4.0);
    // What else the cover holds, and the margins around it.
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
        state.modal = None;
    }
}
