//! Which rows a search has come across.

use rustc_hash::FxHashSet;

/// Rows, and room for more. (By the standard library's hash, looking one up takes longer than all else that is done with it.)
#[derive(Debug, Default)]
pub(super) struct Seen {
    rows: FxHashSet<u32>,
}

impl Seen {
    pub fn clear(&mut self) {
        // Emptying takes as long as there is room: one query that saw many should not slow down the next.
        const ROOM: usize = 1024;
        if self.rows.capacity() > 2 * ROOM {
            self.rows = FxHashSet::default();
        }
        self.rows.clear();
    }

    /// Whether it was not asked for this row since it was emptied.
    #[inline]
    pub fn is_new(&mut self, row: u32) -> bool {
        self.rows.insert(row)
    }
}
