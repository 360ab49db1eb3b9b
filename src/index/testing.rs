//! What the index's tests share.

use super::{Codes, Neighbour, RowSet};

pub fn bit(code: &[u64], i: usize) -> bool {
    code[i / 64] >> (i % 64) & 1 == 1
}

/// Ten lines that nothing can be wrong in: bit by bit, everything sorted.
pub fn reference(codes: &Codes, query: &[u64], k: usize, allowed: Option<&RowSet>) -> Vec<Neighbour> {
    let mut all: Vec<Neighbour> = (0..codes.len())
        .filter(|&row| allowed.is_none_or(|set| set.contains(row)))
        .map(|row| Neighbour {
            distance: (0..codes.bits()).map(|i| u32::from(bit(codes.as_ref().code(row), i) != bit(query, i))).sum(),
            row,
        })
        .collect();
    all.sort();
    all.truncate(k);
    all
}

/// Codes that share most of their bits, so that there are many ties and duplicates.
pub fn codes(bits: usize, rows: &[u64]) -> Codes {
    let mut codes = Codes::new(bits).expect("a legal width");
    for &row in rows {
        let signs: Vec<f32> =
            (0..bits).map(|i| if row.rotate_left(i as u32 * 7) % 5 == 0 { 1.0 } else { -1.0 }).collect();
        codes.push_signs(&signs);
    }
    codes
}
