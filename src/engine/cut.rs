//! Cutting stretches out of files, with exactly the original's samples.

use camino::Utf8Path;

use super::clip::Clip;
use super::error::EngineError;
use super::latest::DatasetView;
use super::query::Match;
use super::shared::Job;
use crate::audio::clip::{clip_bytes, save_clip};
use crate::ground::paths::WithoutLinks as _;

pub(super) fn save(job: &Job, clip: &Clip, out: &Utf8Path) -> Result<(), EngineError> {
    refuse_sounds(&job.shared.latest().dataset, Some(&clip.path), out)?;
    Ok(save_clip(clip.path.as_std_path(), clip.from_secs, clip.to_secs, out.as_std_path())?)
}

/// A match as a WAV file in memory, cut from the original.
pub fn clip_of(found: &Match) -> Result<Vec<u8>, EngineError> {
    Ok(clip_bytes(found.path.as_std_path(), found.start_seconds, Some(found.end_seconds))?)
}

/// Soundalike never writes to a person's sounds. So this is an error if `out` is one of them, or the `source` that is
/// being read.
pub(super) fn refuse_sounds(
    sounds: &DatasetView,
    source: Option<&Utf8Path>,
    out: &Utf8Path,
) -> Result<(), EngineError> {
    // A file that does not exist yet is nobody's sound.
    let Ok(there) = out.without_links() else { return Ok(()) };
    let is_source = source.is_some_and(|path| path.without_links().is_ok_and(|path| path == there));
    match is_source || sounds.files.iter().any(|file| file.path == there) {
        true => Err(EngineError::OverASound { path: out.to_owned() }),
        false => Ok(()),
    }
}
