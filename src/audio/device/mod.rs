//! The sound card: what a backend must offer, a player and a recorder on top of it, and two backends. `sound_card` is
//! the real one and the only place that knows cpal. `mock` has a clock that a test turns.
//!
//! The threads live here and not in the engine, because devices bring their own: a device calls back on a thread that
//! must neither allocate, nor lock, nor wait. That thread meets the rest of the program only in ring buffers and
//! atomics. The player and the recorder each have a thread at the other end of these.

mod clip_reader;
mod levelling;
mod meter;
pub mod mock;
mod player;
mod recorder;
mod sound_card;
mod voice;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

pub use player::{Clip, PlayError, Player, PlayerState};
pub use recorder::{MakeFile, Recorder, RecorderState, Recording, StopWhen};
pub use sound_card::SoundCard;

/// Called by the threads of player and recorder when there is something new to see. It must not block.
pub type Notify = Arc<dyn Fn() + Send + Sync>;

/// The rate and the number of channels. In this folder, samples are always interleaved f32, whatever the device's type
/// of sample is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Format {
    /// In hertz.
    pub rate: u32,
    pub channels: usize,
}

/// A device that a person can choose and that settings remember.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceName {
    /// Identifies the device, even after a restart of the program.
    pub id: String,
    /// The name for people.
    pub name: String,
}

/// The devices that are connected.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeviceList {
    pub devices: Vec<DeviceName>,
    /// The device that is used if none is chosen.
    pub default: Option<DeviceName>,
}

/// Where devices come from. The list is made anew for each call, so newly connected devices are found.
pub trait Backend: Send + Sync {
    /// Can take a while: some systems open every device to find out what it is.
    fn outputs(&self) -> DeviceList;
    fn inputs(&self) -> DeviceList;
    /// The chosen device, or the default one.
    fn output(&self, chosen: Option<&DeviceName>) -> Result<Box<dyn OutputDevice>, DeviceError>;
    fn input(&self, chosen: Option<&DeviceName>) -> Result<Box<dyn InputDevice>, DeviceError>;
}

pub trait OutputDevice {
    fn name(&self) -> String;
    fn default_format(&self) -> Result<Format, DeviceError>;
    fn supports(&self, format: Format) -> bool;
    /// Plays the output of `render`, until the stream is dropped.
    fn open(
        &self,
        format: Format,
        render: Box<dyn Render>,
        faults: FaultHandler,
    ) -> Result<Box<dyn Stream>, DeviceError>;
}

pub trait InputDevice {
    fn name(&self) -> String;
    fn default_format(&self) -> Result<Format, DeviceError>;
    /// Passes the device's input to `capture`, until the stream is dropped.
    fn open(
        &self,
        format: Format,
        capture: Box<dyn Capture>,
        faults: FaultHandler,
    ) -> Result<Box<dyn Stream>, DeviceError>;
}

/// A running device. Dropping the stream stops it. A stream is not `Send`: the thread that opened it must drop it.
pub trait Stream {}

/// Called on a device's thread. Must neither allocate, nor lock, nor wait.
pub trait Render: Send {
    /// Fills `out` with whole frames. Returns how many of them are sound. The rest is silence, because the sound did
    /// not arrive in time.
    fn render(&mut self, out: &mut [f32]) -> usize;
}

/// Called on a device's thread. Must neither allocate, nor lock, nor wait.
pub trait Capture: Send {
    /// Takes whole frames.
    fn capture(&mut self, samples: &[f32]);
}

/// Runs a device's callback. In the tests of this crate it panics if the callback allocates or frees memory. Allocating
/// can wait for another thread, and the sound would stop meanwhile.
fn in_callback<T>(callback: impl FnOnce() -> T) -> T {
    #[cfg(not(test))]
    return callback();
    #[cfg(test)]
    {
        let before = assert_no_alloc::violation_count();
        let result = assert_no_alloc::assert_no_alloc(callback);
        assert_eq!(assert_no_alloc::violation_count(), before, "the callback allocated or freed memory");
        result
    }
}

/// What a device reports while it runs.
#[derive(Clone, Debug, PartialEq)]
pub enum Fault {
    /// The device is gone. Its stream will not work again.
    Lost(String),
    /// Anything else. Some drivers report thousands of these while the sound is fine.
    Hiccup(String),
}

pub type FaultHandler = Box<dyn FnMut(Fault) + Send>;

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DeviceError {
    #[error("there is no sound output ({0}); connect one and try again")]
    NoOutput(String),
    #[error("there is no microphone ({0}); connect one and try again")]
    NoInput(String),
    #[error("{0} is not connected; connect it, or choose another device")]
    NotConnected(String),
    #[error("{device} could not be opened: {reason}")]
    Refused { device: String, reason: String },
    #[error("a recording is already running")]
    AlreadyRecording,
    #[error("no recording is running")]
    NotRecording,
    /// Why the recording's file could not be made.
    #[error("nothing can be recorded: {0}")]
    NotKept(String),
    #[error("no thread for sound could be started: {0}")]
    NoThread(String),
}

/// Keeps a stream's faults for the thread that owns it.
struct FaultLog {
    lost: crossbeam_channel::Receiver<String>,
    hiccups: Arc<AtomicU64>,
    last_hiccup: crossbeam_channel::Receiver<String>,
    /// The stream's count of calls when it last changed, the time of that change, and the number of hiccups at that
    /// time.
    alive: (u64, Instant, u64),
}

/// A stream that reports faults and has not called back for this long is gone, although it does not say so.
const DEAD_AFTER: Duration = Duration::from_secs(2);

impl FaultLog {
    fn new() -> (FaultHandler, FaultLog) {
        let (lost_sender, lost) = crossbeam_channel::bounded(1);
        let (hiccup_sender, last_hiccup) = crossbeam_channel::bounded(1);
        let hiccups = Arc::new(AtomicU64::new(0));
        let counter = Arc::clone(&hiccups);
        // If the channel is full, it holds an earlier message, and the first message matters.
        let handler: FaultHandler = Box::new(move |fault| match fault {
            Fault::Lost(message) => drop(lost_sender.try_send(message)),
            Fault::Hiccup(message) => {
                counter.fetch_add(1, Ordering::Relaxed);
                drop(hiccup_sender.try_send(message));
            }
        });
        (handler, FaultLog { lost, hiccups, last_hiccup, alive: (0, Instant::now(), 0) })
    }

    /// Why the stream is gone. `None`: it works. `calls` is the number of its calls so far.
    fn verdict(&mut self, calls: u64) -> Option<String> {
        if let Ok(message) = self.lost.try_recv() {
            return Some(message);
        }
        let hiccups = self.hiccups.load(Ordering::Relaxed);
        let (last_calls, since, hiccups_then) = self.alive;
        if calls != last_calls || hiccups == hiccups_then {
            self.alive = (calls, if calls == last_calls { since } else { Instant::now() }, hiccups);
            return None;
        }
        if since.elapsed() < DEAD_AFTER {
            return None;
        }
        Some(self.last_hiccup.try_recv().unwrap_or_else(|_| "it stopped answering".into()))
    }
}
