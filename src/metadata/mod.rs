//! Metadata: what a sound file says about itself, beside its sound. Pure functions over the bytes of chunks; `audio::metadata`
//! finds them in files.
//!
//! | kind | what is taken from it |
//! |---|---|
//! | GUANO, comments of AudioMoth, `bext` (EBU Tech 3285), iXML | when the recording began; notes |
//! | `cue `, `adtl`, `smpl`, AIFF's `MARK` | markers and loops |
//! | `acid` | tempo |
//! | ID3, Vorbis comments, MP4's and APE's items, RIFF's `INFO` | artist, title, album, genre, comment, date, tempo, key |

mod chunks;
mod recorded;
mod recorders;

pub use chunks::{Markers, acid, aiff_markers, info};
pub use recorded::Recorded;
pub use recorders::{audiomoth, bext, guano, ixml};

use serde::{Deserialize, Serialize};

/// Rises when more is read, or read differently. A file whose metadata was read in another way is read again.
pub const READING: u32 = 1;

/// What a file says about itself. Nothing in it was measured.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Metadata {
    pub recorded: Option<Recorded>,
    pub artist: Option<String>,
    pub title: Option<String>,
    pub album: Option<String>,
    pub genre: Option<String>,
    pub comment: Option<String>,
    /// In beats a minute.
    pub bpm: Option<f32>,
    /// The musical key, as the file writes it.
    pub key: Option<String>,
    /// By time. At most [`Metadata::MOST_MARKERS`].
    pub markers: Vec<Marker>,
}

/// A place or a stretch of a file with a name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Marker {
    pub start_seconds: f64,
    /// `None` for a place.
    pub end_seconds: Option<f64>,
    pub label: String,
}

impl Metadata {
    /// More markers of a file are left out.
    pub const MOST_MARKERS: usize = 1000;
    /// The most bytes of a text. Longer texts are cut.
    pub const MOST_TEXT: usize = 4096;
    const BPM: std::ops::RangeInclusive<f32> = 1.0..=1000.0;

    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Takes from `other` what is missing here. Markers are put together.
    pub fn complete_with(&mut self, other: Self) {
        let Self { recorded, artist, title, album, genre, comment, bpm, key, markers } = other;
        // A date alone does not keep a moment from being taken.
        self.recorded = match (self.recorded.take(), recorded) {
            (Some(Recorded::Date(_)), Some(moment @ Recorded::Moment(_))) => Some(moment),
            (ours, theirs) => ours.or(theirs),
        };
        for (ours, theirs) in [
            (&mut self.artist, artist),
            (&mut self.title, title),
            (&mut self.album, album),
            (&mut self.genre, genre),
            (&mut self.comment, comment),
            (&mut self.key, key),
        ] {
            *ours = ours.take().or(theirs);
        }
        self.bpm = self.bpm.or(bpm);
        self.markers.extend(markers);
        self.markers.sort_by(|a, b| a.start_seconds.total_cmp(&b.start_seconds));
        self.markers.truncate(Self::MOST_MARKERS);
    }

    /// The impossible value, in words. `None` if all are possible.
    pub fn flaw(&self) -> Option<&'static str> {
        let texts = [&self.artist, &self.title, &self.album, &self.genre, &self.comment, &self.key];
        let is_time = |secs: f64| secs.is_finite() && secs >= 0.0;
        let is_marker = |marker: &Marker| {
            is_time(marker.start_seconds)
                && marker.end_seconds.is_none_or(is_time)
                && marker.label.len() <= Self::MOST_TEXT
        };
        match self {
            _ if texts.iter().any(|text| text.as_ref().is_some_and(|text| text.len() > Self::MOST_TEXT)) => {
                Some("text in the metadata")
            }
            _ if self.bpm.is_some_and(|bpm| !Self::BPM.contains(&bpm)) => Some("tempo in the metadata"),
            _ if self.markers.len() > Self::MOST_MARKERS || !self.markers.iter().all(is_marker) => {
                Some("marker in the metadata")
            }
            _ => None,
        }
    }
}

/// A text of a file as it is kept: without spaces at its ends, without control characters other than line breaks, and not
/// longer than [`Metadata::MOST_TEXT`]. `None` if nothing is left.
pub fn text(given: &str) -> Option<String> {
    let given = given.replace("\r\n", "\n").replace('\r', "\n");
    let clean: String = given.chars().filter(|c| !c.is_control() || *c == '\n').collect();
    let clean = clean.trim();
    let kept = &clean[..clean.floor_char_boundary(Metadata::MOST_TEXT)];
    (!kept.is_empty()).then(|| kept.to_owned())
}

/// The text of bytes up to the first zero. Bytes that are not UTF-8 are taken for Latin-1.
fn text_of(bytes: &[u8]) -> Option<String> {
    let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
    match str::from_utf8(&bytes[..end]) {
        Ok(utf8) => text(utf8),
        Err(_) => text(&bytes[..end].iter().map(|byte| char::from(*byte)).collect::<String>()),
    }
}

/// A tempo in beats a minute, if it is one.
pub fn bpm(given: f32) -> Option<f32> {
    Metadata::BPM.contains(&given).then_some(given)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_lose_control_characters_and_what_is_too_long() {
        assert_eq!(text(" a\u{1b}[31m\tb\r\nc\u{7} ").as_deref(), Some("a[31mb\nc"));
        assert_eq!(text("\0\u{1} \n"), None);
        let long = text(&"ä".repeat(Metadata::MOST_TEXT)).expect("text");
        assert_eq!(long.len(), Metadata::MOST_TEXT);
        assert_eq!(text_of(b"M\xfcnchen\0rest").as_deref(), Some("München"));
    }

    #[test]
    fn what_is_missing_is_taken_from_the_next_and_markers_are_put_in_order() {
        let marker = |start_seconds| Marker { start_seconds, end_seconds: None, label: String::new() };
        let date = Recorded::read("2004");
        let mut metadata =
            Metadata { recorded: date, artist: Some("a".into()), markers: vec![marker(2.0)], ..Metadata::default() };
        metadata.complete_with(Metadata {
            recorded: Recorded::read("2026-05-13 04:30"),
            artist: Some("b".into()),
            bpm: Some(120.0),
            markers: vec![marker(1.0)],
            ..Metadata::default()
        });
        assert_eq!(metadata.recorded.as_ref().map(ToString::to_string).as_deref(), Some("2026-05-13T04:30:00"));
        assert_eq!((metadata.artist.as_deref(), metadata.bpm), (Some("a"), Some(120.0)));
        assert_eq!(metadata.markers, [marker(1.0), marker(2.0)]);
        assert_eq!(metadata.flaw(), None);
        metadata.markers[0].start_seconds = f64::NAN;
        assert_eq!(metadata.flaw(), Some("marker in the metadata"));
    }
}
