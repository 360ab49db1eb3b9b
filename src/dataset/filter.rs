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
mod told;

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
mod tests {
    use super::*;
    use crate::aspects::{Aspects, Pitch};
    use crate::dataset::FileId;

    fn file(path: &str, secs: f64, rate: u32, peak: f32) -> SoundFile {
        SoundFile {
            id: FileId(1),
            path: path.into(),
            size_bytes: 1,
            modified_ns: 0,
            content_hash: [0; 32],
            rate,
            channels: 2,
            frames: (secs * f64::from(rate)) as u64,
            peak,
            thumbnail: Vec::new(),
            aspects: None,
            metadata: None,
        }
    }

    /// The numbers of those of four files that `text` admits.
    fn admitted(text: &str) -> Vec<usize> {
        let files = [
            file("/sounds/Drums/Kick_01.wav", 0.25, 44_100, 1.0),
            file("/sounds/drums/snare drum.wav", 0.5, 48_000, 0.5),
            file("/sounds/loops/ÄRGER-loop.wav", 4.0, 44_100, 0.25),
            file("/sounds/loops/a:b.wav", 120.0, 8000, 0.0),
        ];
        let tags: [&[String]; 4] = [&["Dry".into(), "one shot".into()], &[], &["loop".into()], &[]];
        let filter = Filter::read(text);
        assert_eq!(filter.not_understood(), [""; 0], "{text}");
        let candidate = |i: usize| Candidate { file: &files[i], tags: tags[i], problem: i == 3, favourite: i == 1 };
        (0..4).filter(|i| filter.admits(&candidate(*i))).collect()
    }

    #[test]
    fn words_are_looked_for_in_name_and_folder_in_either_case() {
        assert_eq!(admitted(""), [0, 1, 2, 3]);
        assert_eq!(admitted("  DRUMS  "), [0, 1]);
        assert_eq!(admitted("drums kick"), [0]);
        assert_eq!(admitted("drums/kick"), [0]);
        assert_eq!(admitted("ärger"), [2]);
        assert_eq!(admitted("A\u{308}RG"), [2], "as a Mac writes it");
        assert_eq!(admitted("\"snare drum\""), [1]);
        assert_eq!(admitted("\"a:b\""), [3]);
        assert_eq!(admitted("\""), [0, 1, 2, 3], "a quote that is being typed");
        assert_eq!(admitted("-"), [2], "a hyphen alone");
    }

    #[test]
    fn numbers_are_compared_in_their_units() {
        assert_eq!(admitted("dur>3"), [2, 3]);
        assert_eq!(admitted("dur<0.5"), [0]);
        assert_eq!(admitted("dur<=500ms"), [0, 1]);
        assert_eq!(admitted("dur:2min"), [3]);
        assert_eq!(admitted("duration>=4s dur<1h"), [2, 3]);
        assert_eq!(admitted("rate:44100"), [0, 2]);
        assert_eq!(admitted("rate>=44.1k"), [0, 1, 2]);
        assert_eq!(admitted("rate:8khz"), [3]);
        assert_eq!(admitted("level>-6.1"), [0, 1]);
        assert_eq!(admitted("level<-6.1dB"), [2, 3]);
        assert_eq!(admitted("channels:2 channels<3"), [0, 1, 2, 3]);
    }

    #[test]
    fn aspects_are_compared_and_what_lacks_one_is_left_out() {
        let pitched = |hz: f32| Some(Pitch { hz, confidence: 0.9 });
        let aspects = [
            Aspects { pitch: pitched(130.8), brightness: Some(0.3), loudness: Some(-14.0), ..Aspects::default() },
            Aspects { pitch: pitched(261.0), brightness: Some(0.7), noisiness: Some(0.1), ..Aspects::default() },
            Aspects { tempo: Some(119.7), attack: Some(0.012), noisiness: Some(0.9), ..Aspects::default() },
        ];
        let mut files: Vec<SoundFile> = (0..4).map(|_| file("/s/a.wav", 2.0, 8000, 1.0)).collect();
        files.iter_mut().zip(aspects).for_each(|(file, aspects)| file.aspects = Some(aspects));
        let admitted = |text: &str| {
            let filter = Filter::read(text);
            assert_eq!(filter.not_understood(), [""; 0], "{text}");
            let candidate = |file| Candidate { file, tags: &[], problem: false, favourite: false };
            (0..4).filter(|i| filter.admits(&candidate(&files[*i]))).collect::<Vec<_>>()
        };
        assert_eq!(admitted("note:C3"), [0]);
        assert_eq!(admitted("note:c"), [0, 1], "in every octave");
        assert_eq!(admitted("note:B#2"), [0]);
        assert_eq!(admitted("note:C3..C4 -note:C3"), [1]);
        assert_eq!(admitted("note>=C#3"), [1]);
        assert_eq!(admitted("pitch:130"), [0], "within half a semitone");
        assert_eq!(admitted("pitch:139"), [0; 0], "a semitone off");
        assert_eq!(admitted("pitch:0.2k..0.3khz"), [1]);
        assert_eq!(admitted("bpm:118..122"), [2]);
        assert_eq!(admitted("bpm:122..118 tempo:120"), [2]);
        assert_eq!(admitted("bright>0.6 length<3"), [1]);
        assert_eq!(admitted("bright>60%"), [1]);
        assert_eq!(admitted("loud>-20lufs"), [0]);
        assert_eq!(admitted("attack<20ms"), [2]);
        assert_eq!(admitted("noisy<0.2"), [1]);
        assert_eq!(admitted("-noisy<0.2"), [0, 2, 3], "all others");
        assert_eq!(admitted("length:1..3"), [0, 1, 2, 3]);
    }

    #[test]
    fn metadata_is_looked_for_by_its_parts() {
        use crate::metadata::{Marker, Metadata, Recorded};
        let owl = Marker { start_seconds: 1.0, end_seconds: None, label: "Tawny Owl".into() };
        let told = [
            Metadata { artist: Some("Ännchen".into()), markers: vec![owl], ..Metadata::default() },
            Metadata { bpm: Some(97.5), recorded: Recorded::read("2004-07"), ..Metadata::default() },
            Metadata { bpm: Some(97.5), recorded: Recorded::read("2026-05-13 04:30"), ..Metadata::default() },
        ];
        let mut files: Vec<SoundFile> = (0..4).map(|_| file("/s/ann.wav", 60.0, 8000, 1.0)).collect();
        files.iter_mut().zip(told).for_each(|(file, told)| file.metadata = Some(std::sync::Arc::new(told)));
        files[2].aspects = Some(Aspects { tempo: Some(120.0), ..Aspects::default() });
        let admitted = |text: &str| {
            let filter = Filter::read(text);
            assert_eq!(filter.not_understood(), [""; 0], "{text}");
            let candidate = |file| Candidate { file, tags: &[], problem: false, favourite: false };
            (0..4).filter(|i| filter.admits(&candidate(&files[*i]))).collect::<Vec<_>>()
        };
        assert_eq!(admitted("artist:änn"), [0]);
        assert_eq!(admitted("-artist:änn"), [1, 2, 3]);
        assert_eq!(admitted("marker:\"tawny owl\""), [0]);
        assert_eq!(admitted("title:ann"), [0; 0]);
        assert_eq!(admitted("bpm:97..98"), [1], "what was measured counts for more");
        assert_eq!(admitted("recorded:2026-05"), [2]);
        assert_eq!(admitted("date:2004"), [1], "a month without a day");
        assert_eq!(admitted("date:2004-07-01"), [0; 0]);
        assert_eq!(admitted("-date:2004"), [0, 2, 3]);
        assert_eq!(admitted("hour:4"), [2]);
    }

    #[test]
    fn tags_and_marks_are_told_apart() {
        assert_eq!(admitted("tag:dry"), [0]);
        assert_eq!(admitted("tag:\"one shot\""), [0]);
        assert_eq!(admitted("tag:lo"), [0; 0], "a tag is all of its letters");
        assert_eq!(admitted("is:tagged"), [0, 2]);
        assert_eq!(admitted("is:problem"), [3]);
        assert_eq!(admitted("is:favourite"), [1]);
        assert_eq!(admitted("is:favorite"), [1]);
        let asks = |text: &str| Filter::read(text).asks_for_favourites();
        assert!(asks("kick -is:favourite") && asks("is=favorites"));
        assert!(!asks("is:tagged") && !asks("\"is:favourite\"") && !asks(""));
    }

    #[test]
    fn hours_and_dates_are_those_of_the_recording() {
        let recordings = [
            file("/n/20260513_043000.WAV", 3600.0, 8000, 1.0),
            file("/n/20260513_233000.WAV", 7200.0, 8000, 1.0),
            file("/n/20260601_120000.WAV", 60.0, 8000, 1.0),
            file("/n/kick.wav", 60.0, 8000, 1.0),
        ];
        let admitted = |text: &str| {
            let filter = Filter::read(text);
            assert_eq!(filter.not_understood(), [""; 0], "{text}");
            let candidate = |file| Candidate { file, tags: &[], problem: false, favourite: false };
            (0..4).filter(|i| filter.admits(&candidate(&recordings[*i]))).collect::<Vec<_>>()
        };
        assert_eq!(admitted("hour:4..6"), [0]);
        assert_eq!(admitted("hour:5"), [0], "it lasts until half past five");
        assert_eq!(admitted("hour:22..2"), [1]);
        assert_eq!(admitted("hour:1"), [1], "until half past one on the next day");
        assert_eq!(admitted("date:2026-05"), [0, 1]);
        assert_eq!(admitted("date:2026-05-14"), [1]);
        assert_eq!(admitted("date:2026-05-14..2026-06"), [1, 2]);
        assert_eq!(admitted("-date:2026-05-13"), [1, 2, 3]);
        let filter = Filter::read("hour:0..2");
        assert!(!filter.admits_moment(&recordings[1], 60.0) && filter.admits_moment(&recordings[1], 1801.0));
        assert!(filter.asks_for_time() && !Filter::read("n dur>3").asks_for_time());
    }

    #[test]
    fn a_hyphen_before_a_part_means_all_others() {
        assert_eq!(admitted("-drums"), [2, 3]);
        assert_eq!(admitted("-tag:loop -is:problem"), [0, 1]);
        assert_eq!(admitted("-dur>3 -\"snare drum\""), [0]);
        assert_eq!(admitted("-rate:44100 drums"), [1]);
    }

    #[test]
    fn what_is_not_understood_is_said_and_admits_everything() {
        for (text, said) in [
            ("dur>", "a length in seconds"),
            ("-dur>", "a length in seconds"),
            ("dur>long", "a length in seconds"),
            ("rate:fast", "a rate in hertz"),
            ("level<inf", "a peak in dB"),
            ("channels:two", "a number of channels"),
            ("note:H3", "it needs a note"),
            ("note>C", "it needs a note"),
            ("bpm:118..fast", "a tempo in beats a minute"),
            ("pitch>100..200", "a pitch in hertz"),
            ("bright:", "a brightness from 0 to 1"),
            ("tag:", "write tag: and a tag"),
            ("tag>x", "write tag: and a tag"),
            ("is:loud", "is:problem, is:favourite or is:tagged"),
            ("hour:25", "hours of the day"),
            ("hour>4", "hours of the day"),
            ("date:May", "it needs a date"),
            ("artist:", "write artist: and some letters"),
            ("genre>a", "write genre: and some letters"),
            ("colour:red", "Put it in quotes"),
        ] {
            let filter = Filter::read(text);
            let [sentence] = filter.not_understood() else { panic!("{text}: {:?}", filter.not_understood()) };
            let part = text.trim_start_matches('-');
            assert!(sentence.contains(said) && sentence.contains(part), "{text}: {sentence}");
            assert!(filter.is_empty());
        }
        let mixed = Filter::read("drums dur> is:loud");
        assert_eq!((mixed.terms.len(), mixed.not_understood().len()), (1, 2));
    }

    proptest::proptest! {
        #[test]
        fn whatever_is_typed_is_read(text in ".{0,40}") {
            let filter = Filter::read(&text);
            let file = file("/a.wav", 1.0, 8000, 0.5);
            let _ = filter.admits(&Candidate { file: &file, tags: &[], problem: false, favourite: false });
        }
    }
}
