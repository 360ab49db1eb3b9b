//! Changing a project, undoing the change, and watching folders, through the engine.

use std::collections::BTreeMap;

use camino::Utf8PathBuf;
use soundalike::dataset::FileId;
use soundalike::engine::{Command, Grouping, OnDisk, Outcome, Query, SearchFilter};

use crate::support::{Bench, quick, tone, write_tones, write_wav};

fn files(bench: &Bench) -> BTreeMap<String, FileId> {
    let files = &bench.engine.latest().dataset.files;
    files.iter().map(|file| (file.path.file_name().expect("a name").to_owned(), file.id)).collect()
}

/// The files that answer a search for the first tone, nearest first, with their distances.
fn matches(bench: &Bench) -> Vec<(FileId, f64)> {
    let path = Utf8PathBuf::from_path_buf(bench.path("tones/tone_00.wav")).expect("UTF-8");
    let filter = SearchFilter::default();
    let query =
        Query { path, from_secs: None, to_secs: None, k: 50, by: Grouping::File, filter, basket: Default::default() };
    match bench.run(Command::Search(query)) {
        Ok(Outcome::Searched(report)) => report.matches.iter().map(|found| (found.file, found.distance)).collect(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn restored_files_have_their_tags_and_codes() {
    let bench = Bench::new();
    write_tones(&bench.path("tones"), 8);
    bench.add(&bench.path("tones"));
    bench.train(quick());
    let (before, found_before) = (files(&bench), matches(&bench));
    let removed: Vec<FileId> = before.values().copied().take(3).collect();
    let tag = Command::TagFiles { files: removed.clone(), tag: " low ".into() };
    let Ok(Outcome::Changed { words }) = bench.run(tag) else { panic!("tagged") };
    assert_eq!(words, "Tagged 3 files “low”");
    let tags = bench.engine.latest().dataset.tags.clone();
    assert_eq!(tags.len(), 3);

    let Ok(Outcome::Changed { words }) = bench.run(Command::RemoveFiles { files: removed.clone() }) else {
        panic!("removed")
    };
    assert_eq!((words.as_str(), files(&bench).len()), ("Removed 3 files", 5));
    assert!(bench.engine.latest().dataset.tags.is_empty());
    assert!(matches(&bench).iter().all(|(file, _)| !removed.contains(file)));

    let Ok(Outcome::Undone { words }) = bench.run(Command::Undo) else { panic!("undone") };
    assert_eq!(words.as_deref(), Some("Removed 3 files"));
    assert_eq!(files(&bench), before);
    assert_eq!(bench.engine.latest().dataset.tags, tags);
    assert_eq!(matches(&bench), found_before);

    let history = bench.engine.latest().history;
    assert_eq!(history.redo.as_deref(), Some("Removed 3 files"));
    assert_eq!(history.undo.as_deref(), Some("Tagged 3 files “low”"));
    assert!(matches!(bench.run(Command::Redo), Ok(Outcome::Redone { words: Some(_) })));
    assert_eq!(files(&bench).len(), 5);
}

#[test]
fn adding_untagging_and_clearing_problems_are_undone() {
    let bench = Bench::new();
    write_tones(&bench.path("tones"), 2);
    std::fs::write(bench.path("tones/broken.wav"), "no sound").expect("written");
    bench.add(&bench.path("tones"));
    let all: Vec<FileId> = files(&bench).values().copied().collect();
    let problems = |bench: &Bench| bench.engine.latest().dataset.problems.len();
    assert_eq!((all.len(), problems(&bench)), (2, 1));
    bench.run(Command::TagFiles { files: all.clone(), tag: "low".into() }).expect("tagged");
    bench.run(Command::UntagFiles { files: all.clone(), tag: "LOW".into() }).expect("untagged");
    bench.run(Command::ClearProblems).expect("cleared");
    assert_eq!(problems(&bench), 0);
    let words: Vec<_> = std::iter::from_fn(|| match bench.run(Command::Undo) {
        Ok(Outcome::Undone { words }) => words,
        other => panic!("{other:?}"),
    })
    .collect();
    let expected =
        ["Cleared the problems", "Removed the tag “LOW” from 2 files", "Tagged 2 files “low”", "Added 2 files"];
    assert_eq!(words, expected);
    assert_eq!((files(&bench).len(), problems(&bench)), (0, 0));
}

#[test]
fn a_tag_that_no_filter_could_name_is_refused_in_words() {
    let bench = Bench::new();
    write_tones(&bench.path("tones"), 1);
    bench.add(&bench.path("tones"));
    let all: Vec<FileId> = files(&bench).values().copied().collect();
    for (tag, said) in [("  ", "it is empty"), ("a \"b\"", "quotes"), ("a\nb", "one line")] {
        let refused = bench.run(Command::TagFiles { files: all.clone(), tag: tag.into() });
        assert!(refused.is_err_and(|why| why.contains(said)), "{tag:?}");
    }
}

#[test]
fn missing_and_changed_files_are_marked_until_read_again() {
    let bench = Bench::new();
    write_tones(&bench.path("tones"), 3);
    bench.add(&bench.path("tones"));
    let before = files(&bench);
    std::fs::remove_file(bench.path("tones/tone_00.wav")).expect("removed");
    write_wav(&bench.path("tones/tone_01.wav"), 8000, tone(8000, 500.0, 0.9));
    bench.run(Command::CheckFiles).expect("checked");
    let expected = BTreeMap::from([(before["tone_00.wav"], OnDisk::Missing), (before["tone_01.wav"], OnDisk::Changed)]);
    assert_eq!(*bench.engine.latest().on_disk, expected);
    bench.add(&bench.path("tones/tone_01.wav"));
    assert_eq!(bench.engine.latest().on_disk.len(), 1, "what was read again is as it is on the disk");
    bench.run(Command::CheckFiles).expect("checked");
    assert_eq!(bench.engine.latest().on_disk.len(), 1);
}

#[test]
fn a_watched_folder_reports_new_changed_and_missing_files() {
    let bench = Bench::new();
    write_tones(&bench.path("tones"), 2);
    bench.add(&bench.path("tones"));
    bench.run(Command::WatchFolders(true)).expect("watching");
    let watch = bench.engine.latest().watch;
    assert!(watch.running && watch.folders.len() == 1 && watch.problem.is_none(), "{watch:?}");

    write_wav(&bench.path("tones/later/new.wav"), 8000, tone(8000, 500.0, 0.5));
    std::fs::write(bench.path("tones/notes.txt"), "no sound").expect("written");
    bench.until("the new file", |latest| latest.dataset.files.len() == 3);
    assert!(bench.engine.latest().dataset.problems.is_empty());

    let before = bench.engine.latest().dataset.files[2].frames;
    let id = files(&bench)["tone_01.wav"];
    write_wav(&bench.path("tones/tone_01.wav"), 8000, tone(8000, 500.0, 0.9));
    bench.until("the changed file", |latest| latest.dataset.file(id).is_some_and(|file| file.frames != before));
    std::fs::remove_file(bench.path("tones/tone_00.wav")).expect("removed");
    let gone = files(&bench)["tone_00.wav"];
    bench.until("the missing file", |latest| latest.on_disk.get(&gone) == Some(&OnDisk::Missing));

    // Watching is kept with the project, and can be switched off again.
    let bench = bench.reopen();
    let watch = bench.engine.latest().watch;
    assert!(watch.wanted && !watch.running);
    bench.run(Command::WatchFolders(true)).expect("watching");
    bench.run(Command::WatchFolders(false)).expect("no longer");
    assert!(!bench.engine.latest().watch.running);
}
