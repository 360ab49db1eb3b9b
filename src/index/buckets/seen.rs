//! The rows that a search has found.

use rustc_hash::FxHashSet;

/// A set of rows. It uses a faster hash than the standard library's, because looking up a row would otherwise take
/// longer than everything else that is done with the row.
#[derive(Debug, Default)]
pub(super) struct Seen {
    rows: FxHashSet<u32>,
}

impl Seen {
    pub fn clear(&mut self) {
        // Clearing takes time in proportion to the capacity. A query that saw many rows must not slow down the next
        // query.
        const ROOM: usize = 1024;
        if self.rows.capacity() > 2 * ROOM {
            self.rows = FxHashSet::default();
        }
        self.rows.clear();
    }

    /// Whether this is the first call for this row since the set was cleared.
    #[inline]
    pub fn is_new(&mut self, row: u32) -> bool {
        self.rows.insert(row)
    }
}
