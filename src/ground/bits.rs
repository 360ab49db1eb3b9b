//! Bits packed into 64-bit words: bit i of a code is bit i % 64, least significant first, of word i / 64.

/// Packs one code: bit i is set if value i is above 0.
pub fn of_signs(values: &[f32]) -> impl Iterator<Item = u64> {
    let word = |values: &[f32]| {
        values.iter().enumerate().fold(0, |word, (bit, &value)| word | (u64::from(value > 0.0) << bit))
    };
    values.chunks(64).map(word)
}

/// Unpacks the first `bits` bits of one code.
pub fn unpacked(code: &[u64], bits: usize) -> impl Iterator<Item = bool> {
    (0..bits).map(move |bit| code[bit / 64] >> (bit % 64) & 1 == 1)
}

/// The first `bits` bits of one code as ceil(bits / 8) bytes: bit i is bit i % 8, least significant first, of byte i / 8.
pub fn to_bytes(code: &[u64], bits: usize) -> impl Iterator<Item = u8> {
    code.iter().flat_map(|word| word.to_le_bytes()).take(bits.div_ceil(8))
}

/// The number of bits in which two codes differ.
pub fn distance(a: &[u64], b: &[u64]) -> u32 {
    a.iter().zip(b).map(|(a, b)| (a ^ b).count_ones()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_come_back_as_they_were_packed() {
        let bits: Vec<bool> = (0..70).map(|i| i * i % 7 < 3).collect();
        let values: Vec<f32> = bits.iter().map(|&bit| if bit { 0.1 } else { -0.1 }).collect();
        let code: Vec<u64> = of_signs(&values).collect();
        assert_eq!(code.len(), 2);
        assert!(unpacked(&code, 70).eq(bits.iter().copied()));
        let bytes: Vec<u8> = to_bytes(&code, 70).collect();
        assert_eq!(bytes.len(), 9);
        assert!((0..70).all(|bit| (bytes[bit / 8] >> (bit % 8) & 1 == 1) == bits[bit]));
    }

    #[test]
    fn only_what_is_above_zero_is_on() {
        assert_eq!(of_signs(&[0.0, -0.0, f32::NAN, 1e-30, f32::INFINITY]).collect::<Vec<_>>(), [0b11000]);
    }

    #[test]
    fn a_distance_counts_the_bits_that_differ() {
        assert_eq!(distance(&[0b101, 1 << 63], &[0b110, 0]), 3);
    }
}
