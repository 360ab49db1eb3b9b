//! Which rows a search may have come across before.

/// Tells most rows that were never asked for from those that were: a filter of hashes, small enough to be emptied for each
/// query.
#[derive(Debug, Default)]
pub(super) struct Seen {
    bits: [u64; 32],
}

impl Seen {
    pub fn clear(&mut self) {
        self.bits = [0; 32];
    }

    /// True only where it was not asked for this row since it was emptied.
    #[inline]
    pub fn is_new(&mut self, row: u32) -> bool {
        // Multiplied by the golden ratio, rows that follow one another are spread out.
        let hash = row.wrapping_mul(0x9e37_79b9) >> 21;
        let (word, bit) = (hash as usize / 64, 1 << (hash % 64));
        let new = self.bits[word] & bit == 0;
        self.bits[word] |= bit;
        new
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn no_row_is_new_twice(rows in prop::collection::vec(0u32..5000, 1..500)) {
            let mut seen = Seen::default();
            let mut known = std::collections::HashSet::new();
            for row in rows {
                prop_assert!(!seen.is_new(row) || known.insert(row));
                known.insert(row);
            }
            seen.clear();
            prop_assert!(seen.is_new(0));
        }
    }
}
