//! Normalisation: makes log-mel frames zero-centred and of similar size in every band.

use rand::seq::index;

use super::config::Config;
use super::draws::{Purpose, generator};
use super::error::ModelError;
use super::features::FeatureStore;
use super::front_end::FrontEnd;
use super::simd::{kernel, ln};
use crate::audio::mel::POWER_FLOOR;

/// The number of chunks from which the figures are computed.
const SAMPLE: usize = 2000;

/// The least deviation of a band. So an empty band stays quiet and is not amplified.
const LEAST_DEVIATION: f32 = 1.0;

/// The mean and the deviation of each band. Empty for presets that hear levels.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Normalisation {
    pub mean: Vec<f32>,
    pub deviation: Vec<f32>,
}

impl Normalisation {
    /// From a random sample of the store's chunks.
    pub fn measure(config: &Config, store: &FeatureStore) -> Result<Self, ModelError> {
        let Some(mel) = store.front_end().mel() else { return Ok(Self::default()) };
        let bands = mel.bands();
        let chunks = usize::try_from(store.chunks()).unwrap_or(usize::MAX);
        let mut numbers =
            index::sample(&mut generator(config.seed, Purpose::Sample), chunks, chunks.min(SAMPLE)).into_vec();
        numbers.sort_unstable();
        let (mut sum, mut squares, mut count) = (vec![0.0_f64; bands], vec![0.0_f64; bands], 0.0);
        let (mut rows, mut logs) = (Vec::new(), Vec::new());
        for number in numbers {
            let place = store.place(number as u64);
            store.read(place.file, place.row as i64, store.front_end().chunk_rows(), &mut rows)?;
            logs.clear();
            FrontEnd::unpack_logs(&rows, &mut logs);
            for frame in logs.chunks_exact(bands) {
                for (b, &x) in frame.iter().enumerate() {
                    sum[b] += f64::from(x);
                    squares[b] += f64::from(x) * f64::from(x);
                }
                count += 1.0;
            }
        }
        let mean: Vec<f64> = sum.iter().map(|s| s / f64::max(count, 1.0)).collect();
        let deviation =
            |(s, m): (&f64, &f64)| ((s / count.max(1.0) - m * m).max(0.0).sqrt() as f32).max(LEAST_DEVIATION);
        Ok(Self {
            deviation: squares.iter().zip(&mean).map(deviation).collect(),
            mean: mean.into_iter().map(|m| m as f32).collect(),
        })
    }

    /// Normalises log powers in place.
    pub fn apply(&self, logs: &mut [f32]) {
        normalise(logs, &self.mean, &self.deviation);
    }

    /// Reverts the normalisation, in place.
    pub fn undo(&self, logs: &mut [f32]) {
        for frame in logs.chunks_exact_mut(self.mean.len().max(1)) {
            frame.iter_mut().zip(&self.mean).zip(&self.deviation).for_each(|((x, m), d)| *x = *x * d + m);
        }
    }

    /// From powers to normalised log powers, in place.
    pub fn apply_to_powers(&self, powers: &mut [f32]) {
        logarithms(powers);
        self.apply(powers);
    }
}

kernel! {
    fn normalise<'a>(logs: &'a mut [f32], mean: &'a [f32], deviation: &'a [f32]) {
        if mean.is_empty() {
            return;
        }
        for frame in logs.chunks_exact_mut(mean.len()) {
            for ((x, m), d) in frame.iter_mut().zip(mean).zip(deviation) {
                *x = (*x - m) / d;
            }
        }
    }
}

kernel! {
    fn logarithms<'a>(powers: &'a mut [f32]) {
        for p in powers {
            *p = ln(*p + POWER_FLOOR);
        }
    }
}
