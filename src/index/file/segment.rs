//! A segment in a file of its own.
#![allow(unsafe_code, reason = "a memory-mapped file")]

use std::fs::File;
use std::io::{self, ErrorKind, Read as _, Seek, SeekFrom, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::SystemTime;

use memmap2::{Mmap, MmapMut};
use rayon::prelude::*;

use super::blocks::{self, BLOCK_BYTES, BlockWriter};
use super::header::{self, HEADER_BYTES, Header};
use super::list::{List, Reader};
use super::{ALIGNMENT, IndexError, SEGMENT_VERSIONS};
use crate::ground::files::{self, Draft};
use crate::index::buckets::Buckets;
use crate::index::codes::{Codes, CodesRef, words_per_code};
use crate::index::segment::Segment;
use crate::index::stretch::Stretch;

pub(super) const MAGIC: &[u8; 8] = b"SNDCODES";

const PREFIX: &str = "segment-";
const ENDING: &str = ".codes";

/// A segment of at most this many bytes is read into memory when it is opened. No other program can change it there. A
/// larger segment is mapped.
pub(super) const READ_WHOLE: u64 = 64 << 20;

/// The file of a segment. Its header and list are checked when it is opened, its codes and tables when they are first
/// used.
#[derive(Debug)]
pub(in crate::index) struct SegmentFile {
    path: PathBuf,
    /// The checksum of the header and the list. The list has the checksums of everything else.
    sum: [u8; 32],
    /// The content, in memory or mapped.
    map: Arc<Mmap>,
    /// The mapped file. `None` if the content is in memory.
    mapped: Option<MappedFile>,
    /// Where the blocks begin (the codes come first), the bytes of the codes, and the checksums of the blocks.
    body: usize,
    code_bytes: usize,
    blocks: Vec<[u8; 32]>,
    codes_checked: OnceLock<Result<(), String>>,
    tables_checked: OnceLock<Result<(), String>>,
}

/// A file that is mapped, and the state in which it was mapped.
#[derive(Debug)]
struct MappedFile {
    file: File,
    length: u64,
    modified: Option<SystemTime>,
}

impl MappedFile {
    /// What another program did to the file since it was mapped, in words.
    fn change(&self) -> io::Result<Option<String>> {
        let metadata = self.file.metadata()?;
        Ok(match metadata.len() {
            length if length != self.length => Some(format!("it has {length} bytes instead of {}", self.length)),
            _ if metadata.modified().ok() != self.modified => {
                Some("another program changed it while it was in use".into())
            }
            _ => None,
        })
    }
}

/// The file name of a segment with this checksum. Equal content has an equal name.
pub(super) fn name_of(sum: &[u8; 32]) -> String {
    let hex: String = sum[..16].iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{PREFIX}{hex}{ENDING}")
}

/// Writes a segment into `folder`, so that its file is either whole or absent. Returns its checksum. `announce` hears the
/// file's name before the file is put in its place.
pub(super) fn write<E: From<IndexError>>(
    folder: &Path,
    segment: &Segment,
    announce: &dyn Fn(&str) -> Result<(), E>,
) -> Result<[u8; 32], E> {
    let (draft, sum) = draft(folder, segment)?;
    let name = name_of(&sum);
    announce(&name)?;
    let path = folder.join(name);
    // The name is the content's checksum. So a file that is already there is either equal or damaged. A folder is neither,
    // and a file cannot replace it.
    files::put_folder_aside(&path)
        .and_then(|()| draft.replace(&path))
        .map_err(|cause| IndexError::Write { path, cause })?;
    Ok(sum)
}

/// `rows` codes with all bits 0.
pub(super) fn zeros(bits: usize, rows: usize) -> Codes {
    let mut codes = Codes::with_room(bits, rows);
    codes.extend_words(std::iter::repeat_n(0, rows * words_per_code(bits)));
    codes
}

fn draft(folder: &Path, segment: &Segment) -> Result<(Draft, [u8; 32]), IndexError> {
    // Codes and tables that are copied from another file are checked first. Otherwise damage would get a valid
    // checksum.
    let (codes, buckets) = (segment.codes()?, segment.buckets()?);
    let (list, stretches) = List::of(buckets);
    let stretches: Vec<&[u8]> = std::iter::once(bytemuck::cast_slice(codes.words())).chain(stretches).collect();
    let body_bytes = stretches.iter().fold(0, |end: usize, bytes| end.next_multiple_of(ALIGNMENT) + bytes.len());
    let unknown = vec![[0; 32]; body_bytes.div_ceil(BLOCK_BYTES)];
    let body = (HEADER_BYTES + list.words_with(&unknown).len() * 8).next_multiple_of(ALIGNMENT);

    let failed = |cause| IndexError::Write { path: folder.join(format!("{PREFIX}*{ENDING}")), cause };
    let mut file = Draft::in_folder(folder).map_err(failed)?;
    file.seek(SeekFrom::Start(body as u64)).map_err(failed)?;
    let mut blocks = BlockWriter::new(std::io::BufWriter::new(file.file()));
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
    let header = Header { version: *SEGMENT_VERSIONS.end(), bits: codes.bits(), rows: codes.len(), own: [0; 3] };
    let (header, sum) = header.bytes(MAGIC, (body + end) as u64, &list);
    file.seek(SeekFrom::Start(0)).map_err(failed)?;
    file.write_all(&header).map_err(failed)?;
    file.write_all(bytemuck::cast_slice(&list)).map_err(failed)?;
    file.file().set_len((body + end) as u64).map_err(failed)?;
    Ok((file, sum))
}

/// Opens the segment at `path`. It must have the checksum `sum`, `bits` bits a code and `rows` codes. A file from a
/// stranger is safe to open.
pub(super) fn open(path: PathBuf, sum: [u8; 32], bits: usize, rows: usize) -> Result<Segment, IndexError> {
    let unreadable = |cause| IndexError::Read { path: path.clone(), cause };
    let file = files::open_regular(&path).map_err(unreadable)?;
    let (map, mapped) = content(file).map_err(unreadable)?;
    let map = Arc::new(map);
    let headed = header::read(&path, &map, MAGIC, SEGMENT_VERSIONS)?;
    let damaged = |why: &str| IndexError::Damaged { path: path.clone(), why: why.into() };
    if (headed.sum, headed.header.bits, headed.header.rows) != (sum, bits, rows) {
        return Err(damaged("it is of another index"));
    }
    let list_end = HEADER_BYTES + headed.list.len() * 8;
    let body = list_end.next_multiple_of(ALIGNMENT);
    let code_bytes = rows * words_per_code(bits) * 8;
    let padding = map.get(list_end..body).filter(|padding| padding.iter().all(|&byte| byte == 0));
    let Some(words) = padding.and_then(|_| Stretch::mapped(&map, body..body + code_bytes)) else {
        return Err(damaged("its codes are not where they should be"));
    };
    let mut reader = Reader { words: headed.list };
    let read = reader.segment(&map, bits, rows, map.len() - body).filter(|_| reader.words.is_empty());
    let Some((blocks, buckets)) = read else { return Err(damaged("its list makes no sense")) };
    let (codes_checked, tables_checked) = Default::default();
    let file = SegmentFile { path, sum, map, mapped, body, code_bytes, blocks, codes_checked, tables_checked };
    Ok(Segment::from_file(bits, words, buckets, file))
}

/// Reads a segment's file into memory, or maps it if it is large.
fn content(mut file: File) -> io::Result<(Mmap, Option<MappedFile>)> {
    let metadata = file.metadata()?;
    let length = metadata.len();
    if length == 0 {
        // Nothing cannot be mapped.
        return Err(ErrorKind::UnexpectedEof.into());
    }
    if length <= READ_WHOLE {
        let mut memory = MmapMut::map_anon(length as usize)?;
        file.read_exact(&mut memory)?;
        return Ok((memory.make_read_only()?, None));
    }
    // SAFETY: a mapping is sound only while nobody changes the file. A segment is written once, under its own name, by
    // a process that holds the project's lock, and never again. If its file is deleted, the mapping stays whole.
    let map = unsafe { Mmap::map(&file) }?;
    let mapped = MappedFile { file, length: map.len() as u64, modified: metadata.modified().ok() };
    Ok((map, Some(mapped)))
}

impl SegmentFile {
    pub fn sum(&self) -> &[u8; 32] {
        &self.sum
    }

    pub fn bytes(&self) -> u64 {
        self.map.len() as u64
    }

    /// Whether this is the file in `folder` with this checksum. A file that was found damaged is not, because another
    /// one may have taken its place.
    pub fn is(&self, folder: &Path, sum: &[u8; 32]) -> bool {
        let is_damaged = |checked: &OnceLock<Result<(), String>>| checked.get().is_some_and(Result::is_err);
        self.path.parent() == Some(folder)
            && self.sum == *sum
            && !is_damaged(&self.codes_checked)
            && !is_damaged(&self.tables_checked)
            && self.check_unchanged().is_ok()
    }

    /// Whether the file exists in `folder` in its full size.
    pub fn is_in(&self, folder: &Path) -> bool {
        let there = |path: &Path| path.metadata().is_ok_and(|metadata| metadata.len() == self.bytes());
        self.path.parent() == Some(folder) && there(&self.path)
    }

    /// Checks the codes. `codes` must be those of this file.
    pub fn check_codes(&self, codes: CodesRef<'_>) -> Result<(), IndexError> {
        self.check_unchanged()?;
        self.told(self.codes_checked.get_or_init(|| {
            self.check(0..self.code_bytes)?;
            match codes.is_clean() {
                true => Ok(()),
                false => Err("a code has more bits than its header says".into()),
            }
        }))
    }

    /// A copy of `codes`, the codes of this file. Codes in a damaged block are replaced by zeros, and their rows are
    /// returned.
    pub fn whole_codes(&self, codes: CodesRef<'_>) -> Result<(Codes, Vec<usize>), IndexError> {
        self.check_unchanged()?;
        let body = &self.map[self.body..];
        let blocks: Vec<bool> = blocks::blocks_of(0..self.code_bytes)
            .into_par_iter()
            .map(|block| blocks::is_whole(body, &self.blocks, block))
            .collect();
        let row_bytes = words_per_code(codes.bits()) * 8;
        let mut copy = Codes::with_room(codes.bits(), codes.len());
        let mut gone = Vec::new();
        for row in 0..codes.len() {
            let code = codes.slice(row..row + 1);
            match blocks[blocks::blocks_of(row * row_bytes..(row + 1) * row_bytes)].iter().all(|&whole| whole)
                && code.is_clean()
            {
                true => copy.extend(code),
                false => {
                    copy.extend_words(std::iter::repeat_n(0, words_per_code(codes.bits())));
                    gone.push(row);
                }
            }
        }
        Ok((copy, gone))
    }

    /// Checks the tables. `buckets` must be the tables of `codes`.
    pub fn check_tables(&self, buckets: &Buckets, codes: CodesRef<'_>) -> Result<(), IndexError> {
        let (width, rows) = (codes.bits(), codes.len());
        self.check_unchanged()?;
        self.told(self.tables_checked.get_or_init(|| {
            self.check(self.code_bytes..self.map.len() - self.body)?;
            let flaw = buckets.parts.par_iter().find_map_any(|part| part.table.flaw(&part.key, width, rows));
            flaw.map_or(Ok(()), |why| Err(why.into()))
        }))
    }

    /// Checks that no other program has changed a mapped file. Reading a page that was cut off would end the program.
    ///
    /// A search checks this before it reads the file, and again before it answers. If the file is cut during the search
    /// itself, the system ends the program.
    pub fn check_unchanged(&self) -> Result<(), IndexError> {
        let Some(mapped) = &self.mapped else { return Ok(()) };
        match mapped.change().map_err(|cause| IndexError::Read { path: self.path.clone(), cause })? {
            None => Ok(()),
            Some(why) => self.told(&Err(why)),
        }
    }

    fn check(&self, bytes: Range<usize>) -> Result<(), String> {
        blocks::check(&self.map[self.body..], &self.blocks, bytes)
    }

    fn told(&self, checked: &Result<(), String>) -> Result<(), IndexError> {
        checked.as_ref().map(|_| ()).map_err(|why| IndexError::Damaged { path: self.path.clone(), why: why.clone() })
    }
}
