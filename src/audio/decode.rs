//! Reading sound files: a stream of interleaved samples from whatever symphonia decodes.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use symphonia::core::codecs::CodecParameters;
use symphonia::core::codecs::audio::{AudioCodecId, AudioDecoder, AudioDecoderOptions, well_known as codec};
use symphonia::core::errors::Error as SymphoniaError;
use symphonia::core::formats::probe::Hint;
use symphonia::core::formats::{FormatId, FormatReader, SeekMode, SeekTo, TrackType, well_known as format};
use symphonia::core::io::{MediaSource, MediaSourceStream};
use symphonia::core::units::Timestamp;

use super::error::{AudioError, Cause};
use super::riff::{self, WavSource};

/// Rates beyond these are a damaged header, and would make filters and buffers out of proportion.
const PLAUSIBLE_RATES: std::ops::RangeInclusive<u32> = 100..=1_000_000;
/// Samples of a larger magnitude are no sound but bytes misread as floating point.
const LARGEST_SAMPLE: f32 = 65536.0;
/// Frames decoded ahead of a seek's target: a lossy codec's first packets after a seek lack what came before them.
const PREROLL_FRAMES: u64 = 10 * 1152;

/// A sound file being decoded: interleaved samples, full scale being 1 (16-bit PCM over 2^15).
///
/// Samples that are not numbers become 0. Damaged or missing parts do not stop it: what is there is given, and
/// [`Decoder::warning`] says what was not.
pub struct Decoder {
    path: PathBuf,
    reader: Box<dyn FormatReader>,
    decoder: Box<dyn AudioDecoder>,
    track: u32,
    rate: u32,
    channels: usize,
    /// Frames that the container says there are.
    frames: Option<u64>,
    /// Whether `frames` was counted in the file itself and ends the stream exactly.
    frames_counted: bool,
    /// Timestamp of the file's first frame; `None` where timestamps do not count frames, so that seeking starts over.
    origin: Option<i64>,
    block: Vec<f32>,
    /// Where in `block` begins what was not given out yet, in samples.
    unread: usize,
    /// The frame after `block`'s last, from the file's start.
    position: u64,
    over: bool,
    faults: Faults,
}

/// What was wrong with a file that could be read nonetheless.
#[derive(Clone, Debug, Default)]
struct Faults {
    header: Option<String>,
    cut_off: bool,
    damaged_packets: u64,
    last_damage: Option<&'static str>,
    not_numbers: u64,
    further_streams: bool,
}

impl Decoder {
    /// Opens a file and decodes its first block, so that whatever opens has sound.
    pub fn open(path: &Path) -> Result<Self, AudioError> {
        Self::open_inner(path).map_err(|cause| cause.at(path))
    }

    fn open_inner(path: &Path) -> Result<Self, Cause> {
        let (mut file, bytes) = open_file(path)?;
        let mut faults = Faults::default();
        let mut counted = None;
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
            path: path.to_path_buf(),
            track: track.id,
            rate: parameters.sample_rate.unwrap_or(0),
            channels: 0,
            frames: counted.or(track.num_frames),
            frames_counted: counted.is_some(),
            origin,
            reader,
            decoder,
            block: Vec::new(),
            unread: 0,
            position: 0,
            over: false,
            faults,
        };
        match this.decode_packet()? {
            Some(timestamp) => this.origin = this.origin.map(|_| timestamp),
            None => return Err(this.why_silent()),
        }
        this.position = this.block_frames();
        this.trim_to_count();
        Ok(this)
    }

    /// Hertz.
    pub fn rate(&self) -> u32 {
        self.rate
    }

    pub fn channels(&self) -> usize {
        self.channels
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

    /// Goes on from `frame`, exactly. At or beyond the end, the next block is `None`.
    pub fn seek(&mut self, frame: u64) -> Result<(), AudioError> {
        self.seek_inner(frame).map_err(|cause| cause.at(&self.path))
    }

    /// In words, what is wrong with the file though it could be read, as far as it was read.
    pub fn warning(&self) -> Option<String> {
        let Faults { header, cut_off, damaged_packets, not_numbers, further_streams, .. } = &self.faults;
        let mut parts: Vec<String> = header.iter().cloned().collect();
        if *cut_off {
            parts.push("it is cut off: its end is missing".into());
        }
        if *damaged_packets > 0 {
            let what = self.faults.last_damage.unwrap_or("unreadable");
            parts.push(format!("{damaged_packets} damaged parts were left out ({what})"));
        }
        if *not_numbers > 0 {
            parts.push(format!("{not_numbers} samples are not numbers and were read as silence"));
        }
        if *further_streams {
            parts.push("it holds several recordings one after the other; only the first was read".into());
        }
        (!parts.is_empty()).then(|| parts.join("; "))
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
                    self.faults.not_numbers += silence_what_is_no_number(&mut self.block);
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
            if channels == 0 || !PLAUSIBLE_RATES.contains(&rate) {
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

    fn seek_inner(&mut self, frame: u64) -> Result<(), Cause> {
        let block_start = self.position - self.block_frames();
        if (block_start..self.position).contains(&frame) {
            self.unread = (frame - block_start) as usize * self.channels;
            return Ok(());
        }
        if self.frames_counted && self.frames.is_some_and(|frames| frame >= frames) {
            // Nothing is read there; a later seek starts over from wherever the reader was left.
            self.position = frame;
            self.block.clear();
            self.unread = 0;
            self.over = true;
            return Ok(());
        }
        // Near ahead, decoding on is cheaper than any seek.
        let near = !self.over && frame >= self.position && frame - self.position <= PREROLL_FRAMES;
        if !near {
            if self.over {
                // Symphonia's MP4 reader fails when it is sought back from its end.
                self.reopen()?;
            }
            if !self.jump_before(frame)? {
                self.reopen()?;
            }
        }
        while self.position <= frame {
            self.advance()?;
            if self.block.is_empty() {
                return Ok(());
            }
        }
        let block_start = self.position - self.block_frames();
        self.unread = frame.saturating_sub(block_start) as usize * self.channels;
        Ok(())
    }

    fn reopen(&mut self) -> Result<(), Cause> {
        let fresh = Self::open_inner(&self.path)?;
        if (fresh.rate, fresh.channels) != (self.rate, self.channels) {
            return Err(Cause::ChangedMeanwhile);
        }
        let faults = std::mem::take(&mut self.faults);
        *self = Decoder { faults, ..fresh };
        Ok(())
    }

    /// Lets the container jump to somewhere at or before `frame` and decodes the block there. `false` where it cannot
    /// or missed; the stream is then of no use and must be started over.
    fn jump_before(&mut self, frame: u64) -> Result<bool, Cause> {
        let Some(origin) = self.origin else { return Ok(false) };
        let Ok(target) = i64::try_from(frame.saturating_sub(PREROLL_FRAMES)) else { return Ok(false) };
        let to = SeekTo::Timestamp { ts: Timestamp::new(target.saturating_add(origin)), track_id: self.track };
        match guarded(|| self.reader.seek(SeekMode::Accurate, to)) {
            Ok(_) => {}
            Err(Failure::Panicked(message)) => {
                self.over = true;
                return Err(Cause::DecoderFailed(message));
            }
            Err(_) => return Ok(false),
        }
        self.decoder.reset();
        self.over = false;
        self.position = frame;
        let Some(timestamp) = self.decode_packet()? else { return Ok(false) };
        let Ok(start) = u64::try_from(timestamp - origin) else { return Ok(false) };
        self.position = start + self.block_frames();
        Ok(start <= frame)
    }
}

/// Opens a regular file that has bytes. The kind is asked first: opening a pipe would wait for its writer.
fn open_file(path: &Path) -> Result<(File, u64), Cause> {
    let metadata = fs::metadata(path).map_err(Cause::of_reading)?;
    if metadata.is_dir() {
        return Err(Cause::NotAFile("a folder"));
    }
    if !metadata.is_file() {
        return Err(Cause::NotAFile("a device or a pipe"));
    }
    let file = File::open(path).map_err(Cause::of_reading)?;
    match file.metadata().map_err(Cause::of_reading)?.len() {
        0 => Err(Cause::Empty),
        bytes => Ok((file, bytes)),
    }
}

/// Kinds of sound file that are known and not read, by their first bytes.
fn unreadable_kind(file: &mut File) -> Result<Option<&'static str>, Cause> {
    const KINDS: [(&[u8], &str); 15] = [
        (b"wvpk", "WavPack"),
        (b"MAC ", "Monkey's Audio"),
        (b"TTA1", "True Audio"),
        (b"MPCK", "Musepack"),
        (b"MP+", "Musepack"),
        (b"caff", "Core Audio (CAF)"),
        (b".snd", "Sun audio (AU)"),
        (b"MThd", "MIDI"),
        (b"#!AMR", "AMR"),
        (b"RIFX", "big-endian WAV (RIFX)"),
        (b"riff\x2E\x91\xCF\x11", "Sony Wave64"),
        (b"\x30\x26\xB2\x75\x8E\x66\xCF\x11", "Windows Media Audio"),
        (b".RMF", "RealAudio"),
        (b"DSD ", "DSD"),
        (b"FRM8", "DSD"),
    ];
    let mut head = Vec::with_capacity(16);
    file.seek(SeekFrom::Start(0)).map_err(Cause::of_reading)?;
    file.take(16).read_to_end(&mut head).map_err(Cause::of_reading)?;
    Ok(KINDS.iter().find(|(magic, _)| head.starts_with(magic)).map(|(_, name)| *name))
}

/// Containers whose packets carry exact timestamps after a seek, too. Others are decoded from their start.
fn seeks_exactly(id: FormatId) -> bool {
    let exact = [
        format::FORMAT_ID_WAVE,
        format::FORMAT_ID_AIFF,
        format::FORMAT_ID_FLAC,
        format::FORMAT_ID_MP3,
        format::FORMAT_ID_OGG,
        format::FORMAT_ID_ISOMP4,
    ];
    exact.contains(&id)
}

fn codec_name(id: AudioCodecId) -> String {
    let name = match id {
        codec::CODEC_ID_OPUS => "Opus",
        codec::CODEC_ID_SPEEX => "Speex",
        codec::CODEC_ID_MUSEPACK => "Musepack",
        codec::CODEC_ID_AAC => "this kind of AAC",
        codec::CODEC_ID_AC3 | codec::CODEC_ID_EAC3 => "Dolby Digital (AC-3)",
        codec::CODEC_ID_AC4 => "Dolby AC-4",
        codec::CODEC_ID_DCA => "DTS",
        codec::CODEC_ID_WMA => "Windows Media Audio",
        codec::CODEC_ID_WAVPACK => "WavPack",
        codec::CODEC_ID_MONKEYS_AUDIO => "Monkey's Audio",
        codec::CODEC_ID_TTA => "True Audio",
        codec::CODEC_ID_TRUEHD => "Dolby TrueHD",
        codec::CODEC_ID_ADPCM_G722 | codec::CODEC_ID_ADPCM_G726 | codec::CODEC_ID_ADPCM_G726LE => "G.722 or G.726",
        _ => return "its encoding".into(),
    };
    name.into()
}

/// Makes samples that are no sound 0, and returns how many there were.
fn silence_what_is_no_number(samples: &mut [f32]) -> u64 {
    let mut count = 0;
    for sample in samples {
        if sample.is_nan() || sample.abs() > LARGEST_SAMPLE {
            *sample = 0.0;
            count += 1;
        }
    }
    count
}

/// Why symphonia gave nothing.
enum Failure {
    Refused(SymphoniaError),
    Panicked(String),
}

impl Failure {
    fn while_probing(self) -> Cause {
        match self {
            Failure::Refused(SymphoniaError::IoError(error)) => match error.kind() {
                // Nothing that looks like a header was found in a very short file, or one was found and ended early.
                io::ErrorKind::UnexpectedEof => Cause::CutOffInHeader,
                _ => Cause::of_reading(error),
            },
            Failure::Refused(SymphoniaError::Unsupported(what)) if what.contains("probe") => Cause::NotSound,
            Failure::Refused(SymphoniaError::Unsupported(what)) => Cause::Unsupported(what.into()),
            Failure::Refused(error) => Cause::Damaged(error.to_string()),
            Failure::Panicked(message) => Cause::DecoderFailed(message),
        }
    }

    fn while_choosing(self, id: AudioCodecId) -> Cause {
        match self {
            Failure::Refused(SymphoniaError::Unsupported(_)) => Cause::Unsupported(codec_name(id)),
            Failure::Refused(SymphoniaError::IoError(error)) if error.kind() != io::ErrorKind::UnexpectedEof => {
                Cause::of_reading(error)
            }
            Failure::Refused(error) => Cause::Damaged(error.to_string()),
            Failure::Panicked(message) => Cause::DecoderFailed(message),
        }
    }
}

/// Calls into symphonia. It decodes whatever bytes strangers wrote, and a panic in it (an index out of bounds on a
/// damaged file) is that file's failure, not the program's. What panicked is never called again: every caller gives up
/// the reader or the decoder it was about.
fn guarded<T>(call: impl FnOnce() -> Result<T, SymphoniaError>) -> Result<T, Failure> {
    match catch_unwind(AssertUnwindSafe(call)) {
        Ok(result) => result.map_err(Failure::Refused),
        Err(payload) => {
            let message = payload.downcast_ref::<String>().map(String::as_str);
            let message = message.or_else(|| payload.downcast_ref::<&str>().copied()).unwrap_or("a panic");
            Err(Failure::Panicked(message.into()))
        }
    }
}

#[cfg(test)]
mod tests;
