//! The recorder writes the sound of a microphone to a file until it is stopped. It also shows the level without
//! recording.

mod keeping;
mod microphone;

use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};
use parking_lot::Mutex;

use self::keeping::{Keeping, Kept};
use self::microphone::Microphone;
use super::meter::Meter;
use super::{Backend, DeviceError, DeviceName, Format, Notify};
use crate::audio::AudioError;
use crate::audio::ending::EndDetector;
use crate::audio::growing_wav::GrowingWav;

/// How often the thread empties the ring buffer and reports.
const TICK: Duration = Duration::from_millis(25);
const NOTIFY_EVERY: Duration = Duration::from_millis(50);
/// When a recording ends by itself. Without a condition, it ends only when it is stopped.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct StopWhen {
    /// After this many seconds.
    pub after_secs: Option<f64>,
    /// When a sound was heard and has ended.
    pub quiet: bool,
}

/// Makes the file of a recording when the microphone's format is known.
pub type MakeFile = Box<dyn FnOnce(Format) -> Result<GrowingWav, AudioError> + Send>;

/// A recording that is on the disk.
#[derive(Clone, Debug, PartialEq)]
pub struct Recording {
    /// `None` if nothing was heard. Then there is no file.
    pub path: Option<PathBuf>,
    pub frames: u64,
    pub rate: u32,
    pub channels: usize,
    /// The frames without the silence at both ends. Empty if all is silent.
    pub heard: Range<u64>,
    /// The largest absolute sample.
    pub peak: f32,
    /// The number of frames that the device delivered but that were lost. 0 on a healthy machine.
    pub lost_frames: u64,
    /// Why the recording ended before it was stopped.
    pub interrupted: Option<String>,
}

/// The state of the recorder.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RecorderState {
    /// Whether the microphone is open for a recording. A recording that has ended by itself still waits to be stopped.
    pub recording: bool,
    /// Whether the microphone is open only to show its level.
    pub listening: bool,
    /// The length of the recording, in seconds.
    pub secs: f64,
    /// The peak of the last moments, 0 to 1.
    pub level: f32,
    /// The highest recent level, 0 to 1.
    pub peak: f32,
    /// Whether a recent sample was at full scale.
    pub clipped: bool,
    pub device: Option<String>,
    /// Why the last start failed, or why the microphone was lost.
    pub problem: Option<String>,
    pub lost_frames: u64,
}

/// Records from a microphone, one recording at a time. Dropping it ends the recording, whose file stays.
pub struct Recorder {
    backend: Arc<dyn Backend>,
    state: Arc<Mutex<RecorderState>>,
    running: Mutex<Option<Running>>,
}

struct Running {
    keeps: bool,
    stop: Sender<()>,
    thread: JoinHandle<Option<Recording>>,
}

/// The task of the recorder's thread.
struct Task {
    chosen: Option<DeviceName>,
    stop_when: StopWhen,
    stopped: Receiver<()>,
    notify: Notify,
}

impl Recorder {
    pub fn new(backend: Arc<dyn Backend>) -> Self {
        Recorder { backend, state: Arc::default(), running: Mutex::new(None) }
    }

    /// Opens the microphone (`None`: the default one) and records into the file that `make_file` makes. Returns when
    /// both are open. `notify` is called about 20 times a second during the recording, and when the recording ends by
    /// itself.
    pub fn start(
        &self,
        chosen: Option<&DeviceName>,
        stop_when: StopWhen,
        make_file: MakeFile,
        notify: Notify,
    ) -> Result<(), DeviceError> {
        let mut running = self.running.lock();
        match running.take() {
            Some(recording) if recording.keeps => {
                *running = Some(recording);
                return Err(DeviceError::AlreadyRecording);
            }
            Some(listening) => drop(listening.end()),
            None => {}
        }
        *running = Some(self.run(chosen, stop_when, Some(make_file), notify)?);
        Ok(())
    }

    /// Opens the microphone to show its level without a recording. A running recording already shows it.
    pub fn listen(&self, chosen: Option<&DeviceName>, notify: Notify) -> Result<(), DeviceError> {
        let mut running = self.running.lock();
        match running.take() {
            Some(recording) if recording.keeps => *running = Some(recording),
            earlier => {
                drop(earlier.map(Running::end));
                *running = Some(self.run(chosen, StopWhen::default(), None, notify)?);
            }
        }
        Ok(())
    }

    /// Closes the microphone if it is open only to show its level.
    pub fn stop_listening(&self) {
        let mut running = self.running.lock();
        if let Some(listening) = running.take_if(|running| !running.keeps) {
            drop(listening.end());
            *self.state.lock() = RecorderState::default();
        }
    }

    fn run(
        &self,
        chosen: Option<&DeviceName>,
        stop_when: StopWhen,
        make_file: Option<MakeFile>,
        notify: Notify,
    ) -> Result<Running, DeviceError> {
        let keeps = make_file.is_some();
        *self.state.lock() = RecorderState::default();
        let (backend, state) = (Arc::clone(&self.backend), Arc::clone(&self.state));
        let (stop, stopped) = bounded(1);
        let (opened_sender, opened) = bounded(1);
        let task = Task { chosen: chosen.cloned(), stop_when, stopped, notify };
        let thread = thread::Builder::new()
            .name("recorder".into())
            .spawn(move || record(&*backend, &state, &task, make_file, &opened_sender))
            .map_err(|error| DeviceError::NoThread(error.to_string()))?;
        match opened.recv() {
            Ok(Ok(())) => Ok(Running { keeps, stop, thread }),
            Ok(Err(error)) => {
                self.state.lock().problem = Some(error.to_string());
                Err(error)
            }
            Err(_) => Err(DeviceError::NoThread("it ended at once".into())),
        }
    }

    /// Ends the recording and returns it, even if it has already ended by itself.
    pub fn stop(&self) -> Result<Recording, DeviceError> {
        let recording = self.running.lock().take_if(|running| running.keeps);
        recording.ok_or(DeviceError::NotRecording)?.end()?.ok_or(DeviceError::NotRecording)
    }

    pub fn state(&self) -> RecorderState {
        self.state.lock().clone()
    }

    /// A function that returns the state without keeping the recorder alive. The recorder's own thread needs one, for
    /// example.
    pub fn observer(&self) -> impl Fn() -> RecorderState + Send + Sync + use<> {
        let state = Arc::clone(&self.state);
        move || state.lock().clone()
    }
}

impl Running {
    /// Ends the thread. Returns the recording, or `None` if only the level was shown.
    fn end(self) -> Result<Option<Recording>, DeviceError> {
        // Dropping the sender tells the thread to end.
        drop(self.stop);
        self.thread.join().map_err(|_| DeviceError::NoThread("it failed".into()))
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        // Callers that need the recording have stopped it before.
        drop(self.running.lock().take().map(Running::end));
    }
}

/// The recorder's thread, from opening the microphone to the end of the recording.
fn record(
    backend: &dyn Backend,
    state: &Mutex<RecorderState>,
    task: &Task,
    make_file: Option<MakeFile>,
    opened: &Sender<Result<(), DeviceError>>,
) -> Option<Recording> {
    let both = Microphone::open(backend, task.chosen.as_ref()).and_then(|microphone| {
        let keeping = make_file.map(|make_file| keep(make_file, microphone.format)).transpose()?;
        Ok((microphone, keeping))
    });
    let (mut microphone, keeping) = match both {
        Ok(both) => both,
        Err(error) => {
            // Sending fails only if the thread that started the recorder is gone.
            drop(opened.send(Err(error)));
            return None;
        }
    };
    *state.lock() = RecorderState {
        recording: keeping.is_some(),
        listening: keeping.is_none(),
        device: Some(microphone.name.clone()),
        ..RecorderState::default()
    };
    drop(opened.send(Ok(())));

    let mut ear = Ear::new(microphone.format, task.stop_when, keeping);
    let mut told = Instant::now();
    let mut interrupted = None;
    loop {
        let stop = !matches!(task.stopped.recv_timeout(TICK), Err(RecvTimeoutError::Timeout));
        ear.hear(&mut microphone, state);
        if stop || ear.has_enough() {
            break;
        }
        interrupted = microphone.verdict().or_else(|| ear.keeping.as_ref().and_then(Keeping::failure));
        if interrupted.is_some() {
            break;
        }
        if told.elapsed() >= NOTIFY_EVERY {
            told = Instant::now();
            (task.notify)();
        }
    }

    // The microphone is closed first, so that the last sound is in the ring buffer.
    microphone.close();
    ear.hear(&mut microphone, state);
    let lost_frames = ear.lost_frames + microphone.lost_frames();
    let recording = ear.finish(lost_frames, interrupted);
    {
        let mut state = state.lock();
        (state.recording, state.listening) = (false, false);
        (state.level, state.peak) = (0.0, 0.0);
        state.problem = recording.as_ref().and_then(|recording| recording.interrupted.clone());
    }
    (task.notify)();
    recording
}

/// Begins to write the sound of a microphone with this format.
fn keep(make_file: MakeFile, format: Format) -> Result<Keeping, DeviceError> {
    let wav = make_file(format).map_err(|cause| DeviceError::NotKept(cause.to_string()))?;
    Keeping::start(wav, format.channels.max(1), format.rate).map_err(|cause| DeviceError::NoThread(cause.to_string()))
}

/// Processes the sound of a microphone.
struct Ear {
    format: Format,
    meter: Meter,
    ending: Option<EndDetector>,
    /// `None` if only the level is shown.
    keeping: Option<Keeping>,
    /// The frames of the recording so far, and the number of frames at which it ends.
    frames: u64,
    enough_frames: Option<u64>,
    /// The number of frames that were dropped because too many waited for the disk.
    lost_frames: u64,
    /// The samples since the last call.
    block: Vec<f32>,
}

impl Ear {
    fn new(format: Format, stop_when: StopWhen, keeping: Option<Keeping>) -> Self {
        let format = Format { channels: format.channels.max(1), ..format };
        Self {
            format,
            meter: Meter::new(),
            ending: stop_when.quiet.then(|| EndDetector::new(format.rate, format.channels)),
            keeping,
            frames: 0,
            enough_frames: stop_when.after_secs.map(|secs| (secs * f64::from(format.rate)).round() as u64),
            lost_frames: 0,
            block: Vec::new(),
        }
    }

    /// Takes the new sound and shows its level. Sound beyond the set length is left out.
    fn hear(&mut self, microphone: &mut Microphone, state: &Mutex<RecorderState>) {
        self.block.clear();
        microphone.drain(&mut self.block);
        let channels = self.format.channels;
        if let Some(enough) = self.enough_frames {
            let left = usize::try_from(enough.saturating_sub(self.frames)).unwrap_or(usize::MAX);
            self.block.truncate(left.saturating_mul(channels));
        }
        let frames = self.block.len() / channels;
        self.meter.push(&self.block, frames as f32 / self.format.rate.max(1) as f32);
        if let Some(keeping) = self.keeping.as_ref().filter(|_| frames > 0) {
            match keeping.push(&self.block) {
                true => self.frames += frames as u64,
                false => self.lost_frames += frames as u64,
            }
        }
        if let Some(ending) = &mut self.ending {
            ending.push(&self.block);
        }
        let mut state = state.lock();
        state.secs = self.frames as f64 / f64::from(self.format.rate.max(1));
        (state.level, state.peak, state.clipped) = (self.meter.level, self.meter.peak, self.meter.clipped());
        state.lost_frames = self.lost_frames + microphone.lost_frames();
    }

    /// Whether the recording ends by itself now.
    fn has_enough(&self) -> bool {
        self.enough_frames.is_some_and(|enough| self.frames >= enough)
            || self.ending.as_ref().is_some_and(EndDetector::has_ended)
    }

    /// Waits until the recording is on the disk.
    fn finish(self, lost_frames: u64, interrupted: Option<String>) -> Option<Recording> {
        let Kept { path, frames, heard, peak, failure } = self.keeping?.finish()?;
        Some(Recording {
            path,
            frames,
            rate: self.format.rate,
            channels: self.format.channels,
            heard,
            peak,
            lost_frames,
            interrupted: interrupted.or(failure),
        })
    }
}

#[cfg(test)]
mod tests;
