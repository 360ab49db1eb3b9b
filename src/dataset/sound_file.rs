//! A sound file as the dataset knows it, and the files that could not be read.

use camino::Utf8PathBuf;
use serde::{Deserialize, Serialize};

/// Identifies a file of a project. A number is never used again, not even after its file was removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct FileId(pub i64);

/// A file of the dataset, with what reading it once has told. The program never writes to the file.
#[derive(Clone, Debug, PartialEq)]
pub struct SoundFile {
    pub id: FileId,
    /// Absolute.
    pub path: Utf8PathBuf,
    pub size_bytes: u64,
    /// The time of the last change, in nanoseconds since 1970.
    pub modified_ns: i64,
    /// BLAKE3 of the file's bytes.
    pub content_hash: [u8; 32],
    /// The file's own rate, in hertz.
    pub rate: u32,
    pub channels: u16,
    /// The number of frames (samples of each channel) at the file's own rate.
    pub frames: u64,
    /// The largest absolute sample. 1 is full scale.
    pub peak: f32,
    /// The lowest and the highest sample of each of up to [`THUMBNAIL_COLUMNS`] equal stretches. 127 is full scale.
    pub thumbnail: Vec<(i8, i8)>,
}

/// The most columns of a thumbnail.
pub const THUMBNAIL_COLUMNS: usize = 64;

impl SoundFile {
    /// The length in seconds.
    pub fn duration_secs(&self) -> f64 {
        self.frames as f64 / f64::from(self.rate.max(1))
    }

    /// The peak in dB, where 0 is full scale. Minus infinity for silence.
    pub fn level_db(&self) -> f32 {
        20.0 * self.peak.log10()
    }
}

/// A path that could not be added, or a file of the dataset that can no longer be read, with the reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// As the person gave it, or as it was found. Not exact if the path is not UTF-8.
    pub path: String,
    pub reason: String,
}
