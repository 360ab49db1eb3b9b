//! The kinds of layers, and the simpler ones: oscillators, frequency modulation, noise and grains.

use rand::Rng;
use rand_chacha::ChaCha8Rng;
use std::f32::consts::TAU;

use super::envelope::{Course, Envelope, Motion, level};
use super::filter::Filter;
use super::noise::{Colour, burst, clicks, fill_noise};
use super::{BLOCK, CHOICES, DIALS, HZ, between, ratio, resonant, seconds, voice};

/// The kind of sound of a layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// The wave of an analogue synthesiser, through a filter.
    Oscillator,
    /// Sines that modulate one another.
    Modulation,
    Noise,
    /// Struck or plucked strings, bars, bells and skins.
    Resonant,
    /// A voice with moving formants.
    Voice,
    /// Many short clicks, as of rain, fire or steps.
    Grains,
    /// Chirps.
    Bird,
    Drum,
}

impl Kind {
    pub const ALL: [Kind; 8] = [
        Kind::Oscillator,
        Kind::Modulation,
        Kind::Noise,
        Kind::Resonant,
        Kind::Voice,
        Kind::Grains,
        Kind::Bird,
        Kind::Drum,
    ];
    /// How often each kind is drawn, in hundredths.
    const SHARES: [u32; 8] = [16, 10, 17, 17, 18, 8, 8, 6];

    pub fn random(random: &mut ChaCha8Rng) -> Self {
        let mut draw = random.random_range(0..Self::SHARES.iter().sum::<u32>());
        for (kind, share) in Self::ALL.into_iter().zip(Self::SHARES) {
            if draw < share {
                return kind;
            }
            draw -= share;
        }
        unreachable!("the draw is below the sum of the shares")
    }

    /// The dial of the pitch.
    pub fn pitch_dial(self) -> usize {
        if self == Kind::Voice { 1 } else { 18 }
    }
}

/// One of the layers of a patch.
#[derive(Clone, Debug, PartialEq)]
pub struct Layer {
    pub kind: Kind,
    pub choices: [u32; CHOICES],
    pub dials: [f32; DIALS],
    /// How far the layer is below the first one, from 0 to 1.
    pub level: f32,
}

impl Layer {
    pub fn render(&self, samples: usize, random: &mut ChaCha8Rng) -> Vec<f32> {
        let (u, d) = (&self.dials, &self.choices);
        let (course, motion) = (Course::of(d[0]), Motion::of(d[3]));
        match self.kind {
            Kind::Oscillator => {
                let wave = Wave::of(d[5]);
                self.oscillator(samples, ratio(u[18], 40.0, 1600.0), wave, course, motion, random)
            }
            Kind::Bird => {
                let motion = [8, 8, 9, 5, 8, 6][d[9] as usize % 6];
                let course = [8, 8, 6, 4, 8, 7][d[10] as usize % 6];
                let wave = if d[5] % 4 == 3 { Wave::Organ } else { Wave::Sine };
                let (course, motion) = (Course::of(course), Motion::of(motion));
                self.oscillator(samples, ratio(u[18], 900.0, 8000.0), wave, course, motion, random)
            }
            Kind::Drum => self.drum(samples, random),
            Kind::Modulation => self.modulation(samples, course, motion, random),
            Kind::Noise => {
                let envelope = Envelope::new(samples, course, &u[..10], &d[..3], random);
                let mut sound = vec![0.0; samples];
                fill_noise(&mut sound, random);
                Colour::new(&u[10..20], &d[3..5]).apply(&mut sound);
                sound.iter_mut().zip(&envelope.amplitude).for_each(|(x, a)| *x *= a);
                sound
            }
            Kind::Grains => self.grains(samples, course, random),
            Kind::Resonant => resonant::render(u, d, samples, random),
            Kind::Voice => voice::render(u, d, samples, random),
        }
    }

    fn oscillator(
        &self,
        samples: usize,
        hz: f32,
        wave: Wave,
        course: Course,
        motion: Motion,
        random: &mut ChaCha8Rng,
    ) -> Vec<f32> {
        let (u, d) = (&self.dials, &self.choices);
        let envelope = Envelope::new(samples, course, &u[..10], &d[..3], random);
        let octaves = motion.octaves(&u[10..18], d[4], &envelope.since, random);
        let (width, detuned) = (between(u[19], 0.08, 0.5), ratio(u[20], 0.001, 0.02));
        let harmonics = [u[21], u[22], u[23]];
        let drive = d[6].is_multiple_of(4).then(|| ratio(u[24], 0.3, 6.0));
        let mut phases = [0.0_f32, random.random(), random.random()];
        let mut sound: Vec<f32> = octaves
            .iter()
            .zip(&envelope.amplitude)
            .map(|(octaves, amplitude)| {
                let hz = (hz * octaves.exp2()).clamp(10.0, 15_000.0);
                for (phase, factor) in phases.iter_mut().zip([1.0, 1.0 + detuned, 1.0 - detuned]) {
                    *phase = (*phase + hz * factor / HZ).fract();
                }
                let x = wave.at(phases, width, harmonics);
                let x = drive.map_or(x, |drive| (x * drive).tanh() / drive.tanh());
                x * amplitude
            })
            .collect();
        if d[8] % 10 < 7 {
            let cutoff = ratio(u[25], 150.0, 14_000.0);
            let (sweep, fall) = (between(u[26], -2.5, 2.5), ratio(u[27], 0.02, 0.5));
            let q = 0.6 + 4.0 * u[28] * u[28];
            let mut filters = vec![Filter::new(cutoff, q); 1 + d[7] as usize % 2];
            for (block, sound) in sound.chunks_mut(BLOCK).enumerate() {
                let hz = cutoff * (sweep * (-seconds(block * BLOCK) / fall).exp()).exp2();
                for filter in &mut filters {
                    filter.tune(hz, q);
                    sound.iter_mut().for_each(|x| *x = filter.step(*x).low);
                }
            }
        }
        sound
    }

    fn drum(&self, samples: usize, random: &mut ChaCha8Rng) -> Vec<f32> {
        let (u, d) = (&self.dials, &self.choices);
        let course = if d[10] % 5 < 4 { Course::Struck } else { Course::Repeated };
        let motion = if d[9] % 5 < 4 { Motion::Dropping } else { Motion::Still };
        let wave = if d[5] % 3 == 2 { Wave::Triangle } else { Wave::Sine };
        let mut sound = self.oscillator(samples, ratio(u[18], 35.0, 300.0), wave, course, motion, random);
        let since: Vec<f32> = (0..samples).map(seconds).collect();
        let mut noise = burst(&since, ratio(u[30], 0.002, 0.2), between(u[33], -40.0, 3.0), random);
        // Always a band, whatever the choices are.
        let mut dials = [0.0; 10];
        (dials[0], dials[3]) = (0.44 + 0.56 * u[31], 0.4 + 0.5 * u[32]);
        Colour::new(&dials, &[0, 1]).apply(&mut noise);
        sound.iter_mut().zip(&noise).for_each(|(x, n)| *x += n);
        sound
    }

    fn modulation(&self, samples: usize, course: Course, motion: Motion, random: &mut ChaCha8Rng) -> Vec<f32> {
        const RATIOS: [f32; 12] = [0.5, 1.0, 1.0, 1.41, 2.0, 2.0, 3.0, 3.5, 4.0, 5.0, 7.0, 1.73];
        let (u, d) = (&self.dials, &self.choices);
        let envelope = Envelope::new(samples, course, &u[..10], &d[..3], random);
        let octaves = motion.octaves(&u[10..18], d[4], &envelope.since, random);
        let hz = ratio(u[18], 40.0, 2500.0);
        let off = |dial: f32| 1.0 + 0.03 * (dial - 0.5);
        let ratios = [1.0, RATIOS[d[5] as usize % 12] * off(u[19]), RATIOS[d[6] as usize % 12] * off(u[20])];
        let (depth, fall) = (ratio(u[21], 0.2, 10.0), ratio(u[22], 0.02, 2.0));
        let second = if d[7].is_multiple_of(2) { ratio(u[23], 0.2, 4.0) } else { 0.0 };
        let mut phases = [0.0_f32; 3];
        octaves
            .iter()
            .zip(envelope.amplitude.iter().zip(&envelope.since))
            .map(|(octaves, (amplitude, own))| {
                let hz = (hz * octaves.exp2()).clamp(10.0, 12_000.0);
                for (phase, ratio) in phases.iter_mut().zip(ratios) {
                    *phase = (*phase + hz * ratio / HZ).fract();
                }
                let inner = (TAU * phases[1] + second * (TAU * phases[2]).sin()).sin();
                amplitude * (TAU * phases[0] + depth * (-own / fall).exp() * inner).sin()
            })
            .collect()
    }

    fn grains(&self, samples: usize, course: Course, random: &mut ChaCha8Rng) -> Vec<f32> {
        let (u, d) = (&self.dials, &self.choices);
        let envelope = Envelope::new(samples, course, &u[..10], &d[..3], random);
        let colour = Colour::new(&u[10..20], &d[3..5]);
        let (rate, spread) = (ratio(u[20], 6.0, 1500.0), between(u[21], 0.1, 1.3));
        let mut sound = vec![0.0; samples];
        for _ in 0..3 {
            let mut grains = clicks(samples, rate / 3.0, spread, random);
            let octaves = (random.random::<f32>() - 0.5) * u[22] * 3.5;
            grains.iter_mut().zip(&envelope.amplitude).for_each(|(x, a)| *x *= a);
            colour.higher(octaves).apply(&mut grains);
            sound.iter_mut().zip(&grains).for_each(|(x, g)| *x += g);
        }
        // Without this, a rendering without any grain would be silent.
        let mut hiss = vec![0.0; samples];
        fill_noise(&mut hiss, random);
        let quiet = level(0.0, -60.0, 0.0);
        sound.iter_mut().zip(hiss.iter().zip(&envelope.amplitude)).for_each(|(x, (h, a))| *x += quiet * h * a);
        sound
    }
}

/// The wave of an oscillator.
#[derive(Clone, Copy, Debug)]
enum Wave {
    Sine,
    Triangle,
    Saw,
    Pulse,
    /// A few harmonics.
    Organ,
    /// Three slightly detuned sawtooths.
    Unison,
}

impl Wave {
    fn of(choice: u32) -> Self {
        [Wave::Sine, Wave::Triangle, Wave::Saw, Wave::Pulse, Wave::Organ, Wave::Unison][choice as usize % 6]
    }

    /// The value of the wave at its phases. The last two phases are detuned.
    fn at(self, phases: [f32; 3], width: f32, harmonics: [f32; 3]) -> f32 {
        let p = phases[0];
        match self {
            Wave::Sine => (TAU * p).sin(),
            Wave::Triangle => 4.0 * (p - 0.5).abs() - 1.0,
            Wave::Saw => 2.0 * p - 1.0,
            Wave::Pulse => (if p < width { 1.0 } else { -1.0 }) + 1.0 - 2.0 * width,
            Wave::Organ => {
                let partials = harmonics.iter().zip(2..).map(|(level, n)| level * (TAU * n as f32 * p).sin());
                0.5 * ((TAU * p).sin() + partials.sum::<f32>())
            }
            Wave::Unison => phases.iter().map(|p| (2.0 * p - 1.0) / 3.0).sum(),
        }
    }
}
