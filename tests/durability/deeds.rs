//! The deeds of this test's own binary, which is started again as a separate process to be killed.

use std::io::Write as _;
use std::path::Path;

use soundalike::audio::device::mock::MockBackend;
use soundalike::dataset::{FileId, Item};
use soundalike::engine::{CollectionChange, Command, Engine, Event, Outcome, StopWhen};

use crate::exports::COLLECTION;
use crate::{DEED, PATIENCE, PROJECT, frames, open, run, takes};

/// Runs this binary's deed in a loop until the process is killed.
#[test]
fn deeds() {
    let (Ok(deed), Ok(project)) = (std::env::var(DEED), std::env::var(PROJECT)) else { return };
    let (engine, audio) = open(Path::new(&project));
    let files: Vec<FileId> = engine.latest().dataset.files.iter().map(|file| file.id).collect();
    match deed.as_str() {
        "tag" => {
            for (number, file) in files.iter().cycle().enumerate().take(5000) {
                let tag = format!("tag {number}");
                acknowledge(&format!("begin {} {tag}", file.0));
                run(&engine, Command::TagFiles { files: vec![*file], tag: tag.clone() }).expect("tagged");
                acknowledge(&format!("done {} {tag}", file.0));
            }
        }
        "untag" => {
            for file in files {
                for tag in engine.latest().dataset.tags_of(file).to_vec() {
                    acknowledge(&format!("begin {} {tag}", file.0));
                    run(&engine, Command::UntagFiles { files: vec![file], tag: tag.clone() }).expect("untagged");
                    acknowledge(&format!("done {} {tag}", file.0));
                }
            }
        }
        "collect" => collect(&engine, &files),
        "remove" => {
            for file in files {
                acknowledge(&format!("begin {}", file.0));
                run(&engine, Command::RemoveFiles { files: vec![file] }).expect("removed");
                acknowledge(&format!("done {}", file.0));
            }
        }
        "record" => record(&engine, &audio, Path::new(&project)),
        other => panic!("{other} is no deed"),
    }
    // When the deed is done, the process waits to be killed.
    loop {
        std::thread::park();
    }
}

/// Puts files into a collection that are not in it, and takes out those that are.
fn collect(engine: &Engine, files: &[FileId]) {
    for file in files.iter().cycle().take(5000) {
        let item = Item { file: *file, stretch_secs: None };
        let latest = engine.latest();
        let collection = latest.collections.iter().find(|known| known.name == COLLECTION);
        let inside = collection.filter(|collection| collection.items.contains(&item));
        let (words, change) = match inside {
            Some(collection) => ("take", CollectionChange::Take { collection: collection.id, items: vec![item] }),
            None => ("put", CollectionChange::Put { name: COLLECTION.into(), items: vec![item], before: None }),
        };
        acknowledge(&format!("begin {} {words}", file.0));
        run(engine, Command::ChangeCollection(change)).expect("changed");
        acknowledge(&format!("done {} {words}", file.0));
    }
}

/// Records takes of some seconds each, and acknowledges what a reader finds on the disk.
fn record(engine: &Engine, audio: &MockBackend, project: &Path) {
    for _ in 0..1000 {
        let before = takes(project);
        let job = engine.submit(Command::StartRecording { stop_when: StopWhen::default() });
        while !engine.latest().recorder.recording {
            std::thread::yield_now();
        }
        let file = takes(project).into_keys().find(|file| !before.contains_key(file)).expect("a new take");
        for block in 1..=20 {
            audio.feed(&[0.25; 800]);
            while engine.latest().recorder.secs < f64::from(block) * 0.1 - 0.001 {
                std::thread::yield_now();
            }
            let frames = frames(&file);
            acknowledge(&format!("kept {frames} {}", file.display()));
        }
        engine.submit(Command::StopRecording);
        loop {
            match engine.events().recv_timeout(PATIENCE).expect("an event in time") {
                Event::Finished { job: ended, outcome: Outcome::Recorded(take) } if ended == job => {
                    acknowledge(&format!("done 16000 {}", take.path));
                    break;
                }
                Event::Failed { failure, .. } => panic!("{failure}"),
                _ => {}
            }
        }
    }
}

/// Prints a line that acknowledges something to the process that started this one.
fn acknowledge(words: &str) {
    let mut out = std::io::stdout().lock();
    // Printing fails only when this process is about to be killed.
    let _ = writeln!(out, "ACK {words}").and_then(|()| out.flush());
}
