//! Reading sound files: a stream of interleaved samples from whatever symphonia decodes.

mod failure;
mod faults;
mod kinds;
mod seek;

use std::io::{self, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use symphonia::core::audio::Channels;
use symphonia::core::codecs::CodecParameters;
use symphonia::core::codecs::audio::{AudioDecoder, AudioDecoderOptions};
use symphonia::core::errors::Error as SymphoniaError;
use symphonia::core::formats::probe::Hint;
use symphonia::core::formats::{FormatReader, TrackType, well_known as format};
use symphonia::core::io::{MediaSource, MediaSourceStream};

use self::failure::{Failure, guarded};
use self::faults::Faults;
pub(super) use self::kinds::open_file;
use self::kinds::{seeks_exactly, stored_bits, unreadable_kind};
use super::error::{AudioError, Cause};
use super::mp4::{self, Proper};
use super::riff::{self, WavSource};
use super::witness::Witness;

/// Rates beyond these are a damaged header, and would make filters and buffers out of proportion.
const PLAUSIBLE_RATES: std::ops::RangeInclusive<u32> = 100..=1_000_000;

/// More channels than any real file has; a damaged header's 30,000 would make buffers of many megabytes.
const MOST_CHANNELS: usize = 64;

/// A sound file being decoded: interleaved samples, full scale being 1 (16-bit PCM over 2^15).
///
/// Samples that are not numbers become 0. Damaged or missing parts do not stop it: what is there is given, and
/// [`Decoder::warning`] says what was not.
pub struct Decoder {
    path: PathBuf,
    witness: Witness,
    reader: Box<dyn FormatReader>,
    decoder: Box<dyn AudioDecoder>,
    track: u32,
    stored_bits: Option<u32>,
    rate: u32,
    channels: usize,
    /// Frames that the container says there are.
    frames: Option<u64>,
    /// Whether `frames` was counted in the file itself and ends the stream exactly.
    frames_counted: bool,
    /// Timestamp of the file's first frame; `None` where timestamps do not count frames, so that seeking starts over.
    origin: Option<i64>,
    /// Frames before the file's first one that only prime the decoder.
    priming: u64,
    block: Vec<f32>,
    /// Where in `block` begins what was not given out yet, in samples.
    unread: usize,
    /// The frame after `block`'s last, from the file's start.
    position: u64,
    over: bool,
    faults: Faults,
}

impl Decoder {
    /// Opens a file and decodes its first block, so that whatever opens has sound.
    pub fn open(path: &Path) -> Result<Self, AudioError> {
        Self::open_inner(path).map_err(|cause| cause.at(path))
    }

    fn open_inner(path: &Path) -> Result<Self, Cause> {
        let (mut file, bytes) = open_file(path)?;
        let witness = Witness::of(&file).map_err(Cause::of_reading)?;
        let mut faults = Faults::default();
        let (mut counted, mut proper) = (None, Proper::default());
        let source: Box<dyn MediaSource> = match riff::layout(&mut file, bytes)? {
            Some(layout) => {
                if layout.frames == Some(0) {
                    return Err(Cause::NoSound);
                }
                faults.header = layout.warning.clone();
                counted = layout.frames;
                Box::new(WavSource::new(file, &layout))
            }
            None => {
                if let Some(name) = unreadable_kind(&mut file)? {
                    return Err(Cause::Unsupported(name.into()));
                }
                proper = mp4::proper_sound(&mut file, bytes)?;
                file.seek(SeekFrom::Start(0)).map_err(Cause::of_reading)?;
                Box::new(file)
            }
        };

        let mut hint = Hint::new();
        if let Some(extension) = path.extension().and_then(|extension| extension.to_str()) {
            hint.with_extension(extension);
        }
        let stream = MediaSourceStream::new(source, Default::default());
        let reader =
            guarded(|| symphonia::default::get_probe().probe(&hint, stream, Default::default(), Default::default()))
                .map_err(Failure::while_probing)?;

        let track = reader.default_track(TrackType::Audio).ok_or(Cause::NoSound)?;
        let Some(CodecParameters::Audio(parameters)) = &track.codec_params else {
            return Err(Cause::Unsupported("its encoding".into()));
        };
        let channels = parameters.channels.as_ref().map_or(0, Channels::count);
        if channels > MOST_CHANNELS {
            return Err(Cause::Damaged(format!("{channels} channels are not plausible")));
        }
        let decoder = guarded(|| {
            symphonia::default::get_codecs().make_audio_decoder(parameters, &AudioDecoderOptions::default())
        })
        .map_err(|failure| failure.while_choosing(parameters.codec))?;

        let counts_frames = match (track.time_base, parameters.sample_rate) {
            (Some(base), Some(rate)) => base.numer.get() == 1 && base.denom.get() == rate,
            _ => false,
        };
        let origin = (counts_frames && seeks_exactly(reader.format_info().format)).then_some(0);
        let mut this = Decoder {
            witness,
            path: path.to_path_buf(),
            track: track.id,
            stored_bits: stored_bits(parameters),
            rate: parameters.sample_rate.unwrap_or(0),
            channels: 0,
            frames: counted.or(track.num_frames),
            frames_counted: counted.is_some(),
            origin,
            priming: 0,
            reader,
            decoder,
            block: Vec::new(),
            unread: 0,
            position: 0,
            over: false,
            faults,
        };
        let Some(timestamp) = this.decode_packet()? else { return Err(this.why_silent()) };
        let frames_of = |secs: f64| (secs * f64::from(this.rate)).round() as u64;
        let (priming, told) = (frames_of(proper.begins_secs), proper.secs.map(frames_of));
        this.priming = priming;
        this.origin = this.origin.and_then(|_| timestamp.checked_add_unsigned(priming));
        this.drop_priming(priming)?;
        if priming > 0 && this.frames.is_some_and(|frames| frames > priming) {
            // Such a file counts its frames exactly, the padding of the last packet left out.
            this.frames = this.frames.map(|frames| told.unwrap_or(u64::MAX).min(frames - priming));
            this.frames_counted = true;
        }
        this.position = this.block_frames();
        this.trim_to_count();
        Ok(this)
    }

    /// Leaves out the stream's first frames, which are no sound but what its encoder needed to begin.
    fn drop_priming(&mut self, mut frames: u64) -> Result<(), Cause> {
        if frames == 0 {
            return Ok(());
        }
        while frames >= self.block_frames() {
            frames -= self.block_frames();
            if self.decode_packet()?.is_none() {
                return Err(self.why_silent());
            }
        }
        self.block.drain(..frames as usize * self.channels);
        Ok(())
    }

    /// Hertz.
    pub fn rate(&self) -> u32 {
        self.rate
    }

    pub fn channels(&self) -> usize {
        self.channels
    }

    /// Bits of a sample where the file keeps whole numbers exactly; `None` where samples are floating point, or are only
    /// nearly what was encoded.
    pub fn stored_bits(&self) -> Option<u32> {
        self.stored_bits
    }

    /// Frames that the container says there are: counted in WAV files, unknown or an estimate in some others.
    pub fn frames(&self) -> Option<u64> {
        self.frames
    }

    /// The next samples, interleaved; `None` at the end.
    pub fn next_block(&mut self) -> Result<Option<&[f32]>, AudioError> {
        if self.unread >= self.block.len() {
            self.advance().map_err(|cause| cause.at(&self.path))?;
        }
        let unread = std::mem::replace(&mut self.unread, self.block.len());
        Ok(Some(&self.block[unread..]).filter(|block| !block.is_empty()))
    }

    /// The open file as it was when it was opened. [`Decoder::seek`] may open it anew.
    pub fn witness(&self) -> &Witness {
        &self.witness
    }

    /// In words, what is wrong with the file though it could be read, as far as it was read.
    pub fn warning(&self) -> Option<String> {
        self.faults.in_words()
    }

    fn block_frames(&self) -> u64 {
        (self.block.len() / self.channels.max(1)) as u64
    }

    /// Decodes into `block` what comes next; leaves it empty at the end.
    fn advance(&mut self) -> Result<(), Cause> {
        self.decode_packet()?;
        self.position += self.block_frames();
        self.trim_to_count();
        Ok(())
    }

    /// Cuts off what lies beyond a counted end.
    fn trim_to_count(&mut self) {
        if let Some(end) = self.frames.filter(|_| self.frames_counted && !self.block.is_empty()) {
            let beyond = self.position.saturating_sub(end).min(self.block_frames());
            self.block.truncate(self.block.len() - beyond as usize * self.channels);
            self.position -= beyond;
        }
    }

    /// Decodes the next packet that has sound into `block` and returns its timestamp; `None`, and an empty block, at the
    /// end.
    fn decode_packet(&mut self) -> Result<Option<i64>, Cause> {
        self.block.clear();
        self.unread = 0;
        while !self.over {
            let packet = match guarded(|| self.reader.next_packet()) {
                Ok(Some(packet)) => packet,
                Ok(None) => {
                    self.faults.cut_off |= self.ends_early().unwrap_or(false);
                    self.over = true;
                    break;
                }
                Err(failure) => {
                    self.over = true;
                    self.note_or_fail(failure)?;
                    break;
                }
            };
            if packet.track_id != self.track {
                continue;
            }
            let block = &mut self.block;
            let decoded = guarded(|| {
                self.decoder.decode(&packet).map(|buffer| {
                    buffer.copy_to_vec_interleaved(block);
                    (buffer.spec().rate(), buffer.spec().channels().count())
                })
            });
            match decoded {
                Ok((rate, channels)) => {
                    if self.block.is_empty() {
                        continue;
                    }
                    self.take_format(rate, channels)?;
                    self.faults.silence_what_is_no_number(&mut self.block);
                    let trimmed = i64::try_from(packet.trim_start.get()).unwrap_or(0);
                    return Ok(Some(packet.pts.get().saturating_add(trimmed)));
                }
                Err(Failure::Refused(SymphoniaError::DecodeError(what))) => {
                    self.block.clear();
                    self.faults.damaged_packets += 1;
                    self.faults.last_damage = Some(what);
                }
                Err(failure) => {
                    self.block.clear();
                    self.over = true;
                    self.note_or_fail(failure)?;
                }
            }
        }
        Ok(None)
    }

    /// The first block says what the format is; later ones must keep to it.
    fn take_format(&mut self, rate: u32, channels: usize) -> Result<(), Cause> {
        if self.channels == 0 {
            if !(1..=MOST_CHANNELS).contains(&channels) || !PLAUSIBLE_RATES.contains(&rate) {
                return Err(Cause::Damaged(format!("{channels} channels at {rate} Hz are not plausible")));
            }
            if rate != self.rate {
                // Timestamps count at the container's rate, and can no longer be relied on.
                self.origin = None;
            }
            (self.rate, self.channels) = (rate, channels);
        } else if (rate, channels) != (self.rate, self.channels) {
            return Err(Cause::Damaged("its rate or its channels change in the middle".into()));
        }
        Ok(())
    }

    /// Whether the stream ends before its declared length. Not all containers declare it: the frames of MPEG streams are
    /// an estimate, and Ogg's are looked up at the end that there is.
    fn ends_early(&self) -> Option<bool> {
        // Some writers count the encoder's padding.
        const TOLERANCE_FRAMES: u64 = 2 * 1152;
        let declares = [format::FORMAT_ID_AIFF, format::FORMAT_ID_FLAC, format::FORMAT_ID_ISOMP4];
        let frames = self.frames.filter(|_| declares.contains(&self.reader.format_info().format));
        frames.map(|frames| self.position + TOLERANCE_FRAMES < frames)
    }

    /// What ended the stream early: noted as a fault where what came before it stands, or an error.
    fn note_or_fail(&mut self, failure: Failure) -> Result<(), Cause> {
        match failure {
            Failure::Refused(SymphoniaError::IoError(error)) if error.kind() == io::ErrorKind::UnexpectedEof => {
                self.faults.cut_off |= self.ends_early().unwrap_or(true);
            }
            Failure::Refused(SymphoniaError::IoError(error)) => return Err(Cause::of_reading(error)),
            Failure::Refused(SymphoniaError::ResetRequired) => self.faults.further_streams = true,
            Failure::Refused(SymphoniaError::DecodeError(what) | SymphoniaError::LimitError(what)) => {
                self.faults.cut_off = true;
                self.faults.last_damage = Some(what);
            }
            Failure::Refused(error) => return Err(Cause::Damaged(error.to_string())),
            Failure::Panicked(message) => return Err(Cause::DecoderFailed(message)),
        }
        Ok(())
    }

    /// Why a file that opened gave no sound at all.
    fn why_silent(&self) -> Cause {
        match self.faults.last_damage {
            Some(what) => Cause::Damaged(what.into()),
            None if self.faults.cut_off => Cause::CutOffInHeader,
            None => Cause::NoSound,
        }
    }
}

#[cfg(test)]
mod tests;
