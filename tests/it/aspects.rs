//! Aspects from the file to the answer, by the built program: measured, kept, filtered, sorted, exported, and counted for the order
//! of matches.

use std::f64::consts::TAU;

use serde_json::{Value, json};

use crate::library::Program;
use crate::support::write_wav;

/// A tone of `hz` that begins within `attack` seconds and lasts for `secs`.
fn write_tone(program: &Program, name: &str, hz: f64, secs: f64, attack: f64) -> String {
    let sample = |i: u32| {
        let at = f64::from(i) / 8000.0;
        let harmonics = (TAU * hz * at).sin() + 0.5 * (2.0 * TAU * hz * at).sin();
        0.4 * (at / attack).min(1.0) * harmonics
    };
    let path = program.at(name);
    write_wav(std::path::Path::new(&path), 8000, (0..(secs * 8000.0) as u32).map(sample));
    path
}

fn paths(list: &Value) -> Vec<String> {
    let files = list["files"].as_array().expect("a list");
    files.iter().map(|file| file["path"].as_str().expect("a path").rsplit('/').next().expect("a name").into()).collect()
}

#[test]
fn aspects_are_filtered_sorted_and_exported_under_the_same_names() {
    let program = Program::new();
    std::fs::create_dir(program.at("sounds")).expect("a folder");
    let low = write_tone(&program, "sounds/low.wav", 130.81, 0.5, 0.001);
    write_tone(&program, "sounds/middle.wav", 261.63, 1.0, 0.3);
    write_tone(&program, "sounds/high.wav", 659.26, 2.0, 0.001);
    program.json(&["add", &program.at("sounds")]);

    let filtered = |filter: &str| paths(&program.json(&["list", "--filter", filter]));
    assert_eq!(filtered("note:C3"), ["low.wav"]);
    assert_eq!(filtered("note:C"), ["low.wav", "middle.wav"]);
    assert_eq!(filtered("pitch:250..700 length<1.5"), ["middle.wav"]);
    assert_eq!(filtered("attack>100ms"), ["middle.wav"]);
    assert_eq!(filtered("noisy<0.2 -note:E5"), ["low.wav", "middle.wav"]);
    let refused = program.refused(&["list", "--filter", "note:H3"], 2);
    assert!(refused.contains("it needs a note"), "{refused}");

    assert_eq!(paths(&program.json(&["list", "--sort", "pitch", "--reverse"])), ["high.wav", "middle.wav", "low.wav"]);
    assert_eq!(paths(&program.json(&["list", "--sort", "brightness"])), ["low.wav", "middle.wav", "high.wav"]);

    let listed = &program.json(&["list", "--filter", "low"])["files"][0];
    assert_eq!(listed["note"], "C3");
    let hz = listed["pitch_hz"].as_f64().expect("a pitch");
    assert!((hz - 130.81).abs() < 0.5, "{hz}");
    let table = program.text(&["list", "--csv", "--sort", "pitch"]);
    let mut table = csv::Reader::from_reader(table.as_bytes());
    let header = table.headers().expect("a header").clone();
    let first = table.records().next().expect("a row").expect("read");
    for name in ["loudness_lufs", "attack_seconds", "brightness", "pitch_hz", "pitch_confidence", "noisiness"] {
        let place = header.iter().position(|column| column == name).expect("a column");
        let cell: f64 = first[place].parse().expect("a number");
        assert_eq!(Some(cell), listed[name].as_f64(), "{name}");
    }
    assert!(first[0].ends_with("low.wav") && listed["tempo_bpm"].is_null());

    let found = program.json(&["search", &low, "-k", "10", "--by", "file", "--filter", "note:C"]);
    let notes: Vec<&Value> = found["matches"].as_array().expect("a list").iter().map(|found| &found["note"]).collect();
    assert_eq!(notes, ["C3", "C4"]);
    assert!((found["matches"][1]["file_seconds"].as_f64().expect("a length") - 1.0).abs() < 1e-9);
}

#[test]
fn what_counts_for_the_order_can_be_asked_for() {
    let program = Program::new();
    std::fs::create_dir(program.at("sounds")).expect("a folder");
    let hz = [110.0, 146.83, 196.0, 261.63, 349.23, 466.16];
    let all: Vec<String> = (0..)
        .zip(hz)
        .map(|(n, hz)| write_tone(&program, &format!("sounds/{n}.wav"), hz, 0.4 + 0.4 * f64::from(n), 0.001))
        .collect();
    program.json(&["add", &program.at("sounds")]);
    let names = |arguments: &[&str]| -> Vec<String> {
        let found = program.json(&[&["search", &all[2], "--by", "file"][..], arguments].concat());
        let name = |found: &Value| found["path"].as_str().expect("a path").rsplit('/').next().expect("a name").into();
        found["matches"].as_array().expect("a list").iter().map(name).collect()
    };
    let by_tone = names(&[]);
    assert_eq!(names(&["--tone", "1", "--pitch", "0"]), by_tone, "the default");
    let by_pitch = names(&["--tone", "0", "--pitch", "1"]);
    assert_eq!(by_pitch[0], "2.wav");
    let place = |name: &str, order: &[String]| order.iter().position(|found| found == name).expect("found");
    assert!(place("1.wav", &by_pitch) < place("5.wav", &by_pitch), "{by_pitch:?}");
    let one = names(&["--tone", "0", "--length", "1", "-k", "1"]);
    assert_eq!(one, ["2.wav"]);
    assert!(program.refused(&["search", &all[2], "--pitch", "2"], 2).contains("a number from 0 to 1"));

    // A part of a file is measured when it is searched for.
    let part = program.json(&["search", &all[2], "--from", "0.2", "--to", "0.9", "--by", "file", "--pitch", "1"]);
    assert_eq!(part["matches"][0]["note"], "G3");

    // A saved search keeps what counted.
    program.json(&["search", &all[2], "--by", "file", "--tone", "0", "--pitch", "1", "--save", "by pitch"]);
    let saved = program.json(&["search", "--saved", "by pitch"]);
    let again: Vec<String> = saved["matches"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|found| found["path"].as_str().expect("a path").rsplit('/').next().expect("a name").into())
        .collect();
    assert_eq!(again, by_pitch);
}

/// A catalogue as a program without aspects leaves it.
fn forget_aspects(program: &Program) {
    let db = rusqlite::Connection::open(program.at("project/project.db")).expect("the catalogue");
    db.execute_batch("DROP TABLE aspects; DELETE FROM checksums WHERE name = 'aspects';").expect("dropped");
}

#[test]
fn a_project_of_an_earlier_program_opens_and_is_measured_by_the_next_index_or_add() {
    let program = Program::new();
    std::fs::create_dir(program.at("sounds")).expect("a folder");
    write_tone(&program, "sounds/low.wav", 130.81, 0.5, 0.001);
    let gone = write_tone(&program, "sounds/gone.wav", 220.0, 0.5, 0.001);
    program.json(&["add", &program.at("sounds")]);
    program.json(&["index"]);
    let before = program.json(&["list"]);

    forget_aspects(&program);
    std::fs::remove_file(gone).expect("removed");
    let listed = program.json(&["list"]);
    assert!(listed["files"].as_array().expect("a list").iter().all(|file| file["note"].is_null()), "{listed}");
    let indexed = program.json(&["index"]);
    assert_eq!((&indexed["measured"], &indexed["encoded"]), (&json!(1), &json!(0)), "one of them is gone: {indexed}");
    let after = program.json(&["list", "--filter", "low"]);
    assert_eq!(after["files"][0], before["files"][1], "as it was measured when it was added");
    assert_eq!(program.json(&["index"])["measured"], 0);

    forget_aspects(&program);
    let again = program.text(&["add", &program.at("sounds")]);
    assert!(again.contains("measured 1 that an earlier version of the program had added"), "{again}");
    assert_eq!(paths(&program.json(&["list", "--filter", "note:C3"])), ["low.wav"]);
    assert_eq!(program.json(&["check"])["whole"], true);
}
