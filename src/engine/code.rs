//! Looks at single codes: which chunks have a code or a similar one, and the sound that the decoder makes of it.

use std::time::Instant;

use camino::Utf8PathBuf;

use super::at_rest::common_rate;
use super::error::EngineError;
use super::explore::{ChunkPlace, CodeOf, CodeReport, DecodedCode};
use super::job::JobKind;
use super::ready::current_snapshot;
use super::reconstruct::decode;
use super::shared::Job;
use super::snapshot::Snapshot;
use super::stage::JobStage;
use crate::audio::wav::{Depth, write_wav};
use crate::audio::{Cause, mono};
use crate::index::{Codes, is_code};

pub(super) fn look_at_code(job: &Job, of: &CodeOf, k: usize) -> Result<CodeReport, EngineError> {
    let snapshot = current_snapshot(job)?;
    job.progress(JobKind::Search, JobStage::Searching, Instant::now(), 0, 0);
    let code = code_of(&snapshot, of)?;
    let index = snapshot.index.index();
    let held_by = index.within(&code, 0, Some(&snapshot.offered))?.neighbours.len();
    job.check()?;
    let near = index.search(&code, k, Some(&snapshot.offered))?.neighbours;
    let near = near.into_iter().filter_map(|near| {
        let place = snapshot.place(near.row)?;
        let (start_secs, end_secs) = (place.start_secs, place.end_secs);
        Some((ChunkPlace { file: place.file.id, path: place.file.path.clone(), start_secs, end_secs }, near.distance))
    });
    let near = near.collect();
    Ok(CodeReport { of: of.clone(), bits: index.bits(), held_by, near, balance: snapshot.balance()?, code })
}

fn code_of(snapshot: &Snapshot, of: &CodeOf) -> Result<Vec<u64>, EngineError> {
    match of {
        CodeOf::Code(code) => checked(snapshot, code).map(<[u64]>::to_vec),
        CodeOf::Chunk { file, start_secs } => {
            let row = snapshot.row_of(*file, *start_secs)?;
            Ok(snapshot.index.codes()?.code(row).to_vec())
        }
        CodeOf::Sound { path, from_secs } => {
            let grid = snapshot.grid;
            // If the grid has each file's own rate, the length of a chunk in seconds is known only when the file is
            // open. Lower rates than this do not occur in practice.
            const LOWEST_RATE: u32 = 4000;
            let rate = f64::from(grid.resampled_to().unwrap_or(LOWEST_RATE));
            let to_secs = from_secs + f64::from(grid.chunk_frames + 1) / rate;
            let sound = mono::read_mono(path.as_std_path(), grid.resampled_to(), Some((*from_secs, to_secs)))?;
            if sound.samples.is_empty() {
                return Err(Cause::NoSound.at(path.as_std_path()).into());
            }
            let mut codes = Codes::new(snapshot.model.config().bits)?;
            codes.push_signs(&snapshot.model.encode(&sound.samples, &[0])?);
            Ok(codes.as_ref().code(0).to_vec())
        }
    }
}

/// A code that a person made may have another width than the codes of the current model.
fn checked<'a>(snapshot: &Snapshot, code: &'a [u64]) -> Result<&'a [u64], EngineError> {
    let bits = snapshot.index.index().bits();
    is_code(bits, code).then_some(code).ok_or(EngineError::OtherWidth { bits })
}

/// Writes the sound that the decoder makes of a code. The file of each code is written only once.
pub(super) fn decode_code(job: &Job, code: &[u64]) -> Result<DecodedCode, EngineError> {
    let snapshot = current_snapshot(job)?;
    let mut codes = Codes::new(snapshot.model.config().bits)?;
    codes.extend_words(checked(&snapshot, code)?.iter().copied());
    let hex: String = codes.as_ref().code_bytes(0).map(|byte| format!("{byte:02x}")).collect();
    // A file name has at most 255 bytes. The two ends of a long code distinguish it from others.
    let short = if hex.len() > 64 { format!("{}-{}", &hex[..32], &hex[hex.len() - 32..]) } else { hex };
    let folder = job.shared.scratch()?;
    let name = format!("decoded {short} of model {}.wav", snapshot.model_generation);
    let path: Utf8PathBuf = folder.join(name);
    if !path.is_file() {
        let common = common_rate(snapshot.spans.iter().map(|span| span.file.as_ref()));
        let rate = snapshot.grid.rate_for(common.unwrap_or(crate::dataset::demo::DEMO_RATE));
        let samples = decode(job, &snapshot.model, codes.as_ref(), &[0])?;
        write_wav(path.as_std_path(), &samples, 1, rate, Depth::Pcm16)?;
    }
    Ok(DecodedCode { code: code.to_vec(), path })
}
