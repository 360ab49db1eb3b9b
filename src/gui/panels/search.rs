//! The page of searching: where the query comes from, the query, and the matches below it.

use egui::{Key, TextEdit, Ui, vec2};

use super::{matches, microphone, query};
use crate::engine::{Command, JobKind};
use crate::gui::dialogs::Question;
use crate::gui::state::{Obstacle, State};
use crate::gui::theme::size;
use crate::gui::widgets::buttons::{icon_button, icon_toggle, primary_sized, with_icon};
use crate::gui::widgets::empty::empty;
use crate::gui::widgets::field::field;
use crate::gui::widgets::icons::Icon;

pub fn show(ui: &mut Ui, state: &mut State) {
    sources(ui, state);
    microphone::show(ui, state);
    if state.search.path.is_some() {
        query::show(ui, state);
    }
    match state.search_obstacle() {
        Some(obstacle) => what_first(ui, state, obstacle),
        None if state.search.path.is_none() => {
            ui.add_space(size::SECTION);
            empty(
                ui,
                "What should it sound like?",
                "Click a sound in the library or a dot on the map, open a sound, record one, or drop one on the window.",
            );
        }
        None => matches::show(ui, state),
    }
}

fn sources(ui: &mut Ui, state: &mut State) {
    ui.horizontal(|ui| {
        back_and_forward(ui, state);
        if with_icon(ui, Icon::Search, "Open a sound…").clicked() {
            state.ask(Question::SoundToFind);
        }
        let recording = state.latest.recorder.recording;
        let (icon, name) = if recording { (Icon::Stop, "Stop recording") } else { (Icon::Record, "Record") };
        let help = "Search for what the microphone hears (Ctrl+R)";
        ui.add_enabled_ui(recording || !state.read_only(), |ui| {
            if with_icon(ui, icon, name).on_hover_text(help).clicked() {
                state.toggle_recording();
            }
        });
        let unfolded = state.sound.microphone_open;
        if icon_toggle(ui, Icon::Microphone, "Microphone and takes", Some(unfolded)).clicked() {
            state.toggle_microphone();
        }
        let hint = "or paste a path";
        let edit = TextEdit::singleline(&mut state.search.path_typed).id_salt("path to search for").hint_text(hint);
        let response = field(ui, edit.desired_width(f32::INFINITY)).accessible_name("Path to search for");
        if response.lost_focus() && ui.input(|i| i.key_pressed(Key::Enter)) {
            state.find_typed();
        }
    });
}

/// Buttons that go back and forward through the queries.
fn back_and_forward(ui: &mut Ui, state: &mut State) {
    ui.spacing_mut().item_spacing.x = 4.0;
    let back = ui.add_enabled_ui(state.search.history.back().is_some(), |ui| {
        icon_button(ui, Icon::Back, "The query before (Alt+Left)").clicked()
    });
    if back.inner {
        state.go_back();
    }
    let forward = ui.add_enabled_ui(state.search.history.forward().is_some(), |ui| {
        icon_button(ui, Icon::Forward, "The query after (Alt+Right)").clicked()
    });
    if forward.inner {
        state.go_forward();
    }
}

/// A page that needs an index. Without one, it says what the person must do first.
pub fn what_first_or(ui: &mut Ui, state: &mut State, page: impl FnOnce(&mut Ui, &mut State)) {
    match state.search_obstacle() {
        Some(obstacle) => what_first(ui, state, obstacle),
        None => page(ui, state),
    }
}

/// What the person must do before anything can be found.
fn what_first(ui: &mut Ui, state: &mut State, obstacle: Obstacle) {
    ui.add_space(size::SECTION);
    let indexing = [JobKind::Train, JobKind::Index, JobKind::Import].into_iter().any(|kind| state.job(kind).is_some());
    let (title, sentence, button) = match obstacle {
        _ if indexing => {
            let sentence = "Your sounds can be searched in a moment. They can be played meanwhile.";
            ("Listening to your sounds", sentence, None)
        }
        Obstacle::NoModel | Obstacle::NoIndex => (
            "Your sounds are not indexed yet",
            "The index holds a short code of every moment of your sounds. It takes seconds to minutes.",
            Some("Index now"),
        ),
        Obstacle::OtherModel => (
            "The index is of an earlier model",
            "The model has changed since then, so the index must be built again.",
            Some("Index now"),
        ),
    };
    empty(ui, title, sentence);
    let Some(button) = button.filter(|_| !state.read_only()) else { return };
    ui.add_space(size::GAP);
    ui.vertical_centered(|ui| {
        if primary_sized(ui, true, button, vec2(200.0, 36.0)).clicked() {
            state.submit(Command::BuildIndex);
        }
    });
}
