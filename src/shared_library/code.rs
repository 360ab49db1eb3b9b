//! Codes as `bit(n)`. The first bit of the text of a `bit(n)` is bit 0 of the code.

use std::error::Error;

use bytes::BytesMut;
use postgres::types::{FromSql, IsNull, ToSql, Type, to_sql_checked};

use crate::ground::bits::to_bytes;

/// One code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Bits {
    pub bits: usize,
    pub words: Vec<u64>,
}

impl Bits {
    pub fn of(bits: usize, words: &[u64]) -> Self {
        Self { bits, words: words.to_vec() }
    }
}

impl ToSql for Bits {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        let len = i32::try_from(self.bits)?;
        out.extend_from_slice(&len.to_be_bytes());
        // PostgreSQL counts the bits of a byte from the most significant one.
        out.extend(to_bytes(&self.words, self.bits).map(u8::reverse_bits));
        Ok(IsNull::No)
    }

    fn accepts(ty: &Type) -> bool {
        *ty == Type::BIT || *ty == Type::VARBIT
    }

    to_sql_checked!();
}

impl<'a> FromSql<'a> for Bits {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        let (len, bytes) = raw.split_first_chunk::<4>().ok_or("a bit string without a length")?;
        let bits = usize::try_from(i32::from_be_bytes(*len))?;
        if bytes.len() != bits.div_ceil(8) {
            return Err("a bit string of another length than it says".into());
        }
        let mut words = vec![0_u64; bits.div_ceil(64)];
        for (place, byte) in bytes.iter().enumerate() {
            words[place / 8] |= u64::from(byte.reverse_bits()) << (place % 8 * 8);
        }
        Ok(Self { bits, words })
    }

    fn accepts(ty: &Type) -> bool {
        <Self as ToSql>::accepts(ty)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_comes_back_as_it_was_sent_and_its_first_bit_is_sent_first() {
        for bits in [8_usize, 32, 33, 64, 70, 128] {
            let mut words = vec![0x0123_4567_89ab_cdef_u64.rotate_left(bits as u32); bits.div_ceil(64)];
            if bits % 64 > 0 {
                *words.last_mut().expect("a word") &= (1 << (bits % 64)) - 1;
            }
            let code = Bits { bits, words };
            let mut sent = BytesMut::new();
            code.to_sql(&Type::BIT, &mut sent).expect("sent");
            assert_eq!(sent.len(), 4 + bits.div_ceil(8));
            assert_eq!(sent[4] >> 7, (code.words[0] & 1) as u8);
            assert_eq!(Bits::from_sql(&Type::BIT, &sent).expect("read"), code);
        }
        assert!(Bits::from_sql(&Type::BIT, &[0, 0, 0, 9, 1]).is_err());
    }
}
