//! The sound card: what a backend must offer, a player and a recorder built on that, and the two backends: `sound_card`,
//! the only place that knows cpal, and `mock`, whose clock is turned by hand.
//!
//! Threads live here and not in the engine, because devices bring them along: a device calls back on a thread of its own,
//! which must neither allocate nor lock nor wait. So that thread meets the rest of the program only in ring buffers and
//! atomics, and the player and the recorder each have a thread at the other end of them.

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
pub use recorder::{Recorder, RecorderState, Recording, StopWhen};
pub use sound_card::SoundCard;

/// Told from the device threads' other ends that there is something new to see; must not block.
pub type Notify = Arc<dyn Fn() + Send + Sync>;

/// Frames a second and samples a frame. Samples are always interleaved f32 here, whatever the device takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Format {
    /// Hertz.
    pub rate: u32,
    pub channels: usize,
}

/// A device, to be chosen and remembered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceName {
    /// What tells it from others, on later starts of the program, too.
    pub id: String,
    /// What a person knows it by.
    pub name: String,
}

/// The devices that are connected.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeviceList {
    pub devices: Vec<DeviceName>,
    /// The one that is used where none is chosen.
    pub default: Option<DeviceName>,
}

/// Where devices come from. Asked anew each time, so that a device that was connected meanwhile is found.
pub trait Backend: Send + Sync {
    /// May take a while: some systems open every device to tell what it is.
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
    /// Plays what `render` renders until the stream is dropped.
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
    /// Hands what it hears to `capture` until the stream is dropped.
    fn open(
        &self,
        format: Format,
        capture: Box<dyn Capture>,
        faults: FaultHandler,
    ) -> Result<Box<dyn Stream>, DeviceError>;
}

/// A device at work; dropping it ends that. Not `Send`: it is dropped on the thread that opened it.
pub trait Stream {}

/// Called on a device's thread: neither allocates nor locks nor waits.
pub trait Render: Send {
    /// Fills `out` with whole frames. Returns how many of them are what they should be; the rest is silence because the
    /// sound did not arrive in time.
    fn render(&mut self, out: &mut [f32]) -> usize;
}

/// Called on a device's thread: neither allocates nor locks nor waits.
pub trait Capture: Send {
    /// Takes whole frames.
    fn capture(&mut self, samples: &[f32]);
}

/// What a device reports while it works.
#[derive(Clone, Debug, PartialEq)]
pub enum Fault {
    /// The device is gone; its stream will not work again.
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
    #[error("a recording is running already")]
    AlreadyRecording,
    #[error("no recording is running")]
    NotRecording,
    #[error("a thread for sound could not be started: {0}")]
    NoThread(String),
}

/// Keeps a stream's faults for the thread that owns it.
struct FaultLog {
    lost: crossbeam_channel::Receiver<String>,
    hiccups: Arc<AtomicU64>,
    last_hiccup: crossbeam_channel::Receiver<String>,
    /// The stream's count of calls when it last changed, when that was, and the hiccups then.
    alive: (u64, Instant, u64),
}

/// A stream that reports faults and does not call back for this long is gone, though it does not say so.
const DEAD_AFTER: Duration = Duration::from_secs(2);

impl FaultLog {
    fn new() -> (FaultHandler, FaultLog) {
        let (lost_sender, lost) = crossbeam_channel::bounded(1);
        let (hiccup_sender, last_hiccup) = crossbeam_channel::bounded(1);
        let hiccups = Arc::new(AtomicU64::new(0));
        let counter = Arc::clone(&hiccups);
        // A full channel holds an earlier message, and the first one is the one that counts.
        let handler: FaultHandler = Box::new(move |fault| match fault {
            Fault::Lost(message) => drop(lost_sender.try_send(message)),
            Fault::Hiccup(message) => {
                counter.fetch_add(1, Ordering::Relaxed);
                drop(hiccup_sender.try_send(message));
            }
        });
        (handler, FaultLog { lost, hiccups, last_hiccup, alive: (0, Instant::now(), 0) })
    }

    /// Why the stream is gone, if it is. `calls` is how often it has called back so far.
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
