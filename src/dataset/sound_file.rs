//! A sound file as the dataset knows it, and the files that could not be read.

use std::sync::Arc;

use camino::Utf8PathBuf;
use serde::{Deserialize, Serialize, Serializer};
use std::fmt::{self, Display, Formatter};

use super::moment;
use crate::aspects::Aspects;
use crate::metadata::{Metadata, Recorded};

/// Identifies a file of a project. A number is never used again, not even after its file was removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct FileId(pub i64);

/// A file of the dataset, and what was found when it was read. The program never writes to the file.
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
    /// What was measured of it. `None` if an earlier program read the file and it was not measured since.
    pub aspects: Option<Aspects>,
    /// What it says about itself. `None` if that is nothing, or if an earlier program read the file.
    pub metadata: Option<Arc<Metadata>>,
}

/// The most columns of a thumbnail.
pub const THUMBNAIL_COLUMNS: usize = 64;

impl SoundFile {
    /// The length in seconds.
    pub fn duration_secs(&self) -> f64 {
        self.frames as f64 / f64::from(self.rate.max(1))
    }

    /// The clock time at which the recording began, if it is known: by the file's metadata, or by its name.
    pub fn began(&self) -> Option<jiff::civil::DateTime> {
        let told = self.metadata.as_ref().and_then(|metadata| metadata.recorded.as_ref()?.moment());
        told.or_else(|| moment::began_by_name(&self.path))
    }

    /// When it was recorded, if it is known: the moment, or only the date.
    pub fn recorded(&self) -> Option<Recorded> {
        let date = || self.metadata.as_ref()?.recorded.clone();
        self.began().map(Recorded::Moment).or_else(date)
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

/// A file that was skipped, and the reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Skipped {
    /// In the form of [`Problem::path`].
    pub path: String,
    pub reason: SkipReason,
}

/// Why a file was skipped. Serialised as its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SkipReason {
    /// Neither its name nor its content is that of a sound file.
    NoSound,
    /// The dataset has the file, and it has not changed.
    AlreadyThere,
    /// It is at a path of the demo library, but is another file.
    NotOfTheDemo,
}

impl Display for SkipReason {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoSound => "no sound file by its name or its content",
            Self::AlreadyThere => "already there and unchanged",
            Self::NotOfTheDemo => "not a sound of the demo library, so it was left alone",
        })
    }
}

impl Serialize for SkipReason {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
