//! The language of filters: which files of the dataset a person means. Filters narrow the table of files and the
//! matches of a search.
//!
//! | part | what it admits |
//! |---|---|
//! | `kick` | files with these letters in their name or folder, in any case |
//! | `"snare drum"` | the same with a space, or with a character that has another meaning |
//! | `tag:loop` | files with this tag |
//! | `length>3` `length<0.5` `length<=250ms` | by length, in seconds if there is no unit; `dur` means the same |
//! | `rate:44100` `rate>=44.1k` | by the file's own rate, in hertz |
//! | `level>-6` | by the peak, in dB (0 is full scale) |
//! | `channels:2` | by the number of channels |
//! | `loud>-20` | by loudness, in LUFS |
//! | `attack<20ms` | by the time of the attack, in seconds if there is no unit |
//! | `bright>0.6` | by brightness, from 0 to 1 |
//! | `pitch:200..400` `pitch:440` | by pitch, in hertz; one number means within half a semitone |
//! | `note:C3` `note:F#` `note:C3..E3` | by the nearest note, in one octave or in all of them |
//! | `noisy<0.2` | by noisiness, from 0 to 1 |
//! | `bpm:118..122` | by tempo, in beats a minute: as measured, or as the file says where no tempo was measured |
//! | `hour:4..6` `date:2026-05` | what was recorded in these hours or on these dates, if the file's metadata or its name says when; `recorded` means the same as `date` |
//! | `artist:ann` `title:` `album:` `genre:` `comment:` `key:` `marker:` | files with these letters in that part of their metadata |
//! | `is:problem` `is:favourite` `is:tagged` | by what the project knows about the file |
//! | `-` before any of them | all others |
//!
//! Every part must hold. Every number can be a range, such as `length:1..4`, which includes its ends. If a file lacks a
//! number, as noise lacks a pitch, a comparison of that number does not admit it.

mod clock;
mod number;
mod part;
mod told;

pub use self::number::Bounds;
pub use self::part::FilterPart;

use self::clock::Clock;
use self::number::{Comparison, MEASURES, note, number};
use self::told::{TOLD, Told};
use super::{Measure, SoundFile, letters};
use crate::ground::paths::with_slashes;

/// A filter. The empty filter admits all files.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Filter {
    terms: Vec<Term>,
    not_understood: Vec<String>,
}

/// A file with what the project knows about it.
#[derive(Clone, Copy, Debug)]
pub struct Candidate<'a> {
    pub file: &'a SoundFile,
    pub tags: &'a [String],
    /// Whether it could not be read, is missing, or has changed.
    pub problem: bool,
    pub favourite: bool,
}

#[derive(Clone, Debug, PartialEq)]
struct Term {
    not: bool,
    test: Test,
}

#[derive(Clone, Debug, PartialEq)]
enum Test {
    /// The text, folded by [`letters`]. The same holds for a tag.
    Word(String),
    Tag(String),
    Number(Measure, Comparison),
    /// A note of any octave, by its number within the octave.
    NoteOfAnyOctave(i32),
    Is(Mark),
    /// The letters, folded by [`letters`].
    Told(Told, String),
    Clock(Clock),
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Mark {
    Problem,
    Favourite,
    Tagged,
}

impl Filter {
    /// Reads a filter. A part that is not understood admits everything, so that the list does not jump while a person
    /// types. [`not_understood`](Self::not_understood) says what is wrong with it.
    pub fn read(text: &str) -> Self {
        let mut filter = Self::default();
        for part in parts(text) {
            let (not, rest) = match part.strip_prefix('-') {
                // A hyphen alone is an ordinary letter, because many file names contain one.
                Some(rest) if !rest.is_empty() => (true, rest),
                _ => (false, part.as_str()),
            };
            match test(rest) {
                Ok(test) => filter.terms.push(Term { not, test }),
                Err(why) => filter.not_understood.push(why),
            }
        }
        filter
    }

    /// For each part that was not understood, a sentence that says what to write instead.
    pub fn not_understood(&self) -> &[String] {
        &self.not_understood
    }

    /// Whether it has a part `is:problem`, with or without `-`.
    pub fn asks_for_problems(&self) -> bool {
        self.terms.iter().any(|term| term.test == Test::Is(Mark::Problem))
    }

    /// Whether it has a part `is:favourite`, with or without `-`.
    pub fn asks_for_favourites(&self) -> bool {
        self.terms.iter().any(|term| term.test == Test::Is(Mark::Favourite))
    }

    /// Whether it admits every file.
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// Whether it admits the file. If it has a part about clock time, whether it admits some moment of the file.
    pub fn admits(&self, candidate: &Candidate<'_>) -> bool {
        self.terms.iter().all(|term| match &term.test {
            Test::Clock(clock) => clock.holds_in(candidate.file, term.not),
            test => test.holds(candidate) != term.not,
        })
    }

    /// Whether it has a part about clock time. Then it may admit only some moments of a file.
    pub fn asks_for_time(&self) -> bool {
        self.terms.iter().any(|term| matches!(term.test, Test::Clock(_)))
    }

    /// Whether it admits a moment of a file that it admits, in seconds from the file's start.
    pub fn admits_moment(&self, file: &SoundFile, secs: f64) -> bool {
        self.terms.iter().all(|term| match &term.test {
            Test::Clock(clock) => clock.holds_at_moment(file, secs, term.not),
            _ => true,
        })
    }
}

/// Splits at spaces that are not within quotes. The quotes stay, because they mark a part as a plain word.
fn parts(text: &str) -> Vec<String> {
    let (mut parts, mut part, mut quoted) = (Vec::new(), String::new(), false);
    for letter in text.chars() {
        quoted ^= letter == '"';
        if letter.is_whitespace() && !quoted {
            parts.push(std::mem::take(&mut part));
        } else {
            part.push(letter);
        }
    }
    parts.push(part);
    parts.retain(|part| !part.chars().all(|letter| letter == '"'));
    parts
}

fn test(part: &str) -> Result<Test, String> {
    let word = || Ok(Test::Word(letters::folded(&with_slashes(&part.replace('"', "")))));
    let Some(at) = part.find([':', '<', '>', '=', '"']).filter(|at| !part[*at..].starts_with('"')) else {
        return word();
    };
    let (name, rest) = part.split_at(at);
    let sign = ["<=", ">=", ":", "=", "<", ">"].into_iter().find(|sign| rest.starts_with(sign)).unwrap_or_default();
    let value = rest[sign.len()..].replace('"', "");
    match name.to_lowercase().as_str() {
        "tag" => tag(part, sign, &value),
        "is" => mark(part, sign, &value),
        "hour" => Clock::hours(&value).filter(|_| sign == ":").map(Test::Clock).ok_or_else(|| {
            format!("“{part}” is not understood: it needs hours of the day, such as hour:4..6 or hour:22..3.")
        }),
        "date" | "recorded" => Clock::dates(&value).filter(|_| sign == ":").map(Test::Clock).ok_or_else(|| {
            format!("“{part}” is not understood: it needs a date, such as date:2026-05 or date:2026-05-01..2026-05-14.")
        }),
        name if let Some((_, told)) = TOLD.iter().find(|(known, _)| *known == name) => match (sign, value.trim()) {
            (":" | "=", letters) if !letters.is_empty() => Ok(Test::Told(*told, letters::folded(letters))),
            _ => Err(format!("“{part}” is not understood: write {name}: and some letters, such as {name}:ann.")),
        },
        "note" if !value.contains("..") => note(part, sign, &value),
        name => match MEASURES.iter().find(|(_, names, _)| names.contains(&name)) {
            Some((measure, _, example)) => number(part, *measure, sign, &value)
                .ok_or_else(|| format!("“{part}” is not understood: it needs {example}.")),
            None => {
                let names: Vec<&str> = MEASURES.iter().map(|(_, names, _)| names[0]).collect();
                Err(format!(
                    "“{part}” is not understood: tag:, is:, hour:, date:, {}, {} are. Put it in quotes to look for these letters.",
                    names.join(", "),
                    TOLD.map(|(name, _)| format!("{name}:")).join(", "),
                ))
            }
        },
    }
}

fn tag(part: &str, sign: &str, value: &str) -> Result<Test, String> {
    match (sign, value.trim()) {
        (":" | "=", value) if !value.is_empty() => Ok(Test::Tag(letters::folded(value))),
        _ => Err(format!("“{part}” is not understood: write tag: and a tag, such as tag:loop.")),
    }
}

fn mark(part: &str, sign: &str, value: &str) -> Result<Test, String> {
    match (sign, value.to_lowercase().as_str()) {
        (":" | "=", "problem" | "problems") => Ok(Test::Is(Mark::Problem)),
        (":" | "=", "favourite" | "favorite" | "favourites" | "favorites") => Ok(Test::Is(Mark::Favourite)),
        (":" | "=", "tagged") => Ok(Test::Is(Mark::Tagged)),
        _ => Err(format!("“{part}” is not understood: a file can be is:problem, is:favourite or is:tagged.")),
    }
}

impl Test {
    fn holds(&self, candidate: &Candidate<'_>) -> bool {
        match self {
            Self::Word(word) => letters::contains(&with_slashes(candidate.file.path.as_str()), word),
            Self::Tag(tag) => candidate.tags.iter().any(|given| letters::folded(given) == *tag),
            Self::Number(measure, comparison) => {
                measure.of(candidate.file).is_some_and(|of_file| comparison.holds(*measure, of_file))
            }
            Self::NoteOfAnyOctave(within) => {
                let pitch = candidate.file.aspects.and_then(|aspects| aspects.pitch);
                pitch.is_some_and(|pitch| pitch.note().within_octave() == *within)
            }
            Self::Clock(clock) => clock.holds_in(candidate.file, false),
            Self::Told(told, letters) => {
                candidate.file.metadata.as_ref().is_some_and(|metadata| told.has(metadata, letters))
            }
            Self::Is(Mark::Problem) => candidate.problem,
            Self::Is(Mark::Favourite) => candidate.favourite,
            Self::Is(Mark::Tagged) => !candidate.tags.is_empty(),
        }
    }
}

#[cfg(test)]
mod tests;
