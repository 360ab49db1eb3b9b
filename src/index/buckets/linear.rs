//! Linear maps of a code's bits to words, over the field of two elements.

/// Maps a code to a word. Bit i of the code contributes `columns[i]`: the image is the xor of the columns whose bits
/// are set. So flipping a bit of the code flips a known pattern of the image.
#[derive(Clone, Debug)]
pub(super) struct LinearMap<const N: usize> {
    /// The half bytes of a code that have any column, each with the images of its 16 values. Whole bytes would need
    /// half as many look-ups, but their images would not stay in a core's first cache.
    pieces: Vec<(usize, [[u64; N]; 16])>,
}

impl<const N: usize> LinearMap<N> {
    pub fn new(columns: &[[u64; N]]) -> Self {
        let of_piece = |(piece, columns): (usize, &[[u64; N]])| {
            columns.iter().any(|column| *column != [0; N]).then(|| {
                let mut images = [[0; N]; 16];
                for value in 1..16usize {
                    // The image without the lowest one is already known.
                    let low = value.trailing_zeros() as usize;
                    images[value] = xor(images[value & (value - 1)], columns.get(low).copied().unwrap_or([0; N]));
                }
                (piece, images)
            })
        };
        Self { pieces: columns.chunks(4).enumerate().filter_map(of_piece).collect() }
    }

    #[inline]
    pub fn image(&self, code: &[u64]) -> [u64; N] {
        let mut image = [0; N];
        for (piece, images) in &self.pieces {
            image = xor(image, images[(code[piece / 16] >> (piece % 16 * 4)) as usize % 16]);
        }
        image
    }
}

fn xor<const N: usize>(mut a: [u64; N], b: [u64; N]) -> [u64; N] {
    for word in 0..N {
        a[word] ^= b[word];
    }
    a
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_image_is_the_xor_of_the_columns(
            columns in prop::collection::vec(prop_oneof![Just([0u64; 2]), any::<[u64; 2]>()], 1..130),
            code in prop::array::uniform3(any::<u64>()),
        ) {
            let set = |bit: usize| code[bit / 64] >> (bit % 64) & 1 == 1;
            let expected = columns.iter().enumerate().filter(|(bit, _)| set(*bit)).fold([0; 2], |image, (_, c)| xor(image, *c));
            prop_assert_eq!(LinearMap::new(&columns).image(&code), expected);
        }
    }
}
