//! A sound file as the dataset knows it, and the files that could not be read.

use camino::Utf8PathBuf;
use serde::{Deserialize, Serialize};

/// Names a file of a project. Numbers are given once and never again, not even after a file is removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct FileId(pub i64);

/// A file of the dataset: what reading it once has told. The file itself is only ever read.
#[derive(Clone, Debug, PartialEq)]
pub struct SoundFile {
    pub id: FileId,
    /// Absolute.
    pub path: Utf8PathBuf,
    pub size_bytes: u64,
    /// Time of the last change, in nanoseconds since 1970.
    pub modified_ns: i64,
    /// BLAKE3 of the file's bytes.
    pub content_hash: [u8; 32],
    /// The file's own rate, in hertz.
    pub rate: u32,
    pub channels: u16,
    /// Frames (samples a channel) at the file's own rate.
    pub frames: u64,
    /// Largest absolute sample, 1 being full scale.
    pub peak: f32,
    /// Lowest and highest sample of each of up to [`THUMBNAIL_COLUMNS`] equal stretches, full scale being 127.
    pub thumbnail: Vec<(i8, i8)>,
}

/// How many columns a thumbnail has at most.
pub const THUMBNAIL_COLUMNS: usize = 64;

impl SoundFile {
    /// Length in seconds.
    pub fn duration_secs(&self) -> f64 {
        self.frames as f64 / f64::from(self.rate.max(1))
    }

    /// The peak in dB, 0 being full scale; minus infinity for silence.
    pub fn level_db(&self) -> f32 {
        20.0 * self.peak.log10()
    }
}

/// A path that could not be added, or a file of the dataset that can no longer be read, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// As the person gave it, or as it was found; lossy where it is not UTF-8.
    pub path: String,
    pub reason: String,
}
