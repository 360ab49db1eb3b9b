//! The player's thread: obeys orders, keeps the device open and the ring buffer full, and publishes the state.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError};

use super::super::clip_reader::ClipReader;
use super::super::voice::{Cue, Mixer, MixerHandle};
use super::super::{Backend, DeviceError, DeviceName, FaultLog, Format, Notify, Stream};
use super::track::Track;
use super::{Clip, Order, PlayError, Played, Shared};
use crate::audio::AudioError;

/// How often the ring buffer is filled and the state updated.
const TICK: Duration = Duration::from_millis(10);
const NOTIFY_EVERY: Duration = Duration::from_millis(50);
/// The device stays open for this long after a sound, so that the next sound starts at once.
const LINGER: Duration = Duration::from_secs(5);
/// The longest time that a fade may take before the device is closed.
const FADE_PATIENCE: Duration = Duration::from_millis(100);

/// The player's thread.
pub(super) struct Feeder {
    backend: Arc<dyn Backend>,
    shared: Arc<Shared>,
    notify: Notify,
    orders: Receiver<Order>,
    output: Option<Output>,
    track: Option<Track>,
    looping: bool,
    levelling: bool,
    /// The output to open. `None`: the default output.
    chosen: Option<DeviceName>,
    told: Instant,
    idle_since: Instant,
}

/// An open device.
struct Output {
    /// Dropped before the other fields.
    _stream: Box<dyn Stream>,
    /// The format of the file for which the device was opened, and the format with which it was opened.
    asked: Format,
    format: Format,
    mixer: MixerHandle,
    faults: FaultLog,
}

impl Feeder {
    pub fn new(backend: Arc<dyn Backend>, shared: Arc<Shared>, notify: Notify, orders: Receiver<Order>) -> Self {
        Feeder {
            backend,
            shared,
            notify,
            orders,
            output: None,
            track: None,
            looping: false,
            levelling: false,
            chosen: None,
            told: Instant::now(),
            idle_since: Instant::now(),
        }
    }

    pub fn run(mut self) {
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
            Order::Play(clip, asked, reply) => {
                self.replace_reply();
                match self.open(clip.clone(), asked) {
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
                        // The caller need not wait for the result.
                        drop(reply.send(Err(error)));
                    }
                }
            }
            Order::Stop => {
                self.cue(Cue::Stop);
                self.replace_reply();
                self.show_position();
                self.set_playing(false);
            }
            Order::Seek(secs) => self.go_on_from(secs),
            Order::Level(on) => self.levelling = on,
            Order::Output(chosen) => {
                if self.chosen != chosen {
                    self.chosen = chosen;
                    let playing = self.is_playing();
                    self.fade_out();
                    self.output = None;
                    self.shared.state().device = None;
                    if playing && let Some(at) = self.track.as_mut().map(Track::position_secs) {
                        self.go_on_from(at);
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

    /// Continues at `secs` in the stretch that plays or played last.
    fn go_on_from(&mut self, secs: f64) {
        let Some(track) = self.track.take() else { return };
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

    fn open(&mut self, clip: Clip, asked: Instant) -> Result<Track, PlayError> {
        let reader = ClipReader::open(&clip.path, clip.from_secs, clip.to_secs)?;
        self.track_from(clip, reader, asked)
    }

    fn reopen(&mut self, track: Track, secs: f64) -> Result<Track, PlayError> {
        let asked = Instant::now();
        let (clip, mut reader) = track.into_reader();
        reader.seek(secs)?;
        self.track_from(clip, reader, asked)
    }

    fn track_from(&mut self, clip: Clip, reader: ClipReader, asked: Instant) -> Result<Track, PlayError> {
        let format = self.output_for(reader.native())?;
        Ok(Track::new(clip, reader, format, self.levelling, asked)?)
    }

    /// Starts a track instead of the current one. The track's ring buffer is filled first.
    fn start(&mut self, mut track: Track) {
        let voice = track.voice();
        let fed = track.feed(self.looping);
        let (path, from_secs) = (track.clip.path.clone(), track.clip.from_secs);
        self.track = Some(track);
        if !self.cue(Cue::Start(voice)) {
            return;
        }
        // The path is shown only now: whoever sees it can rely on hearing that file next.
        {
            let mut state = self.shared.state();
            (state.path, state.from_secs, state.problem) = (Some(path), from_secs, None);
        }
        self.show_position();
        self.set_playing(true);
        self.report_reading(fed);
    }

    /// Opens the device for a file's format, and returns the device's format.
    fn output_for(&mut self, native: Format) -> Result<Format, DeviceError> {
        if let Some(output) = &self.output
            && (output.asked == native || output.format == native)
        {
            return Ok(output.format);
        }
        self.fade_out();
        self.output = None;
        let device = self.backend.output(self.chosen.as_ref())?;
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

    /// Stops the sound and waits for its fade, so that closing the device does not click.
    fn fade_out(&mut self) {
        if !self.is_playing() {
            return;
        }
        self.cue(Cue::Stop);
        let Some(track) = &self.track else { return };
        let since = Instant::now();
        while !track.is_over() && since.elapsed() < FADE_PATIENCE {
            thread::park_timeout(Duration::from_millis(1));
        }
    }

    /// Sends an order to the device's thread. A device that leaves dozens of orders untouched no longer works.
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
            // This is read before the position is shown. If the track is over, the position is its last one.
            let over = self.track.as_ref().is_none_or(Track::is_over);
            self.show_position();
            if over {
                // A stretch without a single frame is over before it is heard.
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

    /// If reading a file fails, the part that was read is played.
    fn report_reading(&mut self, fed: Result<(), AudioError>) {
        if let Err(error) = fed {
            self.shared.state().problem = Some(error.to_string());
            self.finish_reply(Err(error.into()));
        }
    }

    fn is_heard(&self) -> bool {
        self.track.as_ref().is_some_and(Track::is_heard)
    }

    /// Another sound replaces the current one. Tells the caller of the earlier order whether its sound was heard.
    fn replace_reply(&mut self) {
        let played = if self.is_heard() { Ok(()) } else { Err(PlayError::Replaced) };
        self.finish_reply(played);
    }

    fn finish_reply(&mut self, played: Played) {
        if let Some(reply) = self.track.as_mut().and_then(|track| track.reply.take()) {
            // The caller need not wait for the result.
            drop(reply.send(played));
        }
    }

    fn show_position(&mut self) {
        if let Some(track) = &mut self.track {
            let (position, end, waited) = (track.position_secs(), track.end_secs(), track.waited());
            let mut state = self.shared.state();
            (state.position_secs, state.to_secs) = (position.min(end), end);
            state.waited = waited;
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
