//! A part of a file that reads like a whole file. Bytes that would mislead symphonia can be replaced.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::Path;

use symphonia::core::io::MediaSource;

use super::super::error::Cause;
use super::super::witness::Witness;
use crate::ground::names;

/// Bytes of a file from `start` to `end`, after a prefix that is not in the file. Every read sets the file's position
/// first, because sections and witnesses of one open file share it.
pub(crate) struct Section {
    file: File,
    prefix: Vec<u8>,
    start: u64,
    end: u64,
    /// Bytes that replace the file's own, with their positions in the section. They do not overlap.
    patches: Vec<(u64, Vec<u8>)>,
    position: u64,
}

impl Section {
    /// A section of the whole file.
    pub fn whole(file: File, bytes: u64) -> Self {
        Section { file, prefix: Vec::new(), start: 0, end: bytes, patches: Vec::new(), position: 0 }
    }

    /// The current state of the file, to be compared after it was read.
    pub fn witness(&self) -> io::Result<Witness> {
        Witness::of(&self.file)
    }

    /// A part of this section, without its prefix and its patches. Reading begins at its start.
    pub fn part(&self, range: Range<u64>) -> io::Result<Self> {
        let end = self.start + range.end.min(self.len());
        let start = (self.start + range.start).min(end);
        let file = self.file.try_clone()?;
        Ok(Section { file, prefix: Vec::new(), start, end, patches: Vec::new(), position: 0 })
    }

    /// Adds bytes before the section.
    pub fn with_prefix(mut self, prefix: Vec<u8>) -> Self {
        self.prefix = prefix;
        self
    }

    /// Replaces the file's bytes at `at`, counted without the prefix, by `bytes`.
    pub fn patch(&mut self, at: u64, bytes: Vec<u8>) {
        self.patches.push((at, bytes));
    }

    /// The number of bytes.
    pub fn len(&self) -> u64 {
        self.prefix.len() as u64 + (self.end - self.start)
    }

    /// Reads at `at` until `out` is full or the section ends. Returns the number of bytes read. Changes the position.
    pub fn read_up_to(&mut self, at: u64, out: &mut [u8]) -> Result<usize, Cause> {
        self.position = at;
        let mut filled = 0;
        while filled < out.len() {
            match self.read(&mut out[filled..]) {
                Ok(0) => break,
                Ok(count) => filled += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(Cause::of_reading(error)),
            }
        }
        Ok(filled)
    }

    /// The bytes at `at`. `None` if the section ends before that.
    pub fn bytes_at<const N: usize>(&mut self, at: u64) -> Result<Option<[u8; N]>, Cause> {
        let mut bytes = [0; N];
        Ok((self.read_up_to(at, &mut bytes)? == N).then_some(bytes))
    }

    fn read_file(&mut self, at: u64, out: &mut [u8]) -> io::Result<usize> {
        self.file.seek(SeekFrom::Start(self.start + at))?;
        let count = self.file.read(out)?;
        for (patched_at, bytes) in &self.patches {
            let (from, to) = ((*patched_at).max(at), (patched_at + bytes.len() as u64).min(at + count as u64));
            if from < to {
                let source = &bytes[(from - patched_at) as usize..(to - patched_at) as usize];
                out[(from - at) as usize..(to - at) as usize].copy_from_slice(source);
            }
        }
        Ok(count)
    }
}

impl Read for Section {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let prefix = self.prefix.len() as u64;
        let count = if self.position < prefix {
            let rest = &self.prefix[self.position as usize..];
            let count = rest.len().min(out.len());
            out[..count].copy_from_slice(&rest[..count]);
            count
        } else {
            let at = self.position - prefix;
            let left = (self.end - self.start).saturating_sub(at);
            let count = usize::try_from(left).unwrap_or(usize::MAX).min(out.len());
            if count == 0 { 0 } else { self.read_file(at, &mut out[..count])? }
        };
        self.position += count as u64;
        Ok(count)
    }
}

impl Seek for Section {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let target = match to {
            SeekFrom::Start(position) => Some(position),
            SeekFrom::Current(delta) => self.position.checked_add_signed(delta),
            SeekFrom::End(delta) => self.len().checked_add_signed(delta),
        };
        self.position = target.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        Ok(self.position)
    }
}

impl MediaSource for Section {
    fn is_seekable(&self) -> bool {
        true
    }

    fn byte_len(&self) -> Option<u64> {
        Some(self.len())
    }
}

/// Opens a regular file that is not empty. Its kind is checked first, because opening a pipe would wait for its writer.
pub(crate) fn open(path: &Path) -> Result<Section, Cause> {
    let path = names::real(path);
    let metadata = std::fs::metadata(&path).map_err(Cause::of_reading)?;
    if metadata.is_dir() {
        return Err(Cause::NotAFile("a folder"));
    }
    if !metadata.is_file() {
        return Err(Cause::NotAFile("a device or a pipe"));
    }
    let file = File::open(path).map_err(Cause::of_reading)?;
    match file.metadata().map_err(Cause::of_reading)?.len() {
        0 => Err(Cause::Empty),
        bytes => Ok(Section::whole(file, bytes)),
    }
}

pub(crate) fn le16(bytes: &[u8]) -> u16 {
    u16::from_le_bytes([bytes[0], bytes[1]])
}

pub(crate) fn le32(bytes: &[u8]) -> u32 {
    u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])
}

pub(crate) fn le64(bytes: &[u8]) -> u64 {
    u64::from(le32(bytes)) | u64::from(le32(&bytes[4..])) << 32
}

pub(crate) fn be16(bytes: &[u8]) -> u16 {
    u16::from_be_bytes([bytes[0], bytes[1]])
}

pub(crate) fn be32(bytes: &[u8]) -> u32 {
    u32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])
}

pub(crate) fn be64(bytes: &[u8]) -> u64 {
    u64::from(be32(bytes)) << 32 | u64::from(be32(&bytes[4..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_shows_its_prefix_its_part_and_its_patches() {
        let mut file = tempfile::tempfile().expect("a file");
        std::io::Write::write_all(&mut file, b"0123456789").expect("written");
        let whole = Section::whole(file, 10);
        let mut part = whole.part(2..8).expect("a part").with_prefix(b"ab".to_vec());
        part.patch(1, b"XY".to_vec());
        let mut shown = String::new();
        part.read_to_string(&mut shown).expect("text");
        assert_eq!(shown, "ab2XY567");
        assert_eq!(part.len(), 8);
        // A read can begin and end within a patch.
        assert_eq!(part.bytes_at::<1>(4).expect("read"), Some(*b"Y"));
        assert_eq!(part.bytes_at::<2>(7).expect("read"), None);
        assert_eq!(whole.part(8..99).expect("a part").len(), 2);
    }
}
