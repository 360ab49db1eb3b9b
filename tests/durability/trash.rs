//! Copies that are moved to the desktop's trash. The trash is found by a variable of the environment, so a process of its
//! own does the work.

use std::fs;
use std::path::Path;
use std::process::Command as Process;
use std::sync::Arc;

use soundalike::engine::{Command, CopiesDeed, Keep, Outcome};

use crate::{DEED, PROJECT, open, run};

const SOUNDS: &str = "SOUNDALIKE_DEED_SOUNDS";

fn write_tone(path: &Path, hertz: f64) {
    let spec =
        hound::WavSpec { channels: 1, sample_rate: 8000, bits_per_sample: 16, sample_format: hound::SampleFormat::Int };
    let mut wav = hound::WavWriter::create(path, spec).expect("a file");
    for frame in 0..4000 {
        let phase = std::f64::consts::TAU * hertz * f64::from(frame) / 8000.0;
        wav.write_sample((phase.sin() * 10_000.0) as i16).expect("written");
    }
    wav.finalize().expect("finished");
}

#[test]
fn only_true_copies_are_moved_to_the_trash() {
    let folder = tempfile::tempdir().expect("a folder");
    let (sounds, data) = (folder.path().join("sounds"), folder.path().join("data"));
    fs::create_dir(&sounds).expect("created");
    write_tone(&sounds.join("a kept.wav"), 300.0);
    let original = fs::read(sounds.join("a kept.wav")).expect("read");
    for copy in ["copy.wav", "changed.wav"] {
        fs::copy(sounds.join("a kept.wav"), sounds.join(copy)).expect("copied");
    }
    fs::hard_link(sounds.join("a kept.wav"), sounds.join("link.wav")).expect("linked");
    let own = Process::new(std::env::current_exe().expect("this binary"))
        .args(["--exact", "trash::deed", "--nocapture"])
        .env(DEED, "trash")
        .env(PROJECT, folder.path().join("project"))
        .env(SOUNDS, &sounds)
        .env("XDG_DATA_HOME", &data)
        .output()
        .expect("it runs");
    assert!(own.status.success(), "{}{}", String::from_utf8_lossy(&own.stdout), String::from_utf8_lossy(&own.stderr));

    let read = |name: &str| fs::read(sounds.join(name)).expect("it is there");
    assert_eq!(read("a kept.wav"), original);
    assert_eq!(read("link.wav"), original, "the same file by another name");
    assert_ne!(read("changed.wav"), original, "another sound by now");
    assert!(!sounds.join("copy.wav").exists());
    let trash = data.join("Trash");
    assert_eq!(crate::exports::contents_of(&trash.join("files")).into_keys().collect::<Vec<_>>(), ["copy.wav"]);
    assert_eq!(fs::read(trash.join("files/copy.wav")).expect("in the trash"), original);
    let info = fs::read_to_string(trash.join("info/copy.wav.trashinfo")).expect("the info file");
    assert!(info.contains("Path=") && info.contains("sounds/copy.wav") && info.contains("DeletionDate="), "{info}");
}

/// Finds the copies, changes one, and moves what are still copies to the trash.
#[test]
fn deed() {
    let (Ok("trash"), Some(sounds)) = (std::env::var(DEED).as_deref(), std::env::var_os(SOUNDS)) else { return };
    let sounds = Path::new(&sounds);
    let (engine, _) = open(Path::new(&std::env::var_os(PROJECT).expect("a project")));
    run(&engine, Command::AddPaths { paths: vec![sounds.to_owned()] }).expect("added");
    let file = |name: &str| {
        let files = engine.latest().dataset.files.clone();
        files.iter().find(|file| file.path.file_name() == Some(name)).map(|file| file.id)
    };
    let copy = file("copy.wav").expect("added");
    run(&engine, Command::TagFiles { files: vec![copy], tag: "loop".into() }).expect("tagged");
    let copies = match run(&engine, Command::FindCopies(Keep::HighestResolution)) {
        Ok(Outcome::CopiesFound(copies)) => copies,
        other => panic!("{other:?}"),
    };
    assert_eq!((copies.groups.len(), copies.others()), (1, 3));
    write_tone(&sounds.join("changed.wav"), 333.0);
    let copies = Arc::new((*copies).clone());
    run(&engine, Command::ThinOutCopies { copies, deed: CopiesDeed::Trash }).expect("moved");
    assert_eq!(file("copy.wav"), None, "it has left the project");
    assert!(file("changed.wav").is_some() && file("link.wav").is_some());
    let kept = file("a kept.wav").expect("still there");
    assert_eq!(engine.latest().dataset.tags_of(kept), ["loop"], "its tags stay with the kept file");
}
