//! Mel spectra: the power of a sound in frequency bands, frame by frame. The bands are spaced as people hear pitch.

mod inverse;

use realfft::{RealFftPlanner, RealToComplex};
use std::fmt;
use std::sync::Arc;

/// Added to a power before its logarithm, so that silence has a logarithm. A full-scale sine has a power of about 4,000
/// in its band, so the floor is 86 dB below it.
pub const POWER_FLOOR: f32 = 1e-5;

/// Powers are scaled to a transform of this length. So [`POWER_FLOOR`] is equally quiet at every rate.
const REFERENCE_LENGTH: f32 = 256.0;

/// The lower edge of the lowest band, in hertz.
const LOWEST_HZ: f32 = 30.0;

/// The highest edge of the highest band, in hertz, where bands are fixed in hertz.
const HIGHEST_HZ: f32 = 16_000.0;

/// A short-time spectrum whose bins are summed into mel bands. Frame t covers `length` samples from sample `t * step`
/// on. So the frames of an excerpt use no sample outside it.
#[derive(Clone)]
pub struct MelSpectrum {
    length: usize,
    step: usize,
    window: Vec<f32>,
    bands: Vec<Band>,
    /// The centre of each band, in hertz.
    centres: Vec<f32>,
    fft: Arc<dyn RealToComplex<f32>>,
}

/// A triangular weight over neighbouring bins of the spectrum.
#[derive(Clone, Debug)]
struct Band {
    first_bin: usize,
    weights: Vec<f32>,
}

impl fmt::Debug for MelSpectrum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MelSpectrum({} bands, length {}, step {})", self.bands.len(), self.length, self.step)
    }
}

impl MelSpectrum {
    /// Bands from 30 Hz to half the rate. `rate` in hertz; `length` and `step` in samples.
    pub fn new(rate: u32, length: usize, step: usize, bands: usize) -> Self {
        Self::up_to(rate as f32 / 2.0, rate, length, step, bands)
    }

    /// Bands from 30 Hz to 16 kHz, at every rate. Bands that reach beyond half the rate are empty. So one model can
    /// hear recordings of all rates.
    pub fn fixed(rate: u32, length: usize, step: usize, bands: usize) -> Self {
        Self::up_to(HIGHEST_HZ, rate, length, step, bands)
    }

    fn up_to(highest: f32, rate: u32, length: usize, step: usize, bands: usize) -> Self {
        let rate = rate as f32;
        let (low, high) = (to_mel(LOWEST_HZ), to_mel(highest));
        let edges: Vec<f32> =
            (0..bands + 2).map(|i| to_hz(low + (high - low) * i as f32 / (bands + 1) as f32)).collect();
        let scale = (REFERENCE_LENGTH / length as f32).powi(2);
        let triangle = |edges: &[f32]| {
            let (left, middle, right) = (edges[0], edges[1], edges[2]);
            let weight = |bin: usize| {
                let hz = bin as f32 * rate / length as f32;
                ((hz - left) / (middle - left)).min((right - hz) / (right - middle)).max(0.0)
            };
            // Rounding must not empty the band that ends at half the rate.
            let is_whole = right <= 1.001 * rate / 2.0;
            let bins: Vec<usize> = (0..=length / 2).filter(|&bin| is_whole && weight(bin) > 0.0).collect();
            let first_bin = bins.first().copied().unwrap_or(0);
            Band { first_bin, weights: bins.iter().map(|&bin| weight(bin) * scale).collect() }
        };
        Self {
            length,
            step,
            window: hann(length),
            bands: edges.windows(3).map(triangle).collect(),
            centres: edges[1..=bands].to_vec(),
            fft: RealFftPlanner::new().plan_fft_forward(length),
        }
    }

    /// The number of samples of a frame.
    pub fn length(&self) -> usize {
        self.length
    }

    /// The number of samples from one frame to the next.
    pub fn step(&self) -> usize {
        self.step
    }

    /// The number of bands of a frame.
    pub fn bands(&self) -> usize {
        self.bands.len()
    }

    /// The centre of each band, in hertz.
    pub fn centres(&self) -> &[f32] {
        &self.centres
    }

    /// The power of white noise in each band, relative to the other bands.
    pub fn widths(&self) -> Vec<f32> {
        self.bands.iter().map(|band| band.weights.iter().sum()).collect()
    }

    /// The number of frames that lie wholly within `samples` samples.
    pub fn frame_count(&self, samples: usize) -> usize {
        if samples < self.length { 0 } else { (samples - self.length) / self.step + 1 }
    }

    /// The natural logarithm of the power plus [`POWER_FLOOR`] of each band of each frame: `[frames, bands]`.
    pub fn log_powers(&self, samples: &[f32]) -> Vec<f32> {
        let frames = self.frame_count(samples.len());
        let mut out = Vec::with_capacity(frames * self.bands.len());
        let mut input = self.fft.make_input_vec();
        let mut spectrum = self.fft.make_output_vec();
        let mut scratch = self.fft.make_scratch_vec();
        let mut powers = vec![0.0_f32; spectrum.len()];
        for frame in samples.windows(self.length).step_by(self.step) {
            for ((to, x), w) in input.iter_mut().zip(frame).zip(&self.window) {
                *to = x * w;
            }
            if self.fft.process_with_scratch(&mut input, &mut spectrum, &mut scratch).is_err() {
                unreachable!("the buffers are the transform's own");
            }
            for (power, bin) in powers.iter_mut().zip(&spectrum) {
                *power = bin.norm_sqr();
            }
            out.extend(self.bands.iter().map(|band| {
                let bins = &powers[band.first_bin..];
                let power: f32 = band.weights.iter().zip(bins).map(|(w, p)| w * p).sum();
                (power + POWER_FLOOR).ln()
            }));
        }
        out
    }
}

/// The Hann window for frames of `length` samples that overlap.
pub(super) fn hann(length: usize) -> Vec<f32> {
    (0..length).map(|i| 0.5 - 0.5 * (std::f32::consts::TAU * i as f32 / length as f32).cos()).collect()
}

fn to_mel(hz: f32) -> f32 {
    2595.0 * (1.0 + hz / 700.0).log10()
}

fn to_hz(mel: f32) -> f32 {
    700.0 * (10.0_f32.powf(mel / 2595.0) - 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sine(rate: u32, hz: f32, samples: usize) -> Vec<f32> {
        (0..samples).map(|i| (std::f32::consts::TAU * hz * i as f32 / rate as f32).sin()).collect()
    }

    #[test]
    fn a_chunk_has_29_frames_and_short_sounds_none() {
        let mel = MelSpectrum::new(8000, 256, 64, 40);
        assert_eq!([0, 255, 256, 319, 320, 2048].map(|n| mel.frame_count(n)), [0, 0, 1, 1, 2, 29]);
        assert_eq!(mel.log_powers(&vec![0.0; 2048]).len(), 29 * 40);
    }

    #[test]
    fn a_sine_is_loudest_in_its_own_band_at_every_rate() {
        let mut levels = Vec::new();
        for (rate, length) in [(8000, 256), (32_000, 1024)] {
            let mel = MelSpectrum::new(rate, length, length / 4, 40);
            let frame = &mel.log_powers(&sine(rate, 1000.0, length))[..40];
            let loudest = (0..40).max_by(|&a, &b| frame[a].total_cmp(&frame[b])).unwrap();
            let nearest = (0..40)
                .min_by(|&a, &b| (mel.centres()[a] - 1000.0).abs().total_cmp(&(mel.centres()[b] - 1000.0).abs()))
                .unwrap();
            assert_eq!(loudest, nearest);
            levels.push(frame[loudest]);
        }
        assert!((levels[0] - levels[1]).abs() < 1.0, "one level at every rate: {levels:?}");
    }

    #[test]
    fn fixed_bands_are_the_same_at_every_rate_and_empty_above_its_half() {
        let frame = |rate: u32, length: usize| {
            let mel = MelSpectrum::fixed(rate, length, length / 4, 64);
            (mel.log_powers(&sine(rate, 1000.0, length))[..64].to_vec(), mel)
        };
        let (low, low_bands) = frame(8000, 256);
        let (high, high_bands) = frame(32_000, 1024);
        assert_eq!(low_bands.centres(), high_bands.centres());
        for (band, hz) in low_bands.centres().iter().enumerate() {
            if *hz < 3500.0 {
                assert!((low[band] - high[band]).abs() < 1.0, "band {band}: {} and {}", low[band], high[band]);
            }
            if *hz > 4000.0 {
                assert_eq!((low[band], low_bands.widths()[band]), (POWER_FLOOR.ln(), 0.0));
            }
            assert!(high_bands.widths()[band] > 0.0);
        }
    }

    #[test]
    fn silence_is_the_floor() {
        let mel = MelSpectrum::new(8000, 256, 64, 40);
        assert!(mel.log_powers(&[0.0; 256]).iter().all(|&x| x == POWER_FLOOR.ln()));
    }
}
