use super::super::Format;
use super::super::mock::{MockBackend, wait_until};
use super::*;
use crate::audio::wav::{Depth, write_wav};
use std::sync::atomic::AtomicUsize;
use std::time::Instant;

const SPEAKER: Format = Format { rate: 48_000, channels: 2 };
const MICROPHONE: Format = Format { rate: 48_000, channels: 1 };

struct Scene {
    backend: MockBackend,
    player: Player,
    folder: tempfile::TempDir,
    told: Arc<AtomicUsize>,
}

impl Scene {
    fn new() -> Self {
        let backend = MockBackend::new(SPEAKER, MICROPHONE);
        let told = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&told);
        let notify: Notify = Arc::new(move || {
            counter.fetch_add(1, Ordering::Relaxed);
        });
        let player = Player::new(Arc::new(backend.clone()), notify).unwrap();
        Scene { backend, player, folder: tempfile::tempdir().unwrap(), told }
    }

    fn file(&self, name: &str, frames: usize, format: Format) -> (PathBuf, Vec<f32>) {
        let samples: Vec<f32> =
            (0..frames * format.channels).map(|n| ((n * 37) % 2001) as f32 / 2001.0 - 0.5).collect();
        let path = self.folder.path().join(name);
        write_wav(&path, &samples, format.channels as u16, format.rate, Depth::Float32).unwrap();
        (path, samples)
    }

    /// Plays, and waits until the first samples are ready for the speaker's clock.
    fn play(&self, path: &std::path::Path, from_secs: f64, to_secs: Option<f64>) -> Receiver<Played> {
        let told = self.told.load(Ordering::Relaxed);
        let played = self.player.play(Clip { path: path.into(), from_secs, to_secs });
        assert!(wait_until(
            || self.told.load(Ordering::Relaxed) > told && self.player.state().path.as_deref() == Some(path)
        ));
        played
    }

    fn wait_for_end(&self) {
        assert!(wait_until(|| {
            self.backend.pull(16);
            !self.player.state().playing
        }));
    }
}

#[test]
fn a_file_is_heard_exactly_as_it_is() {
    let scene = Scene::new();
    let format = Format { rate: 22_050, channels: 2 };
    let (path, samples) = scene.file("a.wav", 20_000, format);
    let played = scene.play(&path, 0.0, None);
    assert_eq!(scene.backend.speaker_format(), Some(format));
    assert_eq!(scene.backend.pull(20_000), samples);
    played.recv().unwrap().unwrap();
    scene.wait_for_end();
    let state = scene.player.state();
    assert!((state.position_secs - 20_000.0 / 22_050.0).abs() < 1e-6);
    assert_eq!(state.position_secs, state.to_secs);
    assert_eq!(state.device.as_deref(), Some("mock speaker"));
    assert!(scene.backend.pull(500).iter().all(|sample| *sample == 0.0));
}

#[test]
fn a_stretch_is_faded_where_it_is_cut() {
    let scene = Scene::new();
    let (path, samples) = scene.file("a.wav", 8000, Format { rate: 8000, channels: 1 });
    scene.play(&path, 0.25, Some(0.5));
    let heard = scene.backend.pull(2000);
    let expected = &samples[2000..4000];
    assert_eq!(heard[24..1976], expected[24..1976]);
    assert_eq!(heard[0], 0.0);
    assert_eq!(heard[1999], 0.0);
    assert!((heard[12] - expected[12] * 0.5).abs() < 1e-6);
    scene.wait_for_end();
    let state = scene.player.state();
    assert_eq!((state.from_secs, state.to_secs, state.position_secs), (0.25, 0.5, 0.5));
}

#[test]
fn a_device_with_a_format_of_its_own_gets_it() {
    let scene = Scene::new();
    scene.backend.take_own_format_only();
    let (path, _) = scene.file("a.wav", 8000, Format { rate: 8000, channels: 1 });
    scene.play(&path, 0.0, None);
    assert_eq!(scene.backend.speaker_format(), Some(SPEAKER));
    let heard = scene.backend.pull(48_000);
    assert!(heard.chunks_exact(2).all(|frame| frame[0] == frame[1]));
    assert!(heard.iter().any(|sample| sample.abs() > 0.1));
    scene.wait_for_end();
    assert!((scene.player.state().position_secs - 1.0).abs() < 1e-3);
}

#[test]
fn the_position_moves_and_can_be_sought() {
    let scene = Scene::new();
    let (path, samples) = scene.file("a.wav", 8000, Format { rate: 8000, channels: 1 });
    scene.play(&path, 0.0, None);
    scene.backend.pull(800);
    assert!(wait_until(|| scene.player.state().position_secs == 0.1));
    scene.player.seek(0.5);
    assert!(wait_until(|| scene.player.state().position_secs == 0.5));
    let heard = scene.backend.pull(1000);
    assert_eq!(heard[100..], samples[4100..5000]);
    scene.player.stop();
    assert!(wait_until(|| !scene.player.state().playing));
    // A sound that was stopped can be continued.
    scene.player.seek(0.75);
    assert!(wait_until(|| scene.player.state().playing));
    assert_eq!(scene.backend.pull(1000)[100..], samples[6100..7000]);
}

#[test]
fn another_sound_cuts_over_without_a_click() {
    let scene = Scene::new();
    let format = Format { rate: 8000, channels: 1 };
    let folder = scene.folder.path();
    let (high, low) = (folder.join("high.wav"), folder.join("low.wav"));
    write_wav(&high, &vec![0.5; 8000], 1, format.rate, Depth::Float32).unwrap();
    write_wav(&low, &vec![-0.5; 8000], 1, format.rate, Depth::Float32).unwrap();
    let first = scene.play(&high, 0.5, None);
    let mut heard = scene.backend.pull(1000);
    scene.play(&low, 0.5, None);
    first.recv().unwrap().unwrap();
    heard.extend(scene.backend.pull(1000));
    let largest_step = heard.windows(2).map(|pair| (pair[1] - pair[0]).abs()).fold(0.0, f32::max);
    assert!(largest_step < 0.05, "{largest_step}");
    assert_eq!((heard[500], heard[1500]), (0.5, -0.5));
}

#[test]
fn a_loop_goes_round_until_it_is_let_go() {
    let scene = Scene::new();
    let (path, samples) = scene.file("a.wav", 4000, Format { rate: 8000, channels: 1 });
    scene.player.set_looping(true);
    scene.play(&path, 0.0, None);
    let heard = scene.backend.pull(10_000);
    assert_eq!(heard[..4000], samples);
    assert_eq!(heard[4024..7900], samples[24..3900]);
    assert!(wait_until(|| scene.player.state().position_secs == 0.25));
    assert!(scene.player.state().playing && scene.player.state().looping);
    scene.player.set_looping(false);
    assert!(wait_until(|| !scene.player.state().looping));
    scene.wait_for_end();
}

#[test]
fn without_a_device_the_reason_is_told_and_a_retry_works() {
    let scene = Scene::new();
    scene.backend.unplug("pulled");
    let (path, samples) = scene.file("a.wav", 4000, Format { rate: 8000, channels: 1 });
    let error = scene.play(&path, 0.0, None).recv().unwrap().unwrap_err();
    assert!(error.to_string().contains("there is no sound output"), "{error}");
    assert_eq!(scene.player.state().problem, Some(error.to_string()));
    assert!(!scene.player.state().playing);
    scene.backend.plug_in(SPEAKER, MICROPHONE);
    scene.play(&path, 0.0, None);
    assert_eq!(scene.backend.pull(4000), samples);
    assert_eq!(scene.player.state().problem, None);
}

#[test]
fn a_device_that_goes_away_stops_the_sound_with_a_reason() {
    let scene = Scene::new();
    let (path, _) = scene.file("a.wav", 8000, Format { rate: 8000, channels: 1 });
    scene.play(&path, 0.0, None);
    scene.backend.pull(800);
    scene.backend.unplug("the cable was pulled");
    assert!(wait_until(|| !scene.player.state().playing));
    let state = scene.player.state();
    assert_eq!(state.problem.as_deref(), Some("mock speaker: the cable was pulled"));
    assert_eq!(state.position_secs, 0.1);
    assert_eq!(scene.backend.speaker_format(), None);
}

#[test]
fn a_missing_file_is_named_and_volume_is_kept_in_range() {
    let scene = Scene::new();
    let error = scene.play(&scene.folder.path().join("none.wav"), 0.0, None).recv().unwrap().unwrap_err();
    assert!(error.to_string().contains("none.wav: there is no such file"), "{error}");
    scene.player.set_volume(7.0);
    assert_eq!(scene.player.state().volume, 1.0);
    scene.player.set_volume(0.5);
    let (path, samples) = scene.file("a.wav", 400, Format { rate: 8000, channels: 1 });
    scene.play(&path, 0.0, None);
    let heard = scene.backend.pull(400);
    assert!(heard.iter().zip(&samples).all(|(heard, sample)| (heard - sample * 0.5).abs() < 1e-6));
}

#[test]
fn the_chosen_speaker_takes_over_what_plays() {
    let scene = Scene::new();
    let format = Format { rate: 8000, channels: 1 };
    scene.backend.plug_in_another("headphones", format);
    let headphones = scene.backend.outputs().devices.remove(1);
    let (path, samples) = scene.file("a.wav", 8000, format);
    scene.play(&path, 0.0, None);
    scene.backend.pull(4000);
    scene.player.choose_output(Some(headphones.clone()));
    assert!(wait_until(|| scene.player.state().device.as_deref() == Some("headphones")));
    assert_eq!(scene.backend.open_devices().0, ["headphones"]);
    // A speaker that was just opened is silent until the sound arrives.
    assert!(wait_until(|| scene.backend.pull(1).iter().any(|&sample| sample != 0.0)));
    // The part that was in the other speaker's fade is not heard twice.
    let heard = scene.backend.pull(1000);
    assert!((4100..4300).any(|at| samples[at..at + 500] == heard[100..600]), "it goes on where it was");
    scene.backend.unplug_another("headphones");
    assert!(wait_until(|| !scene.player.state().playing));
    let error =
        scene.player.play(Clip { path: path.clone(), from_secs: 0.0, to_secs: None }).recv().unwrap().unwrap_err();
    assert_eq!(error.to_string(), "headphones is not connected; connect it, or choose another device");
    scene.player.choose_output(None);
    scene.play(&path, 0.0, None);
    assert_eq!(scene.backend.open_devices().0, ["mock speaker"]);
}

#[test]
fn levelled_sounds_are_equally_loud_and_whole() {
    let scene = Scene::new();
    scene.player.set_levelling(true);
    let rms = |samples: &[f32]| (samples.iter().map(|x| x * x).sum::<f32>() / samples.len() as f32).sqrt();
    for (name, level) in [("loud.wav", 0.9), ("quiet.wav", 0.04)] {
        let tone: Vec<f32> = (0..40_000).map(|n| level * (n as f32 * 0.4).sin()).collect();
        let path = scene.folder.path().join(name);
        write_wav(&path, &tone, 1, 8000, Depth::Float32).unwrap();
        scene.play(&path, 0.0, None);
        let heard = scene.backend.pull(40_000);
        assert!((rms(&heard[24..]) - 0.1).abs() < 0.003, "{name}: {}", rms(&heard));
        scene.wait_for_end();
        assert_eq!(scene.player.state().position_secs, 5.0);
    }
}

/// Uses the real player: `cargo test -- --ignored real_`, with a sound card or a virtual one.
#[test]
#[ignore = "needs a sound card"]
fn real_output_plays_a_second() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.wav");
    let tone: Vec<f32> =
        (0..44_100).map(|n| (n as f32 * 440.0 * std::f32::consts::TAU / 44_100.0).sin() * 0.5).collect();
    write_wav(&path, &tone, 1, 44_100, Depth::Pcm16).unwrap();
    let player = Player::new(Arc::new(super::super::SoundCard), Arc::new(|| {})).unwrap();
    let asked = Instant::now();
    player.play(Clip { path, from_secs: 0.0, to_secs: None }).recv().unwrap().unwrap();
    eprintln!("{:?} after {:?}", player.state().device, asked.elapsed());
    assert!(wait_until(|| !player.state().playing));
    eprintln!("played for {:?}", asked.elapsed());
    assert!((0.9..2.0).contains(&asked.elapsed().as_secs_f64()));
}
