//! Several processes at once: searchers, and writers that are killed.

use std::path::Path;
use std::process::{Command as Process, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use serde_json::Value;

use crate::{figure, number_of};

/// How long the crowd works, if nothing else is asked for.
const SECS: u64 = 10;

fn program(project: &Path, arguments: &[&str]) -> Process {
    let mut program = Process::new(env!("CARGO_BIN_EXE_soundalike"));
    program.arg("--json").arg("--project").arg(project).args(arguments);
    program
}

/// Runs the program, which must succeed. Returns its output.
fn done(project: &Path, arguments: &[&str]) -> String {
    let output = program(project, arguments).output().expect("it runs");
    let (said, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{arguments:?}: {said}{errors}");
    said.into_owned()
}

fn write_tones(folder: &Path, tones: std::ops::Range<i32>) {
    std::fs::create_dir_all(folder).expect("created");
    for number in tones {
        let spec = hound::WavSpec {
            channels: 1,
            sample_rate: 8000,
            bits_per_sample: 16,
            sample_format: hound::SampleFormat::Int,
        };
        let mut wav = hound::WavWriter::create(folder.join(format!("tone_{number:02}.wav")), spec).expect("a file");
        for frame in 0..6000 {
            let t = f64::from(frame) / 8000.0;
            let hertz = 110.0 * 2f64.powf(f64::from(number) / 6.0);
            wav.write_sample(((std::f64::consts::TAU * hertz * t).sin() * 10_000.0) as i16).expect("written");
        }
        wav.finalize().expect("finished");
    }
}

/// Two searchers are always answered, while a third process adds, removes, tags and indexes, and is often killed. Two
/// writers that begin at the same time both succeed, because one waits for the other.
#[test]
fn searchers_are_answered_while_writers_are_killed() {
    let folder = tempfile::tempdir().expect("a folder");
    let (project, tones, more) =
        (folder.path().join("project"), folder.path().join("tones"), folder.path().join("more"));
    write_tones(&tones, 0..6);
    write_tones(&more, 6..12);
    let (tones, more) = (tones.to_str().expect("UTF-8"), more.to_str().expect("UTF-8"));
    done(&project, &["add", tones]);
    done(&project, &["train", "--steps", "20", "--channels", "16", "--blocks", "2", "--batch", "16", "--bits", "32"]);
    done(&project, &["index"]);
    let sound = format!("{tones}/tone_03.wav");
    let is_over = AtomicBool::new(false);
    let (searches, mut killed, mut writers) = (AtomicUsize::new(0), 0, 0);
    let searcher = || {
        while !is_over.load(Ordering::Relaxed) {
            let answer: Value = serde_json::from_str(&done(&project, &["search", &sound])).expect("JSON");
            let found = answer["matches"].as_array().expect("matches");
            // The sound itself is left out, or is the nearest.
            assert!(!found.is_empty(), "{answer}");
            searches.fetch_add(1, Ordering::Relaxed);
        }
    };
    let mut random = ChaCha8Rng::seed_from_u64(number_of("SOUNDALIKE_SEED").unwrap_or(0));
    let time = Duration::from_secs(number_of("SOUNDALIKE_SOAK_SECS").unwrap_or(SECS));
    std::thread::scope(|scope| {
        let searchers = [scope.spawn(searcher), scope.spawn(searcher)];
        let began = Instant::now();
        // A searcher that failed has ended, and its panic is told below.
        while began.elapsed() < time && !searchers.iter().any(|searcher| searcher.is_finished()) {
            let deeds: [&[&str]; 5] =
                [&["add", more], &["index"], &["tag", "loop", tones], &["untag", "loop", tones], &["remove", more]];
            let deed = deeds[random.random_range(0..deeds.len())];
            let mut writer = program(&project, deed);
            let mut writer = writer.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it runs");
            std::thread::sleep(Duration::from_millis(random.random_range(0..400)));
            killed += usize::from(writer.try_wait().expect("its state").is_none());
            let _ = writer.kill();
            writer.wait().expect("its end");
            let other = scope.spawn(|| done(&project, &["tag", "one", tones]));
            done(&project, &["tag", "two", tones]);
            other.join().expect("it waited");
            writers += 3;
        }
        is_over.store(true, Ordering::Relaxed);
        searchers.into_iter().for_each(|searcher| searcher.join().expect("every search was answered"));
    });
    done(&project, &["check"]);
    let tags: Value = serde_json::from_str(&done(&project, &["tags"])).expect("JSON");
    let count = |tag: &str| {
        let tags = tags["tags"].as_array().expect("tags");
        tags.iter().find(|known| known["tag"] == tag).map(|known| known["files"].clone())
    };
    assert_eq!((count("one"), count("two")), (Some(6.into()), Some(6.into())), "{tags}");
    let searches = searches.into_inner();
    figure(
        "processes at once",
        searches + writers,
        &format!("{searches} searches, {writers} writers, {killed} killed"),
    );
}
