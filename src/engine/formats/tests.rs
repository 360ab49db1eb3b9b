use super::*;
use crate::aspects::{Aspects, Pitch};
use crate::dataset::{FileId, SoundFile};
use crate::engine::told;
use crate::engine::{Basket, Grouping, Line, Nearness, Query, SearchFilter};
use crate::ground::{Grid, Rate};
use std::collections::BTreeMap;
use std::sync::Arc;

fn sound(id: i64, path: &str, rate: u32, secs: u64) -> Arc<SoundFile> {
    Arc::new(SoundFile {
        id: FileId(id),
        path: path.into(),
        size_bytes: 1,
        modified_ns: 1,
        content_hash: [0; 32],
        rate,
        channels: 2,
        frames: secs * u64::from(rate),
        peak: 1.0,
        thumbnail: Vec::new(),
        aspects: None,
        metadata: None,
    })
}

pub(in crate::engine) fn sounds() -> DatasetView {
    let files = vec![sound(1, "/s/a \"b\", c.wav", 48_000, 10), sound(2, "/s/tab\tä.wav", 44_100, 3)];
    let grid = Grid { rate: Rate::Native, chunk_frames: 1000, hop_frames: 1000 };
    DatasetView::new(files, Vec::new(), BTreeMap::new(), grid)
}

pub(in crate::engine) fn found(sounds: &DatasetView, file: usize, start: f64, distance: f64) -> Match {
    Match {
        path: sounds.files[file].path.clone(),
        start_seconds: start,
        end_seconds: start + 0.25,
        distance,
        query_start_seconds: 0.125,
        problem: None,
        file: sounds.files[file].id,
        by: Grouping::Chunk,
        is_query: false,
        code: Vec::new(),
        query_code: Vec::new(),
        file_seconds: 1.0,
        aspects: None,
        recorded: None,
        shared: None,
        nearness: Nearness::default(),
    }
}

pub(in crate::engine) fn report(query: &str, matches: Vec<Match>) -> SearchReport {
    SearchReport {
        model: crate::model::ModelKind::Trained,
        query: Some(Box::new(Query {
            path: query.into(),
            from_secs: None,
            to_secs: None,
            k: 10,
            by: Grouping::Chunk,
            filter: SearchFilter::default(),
            basket: Basket::default(),
        })),
        bits: 64,
        matches,
        silent: false,
        query_chunks: 1,
        searched: 100,
        seconds: 0.1,
        line: Line::default(),
        of_library: None,
    }
}

fn text(format: TextFormat, searches: &[&SearchReport], sounds: &DatasetView) -> String {
    let mut bytes = Vec::new();
    write_matches(format, searches, sounds, &mut bytes).expect("written to memory");
    String::from_utf8(bytes).expect("text")
}

#[test]
fn a_table_quotes_what_it_must_and_is_one_for_many_queries() {
    let sounds = sounds();
    let (a, b) =
        (report("/q/1.wav", vec![found(&sounds, 0, 1.5, 3.0)]), report("-", vec![found(&sounds, 1, 0.0, 4.5)]));
    let mut a = a;
    a.matches[0].aspects = Some(Aspects {
        loudness: Some(-14.234),
        attack: Some(0.0121),
        brightness: Some(0.6129),
        pitch: Some(Pitch { hz: 130.812_8, confidence: 0.931 }),
        noisiness: None,
        tempo: Some(119.66),
    });
    let table = text(TextFormat::Csv, &[&a, &b], &sounds);
    let mut read = ::csv::Reader::from_reader(table.as_bytes());
    assert_eq!(read.headers().expect("a header").len(), 22);
    let rows: Vec<Vec<String>> =
        read.records().map(|row| row.expect("a row").iter().map(str::to_owned).collect()).collect();
    assert_eq!(
        rows[0][..14],
        ["/q/1.wav", "0.125", "1", "/s/a \"b\", c.wav", "1.5", "1.75", "3", "64", "", "", "", "", "", "1"]
    );
    assert_eq!(rows[1][..14], ["-", "0.125", "1", "/s/tab\tä.wav", "0", "0.25", "4.5", "64", "", "", "", "", "", "1"]);
    assert_eq!(rows[0][14..], ["-14.2", "0.012", "0.613", "130.81", "C3", "0.93", "", "119.7"], "noisiness is unknown");
    assert_eq!(rows[1][14..], [""; 8], "not measured");
}

#[test]
fn labels_and_selections_have_their_columns_whatever_is_in_a_name() {
    let sounds = sounds();
    let one =
        report("/q/1.wav", vec![found(&sounds, 0, 1.5, 3.0), found(&sounds, 1, 0.5, 4.0), found(&sounds, 0, 7.0, 9.0)]);
    let labels = text(TextFormat::Audacity, &[&one], &sounds);
    assert_eq!(labels.lines().nth(1), Some("0.500000\t0.750000\t2 tab ä.wav (4 of 64)"));
    assert!(labels.lines().all(|line| line.split('\t').count() == 3));

    let table = text(TextFormat::Raven, &[&one], &sounds);
    let rows: Vec<Vec<&str>> = table.lines().map(|line| line.split('\t').collect()).collect();
    assert!(rows.iter().all(|row| row.len() == 16));
    let column = |name: &str| rows[0].iter().position(|column| *column == name).expect("a column");
    let cells = |name: &str| rows[1..].iter().map(|row| row[column(name)]).collect::<Vec<_>>();
    assert_eq!(cells("Selection"), ["1", "2", "3"]);
    // The first file is 10 s long, and the second begins at its end.
    assert_eq!(cells("Begin Time (s)"), ["1.500000", "10.500000", "7.000000"]);
    assert_eq!(cells("End Time (s)"), ["1.750000", "10.750000", "7.250000"]);
    assert_eq!(cells("File Offset (s)"), ["1.500000", "0.500000", "7.000000"]);
    assert_eq!(cells("High Freq (Hz)"), ["24000.0", "22050.0", "24000.0"]);
}

#[test]
fn a_playlist_has_a_path_for_each_match() {
    let sounds = sounds();
    let one = report("/q/1.wav", vec![found(&sounds, 0, 1.5, 3.0), found(&sounds, 1, 0.5, 4.0)]);
    let playlist = text(TextFormat::M3u, &[&one], &sounds);
    assert!(playlist.starts_with("#EXTM3U\n"));
    let paths: Vec<&str> = playlist.lines().filter(|line| !line.starts_with('#')).collect();
    assert_eq!(paths, ["/s/a \"b\", c.wav", "file:///s/tab%09%C3%A4.wav"]);
    assert!(playlist.contains("#EXTVLCOPT:start-time=1.500\n#EXTVLCOPT:stop-time=1.750\n"), "{playlist}");
}

#[test]
fn json_names_the_query_of_each_search() {
    let sounds = sounds();
    let (a, b) = (report("/q/1.wav", vec![found(&sounds, 0, 1.5, 3.0)]), report("/q/2.wav", Vec::new()));
    let read: serde_json::Value = serde_json::from_str(&text(TextFormat::Json, &[&a, &b], &sounds)).expect("JSON");
    assert_eq!(read["searches"][0]["query"], "/q/1.wav");
    assert_eq!(read["searches"][0]["matches"][0]["distance"], 3.0);
    let found = &read["searches"][0]["matches"][0];
    for column in told::ASPECTS {
        assert!(found.get(column).is_some_and(serde_json::Value::is_null), "{column} of a file that was not measured");
    }
    assert_eq!(read["searches"][1]["matches"], serde_json::json!([]));
}

#[test]
fn a_file_is_never_written_over_a_sound() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = camino::Utf8PathBuf::from_path_buf(folder.path().join("own.wav")).expect("UTF-8");
    std::fs::write(&path, "sound").expect("written");
    let mut sounds = sounds();
    let canonical = path.canonicalize_utf8().expect("there");
    sounds.files[0] = sound(1, canonical.as_str(), 8000, 1);
    let one = report("/q/1.wav", Vec::new());
    let refused = save_matches(MatchFormat::Text(TextFormat::Csv), &[&one], &sounds, &path, 0.0, &|| true);
    assert!(matches!(refused, Err(EngineError::OverASound { .. })), "{refused:?}");
    assert_eq!(std::fs::read(&path).expect("read"), b"sound");
}
