//! The building blocks of the demo library's voices: oscillators, envelopes, filters, noise.

use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::RATE;

/// A number from `low` to `high`.
pub fn uniform(rng: &mut ChaCha8Rng, low: f64, high: f64) -> f64 {
    low + (high - low) * rng.random::<f64>()
}

/// A number from -1 to 1.
pub fn noise(rng: &mut ChaCha8Rng) -> f64 {
    uniform(rng, -1.0, 1.0)
}

/// A value from `low` to `high` in equal ratios, as people hear pitch and time. `place` is 0 to 1.
pub fn between(place: f64, low: f64, high: f64) -> f64 {
    low * (high / low).powf(place)
}

/// A pitch of the A minor pentatonic scale, in hertz. `place` (0 to 1) is the position between the MIDI notes `low` and
/// `high`. Any sequence of such pitches is pleasant.
pub fn pentatonic(place: f64, low: i32, high: i32) -> f64 {
    let scale: Vec<i32> = (low..=high).filter(|note| matches!(note.rem_euclid(12), 0 | 2 | 4 | 7 | 9)).collect();
    let note = scale[((place * scale.len() as f64) as usize).min(scale.len() - 1)];
    440.0 * 2f64.powf(f64::from(note - 69) / 12.0)
}

/// `secs` of sound. `sample` gives each sample from its time in seconds.
pub fn render(secs: f64, mut sample: impl FnMut(f64) -> f64) -> Vec<f64> {
    (0..(secs * RATE) as usize).map(|n| sample(n as f64 / RATE)).collect()
}

/// Rises in `attack` seconds, then falls to 1/e in every `decay` seconds.
pub fn strike(time: f64, attack: f64, decay: f64) -> f64 {
    (time / attack).min(1.0) * (-(time - attack).max(0.0) / decay).exp()
}

/// Rises, stays and falls within `secs`, along raised cosines.
pub fn swell(time: f64, secs: f64, rise: f64, fall: f64) -> f64 {
    let edge = |x: f64| 0.5 - 0.5 * (x.clamp(0.0, 1.0) * std::f64::consts::PI).cos();
    edge(time / rise) * edge((secs - time) / fall)
}

/// An oscillator whose frequency may change with every sample.
#[derive(Clone, Copy, Default)]
pub struct Phase(f64);

impl Phase {
    pub fn at(start: f64) -> Self {
        Phase(start)
    }

    /// Advances by one sample and returns the phase, 0 to 1.
    pub fn step(&mut self, hz: f64) -> f64 {
        self.0 = (self.0 + hz / RATE).fract();
        self.0
    }

    pub fn sine(&mut self, hz: f64) -> f64 {
        (self.step(hz) * std::f64::consts::TAU).sin()
    }

    /// A sawtooth whose jump is rounded off, so that it does not alias.
    pub fn saw(&mut self, hz: f64) -> f64 {
        let (phase, step) = (self.step(hz), hz / RATE);
        let correction = if phase < step {
            let x = phase / step;
            x + x - x * x - 1.0
        } else if phase > 1.0 - step {
            let x = (phase - 1.0) / step;
            x * x + x + x + 1.0
        } else {
            0.0
        };
        2.0 * phase - 1.0 - correction
    }
}

/// A resonant filter of second order (trapezoidal state variable) whose cutoff may change with every sample.
#[derive(Clone, Copy, Default)]
pub struct Filter {
    first: f64,
    second: f64,
}

/// The outputs of a [`Filter`] for one sample.
pub struct Filtered {
    pub low: f64,
    /// 1 at the cutoff.
    pub band: f64,
    pub high: f64,
}

impl Filter {
    pub fn step(&mut self, input: f64, hz: f64, q: f64) -> Filtered {
        let g = (std::f64::consts::PI * (hz / RATE).min(0.49)).tan();
        let k = 1.0 / q;
        let scale = 1.0 / (1.0 + g * (g + k));
        let high = (input - (g + k) * self.first - self.second) * scale;
        let band = g * high + self.first;
        let low = g * band + self.second;
        self.first = g * high + band;
        self.second = g * band + low;
        Filtered { low, band: band * k, high }
    }
}
