//! What an MP4 file's edit list says and the decoder does not read: how much of the sound's beginning is priming.
//!
//! An AAC encoder's first frames, 1,024 or 2,112 as a rule, hold what it needs to get going. The edit list says where the
//! sound proper begins; played from the first frame, everything would come some 20 to 50 ms late.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

use super::error::Cause;

/// More boxes than any real file has side by side; a file of nothing but empty boxes must not be walked to its end.
const MOST_BOXES: usize = 4096;
/// No encoder primes for longer: such an edit cuts the sound, and what was cut is still sound that can be searched for.
const LONGEST_PRIMING_SECS: f64 = 0.25;

/// Seconds of priming before the first sound track's sound; 0 where the file says nothing of it, or is no MP4 file.
pub(crate) fn priming_secs(file: &mut File, file_bytes: u64) -> Result<f64, Cause> {
    let mut walk = Walk { file, bytes: file_bytes };
    walk.priming_secs().map(|secs| secs.unwrap_or(0.0)).map_err(Cause::of_reading)
}

/// A box: its kind and where its content begins and ends.
#[derive(Clone, Copy)]
struct Part {
    kind: [u8; 4],
    start: u64,
    end: u64,
}

struct Walk<'a> {
    file: &'a mut File,
    bytes: u64,
}

impl Walk<'_> {
    fn priming_secs(&mut self) -> io::Result<Option<f64>> {
        let whole = Part { kind: *b"file", start: 0, end: self.bytes };
        let Some(first) = self.part_at(0, whole.end)? else { return Ok(None) };
        if first.kind != *b"ftyp" {
            return Ok(None);
        }
        let Some(movie) = self.find(whole, b"moov")? else { return Ok(None) };
        for track in self.parts(movie)?.into_iter().filter(|part| part.kind == *b"trak") {
            let Some(media) = self.find(track, b"mdia")? else { continue };
            let Some(handler) = self.find(media, b"hdlr")? else { continue };
            if self.read::<12>(handler)?.is_none_or(|head| &head[8..] != b"soun") {
                continue;
            }
            let Some(header) = self.find(media, b"mdhd")? else { return Ok(None) };
            let Some(edits) = self.find(track, b"edts")? else { return Ok(None) };
            let Some(list) = self.find(edits, b"elst")? else { return Ok(None) };
            let (Some(scale), Some(begins)) = (self.time_scale(header)?, self.first_edit(list)?) else {
                return Ok(None);
            };
            let secs = begins as f64 / f64::from(scale);
            return Ok(Some(secs).filter(|secs| *secs <= LONGEST_PRIMING_SECS));
        }
        Ok(None)
    }

    /// Ticks a second of a track.
    fn time_scale(&mut self, header: Part) -> io::Result<Option<u32>> {
        let Some(head) = self.read::<24>(header)? else { return Ok(None) };
        let at = if head[0] == 1 { 20 } else { 12 };
        Ok(Some(be32(&head[at..])).filter(|scale| *scale > 0))
    }

    /// Where in the track its only edit begins, in ticks; tracks that are put together of several are left as they are.
    fn first_edit(&mut self, list: Part) -> io::Result<Option<u64>> {
        let Some(head) = self.read::<8>(list)? else { return Ok(None) };
        if be32(&head[4..]) != 1 {
            return Ok(None);
        }
        let begins = match head[0] {
            1 => self
                .read::<24>(list)?
                .map(|entry| i64::from_be_bytes([16, 17, 18, 19, 20, 21, 22, 23].map(|at| entry[at]))),
            _ => self.read::<16>(list)?.map(|entry| i64::from(be32(&entry[12..]).cast_signed())),
        };
        // -1 is a pause before the sound.
        Ok(begins.and_then(|begins| u64::try_from(begins).ok()))
    }

    fn find(&mut self, within: Part, kind: &[u8; 4]) -> io::Result<Option<Part>> {
        Ok(self.parts(within)?.into_iter().find(|part| part.kind == *kind))
    }

    fn parts(&mut self, within: Part) -> io::Result<Vec<Part>> {
        let (mut parts, mut at) = (Vec::new(), within.start);
        while parts.len() < MOST_BOXES
            && let Some(part) = self.part_at(at, within.end)?
        {
            at = part.end;
            parts.push(part);
        }
        Ok(parts)
    }

    /// The box that begins at `at`, if one does that ends by `limit`.
    fn part_at(&mut self, at: u64, limit: u64) -> io::Result<Option<Part>> {
        let Some(head) = self.read_at::<8>(at, limit)? else { return Ok(None) };
        let kind = [head[4], head[5], head[6], head[7]];
        let (start, bytes) = match be32(&head) {
            0 => (at + 8, limit - at),
            1 => match self.read_at::<16>(at, limit)? {
                Some(wide) => (at + 16, u64::from(be32(&wide[8..])) << 32 | u64::from(be32(&wide[12..]))),
                None => return Ok(None),
            },
            bytes => (at + 8, u64::from(bytes)),
        };
        let end = at.saturating_add(bytes);
        Ok((start <= end && end <= limit).then_some(Part { kind, start, end }))
    }

    /// The first bytes of a box's content.
    fn read<const N: usize>(&mut self, part: Part) -> io::Result<Option<[u8; N]>> {
        self.read_at(part.start, part.end)
    }

    fn read_at<const N: usize>(&mut self, at: u64, limit: u64) -> io::Result<Option<[u8; N]>> {
        if at.saturating_add(N as u64) > limit {
            return Ok(None);
        }
        let mut bytes = [0; N];
        self.file.seek(SeekFrom::Start(at))?;
        match self.file.read_exact(&mut bytes) {
            Ok(()) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
            Err(error) => Err(error),
        }
    }
}

fn be32(bytes: &[u8]) -> u32 {
    u32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])
}
