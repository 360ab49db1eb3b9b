//! Multi-index hashing: exact search that looks at few codes (Norouzi, Punjani, Fleet: "Fast Exact Search in Hamming Space
//! with Multi-Index Hashing", 2014).
//!
//! The bits of a code are shared out over a few parts, and for each part a table holds the rows by the value of its bits.
//! If a code differs from the query in fewer bits than there are levels searched in all parts together, then in some part
//! it differs in fewer bits than there are levels searched in that part: so it was found there. A level is the buckets
//! whose value differs from the query's in 0, 1, 2, ... bits. Which part to take a level further next is free to choose
//! (Qin et al.: "GPH: Similarity Search in Hamming Space", 2018), and the cheapest is chosen each time.

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

/// Fewer codes than this are scanned before a table is looked at.
pub(super) const ROWS_AT_LEAST: usize = 20_000;

/// A part of the bits of a code with its table.
#[derive(Clone, Debug)]
pub(super) struct Part {
    pub key: Key,
    pub table: Table,
    /// What searching each level is expected to cost, in nanoseconds. Levels beyond are never searched.
    pub level_nanos: Vec<f32>,
}

/// The tables of some codes, and what is known of their use.
#[derive(Clone, Debug)]
pub(super) struct Buckets {
    pub parts: Arc<Vec<Part>>,
    /// The search gives up, for a scan, where it would cost more than this share of one.
    pub patience: f32,
    /// What a search for the ten nearest is expected to cost on average, in nanoseconds.
    pub typical_nanos: f32,
}

impl Buckets {
    /// Fits tables to the codes and builds them, or tells by `None` that a scan of these codes is faster.
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

    /// Whether a search for the `k` nearest, of the `share` of the rows that may be found, is expected to cost less than a scan,
    /// which takes `scan_nanos`. Of a tenth of the rows ten are as far away as a hundred of all.
    pub fn promise(&self, k: usize, share: f32, scan_nanos: f32) -> bool {
        // How the cost grows with the number that is wanted: ten times as many took 3.2 to 6.5 times as long in codes of
        // 64 and 128 bits, a million and ten million of them.
        const GROWTH: f32 = 0.65;
        // All that is within a radius may be few.
        let of_ten = if k == usize::MAX { 1.0 } else { k as f32 / (10.0 * share) };
        self.typical_nanos * of_ten.max(1.0).powf(GROWTH) < scan_nanos
    }

    /// For searching `codes`, which these tables were built from, from row `first_row` of an index on.
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
