//! Packets of the containers that symphonia reads: FLAC, MP4, Matroska, and Core Audio with packets of their own
//! lengths.

use std::io;

use symphonia::core::codecs::CodecParameters;
use symphonia::core::codecs::audio::AudioCodecParameters;
use symphonia::core::errors::Error as SymphoniaError;
use symphonia::core::formats::probe::Hint;
use symphonia::core::formats::{FormatReader, SeekMode, SeekTo, TrackType};
use symphonia::core::io::MediaSourceStream;
use symphonia::core::units::Timestamp;

use super::super::container::Section;
use super::super::error::Cause;
use super::failure::{Failure, guarded};
use super::packets::{Coded, Packets, Step};

/// The number of refusals in a row after which a container is given up.
const MOST_REFUSALS: usize = 64;

pub(super) struct Demuxed {
    reader: Box<dyn FormatReader>,
    track: u32,
    pub codec: AudioCodecParameters,
    /// The number of frames that the container declares.
    pub frames: Option<u64>,
    /// The number of frames before the first kept one, as the container declares it.
    pub delay: u64,
    /// The number of frames after the last kept one.
    pub padding: u64,
    /// The frames of a tick. `None` if the times do not give frames exactly.
    frames_a_tick: Option<Ratio>,
    /// Ticks per second. 0 if the times are not parts of a second.
    ticks_a_sec: u64,
    /// The tick of the first kept frame.
    pub origin: i64,
    /// Whether the reader failed or reached its end, from which it cannot return. It is not called again.
    is_over: bool,
}

/// A whole number of frames for each tick, or of ticks for each frame.
#[derive(Clone, Copy)]
struct Ratio {
    frames: u64,
    ticks: u64,
}

impl Demuxed {
    pub fn open(section: Section, extension: &str) -> Result<Self, Cause> {
        Self::open_with(section, extension, None)
    }

    /// `undescribed` gives the number of a track and its parameters, for a container whose description symphonia cannot
    /// read.
    pub fn open_with(
        section: Section,
        extension: &str,
        undescribed: Option<(u32, AudioCodecParameters)>,
    ) -> Result<Self, Cause> {
        let mut hint = Hint::new();
        hint.with_extension(extension);
        let stream = MediaSourceStream::new(Box::new(section), Default::default());
        let reader =
            guarded(|| symphonia::default::get_probe().probe(&hint, stream, Default::default(), Default::default()))
                .map_err(Failure::while_probing)?;
        let (track, codec) = match (reader.default_track(TrackType::Audio), undescribed) {
            (Some(track), _) => match track.codec_params.clone() {
                Some(CodecParameters::Audio(codec)) => (track, codec),
                _ => return Err(Cause::NoSound),
            },
            (None, Some((id, codec))) => {
                (reader.tracks().iter().find(|track| track.id == id).ok_or(Cause::NoSound)?, codec)
            }
            (None, None) => return Err(Cause::NoSound),
        };
        let ticks_a_sec =
            track.time_base.filter(|base| base.numer.get() == 1).map_or(0, |base| u64::from(base.denom.get()));
        let ratio = codec.sample_rate.and_then(|rate| Ratio::of(u64::from(rate), ticks_a_sec));
        let (id, frames) = (track.id, track.num_frames);
        let (delay, padding) = (u64::from(track.delay.unwrap_or(0)), u64::from(track.padding.unwrap_or(0)));
        Ok(Demuxed {
            reader,
            track: id,
            codec,
            frames,
            delay,
            padding,
            frames_a_tick: ratio,
            ticks_a_sec,
            origin: 0,
            is_over: false,
        })
    }

    /// Sets the rate at which packets decode, which may differ from the container's, and whether all packets have the
    /// same duration. Only then do times give frames exactly.
    pub fn decodes_at(&mut self, rate: u32, are_even: bool) {
        self.frames_a_tick = Ratio::of(u64::from(rate), self.ticks_a_sec).filter(|_| are_even);
    }

    /// The times are those of a clock, so they do not give frames.
    pub fn without_times(mut self) -> Self {
        self.frames_a_tick = None;
        self
    }

    fn frames_of(&self, ticks: i64) -> Option<i64> {
        let Ratio { frames, ticks: unit } = self.frames_a_tick?;
        i64::try_from(i128::from(ticks) * i128::from(frames) / i128::from(unit)).ok()
    }

    fn ticks_of(&self, frames: i64) -> Option<i64> {
        let Ratio { frames: unit, ticks } = self.frames_a_tick?;
        i64::try_from(i128::from(frames) * i128::from(ticks) / i128::from(unit)).ok()
    }
}

impl Ratio {
    fn of(frames_a_sec: u64, ticks_a_sec: u64) -> Option<Self> {
        let exact = frames_a_sec > 0
            && ticks_a_sec > 0
            && (frames_a_sec.is_multiple_of(ticks_a_sec) || ticks_a_sec.is_multiple_of(frames_a_sec));
        let unit = frames_a_sec.min(ticks_a_sec);
        exact.then(|| Ratio { frames: frames_a_sec / unit, ticks: ticks_a_sec / unit })
    }
}

impl Packets for Demuxed {
    fn next(&mut self) -> Result<Step, Failure> {
        let mut refusals = 0;
        while !self.is_over {
            match guarded(|| self.reader.next_packet()) {
                Ok(Some(packet)) if packet.track_id != self.track => {}
                Ok(Some(packet)) => {
                    let at = packet.pts.get().checked_sub(self.origin).and_then(|ticks| self.frames_of(ticks));
                    let ticks = i64::try_from(packet.block_dur().get()).ok();
                    let frames =
                        ticks.and_then(|ticks| self.frames_of(ticks)).and_then(|frames| u64::try_from(frames).ok());
                    let data = packet.data;
                    return Ok(Step::Packet(Coded { data, at, frames, end: None, follows_on_nothing: false }));
                }
                Ok(None) => {
                    self.is_over = true;
                    return Ok(Step::End);
                }
                Err(Failure::Refused(SymphoniaError::IoError(error))) => {
                    if error.kind() == io::ErrorKind::UnexpectedEof {
                        return Ok(Step::BrokenOff);
                    }
                    return Err(Failure::Cause(Cause::of_reading(error)));
                }
                Err(Failure::Refused(SymphoniaError::ResetRequired)) => return Ok(Step::End),
                Err(Failure::Refused(_)) if refusals < MOST_REFUSALS => refusals += 1,
                Err(Failure::Cause(cause)) => return Err(Failure::Cause(cause)),
                Err(Failure::Refused(_) | Failure::Panicked(_)) => self.is_over = true,
            }
        }
        Ok(Step::BrokenOff)
    }

    fn seek(&mut self, frame: u64) -> Result<bool, Failure> {
        if self.is_over {
            return Ok(false);
        }
        let ticks = i64::try_from(frame).ok().and_then(|frame| self.ticks_of(frame));
        let Some(ticks) = ticks.and_then(|ticks| ticks.checked_add(self.origin)) else { return Ok(false) };
        let to = SeekTo::Timestamp { ts: Timestamp::new(ticks), track_id: self.track };
        match guarded(|| self.reader.seek(SeekMode::Accurate, to)) {
            Ok(_) => Ok(true),
            Err(Failure::Panicked(_)) => {
                self.is_over = true;
                Ok(false)
            }
            Err(_) => Ok(false),
        }
    }
}
