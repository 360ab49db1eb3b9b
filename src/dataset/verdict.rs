//! Verdicts: a person's yes or no on a match.

use serde::{Deserialize, Serialize};

use super::{Favourite, FileId};

/// A verdict on a stretch of a file: further matches shall be like it, or unlike it. The stretch is in seconds from the
/// file's start, so that it stays valid when the grid changes.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    pub file: FileId,
    pub start_secs: f64,
    pub end_secs: f64,
    pub yes: bool,
}

impl Verdict {
    /// Whether a stretch is the same moment as the verdict's: they share at least half of the longer one.
    pub fn is_on(&self, file: FileId, start_secs: f64, end_secs: f64) -> bool {
        let Self { start_secs: start, end_secs: end, .. } = *self;
        Favourite { file: self.file, start_secs: start, end_secs: end }.is_at(file, start_secs, end_secs)
    }
}
