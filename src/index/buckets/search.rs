//! Searching the tables level by level.

use std::ops::Range;

use super::Part;
use super::fit::{BUCKET_NANOS, CODE_NANOS, ENTRY_NANOS, PROBE_NANOS, ROW_NANOS};
use super::seen::Seen;
use super::table::{View, entry_words};
use crate::index::kernel::{Kernel, Wanted, prefetch};
use crate::index::rows::RowSet;
use crate::index::select::Selection;

/// Buckets are looked up in batches of this size before their entries are read, and entries before their codes are
/// read. So the reads overlap.
const BATCH: usize = 256;

/// The size of a batch of entries while fewer rows are found than are wanted. Until then every entry seems near.
const FIRST_BATCH: usize = 32;

/// The entries of a bucket that are prefetched. The processor prefetches longer runs by itself.
const AHEAD: u32 = 128;

/// A search through the tables. It serves one query after another.
pub(in crate::index) struct Probe<'a, const W: usize> {
    parts: &'a [Part],
    tables: Vec<View<'a>>,
    codes: &'a [[u64; W]],
    first_row: usize,
    allowed: Option<&'a RowSet>,
    kernel: Kernel,
    query: [u64; W],
    spent_nanos: f32,
    /// For each part, the query's bucket, the query's tag, and the number of levels searched.
    buckets: Vec<u32>,
    tags: Vec<[u64; 2]>,
    levels: Vec<u32>,
    /// The part that is being searched, and its level.
    part: usize,
    level: u32,
    /// The rows that were offered. A row that is found in several parts counts once.
    seen: Seen,
    /// The buckets that hold rows, later their numbers; and the entries of each bucket.
    found: Vec<u32>,
    ranges: Vec<Range<u32>>,
    /// Entries whose tags are near: the number of differing bits (upper half) and the row (lower half). Then the rows
    /// among them that may be found, and their distances.
    near: Vec<u64>,
    rows: Vec<u32>,
    distances: Vec<u16>,
}

impl<'a, const W: usize> Probe<'a, W> {
    pub fn new(parts: &'a [Part], codes: &'a [[u64; W]], first_row: usize, allowed: Option<&'a RowSet>) -> Self {
        Self {
            parts,
            tables: parts.iter().map(|part| part.table.view()).collect(),
            codes,
            first_row,
            allowed,
            kernel: Kernel::chosen(),
            query: [0; W],
            spent_nanos: 0.0,
            buckets: Vec::new(),
            tags: Vec::new(),
            levels: Vec::new(),
            part: 0,
            level: 0,
            seen: Seen::default(),
            found: Vec::with_capacity(2 * BATCH),
            ranges: Vec::with_capacity(2 * BATCH),
            near: Vec::with_capacity(2 * BATCH),
            rows: Vec::with_capacity(2 * BATCH),
            distances: Vec::with_capacity(2 * BATCH),
        }
    }

    /// Offers rows to the selection until everything that the selection wants is found, and returns true. Returns false
    /// as soon as that would cost more than the budget.
    pub fn search(&mut self, query: &[u64; W], selection: &mut Selection, budget_nanos: f32) -> bool {
        (self.query, self.spent_nanos) = (*query, 0.0);
        self.buckets.clear();
        self.buckets.extend(self.parts.iter().map(|part| part.key.bucket(query)));
        self.tags.clear();
        self.tags.extend(self.parts.iter().map(|part| part.key.tag(query)));
        self.levels.clear();
        self.levels.resize(self.parts.len(), 0);
        self.seen.clear();
        loop {
            // Every code that differs in fewer bits than this was found.
            let certain: u32 = self.levels.iter().sum();
            if selection.reach().is_none_or(|reach| reach < certain) {
                return true;
            }
            let Some((part, nanos)) = cheapest(self.parts.iter().map(|part| &part.level_nanos[..]), &self.levels)
            else {
                return false;
            };
            // A level that is more expensive than expected may have spent the budget alone.
            if self.spent_nanos + nanos > budget_nanos {
                return false;
            }
            (self.part, self.level) = (part, self.levels[part]);
            self.search_level(selection);
            self.levels[part] += 1;
        }
    }

    /// Prefetches what the queries after `queries[0]` will read first: the directory, the starts of the entries, and
    /// the entries. Each of these steps happens while another query is searched.
    pub fn expect(&self, queries: &[[u64; W]]) {
        for (part, table) in self.parts.iter().zip(&self.tables) {
            let bucket = |ahead: usize| queries.get(ahead).map(|query| part.key.bucket(query));
            if let Some(bucket) = bucket(3) {
                prefetch(&table.directory[bucket as usize / 32]);
                for flip in &part.key.flips {
                    prefetch(&table.directory[(bucket ^ flip) as usize / 32]);
                }
            }
            let number = |bucket: u32| {
                let mut number = [bucket];
                self.kernel.numbers(table.directory, &mut number);
                number[0] as usize
            };
            if let Some(bucket) = bucket(2).filter(|&bucket| table.holds(bucket)) {
                prefetch(&table.starts[number(bucket)]);
            }
            if let Some(bucket) = bucket(1).filter(|&bucket| table.holds(bucket)) {
                self.ask_for_entries(table, &table.range(number(bucket)));
            }
        }
    }

    fn ask_for_entries(&self, table: &View<'_>, range: &Range<u32>) {
        let words = entry_words(64 * W);
        let end = range.end.min(range.start + AHEAD);
        for line in table.entries[range.start as usize * words..end as usize * words].iter().step_by(8) {
            prefetch(line);
        }
    }

    fn search_level(&mut self, selection: &mut Selection) {
        let (bucket, flips) = (self.buckets[self.part], &self.parts[self.part].key.flips);
        match self.level as usize {
            0 => self.look_up(bucket, &[0], selection),
            level => self.flip(bucket, flips, level, selection),
        }
        self.visit(selection);
    }

    /// Looks up the buckets that differ from `bucket` by `more` of `flips`.
    fn flip(&mut self, bucket: u32, flips: &[u32], more: usize, selection: &mut Selection) {
        if more == 1 {
            return self.look_up(bucket, flips, selection);
        }
        for at in 0..(flips.len() + 1).saturating_sub(more) {
            self.flip(bucket ^ flips[at], &flips[at + 1..], more - 1, selection);
        }
    }

    fn look_up(&mut self, bucket: u32, flips: &[u32], selection: &mut Selection) {
        let table = self.tables[self.part];
        self.spent_nanos += PROBE_NANOS * flips.len() as f32;
        let mut end = self.found.len();
        self.found.resize(end + flips.len(), 0);
        for flip in flips {
            // This has no branch, because the processor would predict it wrongly half of the time.
            self.found[end] = bucket ^ flip;
            end += usize::from(table.holds(bucket ^ flip));
        }
        self.found.truncate(end);
        if end >= BATCH {
            self.visit(selection);
        }
    }

    /// Looks at the entries of the buckets that were found. Each step prefetches what the next step will read, for all
    /// buckets at once. Memory answers one request slowly, but many requests at the same time.
    fn visit(&mut self, selection: &mut Selection) {
        let (table, words) = (self.tables[self.part], entry_words(64 * W));
        self.kernel.numbers(table.directory, &mut self.found);
        for &number in &self.found {
            prefetch(&table.starts[number as usize]);
        }
        self.spent_nanos += BUCKET_NANOS * self.found.len() as f32;
        self.ranges.clear();
        let mut entries = 0;
        for &number in &self.found {
            let range = table.range(number as usize);
            self.ask_for_entries(&table, &range);
            entries += range.len();
            self.ranges.push(range);
        }
        self.found.clear();
        self.spent_nanos += ENTRY_NANOS * entries as f32;
        let row_mask = self.parts[self.part].key.row_mask;
        let mut ranges = std::mem::take(&mut self.ranges);
        let mut left = &mut ranges[..];
        // Rows that are found in some buckets narrow the search in the remaining ones.
        while let (false, Some(reach)) =
            (left.is_empty(), selection.reach().and_then(|reach| reach.checked_sub(self.level)))
        {
            let few = !selection.is_full() && selection.k() <= BATCH;
            let enough = if few { FIRST_BATCH } else { BATCH };
            let wanted = Wanted { tag: self.tags[self.part], row_mask, reach, enough };
            let done = self.kernel.entries_within(table.entries, words, left, wanted, &mut self.near);
            left = &mut left[done..];
            self.verify(selection);
        }
        self.ranges = ranges;
    }

    /// Offers the rows of the entries whose tags are near.
    fn verify(&mut self, selection: &mut Selection) {
        self.spent_nanos += ROW_NANOS * self.near.len() as f32;
        self.rows.clear();
        self.rows.resize(self.near.len(), 0);
        self.distances.clear();
        self.distances.resize(self.near.len(), 0);
        let mut kept = 0;
        for &entry in &self.near {
            let (distance, row) = (self.level + (entry >> 32) as u32, entry as u32);
            let in_index = self.first_row as u32 + row;
            let allowed = self.allowed.is_none_or(|set| set.contains(in_index as usize));
            // No branch, as above.
            (self.rows[kept], self.distances[kept]) = (row, distance as u16);
            kept += usize::from(allowed & selection.wants(distance, in_index));
        }
        self.near.clear();
        self.rows.truncate(kept);
        if !self.parts[self.part].key.is_complete {
            // The distance is at least as large.
            self.spent_nanos += CODE_NANOS * kept as f32;
            for &row in &self.rows {
                prefetch(&self.codes[row as usize]);
            }
            self.distances.clear();
            self.kernel.distances_of(self.codes, &self.rows, &self.query, &mut self.distances);
        }
        for at in 0..kept {
            let (row, distance) = (self.rows[at], u32::from(self.distances[at]));
            let in_index = self.first_row as u32 + row;
            if selection.wants(distance, in_index) && self.seen.is_new(row) {
                selection.offer_unordered(distance, in_index);
            }
        }
    }
}

/// The part whose next level is expected to cost least, and that cost. `None` if a part has no more levels: then no
/// order of levels is known to be cheaper than a scan.
pub(super) fn cheapest<'a>(level_nanos: impl Iterator<Item = &'a [f32]>, levels: &[u32]) -> Option<(usize, f32)> {
    level_nanos
        .zip(levels)
        .enumerate()
        .filter_map(|(part, (nanos, &level))| nanos.get(level as usize).map(|&nanos| (part, nanos)))
        .min_by(|a, b| a.1.total_cmp(&b.1))
}
