//! Noise and its colours.

use rand::{Rng, RngCore};
use rand_chacha::ChaCha8Rng;

use super::filter::{Filter, Slope, q_of_width};
use super::{BLOCK, amplitude, between, ratio, seconds};

/// White noise from -1 to 1.
pub fn fill_noise(out: &mut [f32], random: &mut ChaCha8Rng) {
    let mut bytes = vec![0_u8; 2 * out.len()];
    random.fill_bytes(&mut bytes);
    for (x, pair) in out.iter_mut().zip(bytes.chunks_exact(2)) {
        *x = f32::from(i16::from_le_bytes([pair[0], pair[1]])) / 32_768.0;
    }
}

/// A filter that may move: a band, a low or a high pass, a slope, or several bands.
pub struct Colour {
    kind: u32,
    centre: f32,
    /// How far the centre moves, in octaves, and how long that takes, in seconds.
    moves: Option<(f32, f32)>,
    width: f32,
    resonance: f32,
    slope: f32,
    /// For each band beside the main one, its distance from the centre in octaves, and its amplitude.
    beside: [(f32, f32); 2],
}

impl Colour {
    /// Makes a colour from ten dials and two choices.
    pub fn new(dials: &[f32], choices: &[u32]) -> Self {
        Self {
            kind: choices[0] % 6,
            centre: ratio(dials[0], 80.0, 13_000.0),
            moves: choices[1].is_multiple_of(3).then(|| (between(dials[1], -2.5, 2.5), ratio(dials[2], 0.1, 1.0))),
            width: ratio(dials[3], 0.08, 2.0),
            resonance: 0.7 + 3.0 * dials[4].powi(3),
            slope: between(dials[5], -9.0, 4.0),
            beside: [(between(dials[7], 0.3, 2.5), dials[6]), (-between(dials[9], 0.3, 2.5), dials[8])],
        }
    }

    /// Only a slope, in decibels per octave.
    pub fn tilted(slope: f32) -> Self {
        let mut colour = Self::new(&[0.0; 10], &[3, 1]);
        colour.slope = slope;
        colour
    }

    /// The same colour, `octaves` higher.
    pub fn higher(&self, octaves: f32) -> Self {
        Self { centre: self.centre * octaves.exp2(), ..*self }
    }

    pub fn apply(&self, sound: &mut [f32]) {
        let mut own = Filter::new(self.centre, 1.0);
        let mut beside = [own; 2];
        let mut slope = Slope::new(self.slope);
        for (block, sound) in sound.chunks_mut(BLOCK).enumerate() {
            let moved = self.moves.map_or(0.0, |(octaves, secs)| octaves * (seconds(block * BLOCK) / secs).min(1.0));
            let centre = self.centre * moved.exp2();
            let q = if matches!(self.kind, 1 | 2) { self.resonance } else { q_of_width(self.width) };
            own.tune(centre, q);
            for (filter, (octaves, _)) in beside.iter_mut().zip(&self.beside) {
                filter.tune(centre * octaves.exp2(), q);
            }
            for x in sound {
                *x = match self.kind {
                    0 => own.step(*x).band,
                    1 => own.step(*x).low,
                    2 => own.step(*x).high,
                    3 => slope.step(*x),
                    4 => {
                        let others = beside.iter_mut().zip(&self.beside);
                        own.step(*x).band + others.map(|(f, (_, level))| level * f.step(*x).band).sum::<f32>()
                    }
                    _ => slope.step(own.step(*x).band),
                };
            }
        }
    }
}

/// Clicks at random times, about `rate` per second. `spread` is the deviation of the logarithm of their levels.
pub fn clicks(samples: usize, rate: f32, spread: f32, random: &mut ChaCha8Rng) -> Vec<f32> {
    let chance = rate / super::HZ;
    let mut out = vec![0.0; samples];
    let mut at = 0.0_f32;
    loop {
        // The gaps of a Poisson process.
        at += -(1.0 - random.random::<f32>()).ln() / chance.max(1e-6);
        if at >= samples as f32 {
            return out;
        }
        let level = (spread * random.sample::<f32, _>(rand_distr::StandardNormal)).exp();
        out[at as usize] += if random.random::<bool>() { level } else { -level };
    }
}

/// White noise that decays by a factor e in every `decay` seconds after each strike.
pub fn burst(since: &[f32], decay: f32, db: f32, random: &mut ChaCha8Rng) -> Vec<f32> {
    let mut noise = vec![0.0; since.len()];
    fill_noise(&mut noise, random);
    let gain = amplitude(db);
    noise.iter_mut().zip(since).for_each(|(n, own)| *n *= gain * (-own / decay).exp());
    noise
}
