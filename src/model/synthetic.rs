//! Synthetic sounds to learn from: random patches, rendered as log-mel frames, with several doppelgangers of each.

use rand::Rng;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use std::ops::ControlFlow;
use std::path::Path;

use super::config::Config;
use super::error::ModelError;
use super::features::{FeatureStore, FeatureStoreBuilder, Place};
use super::front_end::FrontEnd;
use super::settings::TrainingSettings;
use crate::audio::mel::MelSpectrum;
use crate::ground::Rate;
use crate::synth::{self, Patch};

/// The distances of a patch's doppelgangers from the patch.
const DELTAS: [f32; 3] = [0.0, 0.1, 0.2];
/// The length of a rendering, in seconds.
const SECONDS: f32 = 0.64;
/// The number of patches that are rendered before `progress` is called again.
const ROUND: usize = 64;
/// A chunk is audible if one of its frames is at most this far below the rendering's loudest frame, in units of the
/// natural logarithm of power: 30 dB.
const AUDIBLE: f32 = 7.0;
/// The share of second views that begin anywhere, not near the first view.
const FAR: f32 = 0.35;
/// The largest distance, in frames, of a near second view from the first one.
const NEAR: i64 = 4;
/// The share of pairs that are heard as at a lower rate, and the share of these pairs in which only one view is.
const LOWER_RATE: f32 = 0.4;
const ONE_LOWER: f32 = 0.15;
/// The lower rates, halved (the highest frequency of each), in hertz.
const LOWER: [f32; 6] = [4000.0, 4000.0, 5512.0, 8000.0, 8000.0, 11_025.0];

/// Renderings, and the places in them where something is audible.
#[derive(Debug)]
pub struct Synthetic {
    store: FeatureStore,
    /// For each rendering, the rows at which an audible chunk begins.
    audible: Vec<Vec<u16>>,
    /// The first band that is empty in sounds of the model's rate.
    top: usize,
    centres: Vec<f32>,
}

/// The place of a view, and the first band that is empty in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct View {
    pub place: Place,
    pub top: usize,
}

impl Synthetic {
    /// Renders `patches` patches of `seed` for models like `config`. Large features are kept in a temporary file in
    /// `folder`. `progress` is called with the number of patches done. If it breaks, the result is `None`.
    ///
    /// # Errors
    /// If the temporary file cannot be written.
    pub fn render(
        config: &Config,
        patches: usize,
        seed: u64,
        folder: &Path,
        progress: &mut dyn FnMut(usize) -> ControlFlow<()>,
    ) -> Result<Option<Self>, ModelError> {
        let settings = TrainingSettings { rate: Some(synth::RATE), base: Some(0), ..TrainingSettings::default() };
        let heard = Config::new(&settings, None)?;
        let mut builder = FeatureStoreBuilder::new(&heard, folder);
        let mut audible = Vec::with_capacity(patches * DELTAS.len());
        for first in (0..patches).step_by(ROUND) {
            if progress(first).is_break() {
                return Ok(None);
            }
            let round: Vec<(usize, usize)> = (first..patches.min(first + ROUND))
                .flat_map(|patch| (0..DELTAS.len()).map(move |variant| (patch, variant)))
                .collect();
            let rendered: Vec<_> = round
                .par_iter()
                .map(|&(patch, variant)| {
                    let sound = Patch::doppelganger(seed, patch as u64, variant as u64, DELTAS[variant], SECONDS);
                    builder.front_end().features(&sound)
                })
                .collect();
            for features in rendered {
                let mut logs = Vec::new();
                FrontEnd::unpack_logs(&features.rows, &mut logs);
                audible.push(audible_rows(&logs, heard.mels, builder.front_end().chunk_rows()));
                builder.push(&features)?;
            }
        }
        let store = builder.finish()?;
        let centres = store.front_end().mel().map(|mel| mel.centres().to_vec()).unwrap_or_default();
        let rate = match config.rate {
            Rate::Hz(rate) => rate as f32,
            Rate::Native => synth::RATE as f32,
        };
        Ok(Some(Self { top: top_band(&centres, rate / 2.0), store, audible, centres }))
    }

    pub fn store(&self) -> &FeatureStore {
        &self.store
    }

    pub fn mel(&self) -> Option<&MelSpectrum> {
        self.store.front_end().mel()
    }

    /// The number of a patch, and two views of its doppelgangers.
    pub fn pair(&self, random: &mut ChaCha8Rng) -> (u64, View, View) {
        let patch = random.random_range(0..self.audible.len() / DELTAS.len());
        let mut rendering = || patch * DELTAS.len() + random.random_range(0..DELTAS.len());
        let (a, b) = (rendering(), rendering());
        let first = self.begin(a, random);
        let second = match random.random::<f32>() < FAR {
            true => self.begin(b, random),
            false => (i64::from(first) + random.random_range(-NEAR..=NEAR)).max(0) as u16,
        };
        let tops = match random.random::<f32>() < LOWER_RATE {
            false => [self.top; 2],
            true => {
                let lower = top_band(&self.centres, LOWER[random.random_range(0..LOWER.len())]).min(self.top);
                if random.random::<f32>() < ONE_LOWER { [lower, self.top] } else { [lower; 2] }
            }
        };
        let view = |file, row: u16, top| View { place: Place { file, number: 0, row: u64::from(row) }, top };
        (patch as u64, view(a, first, tops[0]), view(b, second, tops[1]))
    }

    /// The start of a view of a rendering. It is often the start of the sound.
    fn begin(&self, rendering: usize, random: &mut ChaCha8Rng) -> u16 {
        let rows = &self.audible[rendering];
        match random.random::<f32>() < 0.3 {
            true => rows[0],
            false => rows[random.random_range(0..rows.len())],
        }
    }
}

/// The first band whose centre is above `half_rate`, or too near it for the band to have power.
fn top_band(centres: &[f32], half_rate: f32) -> usize {
    centres.partition_point(|hz| hz * 1.03 <= half_rate)
}

/// The rows at which audible chunks of `rows` rows begin. There is at least one.
fn audible_rows(logs: &[f32], bands: usize, rows: usize) -> Vec<u16> {
    let peaks: Vec<f32> =
        logs.chunks_exact(bands).map(|frame| frame.iter().copied().fold(f32::MIN, f32::max)).collect();
    let loudest = peaks.iter().copied().fold(f32::MIN, f32::max);
    // One row is reserved for the shift by a part of a frame.
    let begins = peaks.len().saturating_sub(rows).max(1);
    let is_audible = |&row: &usize| peaks[row..(row + rows).min(peaks.len())].iter().any(|p| *p > loudest - AUDIBLE);
    (0..begins).filter(is_audible).map(|row| row as u16).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::draws::{Purpose, generator};

    #[test]
    fn pairs_are_of_one_patch_and_begin_where_something_sounds() {
        let folder = tempfile::tempdir().unwrap();
        let config = Config::new(&TrainingSettings::default(), Some(8000)).unwrap();
        let go_on = &mut |_| ControlFlow::Continue(());
        let synthetic = Synthetic::render(&config, 5, 1, folder.path(), go_on).unwrap().unwrap();
        let bands = synthetic.centres.len();
        assert!(synthetic.top < bands && synthetic.centres[synthetic.top - 1] < 4000.0);
        let mut random = generator(0, Purpose::Step { step: 0 });
        for _ in 0..200 {
            let (patch, a, b) = synthetic.pair(&mut random);
            assert_eq!([a, b].map(|view| (view.place.file / DELTAS.len()) as u64), [patch; 2]);
            assert!(a.top.max(b.top) <= synthetic.top, "nothing above half the library's rate");
            assert!(synthetic.audible[a.place.file].contains(&(a.place.row as u16)));
        }
        let stop = &mut |_| ControlFlow::Break(());
        assert!(Synthetic::render(&config, 5, 1, folder.path(), stop).unwrap().is_none());
    }
}
