use std::path::Path;

use super::super::mock::{MockBackend, wait_until};
use super::*;
use crate::audio::Decoder;
use crate::audio::device::Format;

const SPEAKER: Format = Format { rate: 48_000, channels: 2 };
const MICROPHONE: Format = Format { rate: 1000, channels: 2 };

fn silent() -> Notify {
    Arc::new(|| {})
}

/// A recorder, and the folder of its recordings.
struct Bench {
    recorder: Recorder,
    folder: tempfile::TempDir,
}

impl std::ops::Deref for Bench {
    type Target = Recorder;
    fn deref(&self) -> &Recorder {
        &self.recorder
    }
}

impl Bench {
    fn on(backend: Arc<dyn Backend>) -> Self {
        Self { recorder: Recorder::new(backend), folder: tempfile::tempdir().unwrap() }
    }

    fn start(&self, chosen: Option<&DeviceName>, stop_when: StopWhen) -> Result<(), DeviceError> {
        let folder = self.folder.path().to_owned();
        let make_file = move |format: Format| GrowingWav::create(&folder, "take", format.channels as u16, format.rate);
        self.recorder.start(chosen, stop_when, Box::new(make_file), silent())
    }
}

fn recorder() -> (MockBackend, Bench) {
    let backend = MockBackend::new(SPEAKER, MICROPHONE);
    (backend.clone(), Bench::on(Arc::new(backend)))
}

/// The samples of a file, interleaved.
fn samples(path: &Path) -> Vec<f32> {
    let mut decoder = Decoder::open(path).unwrap();
    let mut all = Vec::new();
    while let Some(block) = decoder.next_block().unwrap() {
        all.extend_from_slice(block);
    }
    all
}

fn samples_of(take: &Recording) -> Vec<f32> {
    samples(take.path.as_deref().expect("a file"))
}

#[test]
fn press_record_feed_frames_stop_expect_a_take() {
    let (backend, recorder) = recorder();
    recorder.start(None, StopWhen::default()).unwrap();
    let heard: Vec<f32> = (0..2400).map(|n| n as f32 / 4000.0).collect();
    for block in heard.chunks(100) {
        assert!(backend.feed(block));
    }
    assert!(wait_until(|| recorder.state().secs == 1.2));
    let state = recorder.state();
    assert!(state.recording && !state.clipped && state.level > 0.0);
    assert_eq!(state.device.as_deref(), Some("mock microphone"));
    let take = recorder.stop().unwrap();
    assert_eq!(samples_of(&take), heard);
    let path = Some(recorder.folder.path().join("take.wav"));
    let (peak, lost_frames, interrupted) = (2399.0 / 4000.0, 0, None);
    let expected =
        Recording { path, frames: 1200, rate: 1000, channels: 2, heard: 0..1200, peak, lost_frames, interrupted };
    assert_eq!(take, expected);
    assert!(!backend.microphone_is_open());
    assert!(!recorder.state().recording);
    assert_eq!(recorder.stop(), Err(DeviceError::NotRecording));
}

#[test]
fn a_microphone_that_goes_away_leaves_what_was_recorded() {
    let (backend, recorder) = recorder();
    recorder.start(None, StopWhen::default()).unwrap();
    backend.feed(&[0.5; 200]);
    backend.unplug("the cable was pulled");
    assert!(wait_until(|| !recorder.state().recording));
    assert_eq!(recorder.state().problem.as_deref(), Some("the cable was pulled"));
    assert_eq!(recorder.start(None, StopWhen::default()), Err(DeviceError::AlreadyRecording));
    let take = recorder.stop().unwrap();
    assert_eq!((samples_of(&take).len(), take.interrupted.as_deref()), (200, Some("the cable was pulled")));
    // A retry works when a microphone is connected again.
    assert!(matches!(recorder.start(None, StopWhen::default()), Err(DeviceError::NoInput(_))));
    assert!(recorder.state().problem.unwrap().contains("there is no microphone"));
    backend.plug_in(SPEAKER, MICROPHONE);
    recorder.start(None, StopWhen::default()).unwrap();
    assert_eq!(recorder.state().problem, None);
}

#[test]
fn what_comes_too_fast_is_counted() {
    let (backend, recorder) = recorder();
    recorder.start(None, StopWhen::default()).unwrap();
    backend.feed(&vec![1.0; 2 * 5000]);
    let take = recorder.stop().unwrap();
    assert_eq!(samples_of(&take).len() as u64 / 2 + take.lost_frames, 5000);
    assert!(take.lost_frames >= 3000);
    assert!(recorder.state().clipped);
}

#[test]
fn thousands_of_hiccups_are_no_reason_to_stop() {
    let (backend, recorder) = recorder();
    recorder.start(None, StopWhen::default()).unwrap();
    backend.hiccup(5000);
    backend.feed(&[0.1; 20]);
    assert!(wait_until(|| recorder.state().secs > 0.0));
    assert_eq!(recorder.stop().unwrap().interrupted, None);
}

#[test]
fn a_refused_device_is_named() {
    let (backend, recorder) = recorder();
    backend.refuse(Some("another program uses it"));
    let error = recorder.start(None, StopWhen::default()).unwrap_err();
    assert_eq!(error.to_string(), "mock microphone could not be opened: another program uses it");
    backend.refuse(None);
    recorder.start(None, StopWhen::default()).unwrap();
}

#[test]
#[ignore = "needs a microphone"]
fn real_input_records_a_second() {
    let recorder = Bench::on(Arc::new(super::super::SoundCard));
    recorder.start(None, StopWhen::default()).unwrap();
    assert!(wait_until(|| recorder.state().secs >= 1.0));
    eprintln!("{:?}", recorder.state());
    let take = recorder.stop().unwrap();
    eprintln!("{} frames at {} Hz, {} channels", take.frames, take.rate, take.channels);
    assert_eq!((take.lost_frames, take.interrupted), (0, None));
}

#[test]
fn the_meter_runs_before_a_recording_and_keeps_nothing() {
    let (backend, recorder) = recorder();
    recorder.listen(None, silent()).unwrap();
    backend.feed(&[0.5; 200]);
    assert!(wait_until(|| recorder.state().peak == 0.5));
    let state = recorder.state();
    assert!(state.listening && !state.recording && state.secs == 0.0, "{state:?}");
    assert_eq!(recorder.stop(), Err(DeviceError::NotRecording));
    recorder.start(None, StopWhen::default()).unwrap();
    assert!(!recorder.state().listening);
    // Showing the level does not disturb a recording, which shows it already.
    recorder.listen(None, silent()).unwrap();
    recorder.stop_listening();
    backend.feed(&[0.25; 100]);
    assert_eq!(samples_of(&recorder.stop().unwrap()), [0.25; 100]);
    recorder.listen(None, silent()).unwrap();
    assert!(backend.microphone_is_open());
    recorder.stop_listening();
    assert!(!backend.microphone_is_open() && !recorder.state().listening);
}

#[test]
fn it_stops_by_itself_after_a_set_time_or_when_the_sound_has_ended() {
    let (backend, recorder) = recorder();
    recorder.start(None, StopWhen { after_secs: Some(0.5), quiet: false }).unwrap();
    backend.feed(&[0.5; 1200]);
    assert!(wait_until(|| !recorder.state().recording));
    let take = recorder.stop().unwrap();
    assert_eq!((samples_of(&take).len(), take.interrupted), (1000, None), "to the frame");

    recorder.start(None, StopWhen { after_secs: None, quiet: true }).unwrap();
    let beep: Vec<f32> = (0..2000).map(|n| if n % 20 < 10 { 0.5 } else { -0.5 }).collect();
    for block in [vec![0.0; 400], beep, vec![0.0; 2600]] {
        backend.feed(&block);
        let heard = recorder.state().secs;
        assert!(wait_until(|| recorder.state().secs > heard || !recorder.state().recording));
    }
    assert!(wait_until(|| !recorder.state().recording));
    assert_eq!(recorder.stop().unwrap().interrupted, None);
}

#[test]
fn the_chosen_microphone_is_used_or_named_as_missing() {
    let (backend, recorder) = recorder();
    backend.plug_in_another("usb microphone", Format { rate: 500, channels: 1 });
    let inputs = backend.inputs();
    assert_eq!(inputs.devices.len(), 2);
    let usb = inputs.devices[1].clone();
    recorder.start(Some(&usb), StopWhen::default()).unwrap();
    assert_eq!(recorder.state().device.as_deref(), Some("usb microphone"));
    backend.feed(&[0.5; 50]);
    backend.unplug_another("usb microphone");
    assert!(wait_until(|| !recorder.state().recording));
    let take = recorder.stop().unwrap();
    assert_eq!((take.rate, samples_of(&take).len(), take.interrupted.as_deref()), (500, 50, Some("it was unplugged")));
    let error = recorder.start(Some(&usb), StopWhen::default()).unwrap_err();
    assert_eq!(error.to_string(), "usb microphone is not connected; connect it, or choose another device");
    recorder.start(None, StopWhen::default()).unwrap();
}

#[test]
fn what_is_heard_is_on_the_disk_while_it_is_recorded() {
    let (backend, recorder) = recorder();
    recorder.start(None, StopWhen::default()).unwrap();
    let path = recorder.folder.path().join("take.wav");
    assert!(path.is_file());
    for block in 1..=3 {
        backend.feed(&[0.5; 1000]);
        assert!(wait_until(|| Decoder::open(&path).is_ok_and(|decoder| decoder.frames() == Some(block * 500))));
    }
    // If the window is closed, the recorder is dropped, and what was recorded stays.
    let Bench { recorder, folder: _folder } = recorder;
    backend.feed(&[0.25; 100]);
    drop(recorder);
    let kept = samples(&path);
    assert_eq!((kept.len(), kept[3099]), (3100, 0.25));
}

#[test]
fn a_recording_that_cannot_be_kept_does_not_begin() {
    let (backend, recorder) = recorder();
    std::fs::remove_dir(recorder.folder.path()).unwrap();
    let refused = recorder.start(None, StopWhen::default()).unwrap_err();
    assert!(matches!(&refused, DeviceError::NotKept(why) if why.contains("could not be written")), "{refused}");
    assert!(!backend.microphone_is_open() && !recorder.state().recording);
    std::fs::create_dir(recorder.folder.path()).unwrap();
    recorder.start(None, StopWhen::default()).unwrap();
    let empty = recorder.stop().unwrap();
    assert_eq!((empty.path, empty.frames), (None, 0));
    assert_eq!(std::fs::read_dir(recorder.folder.path()).unwrap().count(), 0);
}

/// The writing thread gets a file that takes no more bytes.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_ends_the_recording_and_says_so() {
    let (backend, recorder) = recorder();
    recorder.start(None, StopWhen::default()).unwrap();
    backend.feed(&[0.5; 1000]);
    let path = recorder.folder.path().join("take.wav");
    assert!(wait_until(|| Decoder::open(&path).is_ok()));
    drop(recorder.stop().unwrap());

    let folder = recorder.folder.path().to_owned();
    let make_full = move |format: Format| {
        let mut wav = GrowingWav::create(&folder, "full", format.channels as u16, format.rate)?;
        wav.push(&[0.5; 400])?;
        wav.pretend_full_disk();
        Ok(wav)
    };
    recorder.recorder.start(None, StopWhen::default(), Box::new(make_full), silent()).unwrap();
    backend.feed(&[0.5; 1000]);
    assert!(wait_until(|| {
        backend.feed(&[0.5; 10]);
        !recorder.state().recording
    }));
    let take = recorder.stop().unwrap();
    assert_eq!((take.interrupted.as_deref(), take.frames), (Some("the disk is full"), 200));
    assert_eq!(samples(&recorder.folder.path().join("full.wav")).len(), 400);
}
