//! A person's yes or no on a match.

use serde::{Deserialize, Serialize};

use super::{Favourite, FileId};

/// A stretch of a file that a person judged: further matches are to be like it, or unlike it. In seconds from the file's
/// start: it outlives every grid that chunks lie on.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    pub file: FileId,
    pub start_secs: f64,
    pub end_secs: f64,
    pub yes: bool,
}

impl Verdict {
    /// Whether it is on a stretch of its file: they share at least half of the longer one.
    pub fn is_on(&self, file: FileId, start_secs: f64, end_secs: f64) -> bool {
        let Self { start_secs: start, end_secs: end, .. } = *self;
        Favourite { file: self.file, start_secs: start, end_secs: end }.is_at(file, start_secs, end_secs)
    }
}
