//! The microphone, the takes and the output, used by the names of their widgets.

use std::sync::Arc;

use egui::Key;
use egui_kittest::kittest::Queryable as _;

use super::made_up::{self, changed, in_short};
use super::panels::{commands, press, window};
use crate::engine::{
    Command, DeviceList, DeviceName, DevicesView, Event, Failure, FailureKind, JobId, Latest, RecorderView,
    SoundSettings, TakeView,
};
use crate::gui::intents::Intents;
use crate::gui::modals::Modal;
use crate::gui::state::State;

fn device(name: &str) -> DeviceName {
    DeviceName { id: format!("id:{name}"), name: name.into() }
}

fn connected(latest: &mut Latest) {
    let list = |names: [&str; 2]| DeviceList { devices: names.map(device).to_vec(), default: Some(device(names[0])) };
    latest.devices =
        Arc::new(DevicesView { outputs: list(["Speaker", "Headphones"]), inputs: list(["Built-in", "USB"]) });
}

/// A state with the microphone's settings unfolded.
fn unfolded(change: impl FnOnce(&mut Latest)) -> State {
    let mut state = changed(made_up::matched(), |latest| {
        connected(latest);
        change(latest);
    });
    let mut intents = Intents::default();
    state.sound.toggle_microphone(&mut intents);
    state.carry_out(intents);
    state.take_actions();
    state
}

#[test]
fn the_level_shows_before_recording_and_the_microphone_can_be_chosen() {
    let mut harness = window(changed(made_up::matched(), connected));
    press(&mut harness, "Microphone and takes");
    let asked = in_short(&commands(&mut harness));
    assert_eq!(asked, ["WatchMicrophone(true)", "WatchDevices(true)"]);
    let latest = &mut harness.state_mut().shared.latest;
    latest.recorder = RecorderView {
        listening: true,
        level: 0.2,
        peak: 0.9,
        clipped: true,
        device: Some("Built-in".into()),
        ..RecorderView::default()
    };
    harness.run();
    harness.get_by_label("Level, too loud");
    harness.get_by_label("Ready: Built-in");
    press(&mut harness, "Microphone to record from");
    press(&mut harness, "USB");
    let asked = commands(&mut harness);
    assert!(matches!(&asked[..], [Command::SetSound(sound)] if sound.input == Some(device("USB"))), "{asked:?}");
    press(&mut harness, "Microphone and takes");
    assert_eq!(in_short(&commands(&mut harness)), ["WatchMicrophone(false)", "WatchDevices(false)"]);
}

#[test]
fn a_missing_microphone_is_reported_with_a_way_back() {
    let mut harness = window(unfolded(|latest| {
        latest.sound = Arc::new(SoundSettings { input: Some(device("Gone")), ..SoundSettings::default() });
        latest.recorder.problem = Some("Gone is not connected; connect it, or choose another device".into());
    }));
    harness.get_by_label_contains("Gone is not connected; connect it");
    press(&mut harness, "use the computer's default microphone");
    assert!(matches!(&commands(&mut harness)[..], [Command::SetSound(sound)] if sound.input.is_none()));
}

#[test]
fn a_recording_ends_as_it_was_set() {
    let mut harness = window(unfolded(|_| ()));
    press(&mut harness, "Stop when the sound has ended");
    press(&mut harness, "Stop after");
    commands(&mut harness);
    press(&mut harness, "Record");
    let asked = in_short(&commands(&mut harness));
    assert_eq!(asked, ["StartRecording { stop_when: StopWhen { after_secs: Some(5.0), quiet: true } }"]);
}

#[test]
fn takes_are_played_searched_renamed_and_deleted() {
    let take = TakeView { path: "/takes/door.wav".into(), duration_secs: 1.5, recorded_ns: 7 };
    let mut harness = window(unfolded(|latest| latest.takes = Arc::new(vec![take])));
    harness.get_by_label("1 take");
    press(&mut harness, "Play take door");
    press(&mut harness, "Search for take door again");
    let asked = in_short(&commands(&mut harness));
    assert_eq!(asked, ["play /takes/door.wav 0.00-end", "search /takes/door.wav 0.00-end by file"]);

    press(&mut harness, "Rename take door");
    harness.run();
    harness.get_by_label("New name").type_text("2");
    harness.run();
    harness.key_press(Key::Enter);
    harness.run();
    let asked = commands(&mut harness);
    assert!(matches!(&asked[..], [Command::RenameTake { name, .. }] if name == "door2"), "{asked:?}");
    let to = "/takes/door2.wav";
    let renamed = crate::engine::Outcome::TakeRenamed { from: "/takes/door.wav".into(), to: to.into() };
    harness.state_mut().apply(Event::Finished { job: JobId(9), outcome: renamed });
    assert_eq!(harness.state().search.path.as_deref(), Some(camino::Utf8Path::new(to)), "the query follows");
    harness.state_mut().take_actions();

    press(&mut harness, "Delete take door");
    assert!(matches!(harness.state().modals.open, Some(Modal::DeleteTake(_))));
    press(&mut harness, "Keep it");
    assert!(commands(&mut harness).is_empty());
    press(&mut harness, "Delete take door");
    press(&mut harness, "Delete");
    assert!(matches!(&commands(&mut harness)[..], [Command::DeleteTake { .. }]));
}

#[test]
fn the_speaker_menu_sets_device_level_and_surroundings() {
    let mut harness = window(changed(made_up::matched(), connected));
    press(&mut harness, "Output device and levels");
    harness.run();
    press(&mut harness, "1 s");
    press(&mut harness, "All sounds equally loud");
    let asked = commands(&mut harness);
    let Some(Command::SetSound(sound)) = asked.last() else { panic!("{asked:?}") };
    assert_eq!((sound.level_matched, sound.surroundings_secs), (false, 1.0));
    press(&mut harness, "Headphones");
    let asked = commands(&mut harness);
    assert!(
        matches!(&asked[..], [Command::SetSound(sound)] if sound.output == Some(device("Headphones"))),
        "{asked:?}"
    );
    harness.key_press(Key::Escape);
    harness.run();
    commands(&mut harness);
    harness.state_mut().play_match(1);
    assert_eq!(in_short(&commands(&mut harness)), ["play /sounds/kick/kick_00.wav 0.00-end"]);
}

#[test]
fn the_player_continues_to_the_end_and_seeks() {
    let mut harness = window(changed(made_up::matched(), |latest| {
        latest.player.path = Some("/p.wav".into());
        (latest.player.from_secs, latest.player.to_secs) = (1.0, 1.25);
        (latest.player.playing, latest.player.position_secs) = (true, 1.1);
    }));
    harness.state_mut().take_actions();
    press(&mut harness, "Play on to the end of the file");
    harness.state_mut().seek(1.2);
    harness.state_mut().seek(1.9);
    let asked = in_short(&commands(&mut harness));
    assert_eq!(asked, ["play /p.wav 1.10-end", "SeekPlayer { secs: 1.2 }", "play /p.wav 1.90-end"]);
}

#[test]
fn a_match_that_cannot_be_played_says_why_at_its_row() {
    let mut state = made_up::matched();
    state.play_match(1);
    let command = made_up::submitted(&mut state).remove(0);
    state.submitted(JobId(5), &command);
    let failure = Failure::at(FailureKind::Sound, "/sounds/kick/kick_00.wav", "there is no such file");
    state.apply(Event::Failed { job: JobId(5), failure });
    let harness = window(state);
    harness.get_by_label("Match 1: kick_00.wav, 3.0 of 64 bits differ on average; there is no such file");
}

#[test]
fn a_part_of_the_query_is_looped_and_cut_by_button_and_by_key() {
    let mut state = made_up::matched();
    state.choose_region(Some((0.5, 1.25)));
    let mut harness = window(state);
    commands(&mut harness);
    press(&mut harness, "Play the chosen part again and again");
    assert_eq!(in_short(&commands(&mut harness)), ["LoopPlayer(true)", "play /sounds/bell/bell_00.wav 0.50-1.25"]);
    press(&mut harness, "Save the chosen part as WAV (Ctrl+E)");
    let path =
        |harness: &egui_kittest::Harness<'_, State>| harness.state().modals.saving.as_ref().map(|s| s.typed.clone());
    assert!(path(&harness).is_some_and(|path| path.ends_with("bell_00 0.50 to 1.25 s.wav")));
    harness.key_press(Key::Escape);
    harness.run();
    harness.state_mut().modals.saving = None;
    harness.key_press_modifiers(egui::Modifiers::COMMAND, Key::E);
    harness.run();
    assert!(path(&harness).is_some_and(|path| path.ends_with("bell_00 0.50 to 1.25 s.wav")));
    press(&mut harness, "Save");
    let saved = commands(&mut harness);
    assert!(
        matches!(&saved[..], [Command::SaveClip { clip, .. }] if (clip.from_secs, clip.to_secs) == (0.5, Some(1.25))),
        "{saved:?}"
    );
}

#[test]
fn a_part_is_chosen_by_keys_in_the_picture_and_while_it_plays() {
    let mut harness = window(made_up::matched());
    harness.get_by_label_contains("Picture of the query:").focus();
    harness.run();
    let press_keys = |harness: &mut egui_kittest::Harness<'_, State>, modifiers, key| {
        harness.state_mut().search.run = Default::default();
        harness.key_press_modifiers(modifiers, key);
        harness.run();
    };
    press_keys(&mut harness, egui::Modifiers::NONE, Key::ArrowRight);
    let region = |harness: &egui_kittest::Harness<'_, State>| {
        harness
            .state()
            .search
            .region
            .map(|(from, to)| (100.0 * from).round() as i32 * 10_000 + (100.0 * to).round() as i32)
    };
    assert_eq!(region(&harness), Some(20), "a tenth of the two seconds");
    press_keys(&mut harness, egui::Modifiers::NONE, Key::ArrowRight);
    press_keys(&mut harness, egui::Modifiers::SHIFT, Key::ArrowRight);
    assert_eq!(region(&harness), Some(4 * 10_000 + 28));
    press_keys(&mut harness, egui::Modifiers::NONE, Key::Plus);
    assert!(harness.state().search.zoom.is_some_and(|(from, to)| (to - from - 1.0).abs() < 1e-9));
    press_keys(&mut harness, egui::Modifiers::NONE, Key::Num0);
    assert_eq!(harness.state().search.zoom, None);
    commands(&mut harness);
    press_keys(&mut harness, egui::Modifiers::NONE, Key::Space);
    assert_eq!(in_short(&commands(&mut harness)), ["play /sounds/bell/bell_00.wav 0.04-0.28"]);

    let player = &mut harness.state_mut().shared.latest.player;
    (player.path, player.playing) = (Some("/sounds/bell/bell_00.wav".into()), true);
    for (key, secs) in [(Key::OpenBracket, 0.7), (Key::CloseBracket, 1.4)] {
        harness.state_mut().shared.latest.player.position_secs = secs;
        press_keys(&mut harness, egui::Modifiers::NONE, key);
    }
    assert_eq!(harness.state().search.region, Some((0.7, 1.4)));
}
