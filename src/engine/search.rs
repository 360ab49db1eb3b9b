//! Answering a query with matches.

use std::time::Instant;

use rayon::prelude::*;

use super::error::{EmptyPart, EngineError};
use super::filter;
use super::fold::{Hit, fold};
use super::job::JobKind;
use super::query::{Grouping, Match, Query, SearchReport};
use super::shared::Job;
use super::snapshot::{Snapshot, Span};
use super::stage::JobStage;
use crate::audio::silence;
use crate::dataset::favourite::has_middle_of;
use crate::index::{AllCodes, Codes, Neighbour, RowSet};

/// Chunks of the query that are looked up together, and before cancelling is looked at.
const CHUNKS_TOGETHER: usize = 32;

/// Chunks of the query that are encoded together, and before cancelling is looked at.
const CHUNKS_ENCODED_TOGETHER: usize = 256;

/// A query as it is heard: one code for each of its chunks that is not silent.
struct Heard {
    codes: Codes,
    /// Start of each code's chunk, in seconds from the start of the query's file.
    start_secs: Vec<f64>,
    /// Chunks in all, silent ones included.
    chunks: usize,
    /// The stretch that is searched for, in seconds from the start of its file.
    stretch: (f64, f64),
}

/// What a query is looked up in.
struct Ground<'a> {
    snapshot: &'a Snapshot,
    /// Rows that may be found.
    rows: &'a RowSet,
    /// The rows of the query's own file.
    own: Option<&'a Span>,
}

pub(super) fn search(job: &Job, query: &Query) -> Result<SearchReport, EngineError> {
    let began = Instant::now();
    if query.k > Query::MOST_MATCHES {
        return Err(EngineError::TooManyMatches { k: query.k });
    }
    let snapshot = job.shared.current_snapshot()?;
    job.progress(JobKind::Search, JobStage::ListeningToTheQuery, began, 0, 0);
    let heard = hear(job, &snapshot, query)?;
    job.check()?;
    job.progress(JobKind::Search, JobStage::Searching, began, 0, 0);
    let latest = job.shared.latest();
    let filtered = filter::rows(&latest, &snapshot, &query.filter, &query.path);
    let ground = Ground {
        snapshot: &snapshot,
        rows: filtered.as_ref().unwrap_or(&snapshot.offered),
        own: snapshot.spans.iter().find(|span| span.file.path.as_str() == query.path.as_str()),
    };
    let hits = match query.by {
        Grouping::Chunk => by_chunk(job, &ground, &heard, query.k)?,
        Grouping::File => by_file(job, &ground, &heard, query.k)?,
    };
    let codes = snapshot.index.codes()?;
    let matches = hits.into_iter().filter_map(|(hit, distance)| {
        let place = snapshot.place(hit.row)?;
        let is_own = ground.own.is_some_and(|span| span.file.id == place.file.id);
        Some(Match {
            path: place.file.path.clone(),
            start_seconds: place.start_secs,
            end_seconds: place.end_secs,
            distance,
            problem: latest.dataset.problem_now(place.file),
            query_start_seconds: heard.start_secs[hit.query_chunk],
            is_query: is_own && is_same(heard.stretch, (place.start_secs, place.end_secs), query.by),
            file: place.file.id,
            by: query.by,
            code: codes.code(hit.row).to_vec(),
            query_code: heard.codes.as_ref().code(hit.query_chunk).to_vec(),
        })
    });
    Ok(SearchReport {
        query: Some(query.clone()),
        bits: snapshot.index.index().bits(),
        matches: matches.collect(),
        silent: heard.codes.is_empty(),
        query_chunks: heard.chunks,
        searched: ground.rows.count() as u64,
        seconds: began.elapsed().as_secs_f64(),
    })
}

/// Whether a chunk of the query's file is (a part of) the query, or the query a part of it. Of whole files there is but one.
fn is_same(query: (f64, f64), chunk: (f64, f64), by: Grouping) -> bool {
    by == Grouping::File || has_middle_of(query, chunk) || has_middle_of(chunk, query)
}

/// Cuts the query on the grid, from where it begins, and encodes what is not silent. Of a long query a stretch at a time is
/// in memory.
fn hear(job: &Job, snapshot: &Snapshot, query: &Query) -> Result<Heard, EngineError> {
    let (grid, from) = (snapshot.grid, query.from_secs.unwrap_or(0.0).max(0.0));
    let to = query.to_secs.unwrap_or(f64::INFINITY);
    let chunk_frames = grid.chunk_frames as usize;
    let mut codes = Codes::new(snapshot.model.config().bits)?;
    let mut audible = Vec::new();
    let part = job.shared.query_sound.listen(
        &|| job.check(),
        &query.path,
        grid,
        (from, to),
        |samples, starts, first_chunk| {
            let is_audible = |start: u64| {
                let rest = &samples[start as usize..];
                !silence::is_silent(&rest[..rest.len().min(chunk_frames)])
            };
            let heard: Vec<(u64, u64)> =
                (first_chunk..).zip(starts.iter().copied()).filter(|&(_, start)| is_audible(start)).collect();
            for together in heard.chunks(CHUNKS_ENCODED_TOGETHER) {
                job.check()?;
                let starts: Vec<u64> = together.iter().map(|&(_, start)| start).collect();
                codes.push_signs(&snapshot.model.encode(samples, &starts)?);
            }
            audible.extend(heard.into_iter().map(|(chunk, _)| chunk));
            Ok(())
        },
    )?;
    if part.frames == 0 {
        let part = EmptyPart { from, to: query.to_secs, duration: part.sound_secs };
        return Err(EngineError::EmptyPart { path: query.path.clone(), part });
    }
    let secs = |frames: u64| from + frames as f64 / f64::from(part.rate);
    let start_secs = audible.into_iter().map(|chunk| secs(grid.start_frame(chunk))).collect();
    Ok(Heard { codes, start_secs, chunks: part.chunks as usize, stretch: (from, secs(part.frames)) })
}

/// The `k` nearest matches, by distance, then the query's own chunks, then row. Each query chunk's neighbours are asked for
/// in growing numbers until the merged, folded list holds `k` that no further neighbour could come before.
fn by_chunk(job: &Job, ground: &Ground<'_>, heard: &Heard, k: usize) -> Result<Vec<(Hit, f64)>, EngineError> {
    let own_hits = own_hits(ground, heard)?;
    let chunks = heard.codes.len();
    // Many chunks find the matches together: each of them is asked for fewer.
    let mut wanted = ((4 * k + 16) / chunks.isqrt().max(1)).max(16);
    let mut known: Vec<Known> = (0..chunks).map(|_| Known::default()).collect();
    let mut open: Vec<usize> = (0..chunks).collect();
    loop {
        ask(job, ground, heard, &open, wanted, &mut known)?;
        // The own ones are known whatever the neighbours are, so that none of them is behind a full list's last.
        let mut hits = own_hits.clone();
        hits.extend(known.iter().flat_map(|known| &known.hits));
        hits.sort_unstable_by_key(|hit| (hit.distance, !hit.is_own, hit.row, hit.query_chunk));
        // Neighbours behind the last one of a full list are unknown: what is nearer than all those lasts is certain.
        let horizon = known.iter().filter_map(|known| known.last).min();
        let certain = horizon.map_or(hits.len(), |horizon| {
            hits.partition_point(|hit| (hit.distance, !hit.is_own, hit.row) <= (horizon.distance, true, horizon.row))
        });
        let folded = fold(hits[..certain].iter().copied(), k);
        let Some(horizon) = horizon.filter(|_| folded.len() < k) else {
            return Ok(folded.into_iter().map(|hit| (hit, f64::from(hit.distance))).collect());
        };
        // Lists that reach as far as the last match would be, as far as one knows, need not grow.
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
    /// The last of them, where there are more behind it.
    last: Option<Neighbour>,
}

/// Looks up `wanted` neighbours of each of the `open` chunks.
fn ask(
    job: &Job,
    ground: &Ground<'_>,
    heard: &Heard,
    open: &[usize],
    wanted: usize,
    known: &mut [Known],
) -> Result<(), EngineError> {
    let offered = ground.rows.count();
    for group in open.chunks(CHUNKS_TOGETHER) {
        job.check()?;
        let mut together = Codes::new(heard.codes.bits())?;
        together.extend_words(group.iter().flat_map(|&chunk| heard.codes.as_ref().code(chunk)).copied());
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

fn hit(snapshot: &Snapshot, span: &Span, row: usize, distance: u32, query_chunk: usize) -> Hit {
    let place = snapshot.place_in(span, row);
    let (start_secs, end_secs) = (place.start_secs, place.end_secs);
    Hit { distance, row, file: place.file.id, start_secs, end_secs, query_chunk, is_own: false }
}

/// Of each chunk of the query the chunks of the index that lie where it does, where the query is of a file in the index.
fn own_hits(ground: &Ground<'_>, heard: &Heard) -> Result<Vec<Hit>, EngineError> {
    let Some(span) = ground.own else { return Ok(Vec::new()) };
    let codes = ground.snapshot.index.codes()?;
    let mut distance = Vec::new();
    let mut own = Vec::new();
    for (query_chunk, (code, &secs)) in heard.codes.as_ref().iter().zip(&heard.start_secs).enumerate() {
        let rows = ground.snapshot.rows_at(span, secs);
        codes.distances(rows.clone(), code, &mut distance);
        own.extend(rows.zip(&distance).filter(|(row, _)| ground.rows.contains(*row)).map(|(row, &distance)| {
            let hit = hit(ground.snapshot, span, row, u32::from(distance), query_chunk);
            Hit { is_own: true, ..hit }
        }));
    }
    Ok(own)
}

/// Files whose chunks are compared with the query together: few enough that their distances stay in a core's own cache.
const FILES_TOGETHER: usize = 256;

/// A file's distances from a query.
struct Score {
    /// Of the best distances of the query's chunks.
    sum: u64,
    /// Distance and row of the nearest chunk of all, and which of the query's it is nearest to.
    best: (u16, usize),
    query_chunk: usize,
    is_own: bool,
}

/// Files by the mean, over the query's chunks, of their best distance, the query's own first among equals; each shown at
/// its best chunk.
fn by_file(job: &Job, ground: &Ground<'_>, heard: &Heard, k: usize) -> Result<Vec<(Hit, f64)>, EngineError> {
    let codes = ground.snapshot.index.codes()?;
    let spans = &ground.snapshot.spans;
    let scored = spans.par_chunks(FILES_TOGETHER).map(|together| match job.is_cancelled() {
        true => Vec::new(),
        false => scores(ground, &codes, heard, together),
    });
    let mut ranked: Vec<(&Span, Score)> = scored.flatten().collect();
    job.check()?;
    ranked.sort_unstable_by_key(|(_, score)| (score.sum, !score.is_own, score.best));
    let chunks = heard.codes.len() as f64;
    let matches = ranked.into_iter().take(k).map(|(span, score)| {
        let hit = hit(ground.snapshot, span, score.best.1, score.best.0.into(), score.query_chunk);
        (Hit { is_own: score.is_own, ..hit }, score.sum as f64 / chunks)
    });
    Ok(matches.collect())
}

/// The scores of neighbouring files; those of which no chunk may be found have none.
fn scores<'a>(ground: &Ground<'_>, codes: &AllCodes<'_>, heard: &Heard, spans: &'a [Span]) -> Vec<(&'a Span, Score)> {
    let (Some(first), Some(last)) = (spans.first(), spans.last()) else { return Vec::new() };
    let rows = first.first_row..last.first_row + last.chunks;
    // All ones where a row may not be found: then it is farther than every other.
    let barred: Vec<u16> = rows.clone().map(|row| if ground.rows.contains(row) { 0 } else { u16::MAX }).collect();
    let mut scores: Vec<Option<Score>> = spans.iter().map(|_| None).collect();
    let mut distance = Vec::new();
    for (query_chunk, code) in heard.codes.as_ref().iter().enumerate() {
        codes.distances(rows.clone(), code, &mut distance);
        distance.iter_mut().zip(&barred).for_each(|(distance, barred)| *distance |= barred);
        for (span, score) in spans.iter().zip(&mut scores) {
            let of_file = &distance[span.first_row - rows.start..][..span.chunks];
            let nearest = of_file.iter().copied().min().unwrap_or(u16::MAX);
            if nearest == u16::MAX {
                continue;
            }
            let is_own = ground.own.is_some_and(|own| own.first_row == span.first_row);
            let score = score.get_or_insert(Score { sum: 0, best: (u16::MAX, 0), query_chunk, is_own });
            score.sum += u64::from(nearest);
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
    spans.iter().zip(scores).filter_map(|(span, score)| Some((span, score?))).collect()
}
