//! The kernel for AVX2. AVX2 cannot count the ones of a vector, so a shuffle looks up the ones of each half byte (Muła,
//! Kurz and Lemire, "Faster Population Counts Using AVX2 Instructions", 2018). The counts of bytes are summed once for
//! all words.

use std::arch::x86_64::*;
use std::ops::Range;

use super::{Block, GROUP, Order, Wanted, portable};
use crate::index::select::Selection;

/// The number of queries that share the load of a group. The 16 registers leave room for no more.
const SHARED: usize = 4;

#[target_feature(enable = "avx2,popcnt")]
pub(super) fn scan<const W: usize>(block: &Block<'_>, queries: &[[u64; W]], selections: &mut [Selection]) {
    match block.order {
        Order::Rows if W > 1 => share::<W, true>(block, queries, selections),
        _ => share::<W, false>(block, queries, selections),
    }
}

#[target_feature(enable = "avx2,popcnt")]
fn share<const W: usize, const ROWS: bool>(block: &Block<'_>, queries: &[[u64; W]], selections: &mut [Selection]) {
    let (together, single) = queries.as_chunks::<SHARED>();
    let (for_together, for_single) = selections.split_at_mut(together.len() * SHARED);
    for (queries, selections) in together.iter().zip(for_together.as_chunks_mut::<SHARED>().0) {
        compare::<W, SHARED, ROWS>(block, queries, selections);
    }
    for (query, selection) in single.iter().zip(for_single) {
        compare::<W, 1, ROWS>(block, &[*query], std::array::from_mut(selection));
    }
}

#[target_feature(enable = "avx2,popcnt")]
fn compare<const W: usize, const Q: usize, const ROWS: bool>(
    block: &Block<'_>,
    queries: &[[u64; W]; Q],
    selections: &mut [Selection; Q],
) {
    let query = queries.map(|words| words.map(|word| _mm256_set1_epi64x(word.cast_signed())));
    let mut limit = limits(selections);
    for (group, words) in block.words.as_chunks::<GROUP>().0.as_chunks::<W>().0.iter().enumerate() {
        let mut near = 0u8;
        for half in 0..2 {
            let code = if ROWS { gather_rows(words, half) } else { load_words(words, half) };
            for j in 0..Q {
                // A byte counts at most 8 ones a word, and there are at most 8 words. So the sum is at most 64, which
                // fits.
                let mut ones = ones_of_bytes(_mm256_xor_si256(code[0], query[j][0]));
                for at in 1..W {
                    ones = _mm256_add_epi8(ones, ones_of_bytes(_mm256_xor_si256(code[at], query[j][at])));
                }
                let distance = _mm256_sad_epu8(ones, _mm256_setzero_si256());
                let nearer = _mm256_cmpgt_epi64(limit[j], distance);
                near |= (_mm256_movemask_pd(_mm256_castsi256_pd(nearer)) as u8) << (half * 4);
            }
        }
        if near != 0 && near & block.allowed(group) != 0 {
            admit(block, group, near, queries, selections);
            limit = limits(selections);
        }
    }
}

#[inline]
#[target_feature(enable = "avx2")]
fn limits<const Q: usize>(selections: &[Selection; Q]) -> [__m256i; Q] {
    let mut limits = [_mm256_setzero_si256(); Q];
    for (limit, selection) in limits.iter_mut().zip(selections) {
        *limit = _mm256_set1_epi64x(i64::from(selection.limit()));
    }
    limits
}

#[inline]
#[target_feature(enable = "avx2")]
fn ones_of_bytes(bits: __m256i) -> __m256i {
    let table = _mm256_broadcastsi128_si256(_mm_setr_epi8(0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4));
    let half_byte = _mm256_set1_epi8(0x0f);
    let low = _mm256_and_si256(bits, half_byte);
    let high = _mm256_and_si256(_mm256_srli_epi16::<4>(bits), half_byte);
    _mm256_add_epi8(_mm256_shuffle_epi8(table, low), _mm256_shuffle_epi8(table, high))
}

#[inline]
#[target_feature(enable = "avx2")]
fn load_words<const W: usize>(words: &[[u64; GROUP]; W], half: usize) -> [__m256i; W] {
    let mut code = [_mm256_setzero_si256(); W];
    for at in 0..W {
        // SAFETY: both types have 64 bytes, and registers may hold any bytes.
        code[at] = unsafe { std::mem::transmute::<[u64; GROUP], [__m256i; 2]>(words[at]) }[half];
    }
    code
}

/// One register for each word of four consecutive codes.
#[inline]
#[target_feature(enable = "avx2")]
fn gather_rows<const W: usize>(words: &[[u64; GROUP]; W], half: usize) -> [__m256i; W] {
    let words = words.as_flattened();
    let mut code = [_mm256_setzero_si256(); W];
    for at in 0..W {
        let word = |lane: usize| words[(half * 4 + lane) * W + at].cast_signed();
        code[at] = _mm256_setr_epi64x(word(0), word(1), word(2), word(3));
    }
    code
}

#[target_feature(enable = "avx2,popcnt")]
pub(super) fn distances<const W: usize>(codes: &[[u64; W]], query: &[u64; W], out: &mut Vec<u16>) {
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

#[target_feature(enable = "popcnt")]
pub(super) fn count_ones(words: &[u64]) -> usize {
    portable::count_ones(words)
}

#[target_feature(enable = "popcnt")]
pub(super) fn entries_within<const E: usize>(
    entries: &[[u64; E]],
    ranges: &mut [Range<u32>],
    wanted: Wanted,
    out: &mut Vec<u64>,
) -> usize {
    portable::entries_within(entries, ranges, wanted, out)
}

#[target_feature(enable = "popcnt")]
pub(super) fn numbers(directory: &[u64], buckets: &mut [u32]) {
    portable::numbers(directory, buckets);
}

#[target_feature(enable = "popcnt")]
pub(super) fn distances_of<const W: usize>(codes: &[[u64; W]], rows: &[u32], query: &[u64; W], out: &mut Vec<u16>) {
    portable::distances_of(codes, rows, query, out);
}
