//! A track: a stretch of a file on its way into the device's ring buffer.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use crossbeam_channel::Sender;
use rtrb::{Producer, RingBuffer};

use super::super::Format;
use super::super::clip_reader::{ClipReader, Converter};
use super::super::levelling::Levelling;
use super::super::voice::{Progress, Voice};
use super::{Clip, Played};
use crate::audio::AudioError;

/// How far ahead of the sound the file is decoded.
const RING_SECS: f64 = 0.25;

/// The gain is measured on this length of the stretch's beginning. Reading more would delay the sound.
const LEVELLED_BY_SECS: f64 = 2.0;

/// The stretch that plays or played last.
pub(super) struct Track {
    pub clip: Clip,
    reader: ClipReader,
    converter: Converter,
    levelling: Levelling,
    /// A block that is being levelled.
    levelled: Vec<f32>,
    /// The format of the device.
    format: Format,
    /// `None` until the track has a voice.
    ring: Option<Producer<f32>>,
    progress: Arc<Progress>,
    /// Converted samples that did not fit into the ring buffer yet. Samples before `sent` are in it.
    ready: Vec<f32>,
    sent: usize,
    /// Whether the file was read to the end of the stretch.
    drained: bool,
    /// The number of frames that were put into the ring buffer.
    fed_frames: u64,
    /// For each place where reading began: the frame of the device's stream, and the seconds in the file.
    starts: VecDeque<(u64, f64)>,
    /// Who waits for the result of the order to play.
    pub reply: Option<Sender<Played>>,
}

impl Track {
    /// Begins where the reader is, for a device of this format. If `level` is true, the sound is made as loud as all
    /// others.
    pub fn new(
        clip: Clip,
        mut reader: ClipReader,
        format: Format,
        level: bool,
        asked: Instant,
    ) -> Result<Self, AudioError> {
        let native = reader.native();
        let converter = Converter::new(native, format).map_err(|cause| cause.at(&clip.path))?;
        let levelling = match level {
            true => Levelling::of(reader.peek(LEVELLED_BY_SECS)?, native.channels, native.rate),
            false => Levelling::off(),
        };
        let starts = VecDeque::from([(0, reader.at_secs())]);
        Ok(Track {
            clip,
            reader,
            converter,
            levelling,
            levelled: Vec::new(),
            format,
            ring: None,
            progress: Arc::new(Progress::since(asked)),
            ready: Vec::new(),
            sent: 0,
            drained: false,
            fed_frames: 0,
            starts,
            reply: None,
        })
    }

    /// Makes the ring buffer and returns the device's end of it.
    pub fn voice(&mut self) -> Voice {
        let frames = ((RING_SECS * f64::from(self.format.rate)) as usize).max(1);
        let (ring, samples) = RingBuffer::new(frames * self.format.channels);
        self.ring = Some(ring);
        Voice { samples, progress: Arc::clone(&self.progress) }
    }

    pub fn into_reader(self) -> (Clip, ClipReader) {
        (self.clip, self.reader)
    }

    /// Whether the device got the first frame.
    pub fn is_heard(&self) -> bool {
        self.progress.played.load(Ordering::Acquire) > 0
    }

    /// The time from the order until the device got the first frame.
    pub fn waited(&self) -> Option<Duration> {
        self.progress.waited()
    }

    /// Whether the device will take no more samples.
    pub fn is_over(&self) -> bool {
        self.progress.over.load(Ordering::Acquire)
    }

    /// Fills the ring buffer from the file. After an error, what was read before it is still played.
    pub fn feed(&mut self, looping: bool) -> Result<(), AudioError> {
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
        let Some(ring) = &mut self.ring else { return Ok(()) };
        loop {
            let room = ring.slots() / channels * channels;
            let count = room.min(self.ready.len() - self.sent);
            let (pushed, _) = ring.push_partial_slice(&self.ready[self.sent..self.sent + count]);
            debug_assert_eq!(pushed.len(), count, "no more is pushed than there is room for");
            self.sent += count;
            self.fed_frames += (count / channels) as u64;
            if self.sent < self.ready.len() || ring.slots() < channels {
                return Ok(());
            }
            self.ready.clear();
            self.sent = 0;
            if self.drained {
                // Looping may be switched on after the end was read and before it was heard.
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
            let block = match block {
                Some(block) if !self.levelling.is_off() => {
                    self.levelled.clear();
                    self.levelled.extend_from_slice(block);
                    self.levelling.apply(&mut self.levelled, self.reader.native().channels);
                    Some(self.levelled.as_slice())
                }
                as_it_is => as_it_is,
            };
            self.converter.push(block, &mut self.ready).map_err(|cause| cause.at(path))?;
        }
    }

    /// The current position, in seconds from the file's start.
    pub fn position_secs(&mut self) -> f64 {
        let played = self.progress.played.load(Ordering::Acquire);
        while self.starts.get(1).is_some_and(|(frame, _)| *frame <= played) {
            self.starts.pop_front();
        }
        self.starts.front().map_or(self.clip.from_secs, |(frame, secs)| {
            secs + played.saturating_sub(*frame) as f64 / f64::from(self.format.rate)
        })
    }

    /// Where the stretch ends, in seconds. If the file does not tell, the position of reading.
    pub fn end_secs(&self) -> f64 {
        self.reader.end_secs().unwrap_or_else(|| self.reader.at_secs())
    }
}
