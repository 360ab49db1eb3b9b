//! Calls into symphonia, and what it means when it gives nothing.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};

use symphonia::core::codecs::audio::AudioCodecId;
use symphonia::core::errors::Error as SymphoniaError;

use super::super::error::Cause;
use super::kinds::codec_name;

/// Why symphonia gave nothing.
pub(super) enum Failure {
    Refused(SymphoniaError),
    Panicked(String),
}

impl Failure {
    pub fn while_probing(self) -> Cause {
        match self {
            Failure::Refused(SymphoniaError::IoError(error)) => match error.kind() {
                // Nothing that looks like a header was found in a very short file, or one was found and ended early.
                io::ErrorKind::UnexpectedEof => Cause::CutOffInHeader,
                _ => Cause::of_reading(error),
            },
            Failure::Refused(SymphoniaError::Unsupported(what)) if what.contains("probe") => Cause::NotSound,
            // What a recorder that crashed or a download that broke off leaves.
            Failure::Refused(SymphoniaError::Unsupported("isomp4: missing moov atom")) => {
                Cause::Damaged("its table of contents, which many programs write last, is missing".into())
            }
            Failure::Refused(SymphoniaError::Unsupported(what)) if what.contains("missing") => {
                Cause::Damaged(what.into())
            }
            Failure::Refused(SymphoniaError::Unsupported(what)) => Cause::Unsupported(what.into()),
            Failure::Refused(error) => Cause::Damaged(error.to_string()),
            Failure::Panicked(message) => Cause::DecoderFailed(message),
        }
    }

    pub fn while_choosing(self, id: AudioCodecId) -> Cause {
        match self {
            Failure::Refused(SymphoniaError::Unsupported(_)) => Cause::Unsupported(codec_name(id)),
            Failure::Refused(SymphoniaError::IoError(error)) if error.kind() != io::ErrorKind::UnexpectedEof => {
                Cause::of_reading(error)
            }
            Failure::Refused(error) => Cause::Damaged(error.to_string()),
            Failure::Panicked(message) => Cause::DecoderFailed(message),
        }
    }
}

/// Calls into symphonia. It decodes whatever bytes strangers wrote, and a panic in it (an index out of bounds on a
/// damaged file) is that file's failure, not the program's. What panicked is never called again: every caller gives up
/// the reader or the decoder it was about.
pub(super) fn guarded<T>(call: impl FnOnce() -> Result<T, SymphoniaError>) -> Result<T, Failure> {
    match catch_unwind(AssertUnwindSafe(call)) {
        Ok(result) => result.map_err(Failure::Refused),
        Err(payload) => {
            let message = payload.downcast_ref::<String>().map(String::as_str);
            let message = message.or_else(|| payload.downcast_ref::<&str>().copied()).unwrap_or("a panic");
            Err(Failure::Panicked(message.into()))
        }
    }
}
