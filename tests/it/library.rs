//! Keeping a project's files in order, by the built program: listing, tagging, removing, checking, leaving out.

use std::path::Path;

use assert_cmd::Command;
use serde_json::{Value, json};

use crate::support::{quick_training, tone, write_tones, write_wav};

/// The program in a folder of its own, with a project below it.
struct Program {
    folder: tempfile::TempDir,
}

impl Program {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a folder") }
    }

    fn at(&self, name: &str) -> String {
        self.folder.path().canonicalize().expect("there").join(name).display().to_string()
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_soundalike"));
        command.args(arguments).arg("--project").arg(self.folder.path().join("project"));
        command
    }

    fn json(&self, arguments: &[&str]) -> Value {
        let output = self.command(arguments).arg("--json").assert().success().get_output().stdout.clone();
        serde_json::from_slice(&output).expect("one JSON object")
    }

    fn text(&self, arguments: &[&str]) -> String {
        let output = self.command(arguments).assert().success().get_output().stdout.clone();
        String::from_utf8(output).expect("text")
    }

    fn refused(&self, arguments: &[&str], code: i32) -> String {
        let output = self.command(arguments).assert().code(code).get_output().stderr.clone();
        String::from_utf8(output).expect("text")
    }

    fn write_tones(&self, folder: &str, count: usize) {
        write_tones(&self.folder.path().join(folder), count);
    }
}

#[test]
fn files_are_listed_tagged_and_removed_by_path_and_by_filter() {
    let program = Program::new();
    program.write_tones("tones", 4);
    program.json(&["add", &program.at("tones")]);
    let all: Vec<String> = (0..4).map(|n| program.at(&format!("tones/tone_{n:02}.wav"))).collect();
    assert_eq!(program.text(&["list"]).lines().collect::<Vec<_>>(), all);

    let tagged = program.json(&["tag", "low tone", &all[0], &all[1]]);
    assert_eq!(tagged, json!({"changed": "Tagged 2 files “low tone”"}));
    program.json(&["tag", "short", "--filter", "dur<0.65"]);
    assert_eq!(
        program.json(&["tags"]),
        json!({"tags": [{"tag": "low tone", "files": 2}, {"tag": "short", "files": 1}]})
    );
    let listed = program.json(&["list", "--filter", "tag:\"LOW tone\""]);
    let files = listed["files"].as_array().expect("a list");
    assert_eq!((files.len(), &files[0]["path"], &files[0]["tags"]), (2, &json!(all[0]), &json!(["low tone", "short"])));
    assert_eq!((&files[0]["rate"], &files[0]["problem"]), (&json!(8000), &Value::Null));

    program.json(&["untag", "short", &program.at("tones")]);
    assert_eq!(program.text(&["tags"]).trim(), "2  low tone");
    // What is no longer on the disk can be named as well.
    std::fs::remove_file(&all[3]).expect("removed");
    assert_eq!(program.json(&["remove", &all[3]]), json!({"changed": "Removed 1 file"}));
    program.json(&["remove", &program.at("tones"), "--filter", "-tag:low"]);
    assert_eq!(program.text(&["list"]).lines().count(), 0, "of all files none has the tag “low” itself");

    assert!(program.refused(&["remove"], 2).contains("required"));
    assert!(program.refused(&["remove", &program.at("nowhere.wav")], 1).contains("is not in the project"));
    assert!(program.refused(&["tag", "a", "--filter", "dur>long"], 2).contains("a length in seconds"));
}

#[test]
fn a_problem_is_the_same_to_a_filter_and_in_every_answer() {
    let program = Program::new();
    program.write_tones("tones", 6);
    let cut = program.at("tones/tone_01.wav");
    let bytes = std::fs::read(&cut).expect("read");
    std::fs::write(&cut, &bytes[..bytes.len() / 2]).expect("cut off");
    program.json(&["add", &program.at("tones")]);
    program.text(&quick_training());
    program.json(&["index"]);
    std::fs::remove_file(program.at("tones/tone_02.wav")).expect("removed");
    write_wav(Path::new(&program.at("tones/tone_03.wav")), 8000, tone(8000, 900.0, 0.4));

    let answers = |filter: &str| {
        let query = program.at("tones/tone_00.wav");
        let found = program.json(&["search", &query, "-k", "50", "--by", "file", "--filter", filter]);
        let mut found: Vec<(String, bool)> = found["matches"]
            .as_array()
            .expect("a list")
            .iter()
            .map(|found| (found["path"].as_str().expect("a path").to_owned(), found["problem"].is_string()))
            .collect();
        found.sort();
        found
    };
    let expected = |names: [&str; 3], problem| names.map(|name| (program.at(&format!("tones/{name}.wav")), problem));
    assert_eq!(answers("is:problem"), expected(["tone_01", "tone_02", "tone_03"], true));
    assert_eq!(answers("-is:problem"), expected(["tone_00", "tone_04", "tone_05"], false));
    let csv =
        program.text(&["search", &program.at("tones/tone_00.wav"), "-k", "50", "--by", "file", "--format", "csv"]);
    let with_problem = csv.lines().skip(1).filter(|line| !line.ends_with(','));
    assert_eq!(with_problem.count(), 3, "{csv}");
    let listed = program.json(&["list", "--filter", "is:problem"]);
    assert_eq!(listed["files"].as_array().map(Vec::len), Some(3), "{listed}");
}

#[test]
fn what_is_left_out_is_said_and_can_be_changed() {
    let program = Program::new();
    program.write_tones("tones", 2);
    program.write_tones("tones/drafts", 2);
    program.write_tones("tones/$RECYCLE.BIN", 1);
    std::fs::copy(program.at("tones/tone_00.wav"), program.at("tones/._tone_00.wav")).expect("copied");
    std::fs::create_dir(program.at("tones/quiet")).expect("a folder");
    std::fs::write(program.at("tones/quiet/.soundalikeignore"), "*_0?.wav\n").expect("written");
    std::fs::copy(program.at("tones/tone_00.wav"), program.at("tones/quiet/tone_00.wav")).expect("copied");

    assert_eq!(program.text(&["ignore", "drafts/"]), "drafts/\n");
    assert!(program.refused(&["ignore", "[z-a]"], 1).contains("is no pattern"));
    let added = program.json(&["add", &program.at("tones")]);
    assert_eq!(added["added"].as_array().map(Vec::len), Some(2), "{added}");
    let reasons = |report: &Value| -> Vec<(String, String)> {
        let list = report["left_out"].as_array().expect("a list");
        let text = |value: &Value| value.as_str().expect("text").to_owned();
        list.iter().map(|left| (text(&left["path"]), text(&left["reason"]))).collect()
    };
    let expected = [
        ("tones/$RECYCLE.BIN", "“$RECYCLE.BIN” is left out by default".to_owned()),
        ("tones/._tone_00.wav", "it is hidden".to_owned()),
        ("tones/drafts", "the project leaves out “drafts/”".to_owned()),
        ("tones/quiet/tone_00.wav", format!("{} leaves out “*_0?.wav”", program.at("tones/quiet/.soundalikeignore"))),
    ];
    let expected = expected.map(|(path, why)| (program.at(path), why));
    assert_eq!(reasons(&added), expected);
    assert_eq!(reasons(&program.json(&["ignore", "--left-out"])), expected);

    assert!(program.refused(&["ignore", "--remove", "draft"], 1).contains("is not on the list"));
    assert_eq!(program.json(&["ignore", "--remove", "drafts/"]), json!({"patterns": []}));
    assert_eq!(program.json(&["add", &program.at("tones")])["added"].as_array().map(Vec::len), Some(2));
}

#[test]
fn a_project_is_found_from_within_its_folder() {
    let program = Program::new();
    program.write_tones("tones", 2);
    program.json(&["add", &program.at("tones")]);
    let inside = program.folder.path().join("project/takes/deep");
    std::fs::create_dir_all(&inside).expect("folders");
    let mut command = Command::new(env!("CARGO_BIN_EXE_soundalike"));
    let output = command.arg("list").current_dir(inside).assert().success().get_output().stdout.clone();
    assert_eq!(String::from_utf8(output).expect("text").lines().count(), 2);
}

#[test]
fn names_are_compared_in_every_normal_form_and_case() {
    let program = Program::new();
    for name in ["U\u{308}bung.wav", "ubung.wav", "\u{130}stanbul.wav"] {
        write_wav(&program.folder.path().join("tones").join(name), 8000, tone(8000, 300.0, 0.5));
    }
    program.json(&["add", &program.at("tones")]);
    let listed = program.text(&["list", "--filter", "ÜBUNG"]);
    assert!(listed.lines().count() == 1 && listed.contains("U\u{308}bung"), "{listed}");
    program.json(&["tag", "Ärger", "--filter", "übung"]);
    assert_eq!(program.text(&["list", "--filter", "tag:A\u{308}RGER"]).lines().count(), 1);
}
