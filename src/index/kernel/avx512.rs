//! The kernel for AVX-512 with VPOPCNTDQ: a register holds one word of eight codes.

use std::arch::x86_64::*;
use std::ops::Range;

use super::{Block, GROUP, Order, portable};
use crate::index::select::Selection;

/// Queries that share the load of a group are as many as leave registers for the group: 32 registers hold their words and
/// limits.
#[target_feature(enable = "avx512f,avx512vpopcntdq,popcnt")]
pub(super) fn scan<const W: usize>(block: &Block<'_>, queries: &[[u64; W]], selections: &mut [Selection]) {
    match (W, block.order) {
        (1, _) | (2, Order::Words) => share::<W, 8, false>(block, queries, selections),
        (2, Order::Rows) => share::<W, 8, true>(block, queries, selections),
        (3..=5, Order::Words) => share::<W, 4, false>(block, queries, selections),
        (3..=5, Order::Rows) => share::<W, 4, true>(block, queries, selections),
        (_, Order::Words) => share::<W, 2, false>(block, queries, selections),
        (_, Order::Rows) => share::<W, 2, true>(block, queries, selections),
    }
}

#[target_feature(enable = "avx512f,avx512vpopcntdq,popcnt")]
fn share<const W: usize, const Q: usize, const ROWS: bool>(
    block: &Block<'_>,
    queries: &[[u64; W]],
    selections: &mut [Selection],
) {
    let (together, single) = queries.as_chunks::<Q>();
    let (for_together, for_single) = selections.split_at_mut(together.len() * Q);
    for (queries, selections) in together.iter().zip(for_together.as_chunks_mut::<Q>().0) {
        compare::<W, Q, ROWS>(block, queries, selections);
    }
    for (query, selection) in single.iter().zip(for_single) {
        compare::<W, 1, ROWS>(block, &[*query], std::array::from_mut(selection));
    }
}

#[target_feature(enable = "avx512f,avx512vpopcntdq,popcnt")]
fn compare<const W: usize, const Q: usize, const ROWS: bool>(
    block: &Block<'_>,
    queries: &[[u64; W]; Q],
    selections: &mut [Selection; Q],
) {
    let mut query = [[_mm512_setzero_si512(); W]; Q];
    for j in 0..Q {
        for at in 0..W {
            query[j][at] = _mm512_set1_epi64(queries[j][at].cast_signed());
        }
    }
    let mut limit = limits(selections);
    for (group, words) in block.words.as_chunks::<GROUP>().0.as_chunks::<W>().0.iter().enumerate() {
        let code = if ROWS { load_rows(words) } else { load_words(words) };
        let mut near = 0u8;
        for j in 0..Q {
            let mut distance = _mm512_popcnt_epi64(_mm512_xor_si512(code[0], query[j][0]));
            for at in 1..W {
                let differing = _mm512_xor_si512(code[at], query[j][at]);
                distance = _mm512_add_epi64(distance, _mm512_popcnt_epi64(differing));
            }
            near |= _mm512_cmplt_epi64_mask(distance, limit[j]);
        }
        if near != 0 && near & block.allowed(group) != 0 {
            admit(block, group, near, queries, selections);
            limit = limits(selections);
        }
    }
}

#[inline]
#[target_feature(enable = "avx512f")]
fn limits<const Q: usize>(selections: &[Selection; Q]) -> [__m512i; Q] {
    let mut limits = [_mm512_setzero_si512(); Q];
    for j in 0..Q {
        limits[j] = _mm512_set1_epi64(i64::from(selections[j].limit()));
    }
    limits
}

#[inline]
#[target_feature(enable = "avx512f")]
fn load_words<const W: usize>(words: &[[u64; GROUP]; W]) -> [__m512i; W] {
    let mut code = [_mm512_setzero_si512(); W];
    for at in 0..W {
        // SAFETY: both are 64 bytes, and any bytes are a register's.
        code[at] = unsafe { std::mem::transmute::<[u64; GROUP], __m512i>(words[at]) };
    }
    code
}

/// Loads eight codes that lie one after another, and gives one register for each of their words.
#[inline]
#[target_feature(enable = "avx512f")]
fn load_rows<const W: usize>(words: &[[u64; GROUP]; W]) -> [__m512i; W] {
    let lines = load_words(words);
    let mut code = [_mm512_setzero_si512(); W];
    for at in 0..W {
        // Word `at` of code i is number i * W + at of the group: lane (i * W + at) % 8 of line (i * W + at) / 8.
        let lane = |i: usize| ((i * W + at) % 8) as i64;
        let lanes = _mm512_set_epi64(lane(7), lane(6), lane(5), lane(4), lane(3), lane(2), lane(1), lane(0));
        for line in 0..W {
            let from_here = (0..8).fold(0u8, |mask, i| mask | u8::from((i * W + at) / 8 == line) << i);
            if from_here != 0 {
                code[at] = _mm512_mask_permutexvar_epi64(code[at], from_here, lanes, lines[line]);
            }
        }
    }
    code
}

#[target_feature(enable = "avx512f,avx512vpopcntdq,avx512bw,avx512vl,popcnt")]
fn distances_wide<const W: usize>(codes: &[[u64; W]], query: &[u64; W], out: &mut Vec<u16>) {
    portable::distances(codes, query, out);
}

#[target_feature(enable = "avx512f,avx512vpopcntdq,popcnt")]
pub(super) fn distances<const W: usize>(codes: &[[u64; W]], query: &[u64; W], out: &mut Vec<u16>) {
    if is_x86_feature_detected!("avx512bw") && is_x86_feature_detected!("avx512vl") {
        // SAFETY: just detected; every machine with AVX-512 has the scalar popcnt.
        return unsafe { distances_wide(codes, query, out) };
    }
    portable::distances(codes, query, out);
}

#[cold]
#[inline(never)]
#[target_feature(enable = "popcnt")]
fn admit<const W: usize>(
    block: &Block<'_>,
    group: usize,
    near: u8,
    queries: &[[u64; W]],
    selections: &mut [Selection],
) {
    block.admit(group, near, queries, selections);
}

#[target_feature(enable = "avx512f,avx512vpopcntdq,popcnt")]
pub(super) fn tags_within(entries: &[u64], range: Range<usize>, tag: u32, reach: u32, out: &mut Vec<u32>) {
    assert!(range.end <= entries.len(), "a range of the entries");
    let wanted = _mm512_set1_epi64(i64::from(tag));
    let reached = _mm512_set1_epi64(i64::from(reach));
    for start in range.clone().step_by(GROUP) {
        // Most buckets are shorter than a register: what follows is read with them, and left out.
        let Some(line) = entries[start..].first_chunk::<GROUP>() else {
            return portable::tags_within(&entries[start..range.end], tag, reach, out);
        };
        // SAFETY: both are 64 bytes, and any bytes are a register's.
        let entries = unsafe { std::mem::transmute::<[u64; GROUP], __m512i>(*line) };
        let differing = _mm512_xor_si512(_mm512_srli_epi64::<32>(entries), wanted);
        let mut near = _mm512_cmple_epi64_mask(_mm512_popcnt_epi64(differing), reached);
        if range.end - start < GROUP {
            near &= (1 << (range.end - start)) - 1;
        }
        while near != 0 {
            out.push(line[near.trailing_zeros() as usize] as u32);
            near &= near - 1;
        }
    }
}
