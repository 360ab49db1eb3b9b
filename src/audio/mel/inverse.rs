//! From mel bands back to the bins of a spectrum.

use super::{MelSpectrum, POWER_FLOOR};

/// The rounds of the fit. After these the bands match within a few percent. More rounds make spectra spiky.
const ROUNDS: usize = 20;

impl MelSpectrum {
    /// The magnitudes `[frames, length / 2 + 1]` of a spectrum whose bands have these log powers `[frames, bands]`.
    /// Many spectra have them. The fit starts from a flat spectrum and multiplies (Richardson 1972, Lucy 1974), so the
    /// result is near the smoothest, no power is negative, and quiet bands match as closely, in decibels, as loud ones.
    /// Bins that no band covers are 0.
    pub fn magnitudes(&self, log_powers: &[f32]) -> Vec<f32> {
        let bins = self.length / 2 + 1;
        let mut reach = vec![0.0_f32; bins];
        for band in &self.bands {
            reach[band.first_bin..].iter_mut().zip(&band.weights).for_each(|(sum, w)| *sum += w);
        }
        let mut out = Vec::with_capacity(log_powers.len() / self.bands.len() * bins);
        let mut correction = vec![0.0_f32; bins];
        for frame in log_powers.chunks_exact(self.bands.len()) {
            let from = out.len();
            out.extend(reach.iter().map(|&reach| if reach > 0.0 { 1.0 } else { 0.0 }));
            let powers = &mut out[from..];
            for _ in 0..ROUNDS {
                correction.fill(0.0);
                for (band, log) in self.bands.iter().zip(frame) {
                    let wanted = (log.exp() - POWER_FLOOR).max(0.0);
                    let present: f32 = band.weights.iter().zip(&powers[band.first_bin..]).map(|(w, p)| w * p).sum();
                    let ratio = wanted / present.max(f32::MIN_POSITIVE);
                    correction[band.first_bin..].iter_mut().zip(&band.weights).for_each(|(sum, w)| *sum += w * ratio);
                }
                for ((power, correction), reach) in powers.iter_mut().zip(&correction).zip(&reach) {
                    *power *= correction / reach.max(f32::MIN_POSITIVE);
                }
            }
            powers.iter_mut().for_each(|power| *power = power.sqrt());
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bands_of_the_bins_found_are_those_that_were_given() {
        for (rate, length, bands) in [(8000, 256, 40), (32_000, 1024, 64)] {
            let mel = MelSpectrum::new(rate, length, length / 4, bands);
            // A frame with two formants and one of silence.
            let bump = |b: usize, at: f32| 9.0 * (-((b as f32 - at) / 4.0).powi(2)).exp();
            let mut wanted: Vec<f32> = (0..bands).map(|b| bump(b, 8.0) + bump(b, 25.0) - 6.0).collect();
            wanted.extend(vec![POWER_FLOOR.ln(); bands]);
            let found = mel.magnitudes(&wanted);
            let bins = length / 2 + 1;
            assert_eq!(found.len(), 2 * bins);
            // Full scale is 64 here.
            assert!(found[bins..].iter().all(|&m| m < 1e-4));
            for (band, wanted) in mel.bands.iter().zip(&wanted) {
                let power: f32 = band.weights.iter().zip(&found[band.first_bin..]).map(|(w, m)| w * m * m).sum();
                assert!(((power + POWER_FLOOR).ln() - wanted).abs() < 0.5, "{power} for {}", wanted.exp());
            }
        }
    }
}
