//! The time of the attack, by the weakest-effort method: G. Peeters (2004), "A large set of audio features for sound description",
//! and Peeters et al. (2011), section II.B.

use super::Aspects;

/// The envelope has a value for each step.
const STEP_SECS: f64 = 0.001;

/// Steps whose mean power is one value of the envelope.
const WINDOW: usize = 5;

/// An effort that is so many times the mean effort belongs to no attack.
const TOO_LONG: f32 = 3.0;

/// Collects the powers of the first steps of a sound.
pub(super) struct Envelope {
    rate: f64,
    powers: Vec<f32>,
    /// The step that is not whole yet.
    sum: f32,
    counted: usize,
    /// Samples of the sound up to the end of that step.
    ends: u64,
    seen: u64,
}

impl Envelope {
    pub fn new(rate: u32) -> Self {
        let mut envelope = Self { rate: f64::from(rate), powers: Vec::new(), sum: 0.0, counted: 0, ends: 0, seen: 0 };
        envelope.ends = envelope.end_of(0);
        envelope
    }

    fn end_of(&self, step: usize) -> u64 {
        ((step as f64 + 1.0) * STEP_SECS * self.rate).ceil() as u64
    }

    pub fn push(&mut self, mut samples: &[f32]) {
        while !samples.is_empty() && self.powers.len() < (f64::from(Aspects::ATTACK_SECS) / STEP_SECS) as usize {
            let taken = ((self.ends - self.seen) as usize).min(samples.len());
            self.sum += samples[..taken].iter().map(|sample| sample * sample).sum::<f32>();
            self.counted += taken;
            self.seen += taken as u64;
            samples = &samples[taken..];
            if self.seen == self.ends {
                self.end_step();
            }
        }
    }

    fn end_step(&mut self) {
        // Below 1 kHz some steps have no sample of their own, and are like the one before.
        let power = match self.counted {
            0 => self.powers.last().copied().unwrap_or(0.0),
            counted => self.sum / counted as f32,
        };
        self.powers.push(power);
        (self.sum, self.counted) = (0.0, 0);
        self.ends = self.end_of(self.powers.len());
    }

    /// In seconds. `None` for silence.
    pub fn attack(mut self) -> Option<f32> {
        if self.counted > 0 {
            self.end_step();
        }
        let envelope: Vec<f32> = (0..self.powers.len())
            .map(|step| {
                let window = &self.powers[step.saturating_sub(WINDOW - 1)..=step];
                (window.iter().sum::<f32>() / WINDOW as f32).sqrt()
            })
            .collect();
        let highest = envelope.iter().copied().fold(0.0, f32::max);
        if !(highest > 0.0 && highest.is_finite()) {
            return None;
        }
        // The step at which each tenth of the highest value is reached first, from the first tenth to the tenth.
        let mut reached = [0usize; 10];
        let mut step = 0;
        for (tenth, reached) in reached.iter_mut().enumerate() {
            let wanted = highest * (tenth + 1) as f32 / 10.0 * (1.0 - 1e-6);
            step += envelope[step..].iter().position(|value| *value >= wanted).unwrap_or(0);
            *reached = step;
        }
        let effort = |tenth: usize| (reached[tenth + 1] - reached[tenth]) as f32;
        let mean = (reached[9] - reached[0]) as f32 / 9.0;
        let is_too_long = |tenth: &usize| effort(*tenth) > TOO_LONG * mean;
        let start = (0..4).rev().find(is_too_long).map_or(0, |tenth| tenth + 1);
        let end = (4..9).find(is_too_long).unwrap_or(9);
        Some(((reached[end] - reached[start]) as f64 * STEP_SECS) as f32)
    }
}
