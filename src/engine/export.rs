//! Writing codes for other programs.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use super::error::EngineError;
use super::event::ExportReport;
use super::search::{current_model, current_snapshot};
use super::shared::Job;
use super::snapshot::grid_of;
use crate::audio::mono;
use crate::index::{Codes, CodesRef};

/// Writes `codes.npy` (uint8 `[chunks, ceil(bits / 8)]`, bit i of a code being bit i % 8, least significant first, of byte
/// i / 8) and `chunks.csv` (chunk_id, path, start_seconds, end_seconds; row i describes row i of the codes) into `folder`.
/// Rows are by (path, start); silent chunks are among them.
pub(super) fn export(job: &Job, folder: &Path) -> Result<ExportReport, EngineError> {
    let snapshot = current_snapshot(job)?;
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |cause| EngineError::Write { path, cause }
    };
    std::fs::create_dir_all(folder).map_err(failed(folder))?;
    let mut spans: Vec<_> = snapshot.spans.iter().collect();
    spans.sort_unstable_by(|a, b| a.file.path.cmp(&b.file.path));
    let all = snapshot.index.codes()?;
    let mut codes = Codes::new(all.bits())?;
    let table_path = folder.join("chunks.csv");
    let mut table = csv::Writer::from_path(&table_path)
        .map_err(|cause| EngineError::Write { path: table_path.clone(), cause: cause.into() })?;
    let written = |result: Result<(), csv::Error>| {
        result.map_err(|cause| EngineError::Write { path: table_path.clone(), cause: cause.into() })
    };
    written(table.write_record(["chunk_id", "path", "start_seconds", "end_seconds"]))?;
    for span in spans {
        job.check()?;
        codes.extend(all.slice(span.first_row..span.first_row + span.chunks));
        for row in span.first_row..span.first_row + span.chunks {
            if let Some(place) = snapshot.place(row) {
                written(table.write_record([
                    row.to_string(),
                    place.file.path.to_string(),
                    place.start_secs.to_string(),
                    place.end_secs.to_string(),
                ]))?;
            }
        }
    }
    table.flush().map_err(failed(&table_path))?;
    let codes_path = folder.join("codes.npy");
    write_npy(&codes_path, codes.as_ref()).map_err(failed(&codes_path))?;
    Ok(ExportReport { codes: codes.len(), bits: codes.bits(), files: vec![codes_path, table_path] })
}

/// Writes the code of the first chunk of each WAV in `folder`, in name order, as [`export`] writes codes.
pub(super) fn encode_folder(job: &Job, folder: &Path, out: &Path) -> Result<ExportReport, EngineError> {
    let model = current_model(job)?;
    let grid = grid_of(model.config());
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
    for wav in &wavs {
        job.check()?;
        let sound = mono::read_mono(wav, grid.resampled_to(), None)?;
        let chunk = &sound.samples[..sound.samples.len().min(grid.chunk_frames as usize)];
        codes.push_signs(&model.encode(chunk, &[0])?);
    }
    write_npy(out, codes.as_ref()).map_err(|cause| EngineError::Write { path: out.to_owned(), cause })?;
    Ok(ExportReport { codes: codes.len(), bits: codes.bits(), files: vec![out.to_owned()] })
}

/// NumPy's format, version 1.0: magic, a header of text padded to 64 bytes, then the rows.
fn write_npy(path: &Path, codes: CodesRef<'_>) -> std::io::Result<()> {
    let shape = (codes.len(), codes.bits().div_ceil(8));
    let mut header = format!("{{'descr': '|u1', 'fortran_order': False, 'shape': ({}, {}), }}", shape.0, shape.1);
    let prefix = 10;
    let padded = (prefix + header.len() + 1).next_multiple_of(64);
    header.extend(std::iter::repeat_n(' ', padded - prefix - header.len() - 1));
    header.push('\n');
    let mut file = BufWriter::new(File::create(path)?);
    file.write_all(b"\x93NUMPY\x01\x00")?;
    // Two numbers in a fixed sentence: far below what 16 bits hold.
    file.write_all(&(header.len() as u16).to_le_bytes())?;
    file.write_all(header.as_bytes())?;
    for row in 0..codes.len() {
        file.write_all(&codes.code_bytes(row).collect::<Vec<u8>>())?;
    }
    file.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_npy_file_is_a_padded_header_and_rows_of_bytes() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("codes.npy");
        let mut codes = Codes::new(12).expect("a legal width");
        codes.push_signs(&[1.0; 24]);
        write_npy(&path, codes.as_ref()).expect("written");
        let bytes = std::fs::read(&path).expect("read");
        assert_eq!(bytes.len() % 64, 4);
        assert!(String::from_utf8_lossy(&bytes).contains("'shape': (2, 2)"));
        assert_eq!(&bytes[bytes.len() - 5..], b"\n\xff\x0f\xff\x0f");
    }
}
