//! The page of the search: the sources of a query, the query, and the matches.

use egui::{Key, TextEdit, Ui, vec2};

use super::{matches, microphone, query};
use crate::engine::{Command, JobKind};
use crate::gui::dialogs::Question;
use crate::gui::intents::Intents;
use crate::gui::notices::Notices;
use crate::gui::search_state::SearchState;
use crate::gui::shared::{Obstacle, Shared};
use crate::gui::sound_state::SoundState;
use crate::gui::theme::size;
use crate::gui::typed_path::typed_path;
use crate::gui::widgets::buttons::{icon_button, icon_toggle, primary_sized, with_icon};
use crate::gui::widgets::empty::empty;
use crate::gui::widgets::field::field;
use crate::gui::widgets::icons::Icon;

pub fn show(
    ui: &mut Ui,
    search: &mut SearchState,
    sound: &mut SoundState,
    shared: &Shared,
    notices: &Notices,
    intents: &mut Intents,
) {
    sources(ui, search, sound, shared, intents);
    microphone::show(ui, sound, shared, notices, intents);
    #[cfg(feature = "shared")]
    super::shared_library::bar(ui, shared, intents);
    if search.path.is_some() {
        query::show(ui, search, shared, intents);
    }
    match shared.search_obstacle() {
        Some(obstacle) => what_first(ui, shared, intents, obstacle),
        None if search.path.is_none() => {
            ui.add_space(size::SECTION);
            empty(
                ui,
                "What should it sound like?",
                "Click a sound in the library or a dot on the map, open a sound, record one, or drop one on the window.",
            );
        }
        None => matches::show(ui, search, shared, intents),
    }
}

fn sources(ui: &mut Ui, search: &mut SearchState, sound: &mut SoundState, shared: &Shared, intents: &mut Intents) {
    ui.horizontal(|ui| {
        back_and_forward(ui, search, intents);
        if with_icon(ui, Icon::Search, "Open a sound…").clicked() {
            intents.ask(Question::SoundToFind);
        }
        let recording = shared.latest.recorder.recording;
        let (icon, name) = if recording { (Icon::Stop, "Stop recording") } else { (Icon::Record, "Record") };
        let help = "Search for what the microphone hears (Ctrl+R)";
        ui.add_enabled_ui(recording || !shared.read_only(), |ui| {
            if with_icon(ui, icon, name).on_hover_text(help).clicked() {
                intents.toggle_recording();
            }
        });
        let unfolded = sound.microphone_open;
        if icon_toggle(ui, Icon::Microphone, "Microphone and takes", Some(unfolded)).clicked() {
            sound.toggle_microphone(intents);
        }
        let hint = "or paste a path";
        let edit = TextEdit::singleline(&mut search.path_typed).id_salt("path to search for").hint_text(hint);
        let response = field(ui, edit.desired_width(f32::INFINITY)).accessible_name("Path to search for");
        if response.lost_focus()
            && ui.input(|i| i.key_pressed(Key::Enter))
            && let Some(path) = typed_path(&search.path_typed)
        {
            search.path_typed.clear();
            intents.find(path);
        }
    });
}

/// Buttons that go back and forward through the queries.
fn back_and_forward(ui: &mut Ui, search: &SearchState, intents: &mut Intents) {
    ui.spacing_mut().item_spacing.x = 4.0;
    let back = ui.add_enabled_ui(search.history.back().is_some(), |ui| {
        icon_button(ui, Icon::Back, "The query before (Alt+Left)").clicked()
    });
    if back.inner {
        intents.go_back();
    }
    let forward = ui.add_enabled_ui(search.history.forward().is_some(), |ui| {
        icon_button(ui, Icon::Forward, "The query after (Alt+Right)").clicked()
    });
    if forward.inner {
        intents.go_forward();
    }
}

/// A page that needs an index. Without one, it says what the person must do first.
pub fn what_first_or(ui: &mut Ui, shared: &Shared, intents: &mut Intents, page: impl FnOnce(&mut Ui, &mut Intents)) {
    match shared.index_obstacle() {
        Some(obstacle) => what_first(ui, shared, intents, obstacle),
        None => page(ui, intents),
    }
}

/// What the person must do before anything can be found.
fn what_first(ui: &mut Ui, shared: &Shared, intents: &mut Intents, obstacle: Obstacle) {
    ui.add_space(size::SECTION);
    let indexing = [JobKind::Train, JobKind::Index, JobKind::Import].into_iter().any(|kind| shared.job(kind).is_some());
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
    let Some(button) = button.filter(|_| !shared.read_only()) else { return };
    ui.add_space(size::GAP);
    ui.vertical_centered(|ui| {
        if primary_sized(ui, true, button, vec2(200.0, 36.0)).clicked() {
            intents.submit(Command::BuildIndex);
        }
    });
}
