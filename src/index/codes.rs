//! Binary codes, packed into 64-bit words.

use crate::ground::bits;

/// The fewest and the most bits of a code.
pub const BITS: std::ops::RangeInclusive<usize> = 8..=512;

/// A code width outside of [`BITS`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a code has {low} to {high} bits, not {0}", low = BITS.start(), high = BITS.end())]
pub struct CodeWidthError(pub usize);

/// Codes of one width, owned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Codes {
    bits: usize,
    words: Vec<u64>,
}

/// Codes of one width, borrowed: from [`Codes`] or from a memory-mapped file.
#[derive(Clone, Copy, Debug)]
pub struct CodesRef<'a> {
    bits: usize,
    words: &'a [u64],
}

/// The number of words of a code of `bits` bits.
pub const fn words_per_code(bits: usize) -> usize {
    bits.div_ceil(64)
}

/// Whether `words` are one code of `bits` bits: the right number of words, and no ones beyond the width.
pub fn is_code(bits: usize, words: &[u64]) -> bool {
    BITS.contains(&bits) && words.len() == words_per_code(bits) && CodesRef { bits, words }.is_clean()
}

impl Codes {
    pub fn new(bits: usize) -> Result<Self, CodeWidthError> {
        match BITS.contains(&bits) {
            true => Ok(Self { bits, words: Vec::new() }),
            false => Err(CodeWidthError(bits)),
        }
    }

    /// A copy of `rows`.
    pub fn with_rows(rows: CodesRef<'_>) -> Self {
        Self { bits: rows.bits, words: rows.words.to_vec() }
    }

    /// No codes yet, with room for `rows` codes. `bits` must be a legal width.
    pub(super) fn with_room(bits: usize, rows: usize) -> Self {
        debug_assert!(BITS.contains(&bits));
        Self { bits, words: Vec::with_capacity(rows * words_per_code(bits)) }
    }

    pub(super) fn into_words(self) -> Vec<u64> {
        self.words
    }

    pub fn bits(&self) -> usize {
        self.bits
    }

    pub fn len(&self) -> usize {
        self.as_ref().len()
    }

    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    pub fn as_ref(&self) -> CodesRef<'_> {
        CodesRef { bits: self.bits, words: &self.words }
    }

    /// Appends one code for each row of `activations` (`[rows, bits]`, row-major). Bit i is `activations[i] > 0`.
    ///
    /// # Panics
    /// If `activations` is not a whole number of rows.
    pub fn push_signs(&mut self, activations: &[f32]) {
        assert_eq!(activations.len() % self.bits, 0, "activations are whole rows of {} bits", self.bits);
        for row in activations.chunks_exact(self.bits) {
            self.words.extend(bits::of_signs(row));
        }
    }

    /// Appends codes that are already packed, word by word.
    ///
    /// # Panics
    /// If the words are not whole codes, or if a bit beyond the width is set.
    pub fn extend_words(&mut self, words: impl IntoIterator<Item = u64>) {
        let width = words_per_code(self.bits);
        let first = self.words.len();
        self.words.extend(words);
        assert_eq!(self.words.len() % width, 0, "whole codes of {width} words");
        let clean = CodesRef { bits: self.bits, words: &self.words[first..] }.is_clean();
        assert!(clean, "codes of {} bits have no ones beyond", self.bits);
    }

    /// Appends codes of the same width.
    ///
    /// # Panics
    /// If the widths differ.
    pub fn extend(&mut self, other: CodesRef<'_>) {
        assert_eq!(self.bits, other.bits, "codes of one width");
        self.words.extend_from_slice(other.words);
    }
}

impl<'a> CodesRef<'a> {
    /// `words` must be whole codes whose bits from `bits` on are 0.
    pub(super) fn new(bits: usize, words: &'a [u64]) -> Self {
        debug_assert_eq!(words.len() % words_per_code(bits), 0);
        Self { bits, words }
    }

    pub fn bits(&self) -> usize {
        self.bits
    }

    pub fn len(&self) -> usize {
        self.words.len() / words_per_code(self.bits)
    }

    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// Whether all bits beyond the width are 0.
    pub(super) fn is_clean(&self) -> bool {
        let width = words_per_code(self.bits);
        let beyond = if self.bits.is_multiple_of(64) { 0 } else { !0 << (self.bits % 64) };
        beyond == 0 || self.words.iter().skip(width - 1).step_by(width).all(|last| last & beyond == 0)
    }

    pub fn words(&self) -> &'a [u64] {
        self.words
    }

    /// # Panics
    /// If there is no such row.
    pub fn code(&self, row: usize) -> &'a [u64] {
        let width = words_per_code(self.bits);
        &self.words[row * width..][..width]
    }

    /// The codes of the rows in `range`.
    ///
    /// # Panics
    /// If the range ends past the last row.
    pub fn slice(&self, range: std::ops::Range<usize>) -> CodesRef<'a> {
        let width = words_per_code(self.bits);
        CodesRef { bits: self.bits, words: &self.words[range.start * width..range.end * width] }
    }

    pub fn iter(&self) -> impl ExactSizeIterator<Item = &'a [u64]> + use<'a> {
        self.words.chunks_exact(words_per_code(self.bits))
    }

    /// Every bit of every code: `[rows, bits]`, row by row.
    pub fn bools(&self) -> impl Iterator<Item = bool> + use<'a> {
        let width = self.bits;
        self.iter().flat_map(move |code| bits::unpacked(code, width))
    }

    /// One code as ceil(bits / 8) bytes. Bit i is bit i % 8 of byte i / 8, counted from the least significant bit.
    pub fn code_bytes(&self, row: usize) -> impl Iterator<Item = u8> + use<'a> {
        bits::to_bytes(self.code(row), self.bits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bit_is_a_positive_activation() {
        let mut codes = Codes::new(70).expect("a legal width");
        let mut row = vec![-1.0f32; 70];
        row[0] = 0.5;
        row[65] = 1e-9;
        row[7] = 0.0;
        row[8] = f32::NAN;
        codes.push_signs(&row);
        assert_eq!(codes.as_ref().code(0), [1, 2]);
        assert_eq!(codes.as_ref().code_bytes(0).collect::<Vec<_>>(), [1, 0, 0, 0, 0, 0, 0, 0, 2]);
    }

    #[test]
    fn bits_come_back_as_they_were_pushed() {
        let bits: Vec<bool> = (0..210).map(|i| i * i % 7 < 3).collect();
        let mut codes = Codes::new(70).expect("a legal width");
        codes.push_signs(&bits.iter().map(|&bit| if bit { 0.1 } else { -0.1 }).collect::<Vec<_>>());
        assert!(codes.as_ref().bools().eq(bits));
    }

    #[test]
    fn widths_have_limits() {
        assert_eq!(Codes::new(7), Err(CodeWidthError(7)));
        assert_eq!(Codes::new(513), Err(CodeWidthError(513)));
        assert_eq!(Codes::new(8).map(|c| c.len()), Ok(0));
    }

    #[test]
    fn slices_are_rows() {
        let mut codes = Codes::new(128).expect("a legal width");
        for row in 0..4 {
            codes.push_signs(&(0..128).map(|bit| if bit == row { 1.0 } else { -1.0 }).collect::<Vec<_>>());
        }
        let middle = codes.as_ref().slice(1..3);
        assert_eq!(middle.iter().map(|code| code[0]).collect::<Vec<_>>(), [2, 4]);
    }
}
