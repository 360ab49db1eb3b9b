//! Reads a stretch of a file for a device. The samples come from the original file, are faded where the stretch is cut,
//! and are converted only if the device does not accept the file's format.

use std::path::Path;

use super::Format;
use super::voice::FADE_SECS;
use crate::audio::{AudioError, Decoder, Resampler};

pub(super) struct ClipReader {
    decoder: Decoder,
    native: Format,
    /// The stretch, in frames of the file.
    first: u64,
    end: Option<u64>,
    /// The frame where reading last began, and the current frame.
    began: u64,
    at: u64,
    fade_frames: u64,
    block: Vec<f32>,
    /// Samples that were read ahead, and how many of them have been passed on.
    ahead: Vec<f32>,
    given: usize,
}

impl ClipReader {
    /// Opens the stretch from `from_secs` to `to_secs` (`None`: to the end).
    pub fn open(path: &Path, from_secs: f64, to_secs: Option<f64>) -> Result<Self, AudioError> {
        let mut decoder = Decoder::open(path)?;
        let native = Format { rate: decoder.rate(), channels: decoder.channels() };
        let frame_at = |secs: f64| (secs.max(0.0) * f64::from(native.rate)).round() as u64;
        let first = frame_at(from_secs);
        if first > 0 {
            decoder.seek(first)?;
        }
        Ok(ClipReader {
            decoder,
            native,
            first,
            end: to_secs.map(frame_at),
            began: first,
            at: first,
            fade_frames: ((f64::from(native.rate) * FADE_SECS) as u64).max(1),
            block: Vec::new(),
            ahead: Vec::new(),
            given: 0,
        })
    }

    /// Reads about `secs` ahead and returns the samples. `next_block` returns them again.
    pub fn peek(&mut self, secs: f64) -> Result<&[f32], AudioError> {
        let wanted = (secs * f64::from(self.native.rate)) as usize * self.native.channels;
        self.ahead.drain(..std::mem::take(&mut self.given));
        while self.ahead.len() < wanted && self.read_block()? {
            self.ahead.extend_from_slice(&self.block);
        }
        Ok(&self.ahead)
    }

    /// The format of the file.
    pub fn native(&self) -> Format {
        self.native
    }

    /// Where the stretch ends, in seconds. `None`: not known yet.
    pub fn end_secs(&self) -> Option<f64> {
        let end = match (self.end, self.decoder.frames()) {
            (Some(end), Some(frames)) => end.min(frames),
            (end, frames) => end.or(frames)?,
        };
        Some(end as f64 / f64::from(self.native.rate))
    }

    /// The position of reading, in seconds.
    pub fn at_secs(&self) -> f64 {
        let waiting = (self.ahead.len() - self.given) / self.native.channels;
        (self.at - waiting as u64) as f64 / f64::from(self.native.rate)
    }

    /// Continues at `secs` from the file's start, within the stretch.
    pub fn seek(&mut self, secs: f64) -> Result<(), AudioError> {
        let frame = (secs.max(0.0) * f64::from(self.native.rate)).round() as u64;
        let frame = frame.clamp(self.first, self.end.unwrap_or(u64::MAX).max(self.first));
        self.decoder.seek(frame)?;
        (self.began, self.at) = (frame, frame);
        self.ahead.clear();
        self.given = 0;
        Ok(())
    }

    /// The next frames as they are in the file, interleaved. `None`: the end.
    pub fn next_block(&mut self) -> Result<Option<&[f32]>, AudioError> {
        const FRAMES_AT_ONCE: usize = 4096;
        if self.given < self.ahead.len() {
            let from = self.given;
            self.given = self.ahead.len().min(from + FRAMES_AT_ONCE * self.native.channels);
            return Ok(Some(&self.ahead[from..self.given]));
        }
        Ok(if self.read_block()? { Some(&self.block) } else { None })
    }

    /// Reads the next frames of the file into `block`. Returns false at the end.
    fn read_block(&mut self) -> Result<bool, AudioError> {
        if self.end.is_some_and(|end| self.at >= end) {
            return Ok(false);
        }
        let Some(block) = self.decoder.next_block()? else { return Ok(false) };
        let channels = self.native.channels;
        let left = self.end.map_or(u64::MAX, |end| end - self.at);
        let frames = ((block.len() / channels) as u64).min(left);
        self.block.clear();
        self.block.extend_from_slice(&block[..frames as usize * channels]);
        // The beginning and the end of the file itself are left as they are. Only cuts within the file are faded.
        let inner_end = self.end.filter(|end| self.decoder.frames().is_none_or(|frames| *end < frames));
        for (frame, samples) in (self.at..).zip(self.block.chunks_exact_mut(channels)) {
            let from_start = if self.began > 0 { frame - self.began } else { u64::MAX };
            let to_end = inner_end.map_or(u64::MAX, |end| end - frame - 1);
            let nearest = from_start.min(to_end);
            if nearest < self.fade_frames {
                let gain = nearest as f32 / self.fade_frames as f32;
                samples.iter_mut().for_each(|sample| *sample *= gain);
            }
        }
        self.at += frames;
        Ok(true)
    }
}

/// Converts from a file's format to a device's format.
pub(super) struct Converter {
    from: Format,
    to: Format,
    /// One for each channel of the device. Empty if the rates are equal.
    resamplers: Vec<Resampler>,
    /// Interleaved at the file's rate, with the device's channels.
    mixed: Vec<f32>,
    lane: Vec<f32>,
    resampled: Vec<Vec<f32>>,
}

impl Converter {
    pub fn new(from: Format, to: Format) -> Result<Self, crate::audio::Cause> {
        let resamplers = match from.rate == to.rate {
            true => Vec::new(),
            false => (0..to.channels).map(|_| Resampler::new(from.rate, to.rate)).collect::<Result<_, _>>()?,
        };
        let resampled = vec![Vec::new(); resamplers.len()];
        Ok(Converter { from, to, resamplers, mixed: Vec::new(), lane: Vec::new(), resampled })
    }

    /// Appends a block to `out` in the device's format. `None` ends the sound.
    pub fn push(&mut self, block: Option<&[f32]>, out: &mut Vec<f32>) -> Result<(), crate::audio::Cause> {
        self.mixed.clear();
        if let Some(block) = block {
            map_channels(block, self.from.channels, self.to.channels, &mut self.mixed);
        }
        if self.resamplers.is_empty() {
            out.extend_from_slice(&self.mixed);
            return Ok(());
        }
        for (channel, (resampler, resampled)) in self.resamplers.iter_mut().zip(&mut self.resampled).enumerate() {
            resampled.clear();
            match block {
                Some(_) => {
                    self.lane.clear();
                    self.lane.extend(self.mixed.iter().skip(channel).step_by(self.to.channels));
                    resampler.push(&self.lane, resampled)?;
                }
                None => resampler.finish(resampled)?,
            }
        }
        let frames = self.resampled.first().map_or(0, Vec::len);
        out.extend((0..frames).flat_map(|frame| self.resampled.iter().map(move |lane| lane[frame])));
        Ok(())
    }
}

/// A mono sound goes to every channel of the device. If the device has fewer channels than the sound, the channels that
/// share one are averaged. If it has more, the further channels stay silent.
fn map_channels(block: &[f32], from: usize, to: usize, out: &mut Vec<f32>) {
    if from == to {
        out.extend_from_slice(block);
        return;
    }
    for frame in block.chunks_exact(from) {
        for channel in 0..to {
            let folded = frame.iter().skip(channel).step_by(to);
            let sample = match (from, folded.len()) {
                (1, _) => frame[0],
                (_, 0) => 0.0,
                (_, count) => folded.sum::<f32>() / count as f32,
            };
            out.push(sample);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mapped(block: &[f32], from: usize, to: usize) -> Vec<f32> {
        let mut out = Vec::new();
        map_channels(block, from, to, &mut out);
        out
    }

    #[test]
    fn channels_are_folded_or_spread() {
        assert_eq!(mapped(&[0.5, 0.25], 1, 2), [0.5, 0.5, 0.25, 0.25]);
        assert_eq!(mapped(&[0.5, 0.25], 2, 1), [0.375]);
        assert_eq!(mapped(&[0.1, 0.2, 0.3, 0.4], 4, 2), [0.2, 0.3]);
        assert_eq!(mapped(&[0.1, 0.2], 2, 4), [0.1, 0.2, 0.0, 0.0]);
    }

    #[test]
    fn converting_changes_the_rate_of_every_channel() {
        let (from, to) = (Format { rate: 8000, channels: 2 }, Format { rate: 44_100, channels: 2 });
        let mut converter = Converter::new(from, to).unwrap();
        let mut out = Vec::new();
        let block: Vec<f32> = (0..8000).flat_map(|_| [0.5, -0.25]).collect();
        converter.push(Some(&block), &mut out).unwrap();
        converter.push(None, &mut out).unwrap();
        assert_eq!(out.len(), 2 * 44_100);
        assert!((out[44_100] - 0.5).abs() < 1e-3 && (out[44_101] + 0.25).abs() < 1e-3);
    }
}
