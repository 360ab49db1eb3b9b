//! NumPy's array format.

use std::io::{self, Write};

use crate::index::CodesRef;

/// Codes as an array of uint8, `[codes, ceil(bits / 8)]`, version 1.0: magic, a text header padded to 64 bytes, then
/// the rows. Bit i of a code is bit i % 8 of byte i / 8, counted from the least significant bit.
pub(in crate::engine) fn write(codes: CodesRef<'_>, to: &mut dyn Write) -> io::Result<()> {
    let shape = (codes.len(), codes.bits().div_ceil(8));
    let mut header = format!("{{'descr': '|u1', 'fortran_order': False, 'shape': ({}, {}), }}", shape.0, shape.1);
    let prefix = 10;
    let padded = (prefix + header.len() + 1).next_multiple_of(64);
    header.extend(std::iter::repeat_n(' ', padded - prefix - header.len() - 1));
    header.push('\n');
    to.write_all(b"\x93NUMPY\x01\x00")?;
    // The header is a fixed sentence with two numbers. Its length is far below the limit of 16 bits.
    to.write_all(&(header.len() as u16).to_le_bytes())?;
    to.write_all(header.as_bytes())?;
    for row in 0..codes.len() {
        to.write_all(&codes.code_bytes(row).collect::<Vec<u8>>())?;
    }
    to.flush()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::Codes;

    #[test]
    fn an_npy_file_is_a_padded_header_and_rows_of_bytes() {
        let mut codes = Codes::new(12).expect("a legal width");
        codes.push_signs(&[1.0; 24]);
        let mut bytes = Vec::new();
        write(codes.as_ref(), &mut bytes).expect("written");
        assert_eq!(bytes.len() % 64, 4);
        assert!(String::from_utf8_lossy(&bytes).contains("'shape': (2, 2)"));
        assert_eq!(&bytes[bytes.len() - 5..], b"\n\xff\x0f\xff\x0f");
    }
}
