//! A model to encode with, and to decode with (`decode.rs`).

use std::path::Path;
use std::sync::Arc;

use super::checkpoint;
use super::config::Config;
use super::error::ModelError;
use super::front_end::{FrontEnd, Heard};
use super::network::{Input, Network};
use super::normalisation::Normalisation;
use super::report::Progress;

/// Chunks that are encoded at once.
const BATCH: usize = 256;

/// An encoder and a decoder with what they need to hear and to be heard. Many threads may use one.
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
    /// Reads what [`Trainer::save`](super::Trainer::save) wrote.
    ///
    /// # Errors
    /// It cannot be read, is no model, is of another format version, or is damaged: each says so.
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

    pub fn config(&self) -> &Config {
        &self.config
    }

    /// What tells this model from every other: a hash of its configuration and all of its weights.
    pub fn hash(&self) -> [u8; 32] {
        self.hash
    }

    /// How far its training has come.
    pub fn progress(&self) -> &Progress {
        &self.progress
    }

    /// h of the chunks of `samples` (mono, at the model's rate) that begin at `starts`, before any squashing: [starts,
    /// bits] row by row; bit i is h > 0. Where samples end, chunks go on in silence. Ascending starts that are whole hops
    /// apart share one spectrum.
    pub fn encode(&self, samples: &[f32], starts: &[u64]) -> Result<Vec<f32>, ModelError> {
        let mut out = Vec::with_capacity(starts.len() * self.config.bits);
        let mut left = starts;
        while !left.is_empty() {
            let (run, rest) = left.split_at(self.run_length(left));
            self.encode_run(samples, run, &mut out)?;
            left = rest;
        }
        Ok(out)
    }

    /// How many starts from the first on are near one another and on one grid of spectral frames.
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
