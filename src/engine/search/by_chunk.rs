//! Ranking single chunks.

use super::super::error::EngineError;
use super::super::fold::{Hit, fold};
use super::super::shared::Job;
use super::asked::Asked;
use super::{Ground, hit};
use crate::index::{Codes, Neighbour};

/// The number of the query's chunks that are looked up together, between two checks for cancelling.
const CHUNKS_TOGETHER: usize = 32;

/// The `k` nearest matches to which a wanted sound is nearer than an unwanted one, and the other matches that precede
/// the last of these.
pub(super) fn by_chunk(
    job: &Job,
    ground: &Ground<'_>,
    asked: &Asked,
    k: usize,
) -> Result<Vec<(Hit, f64)>, EngineError> {
    let codes = ground.snapshot.index.codes()?;
    let mut wanted = k;
    loop {
        let mut hits = nearest(job, ground, asked, wanted)?;
        let is_all = hits.len() < wanted;
        let mut good = 0;
        for hit in &mut hits {
            hit.is_contrary = asked.is_contrary(codes.code(hit.row), hit.distance);
            good += usize::from(!hit.is_contrary);
        }
        if good >= k || is_all {
            let mut left = k;
            hits.retain(|hit| {
                let is_kept = left > 0;
                left -= usize::from(is_kept && !hit.is_contrary);
                is_kept
            });
            return Ok(hits.into_iter().map(|hit| (hit, f64::from(hit.distance))).collect());
        }
        wanted *= 4;
    }
}

/// The `k` nearest matches, ordered by distance, then the query's own chunks, then row. It asks for more and more
/// neighbours of each chunk of the query, until the merged and folded list has `k` matches that no further neighbour
/// could precede.
fn nearest(job: &Job, ground: &Ground<'_>, asked: &Asked, k: usize) -> Result<Vec<Hit>, EngineError> {
    let own_hits = own_hits(ground, asked)?;
    let chunks = asked.like.codes.len();
    // The chunks of a long query find the matches together, so each is asked for fewer neighbours.
    let mut wanted = ((4 * k + 16) / chunks.isqrt().max(1)).max(16);
    let mut known: Vec<Known> = (0..chunks).map(|_| Known::default()).collect();
    let mut open: Vec<usize> = (0..chunks).collect();
    loop {
        ask(job, ground, asked, &open, wanted, &mut known)?;
        // The distances to the query's own chunks are computed directly. So none of them can be missing from a full
        // list.
        let mut hits = own_hits.clone();
        hits.extend(known.iter().flat_map(|known| &known.hits));
        hits.sort_unstable_by_key(|hit| (hit.distance, !hit.is_own, hit.row, hit.query_chunk));
        // Neighbours behind the last one of a full list are unknown. So only hits nearer than the nearest of these last
        // neighbours are certain.
        let horizon = known.iter().filter_map(|known| known.last).min();
        let certain = horizon.map_or(hits.len(), |horizon| {
            hits.partition_point(|hit| (hit.distance, !hit.is_own, hit.row) <= (horizon.distance, true, horizon.row))
        });
        let folded = fold(hits[..certain].iter().copied(), k);
        let Some(horizon) = horizon.filter(|_| folded.len() < k) else {
            return Ok(folded);
        };
        // A list need not grow if it already reaches beyond the presumable last match.
        let enough = fold(hits, k).get(k - 1).map(|hit| hit.distance);
        let is_short = |last: &Neighbour| *last == horizon || enough.is_none_or(|enough| last.distance <= enough);
        open = (0..chunks).filter(|&chunk| known[chunk].last.as_ref().is_some_and(is_short)).collect();
        wanted *= 4;
    }
}

/// The nearest neighbours of one of the query's chunks.
#[derive(Default)]
struct Known {
    hits: Vec<Hit>,
    /// The last neighbour of the list, if there are more rows behind it.
    last: Option<Neighbour>,
}

/// Looks up `wanted` neighbours of each of the `open` chunks.
fn ask(
    job: &Job,
    ground: &Ground<'_>,
    asked: &Asked,
    open: &[usize],
    wanted: usize,
    known: &mut [Known],
) -> Result<(), EngineError> {
    let offered = ground.rows.count();
    for group in open.chunks(CHUNKS_TOGETHER) {
        job.check()?;
        let mut together = Codes::new(asked.like.codes.bits())?;
        together.extend_words(group.iter().flat_map(|&chunk| asked.like.codes.as_ref().code(chunk)).copied());
        let answers = ground.snapshot.index.index().search_each(together.as_ref(), wanted, Some(ground.rows))?;
        for (&chunk, answer) in group.iter().zip(answers) {
            let neighbours = answer.neighbours;
            let hit = |neighbour: &Neighbour| {
                let span = ground.snapshot.span_of(neighbour.row)?;
                Some(hit(ground.snapshot, span, neighbour.row, neighbour.distance, chunk))
            };
            known[chunk].hits = neighbours.iter().filter_map(hit).collect();
            known[chunk].last = neighbours.last().copied().filter(|_| neighbours.len() < offered);
        }
    }
    Ok(())
}

/// For each chunk of the query, the chunks of the index at the same position, if the query is part of an indexed file.
fn own_hits(ground: &Ground<'_>, asked: &Asked) -> Result<Vec<Hit>, EngineError> {
    let Some(span) = ground.own else { return Ok(Vec::new()) };
    let codes = ground.snapshot.index.codes()?;
    let mut distance = Vec::new();
    let mut own = Vec::new();
    for (query_chunk, (code, &secs)) in asked.like.codes.as_ref().iter().zip(asked.own_start_secs()).enumerate() {
        let rows = ground.snapshot.rows_at(span, secs);
        codes.distances(rows.clone(), code, &mut distance);
        own.extend(rows.zip(&distance).filter(|(row, _)| ground.rows.contains(*row)).map(|(row, &distance)| {
            let hit = hit(ground.snapshot, span, row, u32::from(distance), query_chunk);
            Hit { is_own: true, ..hit }
        }));
    }
    Ok(own)
}
