//! Cuts a stretch out of a sound file into a WAV file with the original's rate, channels and depth.
//!
//! The samples of a WAV file are copied unchanged. From other files, whole numbers are written with their own number of
//! bytes. Lossy formats (MP3, Vorbis, AAC) are written as the floating point numbers that they decode to. (Whole
//! numbers of 32 bits in files other than WAV keep their upper 24 bits, which is what a decoder's float holds.)

use std::io::{self, BufWriter, Seek, Write};
use std::ops::Range;
use std::path::Path;

use hound::{SampleFormat, WavSpec, WavWriter};

use super::container::riff::{Wav, wav};
use super::container::section::{Section, open};
use super::decode::Decoder;
use super::error::{AudioError, Cause};
use super::wav::{of_writing, write_whole};
use crate::ground::files::Draft;

/// hound counts bytes in 32 bits, and the header needs some room.
const MOST_BYTES: u64 = u32::MAX as u64 - 1024;

/// Writes the stretch of `path` from `from_secs` to `to_secs` (`None`: the end) to `out`. The file appears whole or not
/// at all. A stretch ends with the file. A stretch without any sound is an error.
pub fn save_clip(path: &Path, from_secs: f64, to_secs: Option<f64>, out: &Path) -> Result<(), AudioError> {
    write_whole(out, |file: BufWriter<&mut Draft>| cut(path, from_secs, to_secs, file)).map_err(|cause| match cause {
        Cause::Unwritable(_) | Cause::TooLong(_) => cause.at(out),
        _ => cause.at(path),
    })
}

/// Like [`save_clip`], but returns the bytes of the WAV file.
pub fn clip_bytes(path: &Path, from_secs: f64, to_secs: Option<f64>) -> Result<Vec<u8>, AudioError> {
    let mut bytes = Vec::new();
    cut(path, from_secs, to_secs, io::Cursor::new(&mut bytes)).map_err(|cause| cause.at(path))?;
    Ok(bytes)
}

fn cut(path: &Path, from_secs: f64, to_secs: Option<f64>, to: impl Write + Seek) -> Result<(), Cause> {
    let mut section = open(path)?;
    let frames = |rate: u32| {
        let frame_at = |secs: f64| (secs.max(0.0) * f64::from(rate)).round() as u64;
        frame_at(from_secs)..to_secs.map_or(u64::MAX, frame_at)
    };
    let written = match wav(&mut section)? {
        Some(wav) if wav.can_be_copied() => copy(&mut section, &wav, frames(wav.layout.rate), to)?,
        _ => {
            let mut decoder = Decoder::open(path).map_err(|failure| failure.cause)?;
            let frames = frames(decoder.rate());
            decode(&mut decoder, frames, to)?
        }
    };
    match written {
        true => Ok(()),
        false => {
            Err(Cause::EmptyStretch { from: from_secs, to: to_secs.map_or("its end".into(), |to| format!("{to} s")) })
        }
    }
}

/// Copies a WAV file's frames. Returns false if there are none.
fn copy(section: &mut Section, wav: &Wav, frames: Range<u64>, mut to: impl Write) -> Result<bool, Cause> {
    let Some(bytes) = wav.layout.bytes_of(frames).filter(|bytes| !bytes.is_empty()) else { return Ok(false) };
    let count = bytes.end - bytes.start;
    let header = wav.header_of(count).ok_or_else(|| Cause::TooLong(format!("{count} bytes")))?;
    to.write_all(&header).map_err(Cause::Unwritable)?;
    let mut left = count;
    let mut buffer = vec![0; 64 << 10];
    while left > 0 {
        let part = buffer.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        if section.read_up_to(bytes.end - left, &mut buffer[..part])? < part {
            return Err(Cause::ChangedMeanwhile);
        }
        to.write_all(&buffer[..part]).map_err(Cause::Unwritable)?;
        left -= part as u64;
    }
    if count % 2 == 1 {
        to.write_all(&[0]).map_err(Cause::Unwritable)?;
    }
    to.flush().map_err(Cause::Unwritable)?;
    Ok(true)
}

/// Decodes frames and writes them in their stored form. Returns false if there are none.
fn decode(decoder: &mut Decoder, frames: Range<u64>, to: impl Write + Seek) -> Result<bool, Cause> {
    let channels = decoder.channels();
    let bytes = decoder.stored_bits().map(|bits| bits.div_ceil(8).clamp(1, 4) as u16);
    let spec = WavSpec {
        // The decoder has at most 64 channels.
        channels: channels as u16,
        sample_rate: decoder.rate(),
        bits_per_sample: 8 * bytes.unwrap_or(4),
        sample_format: if bytes.is_some() { SampleFormat::Int } else { SampleFormat::Float },
    };
    let full_scale = 2f32.powi(i32::from(spec.bits_per_sample) - 1);
    let most_frames = MOST_BYTES / (u64::from(spec.channels) * u64::from(spec.bits_per_sample / 8));
    if frames.start > 0 {
        decoder.seek(frames.start).map_err(|failure| failure.cause)?;
    }
    let mut left = frames.end.saturating_sub(frames.start);
    let mut writer = None;
    let mut to = Some(to);
    let mut written = 0;
    while left > 0 {
        let Some(block) = decoder.next_block().map_err(|failure| failure.cause)? else { break };
        let count = ((block.len() / channels) as u64).min(left);
        written += count;
        left -= count;
        if written > most_frames {
            let minutes = written as f64 / f64::from(spec.sample_rate) / 60.0;
            return Err(Cause::TooLong(format!("more than {minutes:.0} minutes")));
        }
        if let Some(to) = to.take() {
            writer = Some(WavWriter::new(to, spec).map_err(of_writing)?);
        }
        let Some(writer) = &mut writer else { break };
        for sample in &block[..count as usize * channels] {
            match bytes {
                // Rounding restores the whole numbers that became floats. There is no positive number for full scale
                // itself.
                Some(_) => {
                    writer.write_sample((sample * full_scale).round().clamp(-full_scale, below(full_scale)) as i32)
                }
                None => writer.write_sample(*sample),
            }
            .map_err(of_writing)?;
        }
    }
    match writer {
        Some(writer) => writer.finalize().map(|()| true).map_err(of_writing),
        None => Ok(false),
    }
}

/// The largest whole number below a power of two that an f32 can hold.
fn below(full_scale: f32) -> f32 {
    if full_scale > 16_777_216.0 { full_scale.next_down() } else { full_scale - 1.0 }
}

#[cfg(test)]
mod tests;
