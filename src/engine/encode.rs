//! Encodes one file of a dataset.

use super::error::EngineError;
use super::listen::{Stretch, proven_stretches};
use crate::audio::silence;
use crate::dataset::SoundFile;
use crate::ground::Grid;
use crate::index::Codes;
use crate::model::Model;

/// The chunks of one file: their codes, and whether each is silent.
pub(super) struct Encoded {
    pub codes: Codes,
    pub silent: Vec<bool>,
}

/// Encodes a file. `None` if `go_on` returned false meanwhile.
///
/// # Errors
/// If the file cannot be read, or is not the one that the dataset knows.
pub(super) fn encode_file(
    model: &Model,
    grid: Grid,
    file: &SoundFile,
    go_on: impl Fn() -> bool,
) -> Result<Option<Encoded>, EngineError> {
    let mut encoded = Encoded { codes: Codes::new(model.config().bits)?, silent: Vec::new() };
    let mut failure = None;
    let each = |stretch: Stretch| {
        encoded.silent.extend(stretch.starts.iter().map(|&start| {
            let start = (start as usize).min(stretch.samples.len());
            let end = (start + grid.chunk_frames as usize).min(stretch.samples.len());
            silence::is_silent(&stretch.samples[start..end])
        }));
        match model.encode(&stretch.samples, &stretch.starts) {
            Ok(activations) => encoded.codes.push_signs(&activations),
            Err(cause) => failure = Some(cause),
        }
        failure.is_none() && go_on()
    };
    let is_whole = proven_stretches(file, grid, each, &go_on)?;
    match failure {
        Some(cause) => Err(cause.into()),
        None => Ok(is_whole.then_some(encoded)),
    }
}
