//! Sound in and out through the engine, on mock devices whose clock the test controls.

use camino::Utf8PathBuf;
use soundalike::audio::device::Format;
use soundalike::engine::{Clip, Command, Grouping, Outcome, Query, SearchFilter, SoundSettings, StopWhen, Take};

use crate::support::{Bench, quick, tone, write_tones, write_wav};

/// The rate of the bench's microphone.
const RATE: usize = 44_100;

fn start(bench: &Bench, stop_when: StopWhen) -> soundalike::engine::JobId {
    let job = bench.engine.submit(Command::StartRecording { stop_when });
    bench.until("the microphone", |latest| latest.recorder.recording);
    job
}

fn take(bench: &Bench, job: soundalike::engine::JobId) -> Take {
    match bench.wait(job) {
        Ok(Outcome::Recorded(take)) => take,
        other => panic!("{other:?}"),
    }
}

/// A take of half a second of silence, half a second of a beep, and silence again.
fn record(bench: &Bench) -> Take {
    let job = start(bench, StopWhen::default());
    for level in [0.0, 0.5, 0.0] {
        let block: Vec<f32> = (0..RATE / 2).map(|n| level * (n as f32 * 0.1).sin()).collect();
        assert!(bench.audio.feed(&block));
    }
    bench.until("what was fed", |latest| latest.recorder.secs >= 1.5);
    bench.engine.submit(Command::StopRecording);
    take(bench, job)
}

fn change(bench: &Bench, change: impl FnOnce(&mut SoundSettings)) -> Result<Outcome, String> {
    let mut settings = (*bench.engine.latest().sound).clone();
    change(&mut settings);
    bench.run(Command::SetSound(Box::new(settings)))
}

#[test]
fn a_recording_is_a_take_that_is_listed_renamed_and_deleted() {
    let bench = Bench::new();
    let recorded = record(&bench);
    assert!((recorded.duration_secs - 1.5).abs() < 1e-9);
    // Silence at both ends is not part of the query, but stays in the file.
    let (from, to) = recorded.heard_secs.expect("a part");
    assert!((from - 0.45).abs() < 0.02 && (to - 1.05).abs() < 0.02, "{from} to {to}");
    assert_eq!(hound::WavReader::open(&recorded.path).expect("a file").duration() as usize, 3 * RATE / 2);
    let takes = bench.engine.latest().takes;
    assert_eq!((takes.len(), &takes[0].path, takes[0].duration_secs), (1, &recorded.path, 1.5));

    let renamed = bench.run(Command::RenameTake { path: recorded.path.clone(), name: "a beep".into() });
    let Ok(Outcome::TakeRenamed { to, .. }) = renamed else { panic!("{renamed:?}") };
    assert_eq!((to.file_name(), to.is_file(), recorded.path.exists()), (Some("a beep.wav"), true, false));
    let second = record(&bench);
    for name in ["a beep", "../elsewhere", " "] {
        let refused = bench.run(Command::RenameTake { path: second.path.clone(), name: name.into() }).expect_err("no");
        assert!(refused.contains("cannot be the name of a recording"), "{refused}");
    }
    let bench = bench.reopen();
    assert_eq!(bench.engine.latest().takes.len(), 2);
    bench.run(Command::DeleteTake { path: to.clone() }).expect("deleted");
    assert!(!to.exists());
    assert_eq!(bench.engine.latest().takes.len(), 1);
    let other = bench.path("tone.wav");
    write_wav(&other, 8000, tone(8000, 300.0, 0.5));
    let path = Utf8PathBuf::from_path_buf(other).expect("UTF-8");
    assert!(
        bench
            .run(Command::DeleteTake { path: path.clone() })
            .expect_err("no take")
            .contains("not a recording of this project")
    );
    assert!(path.is_file(), "only takes are ever deleted");
}

#[test]
fn a_recording_ends_by_itself_as_it_was_set() {
    let bench = Bench::new();
    let job = start(&bench, StopWhen { after_secs: Some(0.25), quiet: false });
    bench.audio.feed(&vec![0.5; RATE]);
    assert!((take(&bench, job).duration_secs - 0.25).abs() < 1e-4);
    let job = start(&bench, StopWhen { after_secs: None, quiet: true });
    for level in [0.5, 0.0, 0.0, 0.0] {
        let block: Vec<f32> = (0..RATE / 2).map(|n| level * (n as f32 * 0.1).sin()).collect();
        let heard = bench.engine.latest().recorder.secs;
        bench.audio.feed(&block);
        bench.until("what was fed", |latest| latest.recorder.secs > heard || !latest.recorder.recording);
    }
    let ended = take(&bench, job);
    assert!((1.7..=2.0).contains(&ended.duration_secs), "{ended:?}");
    assert_eq!(ended.interrupted, None);
}

#[test]
fn an_unplugged_microphone_keeps_the_take_so_far() {
    let bench = Bench::new();
    let job = start(&bench, StopWhen::default());
    bench.audio.feed(&vec![0.25; RATE]);
    bench.until("what was fed", |latest| latest.recorder.secs >= 1.0);
    bench.audio.unplug("the cable was pulled");
    let kept = take(&bench, job);
    assert_eq!((kept.duration_secs, kept.interrupted.as_deref()), (1.0, Some("the cable was pulled")));
    let refused = bench.run(Command::StartRecording { stop_when: StopWhen::default() }).expect_err("no microphone");
    assert!(refused.contains("there is no microphone"), "{refused}");
    bench.audio.plug_in(Format { rate: 48_000, channels: 2 }, Format { rate: RATE as u32, channels: 1 });
    assert_eq!(record(&bench).interrupted, None);
}

#[test]
fn a_recording_survives_any_end_of_the_program() {
    let bench = Bench::new();
    start(&bench, StopWhen::default());
    let takes = bench.path("project/takes");
    let only = |takes: &std::path::Path| {
        let mut files = std::fs::read_dir(takes).expect("takes").map(|entry| entry.expect("an entry").path());
        let first = files.next().expect("a file");
        assert!(files.next().is_none(), "one file");
        first
    };
    let file = only(&takes);
    for second in 1..=2 {
        assert!(bench.audio.feed(&vec![0.25; RATE]));
        bench.until("what was fed", |latest| latest.recorder.secs >= f64::from(second));
        let frames = || hound::WavReader::open(&file).map_or(0, |wav| wav.duration() as usize);
        bench.until("what was fed on the disk", |_| frames() == second as usize * RATE);
        // If the program were killed now, it would leave this file.
        std::fs::copy(&file, bench.path(&format!("killed_{second}.wav"))).expect("copied");
    }
    // A take that is being recorded is not listed yet, so it cannot be renamed or deleted.
    bench.run(Command::RenameTake { path: Utf8PathBuf::from("/none.wav"), name: "x".into() }).expect_err("no take");
    assert_eq!(bench.engine.latest().takes.len(), 0);
    // The window is closed during the recording.
    let bench = bench.reopen();
    assert_eq!(bench.engine.latest().takes[0].duration_secs, 2.0);
    let killed = bench.path("killed_1.wav");
    std::fs::rename(&killed, takes.join("killed.wav")).expect("put there");
    // A recording that was killed before its first sound is only a header.
    let empty = &std::fs::read(&file).expect("read")[..58];
    let mut header = empty.to_vec();
    header[4..8].copy_from_slice(&50u32.to_le_bytes());
    header[46..50].fill(0);
    header[54..58].fill(0);
    std::fs::write(takes.join("empty.wav"), header).expect("written");
    std::fs::write(takes.join("notes.txt"), "mine").expect("written");
    let bench = bench.reopen();
    let mut lengths: Vec<f64> = bench.engine.latest().takes.iter().map(|take| take.duration_secs).collect();
    lengths.sort_by(f64::total_cmp);
    assert_eq!(lengths, [1.0, 2.0]);
    assert!(!takes.join("empty.wav").exists() && takes.join("notes.txt").exists());
}

#[test]
fn a_missing_folder_of_takes_is_made_or_reported_at_once() {
    let bench = Bench::new();
    record(&bench);
    let takes = bench.path("project/takes");
    let job = start(&bench, StopWhen::default());
    bench.audio.feed(&vec![0.25; RATE]);
    bench.until("what was fed", |latest| latest.recorder.secs >= 1.0);
    std::fs::remove_dir_all(&takes).expect("deleted in the middle");
    bench.audio.feed(&vec![0.25; RATE]);
    bench.until("what was fed", |latest| latest.recorder.secs >= 2.0);
    bench.engine.submit(Command::StopRecording);
    let kept = take(&bench, job);
    assert_eq!((kept.duration_secs, kept.interrupted), (2.0, None));
    assert_eq!(hound::WavReader::open(&kept.path).expect("a file").duration() as usize, 2 * RATE);

    std::fs::remove_dir_all(&takes).expect("deleted");
    std::fs::write(&takes, "a file in its place").expect("written");
    let refused = bench.run(Command::StartRecording { stop_when: StopWhen::default() }).expect_err("no folder");
    assert!(refused.contains("takes"), "{refused}");
    assert!(!bench.audio.microphone_is_open());
}

#[test]
fn watching_the_microphone_shows_its_level_and_new_devices() {
    let bench = Bench::new();
    bench.run(Command::WatchDevices(true)).expect("watched");
    bench.run(Command::WatchMicrophone(true)).expect("watched");
    bench.audio.feed(&vec![0.5; 4410]);
    bench.until("the level", |latest| latest.recorder.peak == 0.5 && latest.recorder.listening);
    bench.until("the list", |latest| latest.devices.inputs.devices.len() == 1);
    bench.audio.plug_in_another("usb", Format { rate: 16_000, channels: 2 });
    bench.until("the new device", |latest| latest.devices.inputs.devices.len() == 2);
    let usb = bench.engine.latest().devices.inputs.devices[1].clone();
    change(&bench, |sound| sound.input = Some(usb.clone())).expect("chosen");
    assert_eq!(bench.audio.open_devices().1, ["usb"]);
    // A recording takes over the microphone, and the level is shown again afterwards.
    let job = start(&bench, StopWhen { after_secs: Some(0.5), quiet: false });
    bench.audio.feed(&vec![0.5; 16_000]);
    let path = take(&bench, job).path;
    assert_eq!(hound::WavReader::open(path).expect("a file").spec().sample_rate, 16_000, "as the device offers it");
    bench.until("the level again", |latest| latest.recorder.listening);
    // A lost microphone is used again as soon as it is connected.
    bench.audio.unplug_another("usb");
    bench.until("the loss", |latest| !latest.recorder.listening && latest.recorder.problem.is_some());
    bench.until("the list without it", |latest| latest.devices.inputs.devices.len() == 1);
    bench.audio.plug_in_another("usb", Format { rate: 16_000, channels: 2 });
    bench.until("the level once more", |latest| latest.recorder.listening);
    bench.run(Command::WatchMicrophone(false)).expect("left");
    assert!(!bench.audio.microphone_is_open());

    let bench = bench.reopen();
    assert_eq!(bench.engine.latest().sound.input.as_ref(), Some(&usb), "remembered");
    bench.audio.unplug_another("usb");
    let refused = bench.run(Command::StartRecording { stop_when: StopWhen::default() }).expect_err("gone");
    assert_eq!(refused, "usb is not connected; connect it, or choose another device");
}

#[test]
fn the_player_plays_at_one_loudness_on_the_chosen_device() {
    let bench = Bench::new();
    let path = bench.path("quiet.wav");
    write_wav(&path, 8000, (0..8000).map(|n| 0.05 * (f64::from(n) * 0.3).sin()));
    let path = Utf8PathBuf::from_path_buf(path).expect("UTF-8");
    let play = || {
        let job = bench.engine.submit(Command::Play(Clip { path: path.clone(), from_secs: 0.0, to_secs: None }));
        bench.until("sound", |latest| latest.player.playing);
        let heard = bench.audio.pull(8000);
        bench.wait(job).expect("played");
        bench.until("its end", |latest| {
            bench.audio.pull(8);
            !latest.player.playing
        });
        heard.iter().fold(0.0f32, |peak, sample| peak.max(sample.abs()))
    };
    let levelled = play();
    assert!((levelled - 0.141).abs() < 0.005, "{levelled}");
    change(&bench, |sound| sound.level_matched = false).expect("set");
    let original = play();
    assert!((original - 0.05).abs() < 0.001, "{original}");
    bench.audio.plug_in_another("headphones", Format { rate: 8000, channels: 1 });
    bench.run(Command::WatchDevices(true)).expect("watched");
    bench.until("the headphones", |latest| latest.devices.outputs.devices.len() == 2);
    let headphones = bench.engine.latest().devices.outputs.devices[1].clone();
    change(&bench, |sound| sound.output = Some(headphones)).expect("chosen");
    play();
    assert_eq!(bench.engine.latest().player.device.as_deref(), Some("headphones"));
}

#[test]
fn a_match_whose_file_is_missing_or_has_changed_says_so() {
    let bench = Bench::new();
    let tones = bench.path("tones");
    write_tones(&tones, 6);
    bench.add(&tones);
    bench.train(quick());
    std::fs::remove_file(tones.join("tone_01.wav")).expect("removed");
    write_wav(&tones.join("tone_02.wav"), 8000, tone(8000, 900.0, 0.9));
    let path = Utf8PathBuf::from_path_buf(tones.join("tone_00.wav")).expect("UTF-8");
    let query = Query {
        path,
        from_secs: None,
        to_secs: None,
        k: 6,
        by: Grouping::File,
        filter: SearchFilter::default(),
        basket: Default::default(),
    };
    let Ok(Outcome::Searched(report)) = bench.run(Command::Search(query)) else { panic!("an answer") };
    let problem =
        |name: &str| report.matches.iter().find(|found| found.path.ends_with(name)).expect("the match").problem.clone();
    assert_eq!(problem("tone_00.wav"), None);
    assert_eq!(problem("tone_01.wav").as_deref(), Some("it is no longer there"));
    assert!(problem("tone_02.wav").expect("a problem").contains("changed"));
}
