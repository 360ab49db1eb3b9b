//! Aspects for other programs: the fields have the same names on the command line, over HTTP and in files.

use serde::{Serialize, Serializer};

use crate::aspects::Aspects;

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
