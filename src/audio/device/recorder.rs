//! The recorder: takes what the default microphone hears until it is stopped.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};
use rtrb::{Consumer, Producer, RingBuffer};

use super::{Backend, Capture, DeviceError, FaultLog, Format, Notify, Stream};

/// How much may wait between the device and the recorder's thread; what exceeds it is lost, and counted.
const RING_SECS: f64 = 2.0;
/// How often the thread empties the ring, and tells.
const TICK: Duration = Duration::from_millis(25);
const NOTIFY_EVERY: Duration = Duration::from_millis(50);
/// A recording is kept in memory and ends by itself at this length.
const LONGEST_SECS: f64 = 900.0;
/// What the shown level keeps of itself from tick to tick: a peak falls by 20 dB in about 0.4 s.
const LEVEL_DECAY: f32 = 0.86;
/// Samples from here on are taken for clipped.
const CLIPPED: f32 = 0.999;

/// What was recorded.
#[derive(Clone, Debug, PartialEq)]
pub struct Recording {
    /// Interleaved.
    pub samples: Vec<f32>,
    pub rate: u32,
    pub channels: usize,
    /// Frames that the device delivered and that came too fast to be taken; 0 on a healthy machine.
    pub lost_frames: u64,
    /// Why it ended before it was stopped, where it did.
    pub interrupted: Option<String>,
}

impl Recording {
    pub fn secs(&self) -> f64 {
        (self.samples.len() / self.channels.max(1)) as f64 / f64::from(self.rate.max(1))
    }
}

/// How the recorder is doing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RecorderState {
    /// Whether the microphone is open. A recording that was interrupted still waits to be stopped.
    pub recording: bool,
    pub secs: f64,
    /// Peak of the last moments, 0 to 1.
    pub level: f32,
    /// Whether a sample was at full scale since the start.
    pub clipped: bool,
    pub device: Option<String>,
    /// Why the last start failed or the last recording ended by itself.
    pub problem: Option<String>,
    pub lost_frames: u64,
}

/// Records from the default microphone, one recording at a time.
pub struct Recorder {
    backend: Arc<dyn Backend>,
    state: Arc<Mutex<RecorderState>>,
    running: Mutex<Option<Running>>,
}

struct Running {
    stop: Sender<()>,
    thread: JoinHandle<Recording>,
}

impl Recorder {
    pub fn new(backend: Arc<dyn Backend>) -> Self {
        Recorder { backend, state: Arc::default(), running: Mutex::new(None) }
    }

    /// Opens the microphone and records from now on; returns once it is open. `notify` is called about 20 times a second
    /// while it records, and when it ends by itself.
    pub fn start(&self, notify: Notify) -> Result<(), DeviceError> {
        let mut running = lock(&self.running);
        if running.is_some() {
            return Err(DeviceError::AlreadyRecording);
        }
        *lock(&self.state) = RecorderState::default();
        let (backend, state) = (Arc::clone(&self.backend), Arc::clone(&self.state));
        let (stop, stopped) = bounded(1);
        let (opened_sender, opened) = bounded(1);
        let thread = thread::Builder::new()
            .name("recorder".into())
            .spawn(move || record(&*backend, &state, &notify, &stopped, &opened_sender))
            .map_err(|error| DeviceError::NoThread(error.to_string()))?;
        match opened.recv() {
            Ok(Ok(())) => {
                *running = Some(Running { stop, thread });
                Ok(())
            }
            Ok(Err(error)) => {
                lock(&self.state).problem = Some(error.to_string());
                Err(error)
            }
            Err(_) => Err(DeviceError::NoThread("it ended at once".into())),
        }
    }

    /// Ends the recording, which is returned. Also after it was interrupted.
    pub fn stop(&self) -> Result<Recording, DeviceError> {
        let Running { stop, thread } = lock(&self.running).take().ok_or(DeviceError::NotRecording)?;
        // Dropping the sender is the signal.
        drop(stop);
        thread.join().map_err(|_| DeviceError::NoThread("it failed".into()))
    }

    pub fn state(&self) -> RecorderState {
        lock(&self.state).clone()
    }

    /// Peak of the last moments, 0 to 1.
    pub fn level(&self) -> f32 {
        lock(&self.state).level
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        // Whoever wanted the recording has stopped it before.
        drop(self.stop());
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing that holds these locks can panic and leave them half-written.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The device's end of the ring.
struct RingCapture {
    ring: Producer<f32>,
    channels: usize,
    calls: Arc<AtomicU64>,
    lost_frames: Arc<AtomicU64>,
}

impl Capture for RingCapture {
    fn capture(&mut self, samples: &[f32]) {
        self.calls.fetch_add(1, Ordering::Relaxed);
        let frames = samples.len() / self.channels;
        let taken = frames.min(self.ring.slots() / self.channels);
        let (pushed, _) = self.ring.push_partial_slice(&samples[..taken * self.channels]);
        debug_assert_eq!(pushed.len(), taken * self.channels, "no more is pushed than there is room for");
        if taken < frames {
            self.lost_frames.fetch_add((frames - taken) as u64, Ordering::Relaxed);
        }
    }
}

/// An open microphone, and our end of its ring.
struct Microphone {
    /// `None` once it is closed.
    stream: Option<Box<dyn Stream>>,
    ring: Consumer<f32>,
    format: Format,
    faults: FaultLog,
    calls: Arc<AtomicU64>,
    lost_frames: Arc<AtomicU64>,
    name: String,
}

fn open(backend: &dyn Backend) -> Result<Microphone, DeviceError> {
    let device = backend.default_input()?;
    let format = device.default_format()?;
    let channels = format.channels.max(1);
    let (producer, ring) = RingBuffer::new((RING_SECS * f64::from(format.rate)) as usize * channels);
    let (calls, lost_frames) = (Arc::<AtomicU64>::default(), Arc::<AtomicU64>::default());
    let capture =
        RingCapture { ring: producer, channels, calls: Arc::clone(&calls), lost_frames: Arc::clone(&lost_frames) };
    let (handler, faults) = FaultLog::new();
    let stream = Some(device.open(format, Box::new(capture), handler)?);
    Ok(Microphone { stream, ring, format, faults, calls, lost_frames, name: device.name() })
}

/// The recorder's thread: everything from opening the microphone to the end of the recording.
fn record(
    backend: &dyn Backend,
    state: &Mutex<RecorderState>,
    notify: &Notify,
    stopped: &Receiver<()>,
    opened: &Sender<Result<(), DeviceError>>,
) -> Recording {
    let mut recording = Recording { samples: Vec::new(), rate: 0, channels: 1, lost_frames: 0, interrupted: None };
    let mut microphone = match open(backend) {
        Ok(microphone) => microphone,
        Err(error) => {
            // Nobody waits any more only if the starting thread is gone.
            drop(opened.send(Err(error)));
            return recording;
        }
    };
    (recording.rate, recording.channels) = (microphone.format.rate, microphone.format.channels.max(1));
    *lock(state) = RecorderState { recording: true, device: Some(microphone.name.clone()), ..RecorderState::default() };
    drop(opened.send(Ok(())));

    let mut told = Instant::now();
    loop {
        let stop = !matches!(stopped.recv_timeout(TICK), Err(RecvTimeoutError::Timeout));
        drain(&mut microphone, &mut recording, state);
        if stop {
            break;
        }
        recording.interrupted = microphone.faults.verdict(microphone.calls.load(Ordering::Relaxed));
        if recording.interrupted.is_none() && recording.secs() >= LONGEST_SECS {
            recording.interrupted = Some(format!("recordings end after {} minutes", LONGEST_SECS / 60.0));
        }
        if recording.interrupted.is_some() {
            break;
        }
        if told.elapsed() >= NOTIFY_EVERY {
            told = Instant::now();
            notify();
        }
    }

    // Closed first, so that what it heard last is in the ring.
    microphone.stream = None;
    drain(&mut microphone, &mut recording, state);
    {
        let mut state = lock(state);
        state.recording = false;
        state.level = 0.0;
        state.problem = recording.interrupted.clone();
    }
    notify();
    recording
}

/// Empties the ring into the recording and shows its level.
fn drain(microphone: &mut Microphone, recording: &mut Recording, state: &Mutex<RecorderState>) {
    let from = recording.samples.len();
    let waiting = microphone.ring.slots();
    if let Ok(chunk) = microphone.ring.read_chunk(waiting) {
        let (first, second) = chunk.as_slices();
        recording.samples.extend_from_slice(first);
        recording.samples.extend_from_slice(second);
        chunk.commit_all();
    }
    recording.lost_frames = microphone.lost_frames.load(Ordering::Relaxed);
    let peak = recording.samples[from..].iter().fold(0.0f32, |peak, sample| peak.max(sample.abs()));
    let mut state = lock(state);
    state.secs = recording.secs();
    state.level = peak.max(state.level * LEVEL_DECAY).min(1.0);
    state.clipped |= peak >= CLIPPED;
    state.lost_frames = recording.lost_frames;
}

#[cfg(test)]
mod tests {
    use super::super::mock::{MockBackend, wait_until};
    use super::*;

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
        recorder.start(silent()).unwrap();
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
        recorder.start(silent()).unwrap();
        backend.feed(&[0.5; 200]);
        backend.unplug("the cable was pulled");
        assert!(wait_until(|| !recorder.state().recording));
        assert_eq!(recorder.state().problem.as_deref(), Some("the cable was pulled"));
        assert_eq!(recorder.start(silent()), Err(DeviceError::AlreadyRecording));
        let take = recorder.stop().unwrap();
        assert_eq!((take.samples.len(), take.interrupted.as_deref()), (200, Some("the cable was pulled")));
        // A retry works as soon as there is a microphone again.
        assert!(matches!(recorder.start(silent()), Err(DeviceError::NoInput(_))));
        assert!(recorder.state().problem.unwrap().contains("there is no microphone"));
        backend.plug_in(SPEAKER, MICROPHONE);
        recorder.start(silent()).unwrap();
        assert_eq!(recorder.state().problem, None);
    }

    #[test]
    fn what_comes_too_fast_is_counted() {
        let (backend, recorder) = recorder();
        recorder.start(silent()).unwrap();
        backend.feed(&vec![1.0; 2 * 5000]);
        let take = recorder.stop().unwrap();
        assert_eq!(take.samples.len() as u64 / 2 + take.lost_frames, 5000);
        assert!(take.lost_frames >= 3000);
        assert!(recorder.state().clipped);
    }

    #[test]
    fn thousands_of_hiccups_are_no_reason_to_stop() {
        let (backend, recorder) = recorder();
        recorder.start(silent()).unwrap();
        backend.hiccup(5000);
        backend.feed(&[0.1; 20]);
        assert!(wait_until(|| recorder.state().secs > 0.0));
        assert_eq!(recorder.stop().unwrap().interrupted, None);
    }

    #[test]
    fn a_refused_device_is_named() {
        let (backend, recorder) = recorder();
        backend.refuse(Some("another program uses it"));
        let error = recorder.start(silent()).unwrap_err();
        assert_eq!(error.to_string(), "mock device could not be opened: another program uses it");
        backend.refuse(None);
        recorder.start(silent()).unwrap();
    }

    #[test]
    #[ignore = "needs a microphone"]
    fn real_input_records_a_second() {
        let recorder = Recorder::new(Arc::new(super::super::SoundCard));
        recorder.start(silent()).unwrap();
        assert!(wait_until(|| recorder.state().secs >= 1.0));
        eprintln!("{:?}", recorder.state());
        let take = recorder.stop().unwrap();
        eprintln!("{} s at {} Hz, {} channels", take.secs(), take.rate, take.channels);
        assert_eq!((take.lost_frames, take.interrupted), (0, None));
    }
}
