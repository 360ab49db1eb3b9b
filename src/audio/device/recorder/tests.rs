use super::super::mock::{MockBackend, wait_until};
use super::*;
use crate::audio::device::Format;

const SPEAKER: Format = Format { rate: 48_000, channels: 2 };
const MICROPHONE: Format = Format { rate: 1000, channels: 2 };

fn silent() -> Notify {
    Arc::new(|| {})
}

fn recorder() -> (MockBackend, Recorder) {
    let backend = MockBackend::new(SPEAKER, MICROPHONE);
    let recorder = Recorder::new(Arc::new(backend.clone()));
    (backend, recorder)
}

#[test]
fn press_record_feed_frames_stop_expect_a_take() {
    let (backend, recorder) = recorder();
    recorder.start(None, StopWhen::default(), silent()).unwrap();
    let heard: Vec<f32> = (0..2400).map(|n| n as f32 / 4000.0).collect();
    for block in heard.chunks(100) {
        assert!(backend.feed(block));
    }
    assert!(wait_until(|| recorder.state().secs == 1.2));
    let state = recorder.state();
    assert!(state.recording && !state.clipped && state.level > 0.0);
    assert_eq!(state.device.as_deref(), Some("mock microphone"));
    let take = recorder.stop().unwrap();
    assert_eq!(take, Recording { samples: heard, rate: 1000, channels: 2, lost_frames: 0, interrupted: None });
    assert!(!backend.microphone_is_open());
    assert!(!recorder.state().recording);
    assert_eq!(recorder.stop(), Err(DeviceError::NotRecording));
}

#[test]
fn a_microphone_that_goes_away_leaves_what_was_recorded() {
    let (backend, recorder) = recorder();
    recorder.start(None, StopWhen::default(), silent()).unwrap();
    backend.feed(&[0.5; 200]);
    backend.unplug("the cable was pulled");
    assert!(wait_until(|| !recorder.state().recording));
    assert_eq!(recorder.state().problem.as_deref(), Some("the cable was pulled"));
    assert_eq!(recorder.start(None, StopWhen::default(), silent()), Err(DeviceError::AlreadyRecording));
    let take = recorder.stop().unwrap();
    assert_eq!((take.samples.len(), take.interrupted.as_deref()), (200, Some("the cable was pulled")));
    // A retry works as soon as there is a microphone again.
    assert!(matches!(recorder.start(None, StopWhen::default(), silent()), Err(DeviceError::NoInput(_))));
    assert!(recorder.state().problem.unwrap().contains("there is no microphone"));
    backend.plug_in(SPEAKER, MICROPHONE);
    recorder.start(None, StopWhen::default(), silent()).unwrap();
    assert_eq!(recorder.state().problem, None);
}

#[test]
fn what_comes_too_fast_is_counted() {
    let (backend, recorder) = recorder();
    recorder.start(None, StopWhen::default(), silent()).unwrap();
    backend.feed(&vec![1.0; 2 * 5000]);
    let take = recorder.stop().unwrap();
    assert_eq!(take.samples.len() as u64 / 2 + take.lost_frames, 5000);
    assert!(take.lost_frames >= 3000);
    assert!(recorder.state().clipped);
}

#[test]
fn thousands_of_hiccups_are_no_reason_to_stop() {
    let (backend, recorder) = recorder();
    recorder.start(None, StopWhen::default(), silent()).unwrap();
    backend.hiccup(5000);
    backend.feed(&[0.1; 20]);
    assert!(wait_until(|| recorder.state().secs > 0.0));
    assert_eq!(recorder.stop().unwrap().interrupted, None);
}

#[test]
fn a_refused_device_is_named() {
    let (backend, recorder) = recorder();
    backend.refuse(Some("another program uses it"));
    let error = recorder.start(None, StopWhen::default(), silent()).unwrap_err();
    assert_eq!(error.to_string(), "mock microphone could not be opened: another program uses it");
    backend.refuse(None);
    recorder.start(None, StopWhen::default(), silent()).unwrap();
}

#[test]
#[ignore = "needs a microphone"]
fn real_input_records_a_second() {
    let recorder = Recorder::new(Arc::new(super::super::SoundCard));
    recorder.start(None, StopWhen::default(), silent()).unwrap();
    assert!(wait_until(|| recorder.state().secs >= 1.0));
    eprintln!("{:?}", recorder.state());
    let take = recorder.stop().unwrap();
    eprintln!("{} s at {} Hz, {} channels", take.secs(), take.rate, take.channels);
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
    recorder.start(None, StopWhen::default(), silent()).unwrap();
    assert!(!recorder.state().listening);
    // A recording is not disturbed by who wants to see its level: it shows it already.
    recorder.listen(None, silent()).unwrap();
    recorder.stop_listening();
    backend.feed(&[0.25; 100]);
    assert_eq!(recorder.stop().unwrap().samples, [0.25; 100]);
    recorder.listen(None, silent()).unwrap();
    assert!(backend.microphone_is_open());
    recorder.stop_listening();
    assert!(!backend.microphone_is_open() && !recorder.state().listening);
}

#[test]
fn it_stops_by_itself_after_a_set_time_or_when_the_sound_has_ended() {
    let (backend, recorder) = recorder();
    recorder.start(None, StopWhen { after_secs: Some(0.5), quiet: false }, silent()).unwrap();
    backend.feed(&[0.5; 1200]);
    assert!(wait_until(|| !recorder.state().recording));
    let take = recorder.stop().unwrap();
    assert_eq!((take.samples.len(), take.interrupted), (1000, None), "to the frame");

    recorder.start(None, StopWhen { after_secs: None, quiet: true }, silent()).unwrap();
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
    recorder.start(Some(&usb), StopWhen::default(), silent()).unwrap();
    assert_eq!(recorder.state().device.as_deref(), Some("usb microphone"));
    backend.feed(&[0.5; 50]);
    backend.unplug_another("usb microphone");
    assert!(wait_until(|| !recorder.state().recording));
    let take = recorder.stop().unwrap();
    assert_eq!((take.rate, take.samples.len(), take.interrupted.as_deref()), (500, 50, Some("it was unplugged")));
    let error = recorder.start(Some(&usb), StopWhen::default(), silent()).unwrap_err();
    assert_eq!(error.to_string(), "usb microphone is not connected; connect it, or choose another device");
    recorder.start(None, StopWhen::default(), silent()).unwrap();
}
