//! The configuration of a model: every number that it is built and trained with.

use clap::ValueEnum;
use serde::{Deserialize, Serialize};
use std::fmt::{self, Display, Formatter};

use super::settings::TrainingSettings;
use crate::ground::{Grid, Rate};

/// The three presets of one design. docs/model.md describes them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum Preset {
    /// The original system, exactly: mu-law samples at each file's own rate, three linear convolutions.
    Seed,
    /// The same idea at a useful size: mu-law samples and a gated residual stack.
    Waveform,
    /// The same design on what ears hear: log-mel frames, a gated residual stack, and contrast between two views.
    #[default]
    Spectral,
}

/// The number of samples that `waveform` combines into one frame.
pub(super) const WAVEFORM_STRIDE: usize = 16;

/// The initial state of a model.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum Start {
    /// Random weights.
    #[default]
    Nothing,
    /// The base model that ships with the program.
    Base,
}

/// The kind of a model, as the program names it to people.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ModelKind {
    /// The base model, with a head in closed form for this library. It was not trained on the library.
    Base,
    /// A model that was trained on this library.
    Trained,
}

/// How long a training takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TrainingLength {
    Steps(usize),
    /// The number of passes over all chunks.
    Epochs(usize),
    /// Passes over all chunks, with at least `fewest` and at most `most` steps. So a small library is learned in a
    /// minute, and a large one does not take hours.
    EpochsWithin {
        epochs: usize,
        fewest: usize,
        most: usize,
    },
}

impl Display for TrainingLength {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Steps(steps) => write!(f, "{steps}"),
            Self::Epochs(1) => write!(f, "1 pass"),
            Self::Epochs(epochs) => write!(f, "{epochs} passes"),
            Self::EpochsWithin { fewest, most, .. } => write!(f, "{fewest} to {most}"),
        }
    }
}

/// How the bottleneck's noise grows.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoiseSchedule {
    /// `sigma` at the first step, multiplied by `factor` after each forward pass. This is the original's schedule.
    Geometric { sigma: f32, factor: f32 },
    /// Grows linearly with the steps, from 0 to `sigma`.
    Linear { sigma: f32 },
}

impl NoiseSchedule {
    /// The deviation that a person can set.
    pub fn sigma(self) -> f32 {
        match self {
            Self::Geometric { sigma, .. } | Self::Linear { sigma } => sigma,
        }
    }
}

/// The complete configuration of a model. It is stored in the checkpoint.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Config {
    pub preset: Preset,
    /// The initial state. Older models began from nothing.
    #[serde(default)]
    pub start: Start,
    /// The number of bits, B: 8 to 512.
    pub bits: usize,
    pub rate: Rate,
    /// The length of a chunk, in frames at the model's rate.
    pub chunk_frames: usize,
    /// The distance between the starts of neighbouring chunks, in frames at the model's rate.
    pub hop_frames: usize,
    /// The number of mel bands (`spectral` only).
    pub mels: usize,
    /// Whether the bands are fixed in hertz, equal at every rate. The bands of older models reach up to half the rate.
    #[serde(default)]
    pub fixed_bands: bool,
    /// Whether the head also gets the statistics of a chunk's bands, beside the output of the stack (`spectral` only).
    #[serde(default)]
    pub statistics: bool,
    /// The width of the stack (C).
    pub channels: usize,
    /// The number of blocks of the stack. Block i has dilation 2^i.
    pub blocks: usize,
    /// The number of consecutive parts of a chunk. The stack's output is pooled to its mean and deviation over time in
    /// each part.
    #[serde(default = "undivided")]
    pub parts: usize,
    /// Whether a chunk's bits also depend on the chunks beside it, which count half each.
    #[serde(default)]
    pub beside: bool,
    /// The units of the layer between the pooled values and the bits. The pooled values also lead to the bits directly.
    /// 0 leaves the layer out.
    #[serde(default)]
    pub hidden: usize,
    pub batch: usize,
    pub learning_rate: f32,
    /// Whether Muon moves the matrices of the encoder's blocks. Adam moves everything else.
    #[serde(default)]
    pub muon: bool,
    /// The share of the run after which the learning rate falls linearly to 2% of its value. 1 keeps it constant.
    pub decay_from: f32,
    pub length: TrainingLength,
    pub noise: NoiseSchedule,
    /// The weight of the reconstruction loss.
    pub reconstruction: f32,
    /// The share of a step's chunks that are decoded. Decoding takes a third of a step, and the decoder also learns
    /// from fewer chunks.
    #[serde(default = "whole")]
    pub decoded: f32,
    /// The weight of the contrast between two views of a chunk. 0 leaves the second view out.
    pub contrast: f32,
    /// The share of the contrast that pulls views to the nearest chunks of other recordings. 0 leaves it out.
    #[serde(default)]
    pub neighbours: f32,
    /// The weight of the bit balance loss.
    pub balance: f32,
    /// The weight of the decorrelation loss, which makes bits independent of one another.
    #[serde(default)]
    pub decorrelation: f32,
    /// The temperature of the contrast. A high one lets recordings of one kind stay together.
    pub temperature: f32,
    /// The number of bits, the last ones, that distinguish recordings rather than kinds. They have a temperature of
    /// their own, and are not pulled to neighbours.
    #[serde(default)]
    pub recording_bits: usize,
    /// The temperature of the contrast of those bits.
    #[serde(default)]
    pub recording_temperature: f32,
    /// The share of a step's pairs that are synthetic sounds.
    #[serde(default)]
    pub synthetic: f32,
    /// The share of views that are heard as through a microphone in a room (`spectral` only).
    pub microphone: f32,
    /// Half of the views are moved up or down by at most this many mel bands (`spectral` only). So a higher voice or a
    /// larger drum counts as the same kind of sound.
    #[serde(default)]
    pub warp: f32,
    /// The largest norm of the gradient. 0 means no limit.
    pub clip: f32,
    /// The seed of all random draws.
    pub seed: u64,
}

/// The parts of models that were stored before chunks were divided into parts.
fn undivided() -> usize {
    1
}

/// The share of chunks that models decoded before the share could be set.
fn whole() -> f32 {
    1.0
}

impl Config {
    /// The grid of the model's chunks.
    pub fn grid(&self) -> Grid {
        // The settings limit both lengths far below the largest u32.
        let frames = |frames: usize| u32::try_from(frames).unwrap_or(u32::MAX);
        Grid { rate: self.rate, chunk_frames: frames(self.chunk_frames), hop_frames: frames(self.hop_frames) }
    }

    /// Adapts what `settings` leaves open to a library of `files` files. In a small library, two recordings are often
    /// of one kind, and separating them would be wrong. So with fewer files, the contrast is gentler.
    pub fn suited(mut self, settings: &TrainingSettings, files: usize) -> Self {
        const FEW: f32 = 100.0;
        const MANY: f32 = 400.0;
        if self.start == Start::Base && settings.temperature.is_none() {
            let scarcity = ((MANY / files.max(1) as f32).ln() / (MANY / FEW).ln()).clamp(0.0, 1.0);
            self.temperature *= 1.0 + scarcity;
        }
        self
    }

    /// The kind of the model after `steps` steps.
    pub fn kind(&self, steps: usize) -> ModelKind {
        if self.start == Start::Base && steps == 0 { ModelKind::Base } else { ModelKind::Trained }
    }

    /// The number of a step's pairs that are synthetic.
    pub fn synthetic_pairs(&self) -> usize {
        (self.synthetic * self.batch as f32).round() as usize
    }

    /// How many of a step's `chunks` are decoded, counted from the first. Without contrast all are, because nothing
    /// else is learned from.
    pub fn decoded_of(&self, chunks: usize) -> usize {
        if self.contrast == 0.0 {
            return chunks;
        }
        ((chunks as f32 * self.decoded).ceil() as usize).clamp(1, chunks)
    }

    /// The number of training steps for `chunks` chunks.
    pub fn steps(&self, chunks: u64) -> usize {
        match self.length {
            TrainingLength::Steps(steps) => steps,
            TrainingLength::Epochs(epochs) => epochs * self.steps_per_epoch(chunks),
            TrainingLength::EpochsWithin { epochs, fewest, most } => {
                (epochs * self.steps_per_epoch(chunks)).clamp(fewest, most)
            }
        }
    }

    /// The number of steps of a pass over all chunks. The last batch is filled from the start of the pass.
    pub fn steps_per_epoch(&self, chunks: u64) -> usize {
        usize::try_from(chunks).unwrap_or(usize::MAX).div_ceil(self.batch).max(1)
    }

    /// The deviation of the noise at `step` (from 0) of `steps`.
    pub fn sigma_at(&self, step: usize, steps: usize) -> f32 {
        match self.noise {
            NoiseSchedule::Geometric { sigma, factor } => {
                (f64::from(sigma) * f64::from(factor).powf(step as f64)) as f32
            }
            NoiseSchedule::Linear { sigma } => sigma * step as f32 / steps.max(1) as f32,
        }
    }

    /// The share of the contrast that pulls views to neighbours, at `step` (from 0) of `steps`. It is 0 at first, while
    /// codes mean nothing yet.
    pub fn neighbours_at(&self, step: usize, steps: usize) -> f32 {
        const FROM: f32 = 0.3;
        if (step as f32) < FROM * steps as f32 { 0.0 } else { self.neighbours }
    }

    /// The learning rate at `step` (from 0) of `steps`.
    pub fn learning_rate_at(&self, step: usize, steps: usize) -> f32 {
        const LAST: f32 = 0.02;
        let done = step as f32 / steps.max(1) as f32;
        if done < self.decay_from {
            return self.learning_rate;
        }
        let left = (1.0 - done) / (1.0 - self.decay_from).max(f32::EPSILON);
        self.learning_rate * (LAST + (1.0 - LAST) * left)
    }

    /// The window of the short-time spectrum, in samples (`spectral`).
    pub fn window_frames(&self) -> usize {
        match self.rate {
            Rate::Hz(rate) => window_frames(rate),
            Rate::Native => 0,
        }
    }

    /// The seconds from one frame of the short-time spectrum to the next (`spectral`).
    pub fn frame_secs(&self) -> Option<f64> {
        match self.rate {
            Rate::Hz(rate) if rate > 0 => Some(self.window_step() as f64 / f64::from(rate)),
            _ => None,
        }
    }

    /// The distance between frames of the short-time spectrum, in samples (`spectral`).
    pub fn window_step(&self) -> usize {
        self.window_frames() / 4
    }
}

/// About 32 ms, as a power of two.
pub(super) fn window_frames(rate: u32) -> usize {
    1 << (f64::from(rate) * 0.032).log2().round() as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::TrainingSettings;

    fn config(preset: Preset) -> Config {
        Config::new(&TrainingSettings { preset: Some(preset), ..Default::default() }, Some(8000)).unwrap()
    }

    #[test]
    fn seeds_noise_grows_by_its_factor_each_step() {
        let seed = config(Preset::Seed);
        let mut sigma = 1e-4_f64;
        for step in 0..3000 {
            let relative = f64::from(seed.sigma_at(step, 3000)) / sigma;
            assert!((relative - 1.0).abs() < 1e-4, "step {step}: {relative}");
            sigma *= 1.0001;
        }
        assert_eq!(seed.learning_rate_at(0, 100), 1e-2);
        assert_eq!(seed.learning_rate_at(99, 100), 1e-2);
    }

    #[test]
    fn spectrals_noise_rises_and_its_learning_rate_falls_at_the_end() {
        let c = Config { noise: NoiseSchedule::Linear { sigma: 2.0 }, decay_from: 0.5, ..config(Preset::Spectral) };
        assert_eq!((c.sigma_at(0, 100), c.sigma_at(50, 100)), (0.0, 1.0));
        assert_eq!(c.learning_rate_at(49, 100), c.learning_rate);
        assert!((c.learning_rate_at(75, 100) / c.learning_rate - 0.51).abs() < 1e-6);
        assert!((c.learning_rate_at(100, 100) / c.learning_rate - 0.02).abs() < 1e-6);
    }

    #[test]
    fn an_epoch_is_a_pass_whose_last_batch_is_filled() {
        let c = Config { length: TrainingLength::Epochs(3), batch: 10, ..config(Preset::Seed) };
        assert_eq!([1, 10, 11, 25].map(|n| c.steps(n)), [3, 3, 6, 9]);
    }

    #[test]
    fn older_models_have_no_hidden_layer_and_go_on_learning_as_they_began() {
        let mut json = serde_json::to_value(config(Preset::Spectral)).unwrap();
        for field in [
            "beside",
            "recording_bits",
            "recording_temperature",
            "synthetic",
            "start",
            "fixed_bands",
            "statistics",
            "parts",
            "hidden",
            "muon",
            "decoded",
            "decorrelation",
        ] {
            assert!(json.as_object_mut().unwrap().remove(field).is_some());
        }
        let older = serde_json::from_value::<Config>(json).unwrap();
        assert_eq!(
            (older.parts, older.hidden, older.muon, older.decoded_of(7), older.decorrelation),
            (1, 0, false, 7, 0.0)
        );
        assert!(!older.fixed_bands && !older.statistics);
    }

    #[test]
    fn a_configuration_survives_its_checkpoint() {
        for preset in [Preset::Seed, Preset::Waveform, Preset::Spectral] {
            let c = config(preset);
            let json = serde_json::to_string(&c).unwrap();
            assert_eq!(serde_json::from_str::<Config>(&json).unwrap(), c);
        }
    }
}
