//! How near a query comes to each place of one file.

use std::ops::Range;

use rayon::prelude::*;

use super::super::error::EngineError;
use super::super::explore::Timeline;
use super::super::filter;
use super::super::query::Query;
use super::super::ready::current_snapshot;
use super::super::shared::Job;
use super::super::snapshot::{Snapshot, Span};
use super::asked::{Asked, Sounds};
use crate::dataset::FileId;
use crate::index::{Recordings, Sequence};

/// The most stretches of a timeline. No screen shows more side by side.
const MOST_STRETCHES: usize = 2048;

/// The number of rows that one thread scores at once.
const ROWS_TOGETHER: usize = 4096;

pub(in crate::engine) fn timeline(job: &Job, query: &Query, file: FileId) -> Result<Timeline, EngineError> {
    let snapshot = current_snapshot(job)?;
    let span = snapshot.spans.iter().find(|span| span.file.id == file).ok_or(EngineError::NoSuchChunk)?;
    let asked = Asked::hear(job, &snapshot, query)?;
    let filtered = filter::rows(&job.shared.latest(), &snapshot, &query.filter, &query.path);
    let codes = snapshot.index.codes()?;
    let file_rows = span.first_row..span.first_row + span.chunks;
    let rows = filtered.as_ref().unwrap_or(&snapshot.offered);
    let recordings = Recordings { codes: &codes, allowed: rows, rows: std::slice::from_ref(&file_rows) };
    let sequences = |sounds: &Sounds| -> Vec<Sequence> {
        sounds.sequences(&snapshot).into_iter().map(|(_, sequence)| sequence).collect()
    };
    let (like, unlike) = (sequences(&asked.like), sequences(&asked.unlike));
    let apart = codes.bits() as f32 / 2.0;
    let scored = |first: usize| {
        job.check()?;
        let part = first..file_rows.end.min(first + ROWS_TOGETHER);
        let scores = recordings.scores(&file_rows, part.clone(), &like);
        let unwanted = recordings.scores(&file_rows, part, &unlike);
        Ok(scores.into_iter().zip(unwanted).map(|(like, unlike)| if unlike < like { apart } else { like }).collect())
    };
    let firsts: Vec<usize> = file_rows.clone().step_by(ROWS_TOGETHER).collect();
    let scores: Result<Vec<Vec<f32>>, EngineError> = firsts.into_par_iter().map(scored).collect();
    let duration_secs = span.file.duration_secs();
    let nearest = nearest(&snapshot, span, &file_rows, &scores?.concat(), duration_secs, apart);
    Ok(Timeline { file, duration_secs, bits: codes.bits(), nearest })
}

/// The smallest score in each of the equal stretches.
fn nearest(
    snapshot: &Snapshot,
    span: &Span,
    rows: &Range<usize>,
    scores: &[f32],
    duration_secs: f64,
    apart: f32,
) -> Vec<f32> {
    let stretches = scores.len().clamp(1, MOST_STRETCHES);
    let mut nearest = vec![f32::INFINITY; stretches];
    for (row, &score) in rows.clone().zip(scores) {
        let place = snapshot.place_in(span, row);
        let middle = (place.start_secs + place.end_secs) / 2.0;
        let stretch = (middle / duration_secs.max(1e-9) * stretches as f64) as usize;
        let lowest = &mut nearest[stretch.min(stretches - 1)];
        *lowest = lowest.min(score);
    }
    // A stretch that no chunk has its middle in is as near as the stretch before.
    let mut before = apart;
    for lowest in &mut nearest {
        before = if lowest.is_finite() { lowest.min(apart) } else { before };
        *lowest = before;
    }
    nearest
}
