//! Reading a sound as one channel at a wanted rate: whole, a stretch, or in blocks.

use std::path::{Path, PathBuf};

use super::decode::Decoder;
use super::error::{AudioError, Cause};
use super::resample::Resampler;

/// A sound as one channel. The channels of the file are averaged: a sound in one channel of two is heard at half its
/// level, and what is in opposite phase in two is not heard.
#[derive(Clone, Debug, PartialEq)]
pub struct Mono {
    pub samples: Vec<f32>,
    /// Of `samples`, in hertz.
    pub rate: u32,
    /// The file's own.
    pub native_rate: u32,
    pub native_channels: usize,
    /// Frames at the file's own rate that `samples` were made from.
    pub native_frames: u64,
}

/// Reads a file, or its stretch of `range_secs`, at `target_rate` (`None`: its own). A stretch ends where the file does;
/// one that lies beyond the end is empty.
pub fn read_mono(path: &Path, target_rate: Option<u32>, range_secs: Option<(f64, f64)>) -> Result<Mono, AudioError> {
    let mut reader = match range_secs {
        None => MonoReader::open(path, target_rate)?,
        Some((from, to)) => MonoReader::open_range(path, target_rate, from, Some(to))?,
    };
    let mut samples = Vec::new();
    while reader.next_block(&mut samples)? {}
    Ok(Mono {
        samples,
        rate: reader.rate(),
        native_rate: reader.decoder.rate(),
        native_channels: reader.decoder.channels(),
        native_frames: reader.frames_read,
    })
}

/// Reads a file as one channel in blocks, so that a file of hours is never in memory whole.
pub struct MonoReader {
    path: PathBuf,
    decoder: Decoder,
    resampler: Resampler,
    rate: u32,
    mixed: Vec<f32>,
    frames_read: u64,
    /// Frames of the stretch that have yet to be read.
    frames_left: u64,
    over: bool,
}

impl MonoReader {
    /// The whole file at `target_rate`, or at its own.
    pub fn open(path: &Path, target_rate: Option<u32>) -> Result<Self, AudioError> {
        Self::open_range(path, target_rate, 0.0, None)
    }

    /// A stretch in seconds from the file's start; `None` is its end. Cut to whole frames of the file.
    pub fn open_range(
        path: &Path,
        target_rate: Option<u32>,
        from_secs: f64,
        to_secs: Option<f64>,
    ) -> Result<Self, AudioError> {
        let mut decoder = Decoder::open(path)?;
        let frame_at = |secs: f64| (secs.max(0.0) * f64::from(decoder.rate())).round() as u64;
        let first = frame_at(from_secs);
        let frames_left = to_secs.map_or(u64::MAX, |secs| frame_at(secs).saturating_sub(first));
        let rate = target_rate.unwrap_or(decoder.rate());
        let resampler = Resampler::new(decoder.rate(), rate).map_err(|cause| cause.at(path))?;
        if first > 0 {
            decoder.seek(first)?;
        }
        Ok(MonoReader {
            path: path.to_path_buf(),
            decoder,
            resampler,
            rate,
            mixed: Vec::new(),
            frames_read: 0,
            frames_left,
            over: false,
        })
    }

    /// Of the blocks, in hertz.
    pub fn rate(&self) -> u32 {
        self.rate
    }

    /// The file as it is: its own rate, channels and warnings.
    pub fn file(&self) -> &Decoder {
        &self.decoder
    }

    /// Appends some more samples to `out` (a few thousand; none at times), or says `false` at the end.
    pub fn next_block(&mut self, out: &mut Vec<f32>) -> Result<bool, AudioError> {
        if self.over {
            return Ok(false);
        }
        let channels = self.decoder.channels();
        let block = if self.frames_left == 0 { None } else { self.decoder.next_block()? };
        let resampled = match block {
            Some(block) => {
                let frames = ((block.len() / channels) as u64).min(self.frames_left);
                mix_to_mono(&block[..frames as usize * channels], channels, &mut self.mixed);
                self.frames_left -= frames;
                self.frames_read += frames;
                self.resampler.push(&self.mixed, out)
            }
            None => {
                self.over = true;
                self.resampler.finish(out)
            }
        };
        resampled.map_err(|cause: Cause| cause.at(&self.path))?;
        Ok(true)
    }
}

/// Replaces `mono` by the mean of the channels of `interleaved`.
pub fn mix_to_mono(interleaved: &[f32], channels: usize, mono: &mut Vec<f32>) {
    mono.clear();
    match channels {
        0 | 1 => mono.extend_from_slice(interleaved),
        2 => mono.extend(interleaved.chunks_exact(2).map(|frame| 0.5 * (frame[0] + frame[1]))),
        _ => {
            let share = 1.0 / channels as f32;
            mono.extend(interleaved.chunks_exact(channels).map(|frame| frame.iter().sum::<f32>() * share));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::wav::{Depth, write_wav};

    fn ramp(frames: usize, channels: usize) -> Vec<f32> {
        (0..frames * channels)
            .map(|i| ((i / channels) % 1000) as f32 / 2048.0 * (1.0 + (i % channels) as f32))
            .collect()
    }

    #[test]
    fn channels_are_averaged() {
        let mut mono = vec![9.0];
        mix_to_mono(&[1.0, 0.0, -0.5, 0.5], 2, &mut mono);
        assert_eq!(mono, [0.5, 0.0]);
        mix_to_mono(&[0.3, 0.6, 0.9], 3, &mut mono);
        assert!((mono[0] - 0.6).abs() < 1e-6);
    }

    #[test]
    fn a_stretch_is_cut_to_the_frame_and_ends_with_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ramp.wav");
        write_wav(&path, &ramp(40_000, 2), 2, 8000, Depth::Float32).unwrap();
        let whole = read_mono(&path, None, None).unwrap();
        assert_eq!(
            (whole.rate, whole.native_rate, whole.native_channels, whole.native_frames),
            (8000, 8000, 2, 40_000)
        );
        assert_eq!(whole.samples.len(), 40_000);
        let stretch = read_mono(&path, None, Some((2.5, 3.0))).unwrap();
        assert_eq!(stretch.samples, whole.samples[20_000..24_000]);
        assert_eq!(stretch.native_frames, 4000);
        let tail = read_mono(&path, None, Some((4.9, 100.0))).unwrap();
        assert_eq!(tail.samples, whole.samples[39_200..]);
        assert!(read_mono(&path, None, Some((5.5, 6.0))).unwrap().samples.is_empty());
        assert!(read_mono(&path, None, Some((2.0, 1.0))).unwrap().samples.is_empty());
    }

    #[test]
    fn another_rate_has_the_stated_length() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ramp.wav");
        write_wav(&path, &ramp(44_101, 1), 1, 44_100, Depth::Pcm16).unwrap();
        let mono = read_mono(&path, Some(8000), None).unwrap();
        assert_eq!((mono.samples.len(), mono.rate, mono.native_frames), (8001, 8000, 44_101));
    }
}
