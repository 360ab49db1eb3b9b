//! Which rows a search has come across.

use std::collections::HashSet;
use std::hash::{BuildHasherDefault, Hasher};

/// Rows, and room for more, that is kept from one query to the next only up to so many.
#[derive(Debug, Default)]
pub(super) struct Seen {
    rows: HashSet<u32, BuildHasherDefault<Mixed>>,
}

impl Seen {
    pub fn clear(&mut self) {
        const ROOM: usize = 1024;
        if self.rows.capacity() > 2 * ROOM {
            self.rows = HashSet::default();
        }
        self.rows.clear();
    }

    /// Whether it was not asked for this row since it was emptied.
    #[inline]
    pub fn is_new(&mut self, row: u32) -> bool {
        self.rows.insert(row)
    }
}

/// Rows follow one another or lie anywhere: multiplied by the golden ratio they are spread out well enough, and the standard
/// library's way takes longer than all else that is done with them.
#[derive(Debug, Default)]
struct Mixed(u64);

impl Hasher for Mixed {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|&byte| self.write_u32(u32::from(byte)));
    }

    fn write_u32(&mut self, number: u32) {
        let mixed = (self.0 ^ u64::from(number)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.0 = mixed ^ mixed >> 32;
    }
}
