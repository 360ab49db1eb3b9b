//! The player: plays stretches of files from the files themselves, one at a time.
//!
//! Its thread opens files, decodes ahead into a ring, and owns the device's stream; whoever calls the player only sends it
//! orders and reads its state.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded, unbounded};
use rtrb::{Producer, RingBuffer};

use super::clip_reader::{ClipReader, Converter};
use super::voice::{Cue, Mixer, MixerHandle, Progress, Voice};
use super::{Backend, DeviceError, FaultLog, Format, Notify, Stream};
use crate::audio::AudioError;

/// How far the file is decoded ahead of what is heard.
const RING_SECS: f64 = 0.25;
/// How often the ring is filled and the state brought up to date.
const TICK: Duration = Duration::from_millis(10);
const NOTIFY_EVERY: Duration = Duration::from_millis(50);
/// The device is kept open for so long after a sound, so that the next one starts at once.
const LINGER: Duration = Duration::from_secs(5);
/// How long a sound may take to fade before its device is closed.
const FADE_PATIENCE: Duration = Duration::from_millis(100);

/// A stretch of a file to be played, in seconds from the file's start.
#[derive(Clone, Debug, PartialEq)]
pub struct Clip {
    pub path: PathBuf,
    pub from_secs: f64,
    /// `None` plays to the file's end.
    pub to_secs: Option<f64>,
}

/// How the player is doing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PlayerState {
    pub playing: bool,
    pub looping: bool,
    pub volume: f32,
    /// The stretch that plays or played last, and where in it the sound is, in seconds from the file's start.
    pub path: Option<PathBuf>,
    pub from_secs: f64,
    pub to_secs: f64,
    pub position_secs: f64,
    /// The output device in use.
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
    #[error("something else was played before it was heard")]
    Replaced,
}

/// What came of an order to play: `Ok` as soon as its first frame was handed to the device.
pub type Played = Result<(), PlayError>;

pub struct Player {
    orders: Sender<Order>,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    state: Mutex<PlayerState>,
    /// Bits of an f32; the device's thread reads it.
    volume: Arc<AtomicU32>,
}

enum Order {
    Play(Clip, Sender<Played>),
    Stop,
    Seek(f64),
    Loop(bool),
    Quit,
}

impl Player {
    /// `notify` is called when playing starts or ends, and about 20 times a second in between.
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

    /// Cuts over to this stretch. Returns at once; what came of it arrives in the channel, which nobody needs to read.
    pub fn play(&self, clip: Clip) -> Receiver<Played> {
        let (reply, played) = bounded(1);
        self.order(Order::Play(clip, reply));
        played
    }

    pub fn stop(&self) {
        self.order(Order::Stop);
    }

    /// Goes on from `secs` from the file's start, within the stretch that plays or played last.
    pub fn seek(&self, secs: f64) {
        self.order(Order::Seek(secs));
    }

    /// Plays the stretch again and again, from its next end on.
    pub fn set_looping(&self, looping: bool) {
        self.order(Order::Loop(looping));
    }

    /// 0 is silence, 1 leaves samples as they are; nothing is made louder than it is.
    pub fn set_volume(&self, volume: f32) {
        let volume = if volume.is_nan() { 1.0 } else { volume.clamp(0.0, 1.0) };
        self.shared.volume.store(volume.to_bits(), Ordering::Relaxed);
        self.shared.state().volume = volume;
    }

    pub fn state(&self) -> PlayerState {
        self.shared.state().clone()
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
            // A player that failed has said so in its state.
            drop(thread.join());
        }
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, PlayerState> {
        // Nothing that holds this lock can panic and leave it half-written.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The player's thread.
struct Feeder {
    backend: Arc<dyn Backend>,
    shared: Arc<Shared>,
    notify: Notify,
    orders: Receiver<Order>,
    output: Option<Output>,
    track: Option<Track>,
    looping: bool,
    told: Instant,
    idle_since: Instant,
}

/// An open device.
struct Output {
    /// Dropped before the rest.
    _stream: Box<dyn Stream>,
    /// What the file had that it was opened for, and what it was opened with.
    asked: Format,
    format: Format,
    mixer: MixerHandle,
    faults: FaultLog,
}

/// What plays or played last.
struct Track {
    clip: Clip,
    reader: ClipReader,
    converter: Converter,
    /// Of the device.
    format: Format,
    ring: Producer<f32>,
    progress: Arc<Progress>,
    /// Converted samples that did not fit into the ring yet, from `sent` on.
    ready: Vec<f32>,
    sent: usize,
    /// Whether the file has been read to the stretch's end.
    drained: bool,
    /// Frames put into the ring.
    fed_frames: u64,
    /// Where in the ring's stream reading began, in frames of the device, and from where in the file, in seconds.
    starts: VecDeque<(u64, f64)>,
    reply: Option<Sender<Played>>,
}

impl Feeder {
    fn new(backend: Arc<dyn Backend>, shared: Arc<Shared>, notify: Notify, orders: Receiver<Order>) -> Self {
        Feeder {
            backend,
            shared,
            notify,
            orders,
            output: None,
            track: None,
            looping: false,
            told: Instant::now(),
            idle_since: Instant::now(),
        }
    }

    fn run(mut self) {
        loop {
            let order = if self.is_playing() {
                self.orders.recv_timeout(TICK)
            } else if self.output.is_some() {
                self.orders.recv_timeout(LINGER)
            } else {
                self.orders.recv().map_err(|_| RecvTimeoutError::Disconnected)
            };
            match order {
                Ok(Order::Quit) | Err(RecvTimeoutError::Disconnected) => return self.fade_out(),
                Ok(order) => self.obey(order),
                Err(RecvTimeoutError::Timeout) => {}
            }
            self.tick();
        }
    }

    fn obey(&mut self, order: Order) {
        match order {
            Order::Play(clip, reply) => {
                self.replace_reply();
                match self.open(clip.clone()) {
                    Ok(mut track) => {
                        track.reply = Some(reply);
                        self.start(track);
                    }
                    Err(error) => {
                        self.cue(Cue::Stop);
                        self.track = None;
                        {
                            let mut state = self.shared.state();
                            (state.from_secs, state.position_secs) = (clip.from_secs, clip.from_secs);
                            state.to_secs = clip.to_secs.unwrap_or(clip.from_secs);
                            state.path = Some(clip.path);
                            state.problem = Some(error.to_string());
                        }
                        self.set_playing(false);
                        // Nobody needs to wait for it.
                        drop(reply.send(Err(error)));
                    }
                }
            }
            Order::Stop => {
                self.cue(Cue::Stop);
                self.replace_reply();
                self.show_position();
                if let Some(track) = &mut self.track {
                    track.drained = true;
                    track.progress.over.store(true, Ordering::Release);
                }
                self.set_playing(false);
            }
            Order::Seek(secs) => {
                if let Some(track) = self.track.take() {
                    let reply = track.reply.clone();
                    match self.reopen(track, secs) {
                        Ok(mut track) => {
                            track.reply = reply;
                            self.start(track);
                        }
                        Err(error) => {
                            self.cue(Cue::Stop);
                            self.shared.state().problem = Some(error.to_string());
                            self.set_playing(false);
                        }
                    }
                }
            }
            Order::Loop(looping) => {
                self.looping = looping;
                self.shared.state().looping = looping;
            }
            Order::Quit => {}
        }
    }

    fn open(&mut self, clip: Clip) -> Result<Track, PlayError> {
        let reader = ClipReader::open(&clip.path, clip.from_secs, clip.to_secs)?;
        self.track_from(clip, reader)
    }

    fn reopen(&mut self, track: Track, secs: f64) -> Result<Track, PlayError> {
        let Track { clip, mut reader, .. } = track;
        reader.seek(secs)?;
        self.track_from(clip, reader)
    }

    fn track_from(&mut self, clip: Clip, reader: ClipReader) -> Result<Track, PlayError> {
        let format = self.output_for(reader.native())?;
        let converter = Converter::new(reader.native(), format).map_err(|cause| cause.at(&clip.path))?;
        // The ring's other end travels to the device with the voice, once there is something to hear.
        let (ring, _) = RingBuffer::new(1);
        let starts = VecDeque::from([(0, reader.at_secs())]);
        let progress = Arc::default();
        let (ready, sent, fed_frames) = (Vec::new(), 0, 0);
        Ok(Track {
            clip,
            reader,
            converter,
            format,
            ring,
            progress,
            ready,
            sent,
            drained: false,
            fed_frames,
            starts,
            reply: None,
        })
    }

    /// Cuts over to a track, its ring filled.
    fn start(&mut self, mut track: Track) {
        let capacity = ((RING_SECS * f64::from(track.format.rate)) as usize).max(1) * track.format.channels;
        let (ring, samples) = RingBuffer::new(capacity);
        track.ring = ring;
        let voice = Voice { samples, progress: Arc::clone(&track.progress) };
        let fed = track.feed(self.looping);
        let (path, from_secs) = (track.clip.path.clone(), track.clip.from_secs);
        self.track = Some(track);
        if !self.cue(Cue::Start(voice)) {
            return;
        }
        // Shown once it is so: whoever sees this path can rely on hearing it next.
        {
            let mut state = self.shared.state();
            (state.path, state.from_secs, state.problem) = (Some(path), from_secs, None);
        }
        self.show_position();
        self.set_playing(true);
        self.report_reading(fed);
    }

    /// The device's format for a file, with the device open.
    fn output_for(&mut self, native: Format) -> Result<Format, DeviceError> {
        if let Some(output) = &self.output
            && (output.asked == native || output.format == native)
        {
            return Ok(output.format);
        }
        self.fade_out();
        self.output = None;
        let device = self.backend.default_output()?;
        let own = device.default_format()?;
        let mut tries = Vec::from([own]);
        if native != own && device.supports(native) {
            tries.insert(0, native);
        }
        let mut refused = DeviceError::NoOutput("it has no format".into());
        for format in tries {
            let (mixer, handle) = Mixer::new(format, Arc::clone(&self.shared.volume));
            let (handler, faults) = FaultLog::new();
            match device.open(format, Box::new(mixer), handler) {
                Ok(stream) => {
                    self.shared.state().device = Some(device.name());
                    self.output = Some(Output { _stream: stream, asked: native, format, mixer: handle, faults });
                    return Ok(format);
                }
                Err(error) => refused = error,
            }
        }
        Err(refused)
    }

    /// Stops what sounds and waits for its fade, so that closing the device does not click.
    fn fade_out(&mut self) {
        if !self.is_playing() {
            return;
        }
        self.cue(Cue::Stop);
        let Some(track) = &self.track else { return };
        let since = Instant::now();
        while !track.progress.over.load(Ordering::Acquire) && since.elapsed() < FADE_PATIENCE {
            thread::park_timeout(Duration::from_millis(1));
        }
    }

    /// Tells the device's end. A device that has left dozens of cues lying does not work any more.
    fn cue(&mut self, cue: Cue) -> bool {
        let Some(output) = &mut self.output else { return false };
        let taken = output.mixer.cues.push(cue).is_ok();
        if !taken {
            self.lose("it stopped answering".into());
        }
        taken
    }

    fn tick(&mut self) {
        if let Some(output) = &mut self.output {
            while output.mixer.retired.pop().is_ok() {}
            if let Some(reason) = output.faults.verdict(output.mixer.calls.load(Ordering::Relaxed)) {
                self.lose(reason);
            }
        }
        if self.is_playing() {
            let looping = self.looping;
            let fed = self.track.as_mut().map_or(Ok(()), |track| track.feed(looping));
            self.report_reading(fed);
            if self.is_heard() {
                self.finish_reply(Ok(()));
            }
            self.show_position();
            if self.track.as_ref().is_none_or(|track| track.progress.over.load(Ordering::Acquire)) {
                // A stretch without a single frame is over before it was heard.
                self.finish_reply(Ok(()));
                self.set_playing(false);
            } else if self.told.elapsed() >= NOTIFY_EVERY {
                self.told = Instant::now();
                (self.notify)();
            }
        } else if self.output.is_some() && self.idle_since.elapsed() >= LINGER {
            self.output = None;
        }
    }

    /// The device is gone.
    fn lose(&mut self, reason: String) {
        self.output = None;
        let device = self.shared.state().device.take().unwrap_or_else(|| "the sound output".into());
        let message = format!("{device}: {reason}");
        self.shared.state().problem = Some(message.clone());
        self.finish_reply(Err(PlayError::Interrupted(message)));
        self.show_position();
        if self.is_playing() {
            self.set_playing(false);
        }
    }

    /// A file that cannot be read on plays as far as it was read.
    fn report_reading(&mut self, fed: Result<(), AudioError>) {
        if let Err(error) = fed {
            self.shared.state().problem = Some(error.to_string());
            self.finish_reply(Err(error.into()));
        }
    }

    fn is_heard(&self) -> bool {
        self.track.as_ref().is_some_and(|track| track.progress.played.load(Ordering::Acquire) > 0)
    }

    /// Something else comes now; what was ordered before was heard, or not.
    fn replace_reply(&mut self) {
        let played = if self.is_heard() { Ok(()) } else { Err(PlayError::Replaced) };
        self.finish_reply(played);
    }

    fn finish_reply(&mut self, played: Played) {
        if let Some(reply) = self.track.as_mut().and_then(|track| track.reply.take()) {
            // Nobody needs to wait for it.
            drop(reply.send(played));
        }
    }

    fn show_position(&mut self) {
        if let Some(track) = &mut self.track {
            let (position, end) = (track.position_secs(), track.end_secs());
            let mut state = self.shared.state();
            (state.position_secs, state.to_secs) = (position.min(end), end);
        }
    }

    fn is_playing(&self) -> bool {
        self.shared.state().playing
    }

    fn set_playing(&mut self, playing: bool) {
        self.shared.state().playing = playing;
        self.idle_since = Instant::now();
        self.told = Instant::now();
        (self.notify)();
    }
}

impl Track {
    /// Fills the ring from the file. An error ends the sound after what was read before it.
    fn feed(&mut self, looping: bool) -> Result<(), AudioError> {
        let fed = self.feed_until_full(looping);
        if fed.is_err() {
            self.drained = true;
        }
        if self.drained && self.sent == self.ready.len() {
            self.progress.fed.store(true, Ordering::Release);
        }
        fed
    }

    fn feed_until_full(&mut self, looping: bool) -> Result<(), AudioError> {
        let channels = self.format.channels;
        loop {
            let room = self.ring.slots() / channels * channels;
            let count = room.min(self.ready.len() - self.sent);
            let (pushed, _) = self.ring.push_partial_slice(&self.ready[self.sent..self.sent + count]);
            debug_assert_eq!(pushed.len(), count, "no more is pushed than there is room for");
            self.sent += count;
            self.fed_frames += (count / channels) as u64;
            if self.sent < self.ready.len() || self.ring.slots() < channels {
                return Ok(());
            }
            self.ready.clear();
            self.sent = 0;
            if self.drained {
                // Looping may have been asked for after the end was read, and before it was heard.
                if !looping || self.fed_frames == 0 || self.progress.fed.load(Ordering::Acquire) {
                    return Ok(());
                }
                self.reader.seek(self.clip.from_secs)?;
                self.starts.push_back((self.fed_frames, self.reader.at_secs()));
                self.drained = false;
            }
            let path = &self.clip.path;
            let block = self.reader.next_block()?;
            self.drained = block.is_none();
            self.converter.push(block, &mut self.ready).map_err(|cause| cause.at(path))?;
        }
    }

    /// Where the sound is, in seconds from the file's start.
    fn position_secs(&mut self) -> f64 {
        let played = self.progress.played.load(Ordering::Acquire);
        while self.starts.get(1).is_some_and(|(frame, _)| *frame <= played) {
            self.starts.pop_front();
        }
        self.starts.front().map_or(self.clip.from_secs, |(frame, secs)| {
            secs + played.saturating_sub(*frame) as f64 / f64::from(self.format.rate)
        })
    }

    /// Where the stretch ends; as far as was read where the file does not tell.
    fn end_secs(&self) -> f64 {
        self.reader.end_secs().unwrap_or_else(|| self.reader.at_secs())
    }
}

#[cfg(test)]
mod tests;
