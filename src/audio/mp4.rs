//! What an MP4 file says of its sound and the decoder does not read: where the sound proper lies in what is decoded.
//!
//! An AAC encoder's first frames, 1,024 or 2,112 as a rule, hold what it needs to get going. The edit list says where the
//! sound proper begins, or, where there is none, the comment that iTunes leaves (`iTunSMPB`); played from the first frame,
//! everything would come some 20 to 50 ms late. A bare AAC stream says nothing of it, and is read from its first frame, as other
//! programs do.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

use super::error::Cause;

/// More boxes than any real file has side by side; a file of nothing but empty boxes must not be walked to its end.
const MOST_BOXES: usize = 4096;
/// No encoder primes for longer: such an edit cuts the sound, and what was cut is still sound that can be searched for.
const LONGEST_PRIMING_SECS: f64 = 0.25;

/// The longest comment of which anything is read.
const COMMENT_BYTES: usize = 64;

/// Where the sound proper lies, in seconds of what is decoded.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Proper {
    /// Priming before it.
    pub begins_secs: f64,
    /// Its length, where the file says more of it than its last packet does.
    pub secs: Option<f64>,
}

/// Of the first sound track. From 0 to the end where the file says nothing of it, or is no MP4 file.
pub(crate) fn proper_sound(file: &mut File, file_bytes: u64) -> Result<Proper, Cause> {
    let proper = Walk { file, bytes: file_bytes }.proper().map_err(Cause::of_reading)?;
    Ok(proper.filter(|proper| proper.begins_secs <= LONGEST_PRIMING_SECS).unwrap_or_default())
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
    fn proper(&mut self) -> io::Result<Option<Proper>> {
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
            let Some(scale) = self.time_scale(header)?.map(f64::from) else { return Ok(None) };
            return match self.find_below(track, &[b"edts", b"elst"])? {
                Some(list) => {
                    let begins = self.first_edit(list)?;
                    Ok(begins.map(|begins| Proper { begins_secs: begins as f64 / scale, secs: None }))
                }
                None => {
                    let frames = self.gapless_comment(movie)?;
                    let secs = |frames: u64| frames as f64 / scale;
                    Ok(frames.map(|(priming, proper)| Proper { begins_secs: secs(priming), secs: Some(secs(proper)) }))
                }
            };
        }
        Ok(None)
    }

    /// Frames of priming and of sound that the comment `iTunSMPB` tells.
    fn gapless_comment(&mut self, movie: Part) -> io::Result<Option<(u64, u64)>> {
        let Some(meta) = self.find_below(movie, &[b"udta", b"meta"])? else { return Ok(None) };
        // It begins with its version.
        let meta = Part { start: meta.start.saturating_add(4), ..meta };
        let Some(list) = self.find(meta, b"ilst")? else { return Ok(None) };
        for entry in self.parts(list)?.into_iter().filter(|part| part.kind == *b"----") {
            let Some(name) = self.find(entry, b"name")? else { continue };
            if self.read::<12>(name)?.is_none_or(|name| &name[4..] != b"iTunSMPB") {
                continue;
            }
            let Some(data) = self.find(entry, b"data")? else { return Ok(None) };
            let Some(text) = self.read::<COMMENT_BYTES>(data)? else { return Ok(None) };
            // Behind its kind: 0, the priming, the padding of the last packet, the length; all of it hexadecimal.
            let numbers = str::from_utf8(&text[8..]).unwrap_or_default().split_ascii_whitespace();
            let numbers: Vec<u64> = numbers.map_while(|number| u64::from_str_radix(number, 16).ok()).collect();
            return Ok(match numbers[..] {
                [_, priming, _, frames, ..] if frames > 0 => Some((priming, frames)),
                _ => None,
            });
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

    fn find_below(&mut self, within: Part, kinds: &[&[u8; 4]]) -> io::Result<Option<Part>> {
        let mut found = Some(within);
        for kind in kinds {
            let Some(part) = found else { break };
            found = self.find(part, kind)?;
        }
        Ok(found)
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
