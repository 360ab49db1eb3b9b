//! The probe: a live measure of search quality that needs no labels. Excerpts off the grid, heard as through a microphone,
//! must find the files that they came from among some of the library's chunks.

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

/// Excerpts that are looked for, and chunks that they are looked for among, at most.
const EXCERPTS: usize = 64;
const POOL: usize = 2000;
/// An excerpt is found when its file is among so many nearest chunks.
const NEAREST: usize = 10;
/// Excerpts begin up to this share of a chunk off the grid.
const OFF_GRID: f32 = 0.25;
/// Chunks that are encoded at once.
const BATCH: usize = 256;
/// Times that the probe is asked in a run, at most.
const TIMES: usize = 20;
/// Share of a run's work that it may take, at most.
const SHARE: f64 = 0.04;
/// A trained view takes a forward and a backward pass, which is about so many forward passes.
const PASSES: f64 = 3.0;

/// What it answers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Probed {
    /// Share of the excerpts that find their files.
    pub found: f32,
    /// Different codes among the chunks that are looked among, as a share of these.
    pub unique: f32,
    /// How far an excerpt and the chunk that it was taken from agree in what else is near: the share of the chunk's nearest
    /// chunks of other files that are the excerpt's as well. A code that knows recordings and not kinds has noise there.
    pub agreement: f32,
}

impl Probed {
    /// One figure of how useful the codes are: for finding recordings, and for finding what is like them.
    pub fn worth(&self) -> f32 {
        self.found + self.agreement
    }
}

/// The same excerpts and chunks for a whole run, whether it is interrupted or not.
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
    /// `None` where the library has too few chunks for finding one of them to mean anything.
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

    /// Whether it is asked after `step` of `steps`: now and then, and at the end.
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
        // The chunks that the excerpts were taken from are the first of the pool.
        let agreed = excerpts.iter().zip(&pool).zip(&self.sources).map(|((excerpt, chunk), &own)| {
            let (heard, clean) = (others(excerpt, own), others(chunk, own));
            heard.intersection(&clean).count() as f32 / clean.len().max(1) as f32
        });
        let agreement = agreed.sum::<f32>() / self.sources.len() as f32;
        Ok(Probed { found, unique: different.len() as f32 / pool.len() as f32, agreement })
    }
}

/// Whether fewer than [`NEAREST`] chunks of other files are as near as the nearest of the own file. Ties count against it,
/// so that a model that gives all chunks the same code finds nothing.
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

/// Excerpts near chunks, through a microphone; mu-law levels, which know no microphone, get another loudness and noise.
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
        // Mel spectra have a rate of their own; this is not reached.
        Rate::Native => 44_100.0,
    };
    let views = SpectralViews::new(mel, config.window_step() as f32 / rate, 1.0);
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
