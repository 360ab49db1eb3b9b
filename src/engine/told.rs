//! Aspects and metadata for other programs: the fields have the same names on the command line, over HTTP and in files.

use std::sync::Arc;

use jiff::civil::DateTime;
use serde::{Serialize, Serializer};

use crate::aspects::Aspects;
use crate::dataset::{SoundFile, moment};
use crate::metadata::Marker;

/// The columns of the aspects, in their order.
pub(super) const ASPECTS: [&str; 8] =
    ["loudness_lufs", "attack_seconds", "brightness", "pitch_hz", "note", "pitch_confidence", "noisiness", "tempo_bpm"];

/// Aspects, rounded to differences that people can hear.
#[derive(Serialize)]
struct ToldAspects {
    loudness_lufs: Option<f64>,
    attack_seconds: Option<f64>,
    brightness: Option<f64>,
    pitch_hz: Option<f64>,
    note: Option<String>,
    pitch_confidence: Option<f64>,
    noisiness: Option<f64>,
    tempo_bpm: Option<f64>,
}

impl From<Option<Aspects>> for ToldAspects {
    fn from(aspects: Option<Aspects>) -> Self {
        let aspects = aspects.unwrap_or_default();
        let rounded = |number: Option<f32>, digits: i32| {
            let unit = 10f64.powi(digits);
            number.map(|number| (f64::from(number) * unit).round() / unit)
        };
        Self {
            loudness_lufs: rounded(aspects.loudness, 1),
            attack_seconds: rounded(aspects.attack, 3),
            brightness: rounded(aspects.brightness, 3),
            pitch_hz: rounded(aspects.pitch.map(|pitch| pitch.hz), 2),
            note: aspects.pitch.map(|pitch| pitch.note().to_string()),
            pitch_confidence: rounded(aspects.pitch.map(|pitch| pitch.confidence), 2),
            noisiness: rounded(aspects.noisiness, 3),
            tempo_bpm: rounded(aspects.tempo, 1),
        }
    }
}

/// Serialises aspects as fields of the object around them. An aspect that is unknown is null.
pub(super) fn aspects<S: Serializer>(aspects: &Option<Aspects>, serializer: S) -> Result<S::Ok, S::Error> {
    ToldAspects::from(*aspects).serialize(serializer)
}

/// The cells of [`ASPECTS`]. An aspect that the sound lacks is an empty cell.
pub(super) fn cells(aspects: Option<Aspects>) -> [String; 8] {
    let told = ToldAspects::from(aspects);
    let cell = |number: Option<f64>| number.map_or_else(String::new, |number| number.to_string());
    [
        cell(told.loudness_lufs),
        cell(told.attack_seconds),
        cell(told.brightness),
        cell(told.pitch_hz),
        told.note.unwrap_or_default(),
        cell(told.pitch_confidence),
        cell(told.noisiness),
        cell(told.tempo_bpm),
    ]
}

/// Serialises a clock time in the form of ISO 8601, or null.
pub(super) fn clock<S: Serializer>(at: &Option<DateTime>, serializer: S) -> Result<S::Ok, S::Error> {
    at.map(|at| at.to_string()).serialize(serializer)
}

/// The columns of the metadata of a file, in their order.
pub(super) const METADATA: [&str; 9] =
    ["recorded", "artist", "title", "album", "genre", "comment", "tagged_bpm", "tagged_key", "markers"];

/// What a file says about itself.
#[derive(Debug, Serialize)]
pub(super) struct ToldMetadata {
    /// When the recording began, by the recorder's clock, or only a date. It comes from the file's name if the metadata
    /// lacks it.
    recorded: Option<String>,
    artist: Option<String>,
    title: Option<String>,
    album: Option<String>,
    genre: Option<String>,
    comment: Option<String>,
    /// As the file says it. `tempo_bpm` was measured.
    tagged_bpm: Option<f32>,
    tagged_key: Option<String>,
    markers: Vec<Marker>,
}

impl ToldMetadata {
    pub fn of(file: &SoundFile) -> Self {
        let told = file.metadata.as_ref().map(|metadata| Arc::unwrap_or_clone(metadata.clone())).unwrap_or_default();
        Self {
            recorded: file.recorded().map(|recorded| recorded.to_string()),
            artist: told.artist,
            title: told.title,
            album: told.album,
            genre: told.genre,
            comment: told.comment,
            tagged_bpm: told.bpm,
            tagged_key: told.key,
            markers: told.markers,
        }
    }

    /// The cells of [`METADATA`]. Markers are in one cell, with semicolons between them: "0:01.28 owl; 0:02.00 to
    /// 0:03.50 frog".
    pub fn cells(&self) -> [String; 9] {
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        let marker = |marker: &Marker| {
            let end = marker.end_seconds.map(|end| format!(" to {}", moment::in_words(end))).unwrap_or_default();
            format!("{}{end} {}", moment::in_words(marker.start_seconds), marker.label).trim_end().to_owned()
        };
        [
            text(&self.recorded),
            text(&self.artist),
            text(&self.title),
            text(&self.album),
            text(&self.genre),
            text(&self.comment),
            self.tagged_bpm.map_or_else(String::new, |bpm| bpm.to_string()),
            text(&self.tagged_key),
            self.markers.iter().map(marker).collect::<Vec<_>>().join("; "),
        ]
    }
}
