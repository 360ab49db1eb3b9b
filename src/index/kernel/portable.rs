//! The kernel for any machine, and the reference that the others are held against.

use std::ops::Range;

use super::{Block, GROUP};
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

/// Inlined into the other kernels too, where the compiler may use their instructions for it.
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

/// Inlined into the other kernels too.
#[inline(always)]
pub(super) fn count_ones(words: &[u64]) -> usize {
    words.iter().map(|word| word.count_ones() as usize).sum()
}

/// Inlined into the other kernels too.
#[inline(always)]
pub(super) fn tags_within(tags: &[u32], range: Range<usize>, tag: u32, reach: u32, out: &mut Vec<u32>) {
    let first = range.start as u32;
    let near = |&(_, &other): &(u32, &u32)| (other ^ tag).count_ones() <= reach;
    out.extend((first..).zip(&tags[range]).filter(near).map(|(at, _)| at));
}

/// Inlined into the other kernels too.
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
