//! The time from the click on a match until the device gets the first frame, by the player's own clock. The device
//! takes sound as soon as there is some, so the bench measures what the program adds to the device's latency. The goal
//! is 50 ms.

use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use soundalike::audio::device::mock::MockBackend;
use soundalike::audio::device::{Backend, Clip, DeviceName, Format, Player};
use soundalike::audio::wav::{Depth, write_wav};

const RATE: u32 = 44_100;
const MINUTES: usize = 10;

/// Ten minutes in stereo as WAV, and in every other format for which this machine has a tool.
fn long_files(folder: &Path) -> Vec<PathBuf> {
    let original = folder.join("long.wav");
    let samples: Vec<f32> = (0..2 * MINUTES * 60 * RATE as usize)
        .map(|n| (n as f32 * 0.01).sin() * 0.3 + ((n * 7919 % 1000) as f32 / 1000.0 - 0.5) * 0.01)
        .collect();
    write_wav(&original, &samples, 2, RATE, Depth::Pcm16).expect("written");
    let mut files = vec![original.clone()];
    for name in ["long.flac", "long.mp3", "long.ogg", "long.m4a"] {
        let path = folder.join(name);
        let made = std::process::Command::new("ffmpeg").args(["-v", "error", "-i"]).arg(&original).arg(&path).status();
        match made.is_ok_and(|status| status.success()) {
            true => files.push(path),
            false => eprintln!("SKIPPED: ffmpeg, which makes {name}, is not installed here"),
        }
    }
    files
}

fn wait_for_sound(backend: &MockBackend, player: &Player, clip: Clip) -> Duration {
    let played = player.play(clip);
    loop {
        black_box(backend.pull(64));
        if let Ok(played) = played.try_recv() {
            played.expect("it plays");
            return player.state().waited.unwrap_or_default();
        }
    }
}

fn click_to_first_frame(c: &mut Criterion) {
    let folder = tempfile::tempdir().expect("a folder");
    let files = long_files(folder.path());
    let backend = MockBackend::new(Format { rate: RATE, channels: 2 }, Format { rate: RATE, channels: 1 });
    let player = Player::new(Arc::new(backend.clone()), Arc::new(|| ())).expect("a player");
    player.set_levelling(true);
    let mut group = c.benchmark_group("click to first frame");
    for path in &files {
        let kind = path.extension().and_then(|kind| kind.to_str()).unwrap_or_default();
        for (place, from_secs) in [("start", 0.0), ("middle", 300.0), ("end", 590.0)] {
            let id = BenchmarkId::new(kind, place);
            group.bench_function(id, |bencher| {
                bencher.iter_custom(|times| {
                    let clip = || Clip { path: path.clone(), from_secs, to_secs: Some(from_secs + 0.256) };
                    (0..times).map(|_| wait_for_sound(&backend, &player, clip())).sum()
                });
            });
        }
    }
    // With a device that must be opened first: the player changes to the other device before each click.
    backend.plug_in_another("headphones", Format { rate: RATE, channels: 2 });
    let devices: Vec<Option<DeviceName>> = vec![None, backend.outputs().devices.pop()];
    group.bench_function("wav on a closed device", |bencher| {
        let mut devices = devices.iter().cycle();
        bencher.iter_custom(|times| {
            let clip = || Clip { path: files[0].clone(), from_secs: 300.0, to_secs: Some(300.256) };
            (0..times)
                .map(|_| {
                    player.stop();
                    player.choose_output(devices.next().cloned().flatten());
                    wait_for_sound(&backend, &player, clip())
                })
                .sum()
        });
    });
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(20).measurement_time(Duration::from_secs(3));
    targets = click_to_first_frame
}
criterion_main!(benches);
