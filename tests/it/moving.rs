//! Files that move: renamed folders, other drives, renamed, copied and deleted files, and a moved project. Through the
//! engine and by the built program.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use soundalike::dataset::FileId;
use soundalike::engine::{Command, OnDisk, Outcome, RelinkPlan};

use crate::library::Program;
use crate::support::{Bench, quick, tone, write_tones, write_wav};

/// For each file, its path below the test's folder, with its number and its tags.
fn files(bench: &Bench) -> BTreeMap<String, (FileId, Vec<String>)> {
    let dataset = bench.engine.latest().dataset;
    let root = bench.folder.path().canonicalize().expect("there");
    let short = |path: &Path| path.strip_prefix(&root).unwrap_or(path).display().to_string();
    let entry = |file: &std::sync::Arc<soundalike::dataset::SoundFile>| {
        (short(file.path.as_std_path()), (file.id, dataset.tags_of(file.id).to_vec()))
    };
    dataset.files.iter().map(entry).collect()
}

fn find(bench: &Bench, folder: &str) -> std::sync::Arc<RelinkPlan> {
    match bench.run(Command::FindMissing { folders: vec![bench.path(folder)] }) {
        Ok(Outcome::MissingFound(plan)) => plan,
        other => panic!("{other:?}"),
    }
}

fn tag(bench: &Bench, path: &str, tag: &str) {
    let file = files(bench)[path].0;
    bench.run(Command::TagFiles { files: vec![file], tag: tag.into() }).expect("tagged");
}

fn encoded_anew(bench: &Bench) -> u64 {
    match bench.run(Command::BuildIndex) {
        Ok(Outcome::Indexed(report)) => report.encoded,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_renamed_folder_is_found_again_with_tags_and_codes() {
    let bench = Bench::new();
    write_tones(&bench.path("tones"), 5);
    bench.add(&bench.path("tones"));
    bench.train(quick());
    tag(&bench, "tones/tone_01.wav", "kept");
    let before = files(&bench);

    std::fs::rename(bench.path("tones"), bench.path("music")).expect("renamed");
    bench.run(Command::CheckFiles).expect("checked");
    let on_disk = bench.engine.latest().on_disk;
    assert!(on_disk.len() == 5 && on_disk.values().all(|state| matches!(state, OnDisk::Away(_))), "{on_disk:?}");
    bench.run(Command::ForgetMissing).expect("nothing is forgotten whose folder is away");
    assert_eq!(files(&bench), before);

    let report = bench.add(&bench.path("music"));
    assert_eq!((report.added.len(), report.found_again.len()), (0, 5));
    let moved: BTreeMap<String, _> =
        before.iter().map(|(path, kept)| (path.replace("tones/", "music/"), kept.clone())).collect();
    assert_eq!(files(&bench), moved);
    assert_eq!(encoded_anew(&bench), 0);
    assert!(bench.engine.latest().on_disk.is_empty());
    assert_eq!(bench.engine.latest().dataset.roots.len(), 1);

    // Undone, and moved back.
    bench.run(Command::Undo).expect("undone");
    assert_eq!(files(&bench), before);
    std::fs::rename(bench.path("music"), bench.path("tones")).expect("renamed");
    bench.run(Command::CheckFiles).expect("checked");
    assert!(bench.engine.latest().on_disk.is_empty());
}

#[test]
fn missing_files_are_counted_before_they_are_relinked() {
    let bench = Bench::new();
    write_tones(&bench.path("tones"), 6);
    bench.add(&bench.path("tones"));
    for number in 0..6 {
        tag(&bench, &format!("tones/tone_{number:02}.wav"), &format!("tag {number}"));
    }
    let tones = |n: usize| bench.path(&format!("tones/tone_{n:02}.wav"));
    std::fs::create_dir_all(bench.path("elsewhere/deep")).expect("folders");
    std::fs::rename(tones(0), bench.path("tones/renamed.wav")).expect("renamed");
    std::fs::rename(tones(1), bench.path("elsewhere/deep/tone_01.wav")).expect("moved");
    std::fs::remove_file(tones(2)).expect("deleted");
    std::fs::copy(tones(3), bench.path("elsewhere/copy.wav")).expect("copied");
    // Two files swap places.
    std::fs::rename(tones(4), bench.path("aside")).expect("moved");
    std::fs::rename(tones(5), tones(4)).expect("moved");
    std::fs::rename(bench.path("aside"), tones(5)).expect("moved");

    let plan = find(&bench, "elsewhere");
    assert_eq!((plan.missing, plan.found.len()), (3, 1), "{}", plan.words());
    assert_eq!(files(&bench).len(), 6, "nothing has changed yet");
    bench.run(Command::Relink(plan)).expect("relinked");
    let plan = find(&bench, "tones");
    assert_eq!((plan.missing, plan.found.len()), (4, 3), "two are missing, two have changed places: {}", plan.words());
    bench.run(Command::Relink(plan)).expect("relinked");
    let now = files(&bench);
    assert_eq!(now["elsewhere/deep/tone_01.wav"].1, ["tag 1"]);
    assert_eq!(now["tones/renamed.wav"].1, ["tag 0"]);
    assert_eq!(
        (&now["tones/tone_04.wav"].1[..], &now["tones/tone_05.wav"].1[..]),
        (&["tag 5".to_owned()][..], &["tag 4".to_owned()][..])
    );
    assert_eq!(now.len(), 6);

    let report = bench.add(&bench.path("tones"));
    let root = bench.folder.path().canonicalize().expect("there");
    assert_eq!(report.missing, [root.join("tones/tone_02.wav").to_str().expect("UTF-8")]);
    let Ok(Outcome::Changed { words }) = bench.run(Command::ForgetMissing) else { panic!("forgotten") };
    assert_eq!((words.as_str(), files(&bench).len()), ("Removed 1 missing file", 5));
    let copied = bench.add(&bench.path("elsewhere"));
    assert_eq!(copied.added.len(), 1, "a copy is a file of its own: {copied:?}");
}

#[test]
fn a_folder_added_at_a_second_path_is_merged_with_the_first() {
    let bench = Bench::new();
    write_tones(&bench.path("tones"), 3);
    bench.add(&bench.path("tones"));
    tag(&bench, "tones/tone_00.wav", "old");
    // As people did with earlier versions: they add the new place while the old one exists, and then delete the old
    // one.
    std::fs::create_dir(bench.path("again")).expect("a folder");
    for number in 0..3 {
        let name = format!("tone_{number:02}.wav");
        std::fs::copy(bench.path("tones").join(&name), bench.path("again").join(&name)).expect("copied");
    }
    assert_eq!(bench.add(&bench.path("again")).added.len(), 3);
    tag(&bench, "again/tone_00.wav", "new");
    let old = files(&bench)["tones/tone_00.wav"].0;
    std::fs::remove_dir_all(bench.path("tones")).expect("deleted");
    let plan = find(&bench, "again");
    assert!(plan.found.len() == 3 && plan.found.iter().all(|found| found.joins), "{plan:?}");
    bench.run(Command::Relink(plan)).expect("relinked");
    let now = files(&bench);
    assert_eq!((now.len(), &now["again/tone_00.wav"]), (3, &(old, vec!["new".to_owned(), "old".to_owned()])));
}

#[cfg(unix)]
#[test]
fn one_folder_under_two_paths_is_added_once() {
    use std::os::unix::ffi::OsStrExt as _;
    let bench = Bench::new();
    write_tones(&bench.path("disk/tones"), 2);
    std::fs::rename(
        bench.path("disk/tones/tone_01.wav"),
        bench.path("disk/tones").join(std::ffi::OsStr::from_bytes(b"\xdcbung.wav")),
    )
    .expect("renamed");
    std::os::unix::fs::symlink(bench.path("disk"), bench.path("link")).expect("a link");
    assert_eq!(bench.add(&bench.path("disk/tones")).added.len(), 2);
    assert_eq!(bench.add(&bench.path("link/tones")).skipped.len(), 2);
    assert_eq!(bench.add(&bench.path("link")).skipped.len(), 2);
    assert_eq!(bench.engine.latest().dataset.roots.len(), 1);
    bench.train(quick());
    let odd = bench
        .engine
        .latest()
        .dataset
        .files
        .iter()
        .find(|file| !file.path.as_str().is_ascii())
        .expect("there")
        .path
        .clone();
    let query = soundalike::engine::Query {
        path: odd.clone(),
        from_secs: None,
        to_secs: None,
        k: 5,
        by: soundalike::engine::Grouping::File,
        filter: soundalike::engine::SearchFilter::default(),
        basket: soundalike::engine::Basket::default(),
    };
    let Ok(Outcome::Searched(found)) = bench.run(Command::Search(query)) else { panic!("searched") };
    assert_eq!((found.matches[0].path.clone(), found.matches[0].problem.clone()), (odd.clone(), None));
    let job = bench.engine.submit(Command::Play(soundalike::engine::Clip { path: odd, from_secs: 0.0, to_secs: None }));
    bench.until("sound", |latest| latest.player.playing);
    assert!(bench.audio.pull(8000).iter().any(|sample| sample.abs() > 0.01), "it is heard");
    bench.wait(job).expect("it plays");
}

#[derive(Clone, Debug)]
enum Deed {
    Move(usize, usize),
    Rename(usize, usize),
    Copy(usize, usize),
    Delete(usize),
    RenameRoot,
    Add,
    Relink,
    Undo,
}

fn deed() -> impl Strategy<Value = Deed> {
    let (file, to) = (0usize..8, 0usize..4);
    prop_oneof![
        3 => (file.clone(), to.clone()).prop_map(|(file, to)| Deed::Move(file, to)),
        3 => (file.clone(), to.clone()).prop_map(|(file, to)| Deed::Rename(file, to)),
        2 => (file.clone(), to).prop_map(|(file, to)| Deed::Copy(file, to)),
        1 => file.prop_map(Deed::Delete),
        1 => Just(Deed::RenameRoot),
        2 => Just(Deed::Add),
        2 => Just(Deed::Relink),
        1 => Just(Deed::Undo),
    ]
}

/// Every sound file below a folder.
fn sounds(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        match entry.path() {
            path if path.is_dir() => found.extend(sounds(&path)),
            path => found.push(path),
        }
    }
    found.sort();
    found
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, max_shrink_iters: 40, failure_persistence: None, ..ProptestConfig::default() })]

    /// Each of six sounds has a tag that names its content. Whatever happens to the files, every tag stays on a file
    /// with its content, and each file on the disk is in the project once.
    #[test]
    fn no_tag_is_lost_and_no_file_is_counted_twice(deeds in proptest::collection::vec(deed(), 1..14)) {
        let bench = Bench::new();
        let mut root = bench.path("lib");
        for number in 0..6 {
            let samples = (0..400 + number).map(|i| f64::from(i % 50) / 50.0 * 0.5);
            write_wav(&root.join(format!("{}/sound_{number}.wav", number % 2)), 8000, samples);
        }
        bench.add(&root);
        let content = |path: &Path| std::fs::read(path).expect("read").len();
        let mut named: BTreeMap<usize, String> = BTreeMap::new();
        for path in sounds(&root) {
            let length = content(&path);
            let below = path.strip_prefix(bench.folder.path()).expect("below").display().to_string();
            tag(&bench, &below, &format!("length {length}"));
            named.insert(length, format!("length {length}"));
        }
        let mut roots = 0;
        for (step, deed) in deeds.iter().enumerate() {
            let there = sounds(&root);
            let pick = |file: usize| there.get(file % there.len().max(1)).cloned();
            let folder = |to: usize| root.join(["0", "1", "2", "2/deep"][to]);
            let place = |to: usize, name: &str| {
                std::fs::create_dir_all(folder(to)).expect("a folder");
                folder(to).join(name)
            };
            match deed {
                Deed::Move(file, to) => if let Some(from) = pick(*file) {
                    let to = place(*to, from.file_name().expect("a name").to_str().expect("text"));
                    if !to.exists() { std::fs::rename(from, to).expect("moved"); }
                },
                Deed::Rename(file, to) => if let Some(from) = pick(*file) {
                    std::fs::rename(from, place(*to, &format!("renamed_{step}.wav"))).expect("renamed");
                },
                Deed::Copy(file, to) => if let Some(from) = pick(*file) {
                    std::fs::copy(from, place(*to, &format!("copy_{step}.wav"))).expect("copied");
                },
                Deed::Delete(file) => if let Some(path) = pick(*file) { std::fs::remove_file(path).expect("deleted"); },
                Deed::RenameRoot => {
                    roots += 1;
                    let to = bench.path(&format!("lib{roots}"));
                    std::fs::rename(&root, &to).expect("renamed");
                    root = to;
                }
                Deed::Add => { let _ = bench.run(Command::AddPaths { paths: vec![root.clone()] }).expect("added"); }
                Deed::Relink => if let Ok(Outcome::MissingFound(plan)) = bench.run(Command::FindMissing { folders: vec![root.clone()] }) {
                    bench.run(Command::Relink(plan)).expect("relinked");
                },
                // The first tags are never undone.
                Deed::Undo => if bench.engine.latest().history.undo.is_some_and(|words| !words.starts_with("Tagged")) {
                    bench.run(Command::Undo).expect("undone");
                },
            }
        }
        let _ = bench.run(Command::AddPaths { paths: vec![root.clone()] });
        let latest = bench.engine.latest();
        let paths: Vec<&str> = latest.dataset.files.iter().map(|file| file.path.as_str()).collect();
        let unique: BTreeSet<&str> = paths.iter().copied().collect();
        prop_assert_eq!(paths.len(), unique.len(), "no path is in the project twice");
        let there = sounds(&root);
        for path in &there {
            let path = path.canonicalize().expect("there");
            prop_assert!(unique.contains(path.to_str().expect("text")), "{} is in the project", path.display());
        }
        let mut tagged: BTreeSet<String> = BTreeSet::new();
        for file in &latest.dataset.files {
            tagged.extend(latest.dataset.tags_of(file.id).iter().cloned());
            if let Ok(length) = std::fs::metadata(&file.path).map(|found| found.len() as usize) {
                for tag in latest.dataset.tags_of(file.id) {
                    prop_assert_eq!(tag, &named[&length], "a tag is on a file of its content");
                }
            }
        }
        prop_assert_eq!(tagged.len(), named.len(), "every tag is still there");
    }
}

#[test]
fn a_moved_project_works_and_every_change_is_undone() {
    let program = Program::new();
    program.write_tones("tones", 4);
    program.json(&["add", &program.at("tones")]);
    program.json(&["tag", "kept", &program.at("tones/tone_02.wav")]);
    std::fs::rename(program.at("tones"), program.at("music")).expect("renamed");
    let checked = program.json(&["check"]);
    assert_eq!((&checked["sounds"]["away"], checked["sounds"]["roots"][0]["files"].as_u64()), (&4.into(), Some(4)));
    let roots = program.json(&["roots"]);
    assert!(roots["roots"][0]["away"].as_str().is_some_and(|why| why.contains("is its drive connected?")), "{roots}");

    let counted = program.json(&["relink", "--dry-run", &program.at("music")]);
    assert_eq!((&counted["missing"], &counted["relinked"]), (&4.into(), &false.into()));
    assert_eq!(program.json(&["list"])["files"][0]["path"], program.at("tones/tone_00.wav"));
    assert_eq!(program.text(&["relink", &program.at("music")]), "4 of 4 missing files are there\n");
    let listed = program.text(&["list", "--filter", "tag:kept"]);
    assert_eq!(listed.trim(), program.at("music/tone_02.wav"));

    // Undone in order, by processes that did not make the changes.
    assert_eq!(program.json(&["undo"])["undone"], "Found 4 files again");
    assert_eq!(program.text(&["list", "--filter", "tag:kept"]).trim(), program.at("tones/tone_02.wav"));
    assert_eq!(program.json(&["redo"])["redone"], "Found 4 files again");
    std::fs::remove_file(program.at("music/tone_00.wav")).expect("deleted");
    assert_eq!(program.json(&["remove", "--missing"])["changed"], "Removed 1 missing file");
    program.json(&["undo"]);
    program.json(&["undo"]);
    assert_eq!(program.json(&["undo"])["undone"], "Tagged 1 file “kept”");
    write_wav(Path::new(&program.at("music/other.wav")), 8000, tone(8000, 300.0, 0.3));
}
