//! One table of a multi-index: rows by the bucket that some bits of their codes fall into.

use std::ops::Range;

use super::linear::LinearMap;
use crate::index::codes::CodesRef;
use crate::index::kernel::prefetch;
use crate::index::stretch::Stretch;

/// A bucket's number has at most this many bits.
pub(in crate::index) const BUCKET_BITS_AT_MOST: u32 = 26;

/// The number of words of an entry, for codes of `width` bits. They have room for all bits that the bucket does not
/// determine, or for most of them.
pub(in crate::index) fn entry_words(width: usize) -> usize {
    width.div_ceil(64).min(2)
}

/// The number of bits that can number `rows` rows.
fn row_bits(rows: usize) -> usize {
    (usize::BITS - rows.saturating_sub(1).leading_zeros()) as usize
}

/// The most bits that an entry can keep beside its row, in a table of `rows` codes of `width` bits.
pub(in crate::index) fn tag_bits_at_most(width: usize, rows: usize) -> usize {
    64 * entry_words(width) - row_bits(rows)
}

/// Which bits of a code choose its bucket, and which further bits the entry keeps.
#[derive(Clone, Debug)]
pub(in crate::index) struct Key {
    /// The bits that choose the bucket, and the tag: further bits that are kept beside each row. The tag excludes most
    /// rows that are far away without reading their codes.
    pub bits: Vec<u16>,
    pub tags: Vec<u16>,
    /// For each bit that chooses the bucket, the bits of the bucket's number that change when it is flipped.
    pub flips: Vec<u32>,
    mask: Vec<u64>,
    /// Whether the bucket and the tag together determine all bits of a code.
    pub is_complete: bool,
    /// The bits of an entry's first word that are its row.
    pub row_mask: u64,
    bucket: LinearMap<1>,
    tag: LinearMap<2>,
}

impl Key {
    /// A key for `rows` codes of `width` bits. `bits` choose the bucket and `tags` are kept beside the row.
    ///
    /// # Panics
    /// If there are more than [`BUCKET_BITS_AT_MOST`] or [`tag_bits_at_most`] of them, or if codes have no such bits.
    pub fn new(width: usize, rows: usize, bits: &[u16], tags: &[u16]) -> Self {
        let fits = bits.len() <= BUCKET_BITS_AT_MOST as usize && tags.len() <= tag_bits_at_most(width, rows);
        assert!(fits, "a bucket and a tag fit");
        let mut mask = vec![0u64; width.div_ceil(64)];
        let mut bucket = vec![[0u64; 1]; width];
        for (number, &bit) in bits.iter().enumerate() {
            mask[usize::from(bit) / 64] |= 1 << (bit % 64);
            bucket[usize::from(bit)] = [1 << number];
        }
        let mut tag = vec![[0u64; 2]; width];
        for (number, &bit) in (row_bits(rows)..).zip(tags) {
            tag[usize::from(bit)][number / 64] = 1 << (number % 64);
        }
        Self {
            bits: bits.to_vec(),
            tags: tags.to_vec(),
            flips: (0..bits.len()).map(|number| 1 << number).collect(),
            mask,
            is_complete: bits.len() + tags.len() == width,
            row_mask: (1 << row_bits(rows)) - 1,
            bucket: LinearMap::new(&bucket),
            tag: LinearMap::new(&tag),
        }
    }

    #[inline]
    pub fn bucket(&self, code: &[u64]) -> u32 {
        self.bucket.image(code)[0] as u32
    }

    /// The words of an entry, without its row.
    #[inline]
    pub fn tag(&self, code: &[u64]) -> [u64; 2] {
        self.tag.image(code)
    }

    /// The number of differing bits among those that choose the bucket. `differing` has a one for each bit in which two
    /// codes differ.
    pub fn level(&self, differing: &[u64]) -> u32 {
        self.mask.iter().zip(differing).map(|(mask, bits)| (mask & bits).count_ones()).sum()
    }
}

/// The rows by bucket. An empty bucket takes two bits.
#[derive(Clone, Debug)]
pub(in crate::index) struct Table {
    /// One word for 32 buckets. The lower half tells which of them hold rows; the upper half is the number of buckets
    /// before them that hold rows.
    pub directory: Stretch<u64>,
    /// For each bucket that holds rows, its first entry; and the end of the last entry.
    pub starts: Stretch<u32>,
    /// The words of the entries. The lowest bits of an entry's first word are its row, and the bits above are the tag.
    /// Rows ascend within a bucket.
    pub entries: Stretch<u64>,
}

impl Table {
    pub fn build(key: &Key, codes: CodesRef<'_>) -> Self {
        let mut sorted: Vec<u64> =
            codes.iter().zip(0u64..).map(|(code, row)| u64::from(key.bucket(code)) << 32 | row).collect();
        let bucket_bits = key.bits.len() as u32;
        sort_by_bucket(&mut sorted, bucket_bits);
        let mut directory = vec![0u64; 1 << bucket_bits.saturating_sub(5)];
        let mut starts = Vec::new();
        let mut last = None;
        for (at, entry) in (0u32..).zip(&sorted) {
            let bucket = (entry >> 32) as u32;
            if last != Some(bucket) {
                last = Some(bucket);
                starts.push(at);
                directory[bucket as usize / 32] |= 1 << (bucket % 32);
            }
        }
        starts.push(sorted.len() as u32);
        let mut before = 0;
        for word in &mut directory {
            let here = word.count_ones();
            *word |= u64::from(before) << 32;
            before += here;
        }
        // Codes lie anywhere in memory, and many can be prefetched at once.
        const AHEAD: usize = 24;
        let words = entry_words(codes.bits());
        let mut entries = Vec::with_capacity(sorted.len() * words);
        for (at, row) in sorted.iter().map(|&entry| entry as u32).enumerate() {
            if let Some(&later) = sorted.get(at + AHEAD) {
                prefetch(&codes.code(later as u32 as usize)[0]);
            }
            let [first, second] = key.tag(codes.code(row as usize));
            entries.extend_from_slice(&[first | u64::from(row), second][..words]);
        }
        Self { directory: directory.into(), starts: starts.into(), entries: entries.into() }
    }

    /// The reason why this table, which comes from a file, cannot belong to `rows` codes of `width` bits and this key.
    /// `None` if it can; then no look-up reads outside the table.
    pub fn flaw(&self, key: &Key, width: usize, rows: usize) -> Option<&'static str> {
        let mut before = 0;
        for word in self.directory.iter() {
            if word >> 32 != before {
                return Some("a table's buckets are miscounted");
            }
            before += u64::from((*word as u32).count_ones());
        }
        let (starts, words) = (&self.starts[..], entry_words(width));
        let counted =
            self.directory.len() == 1 << key.bits.len().saturating_sub(5) && starts.len() as u64 == before + 1;
        let ascending = starts.first() == Some(&0) && starts.is_sorted_by(|a, b| a < b);
        let ends = starts.last().is_some_and(|&last| last as usize == rows);
        if !(counted && ascending && ends && self.entries.len() == rows * words) {
            return Some("a table's buckets lie outside of it");
        }
        let known = |first: &u64| ((first & key.row_mask) as usize) < rows;
        (!self.entries.iter().step_by(words).all(known)).then_some("a table names rows that are not there")
    }

    pub fn bytes(&self) -> u64 {
        8 * (self.directory.len() + self.entries.len()) as u64 + 4 * self.starts.len() as u64
    }

    pub fn view(&self) -> View<'_> {
        View { directory: &self.directory, starts: &self.starts, entries: &self.entries }
    }
}

/// The numbers of a table, in memory or in a file.
#[derive(Clone, Copy, Debug)]
pub(in crate::index) struct View<'a> {
    pub directory: &'a [u64],
    /// For each bucket that holds rows, its first entry; and the end of the last entry.
    pub starts: &'a [u32],
    pub entries: &'a [u64],
}

impl View<'_> {
    /// The entries of the bucket that has `number` buckets with rows before it.
    #[inline]
    pub fn range(&self, number: usize) -> Range<u32> {
        self.starts[number]..self.starts[number + 1]
    }

    /// Whether a bucket holds rows.
    #[inline]
    pub fn holds(&self, bucket: u32) -> bool {
        self.directory[bucket as usize / 32] >> (bucket % 32) & 1 == 1
    }
}

/// Sorts by the upper half, which has `bits` bits. The order of equal elements is kept.
fn sort_by_bucket(entries: &mut Vec<u64>, bits: u32) {
    const DIGIT: u32 = 11;
    let mut other = vec![0u64; entries.len()];
    for shift in (0..bits).step_by(DIGIT as usize).map(|shift| shift + 32) {
        let digit = |entry: u64| (entry >> shift) as usize & ((1 << DIGIT) - 1);
        let mut places = [0usize; 1 << DIGIT];
        entries.iter().for_each(|&entry| places[digit(entry)] += 1);
        let mut before = 0;
        for place in &mut places {
            before += std::mem::replace(place, before);
        }
        for &entry in entries.iter() {
            let place = &mut places[digit(entry)];
            other[*place] = entry;
            *place += 1;
        }
        std::mem::swap(entries, &mut other);
    }
}
