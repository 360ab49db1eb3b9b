//! What can be wrong with a sound file, in words for a person.

use std::io;
use std::path::{Path, PathBuf};

/// A sound file that could not be read or written: which, and why.
#[derive(Debug, thiserror::Error)]
#[error("{}: {cause}", path.display())]
pub struct AudioError {
    pub path: PathBuf,
    /// Shown alone where the path already stands beside it.
    pub cause: Cause,
}

#[derive(Debug, thiserror::Error)]
pub enum Cause {
    #[error("there is no such file")]
    Missing,
    #[error("this program is not permitted to read it")]
    NotPermitted,
    #[error("it is {0}, not a file")]
    NotAFile(&'static str),
    #[error("it could not be read: {0}")]
    Unreadable(#[source] io::Error),
    #[error("it changed while it was being read; add it again when whatever writes it is done")]
    ChangedMeanwhile,
    #[error("it has changed since it was added; add it again")]
    ChangedSince,
    #[error("it is empty (0 bytes)")]
    Empty,
    #[error("it is not a sound file, or of a kind that cannot be read")]
    NotSound,
    #[error("{0} cannot be read (WAV, AIFF, FLAC, MP3, Ogg Vorbis, M4A and AAC can)")]
    Unsupported(String),
    #[error("it is cut off in its header, before any sound")]
    CutOffInHeader,
    #[error("it holds no sound")]
    NoSound,
    #[error("it has no sound from {from} s to {to}")]
    EmptyStretch { from: f64, to: String },
    #[error("it is damaged: {0}")]
    Damaged(String),
    #[error("the decoder failed on it ({0}); the file is probably damaged")]
    DecoderFailed(String),
    #[error("it could not be resampled from {from} to {to} Hz: {reason}")]
    Resampling { from: u32, to: u32, reason: String },
    #[error("it could not be written: {0}")]
    Unwritable(#[source] io::Error),
    #[error("{0} of sound do not fit into a WAV file (4 GB at most)")]
    TooLong(String),
}

impl Cause {
    pub fn at(self, path: &Path) -> AudioError {
        AudioError { path: path.to_path_buf(), cause: self }
    }

    /// What failing to open or read a file means.
    pub(crate) fn of_reading(error: io::Error) -> Cause {
        match error.kind() {
            io::ErrorKind::NotFound => Cause::Missing,
            io::ErrorKind::PermissionDenied => Cause::NotPermitted,
            _ => Cause::Unreadable(error),
        }
    }
}
