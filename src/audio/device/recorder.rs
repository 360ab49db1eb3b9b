//! The recorder: takes what a microphone hears until it is stopped, and shows how loud it is before that, too.

mod microphone;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};

use self::microphone::Microphone;
use super::meter::Meter;
use super::{Backend, DeviceError, DeviceName, Notify};
use crate::audio::ending::EndDetector;

/// How often the thread empties the ring, and tells.
const TICK: Duration = Duration::from_millis(25);
const NOTIFY_EVERY: Duration = Duration::from_millis(50);
/// A recording is kept in memory, and ends by itself at this length, or where it takes this many samples: a device can have
/// many channels at a high rate.
const LONGEST_SECS: f64 = 900.0;
const MOST_SAMPLES: usize = 100 << 20;

/// When a recording ends by itself; without any of these, when it is stopped.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct StopWhen {
    /// After so many seconds.
    pub after_secs: Option<f64>,
    /// When something was heard and has ended.
    pub quiet: bool,
}

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
    /// Whether the microphone is open for a recording. One that has ended by itself still waits to be stopped.
    pub recording: bool,
    /// Whether the microphone is open to show its level alone.
    pub listening: bool,
    /// Of the recording.
    pub secs: f64,
    /// Peak of the last moments, 0 to 1.
    pub level: f32,
    /// The highest level of late, 0 to 1.
    pub peak: f32,
    /// Whether a sample was at full scale of late.
    pub clipped: bool,
    pub device: Option<String>,
    /// Why the last start failed or the microphone was lost.
    pub problem: Option<String>,
    pub lost_frames: u64,
}

/// Records from a microphone, one recording at a time.
pub struct Recorder {
    backend: Arc<dyn Backend>,
    state: Arc<Mutex<RecorderState>>,
    running: Mutex<Option<Running>>,
}

struct Running {
    keeps: bool,
    stop: Sender<()>,
    thread: JoinHandle<Recording>,
}

/// What the recorder's thread is to do.
struct Task {
    chosen: Option<DeviceName>,
    stop_when: StopWhen,
    /// Whether what is heard is kept: otherwise only its level is shown.
    keeps: bool,
    stopped: Receiver<()>,
    notify: Notify,
}

impl Recorder {
    pub fn new(backend: Arc<dyn Backend>) -> Self {
        Recorder { backend, state: Arc::default(), running: Mutex::new(None) }
    }

    /// Opens the microphone (`None`: the default one) and records from now on; returns once it is open. `notify` is called
    /// about 20 times a second while it records, and when it ends by itself.
    pub fn start(&self, chosen: Option<&DeviceName>, stop_when: StopWhen, notify: Notify) -> Result<(), DeviceError> {
        let mut running = lock(&self.running);
        match running.take() {
            Some(recording) if recording.keeps => {
                *running = Some(recording);
                return Err(DeviceError::AlreadyRecording);
            }
            Some(listening) => drop(listening.end()),
            None => {}
        }
        *running = Some(self.run(chosen, stop_when, true, notify)?);
        Ok(())
    }

    /// Opens the microphone to show its level, without a recording; one that runs shows it already.
    pub fn listen(&self, chosen: Option<&DeviceName>, notify: Notify) -> Result<(), DeviceError> {
        let mut running = lock(&self.running);
        match running.take() {
            Some(recording) if recording.keeps => *running = Some(recording),
            earlier => {
                drop(earlier.map(Running::end));
                *running = Some(self.run(chosen, StopWhen::default(), false, notify)?);
            }
        }
        Ok(())
    }

    /// Closes the microphone again where it is open for its level alone.
    pub fn stop_listening(&self) {
        let mut running = lock(&self.running);
        if let Some(listening) = running.take_if(|running| !running.keeps) {
            drop(listening.end());
            *lock(&self.state) = RecorderState::default();
        }
    }

    fn run(
        &self,
        chosen: Option<&DeviceName>,
        stop_when: StopWhen,
        keeps: bool,
        notify: Notify,
    ) -> Result<Running, DeviceError> {
        *lock(&self.state) = RecorderState::default();
        let (backend, state) = (Arc::clone(&self.backend), Arc::clone(&self.state));
        let (stop, stopped) = bounded(1);
        let (opened_sender, opened) = bounded(1);
        let task = Task { chosen: chosen.cloned(), stop_when, keeps, stopped, notify };
        let thread = thread::Builder::new()
            .name("recorder".into())
            .spawn(move || record(&*backend, &state, &task, &opened_sender))
            .map_err(|error| DeviceError::NoThread(error.to_string()))?;
        match opened.recv() {
            Ok(Ok(())) => Ok(Running { keeps, stop, thread }),
            Ok(Err(error)) => {
                lock(&self.state).problem = Some(error.to_string());
                Err(error)
            }
            Err(_) => Err(DeviceError::NoThread("it ended at once".into())),
        }
    }

    /// Ends the recording, which is returned. Also after it ended by itself.
    pub fn stop(&self) -> Result<Recording, DeviceError> {
        let recording = lock(&self.running).take_if(|running| running.keeps);
        recording.ok_or(DeviceError::NotRecording)?.end()
    }

    pub fn state(&self) -> RecorderState {
        lock(&self.state).clone()
    }

    /// What tells the state to whoever must not keep the recorder itself alive: its own thread, for one.
    pub fn observer(&self) -> impl Fn() -> RecorderState + Send + Sync + use<> {
        let state = Arc::clone(&self.state);
        move || lock(&state).clone()
    }
}

impl Running {
    fn end(self) -> Result<Recording, DeviceError> {
        // Dropping the sender is the signal.
        drop(self.stop);
        self.thread.join().map_err(|_| DeviceError::NoThread("it failed".into()))
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        // Whoever wanted the recording has stopped it before.
        drop(lock(&self.running).take().map(Running::end));
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing that holds these locks can panic and leave them half-written.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The recorder's thread: everything from opening the microphone to the end of the recording.
fn record(
    backend: &dyn Backend,
    state: &Mutex<RecorderState>,
    task: &Task,
    opened: &Sender<Result<(), DeviceError>>,
) -> Recording {
    let mut recording = Recording { samples: Vec::new(), rate: 0, channels: 1, lost_frames: 0, interrupted: None };
    let mut microphone = match Microphone::open(backend, task.chosen.as_ref()) {
        Ok(microphone) => microphone,
        Err(error) => {
            // Nobody waits any more only if the starting thread is gone.
            drop(opened.send(Err(error)));
            return recording;
        }
    };
    (recording.rate, recording.channels) = (microphone.format.rate, microphone.format.channels.max(1));
    *lock(state) = RecorderState {
        recording: task.keeps,
        listening: !task.keeps,
        device: Some(microphone.name.clone()),
        ..RecorderState::default()
    };
    drop(opened.send(Ok(())));

    let mut meter = Meter::new();
    let mut ending = task.stop_when.quiet.then(|| EndDetector::new(recording.rate, recording.channels));
    let mut told = Instant::now();
    loop {
        let stop = !matches!(task.stopped.recv_timeout(TICK), Err(RecvTimeoutError::Timeout));
        let from = recording.samples.len();
        drain(&mut microphone, &mut recording, &mut meter, task, state);
        if let Some(ending) = &mut ending {
            ending.push(&recording.samples[from..]);
        }
        if stop || is_long_enough(&mut recording, task.stop_when) || ending.as_ref().is_some_and(EndDetector::has_ended)
        {
            break;
        }
        recording.interrupted = microphone.verdict();
        let is_full = recording.secs() >= LONGEST_SECS || recording.samples.len() >= MOST_SAMPLES;
        if recording.interrupted.is_none() && is_full {
            recording.interrupted = Some(format!("a recording ends after {:.0} s", recording.secs()));
        }
        if recording.interrupted.is_some() {
            break;
        }
        if told.elapsed() >= NOTIFY_EVERY {
            told = Instant::now();
            (task.notify)();
        }
    }

    // Closed first, so that what it heard last is in the ring.
    microphone.close();
    drain(&mut microphone, &mut recording, &mut meter, task, state);
    is_long_enough(&mut recording, task.stop_when);
    {
        let mut state = lock(state);
        (state.recording, state.listening) = (false, false);
        (state.level, state.peak) = (0.0, 0.0);
        state.problem = recording.interrupted.clone();
    }
    (task.notify)();
    recording
}

/// Whether the recording has its set length; what exceeds it is cut off.
fn is_long_enough(recording: &mut Recording, stop_when: StopWhen) -> bool {
    let Some(secs) = stop_when.after_secs else { return false };
    let samples = (secs * f64::from(recording.rate)).round() as usize * recording.channels;
    let long_enough = recording.samples.len() >= samples;
    recording.samples.truncate(samples);
    long_enough
}

/// Takes what was heard since and shows its level.
fn drain(
    microphone: &mut Microphone,
    recording: &mut Recording,
    meter: &mut Meter,
    task: &Task,
    state: &Mutex<RecorderState>,
) {
    let from = recording.samples.len();
    microphone.drain(&mut recording.samples);
    recording.lost_frames = microphone.lost_frames();
    let heard = &recording.samples[from..];
    meter.push(heard, (heard.len() / recording.channels) as f32 / recording.rate.max(1) as f32);
    if !task.keeps {
        recording.samples.clear();
    }
    let mut state = lock(state);
    state.secs = recording.secs();
    (state.level, state.peak, state.clipped) = (meter.level, meter.peak, meter.clipped());
    state.lost_frames = recording.lost_frames;
}

#[cfg(test)]
mod tests;
