//! Matches and codes as files, read back by other programs; and the command line for them.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::server::learned;
use crate::support::{is_there, python_with};

fn soundalike(project: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_soundalike"));
    command.arg("--project").arg(project);
    command
}

/// The output of a command that must succeed.
fn said(command: &mut Command) -> String {
    let output = command.output().expect("it runs");
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

/// Runs a script on some files. The script must report that all is fine.
fn check_by(mut python: Command, script: &str, arguments: &[&Path]) {
    let output = python.arg("-c").arg(script).args(arguments).output().expect("it runs");
    let words = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && words == "fine\n", "{words}");
}

#[test]
fn one_table_has_the_matches_of_a_folder_of_queries() {
    let folder = learned(8);
    let (project, queries) = (folder.path().join("project"), folder.path().join("queries, \"and\" more"));
    std::fs::create_dir(&queries).expect("made");
    for name in ["tone_01.wav", "tone_06.wav"] {
        std::fs::copy(folder.path().join("recordings").join(name), queries.join(name)).expect("copied");
    }
    std::fs::write(queries.join("broken.wav"), "no sound").expect("written");
    let table = folder.path().join("table.csv");
    let mut search = soundalike(&project);
    search.args(["search", "-k", "3", "--by", "file", "--format", "csv", "--out"]).arg(&table).arg(&queries);
    let output = search.output().expect("it runs");
    assert!(output.status.success());
    let words = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(words.contains("broken.wav: ") && words.lines().count() == 1, "{words}");
    let json = said(soundalike(&project).args(["search", "-k", "3", "--by", "file", "--json"]).arg(&queries));
    let object: Value = serde_json::from_str(&json).expect("one JSON object");
    assert_eq!(object["searches"].as_array().map(Vec::len), Some(2));
    assert_eq!(object["failed"].as_array().map(Vec::len), Some(1));
    let Some(python) = python_with("csv") else { return };
    let script = r#"
import csv, json, sys
with open(sys.argv[1], newline='', encoding='utf-8') as file:
    rows = list(csv.DictReader(file))
with open(sys.argv[2], encoding='utf-8') as file:
    expected = [(s['query'], m) for s in json.load(file)['searches'] for m in s['matches']]
assert len(rows) == len(expected) == 6
for row, (query, match) in zip(rows, expected):
    assert row['query'] == query and row['path'] == match['path'], row
    for key in ('start_seconds', 'end_seconds', 'distance', 'query_start_seconds'):
        assert float(row[key]) == match[key], row
    assert row['bits'] == '32' and row['problem'] == ''
assert [row['rank'] for row in rows] == ['1', '2', '3'] * 2
assert rows[0]['query'].endswith('/queries, "and" more/tone_01.wav')
print('fine')
"#;
    let expected = folder.path().join("expected.json");
    std::fs::write(&expected, json).expect("written");
    check_by(python, script, &[&table, &expected]);
}

/// Checks the rules that Audacity and Raven publish for their files.
#[test]
fn label_tracks_and_selection_tables_follow_the_published_columns() {
    let folder = learned(8);
    let project = folder.path().join("project");
    let query = folder.path().join("recordings/tone_03.wav");
    let write = |form: &str, out: &Path| {
        said(soundalike(&project).args(["search", "-q", "--format", form, "--out"]).arg(out).arg(&query));
    };
    let (labels, table) = (folder.path().join("labels.txt"), folder.path().join("selections.txt"));
    write("audacity", &labels);
    write("raven", &table);
    let Some(python) = python_with("csv") else { return };
    let script = r#"
import csv, re, sys, wave
labels = open(sys.argv[1], encoding='utf-8').read()
assert labels.endswith('\n')
for line in labels.splitlines():
    start, end, text = line.split('\t')
    assert re.fullmatch(r'\d+\.\d{6}', start) and re.fullmatch(r'\d+\.\d{6}', end), line
    assert float(start) < float(end) and text, line
with open(sys.argv[2], newline='', encoding='utf-8') as file:
    rows = list(csv.DictReader(file, delimiter='\t', quoting=csv.QUOTE_NONE))
needed = ['Selection', 'View', 'Channel', 'Begin Time (s)', 'End Time (s)', 'Low Freq (Hz)', 'High Freq (Hz)']
assert list(rows[0])[:7] == needed
assert [row['Selection'] for row in rows] == [str(n + 1) for n in range(len(rows))]
begins, end_of_sequence = {}, 0.0
for row, line in zip(rows, labels.splitlines()):
    path = row['Begin Path']
    with wave.open(path) as wav:
        rate, seconds = wav.getframerate(), wav.getnframes() / wav.getframerate()
    if path not in begins:
        begins[path] = end_of_sequence
        end_of_sequence += seconds
    offset = float(row['File Offset (s)'])
    assert abs(float(row['Begin Time (s)']) - begins[path] - offset) < 2e-6, row
    assert 0 <= offset < seconds and float(row['Begin Time (s)']) < float(row['End Time (s)'])
    assert float(row['Low Freq (Hz)']) == 0 and float(row['High Freq (Hz)']) == rate / 2
    assert offset == float(line.split('\t')[0])
print('fine')
"#;
    check_by(python, script, &[&labels, &table]);
}

#[test]
fn matches_are_cut_from_their_files_into_a_folder() {
    let folder = learned(8);
    let project = folder.path().join("project");
    let query = folder.path().join("recordings/tone_03.wav");
    let out = folder.path().join("clips");
    let json = said(soundalike(&project).args(["search", "--json", "-k", "5"]).arg(&query));
    let found: Value = serde_json::from_str(&json).expect("JSON");
    let report = said(
        soundalike(&project).args(["search", "--json", "-k", "5", "--format", "clips", "--out"]).arg(&out).arg(&query),
    );
    assert_eq!(serde_json::from_str::<Value>(&report).expect("JSON")["matches"], 5);
    let mut clips: Vec<_> = out.read_dir().expect("a folder").map(|entry| entry.expect("an entry").path()).collect();
    clips.sort();
    assert_eq!(clips.len(), 5);
    for (clip, found) in clips.iter().zip(found["matches"].as_array().expect("matches")) {
        let original = std::fs::read(found["path"].as_str().expect("a path")).expect("read");
        let first = 44 + 2 * (found["start_seconds"].as_f64().expect("a number") * 8000.0).round() as usize;
        let clip = std::fs::read(clip).expect("read");
        assert_eq!(clip[44..], original[first..(first + 2 * 2048).min(original.len())], "{found}");
    }
    let playlist = said(soundalike(&project).args(["search", "-k", "5", "--format", "m3u"]).arg(&query));
    let paths = playlist.lines().filter(|line| !line.starts_with('#')).collect::<Vec<_>>();
    assert!(paths.len() == 5 && paths.iter().all(|path| Path::new(path).is_file()), "{playlist}");
}

#[test]
fn codes_are_read_back_by_numpy_and_pyarrow() {
    let folder = learned(8);
    let (project, out) = (folder.path().join("project"), folder.path().join("codes"));
    let codes = |form: &str| {
        let json = said(soundalike(&project).args(["export", "--json", "--format", form, "--out"]).arg(&out));
        serde_json::from_str::<Value>(&json).expect("JSON")["codes"].as_u64().expect("a number")
    };
    assert_eq!(codes("npy"), codes("parquet"));
    let numpy = r#"
import csv, numpy, sys
codes = numpy.load(sys.argv[1] + '/codes.npy')
with open(sys.argv[1] + '/chunks.csv', newline='', encoding='utf-8') as file:
    rows = list(csv.DictReader(file))
assert codes.dtype == numpy.uint8 and codes.shape == (len(rows), 4)
assert len(numpy.unique(codes, axis=0)) > 3
print('fine')
"#;
    if let Some(python) = python_with("numpy") {
        check_by(python, numpy, &[&out]);
    }
    let pyarrow = r#"
import csv, sys
import pyarrow as pa, pyarrow.parquet as pq
table = pq.read_table(sys.argv[1] + '/codes.parquet')
assert table.schema.names == ['id', 'path', 'start_seconds', 'end_seconds', 'recorded', 'code']
assert table.schema.types == [pa.int64(), pa.string(), pa.float64(), pa.float64(), pa.string(), pa.binary(4)], table.schema
with open(sys.argv[1] + '/chunks.csv', newline='', encoding='utf-8') as file:
    rows = [(int(r['chunk_id']), r['path'], float(r['start_seconds']), float(r['end_seconds']), r['recorded'] or None) for r in csv.DictReader(file)]
columns = [table.column(name).to_pylist() for name in ('id', 'path', 'start_seconds', 'end_seconds', 'recorded')]
assert list(zip(*columns)) == rows
codes = b''.join(table.column('code').to_pylist())
assert codes == open(sys.argv[1] + '/codes.npy', 'rb').read()[128:]
about = pq.read_schema(sys.argv[1] + '/codes.parquet').metadata or pq.ParquetFile(sys.argv[1] + '/codes.parquet').metadata.metadata
assert about[b'soundalike.bits'] == b'32' and about[b'soundalike.metric'] == b'hamming', about
print('fine')
"#;
    if let Some(python) = python_with("pyarrow") {
        check_by(python, pyarrow, &[&out]);
    }
}

#[test]
fn standard_input_is_a_query() {
    let folder = learned(6);
    let project = folder.path().join("project");
    let sound = std::fs::read(folder.path().join("recordings/tone_02.wav")).expect("read");
    let piped = |bytes: &[u8]| {
        let mut command = soundalike(&project);
        command.args(["search", "-", "--json", "--by", "file"]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.stderr(Stdio::piped()).spawn().expect("it starts");
        process.stdin.take().expect("its input").write_all(bytes).expect("sent");
        process.wait_with_output().expect("it ends")
    };
    let found: Value = serde_json::from_slice(&piped(&sound).stdout).expect("JSON");
    assert!(found["matches"][0]["path"].as_str().is_some_and(|path| path.ends_with("tone_02.wav")), "{found}");
    for (bytes, words) in
        [(&b""[..], "standard input: it is empty"), (b"text", "standard input: it is not a sound file")]
    {
        let output = piped(bytes);
        assert_eq!(output.status.code(), Some(1));
        let failure: Value = serde_json::from_slice(&output.stdout).expect("a failure is JSON, too");
        assert!(failure["error"].as_str().is_some_and(|error| error.contains(words)), "{failure}");
    }
}

#[test]
fn what_is_said_can_be_less_and_more() {
    let folder = learned(6);
    let project = folder.path().join("project");
    assert_eq!(said(soundalike(&project).args(["index", "-q"])), "");
    assert!(said(soundalike(&project).args(["index"])).contains("codes"));
    let query = folder.path().join("recordings/tone_02.wav");
    assert!(
        said(soundalike(&project).args(["search", "-q"]).arg(&query)).contains("tone_02.wav"),
        "results are no noise"
    );
    let more = soundalike(&project).args(["index", "-v"]).output().expect("it runs");
    assert!(String::from_utf8_lossy(&more.stderr).contains("job ended"), "{more:?}");
    assert_eq!(soundalike(&project).args(["index", "-q", "-v"]).output().expect("it runs").status.code(), Some(2));
    for wrong in [
        vec!["search", "x.wav", "--format", "clips"],
        vec!["search", "x.wav", "--out", "y"],
        vec!["search", "x.wav", "--format", "csv", "--json"],
        vec!["search", "x.wav", "--format", "xml"],
        vec!["export", "--out", "x", "--format", "xml"],
    ] {
        assert_eq!(soundalike(&project).args(&wrong).output().expect("it runs").status.code(), Some(2), "{wrong:?}");
    }
}

#[test]
fn colours_are_for_terminals_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let project = folder.path().join("project");
    for arguments in [&["--help"][..], &["search", "--help"], &["index"], &["-vv", "index"], &["frobnicate"]] {
        let output = soundalike(&project).args(arguments).output().expect("it runs");
        assert!(!output.stdout.contains(&0x1b) && !output.stderr.contains(&0x1b), "{arguments:?}: {output:?}");
    }
    if !is_there("script", "--version") {
        return;
    }
    let on_a_terminal = |arguments: &str, colours: &str| {
        let program = env!("CARGO_BIN_EXE_soundalike");
        let line = format!("'{program}' --project '{}' {arguments}", project.display());
        let mut script = Command::new("script");
        script.args(["-qec", &line, "/dev/null"]).env("TERM", "xterm").env("NO_COLOR", colours).stdin(Stdio::null());
        script.output().expect("it runs").stdout
    };
    assert!(on_a_terminal("--help", "").contains(&0x1b));
    assert!(on_a_terminal("index", "").contains(&0x1b), "a failure");
    assert!(!on_a_terminal("index", "1").contains(&0x1b), "not where NO_COLOR is set");
}

#[test]
fn shells_and_man_are_told_of_every_command() {
    let folder = tempfile::tempdir().expect("a folder");
    let project = folder.path().join("project");
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = said(soundalike(&project).args(["completions", shell]));
        for command in ["search", "serve", "export", "reconstruct"] {
            assert!(script.contains(command), "{command} in {shell}");
        }
    }
    let script = folder.path().join("soundalike.bash");
    std::fs::write(&script, said(soundalike(&project).args(["completions", "bash"]))).expect("written");
    assert!(Command::new("bash").arg("-n").arg(&script).status().expect("it runs").success());
    let out = folder.path().join("man");
    said(soundalike(&project).args(["man", "--out"]).arg(&out));
    for (page, words) in
        [("soundalike.1", "Finds sounds"), ("soundalike-search.1", "standard input"), ("soundalike-serve.1", "Limits:")]
    {
        let text = std::fs::read_to_string(out.join(page)).expect(page);
        assert!(text.contains(".TH ") && text.contains(words), "{page}");
    }
    for arguments in
        [&["--help"][..], &["search", "--help"], &["serve", "--help"], &["export", "--help"], &["train", "--help"]]
    {
        assert!(said(soundalike(&project).args(arguments)).contains("Example"), "{arguments:?}");
    }
    assert!(!project.exists(), "none of this needs a project");
}

/// Times in the middle of a recording that began, by its name, on a morning in May.
#[test]
fn events_are_written_with_clips_for_other_programs() {
    let folder = learned(8);
    let project = folder.path().join("project");
    let recording = folder.path().join("20260513_045959.wav");
    let silence = |secs: f64| (0..(secs * 8000.0) as usize).map(|_| 0.0);
    let call = || crate::support::tone(8000, 330.0, 0.8);
    let samples = silence(2.0).chain(call()).chain(silence(3.5)).chain(call()).chain(silence(1.0));
    crate::support::write_wav(&recording, 8000, samples);
    said(soundalike(&project).args(["add", "-q"]).arg(&recording));
    said(soundalike(&project).args(["index", "-q"]));
    let search = |more: &[&str], out: &str| {
        let mut search = soundalike(&project);
        search.args(["search", "--from", "2", "--to", "0:02.8", "--events", "--threshold", "3", "-q"]);
        search.args(["--filter", "20260513 hour:4..6"]).args(more).arg("--out").arg(folder.path().join(out));
        said(search.arg(&recording));
        folder.path().join(out)
    };
    let table = search(&["--format", "csv"], "events.csv");
    let counts = search(&["--format", "counts"], "counts.csv");
    let counts_json = search(&["--format", "counts-json"], "counts.json");
    let markers = search(&["--format", "markers"], "markers.csv");
    let clips = search(&["--format", "clips", "--margin", "0.5"], "clips");
    let Some(python) = python_with("csv") else { return };
    let script = r#"
import csv, json, os, re, struct, sys, wave
with open(sys.argv[1], newline='', encoding='utf-8') as file:
    rows = list(csv.DictReader(file))
assert len(rows) == 2, rows
starts = [float(row['start_seconds']) for row in rows]
assert abs(starts[0] - 2.0) < 0.2 and abs(starts[1] - 6.3) < 0.2, starts
assert [row['recorded'][:16] for row in rows] == ['2026-05-13T05:00'] * 2, rows
assert all(float(row['distance']) <= 3 and row['verdict'] == '' for row in rows)
with open(sys.argv[2], newline='', encoding='utf-8') as file:
    counted = list(csv.DictReader(file))
assert [(row['hour'], row['matches']) for row in counted] == [('0', '2')], counted
with open(sys.argv[5], encoding='utf-8') as file:
    [told] = json.load(file)['searches']
assert told['matches'] == 2 and [hour['matches'] for hour in told['hours']] == [2], told
assert told['hours'][0]['recorded'] == counted[0]['recorded'], told
with open(sys.argv[3], newline='', encoding='utf-8') as file:
    marks = list(csv.DictReader(file, delimiter='\t', quoting=csv.QUOTE_NONE))
assert [re.fullmatch(r'\d+:\d\d\.\d{3}', mark['Start']) is not None for mark in marks] == [True] * 2, marks
clips = sorted(os.listdir(sys.argv[4]))
assert len(clips) == 2 and clips[0].startswith('20260513_045959_00h00m0'), clips
for clip, row in zip(clips, sorted(rows, key=lambda row: float(row['start_seconds']))):
    path = os.path.join(sys.argv[4], clip)
    length = float(row['end_seconds']) - float(row['start_seconds'])
    with wave.open(path) as wav:
        assert abs(wav.getnframes() / wav.getframerate() - length - 1.0) < 0.01, clip
    data = open(path, 'rb').read()
    at, chunks = 12, {}
    while at + 8 <= len(data):
        name, size = data[at:at + 4], struct.unpack('<I', data[at + 4:at + 8])[0]
        chunks[name] = data[at + 8:at + 8 + size]
        at += 8 + size + size % 2
    assert at == len(data) and struct.unpack('<I', data[4:8])[0] == len(data) - 8
    count, number, start = struct.unpack('<III', chunks[b'cue '][:12])
    assert (count, number, start) == (1, 1, 4000), (count, number, start)
print('fine')
"#;
    check_by(python, script, &[&table, &counts, &markers, &clips, &counts_json]);
}

#[test]
fn a_saved_search_is_listed_run_taught_renamed_and_deleted_by_command() {
    let folder = learned(8);
    let project = folder.path().join("project");
    let tone = |number: usize| folder.path().join(format!("recordings/tone_{number:02}.wav"));
    let json = |command: &mut Command| serde_json::from_str::<Value>(&said(command)).expect("one JSON object");
    let saved = json(soundalike(&project).args(["search", "--json", "--by", "file", "--save", "tones"]).arg(tone(3)));
    // The saved search follows the file that it looks with.
    let recordings = folder.path().join("recordings");
    std::fs::rename(&recordings, folder.path().join("elsewhere")).expect("renamed");
    said(soundalike(&project).arg("relink").arg(folder.path().join("elsewhere")));
    let moved = json(soundalike(&project).args(["search", "--json", "--saved", "tones"]));
    assert_eq!(moved["matches"].as_array().map(Vec::len), saved["matches"].as_array().map(Vec::len), "{moved}");
    assert!(moved["matches"][0]["path"].as_str().is_some_and(|path| path.contains("elsewhere/tone_03")), "{moved}");
    said(soundalike(&project).arg("undo"));
    std::fs::rename(folder.path().join("elsewhere"), &recordings).expect("back again");
    let sample = json(soundalike(&project).args(["search", "--json", "--saved", "tones", "--sample", "3"]));
    let open = sample["matches"].as_array().expect("a list");
    assert!(open.len() == 3 && open.iter().all(|found| found["is_query"] == false), "{sample}");
    assert_eq!(
        sample["sampled"]["sampled_before"]
            .as_u64()
            .zip(sample["sampled"]["sampled_behind"].as_u64())
            .map(|(a, b)| a + b),
        Some(3)
    );
    assert!(saved["matches"].as_array().is_some_and(|matches| matches.len() == 8), "{saved}");
    let list = json(soundalike(&project).args(["searches", "--json"]));
    assert_eq!(list["searches"][0]["name"], "tones");
    let no = format!("{}@0-{}", tone(4).display(), saved["matches"][1]["end_seconds"]);
    let taught = json(soundalike(&project).args(["search", "--json", "--saved", "tones", "--no", &no]));
    let judged = taught["matches"].as_array().expect("matches").iter().find(|found| found["verdict"] == false);
    assert!(judged.is_none_or(|judged| judged["is_behind"] == true), "{taught}");
    assert_eq!(taught["new"], 0);
    let told = said(soundalike(&project).arg("searches"));
    assert!(told.contains("tones: files like 1 and unlike 0 sounds, 0 yes and 1 no"), "{told}");
    said(soundalike(&project).args(["searches", "--rename", "tones", "more tones"]));
    said(soundalike(&project).args(["searches", "--delete", "more tones"]));
    assert!(said(soundalike(&project).arg("searches")).contains("No search is saved yet"));
    let output = soundalike(&project).args(["search", "--saved", "tones"]).output().expect("it runs");
    assert!(!output.status.success() && String::from_utf8_lossy(&output.stderr).contains("no saved search \"tones\""));
}
