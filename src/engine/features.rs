//! Makes the features of files, for a model to learn from.

use std::borrow::Borrow;
use std::path::Path;
use std::time::Instant;

use rayon::prelude::*;

use super::error::EngineError;
use super::job::JobKind;
use super::listen::stretches;
use super::shared::Job;
use super::stage::JobStage;
use crate::dataset::{Problem, SoundFile};
use crate::model::{Config, FeatureStore, FeatureStoreBuilder, Features};
use crate::project::ProblemOf;

/// Files are listened to in rounds; between rounds their features are stored and cancelling is checked. A round has at
/// most this many files. If it has more than one file, it has at most this many bytes of features. So a library of long
/// recordings never lies in memory.
const FILES_A_ROUND: usize = 64;
const BYTES_A_ROUND: u64 = 256 << 20;

/// Computes the features of all files, in the order of their paths. Files that cannot be read are noted as problems.
/// The training fails only if no file can be read.
pub(super) fn listen<F: Borrow<SoundFile> + Sync>(
    job: &Job,
    kind: JobKind,
    config: &Config,
    files: &[F],
    cache: &Path,
) -> Result<FeatureStore, EngineError> {
    let began = Instant::now();
    let grid = config.grid();
    let mut builder = FeatureStoreBuilder::new(config, cache);
    let (mut problems, mut unreached) = (Vec::new(), Vec::new());
    let mut done = 0;
    let bytes_of = |file: &F| {
        let file: &SoundFile = file.borrow();
        builder.front_end().feature_bytes(grid.frames_on_grid(file.frames, file.rate))
    };
    let sizes: Vec<u64> = files.iter().map(bytes_of).collect();
    let mut left = files;
    while !left.is_empty() {
        let (round, rest) = left.split_at(files_of_a_round(&sizes[files.len() - left.len()..]));
        left = rest;
        job.check()?;
        job.progress(kind, JobStage::ListeningToSounds, began, done, files.len() as u64);
        let heard: Vec<Result<Features, EngineError>> = round
            .par_iter()
            .map(|file| {
                let mut features = Features::default();
                stretches(file.borrow(), grid, |stretch| {
                    builder.front_end().extend(&mut features, &stretch.samples, stretch.fresh);
                    !job.is_cancelled()
                })?;
                Ok(features)
            })
            .collect();
        for (file, heard) in round.iter().map(Borrow::borrow).zip(heard) {
            match heard {
                Ok(features) => builder.push(&features)?,
                Err(EngineError::Audio(cause)) => {
                    let problem = Problem { path: file.path.to_string(), reason: cause.cause.to_string() };
                    let problems = if cause.cause.is_passing() { &mut unreached } else { &mut problems };
                    problems.push(problem);
                }
                Err(other) => return Err(other),
            }
        }
        done += round.len() as u64;
    }
    job.check()?;
    let project = &job.shared.project;
    project.note_problems(&problems, ProblemOf::Content)?;
    project.note_problems(&unreached, ProblemOf::Access)?;
    let first = problems.iter().chain(&unreached).next();
    if let (true, Some(first)) = (problems.len() + unreached.len() == files.len(), first) {
        return Err(EngineError::NothingReadable { first: format!("{}: {}", first.path, first.reason) });
    }
    Ok(builder.finish()?)
}

/// The number of files of the next round, at least one. `sizes` are the bytes of the files' features.
fn files_of_a_round(sizes: &[u64]) -> usize {
    let mut bytes = 0;
    let fitting = sizes.iter().take(FILES_A_ROUND).take_while(|size| {
        bytes += **size;
        bytes <= BYTES_A_ROUND
    });
    fitting.count().max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_round_has_few_long_files_or_many_short_ones() {
        assert_eq!(files_of_a_round(&[1000; 100]), FILES_A_ROUND);
        assert_eq!(files_of_a_round(&[BYTES_A_ROUND / 3; 100]), 3);
        assert_eq!(files_of_a_round(&[10 * BYTES_A_ROUND, 1]), 1, "a file that is too long by itself is still heard");
    }
}
