//! A map on disk. Drawing a map takes a while, and the map stays the same until the index changes.
//!
//! | bytes | what | form |
//! |---|---|---|
//! | 0..8 | magic | `SNDALMAP` |
//! | 8..12 | version of this format | u32, 1 |
//! | 12..16 | number of dots, N | u32 |
//! | 16..24 | generation of the index | u64 |
//! | 24..56 | BLAKE3 of bytes 8..24 and of everything from byte 56 on | 32 bytes |
//! | 56..60 | the share of neighbours that the map keeps | f32 |
//! | 60.. | rows of the index | N u32 |
//! | | places | N times two f32 |
//!
//! All numbers are little-endian.

use std::path::{Path, PathBuf};

use crate::ground::files;

const MAGIC: &[u8; 8] = b"SNDALMAP";
const VERSION: u32 = 1;
const HEADER_BYTES: usize = 56;
const DOT_BYTES: usize = 12;

/// The most bytes of a map. A map has at most 100,000 dots.
const BYTES_AT_MOST: u64 = 64 << 20;

/// The rows of an index that are on a map, and their places.
#[derive(Clone, Debug, PartialEq)]
pub struct MapFile {
    pub index_generation: u64,
    /// The result of [`neighbours_kept`](super::quality::neighbours_kept).
    pub neighbours_kept: f32,
    pub rows: Vec<u32>,
    pub places: Vec<[f32; 2]>,
}

#[derive(Debug, thiserror::Error)]
pub enum MapFileError {
    #[error("cannot read the map {path}: {cause}")]
    Read { path: PathBuf, cause: std::io::Error },
    #[error("cannot write the map {path}: {cause}")]
    Write { path: PathBuf, cause: std::io::Error },
    #[error("{path} is not a map: {why}; the map is drawn again")]
    Damaged { path: PathBuf, why: &'static str },
}

impl MapFile {
    /// Writes the map to `path` so that the file is either whole or absent.
    pub fn write(&self, path: &Path) -> Result<(), MapFileError> {
        files::replace(path, &self.bytes()).map_err(|cause| MapFileError::Write { path: path.to_owned(), cause })
    }

    pub fn read(path: &Path) -> Result<Self, MapFileError> {
        let bytes = files::read_within(path, BYTES_AT_MOST)
            .map_err(|cause| MapFileError::Read { path: path.to_owned(), cause })?;
        Self::from_bytes(&bytes).map_err(|why| MapFileError::Damaged { path: path.to_owned(), why })
    }

    fn bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(HEADER_BYTES + self.rows.len() * DOT_BYTES);
        bytes.extend(MAGIC);
        bytes.extend(VERSION.to_le_bytes());
        // An index has fewer than 2^32 rows.
        bytes.extend((self.rows.len() as u32).to_le_bytes());
        bytes.extend(self.index_generation.to_le_bytes());
        bytes.extend([0; 32]);
        bytes.extend(self.neighbours_kept.to_le_bytes());
        bytes.extend(self.rows.iter().flat_map(|row| row.to_le_bytes()));
        bytes.extend(self.places.iter().flatten().flat_map(|along| along.to_le_bytes()));
        let sum = checksum(&bytes);
        bytes[24..HEADER_BYTES].copy_from_slice(&sum);
        bytes
    }

    fn from_bytes(bytes: &[u8]) -> Result<Self, &'static str> {
        let (header, body) = bytes.split_at_checked(HEADER_BYTES).ok_or("it is too short")?;
        if header[..8] != *MAGIC {
            return Err("it does not begin like a map");
        }
        if header[24..] != checksum(bytes) {
            return Err("its checksum is wrong");
        }
        if number(&header[8..12]) != VERSION {
            return Err("it is of another version of the program");
        }
        let dots = number(&header[12..16]) as usize;
        let (kept, body) = body.split_at_checked(4).ok_or("it is too short")?;
        let (rows, places) = body.split_at_checked(dots * 4).ok_or("it is too short")?;
        if places.len() != dots * 8 {
            return Err("its length is not what its header says");
        }
        let along = |bytes: &[u8]| f32::from_bits(number(bytes));
        let places: Vec<[f32; 2]> = places.chunks_exact(8).map(|p| [along(&p[..4]), along(&p[4..])]).collect();
        if !places.iter().flatten().all(|along| along.is_finite()) {
            return Err("it has places that are not finite");
        }
        let generation = u64::from(number(&header[16..20])) | u64::from(number(&header[20..24])) << 32;
        let rows = rows.chunks_exact(4).map(number).collect();
        Ok(Self { index_generation: generation, neighbours_kept: along(kept), rows, places })
    }
}

/// The checksum of everything but the magic and the checksum itself.
fn checksum(bytes: &[u8]) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&bytes[8..24]).update(&bytes[HEADER_BYTES..]);
    hasher.finalize().into()
}

fn number(bytes: &[u8]) -> u32 {
    bytes.iter().rev().fold(0, |number, &byte| number << 8 | u32::from(byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map() -> MapFile {
        MapFile {
            index_generation: 7 << 33,
            neighbours_kept: 0.75,
            rows: vec![0, 5, 70_000],
            places: vec![[1.5, -2.0], [0.0, 3.25], [-1.0, 1e-3]],
        }
    }

    #[test]
    fn a_map_comes_back_as_it_was_written() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("map");
        map().write(&path).expect("written");
        assert_eq!(MapFile::read(&path).expect("read"), map());
        assert!(matches!(MapFile::read(&folder.path().join("absent")), Err(MapFileError::Read { .. })));
    }

    #[test]
    fn any_damage_is_noticed() {
        let whole = map().bytes();
        for at in 0..whole.len() {
            let mut damaged = whole.clone();
            damaged[at] ^= 0x10;
            assert!(MapFile::from_bytes(&damaged).is_err(), "byte {at}");
            assert!(MapFile::from_bytes(&whole[..at]).is_err(), "{at} bytes");
        }
        assert!(MapFile::from_bytes(&[&whole[..], &[0]].concat()).is_err());
    }
}
