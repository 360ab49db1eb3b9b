//! The kernel for AVX-512 with VPOPCNTDQ: a register holds one word of eight codes.

use std::arch::x86_64::*;
use std::ops::Range;

use super::{Block, GROUP, Order, Wanted, portable};
use crate::index::select::Selection;

/// How far ahead the codes are prefetched for a single query. The processor's own prefetching stops at the end of each
/// page.
const PREFETCH_BYTES: usize = 4 << 10;

/// As many queries share the load of a group as leave registers for the group: the 32 registers hold the queries' words
/// and limits.
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
        if Q == 1 {
            for line in words {
                _mm_prefetch::<_MM_HINT_T0>(line.as_ptr().wrapping_byte_add(PREFETCH_BYTES).cast());
            }
        }
        let code = if ROWS { load_rows(words) } else { load_words(words) };
        // The comparison itself narrows a mask, which saves the instruction that would join two masks. There are four
        // masks because comparisons that narrow the same mask must wait for one another, longer than the processor
        // looks ahead.
        let mut far = [u8::MAX; 4];
        for j in 0..Q {
            let mut distance = _mm512_popcnt_epi64(_mm512_xor_si512(code[0], query[j][0]));
            for at in 1..W {
                let differing = _mm512_xor_si512(code[at], query[j][at]);
                distance = _mm512_add_epi64(distance, _mm512_popcnt_epi64(differing));
            }
            far[j / 2] = _mm512_mask_cmpge_epi64_mask(far[j / 2], distance, limit[j]);
        }
        let near = !far.into_iter().fold(u8::MAX, |all, far| all & far);
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
        // SAFETY: both types have 64 bytes, and a register may hold any bytes.
        code[at] = unsafe { std::mem::transmute::<[u64; GROUP], __m512i>(words[at]) };
    }
    code
}

/// Loads eight consecutive codes, and returns one register for each of their words.
#[inline]
#[target_feature(enable = "avx512f")]
fn load_rows<const W: usize>(words: &[[u64; GROUP]; W]) -> [__m512i; W] {
    let lines = load_words(words);
    let mut code = [_mm512_setzero_si512(); W];
    for (at, register) in code.iter_mut().enumerate() {
        // Word `at` of code i is number i * W + at of the group. That is lane (i * W + at) % 8 of line (i * W + at) /
        // 8.
        let lane = |i: usize| ((i * W + at) % 8) as i64;
        let lanes = _mm512_set_epi64(lane(7), lane(6), lane(5), lane(4), lane(3), lane(2), lane(1), lane(0));
        for (number, &line) in lines.iter().enumerate() {
            let from_here = (0..8).fold(0u8, |mask, i| mask | u8::from((i * W + at) / 8 == number) << i);
            if from_here != 0 {
                *register = _mm512_mask_permutexvar_epi64(*register, from_here, lanes, line);
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
        // SAFETY: the instructions were just detected. Every machine with AVX-512 has the scalar popcnt.
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
pub(super) fn entries_within<const E: usize>(
    entries: &[[u64; E]],
    ranges: &mut [Range<u32>],
    wanted: Wanted,
    out: &mut Vec<u64>,
) -> usize {
    let row_mask = _mm512_set1_epi64(wanted.row_mask.cast_signed());
    let tag = wanted.tag.map(|word| _mm512_set1_epi64(word.cast_signed()));
    let reached = _mm512_set1_epi64(i64::from(wanted.reach));
    for (number, range) in ranges.iter_mut().enumerate() {
        while range.start < range.end {
            // Most buckets are short. The entries behind the bucket are read with it, and left out below.
            let rest = entries[range.start as usize..].as_flattened();
            let Some(lines) = rest.as_chunks::<GROUP>().0.first_chunk::<E>() else {
                if portable::entries_within(entries, std::slice::from_mut(range), wanted, out) == 0 {
                    return number;
                }
                break;
            };
            let words = load_rows(lines);
            // The bits that differ, without the row's bits: (entry ^ tag) & !row_mask.
            let mut differing = _mm512_popcnt_epi64(_mm512_ternarylogic_epi64::<0x14>(words[0], tag[0], row_mask));
            for at in 1..E {
                differing = _mm512_add_epi64(differing, _mm512_popcnt_epi64(_mm512_xor_si512(words[at], tag[at])));
            }
            let count = range.end - range.start;
            let there = if count < GROUP as u32 { (1 << count) - 1 } else { u8::MAX };
            let near = _mm512_mask_cmple_epu64_mask(there, differing, reached);
            range.start += count.min(GROUP as u32);
            if near != 0 {
                let found = _mm512_or_si512(_mm512_slli_epi64::<32>(differing), _mm512_and_si512(words[0], row_mask));
                let found = _mm512_maskz_compress_epi64(near, found);
                // SAFETY: both types have 64 bytes, and numbers may have any bytes.
                let found = unsafe { std::mem::transmute::<__m512i, [u64; GROUP]>(found) };
                // All lanes are appended, and the superfluous ones cut off. A loop would have a length that the
                // processor cannot predict.
                let end = out.len() + near.count_ones() as usize;
                out.extend_from_slice(&found);
                out.truncate(end);
                if end >= wanted.enough {
                    return number;
                }
            }
        }
    }
    ranges.len()
}
