//! The errors of models.

use std::path::PathBuf;
use thiserror::Error;

use super::config::Preset;
use super::settings::ConfigError;

#[derive(Debug, Error)]
pub enum ModelError {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error("{path} could not be {action}: {source}", path = path.display())]
    Io { path: PathBuf, action: &'static str, source: std::io::Error },
    #[error("{path} is not a Soundalike model: {reason}", path = path.display())]
    Foreign { path: PathBuf, reason: String },
    #[error("{path} was written by a version of Soundalike with model format {found}; this one reads format {known}",
        path = path.display())]
    Version { path: PathBuf, found: u64, known: u64 },
    #[error("{path} is damaged: {reason}", path = path.display())]
    Damaged { path: PathBuf, reason: String },
    #[error("there is nothing to learn from: the project's sounds have no chunks. Add sounds first")]
    NoChunks,
    #[error("the stopped training in {path} cannot be resumed: it learned from {trained} chunks, and there are {present} now, \
        because files were added or removed. Start a new training", path = path.display())]
    OtherChunks { path: PathBuf, trained: u64, present: u64 },
    #[error("these features are not the input of a {0:?} model")]
    OtherFeatures(Preset),
    #[error(
        "training stopped at step {step}: {cause} is not a finite number; a lower learning rate or a limit on the \
        gradient (clip) may help"
    )]
    NotFinite { step: usize, cause: &'static str },
    #[error("the feature cache in {path} failed: {source}", path = path.display())]
    Cache { path: PathBuf, source: std::io::Error },
    #[error("a tensor operation failed: {0}")]
    Tensor(#[from] candle_core::Error),
}
