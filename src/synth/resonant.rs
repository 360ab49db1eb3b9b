//! Struck and plucked sounds: a dozen partials, each with its own decay, and a click.

use rand::Rng;
use rand_chacha::ChaCha8Rng;
use std::f32::consts::{PI, TAU};

use super::filter::Filter;
use super::noise::{Colour, burst};
use super::{CHOICES, DIALS, HZ, between, ratio, seconds};

const PARTIALS: usize = 12;
/// The partials of a bar that is free at both ends, of a church bell, and of a round skin.
const BAR: [f32; PARTIALS] = [1.0, 2.756, 5.404, 8.933, 13.34, 18.64, 24.8, 31.9, 39.9, 48.7, 58.5, 69.2];
const BELL: [f32; PARTIALS] = [0.5, 1.0, 1.183, 1.506, 2.0, 2.514, 2.662, 3.011, 4.166, 5.433, 6.796, 8.215];
const SKIN: [f32; PARTIALS] = [1.0, 1.594, 2.136, 2.296, 2.653, 2.918, 3.156, 3.501, 3.6, 3.652, 4.06, 4.154];

/// Renders the layer from the dials `u` and the choices `d`.
pub fn render(u: &[f32; DIALS], d: &[u32; CHOICES], samples: usize, random: &mut ChaCha8Rng) -> Vec<f32> {
    let material = d[3] % 8;
    let stiffness = ratio(u[20], 1e-5, 3e-3);
    // Random partials depend only on the patch, so they are the same in each rendering.
    let odd_one = |n: usize| 1.0 + 9.0 * ((d[9] as f32 / 1024.0 + 1.0) * (n as f32 + 1.0) * 12.9898).sin().abs();
    let ratios: [f32; PARTIALS] = std::array::from_fn(|n| {
        let k = n as f32 + 1.0;
        let exact = match material {
            0..=2 => k * (1.0 + stiffness * k * k).sqrt(),
            3 => 2.0 * k - 1.0,
            4 => BAR[n],
            5 => BELL[n],
            6 => SKIN[n],
            _ => odd_one(n),
        };
        exact * (1.0 + 0.01 * (random.random::<f32>() - 0.5) * u[21])
    });
    let hz = if material <= 3 { ratio(u[18], 45.0, 1500.0) } else { ratio(u[18], 80.0, 3000.0) };
    let onset = if d[1] % 10 < 6 { 0.0 } else { between(u[0], 0.0, 0.25) };
    let repeated = d[0] % 10 >= 8;
    let period = repeated.then(|| (HZ / ratio(u[1], 2.0, 20.0)) as usize);
    let first = (onset * HZ) as usize;
    let attack = ratio(u[3], 0.0003, 0.008);
    let slowest = ratio(u[22], 0.015, 1.5);
    let faster = between(u[23], 0.0, 1.5);
    let (fall_db, struck_at) = (between(u[24], 0.0, 14.0), between(u[25], 0.05, 0.5));
    let mut sound = vec![0.0_f32; samples];
    for (n, ratio) in ratios.iter().enumerate() {
        let k = n as f32 + 1.0;
        let partial = hz * ratio;
        let phase = random.random::<f32>() * TAU;
        let level = 10.0_f32.powf(-fall_db * k.log2() / 20.0)
            * (0.15 + (PI * k * struck_at).sin().abs())
            * (0.4 + 0.6 * random.random::<f32>());
        if partial >= 15_000.0 {
            continue;
        }
        let decay = slowest * (ratio / ratios[0]).powf(-faster);
        // Each sample rotates a complex number and shrinks it.
        let shrink = (-1.0 / (decay * HZ)).exp();
        let (sin, cos) = (TAU * partial / HZ).sin_cos();
        let (mut re, mut im) = (0.0, 0.0);
        for (at, x) in sound.iter_mut().enumerate().skip(first) {
            if at == first || period.is_some_and(|period| (at - first).is_multiple_of(period)) {
                (im, re) = (level * phase.sin(), level * phase.cos());
            }
            *x += im;
            (re, im) = (shrink * (re * cos - im * sin), shrink * (re * sin + im * cos));
        }
    }
    let own = |at: usize| match (at.checked_sub(first), period) {
        (None, _) => f32::INFINITY,
        (Some(since), None) => seconds(since),
        (Some(since), Some(period)) => seconds(since % period),
    };
    let since: Vec<f32> = (0..samples).map(own).collect();
    sound.iter_mut().zip(&since).for_each(|(x, own)| *x *= (own / attack).min(1.0));
    let mut click = burst(&since, ratio(u[27], 0.0008, 0.02), between(u[28], -45.0, 6.0), random);
    Colour::new(&u[10..20], &d[4..6]).apply(&mut click);
    let mut damping = Filter::new(ratio(u[29], 800.0, 15_000.0), 0.7);
    sound.iter_mut().zip(&click).for_each(|(x, c)| *x = damping.step(*x + c).low);
    sound
}
