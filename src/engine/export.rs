//! Writes codes for other programs.

use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;

use super::command::{CodesFormat, Shard};
use super::error::EngineError;
use super::event::ExportReport;
use super::formats::{npy, parquet};
use super::job::JobKind;
use super::ready::{current_model, current_snapshot};
use super::shared::Job;
use super::snapshot::{Place, Snapshot, Span};
use super::stage::JobStage;
use crate::audio::MonoReader;
use crate::dataset::moment;
use crate::ground::files::{Draft, folder_of};
use crate::index::Codes;

/// Writes the codes of all chunks into `folder`: either `codes.npy` and `chunks.csv` (chunk_id, path, start_seconds,
/// end_seconds, recorded; row i describes row i of the codes), or `codes.parquet`. Rows are ordered by path and start. Silent
/// chunks are included. With a shard, only its files are written, into files that are named after it.
pub(super) fn export(
    job: &Job,
    folder: &Path,
    format: CodesFormat,
    shard: Option<Shard>,
) -> Result<ExportReport, EngineError> {
    let snapshot = current_snapshot(job)?;
    job.progress(JobKind::Search, JobStage::Writing, Instant::now(), 0, 0);
    std::fs::create_dir_all(folder).map_err(|cause| EngineError::Write { path: folder.to_owned(), cause })?;
    let is_wanted = |span: &&Span| shard.is_none_or(|shard| shard.has(&span.file.path));
    let mut spans: Vec<&Span> = snapshot.spans.iter().filter(is_wanted).collect();
    let named = |stem: &str, ending: &str| match shard {
        None => folder.join(format!("{stem}.{ending}")),
        Some(shard) => folder.join(format!("{stem}-{shard}.{ending}")),
    };
    spans.sort_unstable_by(|a, b| a.file.path.cmp(&b.file.path));
    let files = match format {
        CodesFormat::Npy => {
            let (codes, chunks) = (named("codes", "npy"), named("chunks", "csv"));
            // The two belong together, so neither appears before both are written.
            let drafts = (write_array(job, &snapshot, &spans, &codes)?, write_table(job, &snapshot, &spans, &chunks)?);
            place(drafts.0, &codes)?;
            place(drafts.1, &chunks)?;
            vec![codes, chunks]
        }
        CodesFormat::Parquet => {
            let path = named("codes", "parquet");
            place(write_parquet(job, &snapshot, &spans, &path)?, &path)?;
            vec![path]
        }
    };
    let codes = spans.iter().map(|span| span.chunks).sum();
    Ok(ExportReport { codes, bits: snapshot.index.index().bits(), files })
}

fn write_array(job: &Job, snapshot: &Snapshot, spans: &[&Span], path: &Path) -> Result<Draft, EngineError> {
    let all = snapshot.index.codes()?;
    let mut codes = Codes::new(all.bits())?;
    for span in spans {
        job.check()?;
        all.pieces(span.first_row..span.first_row + span.chunks).for_each(|piece| codes.extend(piece));
    }
    draft(path, |file| npy::write(codes.as_ref(), file))
}

fn write_table(job: &Job, snapshot: &Snapshot, spans: &[&Span], path: &Path) -> Result<Draft, EngineError> {
    let written = draft(path, |file| {
        let mut table = csv::Writer::from_writer(file);
        table.write_record(["chunk_id", "path", "start_seconds", "end_seconds", "recorded"])?;
        for (row, place) in places(job, snapshot, spans) {
            let (start, end) = (place.start_secs.to_string(), place.end_secs.to_string());
            let recorded = recorded(&place).unwrap_or_default();
            table.write_record([&row.to_string(), place.file.path.as_str(), &start, &end, &recorded])?;
        }
        table.flush()
    })?;
    // The rows end early if the job was cancelled.
    job.check()?;
    Ok(written)
}

fn write_parquet(job: &Job, snapshot: &Snapshot, spans: &[&Span], path: &Path) -> Result<Draft, EngineError> {
    let all = snapshot.index.codes()?;
    let rows = places(job, snapshot, spans).map(|(row, place)| parquet::Row {
        id: row as i64,
        path: place.file.path.as_str(),
        start_secs: place.start_secs,
        end_secs: place.end_secs,
        recorded: recorded(&place),
        code: all.code_bytes(row).collect(),
    });
    let written = draft(path, |file| parquet::write(all.bits(), rows, file).map_err(std::io::Error::other))?;
    job.check()?;
    Ok(written)
}

/// The recorder's clock time at the start of a chunk, if it is known.
fn recorded(place: &Place<'_>) -> Option<String> {
    let at = moment::clock_at(place.file.began()?, place.start_secs)?;
    Some(at.to_string())
}

/// The rows of the index that belong to these files, with their positions. The iterator ends early if the job was
/// cancelled.
fn places<'a>(job: &Job, snapshot: &'a Snapshot, spans: &[&'a Span]) -> impl Iterator<Item = (usize, Place<'a>)> {
    let alive = spans.iter().take_while(|_| !job.is_cancelled());
    alive
        .flat_map(|span| span.first_row..span.first_row + span.chunks)
        .filter_map(|row| snapshot.place(row).map(|place| (row, place)))
}

/// Lets `write` write a file that appears at `path` when it is [placed](place).
fn draft(
    path: &Path,
    write: impl FnOnce(&mut BufWriter<&mut Draft>) -> std::io::Result<()>,
) -> Result<Draft, EngineError> {
    let written = Draft::in_folder(folder_of(path)).and_then(|mut draft| {
        let mut file = BufWriter::new(&mut draft);
        write(&mut file).and_then(|()| file.flush())?;
        drop(file);
        Ok(draft)
    });
    written.map_err(|cause| EngineError::Write { path: path.to_owned(), cause })
}

fn place(draft: Draft, path: &Path) -> Result<(), EngineError> {
    draft.replace(path).map_err(|cause| EngineError::Write { path: path.to_owned(), cause })
}

/// Writes the code of the first chunk of each WAV file in `folder`, in the order of names and in the formats of
/// [`export`].
pub(super) fn encode_folder(job: &Job, folder: &Path, out: &Path) -> Result<ExportReport, EngineError> {
    let model = current_model(job)?;
    let grid = model.config().grid();
    let unreadable = |cause| EngineError::Read { path: folder.to_owned(), cause };
    let mut wavs: Vec<PathBuf> = Vec::new();
    for entry in folder.read_dir().map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("wav")) {
            wavs.push(path);
        }
    }
    if wavs.is_empty() {
        return Err(EngineError::NoWavs { folder: folder.to_owned() });
    }
    wavs.sort_unstable();
    let mut codes = Codes::new(model.config().bits)?;
    let began = Instant::now();
    for (done, wav) in wavs.iter().enumerate() {
        job.check()?;
        job.progress(JobKind::Search, JobStage::Encoding, began, done as u64, wavs.len() as u64);
        let mut sound = MonoReader::open(wav, grid.resampled_to())?;
        let (mut samples, wanted) = (Vec::new(), grid.chunk_frames as usize);
        while samples.len() < wanted && sound.next_block(&mut samples)? {}
        samples.truncate(wanted);
        codes.push_signs(&model.encode(&samples, &[0])?);
    }
    place(draft(out, |file| npy::write(codes.as_ref(), file))?, out)?;
    Ok(ExportReport { codes: codes.len(), bits: codes.bits(), files: vec![out.to_owned()] })
}
