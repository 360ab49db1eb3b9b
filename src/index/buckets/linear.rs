//! Linear maps of a code's bits to 32 bits, over the field of two elements.

/// Bit i of a code contributes `columns[i]`: the image is the xor of the columns whose bits are set. So flipping a bit
/// of the code flips a known pattern of the image.
#[derive(Clone, Debug)]
pub(super) struct LinearMap {
    /// The bytes of a code that have any column, and the images of their 256 values.
    bytes: Vec<(usize, Box<[u32; 256]>)>,
}

impl LinearMap {
    pub fn new(columns: &[u32]) -> Self {
        let of_byte = |(byte, columns): (usize, &[u32])| {
            columns.iter().any(|&column| column != 0).then(|| {
                let mut images = Box::new([0; 256]);
                for value in 1..256usize {
                    // The image without its lowest one is known already.
                    let low = value.trailing_zeros() as usize;
                    images[value] = images[value & (value - 1)] ^ columns.get(low).copied().unwrap_or(0);
                }
                (byte, images)
            })
        };
        Self { bytes: columns.chunks(8).enumerate().filter_map(of_byte).collect() }
    }

    pub fn image(&self, code: &[u64]) -> u32 {
        self.bytes.iter().fold(0, |image, (byte, images)| {
            let value = (code[byte / 8] >> (byte % 8 * 8)) as u8;
            image ^ images[usize::from(value)]
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_image_is_the_xor_of_the_columns(
            columns in prop::collection::vec(prop_oneof![Just(0u32), any::<u32>()], 1..130),
            code in prop::array::uniform3(any::<u64>()),
        ) {
            let set = |bit: usize| code[bit / 64] >> (bit % 64) & 1 == 1;
            let expected = columns.iter().enumerate().filter(|(bit, _)| set(*bit)).fold(0, |image, (_, c)| image ^ c);
            prop_assert_eq!(LinearMap::new(&columns).image(&code), expected);
        }
    }
}
