//! What one frame's spectrum tells: how bright, how noisy, and of which pitch.

use std::f32::consts::{LN_2, TAU};
use std::sync::Arc;

use realfft::num_complex::Complex;
use realfft::{ComplexToReal, RealFftPlanner, RealToComplex};

use super::frames::{Frame, length};
use super::pitch::{Periodicity, periodicity};

/// Frequencies below this one are no part of a sound that people hear.
const LOWEST_HZ: f32 = 20.0;

/// The scale of brightness: its lowest frequency, and its octaves.
const DARKEST_HZ: f32 = 62.5;
const OCTAVES: f32 = 8.0;

/// The upper edge of the lowest band in which flatness is measured. Each next band is an octave.
const FIRST_BAND_HZ: f32 = 125.0;

/// The natural logarithm of the flatness that a frame of white noise has: its powers are spread exponentially, so this is minus
/// the Euler-Mascheroni constant.
const LN_FLATNESS_OF_NOISE: f32 = -0.577_215_7;

/// What was measured of a frame.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct OfFrame {
    /// How much the frame counts: its amplitude.
    pub weight: f32,
    pub brightness: f32,
    pub noisiness: f32,
    pub periodicity: Periodicity,
}

/// Measures frames at one rate.
pub(super) struct Spectrum {
    rate: f32,
    forward: Arc<dyn RealToComplex<f32>>,
    backward: Arc<dyn ComplexToReal<f32>>,
    /// Twice as long as a frame: the second half is zeros, so that the autocorrelation does not wrap around.
    samples: Vec<f32>,
    spectrum: Vec<Complex<f32>>,
    scratch: Vec<Complex<f32>>,
    powers: Vec<f32>,
    /// The bins at which bands of flatness begin, and the end of the last band.
    edges: Vec<usize>,
}

thread_local! {
    /// Many short sounds are measured one after another, and planning a transform takes longer than carrying it out.
    static PLANNER: std::cell::RefCell<RealFftPlanner<f32>> = std::cell::RefCell::new(RealFftPlanner::new());
}

/// A transform of so many samples.
pub(super) fn planned(length: usize) -> Arc<dyn RealToComplex<f32>> {
    PLANNER.with_borrow_mut(|planner| planner.plan_fft_forward(length))
}

impl Spectrum {
    pub fn new(rate: u32) -> Self {
        let length = length(rate);
        let forward = planned(2 * length);
        let backward = PLANNER.with_borrow_mut(|planner| planner.plan_fft_inverse(2 * length));
        let rate = rate as f32;
        let bins = length / 2;
        let bin_of = |hz: f32| ((hz * length as f32 / rate).round() as usize).clamp(2, bins);
        let mut edges = vec![bin_of(LOWEST_HZ)];
        let mut hz = FIRST_BAND_HZ;
        while hz < 0.5 * rate && edges.len() < 16 {
            edges.push(bin_of(hz));
            hz *= 2.0;
        }
        edges.push(bins);
        edges.dedup();
        let scratch = forward.get_scratch_len().max(backward.get_scratch_len());
        Self {
            samples: vec![0.0; 2 * length],
            spectrum: forward.make_output_vec(),
            scratch: vec![Complex::default(); scratch],
            powers: vec![0.0; bins],
            edges,
            rate,
            forward,
            backward,
        }
    }

    pub fn measure(&mut self, frame: &Frame<'_>) -> OfFrame {
        let length = frame.samples.len();
        self.samples[..length].copy_from_slice(frame.samples);
        self.samples[length..].fill(0.0);
        let (forward, backward) = (&self.forward, &self.backward);
        if forward.process_with_scratch(&mut self.samples, &mut self.spectrum, &mut self.scratch).is_err() {
            unreachable!("the buffers are the transform's own");
        }
        // A Hann window is a sum of three neighbours in the frame's own spectrum, which is every other value of this one.
        for (bin, power) in self.powers.iter_mut().enumerate().skip(1) {
            let (below, at, above) = (self.spectrum[2 * bin - 2], self.spectrum[2 * bin], self.spectrum[2 * bin + 2]);
            *power = (at * 0.5 - (below + above) * 0.25).norm_sqr();
        }
        let first = self.edges[0];
        let all: f32 = self.powers[first..].iter().sum();
        if !(all > 0.0 && all.is_finite()) {
            return OfFrame::default();
        }
        let octave = self.centroid(first, all);
        let noisiness = self.noisiness(all);
        self.spectrum.iter_mut().for_each(|value| *value = Complex::new(value.norm_sqr(), 0.0));
        if backward.process_with_scratch(&mut self.spectrum, &mut self.samples, &mut self.scratch).is_err() {
            unreachable!("the buffers are the transform's own");
        }
        let scale = 1.0 / (2 * length) as f32;
        let within = &frame.samples[frame.within.clone()];
        OfFrame {
            weight: all.sqrt(),
            brightness: ((octave - DARKEST_HZ.log2()) / OCTAVES).clamp(0.0, 1.0),
            noisiness,
            periodicity: periodicity(within, |lag| self.samples[lag] * scale, self.rate),
        }
    }

    /// The centroid of the powers, in octaves above 1 Hz.
    fn centroid(&self, first: usize, all: f32) -> f32 {
        let sum: f32 = self.powers[first..].iter().zip(first..).map(|(power, bin)| power * bin as f32).sum();
        (sum / all * self.rate / (2 * self.powers.len()) as f32).log2()
    }

    /// The flatness of each band, its geometric mean over its arithmetic mean, weighted by the band's power.
    fn noisiness(&self, all: f32) -> f32 {
        let mut sum = 0.0;
        for edges in self.edges.windows(2) {
            let band = &self.powers[edges[0]..edges[1]];
            let power: f32 = band.iter().sum();
            if power <= 0.0 {
                continue;
            }
            let mean = power / band.len() as f32;
            // Far below the band's mean nothing can be told from rounding.
            let floor = 1e-9 * mean;
            let logarithms: f32 = band.iter().map(|power| (power + floor).log2()).sum();
            let ln_flatness = (logarithms / band.len() as f32 - mean.log2()) * LN_2;
            sum += power * (ln_flatness - LN_FLATNESS_OF_NOISE).exp().min(1.0);
        }
        (sum / all).clamp(0.0, 1.0)
    }
}

/// A Hann window of so many samples.
pub(super) fn hann(length: usize) -> Vec<f32> {
    (0..length).map(|place| 0.5 - 0.5 * (TAU * place as f32 / length as f32).cos()).collect()
}
