//! The menu of the output: the device, the volume, and how much of a match is played.

use egui::{Popup, PopupCloseBehavior, Response, Ui};

use crate::gui::intents::Intents;
use crate::gui::shared::Shared;
use crate::gui::sound_state::SoundState;
use crate::gui::widgets::buttons::{segmented, tick};
use crate::gui::widgets::{device_choice, text};

/// The choices for how many seconds around a match are played.
const SURROUNDINGS: [(f64, &str, &str); 4] = [
    (0.0, "none", "The match alone"),
    (0.5, "0.5 s", "Half a second before and after it"),
    (1.0, "1 s", "A second before and after it"),
    (3.0, "3 s", "Three seconds before and after it"),
];

/// The choice in words: "none", "0.5 s".
pub fn surroundings_in_words(secs: f64) -> String {
    let known = SURROUNDINGS.iter().find(|(value, ..)| *value == secs);
    known.map_or_else(|| format!("{secs} s"), |(_, words, _)| (*words).to_owned())
}

/// The next longer choice, or none after the longest.
pub fn next_surroundings(secs: f64) -> f64 {
    SURROUNDINGS.iter().map(|(value, ..)| *value).find(|value| *value > secs).unwrap_or(0.0)
}

pub fn show(button: &Response, sound: &mut SoundState, shared: &Shared, intents: &mut Intents) {
    let menu = Popup::menu(button).close_behavior(PopupCloseBehavior::CloseOnClickOutside);
    let open = menu.show(|ui| contents(ui, shared, intents)).is_some();
    sound.show_output_menu(open, intents);
}

fn contents(ui: &mut Ui, shared: &Shared, intents: &mut Intents) {
    ui.set_width(300.0);
    let sound = shared.latest.sound.clone();
    text::small(ui, "Play on");
    let outputs = shared.latest.devices.outputs.clone();
    if let Some(output) = device_choice::unfolded(ui, &outputs, sound.output.as_ref()) {
        intents.set_sound(shared.sound_with(|sound| sound.output = output));
    }
    let mut level = sound.level_matched;
    let help =
        "Plays loud sounds more quietly and quiet sounds louder, from the next sound on. The files do not change.";
    if tick(ui, &mut level, "All sounds equally loud").on_hover_text(help).changed() {
        intents.set_sound(shared.sound_with(|sound| sound.level_matched = level));
    }
    text::small(ui, "How much around a match is played");
    let mut around = sound.surroundings_secs;
    if segmented(ui, &mut around, &SURROUNDINGS) {
        intents.set_sound(shared.sound_with(|sound| sound.surroundings_secs = around));
    }
}
