//! Turns codes back into sound, so that people can hear what a code keeps of a sound.

use candle_core::{Device, Tensor};
use rayon::prelude::*;
use std::ops::ControlFlow;

use super::error::ModelError;
use super::simd::softmax;
use super::trained::Model;
use crate::audio::griffin_lim::GriffinLim;
use crate::audio::mel::{MelSpectrum, POWER_FLOOR};
use crate::audio::mulaw::{self, LEVELS};
use crate::audio::overlap::Overlap;

/// The number of chunks that are decoded at once. The logits take the memory: 256 floats a sample.
const BATCH: usize = 8;

/// The rounds of phase recovery. After these, the magnitudes of speech match within 4%.
const ROUNDS: usize = 64;

/// Phases are found for this many spectral frames together, so a file of hours takes no more memory than a minute.
const BLOCK: usize = 256;

/// The spectral frames that neighbouring blocks share and over which they fade.
const SHARED: usize = 16;

impl Model {
    /// The sound that the decoder makes of codes: mono, at the model's rate. `bits` is `[starts, bits]` row by row.
    /// Chunk i begins at frame `starts[i]` of the grid; starts ascend. The sound reaches from the first start to the
    /// end of the last chunk, and is silent where there is no chunk.
    ///
    /// Models of levels use the level expected under the decoder's softmax, and chunks fade into one another. Log-mel
    /// frames have no phases. So chunks fade into one another as frames, and the phases are found for all frames
    /// together. Phases of single chunks would cancel where chunks overlap.
    ///
    /// `go_on` is called now and then. If it breaks, the result is `None`.
    ///
    /// # Panics
    /// If the number of `bits` does not match the number of starts.
    pub fn decode(
        &self,
        bits: &[bool],
        starts: &[u64],
        go_on: &(dyn Fn() -> ControlFlow<()> + Sync),
    ) -> Result<Option<Vec<f32>>, ModelError> {
        let width = self.config.bits;
        assert_eq!(bits.len(), starts.len() * width, "{width} bits a chunk");
        let (Some(&first), Some(&last)) = (starts.first(), starts.last()) else { return Ok(Some(Vec::new())) };
        let step = self.front_end.row_step();
        let row = |start: u64| (start.saturating_sub(first)) as usize / step;
        let (chunk_rows, bands) = (self.front_end.chunk_rows(), self.front_end.mel().map_or(1, MelSpectrum::bands));
        let mut rows = Overlap::new(bands, chunk_rows, row(last) + chunk_rows);
        for (bits, starts) in bits.chunks(BATCH * width).zip(starts.chunks(BATCH)) {
            if go_on().is_break() {
                return Ok(None);
            }
            let decoded = self.decode_rows(bits)?;
            for (piece, &start) in decoded.chunks_exact(chunk_rows * bands).zip(starts) {
                rows.add(row(start), piece);
            }
        }
        let found = match self.front_end.mel() {
            None => Some(rows.finish(0.0)),
            Some(mel) => phases(mel, &rows.finish(POWER_FLOOR.ln()), go_on),
        };
        Ok(found.map(|mut samples| {
            samples.resize((last - first) as usize + self.config.chunk_frames, 0.0);
            samples
        }))
    }

    /// The samples, or the log powers `[rows, bands]`, of consecutive chunks.
    fn decode_rows(&self, bits: &[bool]) -> Result<Vec<f32>, ModelError> {
        let width = self.config.bits;
        let z = bits.iter().map(|&bit| f32::from(u8::from(bit))).collect();
        let z = Tensor::from_vec(z, (bits.len() / width, width), &Device::Cpu)?;
        let mut rows = self.network.decode(&z)?.flatten_all()?.to_vec1::<f32>()?;
        if self.front_end.mel().is_some() {
            self.normalisation.undo(&mut rows);
            return Ok(rows);
        }
        Ok(rows.par_chunks_mut(LEVELS).map(|logits| mulaw::sample_between(expected(logits))).collect())
    }
}

/// The level expected under the softmax of the logits. Replaces the logits by probabilities.
fn expected(logits: &mut [f32]) -> f32 {
    softmax(logits);
    logits.iter().enumerate().map(|(level, p)| level as f32 * p).sum()
}

/// The sound of the log-mel frames `logs`, made block by block. `None` if it was asked to stop.
fn phases(mel: &MelSpectrum, logs: &[f32], go_on: &(dyn Fn() -> ControlFlow<()> + Sync)) -> Option<Vec<f32>> {
    let bands = mel.bands();
    let frames = logs.len() / bands;
    // The last block starts earlier, so that it is as long as the others.
    let block = BLOCK.min(frames);
    let begins: Vec<usize> = (0..frames.saturating_sub(SHARED).div_ceil(BLOCK - SHARED).max(1))
        .map(|i| (i * (BLOCK - SHARED)).min(frames - block))
        .collect();
    let samples = |frames: usize| (frames - 1) * mel.step() + mel.length();
    let mut joined = Overlap::new(1, samples(block), samples(frames));
    // Some blocks at a time are made in parallel and joined in order.
    for begins in begins.chunks(rayon::current_num_threads()) {
        let found: Option<Vec<Vec<f32>>> = begins
            .par_iter()
            .map(|&begin| {
                let magnitudes = mel.magnitudes(&logs[begin * bands..(begin + block) * bands]);
                let mut search = GriffinLim::new(&magnitudes, mel.length(), mel.step());
                for _ in 0..ROUNDS {
                    if go_on().is_break() {
                        return None;
                    }
                    search.round();
                }
                Some(search.into_samples())
            })
            .collect();
        for (begin, samples) in begins.iter().zip(found?) {
            joined.add(begin * mel.step(), &samples);
        }
    }
    Some(joined.finish(0.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Config, FeatureStoreBuilder, Preset, Trainer, TrainingSettings};

    const GO_ON: &(dyn Fn() -> ControlFlow<()> + Sync) = &|| ControlFlow::Continue(());

    fn tone(hz: f32) -> Vec<f32> {
        (0..6000).map(|i| 0.5 * (std::f32::consts::TAU * hz * i as f32 / 8000.0).sin()).collect()
    }

    /// A model of eight tones from 200 to 2,263 Hz.
    fn trained(settings: TrainingSettings) -> Model {
        let folder = tempfile::tempdir().unwrap();
        let config = Config::new(&settings, Some(8000)).unwrap();
        let mut builder = FeatureStoreBuilder::new(&config, folder.path());
        for i in 0..8 {
            let features = builder.front_end().features(&tone(200.0 * 2.0_f32.powf(i as f32 / 2.0)));
            builder.push(&features).unwrap();
        }
        let store = builder.finish().unwrap();
        let mut trainer = Trainer::new(config, &store).unwrap();
        trainer.run(&mut |_| ControlFlow::Continue(())).unwrap();
        trainer.save(&folder.path().join("model")).unwrap();
        Model::load(&folder.path().join("model")).unwrap()
    }

    fn small(preset: Preset, steps: usize) -> TrainingSettings {
        TrainingSettings {
            preset: Some(preset),
            bits: Some(32),
            steps: Some(steps),
            channels: Some(if preset == Preset::Seed { 1 } else { 16 }),
            blocks: Some(2),
            batch: Some(16),
            ..Default::default()
        }
    }

    fn bits(model: &Model, samples: &[f32], starts: &[u64]) -> Vec<bool> {
        model.encode(samples, starts).unwrap().iter().map(|&h| h > 0.0).collect()
    }

    /// The share of the power between `low` and `high` hertz.
    fn share(samples: &[f32], low: f32, high: f32) -> f32 {
        let spectrum = realfft::RealFftPlanner::new().plan_fft_forward(samples.len());
        let mut bins = spectrum.make_output_vec();
        spectrum.process(&mut samples.to_vec(), &mut bins).unwrap();
        let hertz = |bin: usize| bin as f32 * 8000.0 / samples.len() as f32;
        let power = |low: f32, high: f32| -> f32 {
            let inside = bins.iter().enumerate().filter(|(bin, _)| (low..=high).contains(&hertz(*bin)));
            inside.map(|(_, x)| x.norm_sqr()).sum()
        };
        power(low, high) / power(0.0, 4000.0)
    }

    #[test]
    fn a_tone_comes_back_in_its_own_band() {
        let model = trained(small(Preset::Spectral, 200));
        for hz in [400.0_f32, 1131.4] {
            let sound = tone(hz);
            let starts = [0, 1024, 2048, 3072];
            let heard = model.decode(&bits(&model, &sound, &starts), &starts, GO_ON).unwrap().unwrap();
            assert_eq!(heard.len(), 3072 + 2048);
            let inside = share(&heard, 0.8 * hz, 1.25 * hz);
            println!("{hz} Hz: {:.0}% of the power in its band", 100.0 * inside);
            assert!(inside > 0.7, "{hz} Hz: {inside} of the power in its band");
        }
    }

    #[test]
    fn the_expected_level_is_the_mean_of_the_levels() {
        let mut logits = [f32::NEG_INFINITY; LEVELS];
        (logits[10], logits[20]) = (0.0, 3.0_f32.ln());
        assert!((expected(&mut logits) - 17.5).abs() < 1e-4);
        assert!((expected(&mut [0.0; LEVELS]) - 127.5).abs() < 1e-3);
    }

    #[test]
    fn every_preset_decodes_codes_to_sound_of_the_stated_length() {
        for preset in [Preset::Seed, Preset::Waveform, Preset::Spectral] {
            let model = trained(small(preset, 3));
            let hop = model.config().hop_frames as u64;
            let sound = tone(300.0);
            let starts = [hop, 2 * hop, 4 * hop];
            let codes = bits(&model, &sound, &starts);
            let chunk = model.config().chunk_frames;
            let together = model.decode(&codes, &starts, GO_ON).unwrap().unwrap();
            assert_eq!(together.len(), 3 * hop as usize + chunk, "{preset:?}");
            assert!(together.iter().all(|x| x.is_finite()), "{preset:?}");
            let alone = model.decode(&codes[..32], &starts[..1], GO_ON).unwrap().unwrap();
            assert_eq!(alone.len(), chunk, "{preset:?}");
            assert_eq!(model.decode(&[], &[], GO_ON).unwrap(), Some(Vec::new()));
            assert_eq!(model.decode(&codes, &starts, &|| ControlFlow::Break(())).unwrap(), None, "{preset:?}");
        }
    }

    #[test]
    fn long_sounds_are_made_in_blocks_without_a_seam() {
        let mel = MelSpectrum::new(8000, 256, 64, 40);
        let sound: Vec<f32> = tone(500.0).into_iter().cycle().take(64 * (2 * BLOCK + 50) + 256 - 64).collect();
        let logs = mel.log_powers(&sound);
        let found = phases(&mel, &logs, GO_ON).unwrap();
        assert_eq!(found.len(), sound.len());
        // Frames match as well at a seam between blocks as elsewhere.
        let again = mel.log_powers(&found);
        let loudest = |logs: &[f32]| logs.iter().copied().fold(f32::MIN, f32::max);
        for (t, (a, b)) in again.chunks_exact(40).zip(logs.chunks_exact(40)).enumerate().skip(4) {
            assert!((loudest(a) - loudest(b)).abs() < 1.5 || t + 4 > 2 * BLOCK + 50, "frame {t}");
        }
        assert!(phases(&mel, &logs[..40], GO_ON).is_some_and(|samples| samples.len() == 256));
    }
}
