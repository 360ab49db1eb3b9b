//! Sets of rows: which codes a search may return.

use super::kernel::Kernel;

/// A set of rows of an index with `len` rows, as one bit for each row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowSet {
    words: Vec<u64>,
    len: usize,
}

impl RowSet {
    pub fn none(len: usize) -> Self {
        Self { words: vec![0; len.div_ceil(64)], len }
    }

    pub fn all(len: usize) -> Self {
        let mut set = Self { words: vec![!0; len.div_ceil(64)], len };
        set.clear_beyond();
        set
    }

    /// The set with these words, as [`RowSet::words`] returned them. `None` if no set of `len` rows has such words.
    pub(super) fn from_words(words: Vec<u64>, len: usize) -> Option<Self> {
        let mut set = Self { words, len };
        let given = set.words.last().copied();
        set.clear_beyond();
        (set.words.len() == len.div_ceil(64) && set.words.last().copied() == given).then_some(set)
    }

    pub(super) fn words(&self) -> &[u64] {
        &self.words
    }

    /// The number of rows of the index, in the set or not.
    pub fn universe(&self) -> usize {
        self.len
    }

    /// # Panics
    /// If the index has no such row.
    pub fn insert(&mut self, row: usize) {
        assert!(row < self.len, "row {row} of {}", self.len);
        self.words[row / 64] |= 1 << (row % 64);
    }

    /// # Panics
    /// If the index has no such row.
    pub fn remove(&mut self, row: usize) {
        assert!(row < self.len, "row {row} of {}", self.len);
        self.words[row / 64] &= !(1 << (row % 64));
    }

    pub fn contains(&self, row: usize) -> bool {
        self.words.get(row / 64).is_some_and(|word| word >> (row % 64) & 1 == 1)
    }

    /// The number of rows in the set.
    pub fn count(&self) -> usize {
        Kernel::chosen().count_ones(&self.words)
    }

    /// The number of rows in the set that are also in `range`.
    pub(super) fn count_in(&self, range: std::ops::Range<usize>) -> usize {
        let (first, last) = (range.start / 64, range.end / 64);
        let from = !0 << (range.start % 64);
        let below = |word: u64| word & ((1 << (range.end % 64)) - 1);
        let ones = |word: u64| word.count_ones() as usize;
        // If the range ends at the last row, and the row count is a multiple of 64, the set has no word at `last`.
        let end = self.words.get(last).copied().unwrap_or(0);
        if range.is_empty() {
            0
        } else if first == last {
            ones(below(end) & from)
        } else {
            ones(self.words[first] & from)
                + Kernel::chosen().count_ones(&self.words[first + 1..last])
                + ones(below(end))
        }
    }

    /// Whether any row of `range` is in the set.
    ///
    /// # Panics
    /// If the index has no such rows.
    pub fn has_any_in(&self, range: std::ops::Range<usize>) -> bool {
        self.count_in(range) > 0
    }

    /// The rows in the set, in ascending order.
    pub fn iter(&self) -> impl Iterator<Item = usize> + '_ {
        self.words.iter().enumerate().flat_map(|(at, &word)| ones(word).map(move |bit| at * 64 + bit))
    }

    /// The same set for an index of `len` rows. Rows from `self.universe()` on are in the set if `with` is true.
    pub(super) fn resized(&self, len: usize, with: bool) -> Self {
        let mut set = Self { words: self.words.clone(), len };
        set.words.resize(len.div_ceil(64), 0);
        if with {
            (self.len..len).for_each(|row| set.insert(row));
        }
        set.clear_beyond();
        set
    }

    /// The rows that are in both sets.
    ///
    /// # Panics
    /// If the sets are of different indexes.
    pub(super) fn and(&self, other: &RowSet) -> Self {
        assert_eq!(self.len, other.len, "sets of rows of one index");
        Self { words: self.words.iter().zip(&other.words).map(|(a, b)| a & b).collect(), len: self.len }
    }

    /// 64 rows from `row` on. `row` need not be a multiple of 64. The bits of rows past the last are 0.
    pub(super) fn word_at(&self, row: usize) -> u64 {
        let word = |at: usize| self.words.get(at).copied().unwrap_or(0);
        match row % 64 {
            0 => word(row / 64),
            shift => word(row / 64) >> shift | word(row / 64 + 1) << (64 - shift),
        }
    }

    fn clear_beyond(&mut self) {
        if let (rest @ 1.., Some(last)) = (self.len % 64, self.words.last_mut()) {
            *last &= (1 << rest) - 1;
        }
    }
}

/// The positions of the ones of a word, in ascending order.
pub(super) fn ones(mut word: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let bit = word.trailing_zeros() as usize;
        (bit < 64).then(|| {
            word &= word - 1;
            bit
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_set_is_what_was_put_in(rows in prop::collection::btree_set(0usize..300, 0..80), from in 0usize..320) {
            let mut set = RowSet::none(300);
            rows.iter().for_each(|&row| set.insert(row));
            prop_assert_eq!(set.count(), rows.len());
            prop_assert!(set.iter().eq(rows.iter().copied()));
            let word = set.word_at(from);
            for bit in 0..64 {
                prop_assert_eq!(word >> bit & 1 == 1, rows.contains(&(from + bit)));
            }
            let inside = rows.iter().filter(|&&row| (from.min(300)..300).contains(&row)).count();
            prop_assert_eq!(set.count_in(from.min(300)..300), inside);
            let grown = set.resized(310, true);
            prop_assert_eq!(grown.count(), rows.len() + 10);
            prop_assert_eq!(grown.resized(300, false), set.clone());
            prop_assert_eq!(set.and(&RowSet::all(300)), set);
        }
    }
}
