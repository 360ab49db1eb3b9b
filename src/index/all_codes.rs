//! The codes of an index, which lie in pieces: one piece for each segment.

use std::borrow::Cow;
use std::ops::Range;

use super::codes::{CodesRef, words_per_code};
use super::scan::append_distances;

/// All codes of an index, by row. Borrowed.
#[derive(Clone, Debug)]
pub struct AllCodes<'a> {
    bits: usize,
    /// No piece is empty.
    pieces: Vec<CodesRef<'a>>,
    /// The first row of each piece, and the end of the last.
    starts: Vec<usize>,
}

impl<'a> AllCodes<'a> {
    /// All `pieces` must have codes of `bits` bits.
    pub(super) fn new(bits: usize, pieces: impl IntoIterator<Item = CodesRef<'a>>) -> Self {
        let pieces: Vec<CodesRef<'a>> = pieces.into_iter().filter(|piece| !piece.is_empty()).collect();
        let mut starts = vec![0];
        starts.extend(pieces.iter().scan(0, |end, piece| {
            *end += piece.len();
            Some(*end)
        }));
        Self { bits, pieces, starts }
    }

    pub fn bits(&self) -> usize {
        self.bits
    }

    pub fn len(&self) -> usize {
        self.starts[self.pieces.len()]
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// # Panics
    /// If there is no such row.
    pub fn code(&self, row: usize) -> &'a [u64] {
        let (piece, start) = self.piece_of(row);
        piece.code(row - start)
    }

    /// See [`CodesRef::code_bytes`].
    pub fn code_bytes(&self, row: usize) -> impl Iterator<Item = u8> + use<'a> {
        let (piece, start) = self.piece_of(row);
        piece.code_bytes(row - start)
    }

    /// The codes of the rows in `range`, in order.
    ///
    /// # Panics
    /// If the range ends past the last row.
    pub fn pieces(&self, range: Range<usize>) -> impl Iterator<Item = CodesRef<'a>> + '_ {
        assert!(range.start <= range.end && range.end <= self.len(), "{range:?} of {} rows", self.len());
        let first = self.starts.partition_point(|&start| start <= range.start).max(1) - 1;
        let theirs = self.pieces.iter().zip(&self.starts).skip(first);
        theirs.take_while(move |(_, start)| **start < range.end).map(move |(piece, start)| {
            let from = range.start.max(*start) - start;
            piece.slice(from..(range.end - start).min(piece.len()))
        })
    }

    /// The code of each row in `range`, in order. Panics as [`AllCodes::pieces`] does.
    pub fn rows(&self, range: Range<usize>) -> impl Iterator<Item = &'a [u64]> + '_ {
        self.pieces(range).flat_map(|piece| piece.iter())
    }

    /// The words of the rows in `range`. They are copied if they lie in several pieces. Panics as [`AllCodes::pieces`]
    /// does.
    pub fn words(&self, range: Range<usize>) -> Cow<'a, [u64]> {
        let mut pieces = self.pieces(range);
        match (pieces.next(), pieces.next()) {
            (None, _) => Cow::Borrowed(&[]),
            (Some(only), None) => Cow::Borrowed(only.words()),
            (Some(first), Some(second)) => {
                let rest = pieces.flat_map(|piece| piece.words());
                Cow::Owned(first.words().iter().chain(second.words()).chain(rest).copied().collect())
            }
        }
    }

    /// Writes the Hamming distance from `query` to each row in `range` to `out`, in order.
    ///
    /// # Panics
    /// If the query and the codes have different numbers of words. Also as [`AllCodes::pieces`] does.
    pub fn distances(&self, range: Range<usize>, query: &[u64], out: &mut Vec<u16>) {
        assert_eq!(query.len(), words_per_code(self.bits), "a query of the codes' width");
        out.clear();
        self.pieces(range).for_each(|piece| append_distances(piece, query, out));
    }

    /// The piece that `row` is in, and its first row.
    fn piece_of(&self, row: usize) -> (CodesRef<'a>, usize) {
        assert!(row < self.len(), "row {row} of {}", self.len());
        let at = self.starts.partition_point(|&start| start <= row) - 1;
        (self.pieces[at], self.starts[at])
    }
}

impl<'a> From<CodesRef<'a>> for AllCodes<'a> {
    fn from(codes: CodesRef<'a>) -> Self {
        Self::new(codes.bits(), [codes])
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::index::testing::codes;
    use crate::index::{Codes, distances};

    proptest! {
        #[test]
        fn pieces_are_read_as_one(
            bits in 8usize..=512,
            batches in prop::collection::vec(prop::collection::vec(0u64..40, 0..12), 0..6),
            ends in (0usize..80, 0usize..80),
        ) {
            let own: Vec<Codes> = batches.iter().map(|batch| codes(bits, batch)).collect();
            let all = AllCodes::new(bits, own.iter().map(Codes::as_ref));
            let whole = codes(bits, &batches.concat());
            prop_assert_eq!((all.len(), all.is_empty(), all.bits()), (whole.len(), whole.is_empty(), bits));
            let from = ends.0.min(ends.1).min(whole.len());
            let range = from..ends.0.max(ends.1).min(whole.len());
            let slice = whole.as_ref().slice(range.clone());
            prop_assert!(all.rows(range.clone()).eq(slice.iter()));
            prop_assert_eq!(&*all.words(range.clone()), slice.words());
            for row in range.clone() {
                prop_assert_eq!(all.code(row), whole.as_ref().code(row));
                prop_assert!(all.code_bytes(row).eq(whole.as_ref().code_bytes(row)));
            }
            let query = codes(bits, &[7]);
            let (mut found, mut expected) = (vec![1], Vec::new());
            all.distances(range, query.as_ref().code(0), &mut found);
            distances(slice, query.as_ref().code(0), &mut expected);
            prop_assert_eq!(found, expected);
        }
    }
}
