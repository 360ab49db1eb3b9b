//! Writes what codes keep of a sound to a WAV file. The codes come from encoding a sound, or from the index.

use std::ops::ControlFlow;
use std::time::Instant;

use camino::Utf8Path;

use super::command::Coded;
use super::cut::refuse_sounds;
use super::error::EngineError;
use super::event::ReconstructionReport;
use super::job::JobKind;
use super::ready::{current_model, current_snapshot};
use super::shared::Job;
use super::stage::JobStage;
use crate::audio::wav::{Depth, WavFile, write_wav};
use crate::audio::{Cause, MonoReader};
use crate::dataset::FileId;
use crate::ground::Grid;
use crate::index::{Codes, CodesRef};
use crate::model::Model;

/// The number of chunks that are encoded, or decoded, together.
const CHUNKS_A_STRETCH: usize = 512;

/// The number of chunks that neighbouring stretches share when they are decoded. Over these, one stretch fades into the
/// next.
const CHUNKS_SHARED: usize = 4;

/// Writes the decoded sound of the codes. The sound of a file ends with its last chunk, or with the file: a tail that
/// no chunk covers has no code.
pub(super) fn reconstruct(job: &Job, from: &Coded, out: &Utf8Path) -> Result<ReconstructionReport, EngineError> {
    let began = Instant::now();
    let source = match from {
        Coded::File(path) => Some(path.as_path()),
        Coded::Chunk { .. } => None,
    };
    refuse_sounds(&job.shared.latest().dataset, source, out)?;
    let (bits, rate, chunks, frames) = match from {
        Coded::File(path) => of_file(job, path, out, began)?,
        Coded::Chunk { file, start_secs } => of_chunk(job, *file, *start_secs, out)?,
    };
    Ok(ReconstructionReport {
        out: out.to_owned(),
        chunks,
        bits,
        rate,
        duration_seconds: frames as f64 / f64::from(rate),
        seconds: began.elapsed().as_secs_f64(),
    })
}

/// The bits of a code, the sound's rate, the number of chunks, and the number of frames.
type Written = (usize, u32, usize, u64);

fn of_file(job: &Job, path: &Utf8Path, out: &Utf8Path, began: Instant) -> Result<Written, EngineError> {
    let model = current_model(job)?;
    let grid = model.config().grid();
    job.progress(JobKind::Search, JobStage::Encoding, began, 0, 0);
    let mut reader = MonoReader::open(path.as_std_path(), grid.resampled_to())?;
    let (codes, frames) = codes_of(job, &model, grid, &mut reader)?;
    if codes.is_empty() {
        return Err(Cause::NoSound.at(path.as_std_path()).into());
    }
    let mut file = WavFile::create(out.as_std_path(), 1, reader.rate(), Depth::Pcm16)?;
    let mut left = frames;
    for_each_stretch(job, &model, grid, codes.as_ref(), |samples| {
        let wanted = (samples.len() as u64).min(left);
        left -= wanted;
        Ok(file.push(&samples[..wanted as usize])?)
    })?;
    file.finish()?;
    Ok((codes.bits(), reader.rate(), codes.len(), frames - left))
}

/// The codes of all chunks of a file, stretch by stretch, and the number of its frames.
fn codes_of(job: &Job, model: &Model, grid: Grid, reader: &mut MonoReader) -> Result<(Codes, u64), EngineError> {
    let (chunk, hop) = (grid.chunk_frames as usize, grid.hop_frames as usize);
    let stretch = (CHUNKS_A_STRETCH - 1) * hop + chunk.max(hop);
    let mut codes = Codes::new(model.config().bits)?;
    let (mut samples, mut passed) = (Vec::new(), 0);
    loop {
        job.check()?;
        let ended = !reader.next_block(&mut samples)?;
        let count = match ended {
            false if samples.len() < stretch => continue,
            false => CHUNKS_A_STRETCH as u64,
            // The tail of a sound gives no chunk. A sound shorter than a chunk does.
            true if passed > 0 && samples.len() < chunk => 0,
            true => grid.chunk_count(samples.len() as u64),
        };
        let starts: Vec<u64> = (0..count).map(|chunk| grid.start_frame(chunk)).collect();
        if !starts.is_empty() {
            codes.push_signs(&model.encode(&samples, &starts)?);
        }
        if ended {
            return Ok((codes, passed + samples.len() as u64));
        }
        let next = grid.start_frame(count);
        samples.drain(..next as usize);
        passed += next;
    }
}

/// Decodes neighbouring chunks stretch by stretch, so that hours of sound are never in memory as a whole.
fn for_each_stretch(
    job: &Job,
    model: &Model,
    grid: Grid,
    codes: CodesRef<'_>,
    mut each: impl FnMut(&[f32]) -> Result<(), EngineError>,
) -> Result<(), EngineError> {
    let began = Instant::now();
    // The decoded sound of the chunks that the last stretch shares with this one.
    let mut before: Vec<f32> = Vec::new();
    let mut first = 0;
    loop {
        job.progress(JobKind::Search, JobStage::Decoding, began, first as u64, codes.len() as u64);
        let end = codes.len().min(first + CHUNKS_A_STRETCH);
        let starts: Vec<u64> = (0..(end - first) as u64).map(|chunk| grid.start_frame(chunk)).collect();
        let mut samples = decode(job, model, codes.slice(first..end), &starts)?;
        let fade = 1.0 / (before.len() + 1) as f32;
        for (at, (sample, before)) in samples.iter_mut().zip(&before).enumerate() {
            *sample = before + (*sample - before) * (at + 1) as f32 * fade;
        }
        if end == codes.len() {
            return each(&samples);
        }
        let next = end - CHUNKS_SHARED;
        before = samples.split_off(grid.start_frame((next - first) as u64) as usize);
        each(&samples)?;
        first = next;
    }
}

fn of_chunk(job: &Job, file: FileId, start_secs: f64, out: &Utf8Path) -> Result<Written, EngineError> {
    let snapshot = current_snapshot(job)?;
    let row = snapshot.row_of(file, start_secs)?;
    let rate = snapshot.span_of(row).map_or(0, |span| snapshot.grid.rate_for(span.file.rate));
    let mut codes = Codes::new(snapshot.model.config().bits)?;
    codes.extend_words(snapshot.index.codes()?.code(row).iter().copied());
    let samples = decode(job, &snapshot.model, codes.as_ref(), &[0])?;
    write_wav(out.as_std_path(), &samples, 1, rate, Depth::Pcm16)?;
    Ok((codes.bits(), rate, 1, samples.len() as u64))
}

pub(super) fn decode(job: &Job, model: &Model, codes: CodesRef<'_>, starts: &[u64]) -> Result<Vec<f32>, EngineError> {
    let bits: Vec<bool> = codes.bools().collect();
    let go_on = || if job.is_cancelled() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) };
    model.decode(&bits, starts, &go_on)?.ok_or(EngineError::Cancelled)
}
