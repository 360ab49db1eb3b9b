//! The list in a segment's file: the position of each part of the file.

use std::sync::Arc;

use bytemuck::Pod;
use memmap2::Mmap;

use super::blocks::BLOCK_BYTES;
use crate::index::buckets::{BUCKET_BITS_AT_MOST, Buckets, Key, Part, Table, tag_bits_at_most};
use crate::index::stretch::Stretch;

/// The most levels of a part that a list may name.
const LEVELS_AT_MOST: usize = 16;

/// A list that is to be written.
pub(super) struct List {
    words: Vec<u64>,
    /// Where in `words` the offset of each array goes.
    offsets: Vec<usize>,
}

impl List {
    /// The list of a segment with these tables, still without offsets; and the bytes of the arrays that the list names.
    pub fn of(buckets: Option<&Buckets>) -> (Self, Vec<&[u8]>) {
        let mut list = Self { words: Vec::new(), offsets: Vec::new() };
        let mut stretches: Vec<&[u8]> = Vec::new();
        let parts = buckets.map_or(&[][..], |buckets| &buckets.parts);
        list.words.push(parts.len() as u64);
        let costs = buckets.map_or([0.0; 2], |buckets| [buckets.patience, buckets.typical_nanos]);
        list.words.extend(costs.map(|cost| u64::from(cost.to_bits())));
        for Part { key, table, level_nanos } in parts {
            for bits in [&key.bits, &key.tags] {
                list.words.push(bits.len() as u64);
                list.words.extend(bits.iter().map(|&bit| u64::from(bit)));
            }
            list.words.push(level_nanos.len() as u64);
            list.words.extend(level_nanos.iter().map(|nanos| u64::from(nanos.to_bits())));
            stretches.push(list.place(&table.directory));
            stretches.push(list.place(&table.starts));
            stretches.push(list.place(&table.entries));
        }
        (list, stretches)
    }

    fn place<'a, T: Pod>(&mut self, numbers: &'a [T]) -> &'a [u8] {
        self.offsets.push(self.words.len());
        self.words.extend([0, numbers.len() as u64]);
        bytemuck::cast_slice(numbers)
    }

    /// The list with the offset of each array.
    pub fn placed_at(mut self, offsets: &[u64]) -> Self {
        for (&at, &offset) in self.offsets.iter().zip(offsets) {
            self.words[at] = offset;
        }
        self
    }

    /// The words of the list, with these checksums of the blocks.
    pub fn words_with(&self, blocks: &[[u8; 32]]) -> Vec<u64> {
        let mut words = vec![blocks.len() as u64];
        words.extend(words_of(blocks));
        words.extend(&self.words);
        words
    }
}

/// Checksums as the words of a list.
pub(super) fn words_of(sums: &[[u8; 32]]) -> impl Iterator<Item = u64> {
    sums.as_flattened().as_chunks::<8>().0.iter().map(|word| u64::from_le_bytes(*word))
}

/// Reads the words of a list one after another. It trusts nothing: each step returns `None` if the words make no sense.
pub(super) struct Reader<'a> {
    pub words: &'a [[u8; 8]],
}

impl<'a> Reader<'a> {
    pub fn word(&mut self) -> Option<u64> {
        let (word, rest) = self.words.split_first()?;
        self.words = rest;
        Some(u64::from_le_bytes(*word))
    }

    /// A number of at most `most`.
    pub fn count(&mut self, most: usize) -> Option<usize> {
        usize::try_from(self.word()?).ok().filter(|&count| count <= most)
    }

    pub fn sum(&mut self) -> Option<[u8; 32]> {
        let (words, rest) = self.words.split_first_chunk::<4>()?;
        self.words = rest;
        let mut sum = [0; 32];
        sum.copy_from_slice(words.as_flattened());
        Some(sum)
    }

    /// The checksums of the blocks of a body of `body_bytes` bytes, and the tables in `map` of `rows` codes of `bits`
    /// bits.
    pub fn segment(
        &mut self,
        map: &Arc<Mmap>,
        bits: usize,
        rows: usize,
        body_bytes: usize,
    ) -> Option<(Vec<[u8; 32]>, Option<Buckets>)> {
        let count = self.count(body_bytes)?;
        let whole = count == body_bytes.div_ceil(BLOCK_BYTES) && count * 4 <= self.words.len();
        let blocks = whole.then(|| (0..count).map_while(|_| self.sum()).collect())?;
        Some((blocks, self.buckets(map, bits, rows)?))
    }

    fn buckets(&mut self, map: &Arc<Mmap>, bits: usize, rows: usize) -> Option<Option<Buckets>> {
        let count = self.count(bits)?;
        let (patience, typical_nanos) = (self.number()?, self.number()?);
        let mut parts = Vec::new();
        let mut taken = vec![false; bits];
        for _ in 0..count {
            let own = self.bits(bits, BUCKET_BITS_AT_MOST as usize)?;
            let tags = self.bits(bits, tag_bits_at_most(bits, rows))?;
            // A bit that counted twice would make the search stop before it has found everything.
            let twice = own.iter().any(|&bit| std::mem::replace(&mut taken[usize::from(bit)], true));
            let mut tagged = vec![false; bits];
            own.iter().for_each(|&bit| tagged[usize::from(bit)] = true);
            let told_twice = tags.iter().any(|&bit| std::mem::replace(&mut tagged[usize::from(bit)], true));
            if twice || told_twice {
                return None;
            }
            let level_nanos = (0..self.count(LEVELS_AT_MOST)?).map(|_| self.number()).collect::<Option<Vec<f32>>>()?;
            let table =
                Table { directory: self.stretch(map)?, starts: self.stretch(map)?, entries: self.stretch(map)? };
            parts.push(Part { key: Key::new(bits, rows, &own, &tags), table, level_nanos });
        }
        Some((!parts.is_empty()).then(|| Buckets { parts: Arc::new(parts), patience, typical_nanos }))
    }

    fn bits(&mut self, width: usize, most: usize) -> Option<Vec<u16>> {
        (0..self.count(most)?).map(|_| self.count(width - 1).map(|bit| bit as u16)).collect()
    }

    /// A cost: finite, and not negative.
    fn number(&mut self) -> Option<f32> {
        let number = f32::from_bits(u32::try_from(self.word()?).ok()?);
        (number.is_finite() && number >= 0.0).then_some(number)
    }

    fn stretch<T: Pod>(&mut self, map: &Arc<Mmap>) -> Option<Stretch<T>> {
        let start = self.count(map.len())?;
        let bytes = self.count(map.len())?.checked_mul(size_of::<T>())?;
        Stretch::mapped(map, start..start.checked_add(bytes)?)
    }
}
