//! One table of a multi-index: rows by the bucket that some bits of their codes fall into.

use super::linear::LinearMap;
use crate::index::codes::CodesRef;
use crate::index::stretch::Stretch;

/// Buckets are numbered with so many bits at most.
pub(in crate::index) const BUCKET_BITS_AT_MOST: u32 = 26;

/// Bits that are kept beside a row at most.
pub(in crate::index) const TAG_BITS_AT_MOST: usize = 32;

/// Which bits of a code choose its bucket, and what else is kept of it there.
#[derive(Clone, Debug)]
pub(in crate::index) struct Key {
    /// The bits that choose the bucket, and further ones, at most 32, that are kept beside each row: they tell most rows
    /// that are far away without a look at their code.
    pub bits: Vec<u16>,
    pub tags: Vec<u16>,
    /// For each bit that chooses the bucket, what flipping it flips of the bucket's number.
    pub flips: Vec<u32>,
    mask: Vec<u64>,
    bucket: LinearMap,
    tag: LinearMap,
}

impl Key {
    /// Of codes of `width` bits, `bits` choose the bucket and `tags` are others.
    ///
    /// # Panics
    /// Where there are more than [`BUCKET_BITS_AT_MOST`] and [`TAG_BITS_AT_MOST`], or codes have no such bits.
    pub fn new(width: usize, bits: &[u16], tags: &[u16]) -> Self {
        assert!(bits.len() <= BUCKET_BITS_AT_MOST as usize && tags.len() <= TAG_BITS_AT_MOST, "a bucket and a tag fit");
        let mut mask = vec![0u64; width.div_ceil(64)];
        for &bit in bits {
            mask[usize::from(bit) / 64] |= 1 << (bit % 64);
        }
        let numbered = |bits: &[u16]| {
            let mut columns = vec![0u32; width];
            bits.iter().enumerate().for_each(|(number, &bit)| columns[usize::from(bit)] = 1 << number);
            LinearMap::new(&columns)
        };
        Self {
            bits: bits.to_vec(),
            tags: tags.to_vec(),
            flips: (0..bits.len()).map(|number| 1 << number).collect(),
            mask,
            bucket: numbered(bits),
            tag: numbered(tags),
        }
    }

    pub fn bucket(&self, code: &[u64]) -> u32 {
        self.bucket.image(code)
    }

    pub fn tag(&self, code: &[u64]) -> u32 {
        self.tag.image(code)
    }

    /// In how many of the bits that choose the bucket two codes differ, given where they differ at all.
    pub fn level(&self, differing: &[u64]) -> u32 {
        self.mask.iter().zip(differing).map(|(mask, bits)| (mask & bits).count_ones()).sum()
    }
}

/// Rows by bucket. Buckets that are empty take two bits each.
#[derive(Clone, Debug)]
pub(in crate::index) struct Table {
    /// For 32 buckets: in the lower half, which of them hold rows; in the upper, how many buckets before them do.
    pub directory: Stretch<u64>,
    /// For each bucket that holds rows, its first entry; and the end of the last.
    pub starts: Stretch<u32>,
    /// Tag in the upper half, row in the lower; rows ascend within a bucket.
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
        for entry in &mut sorted {
            let row = *entry as u32;
            *entry = u64::from(key.tag(codes.code(row as usize))) << 32 | u64::from(row);
        }
        Self { directory: directory.into(), starts: starts.into(), entries: sorted.into() }
    }

    /// Why the table cannot be one of `rows` rows and `bucket_bits`, where it is from a file and is none. After this
    /// nothing that is looked up lies outside of it.
    pub fn flaw(&self, rows: usize, bucket_bits: usize) -> Option<&'static str> {
        let mut before = 0;
        for word in self.directory.iter() {
            if word >> 32 != before {
                return Some("a table's buckets are miscounted");
            }
            before += u64::from((*word as u32).count_ones());
        }
        let starts = &self.starts[..];
        let counted = self.directory.len() == 1 << bucket_bits.saturating_sub(5) && starts.len() as u64 == before + 1;
        let ascending = starts.first() == Some(&0) && starts.is_sorted_by(|a, b| a < b);
        let ends = starts.last().is_some_and(|&last| last as usize == rows) && self.entries.len() == rows;
        if !(counted && ascending && ends) {
            return Some("a table's buckets lie outside of it");
        }
        self.entries
            .iter()
            .any(|&entry| entry as u32 as usize >= rows)
            .then_some("a table names rows that are not there")
    }

    pub fn bytes(&self) -> u64 {
        8 * (self.directory.len() + self.entries.len()) as u64 + 4 * self.starts.len() as u64
    }

    /// Whether a bucket holds rows.
    #[inline]
    pub fn holds(&self, bucket: u32) -> bool {
        self.directory[bucket as usize / 32] >> (bucket % 32) & 1 == 1
    }

    /// How many buckets before this one, which holds rows, do so.
    #[inline]
    pub fn number(&self, bucket: u32) -> u32 {
        let word = self.directory[bucket as usize / 32];
        let before = (word as u32 & ((1 << (bucket % 32)) - 1)).count_ones();
        (word >> 32) as u32 + before
    }

    /// Of the buckets that hold rows, for each one's first entry; and the end of the last.
    pub fn starts(&self) -> &[u32] {
        &self.starts
    }

    pub fn entries(&self) -> &[u64] {
        &self.entries
    }
}

/// Sorts by the upper half, which has `bits` bits; what is equal in it stays in order.
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
