//! The player plays stretches of files, one at a time, from the files themselves.
//!
//! The player's thread opens files, decodes ahead into a ring buffer, and owns the device's stream. Callers only send
//! orders to that thread and read its state.

mod feeder;
mod track;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, bounded, unbounded};
use parking_lot::{Mutex, MutexGuard};

use self::feeder::Feeder;
use super::{Backend, DeviceError, DeviceName, Notify};
use crate::audio::AudioError;

/// A stretch of a file to be played, in seconds from the file's start.
#[derive(Clone, Debug, PartialEq)]
pub struct Clip {
    pub path: PathBuf,
    pub from_secs: f64,
    /// `None` plays to the file's end.
    pub to_secs: Option<f64>,
}

/// The state of the player.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PlayerState {
    pub playing: bool,
    pub looping: bool,
    pub volume: f32,
    /// The stretch that plays or played last, and the current position, in seconds from the file's start.
    pub path: Option<PathBuf>,
    pub from_secs: f64,
    pub to_secs: f64,
    pub position_secs: f64,
    /// The time from the order to play until the device got the first frame. `None`: not yet.
    pub waited: Option<Duration>,
    /// The output device that is used.
    pub device: Option<String>,
    /// Why there is no sound.
    pub problem: Option<String>,
}

#[derive(Debug, thiserror::Error)]
pub enum PlayError {
    #[error(transparent)]
    File(#[from] AudioError),
    #[error(transparent)]
    Device(#[from] DeviceError),
    #[error("the sound stopped: {0}")]
    Interrupted(String),
    #[error("another sound was played instead")]
    Replaced,
}

/// The result of an order to play. `Ok` as soon as the device got the first frame.
pub type Played = Result<(), PlayError>;

pub struct Player {
    orders: Sender<Order>,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    state: Mutex<PlayerState>,
    /// The bits of an f32. The device's thread reads them.
    volume: Arc<AtomicU32>,
}

enum Order {
    /// With the time of the order.
    Play(Clip, Instant, Sender<Played>),
    Stop,
    Seek(f64),
    Loop(bool),
    Level(bool),
    Output(Option<DeviceName>),
    Quit,
}

impl Player {
    /// `notify` is called when playing starts or ends, and about 20 times a second while it plays.
    pub fn new(backend: Arc<dyn Backend>, notify: Notify) -> Result<Self, DeviceError> {
        let shared = Arc::new(Shared {
            state: Mutex::new(PlayerState { volume: 1.0, ..PlayerState::default() }),
            volume: Arc::new(AtomicU32::new(1.0f32.to_bits())),
        });
        let (orders, received) = unbounded();
        let for_feeder = Arc::clone(&shared);
        let thread = thread::Builder::new()
            .name("player".into())
            .spawn(move || Feeder::new(backend, for_feeder, notify, received).run())
            .map_err(|error| DeviceError::NoThread(error.to_string()))?;
        Ok(Player { orders, shared, thread: Some(thread) })
    }

    /// Plays this stretch now, instead of what plays. Returns at once. The result arrives in the channel, which need
    /// not be read.
    pub fn play(&self, clip: Clip) -> Receiver<Played> {
        let (reply, played) = bounded(1);
        self.order(Order::Play(clip, Instant::now(), reply));
        played
    }

    pub fn stop(&self) {
        self.order(Order::Stop);
    }

    /// Continues at `secs` from the file's start, within the stretch that plays or played last.
    pub fn seek(&self, secs: f64) {
        self.order(Order::Seek(secs));
    }

    /// Whether the stretch starts again each time it has ended.
    pub fn set_looping(&self, looping: bool) {
        self.order(Order::Loop(looping));
    }

    /// Whether sounds are made equally loud, from the next sound on.
    pub fn set_levelling(&self, on: bool) {
        self.order(Order::Level(on));
    }

    /// Plays on this device from now on (`None`: the default device). What plays continues there.
    pub fn choose_output(&self, chosen: Option<DeviceName>) {
        self.order(Order::Output(chosen));
    }

    /// 0 is silence, 1 leaves samples unchanged. The volume never makes a sound louder.
    pub fn set_volume(&self, volume: f32) {
        let volume = if volume.is_nan() { 1.0 } else { volume.clamp(0.0, 1.0) };
        self.shared.volume.store(volume.to_bits(), Ordering::Relaxed);
        self.shared.state().volume = volume;
    }

    pub fn state(&self) -> PlayerState {
        self.shared.state().clone()
    }

    /// A function that returns the state without keeping the player alive. The player's own thread needs one, for
    /// example.
    pub fn observer(&self) -> impl Fn() -> PlayerState + Send + Sync + use<> {
        let shared = Arc::clone(&self.shared);
        move || shared.state().clone()
    }

    fn order(&self, order: Order) {
        if self.orders.send(order).is_err() {
            self.shared.state().problem = Some("the player failed; start the program again to hear sounds".into());
        }
    }
}

impl Drop for Player {
    fn drop(&mut self) {
        self.order(Order::Quit);
        if let Some(thread) = self.thread.take() {
            // If the player's thread panicked, the state says so.
            drop(thread.join());
        }
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, PlayerState> {
        self.state.lock()
    }
}

#[cfg(test)]
mod tests;
