//! An index on disk: one file for each segment, and one file that lists the segments. Later generations share segments.
//!
//! The list has a name that the caller chooses. When an index grows, only the list is rewritten, and at most one
//! segment is added:
//!
//! | bytes | what | form |
//! |---|---|---|
//! | 0..8 | magic | `SNDALIKE` |
//! | 8..12 | version of this format | u32, 5 |
//! | 12..16 | bits of a code, B | u32, 8 to 512 |
//! | 16..24 | number of codes, N | u64, below 2^32 |
//! | 24..32 | bytes of the file | u64 |
//! | 32..40 | words of the list, L | u64 |
//! | 40..48 | generation of the model that made the codes | u64 |
//! | 48..56 | number of segments, S | u64 |
//! | 56..64 | whether rows were removed, R | u64, 0 or 1 |
//! | 64..96 | BLAKE3 of bytes 0..64 and of the list | 32 bytes |
//! | 96..128 | hash of the model that made the codes; 0 if it is unknown | 32 bytes |
//! | 128..136 | generation of this index; 0 if it has none | u64 |
//! | 136..136 + 40 S | for each segment: its rows, and bytes 64..96 of its file | u64; 32 bytes |
//! | if R is 1: to the end | the rows that were not removed, one bit each | ceil(N / 64) u64 |
//!
//! Version 4 had neither the hash nor the generation. It is read as well.
//!
//! A segment lies beside the list. Its name is `segment-`, the first 16 bytes of its checksum in hexadecimal digits,
//! and `.codes`. So equal content has an equal name, and is written once.
//!
//! | bytes | what | form |
//! |---|---|---|
//! | 0..8 | magic | `SNDCODES` |
//! | 8..12 | version of this format | u32, 4 |
//! | 12..16 | bits of a code, B | u32, 8 to 512 |
//! | 16..24 | number of codes, N | u64, below 2^32 |
//! | 24..32 | bytes of the file | u64 |
//! | 32..40 | words of the list, L | u64 |
//! | 40..64 | unused | 0 |
//! | 64..96 | BLAKE3 of bytes 0..64 and of the list | 32 bytes |
//! | 96..96 + 8 L | the list | L u64 |
//! | to a multiple of 64: D | unused | 0 |
//! | D.. | the codes, row by row, ceil(B / 64) words each | N * ceil(B / 64) u64 |
//! | from multiples of 64 | the tables that the list describes | u64 or u32 |
//!
//! All numbers are little-endian. The file from D on is divided into blocks of 1 MiB; the last block is shorter. When
//! the file is mapped into memory, every number is aligned for its type, and the codes are aligned for vector
//! registers. The list of a segment:
//!
//! | words | what |
//! |---|---|
//! | 1 | number of blocks |
//! | 4 each | BLAKE3 of a block |
//! | 3 | parts (0: no tables), patience (f32), nanoseconds of a search (f32) |
//! | for each part | bits: count, each; tag bits: count, each; levels: count, nanoseconds (f32) each; offset and length of its directory (u64), starts (u32) and entries (u64) |
//!
//! Offsets are in bytes from the start of the file. Lengths are counts of numbers. `index/buckets` explains what the
//! numbers mean.
//!
//! Segments of up to 64 MiB are read into memory, where no other program can change them. Larger ones are mapped, so an
//! index of millions of codes opens at once, and a change of their files is noticed and reported. The blocks of a
//! segment's codes are checked when the codes are first used, and the blocks of its tables when a table is first used.
//! So damage never reaches an answer.

mod blocks;
mod header;
mod list;
mod mend;
mod segment;

use std::fs::{File, TryLockError};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::all_codes::AllCodes;
use super::codes::{Codes, CodesRef};
use super::rows::RowSet;
use super::searcher::Index;
use super::segment::Segment;
use crate::ground::files::{self, Draft, folder_of};
use header::Header;
use list::{Reader, words_of};
pub use mend::Mended;
pub(super) use segment::SegmentFile;

#[cfg(target_endian = "big")]
compile_error!("codes are mapped as they lie on disk, little-endian; a big-endian machine would need a copy");

const MAGIC: &[u8; 8] = b"SNDALIKE";
/// The versions of a list and of a segment's file that can be read. The last one is written.
const LIST_VERSIONS: std::ops::RangeInclusive<u32> = 4..=5;
const SEGMENT_VERSIONS: std::ops::RangeInclusive<u32> = 4..=4;

/// The most bytes of a list: one bit for each of 2^32 rows, and the entries of a million segments.
const LIST_BYTES: u64 = 640 << 20;
const ALIGNMENT: usize = 64;

/// The reason why an index file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum IndexError {
    #[error("cannot read the index {path}: {cause}")]
    Read { path: PathBuf, cause: std::io::Error },
    #[error("cannot write the index {path}: {cause}")]
    Write { path: PathBuf, cause: std::io::Error },
    #[error("the index {path} cannot be used: {why}; build the index again")]
    Damaged { path: PathBuf, why: String },
    #[error("{path} is an index of version {found}, but this program reads version {known}; use a newer program")]
    Newer { path: PathBuf, found: u32, known: u32 },
}

/// The model that made the codes of an index, and the generation of the index.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MadeBy {
    pub generation: u64,
    /// The model's own hash, if it is known.
    pub hash: Option<[u8; 32]>,
    /// The generation of the index itself, if it has one. It distinguishes the index from an older one of the same
    /// name.
    pub index: Option<u64>,
}

/// An index on the disk: an immutable snapshot.
#[derive(Debug)]
pub struct IndexFile {
    index: Index,
    made_by: MadeBy,
    file_bytes: u64,
    /// The list's file, with a shared lock. The lock tells a process that deletes old generations that this one is
    /// being read.
    _list: File,
}

/// What the list of an index says.
struct Listed {
    header: Header,
    /// The rows and the checksum of each segment.
    segments: Vec<(usize, [u8; 32])>,
    kept: Option<RowSet>,
    made_by: MadeBy,
    file_bytes: u64,
    file: File,
}

impl IndexFile {
    /// Builds an index of `codes` and writes it to `path`, like [`IndexFile::save`].
    pub fn write(path: &Path, codes: CodesRef<'_>, model_generation: u64) -> Result<(), IndexError> {
        Self::save(path, &Index::build(Codes::with_rows(codes)), model_generation)
    }

    /// Writes `index` to `path`. Segments that are not in the same folder yet are written first. Then the file at
    /// `path` is either whole or absent.
    pub fn save(path: &Path, index: &Index, model_generation: u64) -> Result<(), IndexError> {
        Self::save_as(path, index, MadeBy { generation: model_generation, ..MadeBy::default() }, &|_| Ok(()))
    }

    /// Like [`IndexFile::save`], for codes that `made_by` made. `announce` is called with the name of each segment
    /// before its file is put in its place.
    pub fn save_as<E: From<IndexError>>(
        path: &Path,
        index: &Index,
        made_by: MadeBy,
        announce: &dyn Fn(&str) -> Result<(), E>,
    ) -> Result<(), E> {
        let folder = folder_of(path);
        let mut list: Vec<u64> = words_of(&[made_by.hash.unwrap_or_default()]).collect();
        list.push(made_by.index.unwrap_or_default());
        for segment in index.segments() {
            let sum = match segment.file().filter(|file| file.is_in(folder)) {
                Some(file) => *file.sum(),
                None => segment::write(folder, segment, announce)?,
            };
            list.push(segment.rows() as u64);
            list.extend(words_of(&[sum]));
        }
        list.extend(index.kept().map_or(&[][..], RowSet::words));
        let own = [made_by.generation, index.segments().count() as u64, u64::from(index.kept().is_some())];
        let header = Header { version: *LIST_VERSIONS.end(), bits: index.bits(), rows: index.len(), own };
        let (header, _) = header.bytes(MAGIC, (header::HEADER_BYTES + list.len() * 8) as u64, &list);
        let written = Draft::in_folder(folder).and_then(|mut draft| {
            draft.write_all(&header)?;
            draft.write_all(bytemuck::cast_slice(&list))?;
            draft.replace(path)
        });
        written.map_err(|cause| IndexError::Write { path: path.to_owned(), cause }.into())
    }

    /// Opens the index at `path`. Files from a stranger are safe to open: their lists are checked here, their codes and
    /// tables when they are first used.
    pub fn open(path: &Path) -> Result<Self, IndexError> {
        Self::open_after(path, None)
    }

    /// Opens an index that has grown out of `before`. The two share their common segments, and what was already checked
    /// in them.
    pub fn open_after(path: &Path, before: Option<&IndexFile>) -> Result<Self, IndexError> {
        let listed = listed(path)?;
        let folder = folder_of(path);
        let bits = listed.header.bits;
        let mut file_bytes = listed.file_bytes;
        let mut segments: Vec<Arc<Segment>> = Vec::new();
        for (rows, sum) in listed.segments {
            let segment = Self::segment_of(folder, bits, rows, sum, before).map_err(|refused| match refused {
                IndexError::Read { path: of, cause } => {
                    let why = format!("{} cannot be read ({cause})", of.display());
                    IndexError::Damaged { path: path.to_owned(), why }
                }
                other => other,
            })?;
            file_bytes += segment.file().map_or(0, SegmentFile::bytes);
            segments.push(segment);
        }
        let index = Index::of_segments(bits, segments, listed.kept);
        Ok(Self { index, made_by: listed.made_by, file_bytes, _list: listed.file })
    }

    /// The segment in `folder` with this checksum. It is taken from `before` if `before` has it, and opened otherwise.
    fn segment_of(
        folder: &Path,
        bits: usize,
        rows: usize,
        sum: [u8; 32],
        before: Option<&IndexFile>,
    ) -> Result<Arc<Segment>, IndexError> {
        let is_it = |segment: &&Arc<Segment>| {
            (segment.bits(), segment.rows()) == (bits, rows) && segment.file().is_some_and(|file| file.is(folder, &sum))
        };
        match before.and_then(|before| before.index.segments().find(is_it)) {
            Some(known) => Ok(known.clone()),
            None => segment::open(folder.join(segment::name_of(&sum)), sum, bits, rows).map(Arc::new),
        }
    }

    /// The names of the segment files, which lie beside the file at `path`.
    pub fn segment_names(path: &Path) -> Result<Vec<String>, IndexError> {
        Ok(listed(path)?.segments.iter().map(|(_, sum)| segment::name_of(sum)).collect())
    }

    pub fn index(&self) -> &Index {
        &self.index
    }

    /// See [`Index::codes`].
    pub fn codes(&self) -> Result<AllCodes<'_>, IndexError> {
        self.index.codes()
    }

    /// The generation of the model that made the codes.
    pub fn model_generation(&self) -> u64 {
        self.made_by.generation
    }

    pub fn made_by(&self) -> MadeBy {
        self.made_by
    }

    /// The size of the list and of all segments, in bytes.
    pub fn file_bytes(&self) -> u64 {
        self.file_bytes
    }
}

/// Reads the list at `path`, but no segment.
fn listed(path: &Path) -> Result<Listed, IndexError> {
    let unreadable = |cause| IndexError::Read { path: path.to_owned(), cause };
    let file = files::open_regular(path).map_err(unreadable)?;
    match file.try_lock_shared() {
        // On file systems without locks, a generation may be deleted while it is read. On Unix, the mapped content
        // stays whole even then.
        Ok(()) | Err(TryLockError::Error(_)) => {}
        // A process that deletes old generations locks the file just before it deletes it.
        Err(TryLockError::WouldBlock) => return Err(unreadable(std::io::ErrorKind::NotFound.into())),
    }
    let bytes = files::read_within(path, LIST_BYTES).map_err(unreadable)?;
    let headed = header::read(path, &bytes, MAGIC, LIST_VERSIONS)?;
    let [generation, count, removed] = headed.header.own;
    let mut reader = Reader { words: headed.list };
    let mut left = headed.header.rows;
    let mut read = || {
        let (hash, index) = match headed.header.version {
            5.. => (reader.sum()?, reader.word()?),
            _ => ([0; 32], 0),
        };
        let mut segments = Vec::new();
        for _ in 0..count {
            let rows = reader.count(left)?;
            left -= rows;
            segments.push((rows, reader.sum()?));
        }
        let words: Vec<u64> = reader.words.iter().map(|word| u64::from_le_bytes(*word)).collect();
        let kept = match removed {
            0 => words.is_empty().then_some(None)?,
            1 => Some(RowSet::from_words(words, headed.header.rows)?),
            _ => return None,
        };
        let (hash, index) = (Some(hash).filter(|hash| *hash != [0; 32]), Some(index).filter(|&index| index != 0));
        let made_by = MadeBy { generation, hash, index };
        (left == 0).then_some((segments, kept, made_by))
    };
    match read() {
        Some((segments, kept, made_by)) => {
            Ok(Listed { segments, kept, made_by, header: headed.header, file_bytes: bytes.len() as u64, file })
        }
        None => Err(IndexError::Damaged { path: path.to_owned(), why: "its list makes no sense".into() }),
    }
}

#[cfg(test)]
mod open_tests;
#[cfg(test)]
mod tests;
