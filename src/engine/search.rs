//! Answers queries with matches.

mod asked;
mod by_chunk;
mod by_event;
mod by_file;
mod nearness;
mod timeline;

use std::borrow::Cow;
use std::collections::HashMap;
use std::time::Instant;

use camino::Utf8Path;

use super::error::EngineError;
use super::filter;
use super::fold::Hit;
use super::hear::{Heard, Listener};
use super::job::JobKind;
use super::line::{self, draw_line};
use super::pairs::Pairs;
use super::query::{Grouping, Match, Nearness, Query, SearchReport};
use super::ready::current_snapshot;
use super::rerank::{Shape, rerank};
use super::shared::Job;
use super::snapshot::{Snapshot, Span};
use super::stage::JobStage;
use crate::aspects::Measurer;
use crate::audio::MonoReader;
use crate::dataset::favourite::has_middle_of;
use crate::dataset::{FileId, Verdict, moment};
use crate::index::{Chance, RowSet};
use asked::Asked;
use by_chunk::by_chunk;
use by_event::{Events, by_event, precision};
use by_file::by_file;
use nearness::{chunk_pairs, file_pairs, sample, stretch_pairs};
pub(super) use timeline::timeline;

/// The number of matches that are put in another order if more than the tone counts: for each returned match, and the
/// least number in all.
const CANDIDATES_A_MATCH: usize = 5;
const CANDIDATES: usize = 500;

/// The most events that are returned.
const EVENTS_AT_MOST: usize = 100_000;

/// What a query is compared with.
struct Ground<'a> {
    snapshot: &'a Snapshot,
    /// The rows that may be found.
    rows: &'a RowSet,
    /// The rows of the query's own file.
    own: Option<&'a Span>,
}

pub(super) fn search(job: &Job, query: &Query) -> Result<SearchReport, EngineError> {
    let began = Instant::now();
    if query.k > Query::MOST_MATCHES {
        return Err(EngineError::TooManyMatches { k: query.k });
    }
    let snapshot = current_snapshot(job)?;
    job.progress(JobKind::Search, JobStage::ListeningToTheQuery, began, 0, 0);
    let asked = Asked::hear(job, &snapshot, query)?;
    job.check()?;
    job.progress(JobKind::Search, JobStage::Searching, began, 0, 0);
    let latest = job.shared.latest();
    let filtered = filter::rows(&latest, &snapshot, &query.filter, &query.path);
    let ground = Ground {
        snapshot: &snapshot,
        rows: filtered.as_ref().unwrap_or(&snapshot.offered),
        own: snapshot.spans.iter().find(|span| span.file.path.as_str() == query.path.as_str()),
    };
    let weights = query.basket.weights;
    // Matches that are alike in other ways may come after the nearest by tone.
    let candidates = match weights.is_tone_alone() {
        true => query.k,
        false => (query.k * CANDIDATES_A_MATCH).clamp(CANDIDATES, Query::MOST_MATCHES),
    };
    let found = find(job, &ground, &asked, &Query { k: candidates, ..query.clone() })?;
    let codes = snapshot.index.codes()?;
    let mut problems: HashMap<FileId, Option<String>> = HashMap::new();
    let mut matches: Vec<Match> = found
        .hits
        .iter()
        .filter_map(|&(hit, distance)| {
            let file = &snapshot.span_of(hit.row)?.file;
            let is_own = ground.own.is_some_and(|span| span.file.id == file.id);
            let stretch = (hit.start_secs, hit.end_secs);
            // A file is judged as a whole, or by the moment at which it is shown.
            let whole = (query.by == Grouping::File).then(|| (0.0, file.duration_secs()));
            let judged: Vec<(f64, f64)> = whole.into_iter().chain([stretch]).collect();
            Some(Match {
                path: file.path.clone(),
                start_seconds: hit.start_secs,
                end_seconds: hit.end_secs,
                distance,
                problem: problems.entry(file.id).or_insert_with(|| latest.dataset.problem_now(file)).clone(),
                query_start_seconds: asked.like.start_secs[hit.query_chunk],
                is_query: is_own && is_same(asked.stretch, stretch, query.by),
                file: file.id,
                by: query.by,
                code: codes.code(hit.row).to_vec(),
                query_code: asked.like.codes.as_ref().code(hit.query_chunk).to_vec(),
                nearness: Nearness {
                    share_alike: found.pairs.as_ref().and_then(|pairs| pairs.share_alike(distance)),
                    by_chance: found.by_chance.as_ref().map(|by_chance| by_chance(distance)),
                    is_behind: hit.is_contrary,
                    verdict: verdict_on(&query.basket.verdicts, file.id, &judged),
                    is_new: false,
                },
                file_seconds: file.duration_secs(),
                aspects: file.aspects,
                recorded: file.began().and_then(|began| moment::clock_at(began, hit.start_secs)),
                shared: None,
            })
        })
        .collect();
    let mut line = draw_line(&mut matches, query.basket.threshold, found.by_chance.is_some());
    if !weights.is_tone_alone() {
        let bits = snapshot.index.index().bits();
        let shape = shape_of(job, ground.own, query)?;
        let (alike, behind) = matches.split_at_mut(line.alike.unwrap_or(0));
        rerank(alike, &shape, bits, weights);
        rerank(behind, &shape, bits, weights);
        if query.by != Grouping::Event {
            matches.truncate(query.k);
            line.alike = line.alike.map(|alike| alike.min(query.k));
        }
    }
    if let (Some(events), Some(threshold)) = (&found.events, line.threshold) {
        line.precision = precision(&ground, &asked, events, threshold)?;
    }
    Ok(SearchReport {
        query: Some(Box::new(query.clone())),
        model: snapshot.model.kind(),
        bits: snapshot.index.index().bits(),
        matches,
        silent: asked.like.codes.is_empty(),
        query_chunks: asked.chunks,
        searched: ground.rows.count() as u64,
        seconds: began.elapsed().as_secs_f64(),
        line,
        of_library: None,
    })
}

/// The query's length and aspects. A query that is a whole file of the library has the aspects of the file. Any other
/// query is measured now.
fn shape_of(job: &Job, own: Option<&Span>, query: &Query) -> Result<Shape, EngineError> {
    if let (Some(span), None, None) = (own, query.from_secs, query.to_secs)
        && let Some(aspects) = span.file.aspects
    {
        return Ok(Shape { seconds: span.file.duration_secs(), aspects });
    }
    let mut reader =
        MonoReader::open_range(query.path.as_std_path(), None, query.from_secs.unwrap_or(0.0), query.to_secs)?;
    let rate = reader.rate();
    let mut measurer = Measurer::new(rate, 1, None);
    let (mut block, mut samples) = (Vec::new(), 0);
    while reader.next_block(&mut block)? {
        job.check()?;
        measurer.push(&block);
        measurer.push_mixed(&block);
        samples += block.len();
        block.clear();
    }
    Ok(Shape { seconds: samples as f64 / f64::from(rate), aspects: measurer.finish() })
}

/// The number of unlike results that are expected to be as near as a distance.
type ByChance = Box<dyn Fn(f64) -> f64>;

/// The hits of a search, and what says how near they are.
struct Found<'a> {
    /// Ordered by distance. Those to which an unwanted sound is nearer come last.
    hits: Vec<(Hit, f64)>,
    /// The distances of random pairs.
    pairs: Option<Cow<'a, Pairs>>,
    by_chance: Option<ByChance>,
    events: Option<Events>,
}

fn find<'a>(job: &Job, ground: &Ground<'a>, asked: &Asked, query: &Query) -> Result<Found<'a>, EngineError> {
    let snapshot = ground.snapshot;
    if asked.like.codes.is_empty() {
        return Ok(Found { hits: Vec::new(), pairs: None, by_chance: None, events: None });
    }
    Ok(match query.by {
        Grouping::Chunk => {
            // Overlapping chunks are one moment that was encoded twice.
            let once = f64::from(snapshot.grid.hop_frames) / f64::from(snapshot.grid.chunk_frames);
            let moments = ground.rows.count() as f64 * once.min(1.0);
            let by_chance = asked.by_chance(sample(snapshot)?.as_ref(), moments);
            let mut hits = by_chunk(job, ground, asked, query.k)?;
            hits.sort_by_key(|(hit, _)| hit.is_contrary);
            Found {
                hits,
                pairs: Some(Cow::Borrowed(chunk_pairs(snapshot)?)),
                by_chance: by_chance.map(|by_chance| Box::new(by_chance) as ByChance),
                events: None,
            }
        }
        Grouping::File => {
            let mut files = by_file(job, ground, asked, query.k)?;
            let all = files.distances.len() as f64;
            let chance = Chance::of(&mut files.distances, snapshot.index.index().bits());
            Found {
                hits: files.hits,
                pairs: Some(Cow::Borrowed(file_pairs(snapshot)?)),
                by_chance: chance
                    .map(|chance| Box::new(move |distance| all * chance.share_within(distance)) as ByChance),
                events: None,
            }
        }
        Grouping::Event => {
            let mut events = by_event(job, ground, asked, EVENTS_AT_MOST)?;
            let pairs = match events.like.first() {
                Some((_, sequence)) => Some(Cow::Owned(stretch_pairs(snapshot, sequence)?)),
                None => None,
            };
            let by_chance =
                events.by_chance.map(|spread| Box::new(move |distance| spread.within(distance)) as ByChance);
            let mut hits = std::mem::take(&mut events.hits);
            // All hits that may come before the line, but at least as many as were asked for; and the same number of
            // unwanted hits.
            let wanted = hits.partition_point(|(hit, _)| !hit.is_contrary);
            let by_chance_of = |(_, distance): &(Hit, f64)| by_chance.as_ref().map(|by_chance| by_chance(*distance));
            let alike = line::suggested(hits[..wanted].iter().filter_map(by_chance_of));
            let near = query
                .basket
                .threshold
                .map_or(0, |threshold| hits[..wanted].partition_point(|(_, distance)| *distance <= threshold));
            let told = (alike + 1).max(near).max(query.k).min(wanted);
            hits.truncate(wanted + query.k);
            hits.drain(told..wanted);
            Found { hits, pairs, by_chance, events: Some(events) }
        }
    })
}

/// The verdict on a match: the last one that was given on one of its stretches.
fn verdict_on(verdicts: &[Verdict], file: FileId, stretches: &[(f64, f64)]) -> Option<bool> {
    let is_on = |verdict: &&Verdict| stretches.iter().any(|(start, end)| verdict.is_on(file, *start, *end));
    verdicts.iter().rev().find(is_on).map(|verdict| verdict.yes)
}

/// Whether a chunk is the query itself: the chunk has the query's middle, or the query has the chunk's. With whole
/// files, the query's own file is always the query.
fn is_same(query: (f64, f64), chunk: (f64, f64), by: Grouping) -> bool {
    by == Grouping::File || has_middle_of(query, chunk) || has_middle_of(chunk, query)
}

/// Hears a stretch of a sound with the model of a snapshot.
fn hear(
    job: &Job,
    snapshot: &Snapshot,
    path: &Utf8Path,
    from_secs: Option<f64>,
    to_secs: Option<f64>,
) -> Result<Heard, EngineError> {
    let listener = Listener {
        sound: &job.shared.query_sound,
        check: &|| job.check(),
        model: &snapshot.model,
        grid: snapshot.grid,
    };
    listener.hear(path, from_secs, to_secs)
}

fn hit(snapshot: &Snapshot, span: &Span, row: usize, distance: u32, query_chunk: usize) -> Hit {
    let place = snapshot.place_in(span, row);
    let (start_secs, end_secs) = (place.start_secs, place.end_secs);
    Hit { distance, row, file: place.file.id, start_secs, end_secs, query_chunk, is_own: false, is_contrary: false }
}
