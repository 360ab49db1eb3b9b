//! The header that both kinds of file begin with.

use std::ops::RangeInclusive;
use std::path::Path;

use super::IndexError;
use crate::index::codes::BITS;

pub(super) const HEADER_BYTES: usize = 96;

/// The fields of a header, except those that are counted from the rest of the file.
pub(super) struct Header {
    pub version: u32,
    pub bits: usize,
    pub rows: usize,
    /// The content of bytes 40 to 64.
    pub own: [u64; 3],
}

/// A file's header and list. They are consistent with each other.
pub(super) struct Headed<'a> {
    pub header: Header,
    pub list: &'a [[u8; 8]],
    /// The checksum of header and list.
    pub sum: [u8; 32],
}

impl Header {
    /// The header of a file of `file_bytes` bytes with this list, and its checksum.
    pub fn bytes(&self, magic: &[u8; 8], file_bytes: u64, list: &[u64]) -> ([u8; HEADER_BYTES], [u8; 32]) {
        let mut header = [0u8; HEADER_BYTES];
        header[0..8].copy_from_slice(magic);
        header[8..12].copy_from_slice(&self.version.to_le_bytes());
        header[12..16].copy_from_slice(&(self.bits as u32).to_le_bytes());
        let numbers = [self.rows as u64, file_bytes, list.len() as u64].into_iter().chain(self.own);
        for (number, bytes) in numbers.zip(header[16..64].as_chunks_mut::<8>().0) {
            *bytes = number.to_le_bytes();
        }
        let sum = *blake3::Hasher::new().update(&header[..64]).update(bytemuck::cast_slice(list)).finalize().as_bytes();
        header[64..96].copy_from_slice(&sum);
        (header, sum)
    }
}

/// Checks the header and the list of the file at `path`, whose content is `bytes`.
pub(super) fn read<'a>(
    path: &Path,
    bytes: &'a [u8],
    magic: &[u8; 8],
    versions: RangeInclusive<u32>,
) -> Result<Headed<'a>, IndexError> {
    let damaged = |why: String| IndexError::Damaged { path: path.to_owned(), why };
    let Some((header, rest)) = bytes.split_first_chunk::<HEADER_BYTES>() else {
        return Err(damaged(format!("it ends after {} bytes", bytes.len())));
    };
    if &header[0..8] != magic {
        return Err(damaged("it does not begin like such a file".into()));
    }
    let found = u32_at(header, 8);
    if found > *versions.end() {
        return Err(IndexError::Newer { path: path.to_owned(), found, known: *versions.end() });
    }
    if !versions.contains(&found) {
        return Err(damaged(format!("it is of version {found}, made by an earlier program")));
    }
    let [rows, file_bytes, list_words, own @ ..] = [16, 24, 32, 40, 48, 56].map(|at| u64_at(header, at));
    if file_bytes != bytes.len() as u64 {
        return Err(damaged(format!("it has {} bytes, but its header says {file_bytes}", bytes.len())));
    }
    let list_bytes = usize::try_from(list_words).ok().and_then(|words| words.checked_mul(8));
    let Some(list) = list_bytes.and_then(|bytes| rest.get(..bytes)) else {
        return Err(damaged("its list is longer than itself".into()));
    };
    let sum = *blake3::Hasher::new().update(&header[..64]).update(list).finalize().as_bytes();
    if sum != header[64..96] {
        return Err(damaged("its checksum does not agree with its list".into()));
    }
    let bits = u32_at(header, 12) as usize;
    match u32::try_from(rows) {
        Ok(rows) if BITS.contains(&bits) => {
            let header = Header { version: found, bits, rows: rows as usize, own };
            Ok(Headed { header, list: list.as_chunks::<8>().0, sum })
        }
        _ => Err(damaged(format!("its header says {rows} codes of {bits} bits"))),
    }
}

fn u32_at(bytes: &[u8; HEADER_BYTES], at: usize) -> u32 {
    let mut number = [0; 4];
    number.copy_from_slice(&bytes[at..at + 4]);
    u32::from_le_bytes(number)
}

pub(super) fn u64_at(bytes: &[u8], at: usize) -> u64 {
    let mut number = [0; 8];
    number.copy_from_slice(&bytes[at..at + 8]);
    u64::from_le_bytes(number)
}
