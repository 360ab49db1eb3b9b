//! The microphone: which one, its level, when a recording ends by itself, and the takes.

use egui::{DragValue, RichText, Ui, vec2};

use super::takes;
use crate::gui::format;
use crate::gui::intents::Intents;
use crate::gui::notices::Notices;
use crate::gui::shared::Shared;
use crate::gui::sound_state::SoundState;
use crate::gui::theme::palette;
use crate::gui::widgets::buttons::tick;
use crate::gui::widgets::level_meter::level_meter;
use crate::gui::widgets::{device_choice, text};

/// The time after which a recording ends, when the limit is switched on.
const FIRST_STOP_AFTER_SECS: f64 = 5.0;

pub fn show(ui: &mut Ui, sound: &mut SoundState, shared: &Shared, notices: &Notices, intents: &mut Intents) {
    let recorder = shared.latest.recorder.clone();
    if recorder.recording || sound.microphone_open {
        ui.horizontal(|ui| {
            level_meter(ui, recorder.level, recorder.peak, recorder.clipped, vec2(180.0, 12.0));
            if recorder.recording {
                ui.label(format::position(recorder.secs));
            }
            let device = recorder.device.as_deref().unwrap_or("no microphone");
            let does = if recorder.recording { "Recording from" } else { "Ready:" };
            let problem = recorder.problem.as_deref().map(format::sentence);
            // If a recording failed for this reason, the message has already been shown.
            let problem = problem.filter(|problem| notices.texts().all(|text| text != problem));
            let line = match &problem {
                Some(problem) => RichText::new(problem).color(palette(ui.visuals()).warning),
                None => RichText::new(format!("{does} {device}")).weak(),
            };
            ui.add(egui::Label::new(line.small()).truncate());
        });
    }
    if recorder.lost_frames > 0 {
        let lost = format::counted(recorder.lost_frames, "frame", "frames");
        text::small(ui, format!("{lost} lost: the machine is too busy to keep up"));
    }
    if sound.microphone_open {
        settings(ui, shared, intents);
        takes::show(ui, sound, shared, intents);
    }
}

fn settings(ui: &mut Ui, shared: &Shared, intents: &mut Intents) {
    let sound = shared.latest.sound.clone();
    ui.horizontal(|ui| {
        let inputs = &shared.latest.devices.inputs;
        if let Some(input) = device_choice::unfolding(ui, "Microphone to record from", inputs, sound.input.as_ref()) {
            intents.set_sound(shared.sound_with(|sound| sound.input = input));
        }
    });
    ui.horizontal_wrapped(|ui| {
        let mut quiet = sound.stop_when_quiet;
        if tick(ui, &mut quiet, "Stop when the sound has ended").changed() {
            intents.set_sound(shared.sound_with(|sound| sound.stop_when_quiet = quiet));
        }
        let mut timed = sound.stop_after_secs.is_some();
        if tick(ui, &mut timed, "Stop after").changed() {
            intents
                .set_sound(shared.sound_with(|sound| sound.stop_after_secs = timed.then_some(FIRST_STOP_AFTER_SECS)));
        }
        let mut secs = sound.stop_after_secs.unwrap_or(FIRST_STOP_AFTER_SECS);
        let field = DragValue::new(&mut secs).range(0.5..=900.0).speed(0.1).fixed_decimals(1).suffix(" s");
        let response = ui.add_enabled(timed, field).accessible_name("Stop after, in seconds");
        if response.changed() {
            intents.set_sound(shared.sound_with(|sound| sound.stop_after_secs = Some(secs)));
        }
    });
    if sound.input.is_some() && shared.latest.recorder.problem.is_some() {
        let dim = palette(ui.visuals()).dim;
        if ui.link(RichText::new("use the computer's default microphone").small().color(dim)).clicked() {
            intents.set_sound(shared.sound_with(|sound| sound.input = None));
        }
    }
}
