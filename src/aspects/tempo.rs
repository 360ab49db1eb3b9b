//! The tempo of a sound whose onsets repeat: D. P. W. Ellis (2007), "Beat tracking by dynamic programming". J. New
//! Music Res. 36 (1).
//!
//! The onset strength is the sum, over bands, of how much the loudness of the band rises. Its autocorrelation is
//! weighted by how usual a tempo is, and by whether the sound is a whole number of bars long, as loops are. Several
//! periods together give the length of a period more exactly than one period does.

use std::sync::Arc;

use realfft::RealToComplex;
use realfft::num_complex::Complex;

use super::pitch::vertex;
use super::spectrum::{hann, planned};

/// Values of the onset strength a second.
const STEPS_A_SECOND: f64 = 100.0;

/// Only so many values are kept: two minutes.
const MOST_STEPS: usize = 12_000;

/// The length of a frame in seconds, before it is rounded to a power of two samples.
const FRAME_SECS: f32 = 0.023;

/// Bands an octave, and the lowest edge of a band in hertz.
const BANDS_AN_OCTAVE: f32 = 3.0;
const LOWEST_HZ: f32 = 60.0;

/// Loudness grows with about this power of a band's power.
const LOUDNESS: f32 = 0.25;

/// The range of tempos, in beats a minute.
const SLOWEST: f32 = 50.0;
const FASTEST: f32 = 215.0;

/// The most usual tempo, and the spread of tempos in octaves.
const USUAL: f32 = 120.0;
const SPREAD: f32 = 0.9;

/// Beats that a sound has at least: with fewer, nothing repeats.
const LEAST_BEATS: f32 = 4.0;

/// How much of the strength of half a period speaks against the period.
const HALF: f32 = 0.25;

/// The autocorrelation at the period is at least this.
const LEAST_STRENGTH: f32 = 0.3;

/// A sound of at most this length may be a loop.
const LONGEST_LOOP_SECS: usize = 30;

/// The largest difference between a loop's length and a whole number of beats, in beats.
const LOOP_SLACK: f32 = 0.06;

/// How much more a period counts if it fits a loop of 4, 8, 16, ... beats, and if it fits one of another multiple of 4.
const FITS_POWER: f32 = 0.6;
const FITS_BARS: f32 = 0.2;

/// The multiples of a period that place it.
const MULTIPLES: usize = 16;

/// Collects the onset strength of a sound.
pub(super) struct Onsets {
    rate: f64,
    fft: Arc<dyn RealToComplex<f32>>,
    window: Vec<f32>,
    bands: Vec<std::ops::Range<usize>>,
    recent: Vec<f32>,
    /// Samples that the next frames leave out.
    to_skip: usize,
    input: Vec<f32>,
    output: Vec<Complex<f32>>,
    scratch: Vec<Complex<f32>>,
    before: Vec<f32>,
    strength: Vec<f32>,
    /// The sample at which the next frame begins, where the first begins half a frame before the sound.
    begins: u64,
}

impl Onsets {
    /// `frames` is the length of the sound where it is known. `None` for a sound that is too short to have a tempo.
    pub fn new(rate: u32, frames: Option<u64>) -> Option<Self> {
        let shortest = f64::from(LEAST_BEATS * 60.0 / FASTEST) * f64::from(rate);
        if frames.is_some_and(|frames| (frames as f64) < shortest) || f64::from(rate) < 10.0 * STEPS_A_SECOND {
            return None;
        }
        let power = (rate as f32 * FRAME_SECS).log2().round() as u32;
        let length = 1usize << power.clamp(5, 15);
        let fft = planned(length);
        let mut bands = Vec::new();
        let bin_of = |hz: f32| (hz * length as f32 / rate as f32).round() as usize;
        let (mut from, mut hz) = (bin_of(LOWEST_HZ).max(1), LOWEST_HZ);
        while hz < rate as f32 / 2.0 {
            hz *= 2f32.powf(1.0 / BANDS_AN_OCTAVE);
            let to = bin_of(hz).min(length / 2);
            if to > from {
                bands.push(from..to);
                from = to;
            }
        }
        Some(Self {
            rate: f64::from(rate),
            window: hann(length),
            before: vec![0.0; bands.len()],
            bands,
            recent: vec![0.0; length / 2],
            to_skip: 0,
            input: fft.make_input_vec(),
            output: fft.make_output_vec(),
            scratch: fft.make_scratch_vec(),
            fft,
            strength: Vec::new(),
            begins: 0,
        })
    }

    pub fn push(&mut self, mut samples: &[f32]) {
        while self.strength.len() < MOST_STEPS {
            let skipped = self.to_skip.min(samples.len());
            self.to_skip -= skipped;
            samples = &samples[skipped..];
            if samples.is_empty() {
                return;
            }
            let taken = (self.window.len() - self.recent.len()).min(samples.len());
            self.recent.extend_from_slice(&samples[..taken]);
            samples = &samples[taken..];
            if self.recent.len() == self.window.len() {
                self.measure();
                // Rounded for each step anew, so that the steps do not drift.
                let next = (self.strength.len() as f64 * self.rate / STEPS_A_SECOND).round() as u64;
                let on = (next - self.begins) as usize;
                self.begins = next;
                self.to_skip = on.saturating_sub(self.recent.len());
                self.recent.drain(..on.min(self.recent.len()));
            }
        }
    }

    fn measure(&mut self) {
        for ((to, sample), weight) in self.input.iter_mut().zip(&self.recent).zip(&self.window) {
            *to = sample * weight;
        }
        if self.fft.process_with_scratch(&mut self.input, &mut self.output, &mut self.scratch).is_err() {
            unreachable!("the buffers are the transform's own");
        }
        let mut rise = 0.0;
        for (band, before) in self.bands.iter().zip(&mut self.before) {
            let power: f32 = self.output[band.clone()].iter().map(|value| value.norm_sqr()).sum();
            let loudness = power.powf(LOUDNESS);
            rise += (loudness - *before).max(0.0);
            *before = loudness;
        }
        self.strength.push(if rise.is_finite() { rise } else { 0.0 });
    }

    /// In beats a minute.
    pub fn tempo(self) -> Option<f32> {
        tempo(&self.strength)
    }
}

fn tempo(strength: &[f32]) -> Option<f32> {
    let steps_a_minute = 60.0 * STEPS_A_SECOND as f32;
    let steps = strength.len();
    let (shortest, longest) = ((steps_a_minute / FASTEST) as usize, (steps_a_minute / SLOWEST) as usize);
    let longest = longest.min((steps as f32 / (LEAST_BEATS - 0.5)) as usize);
    if longest <= shortest {
        return None;
    }
    let mean = strength.iter().sum::<f32>() / steps as f32;
    let centred: Vec<f32> = strength.iter().map(|value| value - mean).collect();
    // Of as many pairs as there are, so that a long lag is worth as much as a short one.
    let correlation = |lag: usize| {
        let sum: f32 = centred[lag..].iter().zip(&centred).map(|(a, b)| a * b).sum();
        sum / (steps - lag) as f32
    };
    let power = correlation(0);
    if power <= 0.0 {
        return None;
    }
    let last = (longest * LEAST_BEATS as usize).min(steps * 3 / 4).max(longest + 1).min(steps - 1);
    let correlations: Vec<f32> = (0..=last).map(|lag| correlation(lag) / power).collect();
    let usual = |lag: usize| {
        let octaves = (steps_a_minute / lag as f32 / USUAL).log2() / SPREAD;
        (-0.5 * octaves * octaves).exp()
    };
    // A lag is rounded, and its multiples are off by as many times as much.
    let near = |lag: usize, times: usize| {
        let slack = 1 + times / 2;
        let around = correlations.get(times * lag - slack..=(times * lag + slack).min(last));
        around.and_then(|around| around.iter().copied().reduce(f32::max))
    };
    // A period whose multiples are periods as well. If its half is a period as strong, it is two beats.
    let score = |lag: usize| {
        let multiples: Vec<f32> = (1..=LEAST_BEATS as usize).map_while(|times| near(lag, times)).collect();
        let half = if lag / 2 >= shortest { near(lag / 2, 1).unwrap_or(0.0).max(0.0) } else { 0.0 };
        usual(lag) * fit(lag, steps) * (multiples.iter().sum::<f32>() / multiples.len().max(1) as f32 - HALF * half)
    };
    let best = (shortest.max(1)..=longest).map(|lag| (score(lag), lag)).max_by(|a, b| a.0.total_cmp(&b.0))?.1;
    let (mut period, strongest) = placed(&correlation, best, steps);
    if strongest / power < LEAST_STRENGTH {
        return None;
    }
    let mut times = 2;
    while times <= MULTIPLES && (times as f32 * period) as usize + 3 < steps * 3 / 4 {
        let around = (times as f32 * period).round() as usize;
        let (at, height) = placed(&correlation, around, steps);
        if height / power < 0.5 * LEAST_STRENGTH {
            break;
        }
        period = at / times as f32;
        times += 1;
    }
    Some(steps_a_minute / period)
}

/// The weight of a period of `lag` steps for a sound of `steps` steps. The weight is more than 1 if the sound is a loop
/// of whole bars at this period.
fn fit(lag: usize, steps: usize) -> f32 {
    if steps > LONGEST_LOOP_SECS * STEPS_A_SECOND as usize {
        return 1.0;
    }
    // A lag stands for all periods that are rounded to it.
    let [most, least] = [lag as f32 - 0.5, lag as f32 + 0.5].map(|period| steps as f32 / period);
    let holds = |beats: f32| beats > least - LOOP_SLACK && beats < most + LOOP_SLACK;
    let bars = ((least + most) / 8.0).round();
    match 4.0 * bars {
        beats if bars < 1.0 || !holds(beats) => 1.0,
        beats if (beats as u32).is_power_of_two() => 1.0 + FITS_POWER,
        _ => 1.0 + FITS_BARS,
    }
}

/// Where the autocorrelation is highest around a lag, and how high.
fn placed(correlation: &impl Fn(usize) -> f32, around: usize, steps: usize) -> (f32, f32) {
    let from = around.saturating_sub(3).max(1);
    let to = (around + 3).min(steps - 1);
    let values: Vec<f32> = (from..=to).map(correlation).collect();
    let inner = 1..values.len().saturating_sub(1);
    let Some(place) = inner.max_by(|a, b| values[*a].total_cmp(&values[*b])) else { return (around as f32, 0.0) };
    let (shift, height) = vertex(values[place - 1], values[place], values[place + 1]);
    ((from + place) as f32 + shift, height)
}
