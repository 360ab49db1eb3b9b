//! The parts of a filter that compare a number.

use super::Test;
use crate::aspects::{Note, semitones_between};
use crate::dataset::Measure;

/// The numbers that a filter can ask for: their names, the first of which is shown, and the form of what follows.
pub(super) const MEASURES: [(Measure, &[&str], &str); 11] = [
    (Measure::Length, &["length", "dur", "duration"], "a length in seconds, such as length>3 or length<250ms"),
    (Measure::Rate, &["rate"], "a rate in hertz, such as rate:44100 or rate>=44.1k"),
    (Measure::Level, &["level"], "a peak in dB, such as level>-6"),
    (Measure::Channels, &["channels"], "a number of channels, such as channels:2"),
    (Measure::Loudness, &["loud", "loudness"], "a loudness in LUFS, such as loud>-20 or loud:-16..-12"),
    (Measure::Attack, &["attack"], "a time in seconds, such as attack<0.05 or attack<20ms"),
    (Measure::Brightness, &["bright", "brightness"], "a brightness from 0 to 1, such as bright>0.6"),
    (Measure::Pitch, &["pitch"], "a pitch in hertz, such as pitch:440, pitch<200 or pitch:200..400"),
    (Measure::Note, &["note"], "a note, such as note:C3, note:F# or note:C3..E3"),
    (Measure::Noisiness, &["noisy", "noisiness"], "a noisiness from 0 to 1, such as noisy<0.2"),
    (Measure::Tempo, &["bpm", "tempo"], "a tempo in beats a minute, such as bpm:118..122 or bpm:120"),
];

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Comparison {
    Less(f64),
    AtMost(f64),
    Equal(f64),
    AtLeast(f64),
    More(f64),
    /// Both ends included.
    Within(f64, f64),
}

pub(super) fn number(part: &str, measure: Measure, sign: &str, text: &str) -> Option<Test> {
    let text = text.to_lowercase();
    let one = || value(measure, &text);
    let comparison = match sign {
        "<" => Comparison::Less(one()?),
        "<=" => Comparison::AtMost(one()?),
        ">=" => Comparison::AtLeast(one()?),
        ">" => Comparison::More(one()?),
        _ => match text.split_once("..") {
            None => Comparison::Equal(one()?),
            Some((from, to)) => {
                let (from, to) = (value(measure, from)?, value(measure, to)?);
                Comparison::Within(from.min(to), from.max(to))
            }
        },
    };
    // A range needs the colon, because `<1..2` has no clear meaning.
    (!part.contains("..") || matches!(comparison, Comparison::Within(..))).then_some(Test::Number(measure, comparison))
}

/// A note with its octave is a number like any other. A note without an octave means that note in all octaves.
pub(super) fn note(part: &str, sign: &str, text: &str) -> Result<Test, String> {
    let understood = match Note::read(text.trim()) {
        Some((within, None)) if matches!(sign, ":" | "=") => Some(Test::NoteOfAnyOctave(within.rem_euclid(12))),
        Some((_, None)) | None => None,
        Some(_) => number(part, Measure::Note, sign, text),
    };
    understood
        .ok_or_else(|| format!("“{part}” is not understood: it needs a note, such as note:C3, note:F# or note:C3..E3."))
}

/// A number with a unit, in the measure's own unit.
fn value(measure: Measure, text: &str) -> Option<f64> {
    if measure == Measure::Note {
        let (within, octave) = Note::read(text.trim())?;
        return Some(f64::from(12 * (octave? + 1) + within));
    }
    // The longer unit first: "ms" and "hz" end in a letter that is a unit as well.
    let units: &[(&str, f64)] = match measure {
        Measure::Length | Measure::Attack => &[("ms", 1e-3), ("min", 60.0), ("s", 1.0), ("m", 60.0), ("h", 3600.0)],
        Measure::Rate | Measure::Pitch => &[("khz", 1e3), ("hz", 1.0), ("k", 1e3)],
        Measure::Level => &[("db", 1.0)],
        Measure::Loudness => &[("lufs", 1.0), ("db", 1.0)],
        Measure::Brightness | Measure::Noisiness => &[("%", 1e-2)],
        Measure::Tempo => &[("bpm", 1.0)],
        Measure::Channels | Measure::Note => &[],
    };
    let text = text.trim();
    let unit = units.iter().find_map(|(unit, factor)| Some((text.strip_suffix(unit)?, *factor)));
    let (number, factor) = unit.unwrap_or((text, 1.0));
    let number: f64 = number.trim().parse().ok()?;
    number.is_finite().then_some(number * factor)
}

/// Whether two values count as equal. Most are shown rounded.
fn are_equal(measure: Measure, a: f64, b: f64) -> bool {
    match tolerance(measure) {
        Some(tolerance) => (a - b).abs() <= tolerance,
        None => b > 0.0 && semitones_between(a as f32, b as f32) <= 0.5,
    }
}

/// The difference up to which two values count as equal. `None` for pitches, which are equal within half a semitone.
fn tolerance(measure: Measure) -> Option<f64> {
    match measure {
        Measure::Pitch => None,
        Measure::Length | Measure::Brightness | Measure::Noisiness => Some(0.005),
        Measure::Attack => Some(0.0005),
        Measure::Level | Measure::Loudness => Some(0.05),
        Measure::Rate | Measure::Channels | Measure::Tempo | Measure::Note => Some(0.5),
    }
}

/// The numbers that a comparison admits.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bounds {
    pub least: f64,
    pub most: f64,
    /// Whether the bounds themselves are admitted.
    pub with_ends: bool,
}

impl Comparison {
    /// The numbers that it admits. Only one of the ends is finite where only one is asked for.
    pub(super) fn bounds(self, measure: Measure) -> Bounds {
        let bounds = |least, most, with_ends| Bounds { least, most, with_ends };
        match self {
            Self::Less(value) => bounds(f64::NEG_INFINITY, value, false),
            Self::AtMost(value) => bounds(f64::NEG_INFINITY, value, true),
            Self::AtLeast(value) => bounds(value, f64::INFINITY, true),
            Self::More(value) => bounds(value, f64::INFINITY, false),
            Self::Within(from, to) => bounds(from, to, true),
            Self::Equal(value) => match tolerance(measure) {
                Some(tolerance) => bounds(value - tolerance, value + tolerance, true),
                None => bounds(value * 2f64.powf(-1.0 / 24.0), value * 2f64.powf(1.0 / 24.0), true),
            },
        }
    }

    pub(super) fn holds(self, measure: Measure, of_file: f64) -> bool {
        match self {
            Self::Less(value) => of_file < value,
            Self::AtMost(value) => of_file <= value,
            Self::Equal(value) => are_equal(measure, of_file, value),
            Self::AtLeast(value) => of_file >= value,
            Self::More(value) => of_file > value,
            Self::Within(from, to) => (from..=to).contains(&of_file),
        }
    }
}
