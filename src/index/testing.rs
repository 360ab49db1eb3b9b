//! What the index's tests share.

use super::{Codes, Neighbour, RowSet};

pub fn bit(code: &[u64], i: usize) -> bool {
    code[i / 64] >> (i % 64) & 1 == 1
}

pub fn distance_bit_by_bit(bits: usize, a: &[u64], b: &[u64]) -> u32 {
    (0..bits).map(|i| u32::from(bit(a, i) != bit(b, i))).sum()
}

/// A reference implementation in ten lines: bit by bit, with a full sort.
pub fn reference(codes: &Codes, query: &[u64], k: usize, allowed: Option<&RowSet>) -> Vec<Neighbour> {
    let mut all: Vec<Neighbour> = (0..codes.len())
        .filter(|&row| allowed.is_none_or(|set| set.contains(row)))
        .map(|row| Neighbour { distance: distance_bit_by_bit(codes.bits(), codes.as_ref().code(row), query), row })
        .collect();
    all.sort();
    all.truncate(k);
    all
}

/// Codes that share most of their bits, so there are many ties and duplicates.
pub fn codes(bits: usize, rows: &[u64]) -> Codes {
    let mut codes = Codes::new(bits).expect("a legal width");
    for &row in rows {
        let signs: Vec<f32> =
            (0..bits).map(|i| if row.rotate_left(i as u32 * 7) % 5 == 0 { 1.0 } else { -1.0 }).collect();
        codes.push_signs(&signs);
    }
    codes
}

/// A fixed sequence of words that look random.
pub fn random(seed: u64) -> impl FnMut() -> u64 {
    let mut state = seed;
    move || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (state ^ state >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }
}

/// Codes that are distributed as learned codes are: `clusters` clusters of very different sizes, each code a few bits
/// away from its centre. The first cluster often has exact duplicates, as silence has.
pub fn clustered(bits: usize, count: usize, clusters: u64, seed: u64) -> Codes {
    let width = bits.div_ceil(64);
    let last = if bits.is_multiple_of(64) { !0 } else { (1 << (bits % 64)) - 1 };
    let mut codes = Codes::new(bits).expect("a legal width");
    let mut next = random(seed);
    for _ in 0..count {
        let cluster = (next() % clusters) * (next() % clusters) / clusters;
        let mut centre = random(cluster + 1000);
        let mut code: Vec<u64> = (0..width).map(|_| centre()).collect();
        if cluster > 0 || next().is_multiple_of(2) {
            for _ in 0..next() % 6 {
                let bit = next() as usize % bits;
                code[bit / 64] ^= 1 << (bit % 64);
            }
        }
        code[width - 1] &= last;
        codes.extend_words(code);
    }
    codes
}
