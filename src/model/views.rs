//! Views: a chunk is altered without becoming another sound. It is moved in time, made louder or softer, made noisier,
//! or sounds as through a microphone in a room. Spectral views are made on the powers of mel bands, where an equaliser
//! is a gain for each band and reverberation is a smear over frames. So no training step computes a spectrum.

use rand::{Rng, RngCore};
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;

use super::simd::{exp, kernel, pairs};
use crate::audio::mel::{MelSpectrum, POWER_FLOOR};
use crate::audio::mulaw;

/// The largest gain of a view, in decibels up or down.
const GAIN_DB: f32 = 6.0;
/// The largest deviation, in decibels, by which a microphone and its room colour single bands. Each has its own
/// resonances.
const COLOUR_DB: f32 = 4.0;

/// The share of views that are warped, if any are.
const WARPED: f32 = 0.5;

/// How a spectral preset's views are made.
#[derive(Clone, Debug)]
pub struct SpectralViews {
    bands: usize,
    centres: Vec<f32>,
    widths: Vec<f32>,
    /// The seconds from one frame to the next.
    frame_secs: f32,
    /// The share of views that are heard through a microphone.
    microphone: f32,
    /// The largest number of bands by which a view is moved up or down.
    warp: f32,
}

/// The effect of a microphone and its room: see [`SpectralViews::distort`].
struct Microphone {
    /// Power gain of each band.
    gains: Vec<f32>,
    /// The share of the reverberation's power that is left after a frame, and its power relative to the direct sound's.
    decay: f32,
    wet: f32,
    /// The noise power of each band, relative to the mean power of a frame.
    noise: Vec<f32>,
}

impl SpectralViews {
    /// `frame_secs` is the time from one frame to the next. `microphone` is the share of views that are heard through a
    /// microphone. `warp` is the largest number of bands by which a view is moved up or down.
    pub fn new(mel: &MelSpectrum, frame_secs: f32, microphone: f32, warp: f32) -> Self {
        let mut widths = mel.widths();
        let total: f32 = widths.iter().sum();
        widths.iter_mut().for_each(|w| *w /= total);
        Self { bands: mel.bands(), centres: mel.centres().to_vec(), widths, frame_secs, microphone, warp }
    }

    /// Moves some views up or down along the bands: log powers `[frames, bands]`, in place. A longer vocal tract or a
    /// larger drum moves a spectrum like this (vocal tract length perturbation; Jaitly and Hinton 2013). Bands that are
    /// empty at this rate stay empty.
    pub fn warp(&self, logs: &mut [f32], random: &mut ChaCha8Rng) {
        if self.warp == 0.0 || random.random::<f32>() >= WARPED {
            return;
        }
        let by = random.random_range(-self.warp..=self.warp);
        let mut from = vec![0.0; self.bands];
        for frame in logs.chunks_exact_mut(self.bands) {
            from.copy_from_slice(frame);
            for (band, (to, width)) in frame.iter_mut().zip(&self.widths).enumerate() {
                if *width > 0.0 {
                    *to = between(&from, band as f32 - by);
                }
            }
        }
    }

    /// Distorts a view: from log powers `[frames + 1, bands]`, `fraction` of a frame late, to powers `[frames, bands]`.
    pub fn distort(&self, logs: &[f32], fraction: f32, random: &mut ChaCha8Rng, out: &mut [f32]) {
        shifted_powers(out, logs, self.bands, fraction);
        let gain = decibels(random.random_range(-GAIN_DB..=GAIN_DB));
        let mut gains = vec![gain; self.bands];
        if random.random::<f32>() < self.microphone {
            let microphone = self.microphone(random);
            reverberate(out, self.bands, microphone.decay, microphone.wet);
            gains.iter_mut().zip(&microphone.gains).for_each(|(g, m)| *g *= m);
            multiply_rows(out, &gains);
            let mean = out.iter().sum::<f32>() / (out.len() / self.bands) as f32;
            let noise: Vec<f32> = microphone.noise.iter().map(|n| n * mean).collect();
            self.add_noise(out, &noise, random);
        } else {
            multiply_rows(out, &gains);
            // White noise, 36 to 70 dB below the loudest frame.
            let loudest = out.chunks_exact(self.bands).map(|frame| frame.iter().sum::<f32>()).fold(0.0, f32::max);
            let level = loudest * decibels(random.random_range(-70.0..=-36.0));
            let top = self.occupied_bands(out);
            let mut noise: Vec<f32> = self.widths.iter().map(|w| w * level).collect();
            noise[top..].fill(0.0);
            self.add_noise(out, &noise, random);
        }
    }

    /// The number of bands, from the lowest on, that have any power. A file that was recorded at a lower rate has
    /// nothing above them, and noise there would give it away.
    fn occupied_bands(&self, powers: &[f32]) -> usize {
        let mut top = 0;
        for frame in powers.chunks_exact(self.bands) {
            if let Some(last) = frame[top..].iter().rposition(|&p| p > 10.0 * POWER_FLOOR) {
                top += last + 1;
            }
        }
        top
    }

    /// Adds noise of about this power to each band. The power varies from cell to cell.
    fn add_noise(&self, powers: &mut [f32], noise: &[f32], random: &mut ChaCha8Rng) {
        let mut dice = vec![0_u8; powers.len()];
        random.fill_bytes(&mut dice);
        add_noise(powers, noise, &dice);
    }

    fn microphone(&self, random: &mut ChaCha8Rng) -> Microphone {
        let position = |band: usize| (band as f32 + 0.5) / self.bands as f32;
        // A smooth equaliser: a few slow waves over the bands.
        let waves: Vec<(f32, f32, f32)> = (1..=4)
            .map(|k| {
                let (depth, phase) = (random.random_range(-4.0..=4.0), random.random_range(0.0..std::f32::consts::TAU));
                (depth, k as f32 * std::f32::consts::PI, phase)
            })
            .collect();
        let equaliser = |band: usize| {
            decibels(waves.iter().map(|(depth, rate, phase)| depth * (rate * position(band) + phase).cos()).sum())
        };
        // The equaliser is too smooth for this: echoes add to one narrow band and take from the next.
        let colour = random.random_range(0.0..=COLOUR_DB);
        let colours: Vec<f32> =
            (0..self.bands).map(|_| decibels(colour * random.sample::<f32, _>(StandardNormal))).collect();
        // Band limits of second order.
        let low = log_uniform(random, 40.0, 300.0);
        let high = log_uniform(random, 2500.0, 16_000.0);
        let limits = |hz: f32| 1.0 / ((1.0 + (low / hz).powi(4)) * (1.0 + (hz / high).powi(4)));
        let distance = decibels(random.random_range(-18.0..=0.0));
        // Reverberation that falls by 60 dB in 0.07 to 0.7 s.
        let decay_secs = log_uniform(random, 0.01, 0.1);
        let decay = (-2.0 * self.frame_secs / decay_secs).exp();
        let wet = log_uniform(random, 0.03, 1.0) * (1.0 - decay);
        // A noise floor 8 to 40 dB below the sound, tilted by up to about 9 dB an octave up or down.
        let (floor, tilt) = (decibels(-random.random_range(8.0..=40.0)), random.random_range(-1.5..=1.5));
        let tilted: Vec<f32> =
            (0..self.bands).map(|b| self.widths[b] * (self.centres[b] / 1000.0).powf(tilt)).collect();
        let total: f32 = tilted.iter().sum();
        Microphone {
            gains: (0..self.bands).map(|b| distance * colours[b] * equaliser(b) * limits(self.centres[b])).collect(),
            decay,
            wet,
            noise: tilted.iter().map(|n| n / total * floor).collect(),
        }
    }
}

/// Makes a view of mu-law levels: louder or softer, with a little noise.
pub fn distort_levels(levels: &mut [u8], random: &mut ChaCha8Rng) {
    let gain = decibels(random.random_range(-GAIN_DB..=GAIN_DB)).sqrt();
    let peak = levels.iter().map(|&l| mulaw::sample(l).abs()).fold(0.0, f32::max) * gain;
    let noise = peak * 10.0_f32.powf(random.random_range(-4.0..=-2.3));
    for level in levels {
        let hiss = noise * (2.0 * random.random::<f32>() - 1.0);
        *level = mulaw::level(mulaw::sample(*level) * gain + hiss);
    }
}

/// The value of `values` at `position`, between its two neighbours. Beyond the ends it is the value at the end.
fn between(values: &[f32], position: f32) -> f32 {
    let last = values.len() - 1;
    let position = position.clamp(0.0, last as f32);
    let (below, part) = (position as usize, position.fract());
    values[below] * (1.0 - part) + values[(below + 1).min(last)] * part
}

/// The power ratio of a level in decibels.
fn decibels(db: f32) -> f32 {
    10.0_f32.powf(db / 10.0)
}

fn log_uniform(random: &mut impl Rng, from: f32, to: f32) -> f32 {
    from * (to / from).powf(random.random::<f32>())
}

kernel! {
    /// The powers between each frame of `logs` and the next one.
    fn shifted_powers<'a>(out: &'a mut [f32], logs: &'a [f32], bands: usize, fraction: f32) {
        let power = |log: f32| {
            let p = exp(log) - POWER_FLOOR;
            if p > 0.0 { p } else { 0.0 }
        };
        let (now, next) = (&logs[..out.len()], &logs[bands..][..out.len()]);
        for i in 0..out.len() {
            out[i] = power(now[i]) * (1.0 - fraction) + power(next[i]) * fraction;
        }
    }
}

kernel! {
    fn multiply_rows<'a>(powers: &'a mut [f32], gains: &'a [f32]) {
        for frame in powers.chunks_exact_mut(gains.len()) {
            pairs(frame, gains, |p, g| *p *= g);
        }
    }
}

kernel! {
    /// Adds to each frame the reverberation of the frames before it.
    fn reverberate<'a>(powers: &'a mut [f32], bands: usize, decay: f32, wet: f32) {
        let mut tail = vec![0.0_f32; bands];
        for frame in powers.chunks_exact_mut(bands) {
            for i in 0..bands {
                let direct = frame[i];
                frame[i] += wet * tail[i];
                tail[i] = (tail[i] + direct) * decay;
            }
        }
    }
}

kernel! {
    fn add_noise<'a>(powers: &'a mut [f32], noise: &'a [f32], dice: &'a [u8]) {
        for (frame, dice) in powers.chunks_exact_mut(noise.len()).zip(dice.chunks_exact(noise.len())) {
            for i in 0..noise.len() {
                frame[i] += noise[i] * ((f32::from(dice[i]) + 0.5) / 128.0);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::draws::{Purpose, generator};

    fn views(microphone: f32) -> SpectralViews {
        SpectralViews::new(&MelSpectrum::new(8000, 256, 64, 40), 0.008, microphone, 0.0)
    }

    #[test]
    fn a_view_keeps_the_sound_and_changes_it() {
        let logs: Vec<f32> = (0..30 * 40).map(|i| if i % 40 < 20 { 2.0 } else { POWER_FLOOR.ln() }).collect();
        for microphone in [0.0, 1.0] {
            let views = views(microphone);
            let mut out = vec![0.0; 29 * 40];
            let mut other = out.clone();
            views.distort(&logs, 0.25, &mut generator(1, Purpose::View { step: 0, view: 0 }), &mut out);
            views.distort(&logs, 0.25, &mut generator(1, Purpose::View { step: 0, view: 1 }), &mut other);
            assert_ne!(out, other);
            assert!(out.iter().all(|p| p.is_finite() && *p >= 0.0));
            let half = |from: usize| -> f32 { out.chunks(40).map(|f| f[from..from + 20].iter().sum::<f32>()).sum() };
            assert!(half(0) > half(20), "the lower half is still the louder one");
            if microphone == 0.0 {
                assert!(out[20..40].iter().all(|p| *p < 1e-9), "no noise where the file has nothing");
            }
        }
    }

    #[test]
    fn half_of_the_views_move_along_the_bands_and_empty_bands_stay_empty() {
        let mel = MelSpectrum::fixed(8000, 256, 64, 64);
        let views = SpectralViews::new(&mel, 0.008, 0.0, 2.0);
        let empty = mel.widths().iter().position(|w| *w == 0.0).unwrap();
        let peak = |band: usize| {
            let silence = POWER_FLOOR.ln();
            let level =
                |b: usize| if b < empty { silence + 12.0 / (1.0 + (b as f32 - band as f32).abs()) } else { silence };
            (0..64).map(level).collect::<Vec<f32>>()
        };
        let (mut moved, mut reach) = (0, 0.0_f32);
        for view in 0..400 {
            let mut logs = peak(20);
            views.warp(&mut logs, &mut generator(1, Purpose::View { step: 0, view }));
            assert!(logs[empty..].iter().all(|x| *x == POWER_FLOOR.ln()));
            let loudest = (0..empty).max_by(|&a, &b| logs[a].total_cmp(&logs[b])).unwrap();
            assert!((18..=22).contains(&loudest));
            reach = reach.max((loudest as f32 - 20.0).abs());
            moved += usize::from(logs != peak(20));
        }
        assert!((150..250).contains(&moved), "{moved} of 400");
        assert_eq!(reach, 2.0);
        let mut logs = peak(20);
        SpectralViews::new(&mel, 0.008, 0.0, 0.0)
            .warp(&mut logs, &mut generator(1, Purpose::View { step: 0, view: 0 }));
        assert_eq!(logs, peak(20));
    }

    #[test]
    fn half_a_frame_late_is_between_two_frames() {
        let mut out = vec![0.0; 2];
        shifted_powers(&mut out, &[0.0, 2.0_f32.ln(), 4.0_f32.ln()], 1, 0.5);
        assert!((out[0] - 1.5).abs() < 1e-4 && (out[1] - 3.0).abs() < 1e-4, "{out:?}");
    }

    #[test]
    fn an_echo_dies_away() {
        let mut powers = vec![1.0, 0.0, 0.0, 0.0];
        reverberate(&mut powers, 1, 0.5, 0.4);
        assert_eq!(powers, [1.0, 0.2, 0.1, 0.05]);
    }

    #[test]
    fn louder_levels_stay_the_same_sound() {
        let clean: Vec<u8> = (0..500).map(|i| mulaw::level((i as f32 * 0.1).sin() * 0.3)).collect();
        let mut view = clean.clone();
        distort_levels(&mut view, &mut generator(3, Purpose::View { step: 0, view: 0 }));
        let product: f32 = clean.iter().zip(&view).map(|(&a, &b)| mulaw::sample(a) * mulaw::sample(b)).sum();
        let energy = |x: &[u8]| x.iter().map(|&l| mulaw::sample(l).powi(2)).sum::<f32>().sqrt();
        assert!(product / (energy(&clean) * energy(&view)) > 0.99);
    }
}
