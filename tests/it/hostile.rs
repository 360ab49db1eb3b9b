//! Projects in which something else lies in the place of a file: a pipe, a folder, an endless device, bytes that are no
//! text, or a file of another project. Every command ends, what can be used is used, and the rest is told.

use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde_json::Value;

use crate::support::{quick_training, write_tones};

/// What lies in the place of a file, and how it gets there.
type Thing<'a> = (&'a str, &'a dyn Fn(&Path));

/// Runs the built program, and ends it if it waits for something that never comes.
fn run(project: &Path, arguments: &[&str]) -> (bool, String) {
    let mut command = assert_cmd::Command::new(env!("CARGO_BIN_EXE_soundalike"));
    command.args(arguments).arg("--project").arg(project).timeout(Duration::from_secs(300));
    let output = command.output().expect("it runs");
    let code = output.status.code();
    let said = [output.stdout, output.stderr].map(|said| String::from_utf8_lossy(&said).into_owned()).concat();
    assert!(matches!(code, Some(0 | 1)), "{arguments:?}, {code:?}: {said}");
    (code == Some(0), said)
}

fn done(project: &Path, arguments: &[&str]) -> String {
    let (is_well, said) = run(project, arguments);
    assert!(is_well, "{arguments:?}: {said}");
    said
}

fn refused(project: &Path, arguments: &[&str]) -> String {
    let (is_well, said) = run(project, arguments);
    assert!(!is_well, "{arguments:?}: {said}");
    said
}

/// A project with a model and an index, whose random numbers begin with this seed.
fn project(folder: &Path, name: &str, seed: &str) -> PathBuf {
    let project = folder.join(name);
    done(&project, &["add", &folder.join("tones").display().to_string()]);
    done(&project, &[&quick_training()[..], &["--seed", seed]].concat());
    done(&project, &["index"]);
    project
}

fn matches(said: &str) -> usize {
    let answer: Value = serde_json::from_str(said).unwrap_or_else(|why| panic!("{why}: {said}"));
    answer["matches"].as_array().map_or(0, Vec::len)
}

/// The matches of an answer in a form without order: distance, path and start.
fn found(said: &str) -> Vec<String> {
    let answer: Value = serde_json::from_str(said).unwrap_or_else(|why| panic!("{why}: {said}"));
    let matches = answer["matches"].as_array().expect("matches");
    let mut found: Vec<String> = matches
        .iter()
        .map(|found| format!("{} {} {}", found["distance"], found["path"], found["start_seconds"]))
        .collect();
    found.sort();
    found
}

/// The newest file of the project whose name begins like this.
fn file(project: &Path, prefix: &str) -> PathBuf {
    let files = std::fs::read_dir(project).expect("the project").map(|file| file.expect("one").path());
    let is_it = |file: &PathBuf| file.file_name().is_some_and(|name| name.to_string_lossy().starts_with(prefix));
    let written = |file: &PathBuf| file.symlink_metadata().and_then(|there| there.modified()).expect("there");
    files.filter(is_it).max_by_key(written).expect("such a file")
}

fn remove(path: &Path) {
    match path.is_dir() && !path.is_symlink() {
        true => std::fs::remove_dir(path).expect("removed"),
        false => drop(std::fs::remove_file(path)),
    }
}

#[test]
fn odd_things_in_the_place_of_files_stop_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    write_tones(&folder.path().join("tones"), 6);
    let project = project(folder.path(), "project", "1");
    let sound = folder.path().join("tones/tone_00.wav").display().to_string();
    let search = ["search", &sound, "--json"];
    let expected = matches(&done(&project, &search));
    assert!(expected > 0);

    let pipe = |path: &Path| assert!(Command::new("mkfifo").arg(path).status().expect("it runs").success());
    let zeros = |path: &Path| symlink("/dev/zero", path).expect("linked");
    let no_text = |path: &Path| std::fs::write(path, b"{\"volume\": \xff}").expect("written");
    let subfolder = |path: &Path| std::fs::create_dir(path).expect("made");
    let things: [Thing<'_>; 4] =
        [("a pipe", &pipe), ("a folder", &subfolder), ("a link to /dev/zero", &zeros), ("no text", &no_text)];

    for (what, put) in things {
        for name in ["sound.json", "watch.json", "ignored.json"] {
            let path = project.join(name);
            remove(&path);
            put(&path);
            let said = done(&project, &["info"]);
            assert!(said.contains(name) && said.contains("default"), "{what} as {name}: {said}");
            assert_eq!(matches(&done(&project, &search)), expected, "{what} as {name}");
            remove(&path);
        }
        for prefix in ["index-", "segment-"] {
            let path = file(&project, prefix);
            std::fs::remove_file(&path).expect("removed");
            put(&path);
            done(&project, &["info"]);
            let said = refused(&project, &search);
            assert!(said.contains("index"), "{what} as {prefix}: {said}");
            done(&project, &["index"]);
            assert_eq!(matches(&done(&project, &search)), expected, "{what} as {prefix}");
        }
        let path = file(&project, "model-");
        let whole = std::fs::read(&path).expect("read");
        std::fs::remove_file(&path).expect("removed");
        put(&path);
        done(&project, &["info"]);
        let said = refused(&project, &search);
        assert!(said.contains("model"), "{what} as the model: {said}");
        remove(&path);
        std::fs::write(&path, whole).expect("put back");
        assert_eq!(matches(&done(&project, &search)), expected);
    }
}

/// The numbers of generations are the same in each project. A model and an index of different trainings must not be
/// used together.
#[test]
fn a_model_or_an_index_of_another_training_is_told_apart() {
    let folder = tempfile::tempdir().expect("a folder");
    write_tones(&folder.path().join("tones"), 6);
    let (project, other) = (project(folder.path(), "project", "1"), project(folder.path(), "other", "2"));
    let sound = folder.path().join("tones/tone_00.wav").display().to_string();
    let search = ["search", &sound, "--json"];
    let expected = found(&done(&project, &search));
    let (model, foreign) = (file(&project, "model-"), file(&other, "model-"));
    assert_eq!(model.file_name(), foreign.file_name());
    let whole = std::fs::read(&model).expect("read");
    assert_ne!(whole, std::fs::read(&foreign).expect("read"), "another training");

    // A search that finds that they do not belong together says so, or builds the index again.
    let as_before_or_told = |what: &str| {
        let (is_well, said) = run(&project, &search);
        assert!(!is_well || found(&said) == expected, "{what}: {said}");
    };
    std::fs::copy(&foreign, &model).expect("swapped");
    as_before_or_told("the model of another training");
    std::fs::write(&model, whole).expect("put back");
    assert_eq!(found(&done(&project, &search)), expected);

    for prefix in ["index-", "segment-"] {
        let foreign = file(&other, prefix);
        std::fs::copy(&foreign, project.join(foreign.file_name().expect("a name"))).expect("swapped");
    }
    as_before_or_told("the index of another training");
    done(&project, &["index"]);
    assert_eq!(found(&done(&project, &search)), expected);
}
