//! Statistics of a set of codes: how many are different, and how evenly the bits are used.

use rayon::prelude::*;

use super::codes::{Codes, words_per_code};

#[derive(Clone, Debug, PartialEq)]
pub struct CodeStatistics {
    /// The number of different codes.
    pub unique: usize,
    /// The Shannon entropy of the distribution of codes, in nats: ln(rows) if all codes are different, 0 if all are
    /// equal.
    pub entropy_nats: f64,
    /// The share of ones of each bit.
    pub ones: Vec<f32>,
}

/// Takes O(rows log rows) time, shared by the threads of the current pool. Takes the codes because it sorts them.
pub fn code_statistics(codes: Codes) -> CodeStatistics {
    fn with_width<const W: usize>(mut words: Vec<u64>) -> (usize, f64) {
        let codes = words.as_chunks_mut::<W>().0;
        codes.par_sort_unstable();
        let rows = codes.len() as f64;
        codes.chunk_by(|a, b| a == b).fold((0, 0.0), |(unique, entropy_nats), group| {
            let share = group.len() as f64 / rows;
            (unique + 1, entropy_nats - share * share.ln())
        })
    }
    let bits = codes.bits();
    let ones = bit_balance(codes.as_ref().iter(), bits);
    let (unique, entropy_nats) = by_width!(words_per_code(bits), with_width(codes.into_words()));
    // The sum of -1 * ln(1) is a negative zero, which would be printed as "-0".
    CodeStatistics { unique, entropy_nats: entropy_nats.max(0.0), ones }
}

/// For each of `bits` bits, the share of codes in which it is 1.
pub fn bit_balance<'a>(codes: impl Iterator<Item = &'a [u64]>, bits: usize) -> Vec<f32> {
    let (mut ones, mut rows) = (vec![0u64; words_per_code(bits) * 64], 0u64);
    for code in codes {
        rows += 1;
        for (word, counts) in code.iter().zip(ones.as_chunks_mut::<64>().0) {
            for (bit, count) in counts.iter_mut().enumerate() {
                *count += word >> bit & 1;
            }
        }
    }
    ones.truncate(bits);
    ones.into_iter().map(|count| count as f32 / rows.max(1) as f32).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entropy_is_that_of_the_distribution_of_codes() {
        let mut codes = Codes::new(8).expect("a legal width");
        for row in [0, 0, 1, 2] {
            codes.push_signs(&(0..8).map(|bit| if bit < row { 1.0 } else { -1.0 }).collect::<Vec<_>>());
        }
        let statistics = code_statistics(codes);
        assert_eq!(statistics.unique, 3);
        assert!((statistics.entropy_nats - 1.5 * 2f64.ln()).abs() < 1e-12);
        assert_eq!(statistics.ones, [0.5, 0.25, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]);
    }

    #[test]
    fn no_codes_have_no_entropy() {
        let statistics = code_statistics(Codes::new(8).expect("a legal width"));
        assert_eq!((statistics.unique, statistics.entropy_nats), (0, 0.0));
    }
}
