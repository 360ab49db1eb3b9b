//! The built program with real devices, as far as a program can tell: sound enters through a virtual microphone and
//! leaves through a virtual speaker.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::support::{Bench, quick, write_wav};
use crate::virtual_audio::VirtualAudio;

const RATE: u32 = 48_000;

fn soundalike(audio: &VirtualAudio, project: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_soundalike"));
    command.args(arguments).args(["--json", "--project"]).arg(project);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    audio.environment(&mut command);
    command
}

fn answer(output: std::process::Output) -> Value {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("one JSON object")
}

/// A second of a distinct sound: a gliding voice with its own interval and rhythm, over a little noise.
fn voice(number: u32) -> Vec<f64> {
    let mut state = number + 1;
    let mut phase = 0.0;
    (0..RATE)
        .map(|frame| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let t = f64::from(frame) / f64::from(RATE);
            let hertz = 200.0 * 1.35f64.powi(number as i32) * (1.0 + 0.1 * f64::from(number % 3) * t);
            phase += std::f64::consts::TAU * hertz / f64::from(RATE);
            let beat = 0.6 + 0.4 * (std::f64::consts::TAU * f64::from(2 + number % 4) * t).sin();
            let voice = phase.sin() + 0.5 * (2.0 * phase).sin() + 0.25 * (3.0 * phase).sin();
            let edge = (t.min(1.0 - t) * 100.0).min(1.0);
            edge * (0.25 * beat * voice + 0.02 * (f64::from(state) / f64::from(u32::MAX) - 0.5))
        })
        .collect()
}

#[test]
fn a_sound_played_into_the_microphone_finds_its_file() {
    let Some(audio) = VirtualAudio::start() else { return };
    let bench = Bench::new();
    let sounds = bench.path("voices");
    for number in 0..10 {
        write_wav(&sounds.join(format!("voice_{number}.wav")), RATE, voice(number));
    }
    bench.add(&sounds);
    bench.train(soundalike::model::TrainingSettings { steps: Some(150), ..quick() });
    let project = bench.path("project");
    let folder = bench.close();

    let devices = answer(soundalike(&audio, &project, &["devices"]).output().expect("it runs"));
    assert!(devices["inputs"].as_array().is_some_and(|inputs| !inputs.is_empty()), "{devices}");
    for number in [3, 6] {
        let known = folder.path().join(format!("voices/voice_{number}.wav"));
        // Long enough for a player that starts slowly.
        let searching = soundalike(&audio, &project, &["search", "--record", "5", "--by", "file", "-k", "3"]).spawn();
        let searching = searching.expect("it runs");
        audio.until_recorded();
        audio.say(&known);
        let found = answer(searching.wait_with_output().expect("it ends"));
        let first = found["matches"][0]["path"].as_str().map(PathBuf::from).expect("a match");
        assert_eq!(first.file_name(), known.file_name(), "{found}");
    }
    assert_eq!(std::fs::read_dir(project.join("takes")).expect("takes").count(), 2);
}

#[test]
fn what_is_played_arrives_at_the_speaker() {
    let Some(audio) = VirtualAudio::start() else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let (sound, heard) = (folder.path().join("sound.wav"), folder.path().join("heard"));
    write_wav(&sound, RATE, voice(4));
    let listening = audio.listen("spk.monitor", &heard);
    audio.until("the speaker's sound", || listening.bytes() > 0);
    let path = sound.to_str().expect("UTF-8");
    let original: Vec<f32> = voice(4).into_iter().map(|sample| sample as f32).collect();
    // The sound server has no priority here, so on a busy machine it sometimes leaves gaps.
    let arrives = (0..5).any(|_| {
        let project = folder.path().join("project");
        let played = answer(soundalike(&audio, &project, &["play", path]).output().expect("it runs"));
        assert_eq!(played["seconds"], 1.0);
        // The speaker lags a little behind the program.
        let (ended, half_a_second) = (listening.bytes(), u64::from(RATE));
        audio.until("the end of the sound", || listening.bytes() > ended + half_a_second);
        let (correlation, at) = best_correlation(&listening.samples(), &original);
        println!("correlation {correlation:.4} at {at:.3} s");
        correlation > 0.95
    });
    assert!(arrives);
    // A program that was just started must also open its device. Its delay is printed, not asserted, because the
    // machine may be busy.
    let part = ["play", path, "--to", "0.1"];
    let again =
        (0..4).map(|_| answer(soundalike(&audio, &folder.path().join("project"), &part).output().expect("it runs")));
    let waited = again.filter_map(|played| played["waited_seconds"].as_f64()).fold(f64::INFINITY, f64::min);
    println!("from the order to the first frame: {:.1} ms", 1000.0 * waited);
    assert!(waited.is_finite(), "no first frame was reported");
}

/// The highest normalised correlation of `sound` with any stretch of `heard`, and the position of that stretch in
/// seconds.
fn best_correlation(heard: &[f32], sound: &[f32]) -> (f32, f64) {
    // One in 4 frames is enough. Averaging filters both sounds alike.
    const FEWER: usize = 4;
    let thin = |samples: &[f32]| -> Vec<f32> {
        samples.chunks_exact(FEWER).map(|frames| frames.iter().sum::<f32>() / FEWER as f32).collect()
    };
    let (heard, sound) = (thin(heard), thin(sound));
    let power = |samples: &[f32]| samples.iter().map(|sample| f64::from(*sample).powi(2)).sum::<f64>();
    let of_sound = power(&sound);
    let mut of_stretch = power(&heard[..sound.len().min(heard.len())]);
    let mut best = (0.0, 0.0);
    for (at, stretch) in heard.windows(sound.len()).enumerate() {
        let product: f32 = stretch.iter().zip(&sound).map(|(a, b)| a * b).sum();
        let correlation = product / (of_stretch * of_sound).sqrt().max(1e-9) as f32;
        if correlation > best.0 {
            best = (correlation, (at * FEWER) as f64 / f64::from(RATE));
        }
        let entering = heard.get(at + sound.len()).copied().unwrap_or(0.0);
        of_stretch += f64::from(entering).powi(2) - f64::from(stretch[0]).powi(2);
    }
    best
}
