//! Answering a query with matches.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

use camino::Utf8Path;

use super::command::{Grouping, Query};
use super::error::EngineError;
use super::event::{JobKind, Match, SearchReport, SoundPreview};
use super::fold::{Hit, fold};
use super::shared::Job;
use super::snapshot::Snapshot;
use crate::audio::{mono, silence, survey};
use crate::dataset::SoundFile;
use crate::index::{Codes, distances};
use crate::model::Model;

/// Columns of a sound's picture at most.
const PREVIEW_COLUMNS: usize = 2000;

/// A query as it is heard: one code for each of its chunks that is not silent.
struct Heard {
    codes: Codes,
    /// Start of each code's chunk, in seconds from the start of the query's file.
    start_secs: Vec<f64>,
    /// Chunks in all, silent ones included.
    chunks: usize,
}

/// Without `draws`, the report has no preview.
pub(super) fn search(job: &Job, query: &Query, draws: bool) -> Result<SearchReport, EngineError> {
    let began = Instant::now();
    let snapshot = current_snapshot(job)?;
    job.progress(JobKind::Search, "listening to the query", began, 0, 0);
    let heard = hear(&snapshot, query)?;
    job.check()?;
    job.progress(JobKind::Search, "searching", began, 0, 0);
    let hits = match query.by {
        Grouping::Chunk => by_chunk(job, &snapshot, &heard, query.k)?,
        Grouping::File => by_file(job, &snapshot, &heard, query.k)?,
    };
    let matches = hits
        .into_iter()
        .filter_map(|(hit, distance)| {
            let place = snapshot.place(hit.row)?;
            Some(Match {
                path: place.file.path.clone(),
                start_seconds: place.start_secs,
                end_seconds: place.end_secs,
                distance,
                problem: problem_of(place.file),
                query_start_seconds: heard.start_secs[hit.query_chunk],
                file: place.file.id,
                by: query.by,
            })
        })
        .collect();
    Ok(SearchReport {
        query: Some(query.clone()),
        preview: draws.then(|| preview(&query.path).map(Arc::new)).transpose()?,
        bits: snapshot.index.index().bits(),
        matches,
        silent: heard.codes.is_empty(),
        query_chunks: heard.chunks,
        searched: snapshot.offered.count() as u64,
        seconds: began.elapsed().as_secs_f64(),
    })
}

/// Whether a match's file is still the one that was indexed.
fn problem_of(file: &SoundFile) -> Option<String> {
    match survey::stamp(file.path.as_std_path()) {
        Err(error) => Some(error.cause.to_string()),
        Ok(stamp) if stamp != (file.size_bytes, file.modified_ns) => {
            Some("it has changed since it was indexed; add it again".into())
        }
        Ok(_) => None,
    }
}

/// The snapshot to search, or the error that says which step comes first.
pub(super) fn current_snapshot(job: &Job) -> Result<Arc<Snapshot>, EngineError> {
    match job.shared.snapshot() {
        Some(snapshot) => Ok(snapshot),
        None => Snapshot::load(&job.shared.project, None).map(Arc::new),
    }
}

/// The current model, whether or not there is an index of it.
pub(super) fn current_model(job: &Job) -> Result<Arc<Model>, EngineError> {
    let project = &job.shared.project;
    let row = project.current_model()?.ok_or(EngineError::NoModel)?;
    match job.shared.snapshot().filter(|snapshot| snapshot.model_generation == row.generation) {
        Some(snapshot) => Ok(snapshot.model.clone()),
        None => Ok(Arc::new(Model::load(project.model_path(row.generation).as_std_path())?)),
    }
}

pub(super) fn preview(path: &Utf8Path) -> Result<SoundPreview, EngineError> {
    let picture = survey::waveform(path.as_std_path(), PREVIEW_COLUMNS)?;
    Ok(SoundPreview {
        path: path.to_owned(),
        duration_secs: picture.duration_secs,
        rate: picture.rate,
        channels: picture.channels,
        waveform: picture.columns,
    })
}

/// Cuts the query on the grid, from where it begins, and encodes what is not silent.
fn hear(snapshot: &Snapshot, query: &Query) -> Result<Heard, EngineError> {
    let rate = snapshot.grid.resampled_to();
    let from = query.from_secs.unwrap_or(0.0).max(0.0);
    let sound = mono::read_mono(query.path.as_std_path(), rate, Some((from, query.to_secs.unwrap_or(f64::INFINITY))))?;
    if sound.samples.is_empty() {
        return Err(EngineError::EmptyPart {
            path: query.path.clone(),
            from,
            to: query.to_secs.map_or("the end".into(), |to| to.to_string()),
            duration: sound.native_frames as f64 / f64::from(sound.native_rate),
        });
    }
    let chunk_frames = snapshot.grid.chunk_frames as usize;
    let chunks = snapshot.grid.chunk_count(sound.samples.len() as u64);
    let audible: Vec<u64> = (0..chunks)
        .map(|chunk| snapshot.grid.start_frame(chunk))
        .filter(|&start| {
            let rest = &sound.samples[start as usize..];
            !silence::is_silent(&rest[..rest.len().min(chunk_frames)])
        })
        .collect();
    let mut codes = Codes::new(snapshot.model.config().bits)?;
    codes.push_signs(&snapshot.model.encode(&sound.samples, &audible)?);
    let start_secs = audible.iter().map(|&start| from + start as f64 / f64::from(sound.rate)).collect();
    Ok(Heard { codes, start_secs, chunks: chunks as usize })
}

/// The `k` nearest matches. Each query chunk's neighbours are asked for in growing numbers until the merged, folded list
/// holds `k` that no further neighbour could come before.
fn by_chunk(job: &Job, snapshot: &Snapshot, heard: &Heard, k: usize) -> Result<Vec<(Hit, f64)>, EngineError> {
    let offered = snapshot.offered.count();
    let mut wanted = 4 * k + 16;
    loop {
        let mut hits = Vec::new();
        // Neighbours behind the last one of a full list are unknown: what is nearer than all those lasts is certain.
        let mut horizon = None;
        for (query_chunk, code) in heard.codes.as_ref().iter().enumerate() {
            job.check()?;
            let neighbours = snapshot.index.index().search(code, wanted, Some(&snapshot.offered))?.neighbours;
            if let (true, Some(&last)) = (neighbours.len() < offered, neighbours.last()) {
                horizon = Some(horizon.map_or(last, |nearer: crate::index::Neighbour| nearer.min(last)));
            }
            for neighbour in neighbours {
                if let Some(place) = snapshot.place(neighbour.row) {
                    hits.push(Hit {
                        distance: neighbour.distance,
                        row: neighbour.row,
                        file: place.file.id,
                        start_secs: place.start_secs,
                        end_secs: place.end_secs,
                        query_chunk,
                    });
                }
            }
        }
        hits.sort_unstable_by_key(|hit| (hit.distance, hit.row, hit.query_chunk));
        let certain = horizon.map_or(hits.len(), |horizon| {
            hits.partition_point(|hit| (hit.distance, hit.row) <= (horizon.distance, horizon.row))
        });
        let folded = fold(hits[..certain].iter().copied(), k);
        if folded.len() == k || horizon.is_none() {
            return Ok(folded.into_iter().map(|hit| (hit, f64::from(hit.distance))).collect());
        }
        wanted *= 4;
    }
}

/// Files by the mean, over the query's chunks, of their best distance; each shown at its best chunk.
fn by_file(job: &Job, snapshot: &Snapshot, heard: &Heard, k: usize) -> Result<Vec<(Hit, f64)>, EngineError> {
    struct Score {
        sum: u64,
        best: (u32, usize),
        query_chunk: usize,
    }
    let mut scores: HashMap<usize, Score> = HashMap::new();
    let mut distance = Vec::new();
    for (query_chunk, code) in heard.codes.as_ref().iter().enumerate() {
        job.check()?;
        distances(snapshot.index.codes()?, code, &mut distance);
        for (number, span) in snapshot.spans.iter().enumerate() {
            let rows = span.first_row..span.first_row + span.chunks;
            let nearest =
                rows.filter(|&row| snapshot.offered.contains(row)).map(|row| (u32::from(distance[row]), row)).min();
            let Some(best) = nearest else { continue };
            let score = scores.entry(number).or_insert(Score { sum: 0, best, query_chunk });
            score.sum += u64::from(best.0);
            if best < score.best {
                (score.best, score.query_chunk) = (best, query_chunk);
            }
        }
    }
    let mut ranked: Vec<Score> = scores.into_values().collect();
    ranked.sort_unstable_by_key(|score| (score.sum, score.best));
    let chunks = heard.codes.len() as f64;
    Ok(ranked
        .into_iter()
        .take(k)
        .filter_map(|score| {
            let place = snapshot.place(score.best.1)?;
            let hit = Hit {
                distance: score.best.0,
                row: score.best.1,
                file: place.file.id,
                start_secs: place.start_secs,
                end_secs: place.end_secs,
                query_chunk: score.query_chunk,
            };
            Some((hit, score.sum as f64 / chunks))
        })
        .collect())
}
