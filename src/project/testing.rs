//! A project and its files, for the tests of this folder.

use camino::Utf8Path;

use crate::aspects::{Aspects, Pitch};
use crate::metadata::{Marker, Metadata, Recorded};

use super::{FileFacts, Opening, Project};

/// A project in a temporary folder, which is deleted with the first value.
pub fn project() -> (tempfile::TempDir, Project) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = Utf8Path::from_path(folder.path()).expect("UTF-8").to_owned();
    (folder, Project::open(&path, Opening::default()).expect("opened"))
}

pub fn facts(path: &str, hash: u8) -> FileFacts {
    FileFacts {
        path: path.into(),
        size_bytes: 1044,
        modified_ns: 77,
        content_hash: [hash; 32],
        sound_hash: [hash; 32],
        rate: 8000,
        channels: 2,
        frames: 500,
        // A number that needs many digits, so that a text with too few digits shows.
        peak: 0.123_456_79,
        thumbnail: vec![(-127, 127), (0, 3)],
        aspects: Aspects {
            loudness: Some(-14.2),
            attack: Some(0.012),
            brightness: Some(0.61),
            pitch: Some(Pitch { hz: 130.8, confidence: 0.93 }),
            noisiness: Some(0.1),
            tempo: Some(120.0),
        },
        metadata: Metadata {
            recorded: Recorded::read("2026-05-13T04:30:00"),
            artist: Some("Ann".into()),
            title: Some("Dawn".into()),
            album: Some("May".into()),
            genre: Some("Birds".into()),
            comment: Some("two\nlines".into()),
            bpm: Some(97.5),
            key: Some("C#m".into()),
            markers: vec![
                Marker { start_seconds: 0.01, end_seconds: None, label: "owl".into() },
                Marker { start_seconds: 0.02, end_seconds: Some(0.04), label: String::new() },
            ],
        },
    }
}
