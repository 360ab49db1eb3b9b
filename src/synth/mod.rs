//! A random synthesiser: sounds of many kinds from a seed, and doppelgangers of each.
//!
//! A [`Patch`] is what one sound is made from: one to four layers, each with choices, which never change, and dials, whose
//! values lie between 0 and 1. A doppelganger is the same patch with its dials moved a little and with noise of its own, so
//! that two renderings are alike as two recordings of one kind are. The base model learns from such pairs (Cherep and Singh,
//! "Contrastive Learning from Synthetic Audio Doppelgängers", ICLR 2025). Pure functions: no files and no threads.

mod envelope;
mod filter;
mod layers;
mod noise;
mod patch;
mod resonant;
mod room;
mod voice;

pub use patch::Patch;

/// Hertz of every rendering.
pub const RATE: u32 = 32_000;

/// Hertz, for arithmetic.
const HZ: f32 = RATE as f32;

/// Dials of a layer.
const DIALS: usize = 40;
/// Choices of a layer.
const CHOICES: usize = 12;

/// Samples between two updates of a moving filter.
const BLOCK: usize = 32;

/// From `low` to `high` in equal ratios, as pitch and time are heard.
fn ratio(dial: f32, low: f32, high: f32) -> f32 {
    low * (high / low).powf(dial)
}

/// From `low` to `high` in equal steps.
fn between(dial: f32, low: f32, high: f32) -> f32 {
    low + (high - low) * dial
}

/// The amplitude that so many decibels are.
fn amplitude(db: f32) -> f32 {
    10.0_f32.powf(db / 20.0)
}

/// Seconds from the start of the rendering to sample `n`.
fn seconds(n: usize) -> f32 {
    n as f32 / HZ
}
