//! The command line: what people and other programs rely on.

use std::path::Path;
use std::process::Stdio;

use assert_cmd::Command;
use serde_json::Value;

use crate::support::{tone, write_tones, write_wav};

fn soundalike(project: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_soundalike"));
    command.args(arguments).arg("--project").arg(project);
    command
}

/// Runs a command that must succeed, and reads the one JSON object that it prints.
fn json(project: &Path, arguments: &[&str]) -> Value {
    let output = soundalike(project, arguments).arg("--json").assert().success().get_output().stdout.clone();
    serde_json::from_slice(&output).expect("one JSON object")
}

fn failure(project: &Path, arguments: &[&str], code: i32) -> String {
    let output = soundalike(project, arguments).assert().code(code).get_output().stderr.clone();
    String::from_utf8(output).expect("text")
}

#[test]
fn the_command_line_does_the_main_job_with_stable_json() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name).display().to_string();
    let project = folder.path().join("project");
    write_tones(&folder.path().join("low"), 8);
    for number in 0..4 {
        let path = folder.path().join(format!("high/high_{number:02}.wav"));
        write_wav(&path, 8000, tone(8000, 1000.0 + 90.0 * f64::from(number), 0.8));
    }

    let added = json(&project, &["add", &at("low"), &at("high"), &at("absent")]);
    assert_eq!(
        (added["added"].as_array().map(Vec::len), added["skipped"].as_array().map(Vec::len)),
        (Some(12), Some(0))
    );
    assert!(added["added"][0]["path"].as_str().is_some_and(|path| path.ends_with("high_00.wav")), "{added}");
    assert_eq!(added["failed"][0]["path"], at("absent"));
    assert_eq!(added["failed"][0]["reason"], "there is no such file or folder");

    let info = json(&project, &["info"]);
    assert_eq!((&info["files"], &info["bits"], &info["index_codes"]), (&12.into(), &Value::Null, &0.into()));
    let chunks = info["chunks"].as_u64().expect("a number");
    assert!(chunks > 12 && info["seconds"].as_f64().expect("a number") > 8.0, "{info}");

    let trained = json(&project, &["train", "--steps", "15", "--bits", "16", "--channels", "16", "--batch", "8"]);
    assert_eq!(trained["steps"], 15);
    for key in ["seconds", "chunks_per_second", "loss", "saturation"] {
        assert!(trained[key].as_f64().is_some_and(|value| value > 0.0), "{key} in {trained}");
    }
    assert_eq!(json(&project, &["index"])["codes"].as_u64(), Some(chunks));
    let info = json(&project, &["info"]);
    assert_eq!((&info["preset"], &info["bits"], &info["steps"]), (&"spectral".into(), &16.into(), &15.into()));
    assert_eq!(info["index_codes"].as_u64(), Some(chunks));

    let found = json(&project, &["search", &at("high/high_02.wav"), "-k", "4"]);
    assert_eq!(found["matches"].as_array().map(Vec::len), Some(4));
    let first = &found["matches"][0];
    assert_eq!(first["distance"], 0.0);
    for key in ["start_seconds", "end_seconds", "query_start_seconds"] {
        assert!(first[key].is_number(), "{key} in {first}");
    }
    assert!(first["path"].as_str().is_some_and(|path| path.starts_with('/')), "{first}");

    assert_eq!(first["is_query"], true);

    let low = json(&project, &["search", &at("high/high_02.wav"), "-k", "50", "--filter", "/low/ -low_00"]);
    let paths: Vec<&str> =
        low["matches"].as_array().expect("a list").iter().filter_map(|m| m["path"].as_str()).collect();
    assert!(!paths.is_empty() && paths.iter().all(|path| path.contains("/low/")), "{paths:?}");
    let others = json(&project, &["search", &at("high/high_02.wav"), "-k", "50", "--not-this-file"]);
    assert!(others["matches"].as_array().expect("a list").iter().all(|m| m["is_query"] == false), "{others}");
    assert!(others["searched"].as_u64() < found["searched"].as_u64());

    let scored = json(&project, &["eval", "--label", "/(low|high)/"]);
    assert_eq!((scored["chunks"].as_u64(), &scored["labels"]), (Some(chunks), &2.into()));
    assert!((0.0..=1.0).contains(&scored["p_at_10"].as_f64().expect("a number")));

    soundalike(&project, &["export", "--out", &at("out")]).assert().success();
    let npy = std::fs::read(folder.path().join("out/codes.npy")).expect("codes");
    assert!(npy.starts_with(b"\x93NUMPY") && npy.len() == 128 + 2 * chunks as usize, "{} bytes", npy.len());
    let table = std::fs::read_to_string(folder.path().join("out/chunks.csv")).expect("a table");
    assert_eq!(table.lines().next(), Some("chunk_id,path,start_seconds,end_seconds,recorded"));
    let rows: Vec<(&str, f64, f64)> = table.lines().skip(1).map(csv_row).collect();
    assert_eq!(rows.len(), chunks as usize);
    assert!(rows.is_sorted_by(|a, b| (a.0, a.1) <= (b.0, b.1)), "by path and start");
    assert!(rows.iter().all(|row| (row.2 - row.1 - 0.256).abs() < 1e-9), "a chunk is 256 ms long");

    soundalike(&project, &["encode", &at("high"), "--out", &at("codes.npy")]).assert().success();
    let codes = std::fs::read(folder.path().join("codes.npy")).expect("codes");
    // The first chunk of each of these files is also a row of the export.
    let exported = |name: &str| {
        let row = rows.iter().position(|row| row.0.ends_with(name) && row.1 == 0.0).expect("a row");
        npy[128 + 2 * row..][..2].to_vec()
    };
    let expected: Vec<u8> = (0..4).flat_map(|n| exported(&format!("high_{n:02}.wav"))).collect();
    assert_eq!(codes[128..], expected);
}

#[test]
fn a_file_is_written_as_its_codes_keep_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name).display().to_string();
    let project = folder.path().join("project");
    write_tones(&folder.path().join("tones"), 6);
    write_wav(&folder.path().join("short.wav"), 8000, tone(8000, 300.0, 0.1));
    json(&project, &["add", &at("tones")]);
    // The first model has a decoder, too.
    let report = json(&project, &["reconstruct", &at("tones/tone_01.wav"), "--out", &at("out.wav")]);
    assert_eq!(report["rate"], 8000);
    assert_eq!(json(&project, &["info"])["model"], "base");
    for preset in ["seed", "waveform", "spectral"] {
        json(&project, &["train", "--preset", preset, "--steps", "3", "--bits", "16", "--batch", "8"]);
        // 0.7 s are some whole chunks and a tail that no chunk covers. A sound that is shorter than a chunk is decoded
        // whole.
        for (name, seed, others) in [("tones/tone_01.wav", 5000, 5120), ("short.wav", 800, 800)] {
            let report = json(&project, &["reconstruct", &at(name), "--out", &at("out.wav")]);
            let frames = hound::WavReader::open(folder.path().join("out.wav")).expect("a WAV file").duration();
            assert_eq!(frames, if preset == "seed" { seed } else { others }, "{preset}, {name}");
            assert_eq!(report["duration_seconds"], f64::from(frames) / 8000.0);
            assert_eq!((&report["rate"], &report["bits"]), (&8000.into(), &16.into()));
        }
    }
    // A long sound is decoded stretch by stretch. Nothing is lost or doubled between the stretches.
    write_wav(&folder.path().join("long.wav"), 8000, tone(8000, 300.0, 79.0));
    let report = json(&project, &["reconstruct", &at("long.wav"), "--out", &at("out.wav")]);
    let frames = hound::WavReader::open(folder.path().join("out.wav")).expect("a WAV file").duration();
    assert_eq!((report["chunks"].as_u64(), frames), (Some(616), 615 * 1024 + 2048), "{report}");
    let said = failure(&project, &["reconstruct", &at("short.wav"), "--out", &at("short.wav")], 1);
    assert!(said.contains("never writes to your sounds"), "{said}");
    soundalike(&project, &["reconstruct", &at("short.wav")]).assert().code(2);
}

fn csv_row(line: &str) -> (&str, f64, f64) {
    let fields: Vec<&str> = line.split(',').collect();
    (fields[1], fields[2].parse().expect("a number"), fields[3].parse().expect("a number"))
}

#[test]
fn failures_are_one_sentence_and_exit_code_1() {
    let folder = tempfile::tempdir().expect("a folder");
    let project = folder.path().join("project");
    for (arguments, words) in [
        (vec!["train"], "no sounds yet"),
        (vec!["index"], "no sounds yet"),
        (vec!["search", "/nowhere.wav"], "no sounds yet"),
        (vec!["add", "/nowhere"], "nothing could be added"),
        (vec!["eval", "--label", "x"], "no sounds yet"),
    ] {
        let said = failure(&project, &arguments, 1);
        assert!(said.contains(words) && said.lines().count() == 1, "{arguments:?} said {said:?}");
    }
    // With --json the output is one object, also if the object reports the failure.
    for (arguments, key) in [(["add", "/nowhere"], "failed"), (["search", "/nowhere.wav"], "error")] {
        let output = soundalike(&project, &arguments).arg("--json").assert().code(1).get_output().stdout.clone();
        let object: Value = serde_json::from_slice(&output).expect("one JSON object");
        assert!(object.get(key).is_some(), "{object}");
    }
}

#[test]
fn wrong_usage_is_exit_code_2() {
    let folder = tempfile::tempdir().expect("a folder");
    let project = folder.path().join("project");
    for arguments in [
        vec!["add"],
        vec!["frobnicate"],
        vec!["search", "x.wav", "--from", "minus one"],
        vec!["search", "x.wav", "--filter", "dur>long"],
        vec!["search", "x.wav", "-k", "0"],
        vec!["search", "x.wav", "-k", "10001"],
        vec!["search", "x.wav", "--format", "clips"],
        vec!["train", "--bits", "7"],
        vec!["train", "--steps", "5", "--epochs", "5"],
    ] {
        let said = failure(&project, &arguments, 2);
        assert!(!said.is_empty(), "{arguments:?}");
    }
}

#[test]
fn a_newer_project_is_refused_by_every_command() {
    let folder = tempfile::tempdir().expect("a folder");
    let project = folder.path().join("project");
    json(&project, &["info"]);
    let db = rusqlite::Connection::open(project.join("project.db")).expect("the catalogue");
    db.pragma_update(None, "user_version", 1000).expect("set");
    drop(db);
    assert!(failure(&project, &["info"], 1).contains("newer Soundalike"));
}

/// Like `soundalike info | head -0`.
#[test]
fn a_closed_pipe_ends_the_program_silently() {
    let folder = tempfile::tempdir().expect("a folder");
    for arguments in [&["info"][..], &["info", "--json"], &["completions", "bash"]] {
        let mut program = std::process::Command::new(env!("CARGO_BIN_EXE_soundalike"));
        program.args(arguments).arg("--project").arg(folder.path().join("project"));
        let mut running = program.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it runs");
        drop(running.stdout.take());
        let output = running.wait_with_output().expect("it ends");
        assert_eq!((output.status.code(), String::from_utf8_lossy(&output.stderr).as_ref()), (Some(0), ""));
    }
}

/// The drive was away and is back.
#[test]
fn a_problem_that_has_gone_is_told_no_more() {
    let folder = tempfile::tempdir().expect("a folder");
    let (project, drive) = (folder.path().join("project"), folder.path().join("drive"));
    write_tones(&drive.join("sounds"), 3);
    std::fs::write(drive.join("sounds/broken.wav"), "no sound").expect("written");
    let (sounds, aside) = (drive.join("sounds").display().to_string(), folder.path().join("aside"));
    let problems = || json(&project, &["info"])["problems"].as_array().map(Vec::len);
    std::fs::rename(&drive, &aside).expect("away");
    json(&project, &["add", &aside.join("sounds/tone_00.wav").display().to_string(), &sounds]);
    assert_eq!(problems(), Some(1), "it cannot be found");
    std::fs::rename(&aside, &drive).expect("back");
    // A command that only reads does not report the problem. A command that changes the project removes it.
    assert_eq!(problems(), Some(0));
    let added = json(&project, &["add", &sounds]);
    assert_eq!(
        (added["added"].as_array().map(Vec::len), problems()),
        (Some(2), Some(1)),
        "one moved along, one is no sound: {added}"
    );
    assert_eq!(problems(), Some(1), "and stays none");
    std::fs::remove_file(drive.join("sounds/broken.wav")).expect("deleted");
    assert_eq!(problems(), Some(0));
}

/// The demo library is written beside existing files. It replaces none of them and follows no link.
#[cfg(unix)]
#[test]
fn the_demo_library_changes_no_other_files() {
    use std::os::unix::fs::symlink;
    let folder = tempfile::tempdir().expect("a folder");
    let (project, outside) = (folder.path().join("project"), folder.path().join("outside"));
    let first = json(&project, &["demo"]);
    let files: Vec<std::path::PathBuf> = first["added"]
        .as_array()
        .expect("files")
        .iter()
        .map(|added| added["path"].as_str().expect("a path").into())
        .collect();
    std::fs::write(&files[0], "my own words").expect("written");
    std::fs::write(&outside, "not of this project").expect("written");
    std::fs::remove_file(&files[1]).expect("deleted");
    symlink(&outside, &files[1]).expect("linked");
    let again = json(&project, &["demo"]);
    assert_eq!(std::fs::read(&files[0]).expect("there"), b"my own words");
    assert_eq!(std::fs::read(&outside).expect("there"), b"not of this project");
    let skipped = again["skipped"].to_string();
    assert!(skipped.contains("left alone"), "{again}");
    for entry in walkdir::WalkDir::new(project.join("demo")) {
        let name = entry.expect("readable").file_name().to_string_lossy().into_owned();
        assert!(!name.starts_with('.'), "{name} was left behind");
    }
    // A settings file that is a link to an endless device is ignored.
    for name in ["sound.json", "watch.json"] {
        symlink("/dev/zero", project.join(name)).expect("linked");
    }
    json(&project, &["info"]);
    let elsewhere = folder.path().join("elsewhere");
    std::fs::create_dir(&elsewhere).expect("made");
    std::fs::remove_dir_all(project.join("demo")).expect("deleted");
    symlink(&elsewhere, project.join("demo")).expect("linked");
    failure(&project, &["demo"], 1);
    assert_eq!(std::fs::read_dir(&elsewhere).expect("there").count(), 0, "nothing is written through a link");
}
