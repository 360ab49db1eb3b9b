//! What a model is built and trained with: presets, the fields that a person may override, and the grid that follows.

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

/// The three presets of one machine (ARCHITECTURE.md, The model).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum Preset {
    /// The original system, to the letter: mu-law samples at each file's own rate, three linear convolutions.
    Seed,
    /// The same idea at a useful size: mu-law samples, a gated residual stack.
    Waveform,
    /// The same machine on what ears hear: log-mel frames, a gated residual stack, contrast between two views.
    #[default]
    Spectral,
}

/// The rate that a model hears.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rate {
    /// Each file's own.
    Native,
    /// Hertz.
    Hz(u32),
}

/// How long training goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TrainingLength {
    Steps(usize),
    /// Passes over all chunks.
    Epochs(usize),
}

/// How the bottleneck's noise grows.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoiseSchedule {
    /// `sigma` at the first step, multiplied by `factor` after each forward pass (the original's).
    Geometric { sigma: f32, factor: f32 },
    /// From 0 to `sigma` in proportion to the steps done.
    Linear { sigma: f32 },
}

/// A model's whole configuration, with nothing left open: it is stored in the checkpoint.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Config {
    pub preset: Preset,
    /// B, from 8 to 512.
    pub bits: usize,
    pub rate: Rate,
    /// Chunk length, in frames at the model's rate.
    pub chunk_frames: usize,
    /// Distance between the starts of neighbouring chunks, in frames at the model's rate.
    pub hop_frames: usize,
    /// Mel bands (`spectral` only).
    pub mels: usize,
    /// Width of the stack (C).
    pub channels: usize,
    /// Blocks of the stack; block i has dilation 2^i.
    pub blocks: usize,
    pub batch: usize,
    pub learning_rate: f32,
    /// Share of the run after which the learning rate falls linearly towards 2% of itself; 1 keeps it constant.
    pub decay_from: f32,
    pub length: TrainingLength,
    pub noise: NoiseSchedule,
    /// Weight of the reconstruction loss.
    pub reconstruction: f32,
    /// Weight of the contrast between two views of a chunk; 0 leaves the second view out.
    pub contrast: f32,
    /// Weight of the bit balance loss.
    pub balance: f32,
    /// Temperature of the contrast.
    pub temperature: f32,
    /// Share of views that are heard as through a microphone in a room (`spectral` only).
    pub microphone: f32,
    /// Largest norm of the gradient; 0 leaves it as it is.
    pub clip: f32,
    /// Seed of every random draw.
    pub seed: u64,
}

/// What a person may say about a model: `None` leaves the preset's value.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, clap::Args)]
pub struct TrainingSettings {
    /// What kind of model [default: spectral]
    #[arg(long, value_enum)]
    pub preset: Option<Preset>,
    /// Bits of a code, 8 to 512
    #[arg(long)]
    pub bits: Option<usize>,
    /// Training steps
    #[arg(long, conflicts_with = "epochs")]
    pub steps: Option<usize>,
    /// Training length as passes over all chunks
    #[arg(long)]
    pub epochs: Option<usize>,
    /// Seed of every random draw: the same seed and files give the same codes
    #[arg(long)]
    pub seed: Option<u64>,
    /// Rate that the model hears, in hertz; 0 is each file's own (not with spectral)
    #[arg(long)]
    pub rate: Option<u32>,
    /// Chunk length in milliseconds
    #[arg(long)]
    pub chunk_ms: Option<f64>,
    /// Distance between chunk starts in milliseconds
    #[arg(long)]
    pub hop_ms: Option<f64>,
    /// Chunk length in frames at the model's rate
    #[arg(long, conflicts_with = "chunk_ms")]
    pub chunk_frames: Option<usize>,
    /// Distance between chunk starts in frames at the model's rate
    #[arg(long, conflicts_with = "hop_ms")]
    pub hop_frames: Option<usize>,
    /// Mel bands (spectral)
    #[arg(long)]
    pub mels: Option<usize>,
    /// Channels of the encoder and the decoder
    #[arg(long)]
    pub channels: Option<usize>,
    /// Convolution blocks; block i has dilation 2^i
    #[arg(long)]
    pub blocks: Option<usize>,
    /// Chunks in a training step
    #[arg(long)]
    pub batch: Option<usize>,
    /// Adam's learning rate
    #[arg(long)]
    pub learning_rate: Option<f32>,
    /// Share of the run after which the learning rate falls
    #[arg(long)]
    pub decay_from: Option<f32>,
    /// Noise before the sigmoid: its deviation at the end (seed: at the start)
    #[arg(long)]
    pub sigma: Option<f32>,
    /// Factor of the noise a step (seed)
    #[arg(long)]
    pub sigma_factor: Option<f32>,
    /// Weight of the reconstruction loss
    #[arg(long)]
    pub reconstruction: Option<f32>,
    /// Weight of the contrast between two views of a chunk
    #[arg(long)]
    pub contrast: Option<f32>,
    /// Weight of the bit balance loss
    #[arg(long)]
    pub balance: Option<f32>,
    /// Temperature of the contrast
    #[arg(long)]
    pub temperature: Option<f32>,
    /// Share of views heard as through a microphone (spectral)
    #[arg(long)]
    pub microphone: Option<f32>,
    /// Largest norm of the gradient; 0 for no limit
    #[arg(long)]
    pub clip: Option<f32>,
}
