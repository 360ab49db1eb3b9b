//! Envelopes: how loud a layer is over time, and how its pitch moves.

use rand::Rng;
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;
use std::f32::consts::TAU;

use super::{amplitude, between, ratio, seconds};

/// The number of levels of repeated strikes, and of pitches of an arpeggio, before they repeat.
const STEPS: usize = 32;

/// The course of an amplitude over time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Course {
    /// Rises at once and decays.
    Struck,
    /// Rises, stays, and is released.
    Held,
    /// Strikes again and again.
    Repeated,
    /// Swells with each repetition.
    Fluttering,
    /// Rises slowly, stays, and is released.
    Swelling,
}

impl Course {
    pub fn of(choice: u32) -> Self {
        match choice % 10 {
            0..=3 => Course::Struck,
            4 | 5 => Course::Held,
            6 | 7 => Course::Repeated,
            8 => Course::Fluttering,
            _ => Course::Swelling,
        }
    }

    fn is_repeated(self) -> bool {
        matches!(self, Course::Repeated | Course::Fluttering)
    }
}

/// For each sample, the amplitude and the seconds since the last strike.
pub struct Envelope {
    pub amplitude: Vec<f32>,
    pub since: Vec<f32>,
}

impl Envelope {
    /// Makes an envelope from ten dials and three choices. The first choice decided `course`.
    pub fn new(samples: usize, course: Course, dials: &[f32], choices: &[u32], random: &mut ChaCha8Rng) -> Self {
        let onset = if choices[1] % 10 < 6 { 0.0 } else { between(dials[0], 0.0, 0.25) };
        let rate = ratio(dials[1], 2.0, 35.0);
        let spread = dials[2];
        let levels: [f32; STEPS] = std::array::from_fn(|_| 10.0_f32.powf(-random.random::<f32>() * spread));
        let attack = match course {
            Course::Struck => ratio(dials[3], 0.0004, 0.02),
            Course::Held => ratio(dials[3], 0.001, 0.15),
            Course::Repeated => ratio(dials[3], 0.0004, 0.01),
            Course::Fluttering => 0.3 / rate,
            Course::Swelling => ratio(dials[3], 0.08, 0.5),
        };
        let decay = match course {
            Course::Struck => ratio(dials[4], 0.008, 1.0),
            Course::Repeated | Course::Fluttering => ratio(dials[4], 0.08, 1.0) / rate,
            Course::Held | Course::Swelling => ratio(dials[4], 0.3, 5.0),
        };
        let (hold, release) = (ratio(dials[5], 0.06, 1.6), ratio(dials[6], 0.008, 0.3));
        let trembles = choices[2] % 10 < 3;
        let (depth, tremor) = (between(dials[7], 0.1, 1.0), ratio(dials[8], 2.5, 120.0));
        let is_repeated = course.is_repeated();
        let is_let_go = matches!(course, Course::Held | Course::Swelling);
        let (mut amplitudes, mut since) = (Vec::with_capacity(samples), Vec::with_capacity(samples));
        for n in 0..samples {
            let time = seconds(n) - onset;
            if time < 0.0 {
                amplitudes.push(0.0);
                since.push(0.0);
                continue;
            }
            let turns = time * rate;
            let (own, level) = match is_repeated {
                true => ((turns - turns.floor()) / rate, levels[turns as usize % STEPS]),
                false => (time, 1.0),
            };
            let rise = (own / attack).min(1.0);
            let mut value = rise * rise * (3.0 - 2.0 * rise) * (-(own - attack).max(0.0) / decay).exp();
            if is_let_go && time > hold {
                value *= (-(time - hold) / release).exp();
            }
            if trembles {
                value *= 1.0 - depth * (0.5 + 0.5 * (TAU * (tremor * time + dials[9])).sin());
            }
            amplitudes.push(value * level);
            since.push(own);
        }
        Self { amplitude: amplitudes, since }
    }
}

/// How a pitch moves, in octaves from its base.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Motion {
    Still,
    /// Falls from above after each strike.
    Dropping,
    Gliding,
    Vibrato,
    /// Moves up and down in a wave.
    Waving,
    /// Jumps from one random pitch to the next.
    Stepping,
}

impl Motion {
    pub fn of(choice: u32) -> Self {
        match choice % 10 {
            0..=3 => Motion::Still,
            4 => Motion::Dropping,
            5 => Motion::Gliding,
            6 | 7 => Motion::Vibrato,
            8 => Motion::Waving,
            _ => Motion::Stepping,
        }
    }

    /// The octaves for each sample, from eight dials and the choice of the shape. `since` has the seconds since the
    /// last strike.
    pub fn octaves(self, dials: &[f32], shape: u32, since: &[f32], random: &mut ChaCha8Rng) -> Vec<f32> {
        let sign = if shape.is_multiple_of(2) { 1.0 } else { -1.0 };
        let depth = ratio(dials[2], 0.05, 0.8);
        let rate = ratio(dials[3], 2.0, 35.0);
        let pitches: [f32; STEPS] =
            std::array::from_fn(|_| random.sample::<f32, _>(StandardNormal) * ratio(dials[2], 0.05, 0.6));
        let (drop, fall) = (ratio(dials[0], 0.1, 3.0), ratio(dials[1], 0.005, 0.15));
        let (glide, arrives) = (sign * between(dials[0], 0.1, 1.5), ratio(dials[1], 0.15, 1.2));
        let (vibrato, wobble) = (ratio(dials[2], 0.008, 0.15), ratio(dials[3], 3.0, 12.0));
        let octaves = |(n, &own): (usize, &f32)| {
            let turns = rate * own + dials[4];
            let turn = turns - turns.floor();
            match self {
                Motion::Still => 0.0,
                Motion::Dropping => drop * (-own / fall).exp(),
                Motion::Gliding => glide * (own / arrives).min(1.5),
                Motion::Vibrato => vibrato * (TAU * (wobble * seconds(n) + dials[4])).sin(),
                Motion::Waving => {
                    depth
                        * match shape % 4 {
                            0 => (TAU * turn).sin(),
                            1 => 2.0 * turn - 1.0,
                            2 => 1.0 - 2.0 * turn,
                            _ => (turn - 0.5).signum(),
                        }
                }
                Motion::Stepping => pitches[turns as usize % STEPS],
            }
        };
        since.iter().enumerate().map(octaves).collect()
    }
}

/// An amplitude for a dial between two levels in decibels.
pub fn level(dial: f32, low_db: f32, high_db: f32) -> f32 {
    amplitude(between(dial, low_db, high_db))
}
