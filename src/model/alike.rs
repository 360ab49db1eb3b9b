//! Whether two chunks of one file sound alike. Only then may one stand for the other as the second view of a pair.
//!
//! Any moment of rain or of a struck drum stands for the whole file. The moments of a spoken word do not: a training
//! that makes them equal learns who speaks, and forgets what is said.

use rand::seq::index;

use super::draws::{Purpose, generator};
use super::error::ModelError;
use super::features::{FeatureStore, Place};
use super::front_end::FrontEnd;

/// The least cosine between the mean spectra of chunks that sound alike. It lets through a quarter of the pairs in files
/// of spoken words, and more than four fifths of the pairs in files of drums or of environmental sounds
/// (`docs/trials.md`).
const LEAST_COSINE: f32 = 0.7;
/// The most chunks from which the library's mean spectrum is computed.
const SAMPLE: usize = 1000;

/// Compares mean spectra with one another, without their loudness and without what the whole library has in common.
#[derive(Debug)]
pub struct Likeness {
    /// `[bands]`: the mean of the spectra of a sample of chunks.
    centre: Vec<f32>,
}

impl Likeness {
    /// For the chunks of `store`. `None` if its features have no bands.
    ///
    /// # Errors
    /// If the features cannot be read.
    pub fn new(store: &FeatureStore, seed: u64) -> Result<Option<Self>, ModelError> {
        let Some(mel) = store.front_end().mel() else { return Ok(None) };
        let mut likeness = Self { centre: vec![0.0; mel.centres().len()] };
        let chunks = usize::try_from(store.chunks()).unwrap_or(usize::MAX);
        let numbers = index::sample(&mut generator(seed, Purpose::Sample), chunks, chunks.min(SAMPLE));
        let mut sum = likeness.centre.clone();
        for number in numbers.iter() {
            let spectrum = likeness.spectrum(store, store.place(number as u64))?;
            sum.iter_mut().zip(&spectrum).for_each(|(sum, x)| *sum += x);
        }
        likeness.centre = sum.into_iter().map(|sum| sum / numbers.len().max(1) as f32).collect();
        Ok(Some(likeness))
    }

    /// Whether the chunks at `a` and `b` sound alike.
    ///
    /// # Errors
    /// If the features cannot be read.
    pub fn are_alike(&self, store: &FeatureStore, a: Place, b: Place) -> Result<bool, ModelError> {
        let (a, b) = (self.spectrum(store, a)?, self.spectrum(store, b)?);
        let product = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
        Ok(product(&a, &b) >= LEAST_COSINE * (product(&a, &a) * product(&b, &b)).sqrt())
    }

    /// The mean over time of a chunk's log powers, `[bands]`, without the mean over bands and without the centre.
    fn spectrum(&self, store: &FeatureStore, place: Place) -> Result<Vec<f32>, ModelError> {
        let rows = store.front_end().chunk_rows();
        let (mut bytes, mut logs) = (Vec::new(), Vec::new());
        store.read(place.file, place.row as i64, rows, &mut bytes)?;
        FrontEnd::unpack_logs(&bytes, &mut logs);
        let bands = self.centre.len();
        let mut spectrum = vec![0.0; bands];
        for frame in logs.chunks_exact(bands) {
            spectrum.iter_mut().zip(frame).for_each(|(sum, x)| *sum += x / rows as f32);
        }
        let loudness = spectrum.iter().sum::<f32>() / bands as f32;
        spectrum.iter_mut().zip(&self.centre).for_each(|(x, centre)| *x -= loudness + centre);
        Ok(spectrum)
    }
}

#[cfg(test)]
mod tests {
    use std::f32::consts::TAU;

    use super::super::config::Config;
    use super::super::features::FeatureStoreBuilder;
    use super::super::settings::TrainingSettings;
    use super::*;

    #[test]
    fn moments_of_one_pitch_are_alike_at_any_loudness_and_moments_of_two_pitches_are_not() {
        let settings = TrainingSettings { base: Some(0), ..TrainingSettings::default() };
        let config = Config::new(&settings, Some(8000)).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let mut builder = FeatureStoreBuilder::new(&config, folder.path());
        let sine = |hz: f32, amplitude: f32| {
            (0..8000).map(move |at| amplitude * (TAU * hz * at as f32 / 8000.0).sin()).collect::<Vec<f32>>()
        };
        // One file: a second of 300 Hz, a softer one, and a second of 1,800 Hz.
        let sound = [sine(300.0, 0.5), sine(300.0, 0.1), sine(1800.0, 0.5)].concat();
        let features = builder.front_end().features(&sound);
        builder.push(&features).unwrap();
        let store = builder.finish().unwrap();
        let likeness = Likeness::new(&store, 0).unwrap().unwrap();
        let second = |at: usize| store.place(store.chunks() * at as u64 / 3 + 1);
        assert!(likeness.are_alike(&store, second(0), second(0)).unwrap());
        assert!(likeness.are_alike(&store, second(0), second(1)).unwrap());
        assert!(!likeness.are_alike(&store, second(0), second(2)).unwrap());
    }
}
