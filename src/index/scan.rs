//! Exhaustive search: every code is looked at, so the answer is exact.

use super::codes::CodesRef;
use super::rows::RowSet;

/// A row and how many bits of its code differ from the query's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Neighbour {
    pub distance: u32,
    pub row: usize,
}

/// The Hamming distance of `query` to every row, in row order, written to `out`.
///
/// # Panics
/// Where the query has another number of words than the codes.
pub fn distances(codes: CodesRef<'_>, query: &[u64], out: &mut Vec<u16>) {
    assert_eq!(query.len(), super::codes::words_per_code(codes.bits()), "a query of the codes' width");
    out.clear();
    // The widths in common use get a loop whose inner length the compiler knows.
    match *query {
        [a] => out.extend(codes.words().iter().map(|word| (word ^ a).count_ones() as u16)),
        [a, b] => out.extend(
            codes.words().as_chunks::<2>().0.iter().map(|c| ((c[0] ^ a).count_ones() + (c[1] ^ b).count_ones()) as u16),
        ),
        _ => out.extend(
            codes.iter().map(|code| code.iter().zip(query).map(|(c, q)| (c ^ q).count_ones()).sum::<u32>() as u16),
        ),
    }
}

/// The `k` nearest rows among `allowed` (all rows where that is `None`) by (distance, row), nearest first; fewer where
/// there are fewer.
///
/// Distances are small integers, so the k-th is found by counting how often each occurs; no heap is kept.
///
/// # Panics
/// Where the query has another number of words than the codes, or `allowed` is of another index.
pub fn nearest(codes: CodesRef<'_>, query: &[u64], k: usize, allowed: Option<&RowSet>) -> Vec<Neighbour> {
    if let Some(allowed) = allowed {
        assert_eq!(allowed.universe(), codes.len(), "a set of this index's rows");
    }
    let allows = |row: usize| allowed.is_none_or(|set| set.contains(row));
    let mut distance = Vec::new();
    distances(codes, query, &mut distance);
    let mut occurrences = vec![0usize; codes.bits() + 1];
    for (row, &d) in distance.iter().enumerate() {
        occurrences[usize::from(d)] += usize::from(allows(row));
    }
    let mut below = 0;
    let mut radius = 0;
    while radius < codes.bits() && below + occurrences[radius] < k {
        below += occurrences[radius];
        radius += 1;
    }
    let mut room_at_radius = k - below.min(k);
    let mut found = Vec::with_capacity(k.min(codes.len()));
    for (row, &d) in distance.iter().enumerate() {
        let d = usize::from(d);
        if d > radius || !allows(row) {
            continue;
        }
        if d == radius {
            if room_at_radius == 0 {
                continue;
            }
            room_at_radius -= 1;
        }
        found.push(Neighbour { distance: d as u32, row });
    }
    found.sort_unstable();
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::Codes;
    use proptest::prelude::*;

    fn bit(code: &[u64], i: usize) -> bool {
        code[i / 64] >> (i % 64) & 1 == 1
    }

    /// Ten lines that nothing can be wrong in: bit by bit, everything sorted.
    fn reference(codes: &Codes, query: &[u64], k: usize, allowed: Option<&RowSet>) -> Vec<Neighbour> {
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
    fn codes(bits: usize, rows: &[u64]) -> Codes {
        let mut codes = Codes::new(bits).expect("a legal width");
        for &row in rows {
            let signs: Vec<f32> =
                (0..bits).map(|i| if row.rotate_left(i as u32 * 7) % 5 == 0 { 1.0 } else { -1.0 }).collect();
            codes.push_signs(&signs);
        }
        codes
    }

    proptest! {
        #[test]
        fn nearest_is_what_the_reference_finds(
            bits in 8usize..=512,
            rows in prop::collection::vec(0u64..40, 0..120),
            query in 0u64..40,
            k in 0usize..130,
            keep in prop::option::of(prop::collection::vec(any::<bool>(), 120)),
        ) {
            let codes = codes(bits, &rows);
            let query = self::codes(bits, &[query]);
            let allowed = keep.map(|keep| {
                let mut set = RowSet::none(rows.len());
                (0..rows.len()).filter(|&row| keep[row]).for_each(|row| set.insert(row));
                set
            });
            let query = query.as_ref().code(0);
            prop_assert_eq!(
                nearest(codes.as_ref(), query, k, allowed.as_ref()),
                reference(&codes, query, k, allowed.as_ref())
            );
        }
    }
}
