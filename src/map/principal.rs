//! The two directions in which codes differ most. The layout begins with them, and is compared with them.

use crate::index::CodesRef;

/// The directions are computed from at most this many codes, evenly spaced.
const SAMPLE: usize = 4096;

/// The number of rounds of power iteration for each direction.
const ROUNDS: usize = 100;

/// The place of each code along the first two principal components of its bits, taken as -1 and 1.
pub fn principal_components(codes: CodesRef<'_>) -> Vec<[f32; 2]> {
    let bits = codes.bits();
    let every = codes.len().div_ceil(SAMPLE).max(1);
    let sample: Vec<usize> = (0..codes.len()).step_by(every).collect();
    let mut rows: Vec<f32> = sample.iter().flat_map(|&row| signs(codes.slice(row..row + 1))).collect();
    let mut mean = vec![0.0f32; bits];
    for row in rows.chunks_exact(bits) {
        mean.iter_mut().zip(row).for_each(|(mean, bit)| *mean += bit / sample.len() as f32);
    }
    for row in rows.chunks_exact_mut(bits) {
        row.iter_mut().zip(&mean).for_each(|(bit, mean)| *bit -= mean);
    }
    let first = direction(&rows, bits, None);
    let second = direction(&rows, bits, Some(&first));
    (0..codes.len())
        .map(|row| {
            let mut place = [0.0; 2];
            for (i, bit) in signs(codes.slice(row..row + 1)).enumerate() {
                place[0] += (bit - mean[i]) * first[i];
                place[1] += (bit - mean[i]) * second[i];
            }
            place
        })
        .collect()
}

fn signs(code: CodesRef<'_>) -> impl Iterator<Item = f32> {
    code.bools().map(|bit| if bit { 1.0 } else { -1.0 })
}

/// The direction of unit length, at a right angle to `other`, in which `rows` differ most. All zeros if there is none.
fn direction(rows: &[f32], bits: usize, other: Option<&[f32]>) -> Vec<f32> {
    let mut found: Vec<f32> = (0..bits).map(|bit| 1.0 + ((bit * 7 + 3) % 11) as f32 / 11.0).collect();
    for _ in 0..ROUNDS {
        if let Some(other) = other {
            let shared = dot(&found, other);
            found.iter_mut().zip(other).for_each(|(found, other)| *found -= shared * other);
        }
        let mut next = vec![0.0f32; bits];
        for row in rows.chunks_exact(bits) {
            let along = dot(row, &found);
            next.iter_mut().zip(row).for_each(|(next, bit)| *next += along * bit);
        }
        let length = dot(&next, &next).sqrt();
        if length < 1e-6 {
            return vec![0.0; bits];
        }
        next.iter_mut().for_each(|next| *next /= length);
        found = next;
    }
    found
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::Codes;

    fn codes(rows: &[[bool; 8]]) -> Codes {
        let mut codes = Codes::new(8).expect("a legal width");
        for row in rows {
            codes.push_signs(&row.map(|bit| if bit { 1.0 } else { -1.0 }));
        }
        codes
    }

    #[test]
    fn codes_lie_along_what_they_differ_in() {
        // Six bits are equal to one another, the two other bits are equal to each other, and the two groups are
        // independent.
        let rows: Vec<[bool; 8]> =
            (0..40).map(|i| std::array::from_fn(|bit| if bit < 6 { i % 2 == 0 } else { i / 2 % 2 == 0 })).collect();
        let places = principal_components(codes(&rows).as_ref());
        let expected = [6f32.sqrt(), 2f32.sqrt()];
        for (i, place) in places.iter().enumerate() {
            assert!((place[0].abs() - expected[0]).abs() < 1e-3, "{place:?}");
            assert!((place[1].abs() - expected[1]).abs() < 1e-3, "{place:?}");
            assert_eq!(place[0] > 0.0, (places[0][0] > 0.0) == (i % 2 == 0));
        }
    }

    #[test]
    fn equal_codes_lie_on_one_another() {
        let places = principal_components(codes(&[[true; 8]; 3]).as_ref());
        assert_eq!(places, [[0.0; 2]; 3]);
        assert!(principal_components(codes(&[]).as_ref()).is_empty());
    }
}
