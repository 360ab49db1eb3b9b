//! The input of a training step: chunks in a shuffled order, and two views of each.

use rand::Rng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;
use rayon::prelude::*;
use std::sync::Arc;

use super::alike::Likeness;
use super::config::{Config, Preset};
use super::draws::{Purpose, generator};
use super::error::ModelError;
use super::features::{FeatureStore, Place};
use super::front_end::FrontEnd;
use super::network::Input;
use super::normalisation::Normalisation;
use super::synthetic::{Synthetic, View};
use super::views::{SpectralViews, distort_levels};
use crate::audio::mel::POWER_FLOOR;
use crate::ground::Rate;

/// Chunks of one file stand for the same sound if they are at most this far apart.
const PARTNER_SECS: f32 = 2.5;
/// The share of second views that are taken from another chunk of the file, if it sounds alike.
const PARTNER_SHARE: f32 = 0.5;
/// Chunks of one file that are nearer than this are not negatives of one another. In one long recording, chunks farther
/// apart must be negatives.
const SAME_SOUND_SECS: f32 = 30.0;
/// The largest shift of a view in time, as a share of a chunk.
const SHIFT: f32 = 1.0 / 8.0;

/// From this number on, a chunk's number is the number of a synthetic patch.
const SYNTHETIC: u64 = 1 << 63;

/// Where a chunk comes from.
#[derive(Clone, Copy)]
enum Origin {
    Synthetic(u64),
    /// A chunk of a file, counted within the file.
    Recording {
        file: usize,
        number: u64,
    },
}

/// The chunks of a step.
#[derive(Debug)]
pub struct Batch {
    /// `[n]`: the numbers of the chunks. Those of synthetic sounds start at [`SYNTHETIC`].
    pub chunks: Vec<u64>,
    /// `[n]`, or with contrast `[2n]`: the first views, then the second views.
    pub views: Input,
    /// The targets of the decoder: the undistorted first views of the first [`Config::decoded_of`] chunks.
    pub clean: Input,
    /// `[n, n]`: the pairs that are not negatives. Empty without contrast.
    pub masked: Arc<Vec<bool>>,
    /// Standard normal noise: one value for each bit of each view.
    pub noise: Vec<f32>,
}

/// Makes batches; see [`Batches::batch`].
#[derive(Debug)]
pub struct Batches<'a> {
    store: &'a FeatureStore,
    synthetic: Option<(&'a Synthetic, usize)>,
    config: Config,
    spectral: Option<SpectralViews>,
    /// `None` if the features have no bands. Then every near chunk may be a partner.
    likeness: Option<Likeness>,
    hop_secs: f32,
    /// The epoch of `order`.
    epoch: u64,
    order: Vec<u64>,
}

impl<'a> Batches<'a> {
    /// Batches of the chunks of `store`. The number beside `synthetic` says how many chunks of a batch are synthetic
    /// sounds instead.
    ///
    /// # Errors
    /// If the features cannot be read.
    pub fn new(
        config: &Config,
        store: &'a FeatureStore,
        synthetic: Option<(&'a Synthetic, usize)>,
    ) -> Result<Self, ModelError> {
        let rate = match config.rate {
            Rate::Hz(rate) => rate as f32,
            // This rate only decides how far a partner may be away.
            Rate::Native => 44_100.0,
        };
        let frame_secs = config.window_step() as f32 / rate;
        let likeness = match config.contrast > 0.0 {
            true => Likeness::new(store, config.seed)?,
            false => None,
        };
        Ok(Self {
            store,
            synthetic,
            likeness,
            spectral: store
                .front_end()
                .mel()
                .map(|mel| SpectralViews::new(mel, frame_secs, config.microphone, config.warp)),
            hop_secs: config.hop_frames as f32 / rate,
            config: config.clone(),
            epoch: u64::MAX,
            order: Vec::new(),
        })
    }

    /// The numbers of the chunks of a step. The last batch of an epoch is filled from the start of the epoch's order.
    pub fn chunks(&mut self, step: usize) -> Vec<u64> {
        let per_epoch = self.config.steps_per_epoch(self.store.chunks());
        let epoch = (step / per_epoch) as u64;
        if self.epoch != epoch {
            self.order = (0..self.store.chunks()).collect();
            self.order.shuffle(&mut generator(self.config.seed, Purpose::Order { epoch }));
            self.epoch = epoch;
        }
        let first = step % per_epoch * self.config.batch;
        (first..first + self.config.batch).map(|i| self.order[i % self.order.len()]).collect()
    }

    /// The batch of step `step`. `normalisation` must be that of the store.
    pub fn batch(&mut self, step: usize, normalisation: &Normalisation) -> Result<Batch, ModelError> {
        let mut chunks = self.chunks(step);
        let mut random = generator(self.config.seed, Purpose::Step { step: step as u64 });
        let synthetic = self.synthetic.map_or(0, |(_, share)| share.min(chunks.len()));
        let own = chunks.len() - synthetic;
        chunks.truncate(own);
        let whole = |place: Place| View { place, top: usize::MAX };
        let places: Vec<Place> = chunks.iter().map(|&chunk| self.store.place(chunk)).collect();
        let mut first: Vec<View> = places.iter().copied().map(whole).collect();
        let mut second = Vec::new();
        let mut masked = Vec::new();
        if self.config.contrast > 0.0 {
            for (&chunk, &place) in chunks.iter().zip(&places) {
                second.push(whole(self.partner(chunk, place, &mut random)?));
            }
            if let Some((sounds, _)) = self.synthetic {
                for _ in 0..synthetic {
                    let (patch, a, b) = sounds.pair(&mut random);
                    chunks.push(SYNTHETIC + patch);
                    first.push(a);
                    second.push(b);
                }
            }
            masked = self.masked(&chunks);
        }
        let decoded = &first[..self.config.decoded_of(first.len())];
        let viewed: Vec<(View, bool)> = [first.as_slice(), second.as_slice()]
            .into_iter()
            .flat_map(|views| views.iter().enumerate().map(|(i, &view)| (view, i >= own)))
            .collect();
        let noise = (0..viewed.len() * self.config.bits).map(|_| random.sample(StandardNormal)).collect();
        let (views, clean) = match &self.spectral {
            Some(views) => self.spectral(step, views, &viewed, decoded.len(), normalisation)?,
            None => self.levels(step, &viewed, decoded.len())?,
        };
        Ok(Batch { chunks, views, clean, masked: Arc::new(masked), noise })
    }

    /// The place that the second view of a chunk is taken from: the chunk's own, or that of a near chunk that sounds
    /// alike.
    fn partner(&self, chunk: u64, place: Place, random: &mut ChaCha8Rng) -> Result<Place, ModelError> {
        if random.random::<f32>() >= PARTNER_SHARE {
            return Ok(place);
        }
        let reach = ((PARTNER_SECS / self.hop_secs) as u64).max(1);
        let (first, end) = self.store.chunks_of_file(place.file);
        let range = first.max(chunk.saturating_sub(reach))..end.min(chunk + reach + 1);
        let other = self.store.place(random.random_range(range));
        let fits = match &self.likeness {
            Some(likeness) => likeness.are_alike(self.store, place, other)?,
            None => true,
        };
        Ok(if fits { other } else { place })
    }

    fn masked(&self, chunks: &[u64]) -> Vec<bool> {
        let n = chunks.len();
        let origins: Vec<Origin> = chunks.iter().map(|&chunk| self.origin(chunk)).collect();
        (0..n * n).map(|i| i / n != i % n && self.is_same_sound(origins[i / n], origins[i % n])).collect()
    }

    /// Whether two chunks count as the same sound: they are near each other in one recording, or come from one patch.
    pub fn are_same_sound(&self, a: u64, b: u64) -> bool {
        self.is_same_sound(self.origin(a), self.origin(b))
    }

    fn origin(&self, chunk: u64) -> Origin {
        if chunk >= SYNTHETIC {
            return Origin::Synthetic(chunk);
        }
        let place = self.store.place(chunk);
        Origin::Recording { file: place.file, number: place.number }
    }

    fn is_same_sound(&self, a: Origin, b: Origin) -> bool {
        match (a, b) {
            (Origin::Recording { file: a_file, number: a }, Origin::Recording { file: b_file, number: b }) => {
                a_file == b_file && a.abs_diff(b) <= (SAME_SOUND_SECS / self.hop_secs) as u64
            }
            (Origin::Synthetic(a), Origin::Synthetic(b)) => a == b,
            _ => false,
        }
    }

    /// Reads rows of the library or of the synthetic sounds.
    fn read(
        &self,
        is_synthetic: bool,
        file: usize,
        row: i64,
        rows: usize,
        out: &mut Vec<u8>,
    ) -> Result<(), ModelError> {
        match self.synthetic {
            Some((sounds, _)) if is_synthetic => sounds.store().read(file, row, rows, out),
            _ => self.store.read(file, row, rows, out),
        }
    }

    fn spectral(
        &self,
        step: usize,
        views: &SpectralViews,
        viewed: &[(View, bool)],
        decoded: usize,
        normalisation: &Normalisation,
    ) -> Result<(Input, Input), ModelError> {
        let front_end = self.store.front_end();
        let rows = front_end.chunk_rows();
        let bands = normalisation.mean.len();
        let width = rows * bands;
        let reach = SHIFT * self.config.chunk_frames as f32 / front_end.row_step() as f32;
        let mut out = vec![0.0; viewed.len() * width];
        out.par_chunks_mut(width).zip(viewed).enumerate().try_for_each(|(number, (out, &(view, is_synthetic)))| {
            let mut random = generator(self.config.seed, Purpose::View { step: step as u64, view: number as u32 });
            let shift = random.random_range(-reach..=reach);
            let (mut bytes, mut logs) = (Vec::new(), Vec::with_capacity(width + bands));
            let row = view.place.row as i64 + shift.floor() as i64;
            self.read(is_synthetic, view.place.file, row, rows + 1, &mut bytes)?;
            FrontEnd::unpack_logs(&bytes, &mut logs);
            views.warp(&mut logs, &mut random);
            views.distort(&logs, shift - shift.floor(), &mut random, out);
            // A recording of a lower rate stays empty above its band, whatever the distortion does.
            out.chunks_exact_mut(bands).for_each(|frame| frame[view.top.min(bands)..].fill(0.0));
            normalisation.apply_to_powers(out);
            Ok::<_, ModelError>(())
        })?;
        let mut clean = Vec::with_capacity(decoded * width);
        let mut bytes = Vec::new();
        for &(view, is_synthetic) in &viewed[..decoded] {
            self.read(is_synthetic, view.place.file, view.place.row as i64, rows, &mut bytes)?;
            let from = clean.len();
            FrontEnd::unpack_logs(&bytes, &mut clean);
            let silence = POWER_FLOOR.ln();
            clean[from..].chunks_exact_mut(bands).for_each(|frame| frame[view.top.min(bands)..].fill(silence));
        }
        normalisation.apply(&mut clean);
        Ok((Input::LogMel(Arc::new(out)), Input::LogMel(Arc::new(clean))))
    }

    fn levels(&self, step: usize, viewed: &[(View, bool)], decoded: usize) -> Result<(Input, Input), ModelError> {
        let samples = self.config.chunk_frames;
        let mut clean = Vec::with_capacity(decoded * samples);
        let mut bytes = Vec::new();
        for (view, _) in &viewed[..decoded] {
            self.store.read(view.place.file, view.place.row as i64, samples, &mut bytes)?;
            clean.extend_from_slice(&bytes);
        }
        let clean = Arc::new(clean);
        // Without contrast, views have no use. The encoder hears the very sound that must be decoded.
        if self.config.preset == Preset::Seed || self.config.contrast == 0.0 {
            return Ok((Input::Levels(clean.clone()), Input::Levels(clean)));
        }
        let reach = (SHIFT * samples as f32) as i64;
        let mut out = vec![0; viewed.len() * samples];
        out.par_chunks_mut(samples).zip(viewed).enumerate().try_for_each(|(number, (out, (view, _)))| {
            let mut random = generator(self.config.seed, Purpose::View { step: step as u64, view: number as u32 });
            let place = view.place;
            let mut bytes = Vec::new();
            self.store.read(place.file, place.row as i64 + random.random_range(-reach..=reach), samples, &mut bytes)?;
            distort_levels(&mut bytes, &mut random);
            out.copy_from_slice(&bytes);
            Ok::<_, ModelError>(())
        })?;
        Ok((Input::Levels(Arc::new(out)), Input::Levels(clean)))
    }
}
