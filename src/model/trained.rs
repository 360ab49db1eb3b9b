//! A model that encodes. `decode.rs` has its decoding.

use std::path::Path;
use std::sync::Arc;

use super::adam::Adam;
use super::checkpoint;
use super::config::{Config, ModelKind};
use super::error::ModelError;
use super::features::FeatureStore;
use super::first::{self, First};
use super::front_end::{FrontEnd, Heard};
use super::neighbours::Neighbours;
use super::network::{Input, Network};
use super::normalisation::Normalisation;
use super::report::Progress;
use super::weights::Weights;

/// The number of chunks that are encoded at once.
const BATCH: usize = 256;

/// An encoder and a decoder with the front end and the normalisation. Many threads may use one model.
#[derive(Debug)]
pub struct Model {
    pub(super) config: Config,
    progress: Progress,
    pub(super) front_end: FrontEnd,
    pub(super) network: Network,
    pub(super) normalisation: Normalisation,
    hash: [u8; 32],
}

impl Model {
    /// Reads a model that [`Trainer::save`](super::Trainer::save) wrote.
    ///
    /// # Errors
    /// If the file cannot be read, is not a model, has an unknown format version, or is damaged.
    pub fn load(path: &Path) -> Result<Self, ModelError> {
        let stored = checkpoint::load(path)?;
        Ok(Self {
            front_end: FrontEnd::new(&stored.config),
            network: Network::new(&stored.config, stored.weights),
            normalisation: stored.normalisation,
            progress: stored.progress,
            hash: stored.hash,
            config: stored.config,
        })
    }

    /// The first model of a library: the base model with a head in closed form for the chunks of `store`. The store has
    /// some or all of the library's `chunks` chunks.
    ///
    /// # Errors
    /// If `config` does not begin from the base model, if the features cannot be read, or if there is no chunk.
    pub fn first(config: Config, store: &FeatureStore, chunks: u64) -> Result<Self, ModelError> {
        let First { weights, normalisation } = first::fit(&config, store)?;
        let progress = Progress { chunks, ..Progress::default() };
        Ok(Self::new(config, weights, normalisation, progress))
    }

    /// A model that is not stored yet. It shares the tensors in `weights` with the caller.
    pub(super) fn new(config: Config, weights: Weights, normalisation: Normalisation, progress: Progress) -> Self {
        let (front_end, network) = (FrontEnd::new(&config), Network::new(&config, weights));
        Self { front_end, network, normalisation, progress, hash: [0; 32], config }
    }

    /// Writes the model to a file for [`Model::load`], and returns its hash.
    ///
    /// # Errors
    /// If the file cannot be written. An older one at `path` is then unchanged.
    pub fn save(&self, path: &Path) -> Result<[u8; 32], ModelError> {
        let Self { config, progress, network, normalisation, .. } = self;
        let nothing = Adam { first: Vec::new(), second: Vec::new() };
        checkpoint::save(path, config, progress, network.weights(), normalisation, &nothing, &Neighbours::default())
    }

    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The hash of the configuration and all weights, which identifies the model. It is all zeros if the model was
    /// never stored.
    pub fn hash(&self) -> [u8; 32] {
        self.hash
    }

    pub fn kind(&self) -> ModelKind {
        self.config.kind(self.progress.step)
    }

    /// The progress of the training.
    pub fn progress(&self) -> &Progress {
        &self.progress
    }

    /// The activations h `[starts, bits]`, row by row, of the chunks of `samples` (mono, at the model's rate) that
    /// begin at `starts`. Bit i is h > 0. Chunks that reach beyond the samples are padded with silence. Ascending
    /// starts that are whole hops apart share one spectrum. If the model uses the chunks beside a chunk, it uses those
    /// whose starts, one hop before and after, are in `starts`. So a single chunk is encoded alone.
    pub fn encode(&self, samples: &[f32], starts: &[u64]) -> Result<Vec<f32>, ModelError> {
        let mut out = Vec::with_capacity(starts.len() * self.config.bits);
        let mut left = starts;
        while !left.is_empty() {
            let (run, rest) = left.split_at(self.run_length(left));
            self.encode_run(samples, run, &mut out)?;
            left = rest;
        }
        if self.config.beside {
            out = heard_beside(&out, starts, self.config.hop_frames as u64, self.config.bits);
        }
        Ok(out)
    }

    /// The number of starts, from the first on, that are near one another and on one grid of spectral frames.
    fn run_length(&self, starts: &[u64]) -> usize {
        let step = self.front_end.row_step() as u64;
        let near = 4 * self.config.chunk_frames as u64;
        let follows = |w: &[u64]| w[1] >= w[0] && w[1] - w[0] <= near && (w[1] - w[0]).is_multiple_of(step);
        1 + starts.windows(2).take(BATCH - 1).take_while(|w| follows(w)).count()
    }

    fn encode_run(&self, samples: &[f32], starts: &[u64], out: &mut Vec<f32>) -> Result<(), ModelError> {
        let (Some(&first), Some(&last)) = (starts.first(), starts.last()) else { return Ok(()) };
        let chunk = self.config.chunk_frames;
        let at = |frame: u64| usize::try_from(frame).unwrap_or(usize::MAX).min(samples.len());
        let mut stretch = samples[at(first)..at(last.saturating_add(chunk as u64))].to_vec();
        stretch.resize((last - first) as usize + chunk, 0.0);
        let step = self.front_end.row_step();
        let offsets = starts.iter().map(|start| (start - first) as usize / step);
        let input = match self.front_end.heard(&stretch) {
            Heard::LogMel(mut logs) => {
                self.normalisation.apply(&mut logs);
                let bands = self.config.mels;
                let len = self.front_end.chunk_rows() * bands;
                let chunks: Vec<f32> = offsets.flat_map(|o| logs[o * bands..][..len].iter().copied()).collect();
                Input::LogMel(Arc::new(chunks))
            }
            Heard::Levels(levels) => {
                let chunks: Vec<u8> = offsets.flat_map(|o| levels[o..][..chunk].iter().copied()).collect();
                Input::Levels(Arc::new(chunks))
            }
        };
        out.extend(self.network.encode(&input)?.flatten_all()?.to_vec1::<f32>()?);
        Ok(())
    }
}

/// h `[starts, bits]`, with the h of the starts one hop before and one hop after added at half weight, if these are
/// adjacent in `starts`.
fn heard_beside(h: &[f32], starts: &[u64], hop: u64, bits: usize) -> Vec<f32> {
    let row = |i: usize| &h[i * bits..][..bits];
    let mut out = h.to_vec();
    for (i, out) in out.chunks_exact_mut(bits.max(1)).enumerate() {
        let before = i.checked_sub(1).filter(|&b| starts[b] + hop == starts[i]);
        let after = Some(i + 1).filter(|&a| starts.get(a).is_some_and(|&next| starts[i] + hop == next));
        let beside = [before, after].into_iter().flatten();
        let weight = 1.0 / (1.0 + 0.5 * beside.clone().count() as f32);
        for beside in beside {
            out.iter_mut().zip(row(beside)).for_each(|(x, y)| *x += 0.5 * y);
        }
        out.iter_mut().for_each(|x| *x *= weight);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::heard_beside;

    #[test]
    fn a_chunk_hears_those_one_hop_away_and_no_others() {
        let h = [1.0, -1.0, 3.0, 5.0, 8.0, 0.0, 2.0, 2.0];
        // The third start is two hops after the second. The fourth is off the grid.
        let found = heard_beside(&h, &[0, 10, 30, 35], 10, 2);
        let wanted = [2.5 / 1.5, 1.5 / 1.5, 3.5 / 1.5, 4.5 / 1.5, 8.0, 0.0, 2.0, 2.0];
        assert!(found.iter().zip(wanted).all(|(a, b): (&f32, f32)| (a - b).abs() < 1e-6), "{found:?}");
    }
}
