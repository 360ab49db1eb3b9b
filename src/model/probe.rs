//! The probe measures search quality during a training, without labels. It searches for distorted excerpts of library
//! sounds among a sample of the library's chunks, and counts how many find the files that they came from.

use rand::Rng;
use rand::seq::index::sample;
use std::collections::HashSet;
use std::sync::Arc;

use super::config::Config;
use super::draws::{Purpose, generator};
use super::error::ModelError;
use super::features::{FeatureStore, Place};
use super::front_end::FrontEnd;
use super::network::{Input, Network};
use super::normalisation::Normalisation;
use super::views::{SpectralViews, distort_levels};
use crate::ground::{Rate, bits};

/// The most excerpts that are searched for, and the most chunks that are searched.
const EXCERPTS: usize = 64;
const POOL: usize = 2000;
/// An excerpt is found if its file is among this many nearest chunks.
const NEAREST: usize = 10;
/// The largest distance of an excerpt's start from the grid, as a share of a chunk.
const OFF_GRID: f32 = 0.25;
/// The number of chunks that are encoded at once.
const BATCH: usize = 256;
/// The most times that the probe runs in a training.
const TIMES: usize = 20;
/// The most that the probe may take of a training's work.
const SHARE: f64 = 0.04;
/// Training on a view takes a forward and a backward pass, which cost about as much as this many forward passes.
const PASSES: f64 = 3.0;

/// The result of the probe.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Probed {
    /// The share of the excerpts that find their files.
    pub found: f32,
    /// The number of different codes among the searched chunks, as a share of these chunks.
    pub unique: f32,
    /// The share of a chunk's nearest chunks from other files that are also nearest to the excerpt taken from it. It is
    /// low if codes distinguish recordings but not kinds of sound.
    pub agreement: f32,
}

impl Probed {
    /// One figure for how useful the codes are, both for finding recordings and for finding similar sounds.
    pub fn worth(&self) -> f32 {
        self.found + self.agreement
    }
}

/// The probe of a run. Excerpts and chunks stay the same for the whole run, even if it is interrupted.
#[derive(Debug)]
pub struct Probe {
    excerpts: Vec<Input>,
    /// The file of each excerpt.
    sources: Vec<usize>,
    pool: Vec<Input>,
    /// The file of each chunk of the pool.
    files: Vec<usize>,
    every: usize,
}

impl Probe {
    /// `None` if the library has too few chunks for the result to mean anything.
    pub fn new(
        config: &Config,
        store: &FeatureStore,
        normalisation: &Normalisation,
        steps: usize,
    ) -> Result<Option<Self>, ModelError> {
        let chunks = usize::try_from(store.chunks()).unwrap_or(usize::MAX);
        if chunks < 4 * NEAREST {
            return Ok(None);
        }
        let mut random = generator(config.seed, Purpose::Probe);
        let pool: Vec<Place> =
            sample(&mut random, chunks, chunks.min(POOL)).iter().map(|chunk| store.place(chunk as u64)).collect();
        let asked = &pool[..pool.len().min(EXCERPTS)];
        let views = config.batch * if config.contrast > 0.0 { 2 } else { 1 };
        let cost_in_steps = (pool.len() + asked.len()) as f64 / (PASSES * views as f64);
        let every = ((cost_in_steps / SHARE).ceil() as usize).max(steps / TIMES).max(1);
        let excerpts = asked.chunks(BATCH).map(|places| heard_off_grid(config, store, normalisation, places));
        let clean = pool.chunks(BATCH).map(|places| heard(config, store, normalisation, places));
        Ok(Some(Self {
            sources: asked.iter().map(|place| place.file).collect(),
            files: pool.iter().map(|place| place.file).collect(),
            excerpts: excerpts.collect::<Result<_, _>>()?,
            pool: clean.collect::<Result<_, _>>()?,
            every,
        }))
    }

    /// Whether the probe runs after `step` of `steps`: in intervals, and at the end.
    pub fn is_due(&self, step: usize, steps: usize) -> bool {
        step == steps || step.is_multiple_of(self.every)
    }

    pub fn ask(&self, network: &Network, width: usize) -> Result<Probed, ModelError> {
        let excerpts = codes(network, &self.excerpts, width)?;
        let pool = codes(network, &self.pool, width)?;
        let found = excerpts.iter().zip(&self.sources).filter(|(code, source)| {
            let distances = pool.iter().map(|other| bits::distance(code, other));
            is_found(**source, &self.files, &distances.collect::<Vec<u32>>())
        });
        let found = found.count() as f32 / self.sources.len() as f32;
        let different: HashSet<&[u64]> = pool.iter().map(Vec::as_slice).collect();
        let others = |code: &[u64], own: usize| {
            let mut others: Vec<(u32, usize)> = pool
                .iter()
                .zip(&self.files)
                .enumerate()
                .filter(|(_, (_, file))| **file != own)
                .map(|(row, (other, _))| (bits::distance(code, other), row))
                .collect();
            others.sort_unstable();
            others.truncate(NEAREST);
            others.into_iter().map(|(_, row)| row).collect::<HashSet<usize>>()
        };
        // The first chunks of the pool are those that the excerpts were taken from.
        let agreed = excerpts.iter().zip(&pool).zip(&self.sources).map(|((excerpt, chunk), &own)| {
            let (heard, clean) = (others(excerpt, own), others(chunk, own));
            heard.intersection(&clean).count() as f32 / clean.len().max(1) as f32
        });
        let agreement = agreed.sum::<f32>() / self.sources.len() as f32;
        Ok(Probed { found, unique: different.len() as f32 / pool.len() as f32, agreement })
    }
}

/// Whether fewer than [`NEAREST`] chunks of other files are as near as the nearest chunk of the own file. Ties count as
/// misses, so a model that gives all chunks the same code finds nothing.
fn is_found(own: usize, files: &[usize], distances: &[u32]) -> bool {
    let of_own = files.iter().zip(distances).filter(|(file, _)| **file == own).map(|(_, distance)| *distance).min();
    let others = |limit: u32| files.iter().zip(distances).filter(|(file, d)| **file != own && **d <= limit).count();
    of_own.is_some_and(|limit| others(limit) < NEAREST)
}

fn codes(network: &Network, inputs: &[Input], width: usize) -> Result<Vec<Vec<u64>>, ModelError> {
    let mut codes = Vec::new();
    for input in inputs {
        let h = network.encode(input)?.flatten_all()?.to_vec1::<f32>()?;
        codes.extend(h.chunks_exact(width).map(|row| bits::of_signs(row).collect::<Vec<u64>>()));
    }
    Ok(codes)
}

/// Chunks as an index would hear them.
fn heard(
    config: &Config,
    store: &FeatureStore,
    normalisation: &Normalisation,
    places: &[Place],
) -> Result<Input, ModelError> {
    let front_end = store.front_end();
    let rows = front_end.chunk_rows();
    let (mut bytes, mut levels, mut logs) = (Vec::new(), Vec::new(), Vec::new());
    for place in places {
        store.read(place.file, place.row as i64, rows, &mut bytes)?;
        match front_end.mel() {
            Some(_) => FrontEnd::unpack_logs(&bytes, &mut logs),
            None => levels.extend_from_slice(&bytes[..config.chunk_frames]),
        }
    }
    if front_end.mel().is_none() {
        return Ok(Input::Levels(Arc::new(levels)));
    }
    normalisation.apply(&mut logs);
    Ok(Input::LogMel(Arc::new(logs)))
}

/// Excerpts near chunks, as through a microphone. Mu-law levels get another loudness and noise instead, because their
/// views have no microphone.
fn heard_off_grid(
    config: &Config,
    store: &FeatureStore,
    normalisation: &Normalisation,
    places: &[Place],
) -> Result<Input, ModelError> {
    let front_end = store.front_end();
    let rows = front_end.chunk_rows();
    let mut random = generator(config.seed, Purpose::ProbeViews);
    let reach = OFF_GRID * config.chunk_frames as f32 / front_end.row_step() as f32;
    let mut bytes = Vec::new();
    let Some(mel) = front_end.mel() else {
        let mut levels = Vec::with_capacity(places.len() * config.chunk_frames);
        for place in places {
            let shift = random.random_range(-reach..=reach) as i64;
            store.read(place.file, place.row as i64 + shift, rows, &mut bytes)?;
            distort_levels(&mut bytes, &mut random);
            levels.extend_from_slice(&bytes);
        }
        return Ok(Input::Levels(Arc::new(levels)));
    };
    let rate = match config.rate {
        Rate::Hz(rate) => rate as f32,
        // Models with mel spectra always have a fixed rate, so this is not reached.
        Rate::Native => 44_100.0,
    };
    let views = SpectralViews::new(mel, config.window_step() as f32 / rate, 1.0, 0.0);
    let width = rows * normalisation.mean.len();
    let mut powers = vec![0.0; places.len() * width];
    for (place, out) in places.iter().zip(powers.chunks_exact_mut(width)) {
        let shift = random.random_range(-reach..=reach);
        let mut logs = Vec::with_capacity(width + width / rows);
        store.read(place.file, place.row as i64 + shift.floor() as i64, rows + 1, &mut bytes)?;
        FrontEnd::unpack_logs(&bytes, &mut logs);
        views.distort(&logs, shift - shift.floor(), &mut random, out);
    }
    normalisation.apply_to_powers(&mut powers);
    Ok(Input::LogMel(Arc::new(powers)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_found_when_fewer_than_ten_chunks_of_others_are_as_near() {
        let files: Vec<usize> = (0..20).collect();
        let nearer = |count: u32| (0..20).map(|chunk| if chunk == 0 { count } else { chunk }).collect::<Vec<u32>>();
        assert!(is_found(0, &files, &nearer(0)));
        assert!(is_found(0, &files, &nearer(9)));
        assert!(!is_found(0, &files, &nearer(10)));
        assert!(!is_found(0, &files, &[5; 20]), "one code for all chunks finds nothing");
        assert!(!is_found(99, &files, &nearer(0)), "a file that has no chunk there");
    }
}
