//! The main job on real recordings: 3,000 spoken digits (the Free Spoken Digit Dataset), if they are available.

use std::path::PathBuf;
use std::time::Instant;

use camino::Utf8PathBuf;
use soundalike::engine::{Command, Grouping, Outcome, Query, SearchFilter};
use soundalike::model::TrainingSettings;

use crate::support::Bench;

/// Needs `SOUNDALIKE_FSDD`, the folder with the WAV files. Without it, the test says so and passes.
#[test]
fn digits_are_found_by_digit_and_speaker() {
    let Some(folder) = std::env::var_os("SOUNDALIKE_FSDD").map(PathBuf::from) else {
        println!("skipped: SOUNDALIKE_FSDD is not set to the folder of the Free Spoken Digit Dataset's WAV files");
        return;
    };
    let bench = Bench::new();
    let added = bench.add(&folder);
    assert_eq!((added.added.len(), added.failed.len()), (3000, 0));
    assert_eq!(bench.engine.latest().dataset.chunks, 5956);

    let began = Instant::now();
    // A tenth of the default number of steps is enough for the bound below. The default takes minutes.
    let trained = bench.train(TrainingSettings { bits: Some(64), steps: Some(300), ..TrainingSettings::default() });
    println!("trained in {:.0} s: {trained:?}", began.elapsed().as_secs_f64());
    let label = r"/(\d)_([a-z]+)_\d+\.wav$".to_owned();
    let Ok(Outcome::Evaluated(score)) = bench.run(Command::Evaluate { label }) else { panic!("a score") };
    println!("P@10 {:.4}", score.p_at_10);
    assert_eq!((score.chunks, score.labels), (5956, 60));
    assert!(
        score.p_at_10 >= 0.80,
        "P@10 by digit and speaker is {:.3}; floats of the usual features reach 0.81",
        score.p_at_10
    );

    let path = Utf8PathBuf::from_path_buf(folder.join("7_jackson_32.wav")).expect("UTF-8");
    let query = Query {
        path,
        from_secs: None,
        to_secs: None,
        k: 10,
        by: Grouping::File,
        filter: SearchFilter::default(),
        basket: Default::default(),
    };
    let Ok(Outcome::Searched(found)) = bench.run(Command::Search(query)) else { panic!("an answer") };
    let sevens = found.matches.iter().filter(|m| m.path.file_name().is_some_and(|name| name.starts_with("7_"))).count();
    assert!(sevens >= 8, "{sevens} of 10 are sevens: {:?}", found.matches);
}
