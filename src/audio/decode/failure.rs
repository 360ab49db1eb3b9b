//! Calls into symphonia, and the meaning of their failures.

use std::cell::Cell;
use std::io;
use std::panic::{self, AssertUnwindSafe, catch_unwind};
use std::sync::Once;

use symphonia::core::codecs::audio::AudioCodecId;
use symphonia::core::errors::Error as SymphoniaError;

use super::super::error::Cause;
use super::kinds::codec_name;

/// Why a call gave nothing.
pub(super) enum Failure {
    Refused(SymphoniaError),
    Panicked(String),
    /// Reading the file itself failed.
    Cause(Cause),
}

impl Failure {
    pub fn while_probing(self) -> Cause {
        match self {
            Failure::Refused(SymphoniaError::IoError(error)) => match error.kind() {
                // A very short file has nothing that looks like a header, or its header ends early.
                io::ErrorKind::UnexpectedEof => Cause::CutOffInHeader,
                _ => Cause::of_reading(error),
            },
            Failure::Refused(SymphoniaError::Unsupported(what)) => Cause::Damaged(what.into()),
            Failure::Refused(error) => Cause::Damaged(error.to_string()),
            Failure::Panicked(message) => Cause::DecoderFailed(message),
            Failure::Cause(cause) => cause,
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
            Failure::Cause(cause) => cause,
        }
    }
}

/// Calls into symphonia, which decodes bytes that strangers wrote. A panic in it (for example an index out of bounds)
/// becomes a failure of that file, and the program goes on. What panicked is never called again: every caller drops the
/// reader or the decoder.
pub(super) fn guarded<T>(call: impl FnOnce() -> Result<T, SymphoniaError>) -> Result<T, Failure> {
    match caught(call) {
        Ok(result) => result.map_err(Failure::Refused),
        Err(message) => Err(Failure::Panicked(message)),
    }
}

thread_local! {
    /// Whether a panic on this thread is caught here and becomes a failure of a file.
    static IS_CAUGHT: Cell<bool> = const { Cell::new(false) };
}

/// Runs `call` and returns the message of a panic. The panic is not printed, because the caller reports it.
pub(super) fn caught<T>(call: impl FnOnce() -> T) -> Result<T, String> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            if !IS_CAUGHT.get() {
                before(panic);
            }
        }));
    });
    let was_caught = IS_CAUGHT.replace(true);
    let outcome = catch_unwind(AssertUnwindSafe(call));
    IS_CAUGHT.set(was_caught);
    outcome.map_err(|payload| {
        let message = payload.downcast_ref::<String>().map(String::as_str);
        message.or_else(|| payload.downcast_ref::<&str>().copied()).unwrap_or("a panic").into()
    })
}
