//! What an MP4 file says about its sound and symphonia does not read: where the sound begins in the decoded samples.
//!
//! The first frames of an AAC encoder, usually 1,024 or 2,112, only prime the decoder. The edit list says where the
//! sound begins, or else the comment of iTunes (`iTunSMPB`). With the priming, everything would come 20 to 50 ms late.
//! A bare AAC stream does not say how long its priming is, so it is read from its first frame, as other programs do.

use super::super::error::Cause;
use super::section::{Section, be16, be32, be64};

/// More boxes than any real file has side by side. A file that consists of empty boxes must not be walked to its end.
const MOST_BOXES: usize = 4096;
/// No encoder needs a longer priming than one of these. A longer edit cuts the sound, and the part that was cut can
/// still be searched for.
const LONGEST_PRIMING_SECS: f64 = 0.25;
const LONGEST_PRIMING_TICKS: u64 = 4096;

/// ALAC's decoder needs a description of 24 bytes, with 24 more if it has the positions of channels.
const SHORTEST_COOKIE: usize = 24;
const LONGEST_COOKIE: u64 = 48;

/// The largest distance of a file's last fragment from its end.
const LAST_FRAGMENT_BYTES: u64 = 1 << 20;

/// The most bytes of a comment that are read.
const COMMENT_BYTES: usize = 64;

/// What is known about the first sound track.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Sound {
    /// The number of the track.
    pub track: u32,
    /// The name of its encoding.
    pub encoding: [u8; 4],
    /// Ticks per second of the track's times.
    pub ticks_a_sec: u32,
    /// The start of the sound and its length, in ticks.
    pub begins: u64,
    pub ticks: Option<u64>,
    /// For whole and floating point numbers in QuickTime: whether the lowest byte comes first.
    pub is_little: bool,
    /// For ALAC in QuickTime: the description for its decoder.
    pub alac: Option<Vec<u8>>,
    /// The least number of ticks, if the last fragment of the file says it.
    pub at_least: Option<u64>,
    /// Whether all packets, except perhaps the last one, have the same duration.
    pub is_even: bool,
}

/// Reads what is known about the first sound track, or says that there is none.
pub(crate) fn sound(section: &mut Section) -> Result<Contents, Cause> {
    Walk { bytes: section.len(), section }.contents()
}

/// If the last of the outermost boxes is cut off, changes its size so that it ends with the file.
pub(crate) fn mend_last_box(section: &mut Section) -> Result<(), Cause> {
    let mut walk = Walk { bytes: section.len(), section };
    let mut at = 0;
    for _ in 0..MOST_BOXES {
        let Some(head) = walk.read_at::<8>(at, walk.bytes)? else { return Ok(()) };
        match walk.part_at(at, walk.bytes)? {
            Some(part) => at = part.end,
            // Its size may be stored in 64 bits. A 32-bit size of 0 means the rest of the file.
            None if &head[4..] == b"mdat" && be32(&head) == 1 => {
                let rest = walk.bytes - at;
                walk.section.patch(at + 8, rest.to_be_bytes().to_vec());
                return Ok(());
            }
            None => {
                if &head[4..] == b"mdat" {
                    walk.section.patch(at, vec![0; 4]);
                }
                return Ok(());
            }
        }
    }
    Ok(())
}

pub(crate) enum Contents {
    /// The table of contents is missing.
    Missing,
    /// There is no sound track.
    NoSound,
    Sound(Sound),
}

/// The common name of an encoding.
pub(crate) fn encoding_name(encoding: [u8; 4]) -> String {
    let name = match &encoding {
        b"samr" => "AMR",
        b"sawb" | b"sawp" => "AMR-WB",
        b"ac-3" | b"ec-3" => "Dolby Digital (AC-3)",
        b"ac-4" => "Dolby AC-4",
        b"dtsc" | b"dtse" | b"dtsh" | b"dtsl" => "DTS",
        b"mlpa" => "Dolby TrueHD",
        b"QDM2" | b"QDMC" => "QDesign Music",
        b"Qclp" | b"sqcp" => "QCELP",
        b"MAC3" | b"MAC6" => "MACE",
        b"agsm" => "GSM 6.10",
        b"mha1" | b"mhm1" => "MPEG-H",
        b"enca" => "encrypted sound",
        b"alac" => "this kind of ALAC",
        b"mp4a" => "this kind of AAC",
        _ => return format!("sound with encoding '{}'", encoding.escape_ascii()),
    };
    name.into()
}

/// A box: its kind, and the start and end of its content.
#[derive(Clone, Copy)]
struct Part {
    kind: [u8; 4],
    start: u64,
    end: u64,
}

struct Walk<'a> {
    section: &'a mut Section,
    bytes: u64,
}

impl Walk<'_> {
    fn contents(&mut self) -> Result<Contents, Cause> {
        let whole = Part { kind: *b"file", start: 0, end: self.bytes };
        let Some(movie) = self.find(whole, b"moov")? else { return Ok(Contents::Missing) };
        for track in self.parts(movie)?.into_iter().filter(|part| part.kind == *b"trak") {
            let Some(media) = self.find(track, b"mdia")? else { continue };
            let Some(handler) = self.find(media, b"hdlr")? else { continue };
            if self.read::<12>(handler)?.is_none_or(|head| &head[8..] != b"soun") {
                continue;
            }
            let mut sound = Sound::default();
            if let Some(header) = self.find(track, b"tkhd")?
                && let Some(head) = self.read::<24>(header)?
            {
                sound.track = be32(&head[if head[0] == 1 { 20 } else { 12 }..]);
            }
            self.read_encoding(media, &mut sound)?;
            self.read_times(movie, track, media, &mut sound)?;
            let is_alone = self.parts(movie)?.iter().filter(|part| part.kind == *b"trak").count() == 1;
            if is_alone && self.find(movie, b"mvex")?.is_some() {
                sound.at_least = self.last_fragment()?;
            }
            return Ok(Contents::Sound(sound));
        }
        Ok(Contents::NoSound)
    }

    /// The start of the last fragment, in ticks. It is sought from the end of the file, because damage before it may
    /// hide the way there.
    fn last_fragment(&mut self) -> Result<Option<u64>, Cause> {
        let from = self.bytes.saturating_sub(LAST_FRAGMENT_BYTES);
        let mut bytes = vec![0; (self.bytes - from) as usize];
        let count = self.section.read_up_to(from, &mut bytes)?;
        let Some(at) = bytes[..count].windows(4).rposition(|four| four == b"tfdt") else { return Ok(None) };
        let body = &bytes[at + 4..count];
        Ok(match body.first() {
            Some(1) if body.len() >= 12 => Some(be64(&body[4..])),
            Some(0) if body.len() >= 8 => Some(u64::from(be32(&body[4..]))),
            _ => None,
        })
    }

    fn read_encoding(&mut self, media: Part, sound: &mut Sound) -> Result<(), Cause> {
        let Some(table) = self.find_below(media, &[b"minf", b"stbl", b"stsd"])? else { return Ok(()) };
        if let Some(durations) = self.find_below(media, &[b"minf", b"stbl", b"stts"])? {
            sound.is_even = self.are_even(durations)?;
        }
        let entries = Part { start: table.start.saturating_add(8), ..table };
        let Some(entry) = self.part_at(entries.start, entries.end)? else { return Ok(()) };
        sound.encoding = entry.kind;
        // Further boxes follow the fields that every sound has.
        let version = self.read::<10>(entry)?.map_or(0, |head| be16(&head[8..]));
        let fields = match version {
            1 => 44,
            2 => 64,
            _ => 28,
        };
        let within = Part { start: entry.start.saturating_add(fields), ..entry };
        if let Some(order) = self.find_below(within, &[b"wave", b"enda"])? {
            sound.is_little = self.read::<2>(order)? == Some([0, 1]);
        }
        if sound.encoding == *b"alac"
            && let Some(cookie) = self.find_below(within, &[b"wave", b"alac"])?
        {
            // It begins with its version.
            let range = cookie.start.saturating_add(4)..cookie.end;
            let mut bytes = vec![0; range.end.saturating_sub(range.start).min(LONGEST_COOKIE) as usize];
            let count = self.section.read_up_to(range.start, &mut bytes)?;
            sound.alac = (count == bytes.len() && count >= SHORTEST_COOKIE).then_some(bytes);
        }
        Ok(())
    }

    /// Whether a table of durations has one entry for all packets, or one for all except the last.
    fn are_even(&mut self, durations: Part) -> Result<bool, Cause> {
        let Some(head) = self.read::<8>(durations)? else { return Ok(false) };
        Ok(match be32(&head[4..]) {
            0 | 1 => true,
            2 => self.read::<24>(durations)?.is_some_and(|entries| be32(&entries[16..]) == 1),
            _ => false,
        })
    }

    fn read_times(&mut self, movie: Part, track: Part, media: Part, sound: &mut Sound) -> Result<(), Cause> {
        let Some(header) = self.find(media, b"mdhd")? else { return Ok(()) };
        let Some(scale) = self.time_scale(header)? else { return Ok(()) };
        sound.ticks_a_sec = scale;
        let told = match self.find_below(track, &[b"edts", b"elst"])? {
            Some(list) => {
                let movie_scale = match self.find(movie, b"mvhd")? {
                    Some(header) => self.time_scale(header)?,
                    None => None,
                };
                self.first_edit(list)?.map(|(begins, length)| {
                    let ticks = movie_scale
                        .filter(|_| length > 0)
                        .map(|movie_scale| (u128::from(length) * u128::from(scale) / u128::from(movie_scale)) as u64);
                    (begins, ticks)
                })
            }
            None => self.gapless_comment(movie)?.map(|(priming, frames)| (priming, Some(frames))),
        };
        let longest = ((LONGEST_PRIMING_SECS * f64::from(scale)) as u64).max(LONGEST_PRIMING_TICKS);
        if let Some((begins, ticks)) = told.filter(|(begins, _)| *begins <= longest) {
            (sound.begins, sound.ticks) = (begins, ticks);
        }
        Ok(())
    }

    /// The priming and the length that the comment `iTunSMPB` gives, in frames.
    fn gapless_comment(&mut self, movie: Part) -> Result<Option<(u64, u64)>, Cause> {
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
            // After its kind, the comment has hexadecimal numbers: 0, the priming, the padding of the last packet, the
            // length.
            let numbers = str::from_utf8(&text[8..]).unwrap_or_default().split_ascii_whitespace();
            let numbers: Vec<u64> = numbers.map_while(|number| u64::from_str_radix(number, 16).ok()).collect();
            return Ok(match numbers[..] {
                [_, priming, _, frames, ..] if frames > 0 => Some((priming, frames)),
                _ => None,
            });
        }
        Ok(None)
    }

    /// Ticks per second of a track.
    fn time_scale(&mut self, header: Part) -> Result<Option<u32>, Cause> {
        let Some(head) = self.read::<24>(header)? else { return Ok(None) };
        let at = if head[0] == 1 { 20 } else { 12 };
        Ok(Some(be32(&head[at..])).filter(|scale| *scale > 0))
    }

    /// The start of the track's only edit, in the track's ticks, and its length, in the movie's ticks. Tracks with
    /// several edits are left as they are.
    fn first_edit(&mut self, list: Part) -> Result<Option<(u64, u64)>, Cause> {
        let Some(head) = self.read::<8>(list)? else { return Ok(None) };
        if be32(&head[4..]) != 1 {
            return Ok(None);
        }
        let (length, begins) = match head[0] {
            1 => match self.read::<24>(list)? {
                Some(entry) => (be64(&entry[8..]), be64(&entry[16..]).cast_signed()),
                None => return Ok(None),
            },
            _ => match self.read::<16>(list)? {
                Some(entry) => (u64::from(be32(&entry[8..])), i64::from(be32(&entry[12..]).cast_signed())),
                None => return Ok(None),
            },
        };
        // -1 is a pause before the sound.
        Ok(u64::try_from(begins).ok().map(|begins| (begins, length)))
    }

    fn find(&mut self, within: Part, kind: &[u8; 4]) -> Result<Option<Part>, Cause> {
        Ok(self.parts(within)?.into_iter().find(|part| part.kind == *kind))
    }

    fn find_below(&mut self, within: Part, kinds: &[&[u8; 4]]) -> Result<Option<Part>, Cause> {
        let mut found = Some(within);
        for kind in kinds {
            let Some(part) = found else { break };
            found = self.find(part, kind)?;
        }
        Ok(found)
    }

    fn parts(&mut self, within: Part) -> Result<Vec<Part>, Cause> {
        let (mut parts, mut at) = (Vec::new(), within.start);
        while parts.len() < MOST_BOXES
            && let Some(part) = self.part_at(at, within.end)?
        {
            at = part.end;
            parts.push(part);
        }
        Ok(parts)
    }

    /// The box that begins at `at`, if it ends at or before `limit`.
    fn part_at(&mut self, at: u64, limit: u64) -> Result<Option<Part>, Cause> {
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
    fn read<const N: usize>(&mut self, part: Part) -> Result<Option<[u8; N]>, Cause> {
        self.read_at(part.start, part.end)
    }

    fn read_at<const N: usize>(&mut self, at: u64, limit: u64) -> Result<Option<[u8; N]>, Cause> {
        match at.checked_add(N as u64) {
            Some(end) if end <= limit => self.section.bytes_at(at),
            _ => Ok(None),
        }
    }
}
