//! A random synthesiser: sounds of many kinds from a seed, and doppelgangers of each.
//!
//! A [`Patch`] describes a sound. It has one to four layers. Each layer has choices, which never change, and dials with
//! values between 0 and 1. A doppelganger is the same patch with slightly moved dials and with noise of its own. So two
//! renderings are as similar as two recordings of one kind of sound. The base model learns from such pairs (Cherep and
//! Singh, "Contrastive Learning from Synthetic Audio Doppelgängers", ICLR 2025). All functions are pure: there are no
//! files and no threads.

mod envelope;
mod filter;
mod layers;
mod noise;
mod patch;
mod resonant;
mod room;
mod voice;

pub use patch::Patch;

/// The rate of every rendering, in hertz.
pub const RATE: u32 = 32_000;

/// The rate in hertz, for arithmetic.
const HZ: f32 = RATE as f32;

/// The number of dials of a layer.
const DIALS: usize = 40;
/// The number of choices of a layer.
const CHOICES: usize = 12;

/// The number of samples between two updates of a moving filter.
const BLOCK: usize = 32;

/// A value from `low` to `high` in equal ratios, as people hear pitch and time.
fn ratio(dial: f32, low: f32, high: f32) -> f32 {
    low * (high / low).powf(dial)
}

/// A value from `low` to `high` in equal steps.
fn between(dial: f32, low: f32, high: f32) -> f32 {
    low + (high - low) * dial
}

/// The amplitude of a level in decibels.
fn amplitude(db: f32) -> f32 {
    10.0_f32.powf(db / 20.0)
}

/// Seconds from the start of the rendering to sample `n`.
fn seconds(n: usize) -> f32 {
    n as f32 / HZ
}
