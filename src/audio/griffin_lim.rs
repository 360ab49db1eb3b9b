//! Makes sound from magnitudes alone. It finds phases such that the spectrum of the sound comes as near as possible to
//! the given magnitudes (Griffin and Lim 1984; the fast variant of Perraudin, Balazs and Søndergaard 2013).

use realfft::num_complex::Complex;
use realfft::{ComplexToReal, RealFftPlanner, RealToComplex};
use std::sync::Arc;

use super::mel::hann;

/// How far each round continues in the direction of the round before. 0 is the method of 1984.
const MOMENTUM: f32 = 0.99;

/// Overlapping frames are divided by the sum of the squared windows at each sample. At the edges of the sound that sum
/// is nearly 0, and small errors would be amplified. So the divisor is at least this fraction of the sum in the middle.
const LEAST_COVER: f32 = 0.1;

/// A search for phases, one round after another. Frame t covers `length` samples from sample `t * step` on, under a
/// Hann window.
pub struct GriffinLim<'a> {
    /// `[frames, length / 2 + 1]`.
    magnitudes: &'a [f32],
    length: usize,
    step: usize,
    window: Vec<f32>,
    /// The sum of the squared windows at each sample.
    cover: Vec<f32>,
    /// The current spectrum. Its phases are the estimate.
    spectrum: Vec<Complex<f32>>,
    /// The spectrum of the sound of the round before.
    last: Vec<Complex<f32>>,
    samples: Vec<f32>,
    forward: Arc<dyn RealToComplex<f32>>,
    inverse: Arc<dyn ComplexToReal<f32>>,
}

impl<'a> GriffinLim<'a> {
    /// `magnitudes` are `[frames, length / 2 + 1]`: the absolute values of the transforms of windowed frames, unscaled.
    /// `length` (even) and `step` are in samples. All phases begin at 0, so the same magnitudes give the same sound.
    pub fn new(magnitudes: &'a [f32], length: usize, step: usize) -> Self {
        let bins = length / 2 + 1;
        let frames = magnitudes.len() / bins;
        let samples = if frames == 0 { 0 } else { (frames - 1) * step + length };
        let window = hann(length);
        let mut cover = vec![0.0; samples];
        for frame in 0..frames {
            let under = &mut cover[frame * step..][..length];
            under.iter_mut().zip(&window).for_each(|(sum, w)| *sum += w * w);
        }
        let steady = window.iter().map(|w| w * w).sum::<f32>() / step as f32;
        cover.iter_mut().for_each(|sum| *sum = sum.max(LEAST_COVER * steady));
        let mut planner = RealFftPlanner::new();
        let mut this = Self {
            magnitudes: &magnitudes[..frames * bins],
            length,
            step,
            window,
            cover,
            spectrum: magnitudes[..frames * bins].iter().map(|&m| Complex::new(m, 0.0)).collect(),
            last: Vec::new(),
            samples: vec![0.0; samples],
            forward: planner.plan_fft_forward(length),
            inverse: planner.plan_fft_inverse(length),
        };
        this.synthesise();
        this
    }

    /// One round: brings the phases nearer to the phases of a sound.
    pub fn round(&mut self) {
        let heard = self.analyse();
        if self.last.is_empty() {
            self.spectrum.copy_from_slice(&heard);
        } else {
            for ((to, now), before) in self.spectrum.iter_mut().zip(&heard).zip(&self.last) {
                *to = now + (now - before) * MOMENTUM;
            }
        }
        self.last = heard;
        for (bin, &magnitude) in self.spectrum.iter_mut().zip(self.magnitudes) {
            let norm = bin.norm();
            *bin = if norm > f32::MIN_POSITIVE { *bin * (magnitude / norm) } else { Complex::new(magnitude, 0.0) };
        }
        self.synthesise();
    }

    /// The current sound: `(frames - 1) * step + length` samples.
    pub fn samples(&self) -> &[f32] {
        &self.samples
    }

    pub fn into_samples(self) -> Vec<f32> {
        self.samples
    }

    /// Makes the sound whose spectrum is nearest to the current spectrum, by least squares.
    fn synthesise(&mut self) {
        let mut input = self.inverse.make_input_vec();
        let mut frame = self.inverse.make_output_vec();
        let mut scratch = self.inverse.make_scratch_vec();
        self.samples.fill(0.0);
        let last_bin = input.len() - 1;
        for (t, bins) in self.spectrum.chunks_exact(self.length / 2 + 1).enumerate() {
            input.copy_from_slice(bins);
            // The transform of a real frame is real in its first and last bin.
            (input[0].im, input[last_bin].im) = (0.0, 0.0);
            if self.inverse.process_with_scratch(&mut input, &mut frame, &mut scratch).is_err() {
                unreachable!("the buffers are the transform's own, and the spectrum is that of a real frame");
            }
            let under = &mut self.samples[t * self.step..][..self.length];
            under.iter_mut().zip(&frame).zip(&self.window).for_each(|((sum, x), w)| *sum += x * w);
        }
        let scale = self.length as f32;
        self.samples.iter_mut().zip(&self.cover).for_each(|(x, cover)| *x /= cover * scale);
    }

    /// The spectrum of the current sound.
    fn analyse(&self) -> Vec<Complex<f32>> {
        let mut out = vec![Complex::default(); self.spectrum.len()];
        let mut input = self.forward.make_input_vec();
        let mut scratch = self.forward.make_scratch_vec();
        let frames = self.samples.windows(self.length).step_by(self.step);
        for (frame, bins) in frames.zip(out.chunks_exact_mut(self.length / 2 + 1)) {
            for ((to, x), w) in input.iter_mut().zip(frame).zip(&self.window) {
                *to = x * w;
            }
            if self.forward.process_with_scratch(&mut input, bins, &mut scratch).is_err() {
                unreachable!("the buffers are as long as the transform's own");
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two gliding tones and a click.
    fn sound() -> Vec<f32> {
        let glide = |t: f32, from: f32, to: f32| (std::f32::consts::TAU * (from * t + (to - from) * t * t / 2.0)).sin();
        let mut samples: Vec<f32> = (0..8000)
            .map(|i| i as f32 / 8000.0)
            .map(|t| 0.4 * glide(t, 300.0, 700.0) + 0.2 * (1.0 - t) * glide(t, 2500.0, 1200.0))
            .collect();
        samples[4000] += 0.9;
        samples
    }

    fn magnitudes(samples: &[f32], length: usize, step: usize) -> Vec<f32> {
        let bins = length / 2 + 1;
        let none = vec![0.0; ((samples.len() - length) / step + 1) * bins];
        let mut transform = GriffinLim::new(&none, length, step);
        transform.samples = samples[..transform.samples.len()].to_vec();
        transform.analyse().iter().map(|bin| bin.norm()).collect()
    }

    /// The norm of the difference of the magnitudes, relative to the norm of the wanted magnitudes.
    fn convergence(found: &[f32], wanted: &[f32]) -> f32 {
        let squares = |x: &mut dyn Iterator<Item = f32>| x.map(|x| x * x).sum::<f32>();
        (squares(&mut found.iter().zip(wanted).map(|(a, b)| a - b)) / squares(&mut wanted.iter().copied())).sqrt()
    }

    #[test]
    fn the_sound_found_has_the_spectrum_that_was_given() {
        for (length, step) in [(256, 64), (512, 128)] {
            let wanted = magnitudes(&sound(), length, step);
            let mut search = GriffinLim::new(&wanted, length, step);
            let at_first = convergence(&magnitudes(search.samples(), length, step), &wanted);
            (0..64).for_each(|_| search.round());
            let at_last = convergence(&magnitudes(search.samples(), length, step), &wanted);
            println!("spectral convergence {at_first} at first, {at_last} after 64 rounds");
            // -26 dB.
            assert!(at_first > 0.3 && at_last < 0.05, "{at_first} at first, {at_last} after 64 rounds");
        }
    }

    #[test]
    fn right_phases_stay_right() {
        let samples = sound();
        let wanted = magnitudes(&samples, 256, 64);
        let mut search = GriffinLim::new(&wanted, 256, 64);
        let len = search.samples.len();
        search.samples = samples[..len].to_vec();
        (0..3).for_each(|_| search.round());
        // At the edges fewer frames overlap, and the error there reaches inwards.
        let inner = 1000..len - 1000;
        let differ = search.samples[inner.clone()].iter().zip(&samples[inner]).map(|(a, b)| (a - b).abs());
        let worst = differ.fold(0.0, f32::max);
        assert!(worst < 1e-3, "{worst}");
    }

    #[test]
    fn silence_and_nothing_stay_what_they_are() {
        let mut search = GriffinLim::new(&[0.0; 3 * 129], 256, 64);
        search.round();
        assert_eq!(search.into_samples(), vec![0.0; 256 + 2 * 64]);
        let mut search = GriffinLim::new(&[], 256, 64);
        search.round();
        assert!(search.samples().is_empty());
    }
}
