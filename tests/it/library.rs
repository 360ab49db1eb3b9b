//! Keeping a project's files in order, by the built program: listing, tagging, removing, checking, leaving out.

use std::path::Path;

use assert_cmd::Command;
use serde_json::{Value, json};

use crate::support::{quick_training, tone, write_tones, write_wav};

/// The program in a folder of its own, with a project below it.
pub struct Program {
    pub folder: tempfile::TempDir,
}

impl Program {
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a folder") }
    }

    pub fn at(&self, name: &str) -> String {
        self.folder.path().canonicalize().expect("there").join(name).display().to_string()
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_soundalike"));
        command.args(arguments).arg("--project").arg(self.folder.path().join("project"));
        command
    }

    pub fn json(&self, arguments: &[&str]) -> Value {
        let output = self.command(arguments).arg("--json").assert().success().get_output().stdout.clone();
        serde_json::from_slice(&output).expect("one JSON object")
    }

    pub fn text(&self, arguments: &[&str]) -> String {
        let output = self.command(arguments).assert().success().get_output().stdout.clone();
        String::from_utf8(output).expect("text")
    }

    pub fn refused(&self, arguments: &[&str], code: i32) -> String {
        let output = self.command(arguments).assert().code(code).get_output().stderr.clone();
        String::from_utf8(output).expect("text")
    }

    pub fn write_tones(&self, folder: &str, count: usize) {
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
    // A file that is no longer on the disk can be named, too.
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
    let with_problem =
        csv.lines().skip(1).filter(|line| line.split(',').nth(8).is_some_and(|problem| !problem.is_empty()));
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
    assert!(program.refused(&["ignore", "[z-a]"], 1).contains("is not a valid pattern"));
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

#[test]
fn collections_keep_an_order_and_are_written_as_playlist_table_and_folder() {
    let program = Program::new();
    program.write_tones("tones", 3);
    program.json(&["add", &program.at("tones")]);
    let tone = |n: usize| program.at(&format!("tones/tone_{n:02}.wav"));
    assert_eq!(
        program.json(&["collection", "best", "--put", &tone(2), &tone(0)])["changed"],
        "Put 2 items into “best”"
    );
    program.json(&["collection", "BEST", "--put", &tone(1), "--from", "0.1", "--to", "0.35"]);
    let listed = program.json(&["collection", "best"]);
    let items = listed["collections"][0]["items"].as_array().expect("a list").clone();
    let paths: Vec<&str> = items.iter().filter_map(|item| item["path"].as_str()).collect();
    assert_eq!(paths, [tone(2), tone(0), tone(1)]);
    assert_eq!((&items[0]["start_seconds"], &items[2]["start_seconds"]), (&Value::Null, &json!(0.1)));

    program.text(&["collection", "best", "--out", &program.at("best.m3u8")]);
    let playlist = std::fs::read_to_string(program.at("best.m3u8")).expect("read");
    assert!(playlist.starts_with("#EXTM3U\n") && playlist.contains("#EXTVLCOPT:start-time=0.100"), "{playlist}");
    assert_eq!(playlist.lines().filter(|line| line.starts_with('/')).collect::<Vec<_>>(), paths);
    program.text(&["collection", "best", "--out", &program.at("best.csv")]);
    assert_eq!(std::fs::read_to_string(program.at("best.csv")).expect("read").lines().count(), 4);
    program.text(&["collection", "best", "--out", &program.at("copies")]);
    let mut names: Vec<String> = std::fs::read_dir(program.at("copies"))
        .expect("a folder")
        .map(|entry| entry.expect("an entry").file_name().into_string().expect("text"))
        .collect();
    names.sort();
    assert_eq!(names, ["001 tone_02.wav", "002 tone_00.wav", "003 tone_01 0.100 s.wav"]);
    let copy = std::fs::read(program.at("copies/001 tone_02.wav")).expect("read");
    assert_eq!(copy, std::fs::read(tone(2)).expect("read"));
    let refused = program.refused(&["collection", "best", "--out", &program.at("copies")], 1);
    assert!(refused.contains("3 files of 3 could not be copied"), "{refused}");

    program.json(&["collection", "best", "--take", &tone(0)]);
    program.json(&["collection", "other", "--put", &tone(0)]);
    program.json(&["collection", "other", "--rename", "Best"]);
    assert_eq!(program.text(&["collection"]).trim(), "3  best");
    program.json(&["collection", "best", "--remove"]);
    assert_eq!(program.text(&["collection"]), "");
    program.json(&["undo"]);
    assert_eq!(program.text(&["collection"]).trim(), "3  best");
    assert!(program.refused(&["collection", "none"], 1).contains("there is no collection “none”"));
}

#[test]
fn annotations_move_to_a_project_with_the_sounds_elsewhere() {
    let (here, there) = (Program::new(), Program::new());
    here.write_tones("tones", 3);
    here.json(&["add", &here.at("tones")]);
    here.json(&["tag", "lop", &here.at("tones/tone_00.wav")]);
    here.json(&["tag", "deep, low", &here.at("tones/tone_01.wav")]);
    assert_eq!(here.json(&["tags", "--rename", "lop", "loop"])["changed"], "Renamed the tag “lop” to “loop” on 1 file");
    here.json(&["collection", "best", "--put", &here.at("tones/tone_01.wav"), &here.at("tones/tone_02.wav")]);

    // The colleague has two of the sounds under other names, one of them twice.
    for (from, to) in [("tone_00", "mine/a"), ("tone_01", "mine/tone_01"), ("tone_01", "mine/copy")] {
        std::fs::create_dir_all(there.at("mine")).expect("a folder");
        std::fs::copy(here.at(&format!("tones/{from}.wav")), there.at(&format!("{to}.wav"))).expect("copied");
    }
    there.json(&["add", &there.at("mine")]);
    for file in ["said.json", "said.csv"] {
        let out = there.at(file);
        here.text(&["tags", "--export", &out]);
        let taken = there.json(&["tags", "--import", &out]);
        assert_eq!((&taken["found"], &taken["not_found"]), (&json!(2), &json!(["tone_02.wav"])), "{file}");
        assert_eq!(there.text(&["list", "--filter", "tag:loop"]).trim(), there.at("mine/a.wav"));
        let low = there.text(&["list", "--filter", "tag:\"deep, low\""]);
        assert_eq!(low.trim(), there.at("mine/tone_01.wav"), "of two copies the one of that name");
        assert_eq!(there.json(&["collection", "best"])["collections"][0]["items"].as_array().map(Vec::len), Some(1));
        assert_eq!(there.json(&["undo"])["undone"], "Imported annotations of 2 files");
        assert_eq!(there.text(&["tags"]), "");
    }
    std::fs::write(there.at("odd.json"), "[1, 2]").expect("written");
    let refused = there.refused(&["tags", "--import", &there.at("odd.json")], 1);
    assert!(refused.contains("is not a file of tags and collections"), "{refused}");
}

#[test]
fn the_same_operations_are_served_under_the_same_names() {
    let program = Program::new();
    program.write_tones("tones", 3);
    program.json(&["add", &program.at("tones")]);
    let served = crate::served::Served::start(&program.folder.path().join("project"), &[]);
    let ask = |name: &str, body: Value| served.post(name, &body);
    let first = program.at("tones/tone_00.wav");
    assert_eq!(ask("/tag", json!({"tag": "low", "filepaths": [first]})).1["changed"], "Tagged 1 file “low”");
    assert_eq!(ask("/tags", json!({})).1["tags"], json!([{"tag": "low", "files": 1}]));
    assert_eq!(ask("/list", json!({"filter": "tag:low"})).1["files"][0]["path"], first);
    ask("/collection", json!({"name": "best", "put": [first], "start_seconds": 0.1, "end_seconds": 0.2}));
    assert_eq!(ask("/collection", json!({})).1["collections"][0]["items"][0]["end_seconds"], 0.2);
    std::fs::rename(program.at("tones"), program.at("music")).expect("renamed");
    assert_eq!(ask("/check", json!({})).1["away"], 3);
    let found = ask("/relink", json!({"folders": [program.at("music")]})).1;
    assert_eq!((&found["missing"], &found["relinked"]), (&json!(3), &json!(true)));
    assert_eq!(ask("/undo", json!({})).1["undone"], "Found 3 files again");
    assert_eq!(ask("/redo", json!({})).1["redone"], "Found 3 files again");
    assert_eq!(ask("/ignore", json!({"patterns": ["x*"]})).1["patterns"], json!(["x*"]));
    std::fs::remove_file(program.at("music/tone_01.wav")).expect("deleted");
    assert_eq!(ask("/remove", json!({"missing": true})).1["changed"], "Removed 1 missing file");
    assert_eq!(ask("/untag", json!({"tag": "low", "filter": "tag:low"})).0, 200);
    assert_eq!(ask("/remove", json!({})).0, 400);
    let text = |body: Value| {
        let answer =
            served.request("POST", "/collection", &[("Content-Type", "application/json")], body.to_string().as_bytes());
        String::from_utf8(answer.body).expect("text")
    };
    let table = text(json!({"name": "best", "export": "csv"}));
    assert!(table.starts_with("collection,number,path,") && table.contains("tone_00.wav,0.1,0.2,"), "{table}");
    let playlist = text(json!({"name": "best", "export": "m3u"}));
    assert!(playlist.contains("#PLAYLIST:best") && playlist.contains(&program.at("music/tone_00.wav")), "{playlist}");
    assert_eq!(ask("/collection", json!({"name": "best", "export": "xls"})).0, 400);
    assert_eq!(ask("/collection", json!({"name": "none", "export": "csv"})).0, 400);

    std::fs::copy(program.at("music/tone_00.wav"), program.at("music/copy of it, longer.wav")).expect("copied");
    assert_eq!(ask("/add", json!({"filepaths": [program.at("music")]})).0, 200);
    let copies = ask("/copies", json!({"keep": "longest_path"})).1;
    assert_eq!(copies["groups"][0]["keep"], program.at("music/copy of it, longer.wav"));
    assert_eq!(copies["groups"][0]["others"], json!([program.at("music/tone_00.wav")]));
    assert_eq!(ask("/copies", json!({"keep": "newest"})).0, 400);
    assert_eq!(ask("/copies", json!({"in": program.at("music"), "forget": true})).0, 200);
    assert_eq!(ask("/copies", json!({})).1["groups"], json!([]));
    assert_eq!(ask("/list", json!({"filter": "dur>long"})).0, 400);
}

#[test]
fn exact_copies_are_one_match_and_are_removed_without_deleting() {
    let program = Program::new();
    program.write_tones("tones", 4);
    let tone = |name: &str| program.at(&format!("tones/{name}.wav"));
    std::fs::create_dir(program.at("tones/sorted")).expect("a folder");
    std::fs::copy(tone("tone_01"), tone("sorted/it's a copy")).expect("copied");
    // The same sound in a longer file: a WAV file with another chunk.
    let mut bytes = std::fs::read(tone("tone_01")).expect("read");
    bytes.extend_from_slice(b"junk\x04\x00\x00\x00abcd");
    let size = (bytes.len() as u32 - 8).to_le_bytes();
    bytes[4..8].copy_from_slice(&size);
    std::fs::write(tone("tone_01 longer"), bytes).expect("written");
    program.json(&["add", &program.at("tones")]);
    program.json(&["tag", "one", &tone("tone_01")]);
    program.json(&["tag", "two", &tone("sorted/it's a copy")]);
    program.text(&quick_training());
    program.json(&["index"]);

    let found = program.json(&["search", &tone("tone_00"), "-k", "50", "--by", "file"]);
    let matches = found["matches"].as_array().expect("a list");
    assert_eq!(matches.len(), 4, "one match for the three files of one sound: {found}");
    let with_copies: Vec<&Value> = matches.iter().filter(|found| found["copies"].is_array()).collect();
    assert_eq!((with_copies.len(), with_copies[0]["copies"].as_array().map(Vec::len)), (1, Some(2)));
    let text = program.text(&["search", &tone("tone_01 longer"), "-k", "50", "--by", "file"]);
    let is_folded = |line: &str| line.contains("longer") && line.ends_with("and 2 copies");
    assert!(text.lines().any(is_folded), "{text}");

    let copies = program.json(&["copies"]);
    assert_eq!(
        (&copies["groups"][0]["keep"], copies["groups"].as_array().map(Vec::len)),
        (&json!(tone("tone_01 longer")), Some(1))
    );
    let sorted = program.json(&["copies", "--in", &program.at("tones/sorted")]);
    assert_eq!(sorted["groups"][0]["keep"], tone("sorted/it's a copy"));
    let script = program.at("thin.sh");
    program.text(&["copies", "--keep", "longest-path", "--script", &script]);
    let written = std::fs::read_to_string(&script).expect("a script");
    assert!(
        written.contains(&format!("rm -- '{}'", tone("tone_01"))) && written.contains("it'\\''s a copy"),
        "{written}"
    );

    assert_eq!(program.json(&["copies", "--forget"])["changed"], "Removed 2 files that had copies");
    let listed = program.json(&["list", "--filter", "tag:one tag:two"]);
    assert_eq!(listed["files"][0]["path"], tone("tone_01 longer"));
    assert_eq!(program.text(&["list"]).lines().count(), 4);
    assert!(Path::new(&tone("tone_01")).exists());
    program.json(&["undo"]);
    assert_eq!(program.text(&["list"]).lines().count(), 6);
    assert!(program.refused(&["copies", "--trash"], 1).contains("add --yes"));
}

/// A script of removals names neither the kept file under another name nor a file that is no copy any more.
#[cfg(unix)]
#[test]
fn the_script_removes_only_copies() {
    let program = Program::new();
    program.write_tones("tones", 2);
    let tone = |name: &str| program.at(&format!("tones/{name}.wav"));
    for copy in ["a copy", "changed since"] {
        std::fs::copy(tone("tone_00"), tone(copy)).expect("copied");
    }
    std::fs::hard_link(tone("tone_00"), tone("zz another name of tone_00")).expect("linked");
    program.json(&["add", &program.at("tones")]);
    std::fs::copy(tone("tone_01"), tone("changed since")).expect("changed");
    let script = program.at("thin.sh");
    // The longest path is the linked one.
    program.text(&["copies", "--keep", "longest-path", "--script", &script]);
    let written = std::fs::read_to_string(&script).expect("a script");
    let removed: Vec<&str> = written.lines().filter(|line| line.starts_with("rm ")).collect();
    assert_eq!(removed, [format!("rm -- '{}'", tone("a copy"))], "{written}");
}
