//! Indexing after damage: only what is damaged is made again, and nothing is thrown away before it can be replaced.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use soundalike::engine::{Command, Grouping, IndexReport, Outcome, Query, SearchFilter};

use crate::support::{Bench, quick, tone, write_tones, write_wav};

fn segments(bench: &Bench) -> BTreeSet<PathBuf> {
    let files = std::fs::read_dir(bench.path("project")).expect("the project").map(|file| file.expect("one").path());
    files.filter(|file| file.file_name().is_some_and(|name| name.to_string_lossy().starts_with("segment-"))).collect()
}

fn index(bench: &Bench) -> IndexReport {
    match bench.run(Command::BuildIndex) {
        Ok(Outcome::Indexed(report)) => report,
        other => panic!("{other:?}"),
    }
}

/// The files that a search finds, by their path below the bench.
fn found(bench: &Bench) -> BTreeSet<String> {
    let query = Query {
        path: bench.path("query/tone_00.wav").try_into().expect("UTF-8"),
        from_secs: None,
        to_secs: None,
        k: 100,
        by: Grouping::File,
        filter: SearchFilter::default(),
        basket: Default::default(),
    };
    let Ok(Outcome::Searched(report)) = bench.run(Command::Search(query)) else { panic!("an answer") };
    let below = |path: &camino::Utf8Path| path.as_std_path().strip_prefix(bench.folder.path()).map(Path::to_owned);
    report.matches.iter().map(|found| below(&found.path).expect("below").display().to_string()).collect()
}

fn of(folder: &str, all: &BTreeSet<String>) -> usize {
    all.iter().filter(|path| Path::new(path).starts_with(folder)).count()
}

#[test]
fn only_the_damaged_segment_is_encoded_again_and_a_drive_that_is_away_loses_nothing() {
    let mut bench = Bench::new();
    write_tones(&bench.path("query"), 1);
    // Each folder has less than half of the chunks of the one before, so each becomes a segment.
    let mut own = Vec::new();
    for (folder, sounds, hertz) in [("first", 12, 300.0), ("second", 4, 1010.0), ("third", 1, 1550.0)] {
        for number in 0..sounds {
            let path = bench.path(folder).join(format!("tone_{number:02}.wav"));
            write_wav(&path, 8000, tone(8000, hertz + 40.0 * f64::from(number), 0.8));
        }
        bench.add(&bench.path(folder));
        let before = segments(&bench);
        match folder {
            "first" => drop(bench.train(quick())),
            _ => drop(index(&bench)),
        }
        own.push(segments(&bench).difference(&before).next().cloned().expect("a new segment"));
    }
    let whole = found(&bench);
    assert_eq!((whole.len(), segments(&bench).len()), (17, 3), "{whole:?}");
    let codes = bench.engine.latest().index.expect("an index").codes;

    // The drive with the first folder is away, and a bit of the second segment has flipped.
    std::fs::rename(bench.path("first"), bench.path("away")).expect("away");
    let flip = |path: &Path| {
        let mut bytes = std::fs::read(path).expect("read");
        *bytes.last_mut().expect("bytes") ^= 1;
        std::fs::write(path, bytes).expect("damaged");
    };
    flip(&own[1]);
    bench = bench.reopen();
    let report = index(&bench);
    assert_eq!((report.mended.len(), report.failed.len(), report.codes), (1, 0, codes), "{report:?}");
    assert!(report.encoded > 0 && report.encoded < codes / 3, "only the second folder: {report:?}");
    assert_eq!(found(&bench), whole);
    std::fs::rename(bench.path("away"), bench.path("first")).expect("back");

    // The drive with the sounds of a damaged segment is away: the other codes stay.
    std::fs::rename(bench.path("second"), bench.path("away")).expect("away");
    for segment in segments(&bench) {
        if !own.contains(&segment) || segment == own[1] {
            flip(&segment);
        }
    }
    bench = bench.reopen();
    let report = index(&bench);
    assert!(!report.mended.is_empty() && report.failed.len() == 4, "{report:?}");
    let now = found(&bench);
    assert_eq!((of("first", &now), of("second", &now), of("third", &now)), (12, 0, 1), "{now:?}");
    std::fs::rename(bench.path("away"), bench.path("second")).expect("back");
    let report = index(&bench);
    assert_eq!((report.mended.len(), report.failed.len(), report.codes), (0, 0, codes), "{report:?}");
    assert_eq!(found(&bench), whole);
}
