//! Favourites: stretches of files that a person marked in order to find them again.

use serde::{Deserialize, Serialize};

use super::FileId;

/// In seconds from the file's start. So a favourite stays valid when the grid of chunks changes.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Favourite {
    pub file: FileId,
    pub start_secs: f64,
    pub end_secs: f64,
}

impl Favourite {
    /// Whether a stretch of the file is the same moment. Chunks of another grid never match a favourite exactly, so
    /// overlap decides.
    pub fn is_at(&self, file: FileId, start_secs: f64, end_secs: f64) -> bool {
        let shared = self.end_secs.min(end_secs) - self.start_secs.max(start_secs);
        let longer = (self.end_secs - self.start_secs).max(end_secs - start_secs);
        self.file == file && shared >= 0.5 * longer
    }

    /// Whether a stretch of the file belongs to this favourite: its middle is in the favourite.
    pub fn covers(&self, start_secs: f64, end_secs: f64) -> bool {
        has_middle_of((self.start_secs, self.end_secs), (start_secs, end_secs))
    }
}

/// Whether the middle of `inner` is in `outer`. A middle exactly on the edge is outside, whichever way seconds were
/// rounded. (Where chunks overlap by half, the middle of the next chunk is on the edge.)
pub fn has_middle_of(outer: (f64, f64), inner: (f64, f64)) -> bool {
    const ROUNDING_SECS: f64 = 1e-6;
    let middle = 0.5 * (inner.0 + inner.1);
    middle > outer.0 + ROUNDING_SECS && middle < outer.1 - ROUNDING_SECS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_known_again_on_another_grid_and_its_surroundings_are_not() {
        let favourite = Favourite { file: FileId(1), start_secs: 1.0, end_secs: 1.25 };
        assert!(favourite.is_at(FileId(1), 1.1, 1.35) && !favourite.is_at(FileId(2), 1.1, 1.35));
        assert!(!favourite.is_at(FileId(1), 1.2, 1.45) && !favourite.is_at(FileId(1), 0.0, 4.0));
        assert!(favourite.covers(1.1, 1.35) && !favourite.covers(1.2, 1.45));
        assert!(!favourite.covers(1.125, 1.375) && !favourite.covers(0.875, 1.125), "its neighbours at half a chunk");
        let whole = Favourite { file: FileId(1), start_secs: 0.0, end_secs: 4.0 };
        assert!(whole.covers(1.0, 1.25) && !whole.is_at(FileId(1), 1.0, 1.25));
    }
}
