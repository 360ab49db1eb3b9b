//! A voice: pulses or breath through four formants that move from vowel to vowel, and a consonant.

use rand::Rng;
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;
use std::f32::consts::TAU;

use super::envelope::level;
use super::filter::{Filter, Slope, q_of_width};
use super::noise::fill_noise;
use super::{BLOCK, CHOICES, DIALS, HZ, between, ratio, seconds};

/// The ranges of the formants of an average speaker, in hertz.
const FORMANTS: [(f32, f32); 4] = [(250.0, 950.0), (550.0, 2600.0), (1900.0, 3400.0), (3000.0, 4600.0)];
/// The number of samples between two values of the jitter.
const JITTER_EVERY: usize = 256;

/// Renders the layer from the dials `u` and the choices `d`.
pub fn render(u: &[f32; DIALS], d: &[u32; CHOICES], samples: usize, random: &mut ChaCha8Rng) -> Vec<f32> {
    let onset = if d[1] % 10 < 5 { 0.0 } else { between(u[2], 0.0, 0.25) };
    let length = ratio(u[3], 0.06, 1.0);
    let mut sound = source(u, d, onset, length, samples, random);
    formants(&mut sound, u, onset);
    let mut slope = Slope::new(-between(u[32], 0.0, 6.0));
    sound.iter_mut().for_each(|x| *x = slope.step(*x));
    if !d[4].is_multiple_of(3) {
        let before = d[5].is_multiple_of(2);
        let long = ratio(u[33], 0.006, 0.18);
        let from = if before { (onset - long).max(0.0) } else { onset + length };
        let mut noise = vec![0.0; samples];
        fill_noise(&mut noise, random);
        let mut band = Filter::new(ratio(u[34], 800.0, 9500.0), q_of_width(ratio(u[35], 0.15, 1.2)));
        let loud = level(u[36], -25.0, 5.0);
        for (n, (x, noise)) in sound.iter_mut().zip(&noise).enumerate() {
            let time = seconds(n) - from;
            let envelope = (time / 0.004).clamp(0.0, 1.0) * (-(time - long).max(0.0) / 0.012).exp();
            *x += loud * envelope * (band.step(*noise).band + 0.05 * noise);
        }
    }
    sound
}

/// The sound that the formants colour: glottal pulses, breath, or both.
fn source(
    u: &[f32; DIALS],
    d: &[u32; CHOICES],
    onset: f32,
    length: f32,
    samples: usize,
    random: &mut ChaCha8Rng,
) -> Vec<f32> {
    let hz = ratio(u[1], 70.0, 420.0);
    let (glide, vibrato) = (between(u[4], -0.5, 0.5) / 0.4, ratio(u[5], 0.003, 0.06));
    let wobble = ratio(u[6], 3.0, 9.0);
    let jitter = ratio(u[8], 0.002, 0.05);
    let jitters: Vec<f32> =
        (0..samples / JITTER_EVERY + 2).map(|_| jitter * random.sample::<f32, _>(StandardNormal)).collect();
    let sharp = ratio(u[9], 2.0, 20.0);
    let mean = (1.0 - (-sharp).exp()) / sharp;
    let (attack, release) = (ratio(u[10], 0.005, 0.1), ratio(u[11], 0.01, 0.2));
    let syllables = d[2].is_multiple_of(3).then(|| ratio(u[12], 2.5, 8.0));
    let voiced = !d[3].is_multiple_of(8);
    let breath = if voiced { level(u[13], -40.0, -6.0) } else { 1.0 };
    let mut noise = vec![0.0; samples];
    fill_noise(&mut noise, random);
    let mut phase = 0.0_f32;
    noise
        .iter()
        .enumerate()
        .map(|(n, noise)| {
            let time = seconds(n) - onset;
            let (at, part) = (n / JITTER_EVERY, (n % JITTER_EVERY) as f32 / JITTER_EVERY as f32);
            let jitter = jitters[at] * (1.0 - part) + jitters[at + 1] * part;
            let octaves = glide * time + vibrato * (TAU * (wobble * seconds(n) + u[7])).sin() + jitter;
            phase = (phase + hz * octaves.clamp(-2.0, 2.0).exp2() / HZ).fract();
            let mut envelope = (time / attack).clamp(0.0, 1.0) * (-(time - length).max(0.0) / release).exp();
            if let Some(rate) = syllables {
                envelope *= 0.5 - 0.5 * (TAU * rate * time).cos();
            }
            let pulse = if voiced { ((-phase * sharp).exp() - mean) * sharp.sqrt() } else { 0.0 };
            envelope * (pulse + breath * noise)
        })
        .collect()
}

/// Sends a sound through four parallel formants, which move from one vowel to a second and a third.
fn formants(sound: &mut [f32], u: &[f32; DIALS], onset: f32) {
    let size = between(u[0], 0.85, 1.35);
    let sigmoid = |x: f32| 1.0 / (1.0 + (-x).exp());
    let (first, quick) = (ratio(u[14], 0.03, 0.3), ratio(u[15], 0.008, 0.08));
    let (second, slow) = (ratio(u[16], 0.15, 0.5), ratio(u[17], 0.01, 0.08));
    let width = ratio(u[30], 50.0, 220.0);
    let fall = between(u[31], 1.0, 9.0);
    let mut filters = [Filter::new(1000.0, 1.0); 4];
    for (block, sound) in sound.chunks_mut(BLOCK).enumerate() {
        let time = seconds(block * BLOCK) - onset;
        let (a, b) = (sigmoid((time - first) / quick), sigmoid((time - second) / slow));
        for (k, (filter, (low, high))) in filters.iter_mut().zip(FORMANTS).enumerate() {
            let vowel = |number: usize| ratio(u[18 + 3 * k + number], low, high);
            let hz = size * ((vowel(0) * (1.0 - a) + vowel(1) * a) * (1.0 - b) + vowel(2) * b);
            filter.tune(hz, hz / (width * (1.0 + 0.3 * k as f32)));
        }
        for x in sound {
            let gains = (0..).map(|k| super::amplitude(-(k as f32) * fall));
            *x = filters.iter_mut().zip(gains).map(|(filter, gain)| gain * filter.step(*x).band).sum();
        }
    }
}
