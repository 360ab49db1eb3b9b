//! Which files and moments a filter admits.

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
