//! Draws the map of an index, or reads the map that was drawn before.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use super::error::EngineError;
use super::explore::{MapChunk, MapReport, NamedFile, SoundsOnMap};
use super::job::JobKind;
use super::ready::current_snapshot;
use super::shared::Job;
use super::snapshot::Snapshot;
use super::stage::JobStage;
use crate::index::{AllCodes, Codes};
use crate::map::file::{MapFile, MapFileError};
use crate::map::quality::neighbours_kept;
use crate::map::{Dots, Stage, draw};

/// The most dots of a map.
const DOTS: usize = 100_000;

/// The number of codes that are sampled to measure how many of their neighbours the map keeps.
const ASKED: usize = 300;

/// Fixed, so that the same index has the same map each time.
const SEED: u64 = 0;

pub(super) fn draw_map(job: &Job) -> Result<MapReport, EngineError> {
    let began = Instant::now();
    let snapshot = current_snapshot(job)?;
    let codes = snapshot.index.codes()?;
    let map = match known(job, &snapshot) {
        Some(map) => map,
        None => {
            let map = drawn(job, &snapshot, &codes)?;
            keep(job, &snapshot, &map);
            map
        }
    };
    let mut report = report(&snapshot, map);
    report.seconds = began.elapsed().as_secs_f64();
    Ok(report)
}

/// The map that was drawn of this index before. If its file is damaged, the map is drawn again.
fn known(job: &Job, snapshot: &Snapshot) -> Option<MapFile> {
    let path = job.shared.project.map_path(snapshot.index_generation);
    let rows = snapshot.index.index().len();
    match MapFile::read(path.as_std_path()) {
        Ok(map) => {
            let fits = map.index_generation == snapshot.index_generation.cast_unsigned()
                && map.rows.iter().all(|&row| (row as usize) < rows);
            fits.then_some(map)
        }
        Err(MapFileError::Read { cause, .. }) if cause.kind() == std::io::ErrorKind::NotFound => None,
        Err(cause) => {
            tracing::warn!("{cause}");
            None
        }
    }
}

/// Keeps a map for the next time. If it cannot be kept, it will be drawn again, so a failure here is no error.
fn keep(job: &Job, snapshot: &Snapshot, map: &MapFile) {
    let project = &job.shared.project;
    if !project.is_writer() {
        return;
    }
    let path = project.map_path(snapshot.index_generation);
    let kept = project
        .claim(path.file_name().unwrap_or_default(), |path| MapFile::read(path).is_ok())
        .map_err(EngineError::from)
        .and_then(|()| map.write(path.as_std_path()).map_err(|cause| EngineError::Fault(cause.to_string())));
    if let Err(cause) = kept {
        tracing::warn!("the map is not kept: {cause}");
    }
}

fn drawn(job: &Job, snapshot: &Snapshot, codes: &AllCodes<'_>) -> Result<MapFile, EngineError> {
    const TELL_EVERY: Duration = Duration::from_millis(50);
    let offered: Vec<u32> = snapshot.offered.iter().map(|row| row as u32).collect();
    let every = offered.len().div_ceil(DOTS).max(1);
    let rows: Vec<u32> = offered.into_iter().step_by(every).collect();
    let mut shown = Codes::new(codes.bits())?;
    shown.extend_words(rows.iter().flat_map(|&row| codes.code(row as usize)).copied());
    let (mut stage_began, mut at, mut told) = (Instant::now(), None, None::<Instant>);
    let places = draw(shown.as_ref(), SEED, &mut |stage, done, total| {
        if job.is_cancelled() {
            return ControlFlow::Break(());
        }
        if at != Some(stage) {
            (at, stage_began, told) = (Some(stage), Instant::now(), None);
        }
        if told.is_none_or(|told| told.elapsed() > TELL_EVERY) {
            let at_work = match stage {
                Stage::FindingNeighbours => JobStage::FindingNeighbours,
                Stage::LayingOut => JobStage::LayingOut,
            };
            job.progress(JobKind::Map, at_work, stage_began, done as u64, total as u64);
            told = Some(Instant::now());
        }
        ControlFlow::Continue(())
    });
    let places = places.ok_or(EngineError::Cancelled)?;
    let neighbours_kept = neighbours_kept(shown.as_ref(), &places, ASKED) as f32;
    Ok(MapFile { index_generation: snapshot.index_generation.cast_unsigned(), neighbours_kept, rows, places })
}

/// Assigns the dots to the files and times of their chunks. Dots of files that are gone or have changed are left out.
fn report(snapshot: &Snapshot, map: MapFile) -> MapReport {
    let mut order: Vec<usize> = (0..snapshot.spans.len()).collect();
    order.sort_by(|&a, &b| snapshot.spans[a].file.path.cmp(&snapshot.spans[b].file.path));
    let files: Vec<NamedFile> = order
        .iter()
        .map(|&span| &snapshot.spans[span].file)
        .map(|file| NamedFile { id: file.id, path: file.path.clone() })
        .collect();
    let mut number = vec![0u32; order.len()];
    order.iter().zip(0..).for_each(|(&span, place)| number[span] = place);
    let mut dots: Vec<(MapChunk, [f32; 2])> = map
        .rows
        .iter()
        .zip(map.places)
        .filter_map(|(&row, at)| {
            let span = snapshot.span_number(row as usize)?;
            let place = snapshot.place(row as usize)?;
            let chunk = MapChunk { file: number[span], start_secs: place.start_secs, end_secs: place.end_secs };
            Some((chunk, at))
        })
        .collect();
    dots.sort_by(|a, b| a.0.file.cmp(&b.0.file).then(a.0.start_secs.total_cmp(&b.0.start_secs)));
    let (chunks, places): (Vec<MapChunk>, Vec<[f32; 2]>) = dots.into_iter().unzip();
    let dots = Dots::new(places);
    let sounds = SoundsOnMap::new(&files, &chunks, &dots);
    MapReport {
        index_generation: snapshot.index_generation,
        files,
        chunks,
        dots,
        sounds,
        of: snapshot.offered.count(),
        neighbours_kept: map.neighbours_kept,
        seconds: 0.0,
    }
}
