//! Markers, and texts of RIFF's `INFO`: the bodies of chunks of WAV and AIFF files.

use std::collections::HashMap;

use super::recorded::Recorded;
use super::{Marker, Metadata, bpm, text_of};

/// The markers of a WAV file. Their positions and their names are in different chunks.
#[derive(Debug, Default)]
pub struct Markers {
    /// Number, frame.
    cues: Vec<(u32, u32)>,
    labels: HashMap<u32, String>,
    /// Frames from the cue on.
    lengths: HashMap<u32, u32>,
    /// First and last frame.
    loops: Vec<(u32, u32)>,
}

/// Numbers of a chunk, in the file's order of bytes.
#[derive(Clone, Copy)]
struct Numbers<'a> {
    bytes: &'a [u8],
    big: bool,
}

impl<'a> Numbers<'a> {
    fn long(&self, at: usize) -> Option<u32> {
        let bytes = *self.bytes.get(at..)?.first_chunk()?;
        Some(if self.big { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) })
    }

    /// The chunks within this one, each with its name.
    fn chunks(self) -> impl Iterator<Item = (&'a [u8], &'a [u8])> {
        let mut at = 0;
        std::iter::from_fn(move || {
            let name = self.bytes.get(at..at + 4)?;
            let bytes = self.long(at + 4)? as usize;
            let body = self.bytes.get(at + 8..)?;
            let body = &body[..bytes.min(body.len())];
            at = (at + 8).saturating_add(bytes).saturating_add(bytes % 2);
            Some((name, body))
        })
    }
}

impl Markers {
    /// Takes a `cue ` chunk. False if it is cut off, like the others.
    pub fn cue(&mut self, bytes: &[u8], big: bool) -> bool {
        let numbers = Numbers { bytes, big };
        let Some(count) = numbers.long(0) else { return false };
        let entries = bytes[4..].chunks_exact(24).take(count as usize).take(Metadata::MOST_MARKERS);
        for entry in entries {
            let entry = Numbers { bytes: entry, big };
            // The place within the sound; the place within a playlist, at 4, is not needed.
            self.cues.extend(entry.long(0).zip(entry.long(20)));
        }
        bytes.len() >= 4 + 24 * (count as usize).min(Metadata::MOST_MARKERS)
    }

    /// Takes a `LIST` chunk of the kind `adtl`, without that name.
    pub fn adtl(&mut self, bytes: &[u8], big: bool) {
        for (name, body) in (Numbers { bytes, big }).chunks().take(4 * Metadata::MOST_MARKERS) {
            let numbers = Numbers { bytes: body, big };
            let Some(cue) = numbers.long(0) else { continue };
            match name {
                b"labl" => {
                    self.labels.extend(text_of(&body[4..]).map(|label| (cue, label)));
                }
                b"note" => {
                    if let Some(note) = text_of(&body[4..]) {
                        self.labels.entry(cue).or_insert(note);
                    }
                }
                b"ltxt" => {
                    self.lengths.extend(numbers.long(4).filter(|frames| *frames > 0).map(|frames| (cue, frames)));
                    if let Some(label) = body.get(20..).and_then(text_of) {
                        self.labels.entry(cue).or_insert(label);
                    }
                }
                _ => {}
            }
        }
    }

    /// Takes the loops of a `smpl` chunk.
    pub fn smpl(&mut self, bytes: &[u8], big: bool) -> bool {
        let Some(count) = (Numbers { bytes, big }).long(28) else { return false };
        let Some(entries) = bytes.get(36..) else { return count == 0 };
        for entry in entries.chunks_exact(24).take(count as usize).take(Metadata::MOST_MARKERS) {
            let entry = Numbers { bytes: entry, big };
            self.loops.extend(entry.long(8).zip(entry.long(12)));
        }
        true
    }

    /// The markers in seconds, within a sound of `rate` hertz.
    pub fn finish(self, rate: u32) -> Vec<Marker> {
        let Self { cues, labels, lengths, loops } = self;
        let secs = |frame: u64| frame as f64 / f64::from(rate.max(1));
        let cues = cues.into_iter().map(|(cue, frame)| {
            let end = lengths.get(&cue).map(|frames| secs(u64::from(frame) + u64::from(*frames)));
            let label = labels.get(&cue).cloned().unwrap_or_default();
            Marker { start_seconds: secs(frame.into()), end_seconds: end, label }
        });
        let loops = loops.into_iter().filter(|(first, last)| last >= first).map(|(first, last)| Marker {
            start_seconds: secs(first.into()),
            // The last frame belongs to the loop.
            end_seconds: Some(secs(u64::from(last) + 1)),
            label: "loop".into(),
        });
        cues.chain(loops).collect()
    }
}

/// The markers of an AIFF file's `MARK` chunk, and whether it is whole.
pub fn aiff_markers(bytes: &[u8], rate: u32) -> (Vec<Marker>, bool) {
    let short = |at: usize| Some(u16::from_be_bytes(*bytes.get(at..)?.first_chunk()?));
    let mut at = 2;
    let mut next = || {
        // A number, a frame, and a name whose first byte is its length. The whole is even.
        let frame = (Numbers { bytes: bytes.get(at + 2..)?, big: true }).long(0)?;
        let length = usize::from(*bytes.get(at + 6)?);
        let label = text_of(bytes.get(at + 7..at + 7 + length)?).unwrap_or_default();
        at += 6 + (1 + length).next_multiple_of(2);
        Some(Marker { start_seconds: f64::from(frame) / f64::from(rate.max(1)), end_seconds: None, label })
    };
    let count = usize::from(short(0).unwrap_or(u16::MAX)).min(Metadata::MOST_MARKERS);
    let markers: Vec<Marker> = (0..count).map_while(|_| next()).collect();
    let is_whole = markers.len() == count;
    (markers, is_whole)
}

/// The tempo of an `acid` chunk. A one-shot has none.
pub fn acid(bytes: &[u8], big: bool) -> Option<f32> {
    let numbers = Numbers { bytes, big };
    let is_one_shot = numbers.long(0)? & 1 == 1;
    bpm(f32::from_bits(numbers.long(20)?)).filter(|_| !is_one_shot)
}

/// Reads a `LIST` chunk of the kind `INFO`, without that name.
pub fn info(bytes: &[u8], big: bool) -> Metadata {
    let mut metadata = Metadata::default();
    for (name, body) in (Numbers { bytes, big }).chunks().take(256) {
        let text = text_of(body);
        match name {
            b"IART" => metadata.artist = text,
            b"INAM" => metadata.title = text,
            b"IPRD" => metadata.album = text,
            b"IGNR" => metadata.genre = text,
            b"ICMT" => metadata.comment = text,
            b"ICRD" => metadata.recorded = text.as_deref().and_then(Recorded::read),
            _ => {}
        }
    }
    metadata
}

#[cfg(test)]
mod tests {
    use super::*;

    fn longs(numbers: &[u32]) -> Vec<u8> {
        numbers.iter().flat_map(|number| number.to_le_bytes()).collect()
    }

    fn chunk(name: &[u8; 4], body: &[u8]) -> Vec<u8> {
        let mut bytes = [&name[..], &(body.len() as u32).to_le_bytes(), body].concat();
        bytes.resize(bytes.len().next_multiple_of(2), 0);
        bytes
    }

    #[test]
    fn cues_have_names_and_lengths_from_other_chunks() {
        let mut markers = Markers::default();
        let cue = |number: u32, frame: u32| [number, 0, 0, 0, 0, frame];
        let bytes = longs(&[&[2][..], &cue(7, 16_000), &cue(9, 4000)].concat());
        assert!(markers.cue(&bytes, false));
        let mut list = chunk(b"labl", &[&longs(&[7])[..], b"owl\0"].concat());
        list.extend(chunk(b"note", &[&longs(&[7])[..], b"far away"].concat()));
        list.extend(chunk(b"ltxt", &[&longs(&[7, 8000, 0, 0, 0])[..]].concat()));
        markers.adtl(&list, false);
        let mut smpl = longs(&[0; 9]);
        smpl[28..32].copy_from_slice(&1u32.to_le_bytes());
        smpl.extend(longs(&[0, 0, 800, 1599, 0, 0]));
        assert!(markers.smpl(&smpl, false));
        let marker =
            |start_seconds, end_seconds, label: &str| Marker { start_seconds, end_seconds, label: label.into() };
        assert_eq!(
            markers.finish(8000),
            [marker(2.0, Some(3.0), "owl"), marker(0.5, None, ""), marker(0.1, Some(0.2), "loop")]
        );
        let mut cut = Markers::default();
        assert!(!cut.cue(&bytes[..40], false) && !cut.cue(&[1], false));
        assert_eq!(cut.finish(8000).len(), 1, "the one that is whole");
        let mut greedy = Markers::default();
        assert!(!greedy.cue(&longs(&[u32::MAX]), false));
    }

    #[test]
    fn an_aiff_names_its_markers_in_place() {
        let mut bytes = 2u16.to_be_bytes().to_vec();
        bytes.extend(b"\0\x01\0\0\x0F\xA0\x03owl\0\x02\0\0\x1F\x40\x04frog\0");
        let (markers, is_whole) = aiff_markers(&bytes, 8000);
        let found: Vec<(f64, &str)> = markers.iter().map(|mark| (mark.start_seconds, mark.label.as_str())).collect();
        assert_eq!((found, is_whole), (vec![(0.5, "owl"), (1.0, "frog")], true));
        assert!(!aiff_markers(&bytes[..15], 8000).1);
        assert_eq!(aiff_markers(&[], 8000), (Vec::new(), false));
    }

    #[test]
    fn texts_and_tempo_are_read_in_either_order_of_bytes() {
        let list = [chunk(b"IART", b"Ann\0"), chunk(b"ICRD", b"2026-05-13\0")].concat();
        let read = info(&list, false);
        assert_eq!((read.artist.as_deref(), read.recorded), (Some("Ann"), Recorded::read("2026-05-13")));
        let mut bytes = longs(&[2, 0, 0, 8, 0, 97.5f32.to_bits()]);
        assert_eq!(acid(&bytes, false), Some(97.5));
        bytes[0] = 1;
        assert_eq!((acid(&bytes, false), acid(&bytes[..20], false)), (None, None));
        assert_eq!(acid(&longs(&[0, 0, 0, 0, 0, f32::NAN.to_bits()]), false), None);
    }
}
