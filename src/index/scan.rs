//! Exhaustive search: every code is compared, so the answer is exact.
//!
//! Many queries share one pass: a block of codes that fits into the cache is compared with all queries before the next
//! block is read.

use rayon::prelude::*;

use super::codes::{CodesRef, words_per_code};
use super::kernel::{Block, GROUP, Kernel, Order, Rows, interleave};
use super::rows::{RowSet, ones};
use super::select::Selection;

/// A row, and the number of bits in which its code differs from the query's code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Neighbour {
    pub distance: u32,
    pub row: usize,
}

/// The bytes of codes that all queries are compared with before the next block: they fit into a core's first cache.
const BLOCK_BYTES: usize = 32 << 10;

/// The time to copy one allowed code of `words` words out of a block, in nanoseconds. All queries are then compared
/// with the copies alone.
fn gather_nanos(words: usize) -> f32 {
    0.5 + 0.8 * words as f32
}

/// The time to find out which of 64 rows are allowed, in nanoseconds.
const MASK_NANOS: f32 = 1.0;

/// From this number of queries on, it pays to bring a block's words into the order that the kernels read fastest.
const INTERLEAVE_FROM: usize = 5;

/// The number of queries that one thread takes through the codes together.
const QUERIES_A_PASS: usize = 1024;

/// From this number of words on, another thread pays.
const WORDS_A_THREAD: usize = 1 << 15;

/// Consecutive rows of an index: their codes, and which of the rows may be found.
#[derive(Clone, Copy, Debug)]
pub(super) struct Part<'a> {
    pub codes: CodesRef<'a>,
    /// The first code's row, counted in the whole index and in `allowed`.
    pub first_row: usize,
    pub allowed: Option<&'a RowSet>,
}

/// Writes the Hamming distance from `query` to every row to `out`, in row order.
///
/// # Panics
/// If the query and the codes have different numbers of words.
pub fn distances(codes: CodesRef<'_>, query: &[u64], out: &mut Vec<u16>) {
    assert_eq!(query.len(), words_per_code(codes.bits()), "a query of the codes' width");
    out.clear();
    append_distances(codes, query, out);
}

/// Appends what [`distances`] writes. `query` must have the width of the codes.
pub(super) fn append_distances(codes: CodesRef<'_>, query: &[u64], out: &mut Vec<u16>) {
    fn with_width<const W: usize>(codes: CodesRef<'_>, query: &[u64], out: &mut Vec<u16>) {
        Kernel::chosen().distances::<W>(codes.words().as_chunks().0, &as_array(query), out);
    }
    by_width!(query.len(), with_width(codes, query, out))
}

/// The `k` nearest rows among `allowed` (`None`: all rows) by (distance, row), nearest first. If there are fewer rows,
/// all of them.
///
/// # Panics
/// If the query and the codes have different numbers of words, or if `allowed` is of another index.
pub fn nearest(codes: CodesRef<'_>, query: &[u64], k: usize, allowed: Option<&RowSet>) -> Vec<Neighbour> {
    assert_eq!(query.len(), words_per_code(codes.bits()), "a query of the codes' width");
    let mut found = nearest_to_each(codes, CodesRef::new(codes.bits(), query), k, allowed);
    found.pop().unwrap_or_default()
}

/// What [`nearest`] gives for each of `queries`. The queries share the work.
///
/// # Panics
/// If the queries and the codes have different widths, or if `allowed` is of another index.
pub fn nearest_to_each(
    codes: CodesRef<'_>,
    queries: CodesRef<'_>,
    k: usize,
    allowed: Option<&RowSet>,
) -> Vec<Vec<Neighbour>> {
    nearest_to_each_by(Kernel::chosen(), codes, queries, k, allowed)
}

/// Like [`nearest_to_each`], with a given kernel. For measurements.
pub fn nearest_to_each_by(
    kernel: Kernel,
    codes: CodesRef<'_>,
    queries: CodesRef<'_>,
    k: usize,
    allowed: Option<&RowSet>,
) -> Vec<Vec<Neighbour>> {
    assert!(allowed.is_none_or(|set| set.universe() == codes.len()), "a set of this index's rows");
    let part = Part { codes, first_row: 0, allowed };
    let mut selections: Vec<_> = queries.iter().map(|_| Selection::new(k, codes.bits() as u32)).collect();
    scan(kernel, part, queries, &mut selections);
    selections.into_par_iter().map(Selection::finish).collect()
}

/// Offers the rows of `part` to the selection of each query, on as many threads of the current pool as pay.
///
/// # Panics
/// If the widths differ, if there are not as many selections as queries, or if a row does not fit into 32 bits.
pub(super) fn scan(kernel: Kernel, part: Part<'_>, queries: CodesRef<'_>, selections: &mut [Selection]) {
    assert_eq!(queries.bits(), part.codes.bits(), "queries of the codes' width");
    assert!(u32::try_from(part.first_row + part.codes.len()).is_ok(), "an index has fewer than 2^32 rows");
    let width = words_per_code(queries.bits());
    let threads = rayon::current_num_threads();
    let worth = (part.codes.words().len() / WORDS_A_THREAD).clamp(1, threads);
    if worth == 1 && queries.len() < INTERLEAVE_FROM * threads {
        by_width!(width, sweep(kernel, part, queries, selections))
    } else if queries.len() >= INTERLEAVE_FROM * threads {
        // Each thread gets whole groups of queries, and several of them, so that no thread waits long for another.
        let share = queries.len().div_ceil(threads).next_multiple_of(8).min(QUERIES_A_PASS);
        let pieces = queries.words().par_chunks(share * width).zip(selections.par_chunks_mut(share));
        pieces.for_each(|(words, selections)| {
            let queries = CodesRef::new(part.codes.bits(), words);
            by_width!(width, sweep(kernel, part, queries, selections))
        });
    } else {
        let share = part.codes.len().div_ceil(worth).next_multiple_of(64);
        let ranges: Vec<_> = (0..part.codes.len()).step_by(share).collect();
        let found: Vec<Vec<Selection>> = ranges
            .into_par_iter()
            .map(|start| {
                let end = part.codes.len().min(start + share);
                let part = Part { codes: part.codes.slice(start..end), first_row: part.first_row + start, ..part };
                let mut own: Vec<_> = selections.iter().map(Selection::fresh).collect();
                by_width!(width, sweep(kernel, part, queries, &mut own));
                own
            })
            .collect();
        for own in found {
            selections.iter_mut().zip(own).for_each(|(selection, found)| selection.merge(found));
        }
    }
}

/// The expected time of a scan of `codes` for each of `queries` queries that share it, in nanoseconds on one thread, if
/// `rows` rows are allowed.
pub(super) fn scan_nanos(kernel: Kernel, rows: usize, codes: CodesRef<'_>, queries: usize) -> f32 {
    const CACHED_BYTES: usize = 8 << 20;
    let words = words_per_code(codes.bits());
    let each = compare_nanos(kernel, words, queries);
    if rows == codes.len() {
        // A single query waits for memory.
        let waits = queries < INTERLEAVE_FROM && codes.words().len() * 8 > CACHED_BYTES;
        return codes.len() as f32 * if waits { each.max(0.45 * words as f32) } else { each };
    }
    let shared = queries.min(QUERIES_A_PASS) as f32;
    let masks = MASK_NANOS * codes.len() as f32 / 64.0 / shared;
    let gathered = rows as f32 * (gather_nanos(words) / shared + each);
    masks + gathered.min(codes.len() as f32 * each)
}

/// The time to compare a code of `words` words, which is in the cache, with one of `queries` queries.
fn compare_nanos(kernel: Kernel, words: usize, queries: usize) -> f32 {
    kernel.code_nanos(words) * if queries < INTERLEAVE_FROM { 1.5 } else { 1.0 }
}

/// One pass over the codes, block by block, with all queries.
fn sweep<const W: usize>(kernel: Kernel, part: Part<'_>, queries: CodesRef<'_>, selections: &mut [Selection]) {
    let mut sweep = Sweep::<W> {
        kernel,
        queries: queries.words().as_chunks().0,
        each_nanos: compare_nanos(kernel, W, queries.len()) * queries.len() as f32,
        selections,
        gathered: Vec::new(),
        gathered_rows: Vec::new(),
        masks: Vec::new(),
        interleaved: Vec::new(),
    };
    let block_rows = BLOCK_BYTES / (8 * W) / 64 * 64;
    for (number, words) in part.codes.words().chunks(block_rows * W).enumerate() {
        sweep.block(words, part.first_row + number * block_rows, part.allowed);
    }
    sweep.compare_gathered();
}

struct Sweep<'a, const W: usize> {
    kernel: Kernel,
    queries: &'a [[u64; W]],
    selections: &'a mut [Selection],
    /// The time to compare one code with all queries, in nanoseconds.
    each_nanos: f32,
    /// The allowed codes of blocks that have few of them, and their rows.
    gathered: Vec<u64>,
    gathered_rows: Vec<u32>,
    /// Which of the block's rows are allowed, 64 rows a word.
    masks: Vec<u64>,
    interleaved: Vec<u64>,
}

impl<const W: usize> Sweep<'_, W> {
    fn block(&mut self, words: &[u64], first_row: usize, allowed: Option<&RowSet>) {
        let rows = words.len() / W;
        let Some(allowed) = allowed else {
            return self.compare(words, Rows::From(first_row as u32), None);
        };
        self.masks.clear();
        self.masks.extend((0..rows).step_by(64).map(|at| allowed.word_at(first_row + at)));
        if let (rest @ 1.., Some(last)) = (rows % 64, self.masks.last_mut()) {
            *last &= (1 << rest) - 1;
        }
        let count = self.kernel.count_ones(&self.masks);
        let masks = std::mem::take(&mut self.masks);
        if count as f32 * (gather_nanos(W) + self.each_nanos) >= rows as f32 * self.each_nanos {
            self.compare_gathered();
            self.compare(words, Rows::From(first_row as u32), Some(bytemuck::cast_slice(&masks)));
        } else if count > 0 {
            for (at, &mask) in masks.iter().enumerate() {
                for bit in ones(mask) {
                    let row = at * 64 + bit;
                    self.gathered.extend_from_slice(&words[row * W..][..W]);
                    self.gathered_rows.push((first_row + row) as u32);
                }
            }
            if self.gathered.len() * 8 >= BLOCK_BYTES {
                self.compare_gathered();
            }
        }
        self.masks = masks;
    }

    fn compare_gathered(&mut self) {
        let (words, rows) = (std::mem::take(&mut self.gathered), std::mem::take(&mut self.gathered_rows));
        self.compare(&words, Rows::List(&rows), None);
        (self.gathered, self.gathered_rows) = (words, rows);
        self.gathered.clear();
        self.gathered_rows.clear();
    }

    /// `allowed` has one byte for each group of codes, and may have more.
    fn compare(&mut self, words: &[u64], rows: Rows<'_>, allowed: Option<&[u8]>) {
        let (whole, rest) = words.split_at(words.len() / (GROUP * W) * GROUP * W);
        let groups = whole.len() / (GROUP * W);
        let mut block = Block { words: whole, order: Order::Rows, allowed: allowed.map(|a| &a[..groups]), rows };
        if W > 1 && self.queries.len() >= INTERLEAVE_FROM {
            self.interleaved.resize(whole.len(), 0);
            interleave::<W>(whole, &mut self.interleaved);
            (block.words, block.order) = (&self.interleaved, Order::Words);
        }
        self.kernel.scan(&block, self.queries, self.selections);
        if !rest.is_empty() {
            let codes = rest.len() / W;
            let mut padded = [[0; W]; GROUP];
            padded.as_flattened_mut()[..rest.len()].copy_from_slice(rest);
            let there = (1u8 << codes) - 1;
            let allowed = [allowed.map_or(there, |allowed| allowed[groups] & there)];
            let rows = match rows {
                Rows::From(first) => Rows::From(first + (groups * GROUP) as u32),
                Rows::List(rows) => Rows::List(&rows[groups * GROUP..]),
            };
            let block = Block { words: padded.as_flattened(), order: Order::Rows, allowed: Some(&allowed), rows };
            self.kernel.scan(&block, self.queries, self.selections);
        }
    }
}

/// # Panics
/// If there are not `W` words.
pub(super) fn as_array<const W: usize>(words: &[u64]) -> [u64; W] {
    let mut array = [0; W];
    array.copy_from_slice(words);
    array
}

#[cfg(test)]
mod tests;
