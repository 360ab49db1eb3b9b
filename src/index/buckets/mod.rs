//! Multi-index hashing: exact search that compares few codes (Norouzi, Punjani and Fleet, "Fast Exact Search in Hamming
//! Space with Multi-Index Hashing", 2014).
//!
//! The bits of a code are distributed over a few parts. A table for each part holds the rows by the value of the part's
//! bits; the rows with one value are a *bucket*. Level n of a part is the set of buckets whose value differs from the
//! query's value in n bits.
//!
//! A search takes levels of the parts, from level 0 on. Let it have searched n levels in all parts together. A code
//! that differs from the query in fewer than n bits differs, in at least one part, in fewer bits than that part has
//! levels searched. So the search has found that code.
//!
//! The part whose next level is searched is free to choose (Qin et al., "GPH: Similarity Search in Hamming Space",
//! 2018). This search takes the cheapest.

mod fit;
mod linear;
mod search;
mod seen;
mod table;

use std::sync::Arc;

use rayon::prelude::*;

use super::codes::CodesRef;
use super::kernel::Kernel;
use super::rows::RowSet;
pub(super) use search::Probe;
pub(super) use table::{BUCKET_BITS_AT_MOST, Key, Table, entry_words, tag_bits_at_most};

/// Fewer codes than this are scanned. They get no tables.
pub(super) const ROWS_AT_LEAST: usize = 20_000;

/// A part of the bits of a code with its table.
#[derive(Clone, Debug)]
pub(super) struct Part {
    pub key: Key,
    pub table: Table,
    /// The expected cost of searching each level, in nanoseconds. Levels beyond these are never searched.
    pub level_nanos: Vec<f32>,
}

/// The tables of some codes, and what is known about their use.
#[derive(Clone, Debug)]
pub(super) struct Buckets {
    pub parts: Arc<Vec<Part>>,
    /// The search scans instead if the tables would cost more than this fraction of a scan.
    pub patience: f32,
    /// The expected average cost of a search for the ten nearest, in nanoseconds.
    pub typical_nanos: f32,
}

impl Buckets {
    /// Fits tables to the codes and builds them. `None`: a scan of these codes is faster.
    pub fn build(codes: CodesRef<'_>) -> Option<Self> {
        if codes.len() < ROWS_AT_LEAST {
            return None;
        }
        let plan = fit::fit(codes, Kernel::chosen())?;
        let parts = plan
            .parts
            .into_par_iter()
            .map(|(key, level_nanos)| {
                let table = Table::build(&key, codes);
                Part { key, table, level_nanos }
            })
            .collect();
        Some(Self { parts: Arc::new(parts), patience: plan.patience, typical_nanos: plan.typical_nanos })
    }

    pub fn bytes(&self) -> u64 {
        self.parts.iter().map(|part| part.table.bytes()).sum()
    }

    /// Whether a search for the `k` nearest is expected to cost less than a scan, which takes `scan_nanos`. `share` is
    /// the fraction of rows that may be found. The fewer rows may be found, the farther away the nearest of them are:
    /// ten of a tenth of the rows are about as far away as a hundred of all rows.
    pub fn promise(&self, k: usize, share: f32, scan_nanos: f32) -> bool {
        // The exponent with which the cost grows with the number of rows wanted. Ten times as many rows took 3.2 to 6.5
        // times as long, with codes of 64 and 128 bits, for a million and ten million codes.
        const GROWTH: f32 = 0.65;
        // The search for all rows within a radius (`k` is `usize::MAX`) may find few rows, so its cost is not scaled
        // up.
        let of_ten = if k == usize::MAX { 1.0 } else { k as f32 / (10.0 * share) };
        self.typical_nanos * of_ten.max(1.0).powf(GROWTH) < scan_nanos
    }

    /// A search through these tables. `codes` must be the codes that the tables were built from. The first code is row
    /// `first_row` of the index.
    pub fn probe<'a, const W: usize>(
        &'a self,
        codes: CodesRef<'a>,
        first_row: usize,
        allowed: Option<&'a RowSet>,
    ) -> Probe<'a, W> {
        Probe::new(&self.parts, codes.words().as_chunks().0, first_row, allowed)
    }
}

#[cfg(test)]
mod tests;
