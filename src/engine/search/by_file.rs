//! Ranking whole files.

use rayon::prelude::*;

use super::super::error::EngineError;
use super::super::fold::Hit;
use super::super::shared::Job;
use super::super::snapshot::Span;
use super::asked::{Asked, Sounds};
use super::{Ground, hit};
use crate::index::AllCodes;

/// The number of files whose chunks are compared with the query together. Their distances stay in a core's cache.
const FILES_TOGETHER: usize = 256;

/// The distance of a file from a query.
#[derive(Clone)]
struct Score {
    /// The mean, over the chunks of a sound, of the distance to the file's nearest chunk. Of several sounds, the
    /// smallest mean counts.
    mean: f64,
    /// The distance and the row of the nearest chunk, and the chunk of the query that it is nearest to.
    best: (u16, usize),
    query_chunk: usize,
    is_own: bool,
    is_contrary: bool,
}

/// The result of [`by_file`].
pub(super) struct Files {
    pub hits: Vec<(Hit, f64)>,
    /// The distances of all files.
    pub distances: Vec<f32>,
}

/// Ranks files by the mean, over the chunks of a sound, of the distance to the file's nearest chunk. Of equal files,
/// the query's own comes first. Each file is shown at its best chunk. Files to which an unwanted sound is nearer come
/// last.
pub(super) fn by_file(job: &Job, ground: &Ground<'_>, asked: &Asked, k: usize) -> Result<Files, EngineError> {
    let codes = ground.snapshot.index.codes()?;
    let spans = &ground.snapshot.spans;
    let scored = spans.par_chunks(FILES_TOGETHER).map(|together| match job.is_cancelled() {
        true => Vec::new(),
        false => {
            let like = scores(ground, &codes, &asked.like, together);
            let unlike = scores(ground, &codes, &asked.unlike, together);
            let judged = together.iter().zip(like).zip(unlike).filter_map(|((span, like), unlike)| {
                let is_contrary = |like: &Score| unlike.is_some_and(|unlike| unlike.mean < like.mean);
                like.map(|like| (span, Score { is_contrary: is_contrary(&like), ..like }))
            });
            judged.collect::<Vec<_>>()
        }
    });
    let mut ranked: Vec<(&Span, Score)> = scored.flatten().collect();
    job.check()?;
    ranked.sort_unstable_by(|(_, a), (_, b)| {
        let order = |score: &Score| (!score.is_own, score.best);
        a.is_contrary.cmp(&b.is_contrary).then(a.mean.total_cmp(&b.mean)).then_with(|| order(a).cmp(&order(b)))
    });
    let distances = ranked.iter().map(|(_, score)| score.mean as f32).collect();
    let matches = ranked.into_iter().take(k).map(|(span, score)| {
        let hit = hit(ground.snapshot, span, score.best.1, score.best.0.into(), score.query_chunk);
        (Hit { is_own: score.is_own, is_contrary: score.is_contrary, ..hit }, score.mean)
    });
    Ok(Files { hits: matches.collect(), distances })
}

/// The scores of consecutive files, each by the nearest of some sounds. `None` for a file without chunks that may be
/// found.
fn scores(ground: &Ground<'_>, codes: &AllCodes<'_>, sounds: &Sounds, spans: &[Span]) -> Vec<Option<Score>> {
    let mut scores: Vec<Option<Score>> = vec![None; spans.len()];
    let (Some(first), Some(last)) = (spans.first(), spans.last()) else { return scores };
    let rows = first.first_row..last.first_row + last.chunks;
    // All ones if a row may not be found: then it is farther away than every other row.
    let barred: Vec<u16> = rows.clone().map(|row| if ground.rows.contains(row) { 0 } else { u16::MAX }).collect();
    let mut distance = Vec::new();
    for (range, sound) in sounds.each() {
        let mut of_sound: Vec<Option<(u64, Score)>> = vec![None; spans.len()];
        for (query_chunk, code) in range.zip(sound.iter()) {
            codes.distances(rows.clone(), code, &mut distance);
            distance.iter_mut().zip(&barred).for_each(|(distance, barred)| *distance |= barred);
            for (span, score) in spans.iter().zip(&mut of_sound) {
                let of_file = &distance[span.first_row - rows.start..][..span.chunks];
                let nearest = of_file.iter().copied().min().unwrap_or(u16::MAX);
                if nearest == u16::MAX {
                    continue;
                }
                let is_own = ground.own.is_some_and(|own| own.first_row == span.first_row);
                let start = Score { mean: 0.0, best: (u16::MAX, 0), query_chunk, is_own, is_contrary: false };
                let (sum, score) = score.get_or_insert((0, start));
                *sum += u64::from(nearest);
                if nearest <= score.best.0
                    && let Some(place) = of_file.iter().position(|&distance| distance == nearest)
                {
                    let found = (nearest, span.first_row + place);
                    if found < score.best {
                        (score.best, score.query_chunk) = (found, query_chunk);
                    }
                }
            }
        }
        for (best, of_sound) in scores.iter_mut().zip(of_sound) {
            let Some((sum, score)) = of_sound else { continue };
            let mean = sum as f64 / sound.len() as f64;
            if best.as_ref().is_none_or(|best| mean < best.mean) {
                *best = Some(Score { mean, ..score });
            }
        }
    }
    scores
}
