//! A synthetic recording: noise, calls of one kind at known moments, and sounds of other kinds.

use std::f64::consts::TAU;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

pub const RATE: u32 = 8000;

/// A recording, and the starts and ends of its calls in seconds.
pub struct Soundscape {
    pub samples: Vec<f64>,
    pub calls: Vec<(f64, f64)>,
}

type Voice = fn(f64) -> f64;

/// The other sounds: a falling whistle, a warble, knocks, a hum, a click train, a chord.
const OTHERS: [(Voice, f64); 6] = [
    (|t| (TAU * (2600.0 * t - 700.0 * t * t)).sin() * edge(t, 1.2), 1.2),
    (|t| (TAU * 1500.0 * t + 9.0 * (TAU * 6.0 * t).sin()).sin() * edge(t, 1.0), 1.0),
    (|t| (TAU * 400.0 * t).sin() * (-30.0 * (t % 0.2)).exp(), 0.9),
    (|t| ((TAU * 220.0 * t).sin() + 0.5 * (TAU * 440.0 * t).sin()) * 0.7 * edge(t, 1.5), 1.5),
    (|t| (TAU * 3000.0 * t).sin() * (-200.0 * (t % 0.04)).exp(), 0.8),
    (|t| ((TAU * 700.0 * t).sin() + (TAU * 881.0 * t).sin()) * 0.5 * edge(t, 1.1), 1.1),
];

const CALL_SECS: f64 = 1.06;

/// A rising whistle, a pause, and a trill.
fn call(t: f64) -> f64 {
    match t {
        ..0.44 => (TAU * (900.0 * t + 1500.0 * t * t)).sin() * edge(t, 0.44),
        0.5.. => (TAU * 2400.0 * t).sin() * (0.55 + 0.45 * (TAU * 22.0 * t).sin()) * edge(t - 0.5, 0.56),
        _ => 0.0,
    }
}

/// Fades the first and the last 20 ms of a sound.
fn edge(t: f64, secs: f64) -> f64 {
    (t / 0.02).clamp(0.0, 1.0) * ((secs - t) / 0.02).clamp(0.0, 1.0)
}

/// `calls` calls in `secs` seconds, each `snr_db` above the noise, with speeds that vary by up to a tenth. For each
/// call there are three sounds of other kinds. Every fifth of these overlaps the end of a call.
pub fn soundscape(seed: u64, secs: f64, calls: usize, snr_db: f64) -> Soundscape {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let noise_rms = 0.02;
    let frames = (secs * f64::from(RATE)) as usize;
    let mut low = 0.0;
    let mut samples: Vec<f64> = (0..frames)
        .map(|frame| {
            let white: f64 = rng.random_range(-1.0..1.0);
            low = 0.9 * low + 0.1 * white;
            // Wind comes and goes.
            let wind = 1.0 + 0.3 * (TAU * frame as f64 / f64::from(RATE) / 37.0).sin();
            (white + 2.0 * low) * wind
        })
        .collect();
    let scale = noise_rms / rms(&samples);
    samples.iter_mut().for_each(|sample| *sample *= scale);

    let slot = secs / calls as f64;
    let mut truth = Vec::new();
    for number in 0..calls {
        let speed = rng.random_range(0.9..1.1);
        let start = slot * number as f64 + rng.random_range(0.1..0.2) * slot;
        let length = CALL_SECS / speed;
        mix(&mut samples, start, length, noise_rms, snr_db, |t| call(t * speed));
        truth.push((start, start + length));
        for part in 1..4 {
            let (voice, length) = OTHERS[rng.random_range(0..OTHERS.len())];
            let speed = rng.random_range(0.9..1.1);
            let overlaps = number % 5 == 4 && part == 1;
            let after = slot * (number as f64 + 0.25 * f64::from(part) + rng.random_range(0.05..0.1));
            let from = if overlaps { start + 0.8 * CALL_SECS } else { after };
            mix(&mut samples, from, length / speed, noise_rms, snr_db, |t| voice(t * speed));
        }
    }
    Soundscape { samples, calls: truth }
}

fn mix(samples: &mut [f64], start: f64, secs: f64, noise_rms: f64, snr_db: f64, voice: impl Fn(f64) -> f64) {
    let rate = f64::from(RATE);
    let sound: Vec<f64> = (0..(secs * rate) as usize).map(|frame| voice(frame as f64 / rate)).collect();
    let gain = noise_rms * 10f64.powf(snr_db / 20.0) / rms(&sound);
    let first = (start * rate) as usize;
    for (sample, sound) in samples.iter_mut().skip(first).zip(&sound) {
        *sample += gain * sound;
    }
}

fn rms(samples: &[f64]) -> f64 {
    (samples.iter().map(|sample| sample * sample).sum::<f64>() / samples.len() as f64).sqrt()
}

/// The share of calls that were found, and the share of the `found` stretches that are calls. A stretch is a call if
/// they share at least half of the shorter one.
pub fn recall_and_precision(calls: &[(f64, f64)], found: &[(f64, f64)]) -> (f64, f64) {
    let shares = |a: &(f64, f64), b: &(f64, f64)| a.1.min(b.1) - a.0.max(b.0) >= 0.5 * (a.1 - a.0).min(b.1 - b.0);
    let hit = calls.iter().filter(|call| found.iter().any(|found| shares(call, found))).count();
    let right = found.iter().filter(|found| calls.iter().any(|call| shares(call, found))).count();
    (hit as f64 / calls.len() as f64, if found.is_empty() { 1.0 } else { right as f64 / found.len() as f64 })
}
