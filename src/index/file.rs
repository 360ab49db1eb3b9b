//! An index on disk.
//!
//! | bytes | what | form |
//! |---|---|---|
//! | 0..8 | magic | `SNDALIKE` |
//! | 8..12 | version of this format | u32, 1 |
//! | 12..16 | bits of a code, B | u32, 8 to 512 |
//! | 16..24 | codes, N | u64 |
//! | 24..32 | generation of the model that made them | u64 |
//! | 32..64 | BLAKE3 of bytes 0..32 and of the codes | 32 bytes |
//! | 64.. | the codes, row by row, ceil(B / 64) words each | N * ceil(B / 64) u64 |
//!
//! All numbers are little-endian; nothing follows the codes. The codes start at a multiple of 64 bytes, so that mapped
//! into memory they are aligned for words and for whole vector registers.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use memmap2::Mmap;

use super::codes::{BITS, CodesRef, words_per_code};

#[cfg(target_endian = "big")]
compile_error!("codes are mapped as they lie on disk, little-endian; a big-endian machine would need a copy");

const MAGIC: &[u8; 8] = b"SNDALIKE";
const VERSION: u32 = 1;
const HEADER_BYTES: usize = 64;

/// Why an index file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum IndexError {
    #[error("cannot read the index {path}: {cause}")]
    Read { path: PathBuf, cause: std::io::Error },
    #[error("cannot write the index {path}: {cause}")]
    Write { path: PathBuf, cause: std::io::Error },
    #[error("{path} is not an index: {why}; build the index anew")]
    Damaged { path: PathBuf, why: String },
    #[error("{path} is an index of version {found}, and this program knows version {VERSION}; use a newer program")]
    Newer { path: PathBuf, found: u32 },
}

/// A memory-mapped index: an immutable snapshot.
#[derive(Debug)]
pub struct IndexFile {
    map: Mmap,
    bits: usize,
    model_generation: u64,
}

impl IndexFile {
    /// Writes `codes` to `path` so that the file is either whole or absent: beside it first, then renamed.
    pub fn write(path: &Path, codes: CodesRef<'_>, model_generation: u64) -> Result<(), IndexError> {
        let mut header = [0u8; HEADER_BYTES];
        header[0..8].copy_from_slice(MAGIC);
        header[8..12].copy_from_slice(&VERSION.to_le_bytes());
        header[12..16].copy_from_slice(&(codes.bits() as u32).to_le_bytes());
        header[16..24].copy_from_slice(&(codes.len() as u64).to_le_bytes());
        header[24..32].copy_from_slice(&model_generation.to_le_bytes());
        let mut hasher = blake3::Hasher::new();
        hasher.update(&header[0..32]);
        for piece in codes.words().chunks(8192) {
            hasher.update(&little_endian(piece));
        }
        header[32..64].copy_from_slice(hasher.finalize().as_bytes());

        let failed = |cause| IndexError::Write { path: path.to_owned(), cause };
        let folder = path.parent().unwrap_or(Path::new("."));
        let mut file = tempfile::NamedTempFile::new_in(folder).map_err(failed)?;
        file.write_all(&header).map_err(failed)?;
        for piece in codes.words().chunks(8192) {
            file.write_all(&little_endian(piece)).map_err(failed)?;
        }
        file.as_file().sync_all().map_err(failed)?;
        file.persist(path).map_err(|refused| failed(refused.error))?;
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed)
    }

    /// Maps the index at `path` after checking every byte of it: a file from a stranger is safe to open.
    pub fn open(path: &Path) -> Result<Self, IndexError> {
        let unreadable = |cause| IndexError::Read { path: path.to_owned(), cause };
        let damaged = |why: String| IndexError::Damaged { path: path.to_owned(), why };
        let file = File::open(path).map_err(unreadable)?;
        // SAFETY: a mapping is only sound while nobody changes the file. Index files are written once, under a name of
        // their own, by a process that holds the project's lock, and are never written to again; unlinking one leaves
        // the mapping whole.
        let map = unsafe { Mmap::map(&file) }.map_err(unreadable)?;
        let Some((header, body)) = map.split_at_checked(HEADER_BYTES) else {
            return Err(damaged(format!("it ends after {} bytes", map.len())));
        };
        if &header[0..8] != MAGIC {
            return Err(damaged("it does not begin as one".into()));
        }
        let version = u32_at(header, 8);
        if version > VERSION {
            return Err(IndexError::Newer { path: path.to_owned(), found: version });
        }
        let bits = u32_at(header, 12) as usize;
        if version != VERSION || !BITS.contains(&bits) {
            return Err(damaged(format!("its header says version {version} and {bits} bits")));
        }
        let expected = u64_at(header, 16).checked_mul(words_per_code(bits) as u64 * 8);
        if expected != Some(body.len() as u64) {
            return Err(damaged(format!("it has {} bytes of codes where its header says otherwise", body.len())));
        }
        let mut hasher = blake3::Hasher::new();
        hasher.update(&header[0..32]).update(body);
        if hasher.finalize().as_bytes() != &header[32..64] {
            return Err(damaged("its checksum does not agree with its content".into()));
        }
        Ok(Self { bits, model_generation: u64_at(header, 24), map })
    }

    pub fn codes(&self) -> CodesRef<'_> {
        CodesRef::new(self.bits, bytemuck::cast_slice(&self.map[HEADER_BYTES..]))
    }

    /// The generation of the model that made the codes.
    pub fn model_generation(&self) -> u64 {
        self.model_generation
    }

    pub fn file_bytes(&self) -> u64 {
        self.map.len() as u64
    }
}

fn little_endian(words: &[u64]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    let mut number = [0; 4];
    number.copy_from_slice(&bytes[at..at + 4]);
    u32::from_le_bytes(number)
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    let mut number = [0; 8];
    number.copy_from_slice(&bytes[at..at + 8]);
    u64::from_le_bytes(number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::Codes;

    fn written() -> (tempfile::TempDir, PathBuf, Codes) {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("index-1.codes");
        let mut codes = Codes::new(72).expect("a legal width");
        for row in 0..5 {
            codes.push_signs(&(0..72).map(|bit| ((bit * row) % 3) as f32 - 0.5).collect::<Vec<_>>());
        }
        IndexFile::write(&path, codes.as_ref(), 9).expect("written");
        (folder, path, codes)
    }

    #[test]
    fn what_was_written_is_read() {
        let (_folder, path, codes) = written();
        let index = IndexFile::open(&path).expect("opened");
        assert_eq!((index.codes().bits(), index.model_generation()), (72, 9));
        assert_eq!(index.codes().words(), codes.as_ref().words());
    }

    #[test]
    fn an_empty_index_is_an_index() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("none.codes");
        IndexFile::write(&path, Codes::new(64).expect("a legal width").as_ref(), 1).expect("written");
        assert!(IndexFile::open(&path).expect("opened").codes().is_empty());
    }

    #[test]
    fn every_changed_byte_and_every_truncation_is_refused() {
        let (_folder, path, _) = written();
        let whole = std::fs::read(&path).expect("read");
        for at in 0..whole.len() {
            let mut altered = whole.clone();
            altered[at] ^= 0x10;
            std::fs::write(&path, &altered).expect("altered");
            assert!(IndexFile::open(&path).is_err(), "byte {at} altered");
            std::fs::write(&path, &whole[..at]).expect("cut");
            assert!(IndexFile::open(&path).is_err(), "cut after {at} bytes");
        }
    }

    #[test]
    fn a_newer_version_is_named() {
        let (_folder, path, _) = written();
        let mut newer = std::fs::read(&path).expect("read");
        newer[8] = 2;
        std::fs::write(&path, &newer).expect("altered");
        assert!(matches!(IndexFile::open(&path), Err(IndexError::Newer { found: 2, .. })));
    }
}
