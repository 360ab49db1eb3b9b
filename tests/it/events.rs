//! Finds every occurrence of a call in recordings with known calls, and teaches the search by verdicts.

use camino::Utf8PathBuf;
use soundalike::engine::{Basket, Command, Grouping, Match, Outcome, Query, SearchFilter, SearchReport};
use soundalike::model::TrainingSettings;

use crate::soundscape::{RATE, Soundscape, recall_and_precision, soundscape};
use crate::support::{Bench, write_wav};

const SECS: f64 = 240.0;
const CALLS: usize = 20;

/// A project with one recording for each signal-to-noise ratio, trained well enough to distinguish its sounds.
fn bench(ratios: &[f64]) -> (Bench, Vec<Soundscape>) {
    let bench = Bench::new();
    let sounds = bench.path("sounds");
    let recordings = ratios.iter().zip(1..).map(|(&ratio, seed)| {
        let recording = soundscape(seed, SECS, CALLS, ratio);
        write_wav(&sounds.join(format!("at_{ratio}_dB.wav")), RATE, recording.samples.iter().copied());
        recording
    });
    let recordings = recordings.collect();
    bench.add(&sounds);
    bench.train(TrainingSettings {
        steps: Some(500),
        channels: Some(32),
        blocks: Some(3),
        bits: Some(64),
        ..TrainingSettings::default()
    });
    (bench, recordings)
}

fn query(bench: &Bench, ratio: f64, call: (f64, f64)) -> Query {
    let path = bench.path("sounds").join(format!("at_{ratio}_dB.wav"));
    Query {
        path: Utf8PathBuf::from_path_buf(path).expect("UTF-8"),
        from_secs: Some(call.0),
        to_secs: Some(call.1),
        k: 10,
        by: Grouping::Event,
        filter: SearchFilter { text: format!("\"at_{ratio}_dB\""), ..SearchFilter::default() },
        basket: Basket::default(),
    }
}

fn search(bench: &Bench, query: &Query) -> SearchReport {
    match bench.run(Command::Search(query.clone())) {
        Ok(Outcome::Searched(report)) => report,
        other => panic!("{other:?}"),
    }
}

fn before_the_line(report: &SearchReport) -> &[Match] {
    &report.matches[..report.line.alike.expect("a line")]
}

fn stretches(matches: &[Match]) -> Vec<(f64, f64)> {
    matches.iter().map(|found| (found.start_seconds, found.end_seconds)).collect()
}

/// Prints recall and precision at the suggested line.
#[test]
#[ignore = "a measurement: it trains a model for some minutes"]
fn the_calls_of_a_recording_are_its_events_and_the_line_comes_after_them() {
    let ratios = [20.0, 10.0, 0.0];
    let (bench, recordings) = bench(&ratios);
    for ((ratio, recording), (recall, precision)) in
        ratios.iter().zip(&recordings).zip([(0.9, 0.9), (0.8, 0.9), (0.4, 0.7)])
    {
        // The third call, because no other sound overlaps it.
        let query = query(&bench, *ratio, recording.calls[2]);
        let report = search(&bench, &query);
        let found = before_the_line(&report);
        let (recalled, right) = recall_and_precision(&recording.calls, &stretches(found));
        println!("{ratio} dB: recall {recalled:.2}, precision {right:.2}, {:?}", report.line);
        let scores = report.matches.iter().map(|m| {
            let (_, right) = recall_and_precision(&recording.calls, &stretches(std::slice::from_ref(m)));
            format!("{:.1}{}", m.distance, if right == 1.0 { "+" } else { "-" })
        });
        println!("{}", scores.collect::<Vec<_>>().join(" "));
        assert!(recalled >= recall && right >= precision, "{ratio} dB: {recalled}, {right}");
        assert!(found[0].is_query && found[0].distance < 8.0, "{:?}", found[0]);
        assert!(found.iter().all(|found| found.nearness.share_alike.is_some_and(|share| share > 0.9)));
        assert!(report.matches.is_sorted_by_key(|found| found.distance) && report.matches.len() >= query.k);
    }
}
