//! What files say about themselves, as other programs write it: read, kept, filtered by, listed and exported. And damaged
//! metadata, which never keeps a sound from being read.

use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::library::Program;
use crate::support::{is_there, write_tones};
use crate::zoo::by_hand::{Wav, riff};
use crate::zoo::bytes::chunk;
use crate::zoo::{RATE, by_hand};

/// A WAV file with these chunks after its sound.
fn wav_with(path: &Path, chunks: &[Vec<u8>]) {
    let sound = Wav::of(1, 16);
    let all: Vec<Vec<u8>> = [chunk(b"fmt ", &sound.format()), chunk(b"data", &sound.data)]
        .into_iter()
        .chain(chunks.iter().cloned())
        .collect();
    std::fs::write(path, riff(b"RIFF", &all)).expect("written");
}

fn bext(date: &str, time: &str) -> Vec<u8> {
    let mut body = vec![0; 602];
    body[..4].copy_from_slice(b"dawn");
    body[320..330].copy_from_slice(date.as_bytes());
    body[330..338].copy_from_slice(time.as_bytes());
    chunk(b"bext", &body)
}

fn longs(numbers: &[u32]) -> Vec<u8> {
    numbers.iter().flat_map(|number| number.to_le_bytes()).collect()
}

fn listed(program: &Program, filter: &str) -> Vec<Value> {
    let list = program.json(&["list", "--filter", filter]);
    list["files"].as_array().expect("a list").clone()
}

fn names(program: &Program, filter: &str) -> Vec<String> {
    let name = |file: &Value| file["path"].as_str().expect("a path").rsplit('/').next().expect("a name").to_owned();
    listed(program, filter).iter().map(name).collect()
}

#[test]
fn recorders_say_when_and_markers_say_where() {
    let program = Program::new();
    std::fs::create_dir(program.at("s")).expect("a folder");
    let at = |name: &str| Path::new(&program.at("s")).join(name);
    wav_with(&at("bext.wav"), &[bext("2026-05-13", "04:30:00")]);
    let guano = b"GUANO|Version: 1.0\nTimestamp: 2026-06-01T22:10:05+02:00\nNote: two bats\n";
    wav_with(&at("guano.wav"), &[bext("2020-01-01", "00:00:00"), chunk(b"guan", guano)]);
    let comment = b"Recorded at 05:15:00 14/05/2026 (UTC) by AudioMoth 24E144085F256A61 at medium gain setting.\0";
    let moth = [&b"INFO"[..], &chunk(b"IART", b"AudioMoth 24E144085F256A61\0"), &chunk(b"ICMT", comment)].concat();
    wav_with(&at("moth.wav"), &[chunk(b"LIST", &moth)]);
    let ixml =
        b"<BWFXML><SCENE>12A</SCENE><NOTE>wind</NOTE><BWF_ORIGINATION_DATE>2026-07-01</BWF_ORIGINATION_DATE></BWFXML>";
    wav_with(&at("ixml.wav"), &[chunk(b"iXML", ixml)]);
    let cue = longs(&[2, 1, 0, 0, 0, 0, RATE, 2, 0, 0, 0, 0, RATE / 2]);
    let adtl = [
        &b"adtl"[..],
        &chunk(b"labl", &[&longs(&[1])[..], b"tawny owl\0"].concat()),
        &chunk(b"ltxt", &longs(&[1, RATE / 4, 0, 0, 0])),
    ];
    wav_with(&at("marked.wav"), &[chunk(b"cue ", &cue), chunk(b"LIST", &adtl.concat())]);
    wav_with(&at("20260602_010000.wav"), &[]);
    wav_with(&at("broken.wav"), &[chunk(b"cue ", &cue[..20]), chunk(b"iXML", b"<a>"), bext("2026-05-13", "06:00:00")]);

    let added = program.json(&["add", &program.at("s")]);
    assert_eq!(added["added"].as_array().map(Vec::len), Some(7), "{added}");
    let recorded = |name: &str| listed(&program, name)[0]["recorded"].clone();
    assert_eq!(recorded("bext"), "2026-05-13T04:30:00");
    assert_eq!(recorded("guano"), "2026-06-01T22:10:05");
    assert_eq!(recorded("moth"), "2026-05-14T05:15:00");
    assert_eq!(recorded("ixml"), "2026-07-01");
    assert_eq!(recorded("20260602"), "2026-06-02T01:00:00");
    assert_eq!(recorded("marked"), Value::Null);
    assert_eq!(
        listed(&program, "marked")[0]["markers"],
        json!([
            {"start_seconds": 0.5, "end_seconds": null, "label": ""},
            {"start_seconds": 1.0, "end_seconds": 1.25, "label": "tawny owl"},
        ])
    );
    let broken = &listed(&program, "broken")[0];
    assert_eq!(broken["recorded"], "2026-05-13T06:00:00");
    let problem = broken["problem"].as_str().expect("its row says it");
    assert_eq!(problem, "its metadata is damaged (cue, iXML), and that part was ignored");

    assert_eq!(names(&program, "recorded:2026-05"), ["bext.wav", "broken.wav", "moth.wav"]);
    assert_eq!(names(&program, "date:2026-06..2026-07"), ["20260602_010000.wav", "guano.wav", "ixml.wav"]);
    assert_eq!(names(&program, "hour:4..6 -is:problem"), ["bext.wav", "moth.wav"]);
    assert_eq!(names(&program, "marker:owl"), ["marked.wav"]);
    assert_eq!(names(&program, "comment:bats"), ["guano.wav"]);
    assert_eq!(names(&program, "artist:audiomoth"), ["moth.wav"]);

    let table = program.text(&["list", "--csv", "--filter", "marked"]);
    let mut table = csv::Reader::from_reader(table.as_bytes());
    let column = table.headers().expect("a header").iter().position(|name| name == "markers").expect("a column");
    let row = table.records().next().expect("a row").expect("read");
    assert_eq!(&row[column], "0:00.50; 0:01.00 to 0:01.25 tawny owl");

    // An older program of this version made the catalogue; the next `add` reads what it lacks.
    let forget = || {
        let db = rusqlite::Connection::open(program.at("project/project.db")).expect("the catalogue");
        db.execute_batch("DROP TABLE metadata; DELETE FROM checksums WHERE name = 'metadata';").expect("dropped");
    };
    let before = program.json(&["list"]);
    forget();
    assert_eq!(recorded("bext"), Value::Null);
    let again = program.text(&["add", &program.at("s")]);
    assert!(again.contains("measured 7 that an earlier version of the program had added"), "{again}");
    assert_eq!(program.json(&["list"]), before);
    assert_eq!(program.json(&["check"])["whole"], true);
}

/// Makes a file with ffmpeg. False if there is no ffmpeg here, or it lacks the encoder.
fn by_ffmpeg(folder: &Path, how: &[&str], to: &str) -> bool {
    let mut command = Command::new("ffmpeg");
    command.args(["-v", "error", "-y", "-i", "plain.wav"]).args(how).arg(to).current_dir(folder);
    command.stderr(Stdio::null()).status().is_ok_and(|status| status.success())
}

#[test]
fn tags_of_other_programs_are_read_in_every_container() {
    if !is_there("ffmpeg", "-version") {
        return;
    }
    let program = Program::new();
    std::fs::create_dir(program.at("s")).expect("a folder");
    let folder = program.at("s");
    let folder = Path::new(&folder);
    std::fs::write(folder.join("plain.wav"), by_hand::wav(&Wav::of(1, 16))).expect("written");
    let tags = [
        ["-metadata", "artist=Änn & Co"],
        ["-metadata", "title=Dawn"],
        ["-metadata", "album=May"],
        ["-metadata", "genre=Birds"],
        ["-metadata", "comment=far away"],
        ["-metadata", "date=2026-05-13"],
    ]
    .concat();
    let mut made = Vec::new();
    let files: [(&str, &[&str]); 8] = [
        ("a.mp3", &["-c:a", "libmp3lame"]),
        ("old.mp3", &["-c:a", "libmp3lame", "-id3v2_version", "3", "-write_id3v1", "1"]),
        ("a.flac", &["-c:a", "flac"]),
        ("a.ogg", &["-c:a", "libvorbis"]),
        ("a.opus", &["-c:a", "libopus"]),
        ("a.m4a", &["-c:a", "aac"]),
        ("a.wav", &["-c:a", "pcm_s16le"]),
        ("a.aiff", &["-write_id3v2", "1"]),
    ];
    for (name, how) in files {
        if by_ffmpeg(folder, &[how, &tags].concat(), name) {
            made.push(name);
        } else {
            eprintln!("SKIPPED: {name} cannot be made here");
        }
    }
    let by_recorder =
        ["-write_bext", "1", "-metadata", "origination_date=2026-05-13", "-metadata", "origination_time=04:30:00"];
    if by_ffmpeg(folder, &by_recorder, "bwf.wav") {
        program.json(&["add", &program.at("s/bwf.wav")]);
        assert_eq!(listed(&program, "bwf")[0]["recorded"], "2026-05-13T04:30:00");
    }
    assert!(made.len() >= 3, "{made:?}");
    for name in made {
        program.json(&["add", &program.at(&format!("s/{name}"))]);
        let files = listed(&program, &format!("s/{name}"));
        let file = &files[0];
        let texts =
            ["artist", "title", "album", "genre", "comment", "recorded"].map(|key| file[key].as_str().unwrap_or("-"));
        assert_eq!(texts, ["Änn & Co", "Dawn", "May", "Birds", "far away", "2026-05-13"], "{name}");
        assert_eq!(file["problem"], Value::Null, "{name}");
    }
    assert!(names(&program, "artist:\"änn &\" recorded:2026-05-13").len() >= 3);

    if is_there("sox", "--version") {
        let mut sox = Command::new("sox");
        sox.current_dir(folder).args(["plain.wav", "--comment", "by sox", "sox.flac"]).stderr(Stdio::null());
        assert!(sox.status().is_ok_and(|status| status.success()));
        program.json(&["add", &program.at("s/sox.flac")]);
        assert_eq!(listed(&program, "sox")[0]["comment"], "by sox");
    }
}

/// Names that command a terminal, break lines, end cells, or are no text.
#[cfg(target_os = "linux")]
#[test]
fn names_are_escaped_for_people_and_exact_for_programs() {
    use std::os::unix::ffi::OsStrExt as _;
    let program = Program::new();
    write_tones(Path::new(&program.at("tones")), 3);
    let odd = "x\u{1b}[31m\ny\tz\"q\",w\u{9b}2J.wav";
    let bytes = std::ffi::OsStr::from_bytes(b"na\xEFve.wav");
    std::fs::rename(program.at("tones/tone_00.wav"), program.at(&format!("tones/{odd}"))).expect("renamed");
    std::fs::rename(program.at("tones/tone_01.wav"), Path::new(&program.at("tones")).join(bytes)).expect("renamed");
    std::fs::write(program.at(&format!("tones/bad {odd}")), "no sound").expect("written");
    let odd_path = program.at(&format!("tones/{odd}"));

    // Every line for people, whatever the command: no control character but the line breaks between lines, and no path that is
    // broken over two of them.
    let is_plain = |words: &[u8], of: &str| {
        let words = String::from_utf8(words.to_vec()).expect("text");
        assert!(words.chars().all(|letter| !letter.is_control() || letter == '\n'), "{of}: {words:?}");
        assert!(words.lines().all(|line| !line.starts_with("y")), "{of}: {words}");
        words
    };
    let run = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_soundalike"));
        command.args(arguments).arg("--project").arg(program.at("project")).current_dir(program.at(""));
        let output = command.output().expect("it runs");
        let of = arguments.join(" ");
        is_plain(&output.stderr, &of);
        (output.stdout, of)
    };
    let escaped = "x\\u{1b}[31m\\ny\\tz\"q\",w\\u{9b}2J.wav";
    let mut seen = 0;
    for arguments in [
        &["add", &program.at("tones")][..],
        &["info"],
        &["search", "-k", "3", &odd_path],
        &["search", "-k", "3", "--by", "file", &odd_path],
        &["search", "-k", "3", &program.at("tones")],
        &["search", "--events", &odd_path],
        &["search", &format!("{odd_path}.nowhere")],
        &["search", "-k", "3", &odd_path, "--save", odd],
        &["searches"],
        &["search", "--saved", "no\u{1b}such"],
        &["duplicates", "--within", "60"],
        &["tag", "t\u{1b}[1m\nag", &odd_path],
        &["tags"],
        &["copies"],
        &["roots"],
        &["collection", "c\u{1b}\nd", "--put", &odd_path],
        &["collection", "c\u{1b}\nd"],
        &["collection"],
        &["ignore", "p\u{1b}*"],
        &["ignore"],
        &["ignore", "--left-out"],
        &["check"],
        &["relink", "--dry-run", &program.at("tones")],
        &["remove", &format!("{odd_path}.nowhere")],
        &["list", "--filter", "\u{1b}[31m:\n"],
        &["-\u{1b}[31m\n"],
        &["undo"],
        &["redo"],
    ] {
        let (output, of) = run(arguments);
        let words = is_plain(&output, &of);
        seen += usize::from(words.contains(escaped));
    }
    assert!(seen >= 4, "the name is shown by {seen} commands");
    std::fs::remove_file(&odd_path).expect("removed");
    for arguments in
        [&["check"][..], &["info"], &["-v", "add", &program.at("tones")], &["remove", "--missing"], &["undo"]]
    {
        let (output, of) = run(arguments);
        is_plain(&output, &of);
    }

    // Programs get the bytes.
    let list = run(&["list", "-0"]).0;
    let paths: Vec<&[u8]> = list.split(|byte| *byte == 0).collect();
    assert!(paths.contains(&odd_path.as_bytes()), "{list:?}");
    assert!(paths.iter().any(|path| path.ends_with(bytes.as_bytes())), "{list:?}");
    let json = program.json(&["list"]);
    assert!(json["files"].as_array().expect("a list").iter().any(|file| file["path"] == json!(odd_path)), "{json}");
    let table = program.text(&["list", "--csv"]);
    let mut table = csv::Reader::from_reader(table.as_bytes());
    assert!(table.records().any(|row| row.expect("read")[0] == odd_path));
    write_tones(Path::new(&program.at("again")), 1);
    std::fs::rename(program.at("again/tone_00.wav"), &odd_path).expect("there again");
    let found = |format: &str| program.text(&["search", "-k", "9", "--by", "file", "--format", format, &odd_path]);
    let matches = found("csv");
    let mut matches = csv::Reader::from_reader(matches.as_bytes());
    assert!(matches.records().any(|row| row.expect("read")[3] == odd_path));
    let playlist = found("m3u");
    let lines: Vec<&str> = playlist.lines().filter(|line| !line.starts_with('#')).collect();
    assert!(lines.iter().any(|line| line.contains("x%1B%5B31m%0Ay%09z")), "{playlist}");
    assert!(lines.iter().any(|line| line.ends_with("na%EFve.wav")), "{playlist}");
    let raven = found("raven");
    // A table whose cells tabs and line breaks end cannot have them within cells; everything else is exact.
    assert!(
        raven
            .lines()
            .skip(1)
            .all(|line| line.split('\t').count() == raven.lines().next().expect("a header").split('\t').count())
    );
    assert!(raven.contains("x\u{1b}[31m y z\"q\",w\u{9b}2J.wav"), "{raven:?}");
}
