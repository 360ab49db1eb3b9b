//! Reads sound files of all containers and codecs as a stream of interleaved samples.
//!
//! A container gives packets and their positions in time (`packets.rs`). A codec decodes them one by one. The decoder in
//! this file puts the samples where they belong: it leaves out the priming of an encoder, and it puts silence of the
//! right length in place of what cannot be decoded. So every frame keeps its position.

mod blocks;
mod codec;
mod demuxed;
mod failure;
mod faults;
mod frame_head;
mod frames;
mod kinds;
mod ogg;
mod ogg_codec;
mod open;
mod opus;
mod packets;
mod seek;

use std::path::{Path, PathBuf};

pub use self::faults::{Faults, HalfBand};
pub use self::open::is_sound;

use self::codec::{Codec, Decoded};
use self::failure::Failure;
use self::packets::{Coded, Length, Packets, Step};
use super::container::section;
use super::error::{AudioError, Cause};
use super::witness::Witness;

/// Other rates would make filters and buffers too large.
const RATES: std::ops::RangeInclusive<u32> = 100..=1_000_000;
/// More channels than any real file has. A damaged header may claim 30,000, which would need buffers of many megabytes.
const MOST_CHANNELS: usize = 64;
/// Silence for undecodable packets comes in blocks of this many frames.
const SILENT_BLOCK: u64 = 4096;
/// Longer holes are not filled, because a damaged time caused them, and no sound is missing.
const LONGEST_HOLE_SECS: u64 = 600;
/// The most frames with which an encoder pads its last packet. If a file goes on for longer after its declared end,
/// that is sound.
const MOST_PADDING: u64 = 4608;

/// A sound file that is being decoded into interleaved samples. Full scale is 1 (16-bit PCM divided by 2^15).
///
/// Invalid samples become 0. Damaged or missing parts do not stop the decoder: they become silence, and
/// [`Decoder::faults`] reports them.
pub struct Decoder {
    path: PathBuf,
    witness: Witness,
    packets: Box<dyn Packets>,
    codec: Codec,
    stored_bits: Option<u32>,
    rate: u32,
    channels: usize,
    length: Length,
    /// The frame after the last one, if the file says it and nothing contradicts it yet.
    end: Option<u64>,
    /// The frame after everything that was decoded, counted from the file's first kept frame. Negative while the
    /// priming is decoded.
    clock: i64,
    /// Added to the positions of packets.
    shift: i64,
    /// Whether the clock is set to the position of the next packet.
    resyncing: bool,
    /// Damage before this frame is not reported, because this part was not asked for.
    quiet_until: i64,
    /// The frames of silence before `pending`.
    silence: u64,
    pending: Vec<f32>,
    /// Samples after the declared end, until it is known whether they are padding.
    held: Vec<f32>,
    /// The number of frames of the last packet that could be decoded.
    usual_frames: u64,
    block: Vec<f32>,
    /// The position in `block` of the first sample that was not returned yet.
    unread: usize,
    over: bool,
    damaged_packets: u64,
    fell: Option<String>,
    faults: Faults,
}

impl Decoder {
    /// Opens a file and decodes its first block. So every file that opens has sound.
    pub fn open(path: &Path) -> Result<Self, AudioError> {
        Self::open_inner(path).map_err(|cause| cause.at(path))
    }

    fn open_inner(path: &Path) -> Result<Self, Cause> {
        let section = section::open(path)?;
        let witness = section.witness().map_err(Cause::of_reading)?;
        let (track, codec, faults) = open::track(section)?;
        let mut this = Decoder {
            path: path.to_path_buf(),
            witness,
            packets: track.packets,
            codec,
            stored_bits: track.stored_bits,
            rate: 0,
            channels: 0,
            length: track.length,
            end: match track.length {
                Length::Declared(frames) | Length::Counted(frames) => Some(frames),
                Length::Unknown | Length::Estimated(_) | Length::AtLeast(_) => None,
            },
            clock: -i64::try_from(track.lead).unwrap_or(0),
            shift: 0,
            resyncing: false,
            quiet_until: i64::MIN,
            silence: 0,
            pending: Vec::new(),
            held: Vec::new(),
            usual_frames: 0,
            block: Vec::new(),
            unread: 0,
            over: false,
            damaged_packets: 0,
            fell: None,
            faults,
        };
        this.advance()?;
        if this.block.is_empty() {
            return Err(this.why_silent());
        }
        Ok(this)
    }

    /// In hertz.
    pub fn rate(&self) -> u32 {
        self.rate
    }

    pub fn channels(&self) -> usize {
        self.channels
    }

    /// The bits of a sample if the file keeps whole numbers exactly. `None` if samples are floating point, or if the
    /// format is lossy.
    pub fn stored_bits(&self) -> Option<u32> {
        self.stored_bits
    }

    /// The number of frames that the file declares. It is exact if samples are stored one by one, and an estimate or
    /// unknown in some other formats.
    pub fn frames(&self) -> Option<u64> {
        self.length.frames()
    }

    /// The next samples, interleaved. `None` at the end.
    pub fn next_block(&mut self) -> Result<Option<&[f32]>, AudioError> {
        if self.unread >= self.block.len() {
            self.advance().map_err(|cause| cause.at(&self.path))?;
        }
        let unread = std::mem::replace(&mut self.unread, self.block.len());
        Ok(Some(&self.block[unread..]).filter(|block| !block.is_empty()))
    }

    /// The state of the open file when it was opened. [`Decoder::seek`] may open the file again.
    pub fn witness(&self) -> &Witness {
        &self.witness
    }

    /// The faults of the file in the part that was read.
    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    /// The faults in words. `None` if there are none.
    pub fn warning(&self) -> Option<String> {
        Some(self.faults.to_string()).filter(|words| !words.is_empty())
    }

    fn frames_in(&self, samples: &[f32]) -> u64 {
        (samples.len() / self.channels.max(1)) as u64
    }

    /// The frame after the last frame of `block`.
    fn position(&self) -> u64 {
        u64::try_from(self.clock).unwrap_or(0).saturating_sub(self.frames_in(&self.held))
    }

    fn block_start(&self) -> u64 {
        self.position().saturating_sub(self.frames_in(&self.block))
    }

    /// Decodes the next samples into `block`. Leaves it empty at the end.
    fn advance(&mut self) -> Result<(), Cause> {
        self.block.clear();
        self.unread = 0;
        while self.block.is_empty() {
            if self.channels > 0 && self.silence > 0 {
                let frames = self.silence.min(SILENT_BLOCK);
                self.block.resize(frames as usize * self.channels, 0.0);
                self.silence -= frames;
                self.clock += frames as i64;
            } else if !self.pending.is_empty() {
                std::mem::swap(&mut self.block, &mut self.pending);
                self.pending.clear();
                self.clock += self.frames_in(&self.block) as i64;
            } else if self.over {
                self.finish();
                return Ok(());
            } else {
                self.read_packet()?;
                continue;
            }
            self.leave_out_priming();
            self.leave_out_padding();
        }
        Ok(())
    }

    fn leave_out_priming(&mut self) {
        let start = self.clock - self.frames_in(&self.block) as i64;
        let priming = start.min(0).unsigned_abs().min(self.frames_in(&self.block));
        self.block.drain(..priming as usize * self.channels);
    }

    /// Holds back samples after the declared end, and releases them if there are too many for padding.
    fn leave_out_padding(&mut self) {
        let Some(end) = self.end.and_then(|end| i64::try_from(end).ok()) else { return };
        let beyond = (self.clock - end).max(0) as u64;
        let beyond = beyond.min(self.frames_in(&self.block)) as usize;
        let rest = self.block.split_off(self.block.len() - beyond * self.channels);
        if let Length::Counted(_) = self.length {
            self.clock -= beyond as i64;
            self.over |= self.clock >= end;
            return;
        }
        self.held.extend(rest);
        if self.frames_in(&self.held) > MOST_PADDING {
            self.block.append(&mut self.held);
            self.end = None;
        }
    }

    /// Completes the faults and the length when the stream has ended.
    fn finish(&mut self) {
        self.clock -= self.frames_in(&self.held) as i64;
        self.held.clear();
        self.faults.read_frames = self.position();
        self.faults.declared_frames = match self.length {
            Length::Declared(frames) => Some(frames),
            Length::AtLeast(frames) => Some(frames.max(self.position())),
            Length::Unknown | Length::Estimated(_) | Length::Counted(_) => None,
        };
    }

    /// Reads a packet, decodes it into `pending`, and finds its position.
    fn read_packet(&mut self) -> Result<(), Cause> {
        match self.packets.next() {
            Ok(Step::Packet(packet)) => self.decode(packet),
            Ok(Step::Another(parameters)) => {
                match Codec::new(*parameters) {
                    Ok(codec) => self.codec = codec,
                    Err(_) => self.over = true,
                }
                Ok(())
            }
            Ok(Step::End) => {
                self.over = true;
                Ok(())
            }
            Ok(Step::BrokenOff) => {
                self.over = true;
                self.faults.cut_off = true;
                Ok(())
            }
            Err(Failure::Cause(cause)) => Err(cause),
            Err(Failure::Panicked(message)) => Err(Cause::DecoderFailed(message)),
            Err(Failure::Refused(error)) => Err(Cause::Damaged(error.to_string())),
        }
    }

    fn decode(&mut self, packet: Coded) -> Result<(), Cause> {
        let (at, told_frames) = (packet.at, packet.frames);
        if packet.end.is_some() {
            self.end = packet.end;
        }
        if packet.follows_on_nothing {
            self.codec.reset();
        }
        let mut pending = std::mem::take(&mut self.pending);
        let decoded = self.codec.decode(packet, &mut pending);
        self.pending = pending;
        let is_sound = match decoded {
            Ok(Decoded::Sound { .. }) if self.pending.is_empty() => true,
            Ok(Decoded::Sound { rate, channels }) => self.take_format(rate, channels)?,
            Ok(Decoded::Damaged) => false,
            Ok(Decoded::Fell(message)) => {
                self.fell = Some(message);
                false
            }
            Err(Failure::Cause(cause)) => return Err(cause),
            Err(Failure::Panicked(message)) => return Err(Cause::DecoderFailed(message)),
            Err(Failure::Refused(error)) => return Err(Cause::Damaged(error.to_string())),
        };
        if is_sound {
            self.faults.silence_what_is_no_sound(&mut self.pending);
            self.find_place(at);
            let frames = self.frames_in(&self.pending);
            if frames > 0 {
                self.usual_frames = frames;
            }
        } else {
            self.pending.clear();
            self.damaged_packets += 1;
            self.find_place(at);
            self.add_silence(told_frames.unwrap_or(self.usual_frames));
        }
        Ok(())
    }

    /// Adds silence before `pending` if the container says that something is missing there, and drops samples that were
    /// already returned.
    fn find_place(&mut self, at: Option<i64>) {
        let Some(at) = at.map(|at| at.saturating_add(self.shift)) else { return };
        if std::mem::take(&mut self.resyncing) {
            self.clock = at;
            return;
        }
        let hole = at.saturating_sub(self.clock.saturating_add(self.silence as i64));
        let longest = LONGEST_HOLE_SECS * u64::from(self.rate.max(1));
        if hole.unsigned_abs() > longest {
            self.shift = self.shift.saturating_sub(hole);
        } else if hole > 0 {
            self.add_silence(hole.unsigned_abs());
        } else {
            let known = hole.unsigned_abs().min(self.frames_in(&self.pending));
            self.pending.drain(..known as usize * self.channels);
        }
    }

    fn add_silence(&mut self, frames: u64) {
        let first = self.clock.saturating_add(self.silence as i64);
        if first >= self.quiet_until
            && let Ok(first) = u64::try_from(first)
        {
            self.faults.note_gap(first, frames);
        }
        self.silence += frames;
    }

    /// The first block decides the format. Returns false if a later block has another rate: it does not belong to this
    /// sound.
    fn take_format(&mut self, rate: u32, channels: usize) -> Result<bool, Cause> {
        if self.channels == 0 {
            if channels == 0 {
                return Err(Cause::NoChannels);
            }
            if channels > MOST_CHANNELS {
                return Err(Cause::TooManyChannels { channels, most: MOST_CHANNELS });
            }
            if !RATES.contains(&rate) {
                return Err(Cause::RateOutOfRange { rate, least: *RATES.start(), most: *RATES.end() });
            }
            (self.rate, self.channels, self.faults.rate) = (rate, channels, rate);
        } else if rate != self.rate {
            self.faults.further_rate = Some(rate);
            self.over = true;
            return Ok(false);
        } else if channels != self.channels {
            self.pending = spread(&self.pending, channels, self.channels);
        }
        Ok(true)
    }

    /// The reason why a file that opened has no sound at all.
    fn why_silent(&self) -> Cause {
        match &self.fell {
            Some(message) => Cause::DecoderFailed(message.clone()),
            None if self.damaged_packets > 0 => Cause::Damaged("none of its sound can be decoded".into()),
            None if self.faults.cut_off => Cause::CutOffInHeader,
            None => Cause::NoSound,
        }
    }
}

/// Converts sound of `from` channels to `to` channels. A single channel is copied to all. Of several channels, the
/// first ones are kept.
fn spread(interleaved: &[f32], from: usize, to: usize) -> Vec<f32> {
    let from = from.max(1);
    let channel =
        |frame: &[f32], channel: usize| if from == 1 { frame[0] } else { frame.get(channel).copied().unwrap_or(0.0) };
    interleaved.chunks_exact(from).flat_map(|frame| (0..to).map(move |to| channel(frame, to))).collect()
}

#[cfg(test)]
mod tests;
