//! The kernel for any machine. Tests compare the other kernels with it.

use std::ops::Range;

use super::{Block, GROUP, Wanted};
use crate::index::select::Selection;

pub(super) fn scan<const W: usize>(block: &Block<'_>, queries: &[[u64; W]], selections: &mut [Selection]) {
    for group in 0..block.words.len() / (W * GROUP) {
        let allowed = block.allowed(group);
        let mut near = 0;
        for (query, selection) in queries.iter().zip(&*selections) {
            for lane in 0..GROUP {
                near |= u8::from(block.distance(group, lane, query) < selection.limit()) << lane;
            }
        }
        if near & allowed != 0 {
            block.admit(group, near, queries, selections);
        }
    }
}

/// Also inlined into the other kernels, where the compiler may use their instructions.
#[inline(always)]
pub(super) fn distances<const W: usize>(codes: &[[u64; W]], query: &[u64; W], out: &mut Vec<u16>) {
    out.extend(codes.iter().map(|code| {
        let mut distance = 0;
        for at in 0..W {
            distance += (code[at] ^ query[at]).count_ones();
        }
        distance as u16
    }));
}

/// Also inlined into the other kernels.
#[inline(always)]
pub(super) fn count_ones(words: &[u64]) -> usize {
    words.iter().map(|word| word.count_ones() as usize).sum()
}

/// Also inlined into the other kernels.
#[inline(always)]
pub(super) fn entries_within<const E: usize>(
    entries: &[[u64; E]],
    ranges: &mut [Range<u32>],
    wanted: Wanted,
    out: &mut Vec<u64>,
) -> usize {
    let Wanted { tag, row_mask, reach, enough } = wanted;
    for (number, range) in ranges.iter_mut().enumerate() {
        for entry in &entries[range.start as usize..range.end as usize] {
            range.start += 1;
            let mut differing = ((entry[0] ^ tag[0]) & !row_mask).count_ones();
            for at in 1..E {
                differing += (entry[at] ^ tag[at]).count_ones();
            }
            if differing <= reach {
                out.push(u64::from(differing) << 32 | entry[0] & row_mask);
                if out.len() >= enough {
                    return number;
                }
            }
        }
    }
    ranges.len()
}

/// Also inlined into the other kernels.
#[inline(always)]
pub(super) fn numbers(directory: &[u64], buckets: &mut [u32]) {
    for bucket in buckets {
        let word = directory[*bucket as usize / 32];
        let before = (word as u32 & ((1 << (*bucket % 32)) - 1)).count_ones();
        *bucket = (word >> 32) as u32 + before;
    }
}

/// Also inlined into the other kernels.
#[inline(always)]
pub(super) fn distances_of<const W: usize>(codes: &[[u64; W]], rows: &[u32], query: &[u64; W], out: &mut Vec<u16>) {
    out.extend(rows.iter().map(|&row| {
        let code = &codes[row as usize];
        let mut distance = 0;
        for at in 0..W {
            distance += (code[at] ^ query[at]).count_ones();
        }
        distance as u16
    }));
}
