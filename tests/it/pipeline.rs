//! The main job through the engine: add, train, index, search, on sounds that the program makes itself.

use camino::Utf8PathBuf;
use soundalike::engine::{Basket, Coded, Command, Grouping, Outcome, Query, SearchFilter, SearchReport};
use soundalike::model::{Preset, TrainingSettings};

use crate::support::{Bench, quick, tone, write_melodies, write_tones, write_wav};

fn search(bench: &Bench, path: &std::path::Path, k: usize, by: Grouping) -> SearchReport {
    let path = Utf8PathBuf::from_path_buf(path.to_owned()).expect("UTF-8");
    match bench.run(Command::Search(Query {
        path,
        from_secs: None,
        to_secs: None,
        k,
        by,
        filter: SearchFilter::default(),
        basket: Basket::default(),
    })) {
        Ok(Outcome::Searched(report)) => report,
        other => panic!("{other:?}"),
    }
}

fn p_at_10(bench: &Bench) -> f64 {
    match bench.run(Command::Evaluate { label: "/(kind_[0-9]+)/".into() }) {
        Ok(Outcome::Evaluated(report)) => {
            assert_eq!(report.labels, 8, "{report:?}");
            report.p_at_10
        }
        other => panic!("{other:?}"),
    }
}

/// An encoder with random weights is already a fair hash of spectra, because nearby inputs get nearby codes. The
/// trained model must be clearly better.
#[test]
fn learning_beats_the_same_encoder_untrained_by_a_wide_margin() {
    const MARGIN: f64 = 0.2;
    let bench = Bench::new();
    write_melodies(&bench.path("melodies"));
    assert_eq!(bench.add(&bench.path("melodies")).added.len(), 96);
    let settings = |steps| TrainingSettings {
        steps: Some(steps),
        channels: Some(32),
        bits: Some(64),
        // This saturates the units in such a short training.
        sigma: Some(2.0),
        ..TrainingSettings::default()
    };

    let untrained = bench.train(settings(0));
    assert_eq!(untrained.steps, 0);
    let before = p_at_10(&bench);
    let trained = bench.train(settings(400));
    assert_eq!((trained.steps, trained.collapsed.as_deref()), (400, None));
    assert!(trained.saturation > 0.7, "saturation {}", trained.saturation);
    let after = p_at_10(&bench);
    println!("P@10 by kind: {before:.3} untrained, {after:.3} trained");
    assert!(after > before + MARGIN, "P@10 by kind: {before:.3} untrained, {after:.3} trained");

    let index = trained.index.expect("an index");
    assert_eq!(index.codes, bench.engine.latest().dataset.chunks);
    assert!(index.unique_codes > index.codes / 2, "{index:?}");
}

#[test]
fn a_click_in_the_demo_library_finds_sounds_of_the_same_kind() {
    let bench = Bench::new();
    let Ok(Outcome::Added(added)) = bench.run(Command::AddDemo) else { panic!("the demo library is added") };
    assert!(added.added.len() >= 190 && added.failed.is_empty(), "{} added", added.added.len());
    let kinds: std::collections::BTreeSet<_> = added.added.iter().map(|path| path.parent()).collect();
    assert!(kinds.len() >= 12, "{kinds:?}");
    bench.train(TrainingSettings { steps: Some(60), channels: Some(32), ..TrainingSettings::default() });
    let rain = added.added.iter().find(|path| path.as_str().contains("/rain")).expect("a rain").as_std_path();
    let found = search(&bench, rain, 10, Grouping::File);
    let rains = found.matches.iter().filter(|m| m.path.as_str().contains("/rain")).count();
    assert!(rains >= 6, "{rains} of 10 are rain: {:?}", found.matches);
}

#[test]
fn each_preset_trains_indexes_and_finds_a_sound_that_it_knows() {
    let bench = Bench::new();
    write_tones(&bench.path("tones"), 12);
    assert_eq!(bench.add(&bench.path("tones")).added.len(), 12);
    let common = TrainingSettings { steps: Some(6), bits: Some(16), batch: Some(8), ..TrainingSettings::default() };
    for preset in [Preset::Seed, Preset::Waveform, Preset::Spectral] {
        let report = bench.train(TrainingSettings { preset: Some(preset), ..common.clone() });
        assert_eq!((report.preset, report.bits, report.steps), (preset, 16, 6));
        let known = bench.path("tones/tone_03.wav");
        let found = search(&bench, &known, 100, Grouping::Chunk);
        let own =
            found.matches.iter().filter(|m| m.path.as_std_path() == known).map(|m| m.distance).min_by(f64::total_cmp);
        assert_eq!(own, Some(0.0), "{preset:?} finds the file itself at distance 0");
        assert!(found.matches.is_sorted_by(|a, b| a.distance <= b.distance));
    }
}

#[test]
fn matches_are_folded_and_counted_after_folding() {
    let bench = Bench::new();
    write_tones(&bench.path("tones"), 12);
    bench.add(&bench.path("tones"));
    bench.train(quick());
    let report = search(&bench, &bench.path("tones/tone_05.wav"), 5, Grouping::Chunk);
    assert_eq!(report.matches.len(), 5);
    assert!(report.query_chunks >= 3, "{report:?}");
    for (number, a) in report.matches.iter().enumerate() {
        for b in &report.matches[number + 1..] {
            let overlap = a.path == b.path && a.start_seconds < b.end_seconds && b.start_seconds < a.end_seconds;
            assert!(!overlap, "{a:?} and {b:?}");
        }
    }
    let by_file = search(&bench, &bench.path("tones/tone_05.wav"), 100, Grouping::File);
    assert_eq!(by_file.matches.len(), 12, "every file once");
    assert_eq!(by_file.matches[0].path.file_name(), Some("tone_05.wav"));
    assert_eq!(by_file.matches[0].distance, 0.0);
}

#[test]
fn silence_is_no_match_and_a_silent_query_says_so() {
    let bench = Bench::new();
    let sounds = bench.path("sounds");
    write_tones(&sounds, 6);
    write_wav(&sounds.join("half_silent.wav"), 8000, std::iter::repeat_n(0.0, 8000).chain(tone(8000, 300.0, 1.0)));
    write_wav(&bench.path("silence.wav"), 8000, std::iter::repeat_n(0.0, 8000));
    write_wav(&bench.path("short.wav"), 8000, tone(8000, 300.0, 0.05));
    bench.add(&sounds);
    bench.train(quick());

    let silent = search(&bench, &bench.path("silence.wav"), 10, Grouping::Chunk);
    assert!(silent.silent && silent.matches.is_empty() && silent.query_chunks > 0, "{silent:?}");

    let all = search(&bench, &bench.path("short.wav"), 1000, Grouping::Chunk);
    assert!(!all.silent && all.query_chunks == 1, "a query shorter than a chunk is padded: {all:?}");
    let half: Vec<_> = all.matches.iter().filter(|m| m.path.ends_with("half_silent.wav")).collect();
    assert!(!half.is_empty() && half.iter().all(|m| m.end_seconds > 1.0), "{half:?}");
}

#[test]
fn a_part_of_a_file_can_be_the_query() {
    let bench = Bench::new();
    let sounds = bench.path("sounds");
    write_tones(&sounds, 8);
    // Every chunk of a sweep differs from its neighbours. The chunks of a tone do not.
    let sweep = (0..16_000).map(|frame| {
        let t = f64::from(frame) / 8000.0;
        0.4 * (std::f64::consts::TAU * (100.0 * t + 700.0 * t * t)).sin()
    });
    write_wav(&sounds.join("sweep.wav"), 8000, sweep);
    bench.add(&sounds);
    bench.train(quick());
    let path = Utf8PathBuf::from_path_buf(sounds.join("sweep.wav")).expect("UTF-8");
    // Exactly the second chunk of the grid, which must find itself.
    let query = Query {
        path,
        from_secs: Some(0.128),
        to_secs: Some(0.384),
        k: 3,
        by: Grouping::Chunk,
        filter: SearchFilter::default(),
        basket: Basket::default(),
    };
    let Ok(Outcome::Searched(report)) = bench.run(Command::Search(query.clone())) else { panic!("an answer") };
    assert_eq!(report.query_chunks, 1);
    let first = &report.matches[0];
    assert_eq!((first.path.file_name(), first.distance), (Some("sweep.wav"), 0.0));
    assert!((first.start_seconds - 0.128).abs() < 1e-9 && (first.query_start_seconds - 0.128).abs() < 1e-9);

    let past_the_end = Query { from_secs: Some(60.0), to_secs: None, ..query };
    let refused = bench.run(Command::Search(past_the_end)).expect_err("nothing there");
    assert!(refused.contains("sweep.wav") && refused.contains("60"), "{refused}");
}

#[test]
fn adding_and_removing_after_indexing_costs_only_what_is_new() {
    let bench = Bench::new();
    let tones = bench.path("tones");
    write_tones(&tones, 8);
    bench.add(&tones);
    let first = bench.train(quick()).index.expect("an index");

    let again = bench.add(&tones);
    assert_eq!((again.added.len(), again.skipped.len()), (0, 8));

    write_wav(&tones.join("late.wav"), 8000, tone(8000, 222.0, 1.0));
    write_wav(&tones.join("tone_00.wav"), 8000, tone(8000, 999.0, 2.0));
    assert_eq!(bench.add(&tones).added.len(), 2, "a new file and a changed one");
    assert_eq!(bench.engine.latest().index.expect("an index").missing_files, 2);
    // The changed file's old chunks are no matches any more, although the index has not been built again.
    let known = bench.path("tones/tone_01.wav");
    let found = search(&bench, &known, 1000, Grouping::File);
    assert_eq!(found.matches.len(), 7);

    let Ok(Outcome::Indexed(second)) = bench.run(Command::BuildIndex) else { panic!("an index") };
    assert!(second.encoded < second.codes && second.encoded > 0 && second.codes > first.codes, "{second:?}");
    assert_eq!(search(&bench, &known, 1000, Grouping::File).matches.len(), 9);

    let gone = bench.engine.latest().dataset.files.iter().find(|f| f.path.ends_with("late.wav")).expect("there").id;
    bench.run(Command::RemoveFiles { files: vec![gone] }).expect("removed");
    assert_eq!(search(&bench, &known, 1000, Grouping::File).matches.len(), 8);
    assert!(tones.join("late.wav").exists(), "the person's own files are only ever read");
}

#[test]
fn an_index_that_shrank_and_grew_answers_like_a_new_one() {
    let bench = Bench::new();
    let tones = bench.path("tones");
    write_tones(&tones, 8);
    bench.add(&tones);
    let whole = bench.train(quick()).index.expect("an index");
    let query = tones.join("tone_05.wav");
    let answer = || {
        let matches = search(&bench, &query, 1000, Grouping::Chunk).matches;
        let mut found: Vec<_> =
            matches.into_iter().map(|m| (m.distance as u32, m.path, (m.start_seconds * 1000.0) as u64)).collect();
        found.sort();
        found
    };
    let expected = answer();
    let index = || match bench.run(Command::BuildIndex) {
        Ok(Outcome::Indexed(report)) => report,
        other => panic!("an index: {other:?}"),
    };
    // The rows of one removed file stay where they are. When more are removed, the index is compacted.
    for removed in [1, 5] {
        let files: Vec<_> = bench.engine.latest().dataset.files.iter().take(removed).map(|file| file.id).collect();
        bench.run(Command::RemoveFiles { files }).expect("removed");
        let left = index();
        assert_eq!((left.encoded, left.failed.len()), (0, 0));
        let paths: Vec<_> = bench.engine.latest().dataset.files.iter().map(|file| file.path.clone()).collect();
        let survivors: Vec<_> = expected.iter().filter(|(_, path, _)| paths.contains(path)).cloned().collect();
        assert_eq!(answer(), survivors);
    }
    bench.add(&tones);
    let again = index();
    assert_eq!((again.codes, again.unique_codes), (whole.codes, whole.unique_codes));
    assert!(again.encoded < again.codes);
    assert_eq!(answer(), expected);
}

#[test]
fn a_project_continues_after_a_restart() {
    let bench = Bench::new();
    write_tones(&bench.path("tones"), 8);
    bench.add(&bench.path("tones"));
    bench.train(quick());
    let query = bench.path("tones/tone_04.wav");
    let before = search(&bench, &query, 10, Grouping::Chunk);
    let curve = bench.engine.latest().training.expect("a curve").history.clone();
    let bench = bench.reopen();
    assert_eq!(search(&bench, &query, 10, Grouping::Chunk).matches, before.matches);
    assert_eq!(bench.engine.latest().training.expect("the curve").history, curve);
}

#[test]
fn a_resumed_training_gives_the_result_of_an_uninterrupted_one() {
    let settings = TrainingSettings { steps: Some(300), ..quick() };
    let sounds = |bench: &Bench| {
        write_tones(&bench.path("tones"), 8);
        bench.add(&bench.path("tones"));
    };
    let whole = Bench::new();
    sounds(&whole);
    let expected = whole.train(settings.clone());

    let stopped = Bench::new();
    sounds(&stopped);
    let train = |resume| Command::TrainModel { settings: Box::new(settings.clone()), resume, then_index: false };
    let job = stopped.engine.submit(train(false));
    stopped
        .until("some steps", |latest| latest.training.as_ref().is_some_and(|run| run.running && run.history.len() > 5));
    stopped.engine.cancel(job);
    assert_eq!(stopped.wait(job).expect_err("cancelled"), "cancelled");
    assert!(stopped.engine.latest().model.is_none() && stopped.engine.latest().resumable);
    let stopped = stopped.reopen();
    assert!(stopped.engine.latest().resumable);
    let Ok(Outcome::Trained(resumed)) = stopped.run(train(true)) else { panic!("trained") };
    assert_eq!((resumed.steps, resumed.loss, resumed.saturation), (300, expected.loss, expected.saturation));
    assert!(!stopped.engine.latest().resumable);
}

#[test]
fn finishing_early_keeps_the_model_so_far() {
    let bench = Bench::new();
    write_tones(&bench.path("tones"), 8);
    bench.add(&bench.path("tones"));
    let settings = TrainingSettings { steps: Some(100_000), ..quick() };
    let job =
        bench.engine.submit(Command::TrainModel { settings: Box::new(settings), resume: false, then_index: true });
    bench.until("some steps", |latest| {
        latest.training.as_ref().is_some_and(|run| run.history.last().is_some_and(|p| p.step > 5))
    });
    bench.engine.submit(Command::FinishTrainingNow);
    let Ok(Outcome::Trained(report)) = bench.wait(job) else { panic!("trained") };
    assert!(report.stopped_early && report.steps < 100_000 && report.index.is_some(), "{report:?}");
    assert_eq!(bench.engine.latest().model.expect("a model").steps, report.steps);
}

#[test]
fn reconstruct_writes_a_new_file_and_overwrites_no_sound() {
    let bench = Bench::new();
    write_tones(&bench.path("tones"), 6);
    bench.add(&bench.path("tones"));
    bench.train(quick());
    let report = search(&bench, &bench.path("tones/tone_02.wav"), 3, Grouping::Chunk);
    let found = &report.matches[1];
    let text = |name: &str| Utf8PathBuf::from_path_buf(bench.path(name)).expect("UTF-8");
    let out = text("heard.wav");
    let from = Coded::Chunk { file: found.file, start_secs: found.start_seconds };
    let Ok(Outcome::Reconstructed(heard)) = bench.run(Command::Reconstruct { from: from.clone(), out: out.clone() })
    else {
        panic!("the code is heard")
    };
    assert_eq!((heard.chunks, heard.bits, heard.rate, &heard.out), (1, 32, 8000, &out));
    let wav = hound::WavReader::open(&out).expect("a WAV file");
    assert_eq!((wav.duration(), wav.spec().channels, wav.spec().bits_per_sample), (2048, 1, 16));

    let own = text("tones/tone_01.wav");
    let before = std::fs::read(&own).expect("read");
    let refused = bench.run(Command::Reconstruct { from, out: own.clone() }).expect_err("a sound of the dataset");
    assert!(refused.contains("never writes to your sounds"), "{refused}");
    assert_eq!(std::fs::read(&own).expect("read"), before);
    let nowhere = Coded::Chunk { file: found.file, start_secs: 600.0 };
    let refused = bench.run(Command::Reconstruct { from: nowhere, out }).expect_err("no chunk there");
    assert!(refused.contains("no code"), "{refused}");
}
