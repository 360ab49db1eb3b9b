//! The kinds of sound of the demo library. A voice gets random numbers, and a place from 0 (low) to 1 (high).

use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::RATE;
use super::dsp::{Filter, Phase, between, noise, pentatonic, render, strike, swell, uniform};

pub type Voice = fn(&mut ChaCha8Rng, f64) -> Vec<f64>;

/// Names and voices. Add new ones at the end, because the position in this list is part of each sound's seed.
pub const KINDS: [(&str, Voice); 14] = [
    ("pluck", pluck),
    ("bell", bell),
    ("kick", kick),
    ("snare", snare),
    ("hat", hat),
    ("bass", bass),
    ("pad", pad),
    ("chirp", chirp),
    ("bird", bird),
    ("rain", rain),
    ("engine", engine),
    ("vowel", vowel),
    ("marimba", marimba),
    ("flute", flute),
];

/// A plucked string: noise circulates in a delay line that dulls it (Karplus and Strong).
fn pluck(rng: &mut ChaCha8Rng, place: f64) -> Vec<f64> {
    let hz = pentatonic(place, 45, 76);
    let softness = uniform(rng, 0.2, 0.8);
    let decay = uniform(rng, 0.993, 0.9985);
    // The averaging delays by half a frame. An all-pass filter delays by the fraction that is left.
    let period = RATE / hz - 0.5;
    let whole = (period - 0.2).floor();
    let fraction = period - whole;
    let all_pass = (1.0 - fraction) / (1.0 + fraction);
    let mut dull = 0.0;
    let mut string: Vec<f64> = (0..whole as usize)
        .map(|_| {
            dull += (1.0 - softness) * (noise(rng) - dull);
            dull
        })
        .collect();
    let mean = string.iter().sum::<f64>() / string.len() as f64;
    string.iter_mut().for_each(|x| *x -= mean);
    let (mut at, mut last, mut passed_in, mut passed_out) = (0, 0.0, 0.0, 0.0);
    render(uniform(rng, 0.9, 2.0), |_| {
        let current = string[at];
        let averaged = decay * 0.5 * (current + last);
        last = current;
        passed_out = all_pass * (averaged - passed_out) + passed_in;
        passed_in = averaged;
        string[at] = passed_out;
        at = (at + 1) % string.len();
        current
    })
}

/// The partials of a church bell. Each decays in its own time.
fn bell(rng: &mut ChaCha8Rng, place: f64) -> Vec<f64> {
    const PARTIALS: [(f64, f64); 9] = [
        (0.5, 0.5),
        (1.0, 1.0),
        (1.183, 0.6),
        (1.506, 0.4),
        (2.0, 0.7),
        (2.514, 0.35),
        (2.662, 0.25),
        (3.011, 0.3),
        (4.166, 0.2),
    ];
    let hz = pentatonic(place, 62, 86);
    let ring = uniform(rng, 0.5, 1.1);
    let mut partials: Vec<(Phase, f64, f64, f64)> = PARTIALS
        .iter()
        .map(|(ratio, level)| {
            let ratio = ratio * uniform(rng, 0.997, 1.003);
            (Phase::at(rng.random()), hz * ratio, level * uniform(rng, 0.6, 1.0), ring / ratio.powf(0.8))
        })
        .collect();
    render(uniform(rng, 1.6, 2.4), |time| {
        partials
            .iter_mut()
            .map(|(phase, hz, level, decay)| phase.sine(*hz) * *level * strike(time, 0.002, *decay))
            .sum()
    })
}

/// A drum whose pitch falls, with a click on top.
fn kick(rng: &mut ChaCha8Rng, place: f64) -> Vec<f64> {
    let end = between(place, 42.0, 68.0);
    let start = end * uniform(rng, 4.0, 8.0);
    let (fall, decay, click) = (uniform(rng, 0.015, 0.04), uniform(rng, 0.10, 0.22), uniform(rng, 0.05, 0.3));
    let mut phase = Phase::default();
    let mut filter = Filter::default();
    render(uniform(rng, 0.4, 0.7), |time| {
        let body = phase.sine(end + (start - end) * (-time / fall).exp()) * strike(time, 0.001, decay);
        (body * 1.6).tanh() + click * filter.step(noise(rng), 3000.0, 0.7).band * strike(time, 0.0005, 0.004)
    })
}

/// Two skins, and the wires below them.
fn snare(rng: &mut ChaCha8Rng, place: f64) -> Vec<f64> {
    let hz = between(place, 150.0, 240.0);
    let (wires, decay) = (uniform(rng, 0.6, 1.2), uniform(rng, 0.06, 0.16));
    let (mut low, mut high, mut filter) = (Phase::default(), Phase::default(), Filter::default());
    render(uniform(rng, 0.35, 0.55), |time| {
        let bend = 1.0 + 0.4 * (-time / 0.012).exp();
        let skin = low.sine(hz * bend) * strike(time, 0.001, 0.06)
            + 0.6 * high.sine(hz * 1.83 * bend) * strike(time, 0.001, 0.04);
        skin + wires * filter.step(noise(rng), 1800.0, 0.6).high * strike(time, 0.001, decay)
    })
}

/// Six metallic tones outside any scale, through a high-pass filter. Short ones are closed, long ones open.
fn hat(rng: &mut ChaCha8Rng, place: f64) -> Vec<f64> {
    const TONES: [f64; 6] = [2.0, 3.0, 4.16, 5.43, 6.79, 8.21];
    let base = uniform(rng, 250.0, 420.0);
    let decay = between(place, 0.02, 0.30);
    let cutoff = uniform(rng, 6500.0, 9500.0);
    let mut phases = [Phase::default(); 6];
    let (mut first, mut second) = (Filter::default(), Filter::default());
    render((decay * 5.0).clamp(0.32, 1.2), |time| {
        let metal: f64 =
            phases.iter_mut().zip(TONES).map(|(phase, tone)| (phase.step(base * tone) - 0.5).signum()).sum();
        let bright = first.step(metal / 6.0 + 0.5 * noise(rng), cutoff, 0.8).high;
        second.step(bright, cutoff * 0.8, 0.7).high * strike(time, 0.0008, decay)
    })
}

/// A sawtooth through a closing filter, with a sine an octave below.
fn bass(rng: &mut ChaCha8Rng, place: f64) -> Vec<f64> {
    let hz = pentatonic(place, 33, 50);
    let (open, close, q) = (uniform(rng, 8.0, 24.0), uniform(rng, 0.08, 0.3), uniform(rng, 0.9, 3.5));
    let secs = uniform(rng, 0.6, 1.4);
    let (mut saw, mut sub, mut filter) = (Phase::at(0.5), Phase::default(), Filter::default());
    render(secs, |time| {
        let cutoff = hz * (1.5 + open * (-time / close).exp());
        let tone = filter.step(saw.saw(hz), cutoff, q).low + 0.5 * sub.sine(hz * 0.5);
        (tone * 0.9).tanh() * swell(time, secs, 0.004, 0.12)
    })
}

/// A slow chord of detuned sawtooths.
fn pad(rng: &mut ChaCha8Rng, place: f64) -> Vec<f64> {
    let root = pentatonic(place, 48, 62);
    let chord: &[f64] =
        [&[1.0, 1.5, 2.0, 3.0][..], &[1.0, 1.189, 1.498, 2.0], &[1.0, 1.26, 1.498, 1.888]][rng.random_range(0..3)];
    let mut tones: Vec<(Phase, f64)> = chord
        .iter()
        .flat_map(|ratio| [-1.0, 0.0, 1.0].map(|side| ratio * root * 2f64.powf(side * 7.0 / 1200.0)))
        .map(|hz| (Phase::at(rng.random()), hz))
        .collect();
    let (cutoff, sway) = (uniform(rng, 700.0, 2200.0), uniform(rng, 0.2, 0.8));
    let secs = uniform(rng, 1.9, 2.5);
    let (mut filter, mut slow) = (Filter::default(), Phase::at(rng.random()));
    render(secs, |time| {
        let sum: f64 = tones.iter_mut().map(|(phase, hz)| phase.saw(*hz)).sum();
        let moving = cutoff * (1.0 + 0.5 * slow.sine(sway));
        filter.step(sum, moving, 0.8).low * swell(time, secs, 0.5, 0.8)
    })
}

/// A tone that glides, up or down.
fn chirp(rng: &mut ChaCha8Rng, place: f64) -> Vec<f64> {
    let low = between(place, 300.0, 1200.0);
    let high = low * uniform(rng, 2.5, 5.0);
    let up = rng.random_bool(0.5);
    let secs = uniform(rng, 0.35, 0.9);
    let mut phase = Phase::default();
    render(secs, |time| {
        let share = if up { time / secs } else { 1.0 - time / secs };
        phase.sine(between(share, low, high)) * swell(time, secs, 0.02, 0.08)
    })
}

/// A phrase of whistled syllables. Each has a curve of its own; the phrase repeats with small changes.
fn bird(rng: &mut ChaCha8Rng, place: f64) -> Vec<f64> {
    let centre = between(place, 2200.0, 4800.0);
    let shapes: Vec<(f64, f64, f64, f64)> = (0..rng.random_range(2..=4))
        .map(|_| {
            (uniform(rng, -0.35, 0.35), uniform(rng, -0.4, 0.4), uniform(rng, 0.05, 0.14), uniform(rng, 0.0, 60.0))
        })
        .collect();
    let secs = uniform(rng, 1.0, 2.0);
    let mut sound = Vec::new();
    let mut phase = Phase::default();
    for (offset, glide, length, trill) in shapes.iter().cycle() {
        if (sound.len() as f64) > (secs - 0.25) * RATE {
            break;
        }
        let (level, shift) = (uniform(rng, 0.5, 1.0), uniform(rng, 0.98, 1.02));
        let mut wobble = Phase::default();
        sound.extend(render(*length, |time| {
            let share = time / length;
            let hz = centre * shift * (1.0 + offset * 0.5 + glide * (share - 0.5) + 0.04 * wobble.sine(*trill));
            let tone = phase.sine(hz);
            (tone + 0.15 * tone * tone * tone) * level * (share * std::f64::consts::PI).sin().powi(2)
        }));
        sound.resize(sound.len() + (uniform(rng, 0.02, 0.08) * RATE) as usize, 0.0);
    }
    sound
}

/// A hiss of many drops, with single drops in front.
fn rain(rng: &mut ChaCha8Rng, place: f64) -> Vec<f64> {
    let drops_a_sec = between(place, 20.0, 220.0);
    let (hiss, colour) = (between(place, 0.10, 0.35), uniform(rng, 2500.0, 6000.0));
    let secs = uniform(rng, 1.8, 2.5);
    let mut filter = Filter::default();
    let mut sound = render(secs, |_| hiss * filter.step(noise(rng), colour, 0.5).band);
    for _ in 0..(drops_a_sec * secs) as usize {
        let from = rng.random_range(0..sound.len());
        let (hz, level) = (between(rng.random(), 900.0, 5000.0), between(rng.random(), 0.05, 0.8));
        let mut phase = Phase::default();
        let drop = render(0.03, |time| level * phase.sine(hz * (1.0 + 8.0 * time)) * strike(time, 0.0006, 0.004));
        sound[from..].iter_mut().zip(drop).for_each(|(sound, drop)| *sound += drop);
    }
    let ends = secs;
    sound.iter_mut().enumerate().for_each(|(n, x)| *x *= swell(n as f64 / RATE, ends, 0.08, 0.15));
    sound
}

/// Combustions of slightly unequal strength in a resonant body, at a swaying speed.
fn engine(rng: &mut ChaCha8Rng, place: f64) -> Vec<f64> {
    let hz = between(place, 28.0, 85.0);
    let strengths: Vec<f64> = (0..4).map(|_| uniform(rng, 0.6, 1.0)).collect();
    let (body, q, sway) = (uniform(rng, 120.0, 320.0), uniform(rng, 1.5, 4.0), uniform(rng, 0.5, 3.0));
    let secs = uniform(rng, 1.4, 2.5);
    let (mut phase, mut slow, mut last, mut stroke) = (Phase::default(), Phase::default(), 0.0, 0);
    let mut filters = [Filter::default(); 3];
    render(secs, |time| {
        let current = phase.step(hz * (1.0 + 0.04 * slow.sine(sway)));
        if current < last {
            stroke = (stroke + 1) % strengths.len();
        }
        last = current;
        let burst =
            strengths[stroke] * (-current * 9.0).exp() - 0.11 * strengths[stroke] + 0.08 * noise(rng) * (1.0 - current);
        let tone = filters[0].step(burst, body, q).band + 0.5 * filters[1].step(burst, body * 3.3, q).band;
        let rumble = filters[2].step(tone + 0.4 * burst, 22.0, 0.7).high;
        (rumble * 2.0).tanh() * swell(time, secs, 0.08, 0.2)
    })
}

/// A voice that moves from one vowel to another.
fn vowel(rng: &mut ChaCha8Rng, place: f64) -> Vec<f64> {
    const VOWELS: [[f64; 3]; 5] = [
        [730.0, 1090.0, 2440.0],
        [530.0, 1840.0, 2480.0],
        [270.0, 2290.0, 3010.0],
        [570.0, 840.0, 2410.0],
        [300.0, 870.0, 2240.0],
    ];
    const LEVELS: [f64; 3] = [1.0, 0.6, 0.25];
    let hz = between(place, 85.0, 260.0);
    // Smaller speakers have higher voices and higher formants.
    let size = between(place, 0.92, 1.22);
    let from = rng.random_range(0..VOWELS.len());
    let to = (from + rng.random_range(1..VOWELS.len())) % VOWELS.len();
    let (secs, rise) = (uniform(rng, 0.5, 1.3), uniform(rng, -0.2, 0.15));
    let (mut glottis, mut vibrato) = (Phase::default(), Phase::default());
    let mut formants = [Filter::default(); 3];
    let mut tilt = Filter::default();
    render(secs, |time| {
        let share = time / secs;
        let pitch = hz * (1.0 + rise * share + 0.012 * vibrato.sine(5.2));
        let source = tilt.step(glottis.saw(pitch) + 0.03 * noise(rng), 1200.0, 0.6).low;
        let way = swell(share, 2.0, 1.0, 1.0);
        let mouth: f64 = (0..3)
            .map(|i| {
                let formant = size * (VOWELS[from][i] + (VOWELS[to][i] - VOWELS[from][i]) * way);
                LEVELS[i] * formants[i].step(source, formant, 4.0 + 3.0 * i as f64).band
            })
            .sum();
        mouth * swell(time, secs, 0.04, 0.15)
    })
}

/// A wooden bar: three partials, of which the upper ones decay at once.
fn marimba(rng: &mut ChaCha8Rng, place: f64) -> Vec<f64> {
    let hz = pentatonic(place, 55, 84);
    let ring = between(place, 0.30, 0.12) * uniform(rng, 0.8, 1.2);
    let hardness = uniform(rng, 0.1, 0.5);
    let mut phases = [Phase::default(); 3];
    render(uniform(rng, 0.5, 1.0), |time| {
        phases[0].sine(hz) * strike(time, 0.002, ring)
            + hardness * phases[1].sine(hz * 3.93) * strike(time, 0.001, ring * 0.25)
            + 0.5 * hardness * phases[2].sine(hz * 9.54) * strike(time, 0.001, ring * 0.08)
    })
}

/// A nearly pure tone with breath noise and a late vibrato.
fn flute(rng: &mut ChaCha8Rng, place: f64) -> Vec<f64> {
    let hz = pentatonic(place, 62, 86);
    let (breath, depth, speed) = (uniform(rng, 0.05, 0.2), uniform(rng, 0.003, 0.009), uniform(rng, 4.5, 6.0));
    let secs = uniform(rng, 0.9, 1.9);
    let (mut vibrato, mut filter) = (Phase::default(), Filter::default());
    let mut harmonics = [Phase::default(); 4];
    render(secs, |time| {
        let sway = vibrato.sine(speed) * (time / 0.6).min(1.0);
        let pitch = hz * (1.0 + depth * sway);
        let tone: f64 = harmonics
            .iter_mut()
            .zip([1.0, 0.35, 0.12, 0.04])
            .enumerate()
            .map(|(n, (phase, level))| level * phase.sine(pitch * (n + 1) as f64))
            .sum();
        let air = filter.step(noise(rng), hz * 2.0, 1.5).band;
        (tone * (1.0 + 0.15 * sway) + breath * air) * swell(time, secs, 0.07, 0.15)
    })
}
