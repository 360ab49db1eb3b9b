//! Searching: where the query comes from, the query, and the matches below it.

use egui::{Key, RichText, TextEdit, Ui, vec2};

use super::{earlier, is_narrow, matches, microphone, query};
use crate::engine::Command;
use crate::gui::dialogs::Question;
use crate::gui::state::{Obstacle, Place, State};
use crate::gui::theme::{palette, size};
use crate::gui::widgets::buttons::{icon_toggle, primary_sized, with_icon};
use crate::gui::widgets::icons::Icon;
use crate::gui::widgets::{message, text};

pub fn show(ui: &mut Ui, state: &mut State) {
    sources(ui, state);
    microphone::show(ui, state);
    message::failure(ui, state, Place::Search);
    if state.search.path.is_some() {
        query::show(ui, state);
    } else if !state.search.history.asked().is_empty() || !state.latest.favourites.is_empty() {
        ui.horizontal(|ui| earlier::show(ui, state));
    }
    match state.search_obstacle() {
        Some(obstacle) => what_first(ui, state, obstacle),
        None if state.search.path.is_none() => {
            ui.add_space(size::SECTION);
            empty(
                ui,
                "What should it sound like?",
                "Click a file on the left, open a sound, record one, or drop one on the window.",
            );
        }
        None => matches::show(ui, state),
    }
}

fn sources(ui: &mut Ui, state: &mut State) {
    ui.horizontal(|ui| {
        if with_icon(ui, Icon::Search, "Open a sound…").clicked() {
            state.ask(Question::SoundToFind);
        }
        let recording = state.latest.recorder.recording;
        let (icon, name) = if recording { (Icon::Stop, "Stop recording") } else { (Icon::Record, "Record") };
        let help = "Search for what the microphone hears (R)";
        ui.add_enabled_ui(recording || !state.read_only(), |ui| {
            if with_icon(ui, icon, name).on_hover_text(help).clicked() {
                state.toggle_recording();
            }
        });
        let unfolded = state.sound.microphone_open;
        if icon_toggle(ui, Icon::Microphone, "Microphone and takes", Some(unfolded)).clicked() {
            state.toggle_microphone();
        }
        let hint = "or paste the path of a sound";
        let field = TextEdit::singleline(&mut state.search.path_typed).id_salt("path to search for").hint_text(hint);
        let response = ui.add(field.desired_width(f32::INFINITY)).accessible_name("Path to search for");
        if response.lost_focus() && ui.input(|i| i.key_pressed(Key::Enter)) {
            state.find_typed();
        }
    });
}

/// A page that needs an index: says what has to be done before there is one.
pub fn what_first_or(ui: &mut Ui, state: &mut State, page: impl FnOnce(&mut Ui, &mut State)) {
    match state.search_obstacle() {
        Some(obstacle) => what_first(ui, state, obstacle),
        None => page(ui, state),
    }
}

/// What has to be done before anything can be found.
fn what_first(ui: &mut Ui, state: &mut State, obstacle: Obstacle) {
    ui.add_space(size::SECTION);
    let training = state.job(crate::engine::JobKind::Train).is_some();
    let indexing = state.job(crate::engine::JobKind::Index).is_some();
    let (title, sentence, button) = match obstacle {
        _ if training && is_narrow(ui.ctx()) => {
            ("Learning from your sounds", "Watch it on the page of learning. When it is done, search here.", None)
        }
        _ if training => ("Learning from your sounds", "Watch it on the right. When it is done, search here.", None),
        _ if indexing => ("Building the index", "When it is done, search here.", None),
        Obstacle::NoModel => (
            "Your sounds are here. Now learn what they sound like.",
            "A few minutes of training on this machine; then every moment of every file can be found.",
            Some("Start learning"),
        ),
        Obstacle::NoIndex => (
            "Learned. One step is missing.",
            "The index holds the code of every moment; building it takes seconds to minutes.",
            Some("Index now"),
        ),
        Obstacle::OtherModel => (
            "The index is of an earlier model",
            "The sounds have been learned anew since; their codes have to be made anew, too.",
            Some("Index now"),
        ),
    };
    empty(ui, title, sentence);
    let Some(button) = button.filter(|_| !state.read_only()) else { return };
    ui.add_space(size::GAP);
    ui.vertical_centered(|ui| {
        if primary_sized(ui, true, button, vec2(200.0, 36.0)).clicked() {
            match obstacle {
                Obstacle::NoModel => state.learn(false),
                Obstacle::NoIndex | Obstacle::OtherModel => state.submit(Command::BuildIndex),
            }
        }
    });
}

/// A panel with nothing in it says what to do.
pub fn empty(ui: &mut Ui, title: &str, sentence: &str) {
    let palette = palette(ui.visuals());
    ui.vertical_centered(|ui| {
        ui.add_space((ui.available_height() * 0.2).min(120.0));
        ui.set_max_width(460.0f32.min(ui.available_width()));
        ui.label(RichText::new(title).heading().color(palette.text));
        text::help(ui, sentence);
    });
}
