//! Rooms: a few comb and allpass filters (Schroeder 1962), which suffice for a blurring tail.

use super::{HZ, ratio};

/// The lengths of the comb and allpass filters in samples, at the smallest size. No two have a common divisor.
const COMBS: [usize; 4] = [811, 919, 1033, 1151];
const ALLPASSES: [usize; 2] = [167, 53];
const ALLPASS_GAIN: f32 = 0.6;

/// A room.
pub struct Room {
    /// The seconds in which the tail falls by 60 dB.
    decay: f32,
    /// The amplitude of the tail, relative to the sound.
    wet: f32,
    size: f32,
}

impl Room {
    /// Makes a room from three dials: decay, level, size.
    pub fn new(dials: [f32; 3]) -> Self {
        Self { decay: ratio(dials[0], 0.1, 2.0), wet: ratio(dials[1], 0.03, 0.6), size: ratio(dials[2], 0.5, 2.0) }
    }

    /// Adds the reverberation of the room to a sound.
    pub fn reverberate(&self, sound: &mut [f32]) {
        let scaled = |samples: usize| ((samples as f32 * self.size) as usize).max(1);
        let mut tail = vec![0.0_f32; sound.len()];
        for samples in COMBS.map(scaled) {
            let gain = 10.0_f32.powf(-3.0 * samples as f32 / HZ / self.decay);
            let mut line = vec![0.0_f32; samples];
            for (n, (x, out)) in sound.iter().zip(&mut tail).enumerate() {
                let delayed = &mut line[n % samples];
                *out += *delayed;
                *delayed = x + gain * *delayed;
            }
        }
        for samples in ALLPASSES.map(scaled) {
            let mut line = vec![0.0_f32; samples];
            for (n, out) in tail.iter_mut().enumerate() {
                let delayed = &mut line[n % samples];
                let inner = *out + ALLPASS_GAIN * *delayed;
                *out = *delayed - ALLPASS_GAIN * inner;
                *delayed = inner;
            }
        }
        sound.iter_mut().zip(&tail).for_each(|(x, t)| *x += self.wet * t);
    }
}
