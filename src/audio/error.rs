//! The errors of sound files, in words for people.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// A sound file that could not be read or written, and the cause.
#[derive(Debug, thiserror::Error)]
#[error("{}: {cause}", path.display())]
pub struct AudioError {
    pub path: PathBuf,
    /// The text without the path, for places that already show the path.
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
    #[error("it changed while it was being read; add it again when the other program has finished writing it")]
    ChangedMeanwhile,
    #[error("it has changed since it was added; add it again")]
    ChangedSince,
    #[error("it is empty (0 bytes)")]
    Empty,
    #[error("it is not a sound file, or its kind cannot be read")]
    NotSound,
    /// A known kind of file or encoding that is not read.
    #[error("{0} cannot be read; convert it to FLAC or WAV (ffmpeg and other programs do) and add that")]
    Unsupported(String),
    #[error("it is cut off in its header, before any sound")]
    CutOffInHeader,
    #[error("it holds no sound")]
    NoSound,
    #[error("its header says that it has no channels")]
    NoChannels,
    #[error("it has {channels} channels; up to {most} can be read")]
    TooManyChannels { channels: usize, most: usize },
    #[error("its rate is {rate} Hz; rates from {least} to {most} Hz can be read")]
    RateOutOfRange { rate: u32, least: u32, most: u32 },
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

    /// Whether the cause does not concern the file's content, so that it may be gone at the next attempt.
    pub fn is_passing(&self) -> bool {
        matches!(
            self,
            Self::Missing | Self::NotPermitted | Self::Unreadable(_) | Self::ChangedMeanwhile | Self::ChangedSince
        )
    }

    /// The cause for an error of opening or reading a file.
    pub(crate) fn of_reading(error: io::Error) -> Cause {
        match error.kind() {
            io::ErrorKind::NotFound => Cause::Missing,
            io::ErrorKind::PermissionDenied => Cause::NotPermitted,
            _ => Cause::Unreadable(error),
        }
    }
}

/// A difference between a header and the file. The existing sound is read.
#[derive(Clone, Debug, PartialEq)]
pub enum Shortfall {
    /// The program that wrote the file did not complete its sizes.
    NeverCompleted,
    /// The file ends before its sound does.
    CutOff {
        missing_bytes: u64,
        promised_bytes: u64,
        /// The same in seconds, when the bytes of a second are known.
        secs: Option<(f64, f64)>,
    },
}

impl Shortfall {
    /// The shortfall if only `there` of `promised` bytes are in the file. `None` if all are.
    pub(crate) fn cut_off(promised: u64, there: u64) -> Option<Self> {
        (there < promised).then(|| Shortfall::CutOff {
            missing_bytes: promised - there,
            promised_bytes: promised,
            secs: None,
        })
    }

    /// Computes the seconds from the bytes of a second.
    pub(crate) fn of_bytes(&mut self, block_bytes: u64, block_frames: u64, rate: u32) {
        let Shortfall::CutOff { missing_bytes, promised_bytes, secs } = self else { return };
        let bytes_a_sec = block_bytes as f64 / block_frames.max(1) as f64 * f64::from(rate.max(1));
        *secs = Some((*missing_bytes as f64 / bytes_a_sec, *promised_bytes as f64 / bytes_a_sec));
    }
}

impl fmt::Display for Shortfall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Shortfall::NeverCompleted => {
                write!(f, "its header was never completed; it was read to the end of the file")
            }
            Shortfall::CutOff { missing_bytes, secs: Some((missing, promised)), .. } if *missing >= 0.01 => {
                let share = 100.0 * (1.0 - missing / promised.max(f64::MIN_POSITIVE));
                let (missing, promised) = (clock(*missing), clock(*promised));
                write!(f, "it is cut off: {share:.0}% is there; the last {missing} of {promised} are missing")?;
                write!(f, " ({missing_bytes} bytes)")
            }
            Shortfall::CutOff { missing_bytes, .. } => {
                write!(f, "it is cut off: its last {missing_bytes} bytes are missing")
            }
        }
    }
}

/// A time in a sound, as `m:ss.cc`, or `h:mm:ss.cc` from an hour on.
pub(crate) fn clock(secs: f64) -> String {
    let hundredths = (secs.max(0.0) * 100.0).round() as u64;
    let (hours, minutes) = (hundredths / 360_000, hundredths / 6000 % 60);
    let rest = format!("{:02}.{:02}", hundredths / 100 % 60, hundredths % 100);
    if hours > 0 { format!("{hours}:{minutes:02}:{rest}") } else { format!("{minutes}:{rest}") }
}
