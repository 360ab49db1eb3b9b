//! [`Patch`]: describes a sound, is moved to a doppelganger, and is rendered.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;

use super::layers::{Kind, Layer};
use super::noise::{Colour, fill_noise};
use super::room::Room;
use super::{CHOICES, DIALS, HZ, amplitude, between};

/// The shares of patches with one, two, three and four layers.
const LAYERS: [f32; 4] = [0.45, 0.30, 0.17, 0.08];
/// The largest difference in level between the first layer and another, in decibels.
const LAYER_RANGE_DB: f32 = 22.0;
/// The range of loudness between patches, in decibels.
const LOUDNESS_RANGE_DB: f32 = 32.0;
/// The share of patches with a noise floor, and the share of patches in a room.
const FLOOR_SHARE: f32 = 0.45;
const ROOM_SHARE: f32 = 0.25;
/// The number of samples over which loudness is measured.
const LOUDNESS_WINDOW: usize = 1024;

/// The description of a sound.
#[derive(Clone, Debug, PartialEq)]
pub struct Patch {
    layers: Vec<Layer>,
    /// How far the loudness is below full scale, from 0 to 1.
    loudness: f32,
    /// The level and the tilt of the noise floor.
    floor: Option<[f32; 2]>,
    room: Option<[f32; 3]>,
}

impl Patch {
    /// Patch `number` of a seed.
    pub fn random(seed: u64, number: u64) -> Self {
        let mut random = stream(seed, number, 0);
        let draw = random.random::<f32>();
        let mut count = 1;
        let mut sum = LAYERS[0];
        while draw > sum && count < LAYERS.len() {
            sum += LAYERS[count];
            count += 1;
        }
        let layers = (0..count)
            .map(|_| Layer {
                kind: Kind::random(&mut random),
                choices: std::array::from_fn::<u32, CHOICES, _>(|_| random.random_range(0..1 << 20)),
                dials: std::array::from_fn::<f32, DIALS, _>(|_| random.random()),
                level: random.random(),
            })
            .collect();
        let loudness = random.random();
        let floor = (random.random::<f32>() < FLOOR_SHARE).then(|| std::array::from_fn(|_| random.random()));
        let room = (random.random::<f32>() < ROOM_SHARE).then(|| std::array::from_fn(|_| random.random()));
        Self { layers, loudness, floor, room }
    }

    /// A doppelganger: every dial is moved by `delta` times a normal number, the pitch by half of that. Dials are
    /// reflected at 0 and 1.
    pub fn moved(&self, delta: f32, random: &mut ChaCha8Rng) -> Self {
        let mut patch = self.clone();
        let mut step = |dial: &mut f32, scale: f32| {
            *dial = reflected(*dial + delta * scale * random.sample::<f32, _>(StandardNormal));
        };
        for layer in &mut patch.layers {
            let pitch = layer.kind.pitch_dial();
            for (number, dial) in layer.dials.iter_mut().enumerate() {
                step(dial, if number == pitch { 0.5 } else { 1.0 });
            }
            step(&mut layer.level, 1.0);
        }
        step(&mut patch.loudness, 0.5);
        patch.floor.iter_mut().flatten().chain(patch.room.iter_mut().flatten()).for_each(|dial| step(dial, 1.0));
        patch
    }

    /// Renders `samples` samples at [`RATE`](super::RATE). Loud patches may exceed full scale.
    pub fn render(&self, samples: usize, random: &mut ChaCha8Rng) -> Vec<f32> {
        let mut mixed = vec![0.0_f32; samples];
        for (number, layer) in self.layers.iter().enumerate() {
            let sound = layer.render(samples, random);
            let level = if number == 0 { 1.0 } else { amplitude(-LAYER_RANGE_DB * layer.level) };
            let gain = level / loudest(&sound).max(1e-6);
            mixed.iter_mut().zip(&sound).for_each(|(m, s)| *m += gain * s);
        }
        if let Some(dials) = self.room {
            Room::new(dials).reverberate(&mut mixed);
        }
        let wanted = 0.7 * amplitude(-LOUDNESS_RANGE_DB * self.loudness);
        let gain = wanted / loudest(&mixed).max(1e-6);
        mixed.iter_mut().for_each(|m| *m *= gain);
        if let Some([level, tilt]) = self.floor {
            let mut noise = vec![0.0; samples];
            fill_noise(&mut noise, random);
            Colour::tilted(between(tilt, -7.0, 3.0)).apply(&mut noise);
            let gain = wanted * amplitude(-between(level, 15.0, 75.0)) / loudest(&noise).max(1e-6);
            mixed.iter_mut().zip(&noise).for_each(|(m, n)| *m += gain * n);
        }
        mixed
    }

    /// Renders doppelganger `variant` of patch `number` of a seed, at the distance `delta`.
    pub fn doppelganger(seed: u64, number: u64, variant: u64, delta: f32, seconds: f32) -> Vec<f32> {
        let mut random = stream(seed, number, 1 + variant);
        let patch = Self::random(seed, number).moved(delta, &mut random);
        patch.render((seconds * HZ) as usize, &mut random)
    }
}

/// The random numbers for one use of a patch.
fn stream(seed: u64, number: u64, used_for: u64) -> ChaCha8Rng {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    random.set_stream(number << 8 | used_for & 0xff);
    random
}

/// Reflects a dial that went beyond 0 or 1 back by the same amount.
fn reflected(dial: f32) -> f32 {
    let dial = dial.abs() % 2.0;
    if dial > 1.0 { 2.0 - dial } else { dial }
}

/// The root mean square of the loudest window.
fn loudest(samples: &[f32]) -> f32 {
    let power = |window: &[f32]| window.iter().map(|x| x * x).sum::<f32>() / LOUDNESS_WINDOW as f32;
    samples.chunks(LOUDNESS_WINDOW).map(power).fold(0.0, f32::max).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAMPLES: usize = 12_800;

    #[test]
    fn a_patch_is_its_seed_and_number_to_the_bit() {
        let bits = |sound: Vec<f32>| sound.into_iter().map(f32::to_bits).collect::<Vec<u32>>();
        for number in 0..20 {
            assert_eq!(Patch::random(3, number), Patch::random(3, number));
            let render = |seed, variant| bits(Patch::doppelganger(seed, number, variant, 0.1, 0.2));
            assert_eq!(render(3, 0), render(3, 0), "patch {number}");
            assert_ne!(render(3, 0), render(3, 1), "another variant of patch {number}");
            assert_ne!(render(3, 0), render(4, 0), "another seed");
        }
    }

    #[test]
    fn every_kind_is_drawn_and_every_rendering_is_audible_and_finite() {
        let mut kinds = std::collections::BTreeSet::new();
        for number in 0..300 {
            let patch = Patch::random(1, number);
            kinds.extend(patch.layers.iter().map(|layer| layer.kind));
            let sound = patch.render(SAMPLES, &mut stream(1, number, 1));
            assert_eq!(sound.len(), SAMPLES);
            assert!(sound.iter().all(|x| x.is_finite()), "patch {number}: {patch:?}");
            let level = loudest(&sound);
            assert!((0.01..=1.5).contains(&level), "patch {number} has level {level}: {patch:?}");
        }
        assert_eq!(kinds.len(), Kind::ALL.len());
    }

    #[test]
    fn a_doppelganger_keeps_the_choices_and_moves_the_dials_a_little() {
        let patch = Patch::random(5, 7);
        let mut random = stream(5, 7, 1);
        assert_eq!(patch.moved(0.0, &mut random), patch);
        let moved = patch.moved(0.1, &mut random);
        for (was, is) in patch.layers.iter().zip(&moved.layers) {
            assert_eq!((was.kind, was.choices), (is.kind, is.choices));
            assert!(is.dials.iter().all(|dial| (0.0..=1.0).contains(dial)));
            let mean = was.dials.iter().zip(&is.dials).map(|(a, b)| (a - b).abs()).sum::<f32>() / DIALS as f32;
            assert!((0.03..0.15).contains(&mean), "{mean}");
        }
    }

    #[test]
    fn dials_are_reflected_at_both_ends() {
        for (dial, wanted) in [(0.3, 0.3), (-0.2, 0.2), (1.2, 0.8), (2.1, 0.1)] {
            assert!((reflected(dial) - wanted).abs() < 1e-6);
        }
    }
}
