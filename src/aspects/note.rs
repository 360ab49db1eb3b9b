//! Notes of the equal temperament in which A4 is 440 Hz.

use std::fmt::{self, Display, Formatter};

/// A note, as the number that MIDI gives it: A4 is 69, C4 is 60.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Note(pub i32);

const NAMES: [&str; 12] = ["C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B"];

/// Semitones from the note of number 0 up to a frequency.
fn semitones(hz: f32) -> f32 {
    69.0 + 12.0 * (hz / 440.0).log2()
}

/// The distance between two frequencies in semitones, 0 or more.
pub fn semitones_between(a: f32, b: f32) -> f32 {
    (12.0 * (a / b).log2()).abs()
}

impl Note {
    /// The note that is nearest to a frequency above 0.
    pub fn nearest(hz: f32) -> Self {
        Self(semitones(hz).round() as i32)
    }

    /// The number of the note within its octave, C being 0.
    pub fn within_octave(self) -> i32 {
        self.0.rem_euclid(12)
    }

    /// Reads a note such as `C3`, `f#2` or `Bb-1`. A note without an octave, such as `C`, gives its number within the octave.
    pub fn read(text: &str) -> Option<(i32, Option<i32>)> {
        let mut letters = text.chars();
        let letter = letters.next()?.to_ascii_uppercase();
        let natural = NAMES.iter().position(|name| name.len() == 1 && name.starts_with(letter))? as i32;
        let rest = letters.as_str();
        let (shift, octave) = match rest.chars().next() {
            Some('#' | '♯' | 's') => (1, &rest[rest.chars().next().map_or(0, char::len_utf8)..]),
            Some('b' | '♭') => (-1, &rest[rest.chars().next().map_or(0, char::len_utf8)..]),
            _ => (0, rest),
        };
        let octave = match octave {
            "" => None,
            octave => Some(octave.parse::<i32>().ok().filter(|octave| (-2..=12).contains(octave))?),
        };
        Some((natural + shift, octave))
    }
}

impl Display for Note {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", NAMES[self.within_octave() as usize], self.0.div_euclid(12) - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_have_the_names_that_musicians_give_them() {
        let name = |hz: f32| Note::nearest(hz).to_string();
        assert_eq!([440.0, 261.63, 27.5, 32.7, 466.2, 8.18].map(name), ["A4", "C4", "A0", "C1", "A#4", "C-1"]);
        assert_eq!(name(450.0), "A4", "39 cents above it");
    }

    #[test]
    fn notes_are_read_in_either_case_with_sharps_and_flats() {
        assert_eq!(Note::read("C3"), Some((0, Some(3))));
        assert_eq!(Note::read("f#2"), Some((6, Some(2))));
        assert_eq!(Note::read("Bb-1"), Some((10, Some(-1))));
        assert_eq!(Note::read("b"), Some((11, None)));
        assert_eq!(Note::read("g♯"), Some((8, None)));
        assert_eq!(Note::read("Cb4"), Some((-1, Some(4))), "B3");
        for text in ["", "h2", "c##", "3", "c3x", "c99"] {
            assert_eq!(Note::read(text), None, "{text}");
        }
    }
}
