//! Finds the metadata of sound files. `lofty` reads tags. This module finds the chunks of WAV and AIFF files that
//! `lofty` does not read. Damaged metadata never keeps a sound from being read.

use std::io::{BufReader, Cursor, Read, Seek};
use std::path::Path;

use lofty::config::{GlobalOptions, ParseOptions, apply_global_options};
use lofty::file::{AudioFile as _, FileType, TaggedFile, TaggedFileExt as _};
use lofty::mpeg::MpegFile;
use lofty::probe::Probe;
use lofty::tag::{ItemKey, Tag};

use super::container::riff::{self, Wav};
use super::container::section::{Section, be32, le32, open};
use super::container::{Layout, aiff, tags};
use super::error::{AudioError, Cause};
use crate::metadata::{self, Markers, Metadata, Recorded, bpm, text};

/// More chunks than any real file has.
const MOST_CHUNKS: usize = 4096;
/// The most bytes of a chunk that is read, and of all chunks of a file.
const MOST_CHUNK: u64 = 1 << 20;
const MOST_BYTES: u64 = 4 << 20;
/// The most bytes of one item of a tag, such as a picture. No item is longer than its file, either.
const MOST_ITEM: usize = 16 << 20;
/// The most bytes before the first frame of MPEG audio.
const JUNK: usize = 4096;

/// The first bytes of containers that `lofty` does not know. It would look for MPEG audio in them.
const TAGLESS: [&[u8; 4]; 9] =
    [b"caff", b".snd", b"dns.", b"RIFF", b"RIFX", b"RF64", b"riff", b"NIST", b"\x1A\x45\xDF\xA3"];

/// The metadata of a file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ReadMetadata {
    pub metadata: Metadata,
    /// What was damaged and therefore ignored, as a clause for people.
    pub fault: Option<String>,
}

/// Reads the metadata of a file, which may be no sound at all.
///
/// # Errors
/// The file cannot be read.
pub fn read(path: &Path) -> Result<ReadMetadata, AudioError> {
    open(path).and_then(of_section).map_err(|cause| cause.at(path))
}

fn of_section(mut section: Section) -> Result<ReadMetadata, Cause> {
    let mut found = Found::default();
    let riff = tags::sound_within(&mut section)?.start;
    let mut sound = section.part(riff..section.len()).map_err(Cause::of_reading)?;
    // A file whose sound cannot be read has no row that could show its metadata.
    if let Ok(Some(wav)) = riff::wav(&mut sound) {
        found.wav(&mut sound, &wav)?;
    } else {
        if let Ok(Some(layout)) = aiff::layout(&mut sound) {
            found.aiff(&mut sound, &layout)?;
        }
        let magic = section.bytes_at::<4>(0)?.unwrap_or_default();
        if !TAGLESS.contains(&&magic) {
            // A part begins at its start, wherever the whole was read last.
            let whole = section.part(0..section.len()).map_err(Cause::of_reading)?;
            let bytes = whole.len();
            found.tags(BufReader::new(whole), bytes, None);
        }
    }
    let Found { best, rest, mut markers, damaged, .. } = found;
    let mut metadata = best;
    // A comment of AudioMoth says when the recording began.
    let moment = rest.comment.as_deref().and_then(metadata::audiomoth);
    metadata.complete_with(Metadata { recorded: moment, ..Metadata::default() });
    metadata.complete_with(rest);
    metadata.complete_with(Metadata { markers: std::mem::take(&mut markers), ..Metadata::default() });
    let fault = (!damaged.is_empty())
        .then(|| format!("its metadata is damaged ({}), and that part was ignored", damaged.join(", ")));
    Ok(ReadMetadata { metadata, fault })
}

#[derive(Default)]
struct Found {
    /// What recorders wrote, which counts for more than tags.
    best: Metadata,
    rest: Metadata,
    markers: Vec<metadata::Marker>,
    /// The names of what was damaged.
    damaged: Vec<&'static str>,
}

impl Found {
    fn damaged(&mut self, what: &'static str) {
        if !self.damaged.contains(&what) {
            self.damaged.push(what);
        }
    }

    fn wav(&mut self, section: &mut Section, wav: &Wav) -> Result<(), Cause> {
        let big = wav.big;
        let mut markers = Markers::default();
        let mut guano = Metadata::default();
        let (mut bext, mut ixml) = (Metadata::default(), Metadata::default());
        let mut chunks = Chunks::new(big, Some(&wav.layout));
        while let Some((name, body)) = chunks.next(section)? {
            let what = match &name {
                b"bext" => "bext",
                b"iXML" => "iXML",
                b"guan" => "GUANO",
                b"cue " => "cue",
                b"smpl" => "smpl",
                b"acid" => "acid",
                b"LIST" => "LIST",
                b"id3 " | b"ID3 " => "ID3",
                _ => continue,
            };
            let Some(bytes) = chunks.body(section, body)? else {
                self.damaged(what);
                continue;
            };
            let is_sound = match what {
                "bext" => metadata::bext(&bytes).map(|read| bext.complete_with(read)).is_some(),
                "iXML" => metadata::ixml(&bytes).map(|read| ixml.complete_with(read)).is_some(),
                "GUANO" => metadata::guano(&bytes).map(|read| guano.complete_with(read)).is_some(),
                "cue" => markers.cue(&bytes, big),
                "smpl" => markers.smpl(&bytes, big),
                "acid" => {
                    self.rest.bpm = self.rest.bpm.or(metadata::acid(&bytes, big));
                    true
                }
                "LIST" => {
                    match bytes.get(..4) {
                        Some(b"INFO") => self.rest.complete_with(metadata::info(&bytes[4..], big)),
                        Some(b"adtl") => markers.adtl(&bytes[4..], big),
                        _ => {}
                    }
                    true
                }
                _ => {
                    let len = bytes.len() as u64;
                    self.tags(Cursor::new(bytes), len, Some(FileType::Mpeg));
                    true
                }
            };
            if !is_sound {
                self.damaged(what);
            }
        }
        for read in [guano, bext, ixml] {
            self.best.complete_with(read);
        }
        // An artist or a comment that a person wrote into the tags counts for more than the recorder's.
        let (artist, comment) = (self.best.artist.take(), self.best.comment.take());
        self.rest.complete_with(Metadata { artist, comment, ..Metadata::default() });
        self.markers = markers.finish(wav.layout.rate);
        Ok(())
    }

    fn aiff(&mut self, section: &mut Section, layout: &Layout) -> Result<(), Cause> {
        let mut chunks = Chunks::new(true, None);
        while let Some((name, body)) = chunks.next(section)? {
            if &name == b"MARK" {
                let bytes = chunks.body(section, body)?.unwrap_or_default();
                let (markers, is_whole) = metadata::aiff_markers(&bytes, layout.rate);
                self.markers.extend(markers);
                if !is_whole {
                    self.damaged("MARK");
                }
            }
        }
        Ok(())
    }

    /// Reads the tags of a file of `bytes` bytes, or of a file of this type.
    fn tags(&mut self, file: impl Read + Seek, bytes: u64, kind: Option<FileType>) {
        // A damaged tag may claim any length. The limit holds for this thread, until the next file.
        let most = usize::try_from(bytes).unwrap_or(MOST_ITEM).min(MOST_ITEM);
        apply_global_options(GlobalOptions::new().allocation_limit(most));
        let options = ParseOptions::new().read_properties(false).read_cover_art(false).max_junk_bytes(JUNK);
        let probe = Probe::new(file).options(options);
        let probe = match kind {
            Some(kind) => probe.set_file_type(kind),
            None => match probe.guess_file_type() {
                Ok(probe) if probe.file_type().is_some() => probe,
                _ => return,
            },
        };
        // ffmpeg writes comments of MP3 files as free texts of that name, which have no place in a tag of every kind.
        let read = if probe.file_type() == Some(FileType::Mpeg) {
            MpegFile::read_from(&mut probe.into_inner(), options).map(|file| {
                let comment = file.id3v2().and_then(|tag| tag.get_user_text("comment")).and_then(text);
                (TaggedFile::from(file), comment)
            })
        } else {
            probe.read().map(|tagged| (tagged, None))
        };
        match read {
            Ok((tagged, comment)) => {
                // The tag that is usual for the kind of file counts for more than the others.
                let usual = tagged.primary_tag();
                let others =
                    tagged.tags().iter().filter(|tag| usual.is_none_or(|usual| usual.tag_type() != tag.tag_type()));
                usual.into_iter().chain(others).for_each(|tag| self.rest.complete_with(of_tag(tag)));
                self.rest.complete_with(Metadata { comment, ..Metadata::default() });
            }
            Err(_) => self.damaged("tags"),
        }
    }
}

fn of_tag(tag: &Tag) -> Metadata {
    let first = |keys: &[ItemKey]| keys.iter().find_map(|key| text(tag.get_string(*key)?));
    let recorded = first(&[ItemKey::RecordingDate, ItemKey::Year]);
    let tempo = first(&[ItemKey::Bpm, ItemKey::IntegerBpm]);
    Metadata {
        recorded: recorded.as_deref().and_then(Recorded::read),
        artist: first(&[ItemKey::TrackArtist, ItemKey::AlbumArtist]),
        title: first(&[ItemKey::TrackTitle]),
        album: first(&[ItemKey::AlbumTitle]),
        genre: first(&[ItemKey::Genre]),
        comment: first(&[ItemKey::Comment, ItemKey::Description]),
        bpm: tempo.and_then(|tempo| bpm(tempo.replace(',', ".").parse().ok()?)),
        key: first(&[ItemKey::InitialKey]),
        markers: Vec::new(),
    }
}

/// Walks the chunks of a WAV or AIFF file.
struct Chunks<'a> {
    big: bool,
    /// The layout of a WAV file, whose sound may have a false size.
    layout: Option<&'a Layout>,
    at: u64,
    walked: usize,
    /// The bytes of chunks that may still be read.
    budget: u64,
}

/// The position of a chunk's body, and its size as the chunk claims it.
type Body = (u64, u64);

impl<'a> Chunks<'a> {
    fn new(big: bool, layout: Option<&'a Layout>) -> Self {
        Self { big, layout, at: 12, walked: 0, budget: MOST_BYTES }
    }

    fn next(&mut self, section: &mut Section) -> Result<Option<([u8; 4], Body)>, Cause> {
        let Some(head) = section.bytes_at::<8>(self.at)? else { return Ok(None) };
        self.walked += 1;
        if self.walked > MOST_CHUNKS {
            return Ok(None);
        }
        let name = [head[0], head[1], head[2], head[3]];
        let claimed = u64::from(if self.big { be32(&head[4..]) } else { le32(&head[4..]) });
        let body = self.at + 8;
        let bytes = match self.layout {
            // A size that the layout does not believe.
            Some(layout) if layout.data_start == body && layout.data_bytes.abs_diff(claimed) >= layout.block_bytes => {
                layout.data_bytes
            }
            _ => claimed,
        };
        self.at = riff::next_chunk(section, body, bytes)?;
        Ok(Some((name, (body, claimed))))
    }

    /// The bytes of a chunk's body. `None` if it is cut off or too large.
    fn body(&mut self, section: &mut Section, (at, bytes): Body) -> Result<Option<Vec<u8>>, Cause> {
        if bytes > MOST_CHUNK.min(self.budget) || at + bytes > section.len() {
            return Ok(None);
        }
        self.budget -= bytes;
        let mut body = vec![0; bytes as usize];
        let is_whole = section.read_up_to(at, &mut body)? == body.len();
        Ok(is_whole.then_some(body))
    }
}
