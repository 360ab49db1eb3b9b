//! A picture of a sound's frequencies over time, collected in one pass of unknown length.

use std::collections::VecDeque;
use std::sync::Arc;

use realfft::num_complex::Complex;
use realfft::{RealFftPlanner, RealToComplex};

use super::mel::hann;
use super::mix::Mixer;

/// The most columns of a picture. No screen shows more columns side by side.
pub const MOST_COLUMNS: usize = 2048;

/// The rows of a picture, from the lowest frequency to the highest.
pub const ROWS: usize = 96;

/// Powers that are more than this many dB below the loudest are drawn like silence.
const RANGE_DB: f32 = 72.0;

/// A sound whose loudest moment is below this is drawn dark, so that its noise does not fill the picture.
const QUIETEST_PEAK_DB: f32 = -54.0;

/// The lowest frequency of a picture, in hertz.
const LOWEST_HZ: f32 = 40.0;

/// The length of a window in seconds, before it is rounded to a power of two samples.
const WINDOW_SECS: f32 = 0.032;

/// A column is the mean of at most this many transforms. Longer columns skip samples.
const TRANSFORMS_A_COLUMN: usize = 4;

/// A finished picture. Its size does not grow with the sound.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Spectrogram {
    pub columns: usize,
    /// [`ROWS`] levels for each column, the lowest frequency first. 0 is silence, 255 is the loudest in the sound.
    pub levels: Vec<u8>,
    /// The length of a column in seconds. The last column may reach past the end of the sound.
    pub column_secs: f64,
    /// The highest frequency, in hertz.
    pub highest_hz: f32,
}

/// Collects a picture. Its memory is bounded: when there are too many columns, each two neighbours become one.
pub struct SpectrogramBuilder {
    rate: f32,
    fft: Arc<dyn RealToComplex<f32>>,
    window: Vec<f32>,
    rows: Vec<Row>,
    scratch: Scratch,
    /// The last samples, mixed to one channel: as many as a window has.
    recent: VecDeque<f32>,
    /// The samples from one transform to the next, and the samples left before the next one.
    stride: usize,
    to_skip: usize,
    mixer: Option<Mixer>,
    /// The mean powers of the full columns, [`ROWS`] each, and then the powers of the unfinished column.
    columns: Vec<f32>,
    transforms_a_column: usize,
    filled: usize,
}

struct Scratch {
    input: Vec<f32>,
    output: Vec<Complex<f32>>,
    scratch: Vec<Complex<f32>>,
    powers: Vec<f32>,
}

/// The part of a spectrum that a row shows.
enum Row {
    /// The loudest of these bins.
    Bins(std::ops::RangeInclusive<usize>),
    /// A position between two bins, for a row that is narrower than a bin.
    Between { lower: usize, share: f32 },
}

impl SpectrogramBuilder {
    /// `frames` is the length of the sound, if it is known. Short sounds get more columns.
    pub fn new(rate: u32, frames: Option<u64>) -> Self {
        let rate = rate as f32;
        let length = ((rate * WINDOW_SECS) as usize).next_power_of_two().max(64);
        let fft = RealFftPlanner::new().plan_fft_forward(length);
        let even = frames.map_or(usize::MAX, |frames| usize::try_from(frames).unwrap_or(usize::MAX) / MOST_COLUMNS);
        let stride = even.clamp(length / 32, length / 4);
        Self {
            rate,
            window: hann(length),
            rows: rows(rate, length),
            scratch: Scratch {
                input: fft.make_input_vec(),
                output: fft.make_output_vec(),
                scratch: fft.make_scratch_vec(),
                powers: vec![0.0; length / 2 + 1],
            },
            fft,
            // The window of a column is centred on the column's beginning.
            recent: std::iter::repeat_n(0.0, length / 2).collect(),
            stride,
            to_skip: 0,
            mixer: None,
            columns: Vec::new(),
            transforms_a_column: 1,
            filled: 0,
        }
    }

    /// Takes the next frames, interleaved. They are mixed as for a model.
    pub fn push(&mut self, interleaved: &[f32], channels: usize) {
        let mut mono = Vec::new();
        self.mixer.get_or_insert_with(|| Mixer::new(channels)).push(interleaved, &mut mono);
        mono.into_iter().for_each(|sample| self.push_sample(sample));
    }

    fn push_sample(&mut self, sample: f32) {
        if self.to_skip > 0 {
            self.to_skip -= 1;
            return;
        }
        self.recent.push_back(sample);
        if self.recent.len() == self.window.len() {
            self.transform();
            let kept = self.window.len().saturating_sub(self.stride);
            self.recent.drain(..self.window.len() - kept);
            self.to_skip = self.stride.saturating_sub(self.window.len());
        }
    }

    fn transform(&mut self) {
        let Scratch { input, output, scratch, powers } = &mut self.scratch;
        for ((to, sample), weight) in input.iter_mut().zip(&self.recent).zip(&self.window) {
            *to = sample * weight;
        }
        if self.fft.process_with_scratch(input, output, scratch).is_err() {
            unreachable!("the buffers are the transform's own");
        }
        for (power, bin) in powers.iter_mut().zip(output.iter()) {
            *power = bin.norm_sqr();
        }
        if self.filled == self.transforms_a_column || self.columns.is_empty() {
            if self.columns.len() == MOST_COLUMNS * ROWS {
                self.halve();
            }
            self.columns.extend(std::iter::repeat_n(0.0, ROWS));
            self.filled = 0;
        }
        let share = 1.0 / self.transforms_a_column as f32;
        let first = self.columns.len() - ROWS;
        for (sum, row) in self.columns[first..].iter_mut().zip(&self.rows) {
            *sum += share * row.power(&self.scratch.powers);
        }
        self.filled += 1;
    }

    /// Only called with an even number of full columns, so that all stay equally long.
    fn halve(&mut self) {
        for column in 0..MOST_COLUMNS / 2 {
            for row in 0..ROWS {
                let pair = self.columns[2 * column * ROWS + row] + self.columns[(2 * column + 1) * ROWS + row];
                self.columns[column * ROWS + row] = 0.5 * pair;
            }
        }
        self.columns.truncate(MOST_COLUMNS / 2 * ROWS);
        match self.transforms_a_column < TRANSFORMS_A_COLUMN {
            true => self.transforms_a_column *= 2,
            false => self.stride *= 2,
        }
    }

    /// The picture of everything that was pushed.
    pub fn finish(mut self) -> Spectrogram {
        let mut mono = Vec::new();
        if let Some(mixer) = &mut self.mixer {
            mixer.finish(&mut mono);
        }
        mono.into_iter().for_each(|sample| self.push_sample(sample));
        self.to_skip = 0;
        // The last windows reach into the silence after the sound.
        for _ in 0..self.window.len() / 2 {
            self.push_sample(0.0);
        }
        if self.filled > 0 && self.filled < self.transforms_a_column {
            let first = self.columns.len() - ROWS;
            let share = self.transforms_a_column as f32 / self.filled as f32;
            self.columns[first..].iter_mut().for_each(|power| *power *= share);
        }
        // A full-scale sine has this power in its bin.
        let full = (self.window.iter().sum::<f32>() / 2.0).powi(2);
        let db = |power: f32| 10.0 * (power / full).max(1e-20).log10();
        let loudest = self.columns.iter().copied().map(db).fold(QUIETEST_PEAK_DB, f32::max);
        let level = |power: &f32| (255.0 * ((db(*power) - loudest) / RANGE_DB + 1.0)).clamp(0.0, 255.0) as u8;
        Spectrogram {
            columns: self.columns.len() / ROWS,
            levels: self.columns.iter().map(level).collect(),
            column_secs: (self.stride * self.transforms_a_column) as f64 / f64::from(self.rate),
            highest_hz: self.rate / 2.0,
        }
    }
}

/// The position of a frequency in a picture that reaches up to `highest_hz`: 0 is the lower edge, 1 the upper one.
/// Every octave has the same height.
pub fn share_of_height(hz: f32, highest_hz: f32) -> f32 {
    (hz / LOWEST_HZ).ln() / octaves_up_to(highest_hz)
}

/// The natural logarithm of the ratio between the highest and the lowest frequency. A picture has at least one octave,
/// even at very low rates.
fn octaves_up_to(highest_hz: f32) -> f32 {
    (highest_hz / LOWEST_HZ).max(2.0).ln()
}

/// Rows of equal parts of an octave, up to half the rate.
fn rows(rate: f32, length: usize) -> Vec<Row> {
    let octaves = octaves_up_to(rate / 2.0);
    let last = length / 2;
    // The bin, with its fraction, at the lower edge of a row.
    let bin_at = |row: f32| {
        let hz = LOWEST_HZ * (octaves * row / ROWS as f32).exp();
        hz * length as f32 / rate
    };
    let row = |row: usize| {
        let (from, to) = (bin_at(row as f32).ceil() as usize, bin_at(row as f32 + 1.0).floor() as usize);
        if from <= to.min(last) && to > from {
            return Row::Bins(from..=to.min(last));
        }
        let middle = bin_at(row as f32 + 0.5).min(last as f32);
        let lower = (middle as usize).min(last - 1);
        Row::Between { lower, share: middle - lower as f32 }
    };
    (0..ROWS).map(row).collect()
}

impl Row {
    fn power(&self, powers: &[f32]) -> f32 {
        match self {
            Self::Bins(bins) => powers[bins.clone()].iter().copied().fold(0.0, f32::max),
            Self::Between { lower, share } => powers[*lower] * (1.0 - share) + powers[lower + 1] * share,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(rate: u32, samples: &[f32], told: bool) -> Spectrogram {
        let mut builder = SpectrogramBuilder::new(rate, told.then_some(samples.len() as u64));
        for block in samples.chunks(777) {
            builder.push(block, 1);
        }
        builder.finish()
    }

    fn sine(rate: u32, hz: f32, samples: usize, level: f32) -> Vec<f32> {
        (0..samples).map(|i| level * (std::f32::consts::TAU * hz * i as f32 / rate as f32).sin()).collect()
    }

    fn loudest_row(picture: &Spectrogram, column: usize) -> usize {
        let levels = &picture.levels[column * ROWS..][..ROWS];
        (0..ROWS).max_by_key(|&row| levels[row]).expect("there are rows")
    }

    #[test]
    fn a_sine_is_a_line_that_is_higher_for_a_higher_tone() {
        for rate in [8000, 44_100] {
            let [low, high] = [300.0, 3000.0].map(|hz| picture(rate, &sine(rate, hz, rate as usize, 0.5), true));
            let middle = low.columns / 2;
            assert!(loudest_row(&low, middle) + 20 < loudest_row(&high, middle), "{rate} Hz");
            assert!(low.levels[middle * ROWS + loudest_row(&low, middle)] > 250);
            assert_eq!(low.levels[middle * ROWS + ROWS - 1], 0, "no tone far above it");
        }
    }

    #[test]
    fn a_moment_is_drawn_where_it_is_in_short_and_in_long_sounds() {
        for (samples, told) in [(4000, true), (40_000, false), (3_000_000, false)] {
            let mut sound = vec![0.0; samples];
            let at = samples / 3;
            sound[at..at + samples / 50].copy_from_slice(&sine(8000, 1000.0, samples / 50, 0.9));
            let picture = picture(8000, &sound, told);
            assert!(picture.columns <= MOST_COLUMNS && picture.levels.len() == picture.columns * ROWS);
            let loud: Vec<usize> =
                (0..picture.columns).filter(|c| picture.levels[c * ROWS..][..ROWS].contains(&255)).collect();
            let secs = |column: usize| column as f64 * picture.column_secs;
            let (from, to) = (at as f64 / 8000.0, (at + samples / 50) as f64 / 8000.0);
            let slack = 0.02 + 2.0 * picture.column_secs;
            assert!(loud.iter().all(|c| (from - slack..to + slack).contains(&secs(*c))), "{samples}: {loud:?}");
            let covers = secs(picture.columns) - samples as f64 / 8000.0;
            assert!(covers.abs() <= slack, "{samples}: {covers} s more than the sound");
        }
    }

    #[test]
    fn silence_and_faint_noise_stay_dark_and_nothing_is_no_picture() {
        assert!(picture(8000, &[0.0; 8000], true).levels.iter().all(|&level| level == 0));
        let faint = picture(8000, &sine(8000, 500.0, 8000, 1e-5), true);
        assert!(faint.levels.iter().all(|&level| level < 128));
        let short = picture(8000, &[0.5; 3], true);
        assert!(short.columns >= 1);
    }

    #[test]
    fn channels_are_mixed_as_they_are_heard() {
        let sine = sine(8000, 500.0, 8000, 0.5);
        let mut builder = SpectrogramBuilder::new(8000, None);
        builder.push(&sine.iter().flat_map(|x| [*x, -x]).collect::<Vec<_>>(), 2);
        assert_eq!(builder.finish().levels, picture(8000, &sine, false).levels, "opposite phases are no silence");
    }
}
