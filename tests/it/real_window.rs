//! The built program in a real window: sounds are dropped on it, a match is played, and a match is dragged to another
//! window. Pictures of the steps are kept in target/tmp/real_window.

use std::path::PathBuf;

use soundalike::gui::drag_source::{self, Dragged};

use crate::screen::Screen;
use crate::support::write_tones;
use crate::virtual_audio::VirtualAudio;

#[test]
fn dropped_sounds_are_learned_found_played_and_dragged() {
    let Some(screen) = Screen::start("2580x800") else { return };
    let Some(audio) = VirtualAudio::start() else { return };
    let pictures = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("real_window");
    std::fs::create_dir_all(&pictures).expect("a folder");
    println!("pictures of each step: {}", pictures.display());
    let picture = |name: &str| screen.picture_at_rest(&pictures.join(name));
    let folder = tempfile::tempdir().expect("a folder");
    let sounds = folder.path().join("sounds");
    write_tones(&sounds, 12);
    let window = screen.open(&folder.path().join("first"), |program| audio.environment(program));
    window.see("Try the demo library");
    picture("1-empty.png");

    // The button is pressed where there is no window, as over a file manager.
    screen.point((2500, 700));
    screen.mouse(&["mousedown", "1"]);
    let display = screen.display.clone();
    let dragging = std::thread::spawn(move || drag_source::drag(&[sounds], Some(&display)));
    // Until a window follows the pointer, the pointer's steps do not count.
    screen.sway_until((900, 500), || window.has("Let go to add these sounds"));
    picture("2-hover.png");
    screen.mouse(&["mouseup", "1"]);
    assert_eq!(dragging.join().expect("it ends"), Ok(Dragged::Dropped));
    window.see("12 files");
    window.see("tone_11.wav");
    picture("3-dropped.png");

    // A library answers at once. Learning from it is a page of its own.
    window.click("Training");
    window.click("Learn and index");
    window.see("Step 1");
    screen.picture(&pictures.join("4-learning.png"));
    window.click("Finish now");
    window.see("Learned from 12 sounds");
    window.click("Search");
    window.see("What should it sound like?");
    picture("5-learned.png");

    window.click_for("Find sounds like tone_03.wav", "Match 1:");
    let second = window.see("Match 2:");
    picture("6-matches.png");

    let heard = audio.listen("spk.monitor", &folder.path().join("heard"));
    audio.until("the speaker's silence", || heard.bytes() > 0);
    screen.click(second.name());
    audio.until("the match, at the speaker", || heard.samples().iter().any(|sample| sample.abs() > 0.1));
    window.see("Picture of the selected match");
    picture("7-heard.png");

    let other = screen.open(&folder.path().join("second"), |program| audio.environment(program));
    other.move_to(1290, 0);
    other.see("Try the demo library");
    let third = window.see("Match 3:");
    screen.point(third.name());
    screen.mouse(&["mousedown", "1"]);
    // When the drag begins, the match is selected.
    screen.sway_until(third.name(), || window.selects("Match 3:"));
    screen.sway_until((1900, 500), || other.has("Let go to add these sounds"));
    picture("8-dragged.png");
    screen.mouse(&["mouseup", "1"]);
    other.see("1 file");
    picture("9-there.png");
}

/// Whatever ends the program during a recording, the recording is there at the next start.
#[test]
fn a_recording_outlives_its_window() {
    let Some(screen) = Screen::start("1280x800") else { return };
    let Some(audio) = VirtualAudio::start() else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let (project, sounds) = (folder.path().join("project"), folder.path().join("sounds"));
    write_tones(&sounds, 3);
    let mut add = std::process::Command::new(env!("CARGO_BIN_EXE_soundalike"));
    assert!(add.arg("--project").arg(&project).arg("add").arg(&sounds).status().expect("it runs").success());
    let voice = folder.path().join("voice.wav");
    crate::support::write_wav(&voice, 48_000, crate::support::tone(48_000, 300.0, 0.5));
    let record = || {
        let window = screen.open(&project, |program| audio.environment(program));
        window.click("Record");
        window.see("Stop recording");
        audio.until_recorded();
        audio.say(&voice);
        window
    };
    let takes = || -> Vec<f64> {
        let files = std::fs::read_dir(project.join("takes")).expect("takes").map(|entry| entry.expect("one").path());
        let secs = |file: PathBuf| {
            let wav = hound::WavReader::open(&file).unwrap_or_else(|why| panic!("{}: {why}", file.display()));
            f64::from(wav.duration()) / f64::from(wav.spec().sample_rate)
        };
        files.map(secs).collect()
    };

    let window = record();
    window.close();
    window.see("Stop recording?");
    let pictures = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("real_window");
    std::fs::create_dir_all(&pictures).expect("a folder");
    screen.picture(&pictures.join("closing.png"));
    window.click("Go on recording");
    window.until_gone("Stop recording?");
    audio.say(&voice);
    window.close();
    window.click("Stop and close");
    assert_eq!(window.end(), Some(0));
    assert!(takes().len() == 1 && takes()[0] > 0.9, "{:?}", takes());

    for (signal, code) in [("-TERM", Some(143)), ("-HUP", Some(129)), ("-INT", Some(130)), ("-KILL", None)] {
        let before = takes().len();
        let window = record();
        window.signal(signal);
        assert_eq!(window.end(), code, "{signal}");
        let now = takes();
        assert!(now.len() == before + 1 && now.iter().all(|secs| *secs > 0.4), "{signal}: {now:?}");
    }
    let window = screen.open(&project, |program| audio.environment(program));
    window.click("Microphone and takes");
    window.see("5 takes");
}
