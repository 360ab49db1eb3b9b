//! Faults are reported in one clear sentence, and nothing else is lost.

use camino::Utf8PathBuf;
use soundalike::engine::{Basket, Command, Grouping, Outcome, Query, SearchFilter};
use soundalike::model::{ModelKind, TrainingSettings};

use crate::support::{Bench, quick, tone, write_tones, write_wav};

fn failure(bench: &Bench, command: Command) -> String {
    bench.run(command).expect_err("it fails")
}

fn query(path: &std::path::Path) -> Command {
    let path = Utf8PathBuf::from_path_buf(path.to_owned()).expect("UTF-8");
    Command::Search(Query {
        path,
        from_secs: None,
        to_secs: None,
        k: 5,
        by: Grouping::Chunk,
        filter: SearchFilter::default(),
        basket: Basket::default(),
    })
}

fn training() -> Command {
    Command::TrainModel { settings: Box::new(quick()), resume: false, then_index: false }
}

#[test]
fn each_bad_file_has_its_reason_and_the_good_ones_are_added() {
    let bench = Bench::new();
    let sounds = bench.path("sounds");
    write_tones(&sounds, 3);
    let whole = std::fs::read(sounds.join("tone_00.wav")).expect("read");
    std::fs::write(sounds.join("cut_header.wav"), &whole[..30]).expect("written");
    std::fs::write(sounds.join("cut_data.wav"), &whole[..whole.len() / 2]).expect("written");
    std::fs::write(sounds.join("text.wav"), "this is no sound at all, whatever it is called").expect("written");
    std::fs::write(sounds.join("empty.wav"), "").expect("written");
    write_wav(&sounds.join("no_samples.wav"), 8000, []);
    let report = bench.add(&sounds);

    let reason = |name: &str| {
        let problems = &bench.engine.latest().dataset.problems;
        problems.iter().find(|p| p.path.ends_with(name)).map(|p| p.reason.clone()).unwrap_or_default()
    };
    assert!(reason("cut_header.wav").contains("cut off"), "{}", reason("cut_header.wav"));
    assert!(reason("text.wav").contains("not a sound file"), "{}", reason("text.wav"));
    assert!(reason("empty.wav").contains("empty"), "{}", reason("empty.wav"));
    assert!(reason("no_samples.wav").contains("no sound"), "{}", reason("no_samples.wav"));
    // The existing part of a cut-off file is used, with a note that the file is cut off.
    assert!(reason("cut_data.wav").contains("cut off"), "{}", reason("cut_data.wav"));
    assert!(report.added.iter().any(|path| path.ends_with("cut_data.wav")), "{report:?}");
    assert_eq!((report.added.len(), report.failed.len()), (4, 4), "{report:?}");
}

/// Other things that a folder of a real computer can hold. Each gets one row with one reason, and the import continues.
#[cfg(target_os = "linux")]
#[test]
fn each_odd_thing_in_a_folder_has_one_reason() {
    use std::os::unix::ffi::OsStrExt as _;
    let bench = Bench::new();
    let sounds = bench.path("sounds");
    write_tones(&sounds, 3);
    std::os::unix::fs::symlink(&sounds, sounds.join("round.wav")).expect("a link");
    std::os::unix::fs::symlink("/dev/zero", sounds.join("zero.wav")).expect("a link");
    std::os::unix::fs::symlink(sounds.join("nowhere"), sounds.join("broken.wav")).expect("a link");
    let pipe = std::process::Command::new("mkfifo").arg(sounds.join("pipe.wav")).status();
    assert!(pipe.expect("mkfifo").success());
    let whole = std::fs::read(sounds.join("tone_00.wav")).expect("read");
    std::fs::write(sounds.join(std::ffi::OsStr::from_bytes(b"na\xEFve.wav")), &whole).expect("written");
    std::fs::write(sounds.join("tone.mp3"), &whole).expect("written");
    let floats = hound::WavSpec {
        channels: 1,
        sample_rate: 8000,
        bits_per_sample: 32,
        sample_format: hound::SampleFormat::Float,
    };
    let mut wav = hound::WavWriter::create(sounds.join("not_numbers.wav"), floats).expect("a file");
    for frame in 0..8000 {
        let odd = [f32::NAN, f32::INFINITY, 0.5].get(frame % 100).copied();
        wav.write_sample(odd.unwrap_or((frame as f32 * 0.1).sin() * 0.3)).expect("written");
    }
    wav.finalize().expect("finished");
    // A path of the greatest possible length.
    let mut deep = sounds.clone();
    while deep.as_os_str().len() < 3700 {
        deep.push("d".repeat(240));
    }
    std::fs::create_dir_all(&deep).expect("folders");
    let name = format!("{}.wav", "e".repeat(4000 - deep.as_os_str().len() - 5));
    std::fs::write(deep.join(&name), &whole).expect("written");

    let report = bench.add(&sounds);
    let rows: Vec<String> = report.failed.iter().map(|row| format!("{}: {}", row.path, row.reason)).collect();
    for (name, why) in [
        ("round.wav", "links back"),
        ("zero.wav", "neither a file nor a folder"),
        ("broken.wav", "no such file"),
        ("pipe.wav", "neither a file nor a folder"),
    ] {
        let of_this: Vec<&String> = rows.iter().filter(|row| row.split(": ").next().unwrap().ends_with(name)).collect();
        assert!(of_this.len() == 1 && of_this[0].contains(why), "{name}: {of_this:?}");
    }
    // A sound is recognised by its bytes, whatever its extension. A long path is a path like any other.
    for name in ["tone.mp3", "not_numbers.wav", &name] {
        assert!(report.added.iter().any(|path| path.ends_with(name)), "{name}: {report:?}");
    }
    assert_eq!((report.added.len(), report.failed.len()), (7, 4), "{report:?}");
    let missing = bench.path(&"x".repeat(4200));
    let Ok(Outcome::Added(report)) = bench.run(Command::AddPaths { paths: vec![missing] }) else { panic!("a report") };
    assert!(report.failed[0].reason.contains("too long"), "{:?}", report.failed[0].reason);
}

#[test]
fn absent_paths_and_empty_folders_are_named() {
    let bench = Bench::new();
    let empty = bench.path("empty");
    std::fs::create_dir(&empty).expect("a folder");
    let Ok(Outcome::Added(report)) = bench.run(Command::AddPaths { paths: vec![bench.path("absent.wav"), empty] })
    else {
        panic!("a report")
    };
    let reasons: Vec<&str> = report.failed.iter().map(|p| p.reason.as_str()).collect();
    assert_eq!(reasons, ["there is no such file or folder", "there are no sound files in this folder"]);
}

#[test]
fn a_search_needs_no_step_before_it() {
    let bench = Bench::new();
    let tones = bench.path("tones");
    write_tones(&tones, 4);
    let sound = tones.join("tone_00.wav");
    assert!(failure(&bench, training()).contains("no sounds yet"));
    assert!(failure(&bench, Command::BuildIndex).contains("no sounds yet"));
    bench.add(&tones);
    let answered_by = || match bench.run(query(&sound)) {
        Ok(Outcome::Searched(report)) => report.model,
        other => panic!("an answer: {other:?}"),
    };
    assert_eq!(answered_by(), ModelKind::Base, "with no training");
    let resume = Command::TrainModel { settings: Box::default(), resume: true, then_index: false };
    assert!(failure(&bench, resume).contains("no stopped training"));
    bench.run(training()).expect("trained");
    assert!(bench.engine.latest().index.is_some_and(|index| !index.of_current_model));
    assert_eq!(answered_by(), ModelKind::Trained, "the index of the new model is built for the search");
    assert!(bench.engine.latest().index.is_some_and(|index| index.of_current_model));
}

#[test]
fn settings_that_make_no_model_are_refused_in_words() {
    let bench = Bench::new();
    write_tones(&bench.path("tones"), 4);
    bench.add(&bench.path("tones"));
    let settings = TrainingSettings { bits: Some(4), ..TrainingSettings::default() };
    let refused =
        failure(&bench, Command::TrainModel { settings: Box::new(settings), resume: false, then_index: false });
    assert!(refused.contains("bits") && refused.contains('8') && refused.contains("512"), "{refused}");
}

#[test]
fn a_query_that_is_no_sound_is_reported() {
    let bench = Bench::new();
    write_tones(&bench.path("tones"), 4);
    bench.add(&bench.path("tones"));
    bench.train(quick());
    let text = bench.path("notes.txt");
    std::fs::write(&text, "no sound").expect("written");
    let refused = failure(&bench, query(&text));
    assert!(refused.contains("notes.txt") && refused.contains("not a sound file"), "{refused}");
    assert!(failure(&bench, query(&bench.path("gone.wav"))).contains("gone.wav"));
    bench.run(query(&bench.path("tones/tone_01.wav"))).expect("an answer");
}

/// Damages a file: returns its new bytes, or `None` to delete it.
type Damage<'a> = &'a dyn Fn(Vec<u8>) -> Option<Vec<u8>>;

#[test]
fn damaged_models_and_indexes_are_refused_and_rebuilt() {
    let bench = Bench::new();
    write_tones(&bench.path("tones"), 4);
    bench.add(&bench.path("tones"));
    bench.train(quick());
    let project = bench.path("project");
    let of_prefix = |prefix: &str| {
        let entries = std::fs::read_dir(&project).expect("the project").map(|e| e.expect("an entry").path());
        let is_it = |p: &std::path::PathBuf| p.file_name().is_some_and(|n| n.to_string_lossy().starts_with(prefix));
        entries.filter(is_it).collect::<Vec<_>>()
    };
    let damage = |prefix: &str, with: Damage<'_>| {
        let [path] = &of_prefix(prefix)[..] else { panic!("one {prefix}") };
        let bytes = std::fs::read(path).expect("read");
        std::fs::remove_file(path).expect("removed");
        with(bytes).into_iter().for_each(|bytes| std::fs::write(path, bytes).expect("written"));
    };
    let half = |bytes: Vec<u8>| Some(bytes[..bytes.len() / 2].to_vec());
    let older = |mut bytes: Vec<u8>| {
        bytes[8] = 2;
        Some(bytes)
    };
    let sound = bench.path("tones/tone_00.wav");
    let mut bench = bench;
    let damages: [(&str, Damage<'_>, &str); 5] = [
        ("index-", &half, "bytes"),
        ("segment-", &half, "bytes"),
        ("segment-", &|_| None, "segment-"),
        ("index-", &|_| None, "index-"),
        ("index-", &older, "version 2"),
    ];
    for (number, (prefix, with, told)) in damages.into_iter().enumerate() {
        damage(prefix, with);
        bench = bench.reopen();
        let refused = failure(&bench, query(&sound));
        assert!(refused.contains("index") && refused.contains(told), "{refused}");
        // Nothing else is lost: sounds can be added, and all of them wait for indexing.
        let more = bench.path(&format!("more {number}"));
        write_tones(&more, 1);
        assert_eq!(bench.add(&more).added.len(), 1);
        let files = bench.engine.latest().dataset.files.len();
        assert_eq!(bench.engine.latest().index.expect("an index").missing_files, files);
        let Ok(Outcome::Indexed(report)) = bench.run(Command::BuildIndex) else { panic!("built anew") };
        assert_eq!(report.encoded, report.codes);
        assert_eq!((of_prefix("index-").len(), of_prefix("segment-").len()), (1, 1));
        bench.run(query(&sound)).expect("an answer");
    }

    damage("model-", &half);
    let bench = bench.reopen();
    let refused = failure(&bench, query(&sound));
    assert!(refused.contains("model-"), "{refused}");
    bench.train(quick());
    bench.run(query(&sound)).expect("an answer");
}

#[test]
fn a_vanished_file_affects_no_other_file() {
    let bench = Bench::new();
    let tones = bench.path("tones");
    write_tones(&tones, 5);
    bench.add(&tones);
    std::fs::remove_file(tones.join("tone_02.wav")).expect("removed");
    let index = bench.train(quick()).index.expect("an index");
    assert_eq!(index.failed.len(), 1);
    assert!(index.failed[0].path.ends_with("tone_02.wav") && index.failed[0].reason.contains("no such file"));
    assert!(bench.engine.latest().dataset.problems.iter().any(|p| p.path.ends_with("tone_02.wav")));
}

#[test]
fn a_project_that_another_process_has_open_is_searched_but_not_changed() {
    let first = Bench::new();
    write_tones(&first.path("tones"), 4);
    first.add(&first.path("tones"));
    first.train(quick());
    let second = soundalike::engine::Engine::open(soundalike::engine::EngineOptions {
        project: first.path("project"),
        wake: std::sync::Arc::new(|| ()),
        audio: first.audio.clone(),
        opening: soundalike::engine::Opening::default(),
    })
    .expect("opened");
    assert!(second.latest().project.read_only.as_ref().is_some_and(|why| why.contains("another Soundalike")));
    second.submit(Command::AddPaths { paths: vec![first.path("tones")] });
    second.submit(query(&first.path("tones/tone_00.wav")));
    let mut ended = [second.events().recv().expect("an event"), second.events().recv().expect("an event")];
    ended.sort_by_key(|event| matches!(event, soundalike::engine::Event::Finished { .. }));
    let [soundalike::engine::Event::Failed { failure, .. }, soundalike::engine::Event::Finished { .. }] = &ended else {
        panic!("{ended:?}")
    };
    assert_eq!(failure.kind, soundalike::engine::FailureKind::ReadOnly, "{failure}");
}

#[test]
fn a_cancelled_job_leaves_what_was_there() {
    let bench = Bench::new();
    write_tones(&bench.path("tones"), 6);
    bench.add(&bench.path("tones"));
    bench.train(quick());
    let generation = bench.engine.latest().model.expect("a model").generation;
    let settings = TrainingSettings { steps: Some(100_000), ..quick() };
    let job =
        bench.engine.submit(Command::TrainModel { settings: Box::new(settings), resume: false, then_index: true });
    bench
        .until("training", |latest| latest.training.as_ref().is_some_and(|run| run.running && !run.history.is_empty()));
    // Searching works during the training.
    write_wav(&bench.path("query.wav"), 8000, tone(8000, 200.0, 0.5));
    bench.run(query(&bench.path("query.wav"))).expect("an answer while training runs");
    bench.engine.cancel(job);
    assert_eq!(bench.wait(job).expect_err("cancelled"), "cancelled");
    assert_eq!(bench.engine.latest().model.expect("the model").generation, generation);
    bench.run(query(&bench.path("query.wav"))).expect("an answer");
}

/// Without reading the file, nothing shows that it is another one.
#[test]
fn a_file_replaced_during_indexing_leaves_no_wrong_codes() {
    let bench = Bench::new();
    let sounds = bench.path("sounds");
    write_tones(&sounds, 6);
    bench.add(&sounds);
    bench.run(training()).expect("trained");
    let file = sounds.join("tone_00.wav");
    let read = |path: &std::path::Path| std::fs::read(path).expect("read");
    let (own, other) = (read(&file), read(&sounds.join("tone_04.wav")));
    assert_eq!(own.len(), other.len());
    let modified = file.metadata().and_then(|facts| facts.modified()).expect("a time");
    let put = |bytes: &[u8]| {
        std::fs::write(&file, bytes).expect("written");
        std::fs::File::options()
            .write(true)
            .open(&file)
            .and_then(|file| file.set_modified(modified))
            .expect("set back");
    };
    put(&other);
    let Ok(Outcome::Indexed(report)) = bench.run(Command::BuildIndex) else { panic!("an index") };
    let failed: Vec<&str> = report.failed.iter().map(|problem| problem.reason.as_str()).collect();
    assert_eq!(failed, ["it has changed since it was added; add it again"]);
    put(&own);
    let Ok(Outcome::Indexed(report)) = bench.run(Command::BuildIndex) else { panic!("an index") };
    assert!(report.failed.is_empty() && report.encoded > 0, "{report:?}");
    assert!(bench.engine.latest().dataset.problems.is_empty());
    let Ok(Outcome::Searched(answer)) = bench.run(query(&file.canonicalize().expect("there"))) else {
        panic!("an answer")
    };
    assert_eq!(answer.matches[0].distance, 0.0, "its codes are its own");
    assert!(answer.matches[0].path.ends_with("tone_00.wav"), "{answer:?}");
}
