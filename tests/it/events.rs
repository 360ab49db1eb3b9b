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

/// The timeline is as near as the events where the events are, and nowhere nearer.
#[test]
fn a_timeline_is_nearest_where_the_events_are() {
    let bench = Bench::new();
    let recording = soundscape(3, 60.0, 8, 20.0);
    let sounds = bench.path("sounds");
    write_wav(&sounds.join("at_20_dB.wav"), RATE, recording.samples.iter().copied());
    bench.add(&sounds);
    bench.run(Command::BuildIndex).expect("it is indexed");
    let query = query(&bench, 20.0, recording.calls[2]);
    let report = search(&bench, &query);
    let file = report.matches[0].file;
    let timeline = match bench.run(Command::DrawTimeline { query: Box::new(query.clone()), file }) {
        Ok(Outcome::TimelineDrawn(timeline)) => timeline,
        other => panic!("{other:?}"),
    };
    assert_eq!((timeline.file, timeline.bits), (file, report.bits));
    assert!((timeline.duration_secs - 60.0).abs() < 0.01);
    let stretches = timeline.nearest.len();
    let stretch = |secs: f64| ((secs / timeline.duration_secs * stretches as f64) as usize).min(stretches - 1);
    for found in &report.matches {
        let middle = stretch((found.start_seconds + found.end_seconds) / 2.0);
        // The middle of an even number of chunks lies between two of them.
        let around = middle.saturating_sub(2)..(middle + 3).min(stretches);
        let nearest = timeline.nearest[around].iter().copied().fold(f32::INFINITY, f32::min);
        assert!((f64::from(nearest) - found.distance).abs() < 1e-3, "{nearest} at {found:?}");
    }
    let smallest = timeline.nearest.iter().copied().fold(f32::INFINITY, f32::min);
    let nearest = report.matches[0].distance;
    assert!(
        (f64::from(smallest) - nearest).abs() < 1e-3,
        "nowhere is nearer than the first event: {smallest}, {nearest}"
    );

    // What was said no to is dark.
    let calls = report.matches[0].clone();
    let verdict =
        soundalike::engine::Verdict { file, start_secs: calls.start_seconds, end_secs: calls.end_seconds, yes: false };
    let basket = Basket { verdicts: vec![verdict], ..Basket::default() };
    let denied = Query { basket, ..query };
    match bench.run(Command::DrawTimeline { query: Box::new(denied), file }) {
        Ok(Outcome::TimelineDrawn(denied)) => {
            let darker = denied.nearest.iter().zip(&timeline.nearest).all(|(denied, before)| denied >= before);
            assert!(darker && denied.nearest != timeline.nearest);
        }
        other => panic!("{other:?}"),
    }
}
