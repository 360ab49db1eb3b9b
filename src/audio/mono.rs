//! Reads a sound as one channel at a wanted rate: the whole file, a stretch, or block by block.

use std::path::{Path, PathBuf};

use super::decode::Decoder;
use super::error::{AudioError, Cause};
use super::mix::{Mixer, WINDOW};
use super::resample::Resampler;

/// A sound as one channel. The channels are averaged, so a sound that is in only one of two channels has half its
/// level. If channels cancel one another, the first loud channel is used instead.
#[derive(Clone, Debug, PartialEq)]
pub struct Mono {
    pub samples: Vec<f32>,
    /// The rate of `samples`, in hertz.
    pub rate: u32,
    /// The file's own rate, in hertz.
    pub native_rate: u32,
    pub native_channels: usize,
    /// The number of frames of the file, at its own rate, that `samples` were made from.
    pub native_frames: u64,
}

/// Reads a file, or its stretch `range_secs`, at `target_rate` (`None`: its own rate). A stretch ends with the file. A
/// stretch beyond the end is empty.
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

/// Reads a file as one channel in blocks, so that hours of sound are never in memory as a whole.
pub struct MonoReader {
    path: PathBuf,
    decoder: Decoder,
    resampler: Resampler,
    rate: u32,
    mixer: Mixer,
    mixed: Vec<f32>,
    frames_read: u64,
    /// The number of frames before the stretch that are read because the mix of the stretch depends on them.
    frames_before: u64,
    /// The number of frames of the stretch that are not decoded yet, and the number that are not returned yet.
    to_decode: u64,
    to_give: u64,
    over: bool,
}

impl MonoReader {
    /// Reads the whole file at `target_rate`, or at its own rate.
    pub fn open(path: &Path, target_rate: Option<u32>) -> Result<Self, AudioError> {
        Self::open_range(path, target_rate, 0.0, None)
    }

    /// Reads a stretch, in seconds from the file's start; `None` is its end. The stretch is cut to whole frames of the
    /// file.
    pub fn open_range(
        path: &Path,
        target_rate: Option<u32>,
        from_secs: f64,
        to_secs: Option<f64>,
    ) -> Result<Self, AudioError> {
        let mut decoder = Decoder::open(path)?;
        let frame_at = |secs: f64| (secs.max(0.0) * f64::from(decoder.rate())).round() as u64;
        let first = frame_at(from_secs);
        let to_give = to_secs.map_or(u64::MAX, |secs| frame_at(secs).saturating_sub(first));
        let rate = target_rate.unwrap_or(decoder.rate());
        let resampler = Resampler::new(decoder.rate(), rate).map_err(|cause| cause.at(path))?;
        // Windows are mixed as a whole, and each fades in from the one before.
        let begin = match decoder.channels() {
            1 => first,
            _ => (first / WINDOW as u64).saturating_sub(1) * WINDOW as u64,
        };
        let rest = if decoder.channels() == 1 { 0 } else { WINDOW as u64 };
        if begin > 0 {
            decoder.seek(begin)?;
        }
        Ok(MonoReader {
            path: path.to_path_buf(),
            mixer: Mixer::new(decoder.channels()),
            decoder,
            resampler,
            rate,
            mixed: Vec::new(),
            frames_read: 0,
            frames_before: first - begin,
            to_decode: (first - begin).saturating_add(to_give).saturating_add(rest),
            to_give,
            over: false,
        })
    }

    /// The rate of the blocks, in hertz.
    pub fn rate(&self) -> u32 {
        self.rate
    }

    /// The file's decoder, with its own rate, channels and warnings.
    pub fn file(&self) -> &Decoder {
        &self.decoder
    }

    /// Appends the next samples to `out`: a few thousand, sometimes none. Returns false at the end.
    pub fn next_block(&mut self, out: &mut Vec<f32>) -> Result<bool, AudioError> {
        if self.over {
            return Ok(false);
        }
        let channels = self.decoder.channels();
        let block = if self.to_decode == 0 || self.to_give == 0 { None } else { self.decoder.next_block()? };
        self.mixed.clear();
        let is_end = match block {
            Some(block) => {
                let frames = ((block.len() / channels) as u64).min(self.to_decode);
                self.mixer.push(&block[..frames as usize * channels], &mut self.mixed);
                self.to_decode -= frames;
                false
            }
            None => {
                self.mixer.finish(&mut self.mixed);
                true
            }
        };
        let before = self.frames_before.min(self.mixed.len() as u64);
        self.frames_before -= before;
        let given = (self.mixed.len() as u64 - before).min(self.to_give);
        self.to_give -= given;
        self.frames_read += given;
        let mixed = &self.mixed[before as usize..(before + given) as usize];
        let mut resampled = self.resampler.push(mixed, out);
        if is_end {
            self.over = true;
            resampled = resampled.and_then(|()| self.resampler.finish(out));
        }
        resampled.map_err(|cause: Cause| cause.at(&self.path))?;
        Ok(true)
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
