//! The kernel for NEON: a register holds one word of two codes.

use std::arch::aarch64::*;

use super::{Block, GROUP, Order};
use crate::index::select::Selection;

/// The number of queries that share the load of a group.
const SHARED: usize = 4;

#[target_feature(enable = "neon")]
pub(super) fn scan<const W: usize>(block: &Block<'_>, queries: &[[u64; W]], selections: &mut [Selection]) {
    let (together, single) = queries.as_chunks::<SHARED>();
    let (for_together, for_single) = selections.split_at_mut(together.len() * SHARED);
    for (queries, selections) in together.iter().zip(for_together.as_chunks_mut::<SHARED>().0) {
        compare::<W, SHARED>(block, queries, selections);
    }
    for (query, selection) in single.iter().zip(for_single) {
        compare::<W, 1>(block, &[*query], std::array::from_mut(selection));
    }
}

#[target_feature(enable = "neon")]
fn compare<const W: usize, const Q: usize>(
    block: &Block<'_>,
    queries: &[[u64; W]; Q],
    selections: &mut [Selection; Q],
) {
    for (group, words) in block.words.chunks_exact(W * GROUP).enumerate() {
        let mut near = 0u8;
        for pair in 0..GROUP / 2 {
            let mut code = [vdupq_n_u64(0); W];
            for (at, register) in code.iter_mut().enumerate() {
                let (first, second) = match block.order {
                    Order::Rows => (words[pair * 2 * W + at], words[(pair * 2 + 1) * W + at]),
                    Order::Words => (words[at * GROUP + pair * 2], words[at * GROUP + pair * 2 + 1]),
                };
                *register = vcombine_u64(vcreate_u64(first), vcreate_u64(second));
            }
            for j in 0..Q {
                // A byte counts at most 8 ones a word, and there are at most 8 words. So the sum is at most 64, which
                // fits.
                let mut ones = vdupq_n_u8(0);
                for at in 0..W {
                    let differing = veorq_u64(code[at], vdupq_n_u64(queries[j][at]));
                    ones = vaddq_u8(ones, vcntq_u8(vreinterpretq_u8_u64(differing)));
                }
                let distance = vpaddlq_u32(vpaddlq_u16(vpaddlq_u8(ones)));
                let nearer = vcltq_u64(distance, vdupq_n_u64(u64::from(selections[j].limit())));
                let lanes = vgetq_lane_u64::<0>(nearer) & 1 | vgetq_lane_u64::<1>(nearer) & 2;
                near |= (lanes as u8) << (pair * 2);
            }
        }
        if near != 0 && near & block.allowed(group) != 0 {
            admit(block, group, near, queries, selections);
        }
    }
}

#[cold]
#[inline(never)]
#[target_feature(enable = "neon")]
fn admit<const W: usize>(
    block: &Block<'_>,
    group: usize,
    near: u8,
    queries: &[[u64; W]],
    selections: &mut [Selection],
) {
    block.admit(group, near, queries, selections);
}
