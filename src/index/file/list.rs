//! The list at the start of an index file: what lies where in it.

use std::ops::Range;
use std::sync::Arc;

use bytemuck::Pod;
use memmap2::Mmap;

use crate::index::buckets::{BUCKET_BITS_AT_MOST, Buckets, Key, Part, TAG_BITS_AT_MOST, Table};
use crate::index::rows::RowSet;
use crate::index::searcher::{Index, Segment};
use crate::index::stretch::Stretch;

/// Levels of a part that a list may name.
const LEVELS_AT_MOST: usize = 16;

/// A list that is to be written.
pub(super) struct List {
    words: Vec<u64>,
    /// Where in `words` the offset of each stretch of numbers goes.
    offsets: Vec<usize>,
}

impl List {
    /// The list of an index, with offsets yet unknown, and the bytes of the stretches that it names.
    pub fn of(index: &Index) -> (Self, Vec<&[u8]>) {
        let mut list = Self { words: Vec::new(), offsets: Vec::new() };
        let mut stretches: Vec<&[u8]> = Vec::new();
        match index.kept() {
            None => list.words.extend([0, 0, 0]),
            Some(kept) => {
                list.words.push(1);
                stretches.push(list.place(kept.words()));
            }
        }
        list.words.push(index.segments().len() as u64);
        for segment in index.segments() {
            let parts = segment.buckets.as_ref().map_or(&[][..], |buckets| &buckets.parts);
            let patience = segment.buckets.as_ref().map_or(0.0, |buckets| buckets.patience);
            list.words.extend([segment.rows.len() as u64, parts.len() as u64, u64::from(patience.to_bits())]);
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
        }
        (list, stretches)
    }

    fn place<'a, T: Pod>(&mut self, numbers: &'a [T]) -> &'a [u8] {
        self.offsets.push(self.words.len());
        self.words.extend([0, numbers.len() as u64]);
        bytemuck::cast_slice(numbers)
    }

    /// The list with the offset of each stretch.
    pub fn placed_at(mut self, offsets: &[u64]) -> Self {
        for (&at, &offset) in self.offsets.iter().zip(offsets) {
            self.words[at] = offset;
        }
        self
    }

    /// The words of the list where the blocks have these checksums.
    pub fn words_with(&self, blocks: &[[u8; 32]]) -> Vec<u64> {
        let mut words = vec![blocks.len() as u64];
        words.extend(blocks.as_flattened().as_chunks::<8>().0.iter().map(|word| u64::from_le_bytes(*word)));
        words.extend(&self.words);
        words
    }
}

/// What a list says.
pub(super) struct Read {
    pub blocks: Vec<[u8; 32]>,
    pub kept: Option<RowSet>,
    pub segments: Vec<Segment>,
    /// Each table, with the rows and the bucket bits that it must have.
    pub tables: Vec<(Table, usize, usize)>,
}

/// Reads the list of a file with `rows` codes of `bits` bits and `body_bytes` in blocks; or tells what is wrong with it.
pub(super) fn read(
    list: &[u8],
    map: &Arc<Mmap>,
    bits: usize,
    rows: usize,
    body_bytes: usize,
) -> Result<Read, &'static str> {
    let mut reader = Reader { words: list.as_chunks::<8>().0, map };
    let read = reader.list(bits, rows, body_bytes).ok_or("its list makes no sense")?;
    match reader.words {
        [] => Ok(read),
        _ => Err("its list goes on behind its end"),
    }
}

/// Reads words in turn. Every step tells by `None` that there is no such thing, and nothing is trusted.
struct Reader<'a> {
    words: &'a [[u8; 8]],
    map: &'a Arc<Mmap>,
}

impl Reader<'_> {
    fn list(&mut self, bits: usize, rows: usize, body_bytes: usize) -> Option<Read> {
        let count = self.count(body_bytes)?;
        if count != body_bytes.div_ceil(super::BLOCK_BYTES) {
            return None;
        }
        let (sums, rest) = self.words.split_at_checked(count * 4)?;
        self.words = rest;
        let blocks = sums
            .as_chunks::<4>()
            .0
            .iter()
            .map(|words| {
                let mut sum = [0; 32];
                sum.copy_from_slice(words.as_flattened());
                sum
            })
            .collect();
        let kept = match self.word()? {
            0 => {
                (self.word()? == 0 && self.word()? == 0).then_some(())?;
                None
            }
            1 => Some(RowSet::from_words(self.stretch::<u64>()?.to_vec(), rows)?),
            _ => return None,
        };
        let mut segments: Vec<Segment> = Vec::new();
        let mut tables = Vec::new();
        for _ in 0..self.count(rows.max(1))? {
            let start = segments.last().map_or(0, |last| last.rows.end);
            let end = start + self.count(rows - start)?;
            let (buckets, own) = self.buckets(bits, start..end)?;
            tables.extend(own);
            segments.push(Segment { rows: start..end, buckets });
        }
        (segments.last().map_or(0, |last| last.rows.end) == rows).then_some(())?;
        Some(Read { blocks, kept, segments, tables })
    }

    fn buckets(&mut self, bits: usize, rows: Range<usize>) -> Option<(Option<Buckets>, Vec<(Table, usize, usize)>)> {
        let count = self.count(bits)?;
        let patience = self.number()?;
        let mut parts = Vec::new();
        let mut tables = Vec::new();
        let mut taken = vec![false; bits];
        for _ in 0..count {
            let own = self.bits(bits, BUCKET_BITS_AT_MOST as usize)?;
            let tags = self.bits(bits, TAG_BITS_AT_MOST)?;
            // A bit that counts twice would make the search believe that it has found everything when it has not.
            let twice = own.iter().any(|&bit| std::mem::replace(&mut taken[usize::from(bit)], true));
            let mut tagged = vec![false; bits];
            own.iter().for_each(|&bit| tagged[usize::from(bit)] = true);
            let told_twice = tags.iter().any(|&bit| std::mem::replace(&mut tagged[usize::from(bit)], true));
            if twice || told_twice {
                return None;
            }
            let level_nanos = (0..self.count(LEVELS_AT_MOST)?).map(|_| self.number()).collect::<Option<Vec<f32>>>()?;
            let table = Table { directory: self.stretch()?, starts: self.stretch()?, entries: self.stretch()? };
            tables.push((table.clone(), rows.len(), own.len()));
            parts.push(Part { key: Key::new(bits, &own, &tags), table, level_nanos });
        }
        Some(((!parts.is_empty()).then(|| Buckets { parts: Arc::new(parts), patience }), tables))
    }

    fn bits(&mut self, width: usize, most: usize) -> Option<Vec<u16>> {
        (0..self.count(most)?).map(|_| self.count(width - 1).map(|bit| bit as u16)).collect()
    }

    fn word(&mut self) -> Option<u64> {
        let (word, rest) = self.words.split_first()?;
        self.words = rest;
        Some(u64::from_le_bytes(*word))
    }

    /// A number up to `most`.
    fn count(&mut self, most: usize) -> Option<usize> {
        usize::try_from(self.word()?).ok().filter(|&count| count <= most)
    }

    /// A cost: finite, and not negative.
    fn number(&mut self) -> Option<f32> {
        let number = f32::from_bits(u32::try_from(self.word()?).ok()?);
        (number.is_finite() && number >= 0.0).then_some(number)
    }

    fn stretch<T: Pod>(&mut self) -> Option<Stretch<T>> {
        let start = self.count(self.map.len())?;
        let bytes = self.count(self.map.len())?.checked_mul(size_of::<T>())?;
        Stretch::mapped(self.map, start..start.checked_add(bytes)?)
    }
}
