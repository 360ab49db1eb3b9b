//! An index on disk.
//!
//! | bytes | what | form |
//! |---|---|---|
//! | 0..8 | magic | `SNDALIKE` |
//! | 8..12 | version of this format | u32, 2 |
//! | 12..16 | bits of a code, B | u32, 8 to 512 |
//! | 16..24 | codes, N | u64, below 2^32 |
//! | 24..32 | generation of the model that made them | u64 |
//! | 32..40 | bytes of the file | u64 |
//! | 40..48 | words of the list, L | u64 |
//! | 48..64 | nothing yet | 0 |
//! | 64..96 | BLAKE3 of bytes 0..64 and of the list | 32 bytes |
//! | 96..96 + 8 L | the list | L u64 |
//! | to a multiple of 64: D | nothing | 0 |
//! | D.. | the codes, row by row, ceil(B / 64) words each | N * ceil(B / 64) u64 |
//! | from multiples of 64 | rows not removed, tables: what the list says | u64 or u32 |
//!
//! All numbers are little-endian. From D to the end of the file are blocks of 1 MiB, the last one shorter. Mapped into
//! memory everything is aligned for its numbers, and the codes for whole vector registers.
//!
//! The list:
//!
//! | words | what |
//! |---|---|
//! | 1 | blocks |
//! | 4 each | BLAKE3 of a block |
//! | 3 | rows that were not removed: 1 or, where that is all, 0; offset, length |
//! | 1 | segments |
//! | 3 each | rows, parts (0: no tables), patience (f32) |
//! | for each part | bits: count, each; tag bits: count, each; levels: count, nanoseconds (f32) each; offset and length of its directory (u64), starts, tags and rows (u32) |
//!
//! Offsets are in bytes from the start of the file, lengths in numbers. What the numbers mean stands in
//! `index/buckets`.
//!
//! Opening reads the list and nothing else. The blocks of the codes are checked when codes are first asked for, those of the
//! tables when a table is: so an index of millions opens at once, and no damage gets as far as an answer.

mod list;

use std::fs::File;
use std::io::{Seek, SeekFrom, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use memmap2::Mmap;
use rayon::prelude::*;

use super::buckets::Part;
use super::codes::{BITS, Codes, CodesRef, words_per_code};
use super::searcher::{Index, Segment};
use list::List;

#[cfg(target_endian = "big")]
compile_error!("codes are mapped as they lie on disk, little-endian; a big-endian machine would need a copy");

const MAGIC: &[u8; 8] = b"SNDALIKE";
const VERSION: u32 = 2;
const HEADER_BYTES: usize = 96;
const BLOCK_BYTES: usize = 1 << 20;
const ALIGNMENT: usize = 64;

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
    index: Index,
    model_generation: u64,
    file_bytes: u64,
}

/// What of an index lies in a file, checked part by part when it is first used.
#[derive(Debug)]
pub(super) struct Stored {
    path: PathBuf,
    map: Arc<Mmap>,
    bits: usize,
    rows: usize,
    /// Where the blocks begin, and their checksums.
    body: usize,
    blocks: Vec<[u8; 32]>,
    /// The tables of each segment, and how many rows it has.
    tables: Vec<(Arc<Vec<Part>>, usize)>,
    codes_checked: OnceLock<Result<(), String>>,
    tables_checked: OnceLock<Result<(), String>>,
}

impl IndexFile {
    /// Builds an index of `codes` and writes it to `path`, as [`IndexFile::save`] does.
    pub fn write(path: &Path, codes: CodesRef<'_>, model_generation: u64) -> Result<(), IndexError> {
        Self::save(path, &Index::build(Codes::with_rows(codes)), model_generation)
    }

    /// Writes `index` to `path` so that the file is either whole or absent: beside it first, then renamed.
    pub fn save(path: &Path, index: &Index, model_generation: u64) -> Result<(), IndexError> {
        let codes = index.codes()?;
        let (list, stretches) = List::of(index);
        let stretches: Vec<&[u8]> = std::iter::once(bytemuck::cast_slice(codes.words())).chain(stretches).collect();
        let body_bytes = stretches.iter().fold(0, |end: usize, bytes| end.next_multiple_of(ALIGNMENT) + bytes.len());
        let unknown = vec![[0; 32]; body_bytes.div_ceil(BLOCK_BYTES)];
        let body = (HEADER_BYTES + list.words_with(&unknown).len() * 8).next_multiple_of(ALIGNMENT);

        let failed = |cause| IndexError::Write { path: path.to_owned(), cause };
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let mut file = tempfile::NamedTempFile::new_in(folder).map_err(failed)?;
        file.seek(SeekFrom::Start(body as u64)).map_err(failed)?;
        let out = std::io::BufWriter::new(file.as_file());
        let mut blocks = Blocks { out, hasher: blake3::Hasher::new(), filled: 0, sums: Vec::new() };
        let mut offsets = Vec::new();
        let mut end = 0usize;
        for bytes in &stretches {
            blocks.write(&[0; ALIGNMENT][..end.next_multiple_of(ALIGNMENT) - end]).map_err(failed)?;
            end = end.next_multiple_of(ALIGNMENT);
            offsets.push((body + end) as u64);
            blocks.write(bytes).map_err(failed)?;
            end += bytes.len();
        }
        let sums = blocks.finish().map_err(failed)?;

        let list = list.placed_at(&offsets[1..]).words_with(&sums);
        let list: &[u8] = bytemuck::cast_slice(&list);
        let mut header = [0u8; HEADER_BYTES];
        header[0..8].copy_from_slice(MAGIC);
        header[8..12].copy_from_slice(&VERSION.to_le_bytes());
        header[12..16].copy_from_slice(&(codes.bits() as u32).to_le_bytes());
        header[16..24].copy_from_slice(&(codes.len() as u64).to_le_bytes());
        header[24..32].copy_from_slice(&model_generation.to_le_bytes());
        header[32..40].copy_from_slice(&((body + end) as u64).to_le_bytes());
        header[40..48].copy_from_slice(&(list.len() as u64 / 8).to_le_bytes());
        let sum = blake3::Hasher::new().update(&header[..64]).update(list).finalize();
        header[64..96].copy_from_slice(sum.as_bytes());
        file.seek(SeekFrom::Start(0)).map_err(failed)?;
        file.write_all(&header).map_err(failed)?;
        file.write_all(list).map_err(failed)?;
        file.as_file().set_len((body + end) as u64).map_err(failed)?;
        file.as_file().sync_all().map_err(failed)?;
        file.persist(path).map_err(|refused| failed(refused.error))?;
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed)
    }

    /// Maps the index at `path`: a file from a stranger is safe to open. What the file says of itself is checked here, and
    /// the codes and tables when they are first used.
    pub fn open(path: &Path) -> Result<Self, IndexError> {
        let unreadable = |cause| IndexError::Read { path: path.to_owned(), cause };
        let damaged = |why: String| IndexError::Damaged { path: path.to_owned(), why };
        let file = File::open(path).map_err(unreadable)?;
        // SAFETY: a mapping is only sound while nobody changes the file. Index files are written once, under a name of
        // their own, by a process that holds the project's lock, and are never written to again; unlinking one leaves
        // the mapping whole.
        let map = Arc::new(unsafe { Mmap::map(&file) }.map_err(unreadable)?);
        let Some((header, rest)) = map.split_at_checked(HEADER_BYTES) else {
            return Err(damaged(format!("it ends after {} bytes", map.len())));
        };
        if &header[0..8] != MAGIC {
            return Err(damaged("it does not begin as one".into()));
        }
        let version = u32_at(header, 8);
        if version > VERSION {
            return Err(IndexError::Newer { path: path.to_owned(), found: version });
        }
        if version < VERSION {
            return Err(damaged(format!("it is of version {version}, which is no longer known")));
        }
        if u64_at(header, 32) != map.len() as u64 {
            return Err(damaged(format!("it has {} bytes where its header says {}", map.len(), u64_at(header, 32))));
        }
        let list_bytes = usize::try_from(u64_at(header, 40)).ok().and_then(|words| words.checked_mul(8));
        let Some(list) = list_bytes.and_then(|bytes| rest.get(..bytes)) else {
            return Err(damaged("its list is longer than itself".into()));
        };
        let sum = blake3::Hasher::new().update(&header[..64]).update(list).finalize();
        if sum.as_bytes() != &header[64..96] {
            return Err(damaged("its checksum does not agree with its list".into()));
        }
        let (bits, rows) = (u32_at(header, 12) as usize, u64_at(header, 16));
        let rows = usize::try_from(rows).ok().filter(|&rows| u32::try_from(rows).is_ok() && BITS.contains(&bits));
        let Some(rows) = rows else {
            return Err(damaged(format!("its header says {} codes of {bits} bits", u64_at(header, 16))));
        };
        let body = (HEADER_BYTES + list.len()).next_multiple_of(ALIGNMENT);
        let code_bytes = rows * words_per_code(bits) * 8;
        let padding = map.get(HEADER_BYTES + list.len()..body);
        if padding.is_none_or(|padding| padding.iter().any(|&byte| byte != 0)) || map.len() - body < code_bytes {
            return Err(damaged("its codes are not where they should be".into()));
        }
        let read = list::read(list, &map, bits, rows, map.len() - body).map_err(|why| damaged(why.into()))?;
        let with_rows = |segment: &Segment| {
            let parts = segment.buckets.as_ref().map_or_else(Default::default, |buckets| buckets.parts.clone());
            (parts, segment.rows.len())
        };
        let tables = read.segments.iter().map(with_rows).collect();
        let stored = Stored {
            path: path.to_owned(),
            bits,
            rows,
            body,
            blocks: read.blocks,
            tables,
            codes_checked: OnceLock::new(),
            tables_checked: OnceLock::new(),
            map: map.clone(),
        };
        Ok(Self {
            index: Index::from_file(Arc::new(stored), read.segments, read.kept),
            model_generation: u64_at(header, 24),
            file_bytes: map.len() as u64,
        })
    }

    pub fn index(&self) -> &Index {
        &self.index
    }

    /// See [`Index::codes`].
    pub fn codes(&self) -> Result<CodesRef<'_>, IndexError> {
        self.index.codes()
    }

    /// The generation of the model that made the codes.
    pub fn model_generation(&self) -> u64 {
        self.model_generation
    }

    pub fn file_bytes(&self) -> u64 {
        self.file_bytes
    }
}

impl Stored {
    pub fn bits(&self) -> usize {
        self.bits
    }

    pub fn codes(&self) -> Result<CodesRef<'_>, IndexError> {
        let bytes = &self.map[self.code_bytes()];
        let codes = CodesRef::new(self.bits, bytemuck::cast_slice(bytes));
        let checked = self.codes_checked.get_or_init(|| {
            self.check_blocks(self.code_bytes())?;
            match codes.is_clean() {
                true => Ok(()),
                false => Err("a code has more bits than its header says".into()),
            }
        });
        self.told(checked)?;
        Ok(codes)
    }

    pub fn check_tables(&self) -> Result<(), IndexError> {
        let checked = self.tables_checked.get_or_init(|| {
            self.check_blocks(self.code_bytes().end..self.map.len())?;
            let of_segment = |(parts, rows): &(Arc<Vec<Part>>, usize)| {
                parts.par_iter().find_map_any(|part| part.table.flaw(*rows, part.key.bits.len()))
            };
            match self.tables.iter().find_map(of_segment) {
                None => Ok(()),
                Some(why) => Err(why.into()),
            }
        });
        self.told(checked)
    }

    fn told(&self, checked: &Result<(), String>) -> Result<(), IndexError> {
        checked.as_ref().map(|_| ()).map_err(|why| IndexError::Damaged { path: self.path.clone(), why: why.clone() })
    }

    fn code_bytes(&self) -> Range<usize> {
        self.body..self.body + self.rows * words_per_code(self.bits) * 8
    }

    /// Checks the blocks that hold any of `bytes`.
    fn check_blocks(&self, bytes: Range<usize>) -> Result<(), String> {
        let (first, end) = ((bytes.start - self.body) / BLOCK_BYTES, (bytes.end - self.body).div_ceil(BLOCK_BYTES));
        let differs = (first..end).into_par_iter().find_first(|&block| {
            let start = self.body + block * BLOCK_BYTES;
            let bytes = &self.map[start..self.map.len().min(start + BLOCK_BYTES)];
            self.blocks.get(block).is_none_or(|sum| blake3::hash(bytes) != *sum)
        });
        match differs {
            None => Ok(()),
            Some(block) => Err(format!("the checksum of its block {block} does not agree with its content")),
        }
    }
}

/// Writes bytes through and takes the checksum of each block.
struct Blocks<W: Write> {
    out: W,
    hasher: blake3::Hasher,
    filled: usize,
    sums: Vec<[u8; 32]>,
}

impl<W: Write> Blocks<W> {
    fn write(&mut self, mut bytes: &[u8]) -> std::io::Result<()> {
        self.out.write_all(bytes)?;
        while !bytes.is_empty() {
            let (now, later) = bytes.split_at(bytes.len().min(BLOCK_BYTES - self.filled));
            self.hasher.update(now);
            self.filled += now.len();
            if self.filled == BLOCK_BYTES {
                self.end_block();
            }
            bytes = later;
        }
        Ok(())
    }

    fn end_block(&mut self) {
        self.sums.push(*self.hasher.finalize().as_bytes());
        self.hasher.reset();
        self.filled = 0;
    }

    fn finish(mut self) -> std::io::Result<Vec<[u8; 32]>> {
        if self.filled > 0 {
            self.end_block();
        }
        self.out.flush()?;
        Ok(self.sums)
    }
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
mod tests;
