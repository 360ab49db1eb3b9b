//! Searching the tables level by level.

use std::ops::Range;

use super::Part;
use super::fit::{BUCKET_NANOS, CODE_NANOS, ENTRY_NANOS, PROBE_NANOS, ROW_NANOS};
use crate::index::kernel::{Kernel, prefetch};
use crate::index::rows::RowSet;
use crate::index::select::Selection;

/// Buckets that are looked up before their entries are, so that the look-ups overlap.
const BATCH: usize = 256;

/// Entries of a bucket that are looked at together.
const PIECE: usize = 1024;

/// One query's way through the tables.
pub(super) struct Probe<'a, const W: usize> {
    parts: &'a [Part],
    codes: &'a [[u64; W]],
    query: [u64; W],
    first_row: usize,
    allowed: Option<&'a RowSet>,
    selection: &'a mut Selection,
    kernel: Kernel,
    /// How many levels of each part were searched.
    levels: Vec<u32>,
    /// The part that is being searched, and the query's tag in it.
    part: usize,
    tag: u32,
    spent_nanos: f32,
    /// Buckets that hold rows, then their numbers; the entries of each; those whose tags are near, then their rows; the
    /// distances of these.
    found: Vec<u32>,
    ranges: Vec<Range<usize>>,
    near: Vec<u32>,
    distances: Vec<u16>,
}

impl<'a, const W: usize> Probe<'a, W> {
    pub fn new(
        parts: &'a [Part],
        codes: &'a [[u64; W]],
        query: [u64; W],
        first_row: usize,
        allowed: Option<&'a RowSet>,
        selection: &'a mut Selection,
    ) -> Self {
        Self {
            parts,
            codes,
            query,
            first_row,
            allowed,
            selection,
            kernel: Kernel::chosen(),
            levels: vec![0; parts.len()],
            part: 0,
            tag: 0,
            spent_nanos: 0.0,
            found: Vec::with_capacity(2 * BATCH),
            ranges: Vec::with_capacity(2 * BATCH),
            near: Vec::with_capacity(PIECE),
            distances: Vec::with_capacity(PIECE),
        }
    }

    /// Searches until all that is wanted is found, and tells whether it was: not where that would go beyond the budget.
    pub fn run(mut self, budget_nanos: f32) -> bool {
        loop {
            // Whatever differs in fewer bits than this was found.
            let certain: u32 = self.levels.iter().sum();
            if self.selection.reach().is_none_or(|reach| reach < certain) {
                return true;
            }
            let Some((part, nanos)) = cheapest(self.parts.iter().map(|part| &part.level_nanos[..]), &self.levels)
            else {
                return false;
            };
            // A level that is dearer than expected may have spent the budget alone.
            if self.spent_nanos + nanos > budget_nanos {
                return false;
            }
            self.part = part;
            self.search_level();
            self.levels[part] += 1;
        }
    }

    fn search_level(&mut self) {
        let key = &self.parts[self.part].key;
        let bucket = key.bucket(&self.query);
        self.tag = key.tag(&self.query);
        match self.levels[self.part] as usize {
            0 => self.look_up(bucket, &[0]),
            level => self.flip(bucket, &key.flips, level),
        }
        self.visit();
    }

    /// Looks up the buckets that differ from `bucket` by `more` of `flips`.
    fn flip(&mut self, bucket: u32, flips: &[u32], more: usize) {
        if more == 1 {
            return self.look_up(bucket, flips);
        }
        for at in 0..(flips.len() + 1).saturating_sub(more) {
            self.flip(bucket ^ flips[at], &flips[at + 1..], more - 1);
        }
    }

    fn look_up(&mut self, bucket: u32, flips: &[u32]) {
        let table = &self.parts[self.part].table;
        self.spent_nanos += PROBE_NANOS * flips.len() as f32;
        let mut end = self.found.len();
        self.found.resize(end + flips.len(), 0);
        for flip in flips {
            // Without a branch, which would be mispredicted half of the time.
            self.found[end] = bucket ^ flip;
            end += usize::from(table.holds(bucket ^ flip));
        }
        self.found.truncate(end);
        if end >= BATCH {
            self.visit();
        }
    }

    /// Looks at the entries of the buckets that were found. Each step asks for what the next one will read, for all
    /// buckets at once: memory is slow to answer one question, but answers many at a time.
    fn visit(&mut self) {
        let table = &self.parts[self.part].table;
        let level = self.levels[self.part];
        let (starts, tags) = (table.starts(), table.tags());
        for bucket in &mut self.found {
            *bucket = table.number(*bucket);
            prefetch(&starts[*bucket as usize]);
        }
        self.spent_nanos += BUCKET_NANOS * self.found.len() as f32;
        for &number in &self.found {
            let range = starts[number as usize] as usize..starts[number as usize + 1] as usize;
            prefetch(&tags[range.start]);
            self.ranges.push(range);
        }
        self.found.clear();
        let mut ranges = std::mem::take(&mut self.ranges);
        for range in ranges.drain(..) {
            self.spent_nanos += ENTRY_NANOS * range.len() as f32;
            // Long buckets in pieces, as what is found in one narrows the search in the next.
            for start in range.clone().step_by(PIECE) {
                let piece = start..range.end.min(start + PIECE);
                if let Some(reach) = self.selection.reach().and_then(|reach| reach.checked_sub(level)) {
                    self.kernel.tags_within(tags, piece, self.tag, reach, &mut self.near);
                }
                if self.near.len() >= BATCH {
                    self.verify();
                }
            }
        }
        self.ranges = ranges;
        self.verify();
    }

    /// Looks at the codes of the entries whose tags are near, but not of those that may not be found: whether they may costs
    /// less to know.
    fn verify(&mut self) {
        self.spent_nanos += ROW_NANOS * self.near.len() as f32;
        let rows = self.parts[self.part].table.rows();
        for &at in &self.near {
            prefetch(&rows[at as usize]);
        }
        match self.allowed {
            None => self.near.iter_mut().for_each(|at| *at = rows[*at as usize]),
            Some(allowed) => {
                let mut end = 0;
                for at in 0..self.near.len() {
                    // Without a branch, as above.
                    let row = rows[self.near[at] as usize];
                    self.near[end] = row;
                    end += usize::from(allowed.contains(self.first_row + row as usize));
                }
                self.near.truncate(end);
            }
        }
        self.spent_nanos += CODE_NANOS * self.near.len() as f32;
        for &row in &self.near {
            prefetch(&self.codes[row as usize]);
        }
        self.distances.clear();
        self.kernel.distances_of(self.codes, &self.near, &self.query, &mut self.distances);
        for at in 0..self.near.len() {
            let (row, distance) = (self.near[at], u32::from(self.distances[at]));
            if self.selection.wants(distance, self.first_row as u32 + row) {
                self.offer(row, distance);
            }
        }
        self.near.clear();
    }

    fn offer(&mut self, row: u32, distance: u32) {
        // A row is found in several parts. It counts where it is found first.
        let code = &self.codes[row as usize];
        let differing: [u64; W] = std::array::from_fn(|at| code[at] ^ self.query[at]);
        let first = self.parts.iter().zip(&self.levels).all(|(part, &levels)| part.key.level(&differing) >= levels);
        if first {
            self.selection.offer_unordered(distance, self.first_row as u32 + row);
        }
    }
}

/// The part whose next level is expected to cost least, and how much; `None` where a part has no more levels, as then no
/// order of them is known to be better than a scan.
pub(super) fn cheapest<'a>(level_nanos: impl Iterator<Item = &'a [f32]>, levels: &[u32]) -> Option<(usize, f32)> {
    level_nanos
        .zip(levels)
        .enumerate()
        .filter_map(|(part, (nanos, &level))| nanos.get(level as usize).map(|&nanos| (part, nanos)))
        .min_by(|a, b| a.1.total_cmp(&b.1))
}
