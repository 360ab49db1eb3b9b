//! Signals stop the program's work like "Stop" in the window: what was done is kept, and a sentence says how to
//! continue.

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use crate::support::{Bench, quick, tone, write_tones, write_wav};

/// A running command of the built program.
struct Working {
    process: Child,
    said: BufReader<std::process::ChildStderr>,
}

/// The end of a command.
#[derive(Debug)]
struct End {
    code: Option<i32>,
    output: String,
    said: String,
}

impl Working {
    fn start(project: &Path, arguments: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_soundalike"));
        command.arg("-v").arg("--project").arg(project).args(arguments);
        let mut process = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it runs");
        let said = BufReader::new(process.stderr.take().expect("its words"));
        Self { process, said }
    }

    /// Waits until the log names this stage of the job.
    fn until(&mut self, stage: &str) {
        let mut line = String::new();
        while !line.contains(stage) {
            line.clear();
            assert!(self.said.read_line(&mut line).expect("text") > 0, "never came: {stage}");
        }
    }

    fn signal(&self, signal: &str) {
        let id = self.process.id().to_string();
        assert!(Command::new("kill").args([signal, &id]).status().expect("it runs").success());
    }

    fn end(mut self) -> End {
        let (mut output, mut said) = (String::new(), String::new());
        self.said.read_to_string(&mut said).expect("text");
        self.process.stdout.take().expect("its output").read_to_string(&mut output).expect("text");
        End { code: self.process.wait().expect("it ends").code(), output, said }
    }
}

/// Runs a command, sends a signal at this stage, and returns how it ended. On a slow machine the command may end before
/// the signal; then it is tried again.
fn stopped(project: &Path, arguments: &[&str], stage: &str, signal: &str) -> End {
    for _ in 0..10 {
        let mut working = Working::start(project, arguments);
        working.until(stage);
        working.signal(signal);
        let end = working.end();
        if end.code != Some(0) {
            return end;
        }
    }
    panic!("{arguments:?} always ends before it can be stopped");
}

fn info(project: &Path) -> Value {
    let mut command = Command::new(env!("CARGO_BIN_EXE_soundalike"));
    let output = command.args(["--json", "info", "--project"]).arg(project).output().expect("it runs");
    assert!(output.status.success(), "{output:?}");
    serde_json::from_slice(&output.stdout).expect("JSON")
}

#[test]
fn a_training_is_kept_from_its_first_step_on() {
    let folder = tempfile::tempdir().expect("a folder");
    let project = folder.path().join("project");
    write_tones(&folder.path().join("sounds"), 6);
    let sounds = folder.path().join("sounds").display().to_string();
    assert_eq!(Working::start(&project, &["add", &sounds]).end().code, Some(0));
    let train = ["train", "--steps", "1000000", "--channels", "16", "--batch", "8", "--bits", "16"];
    for (signal, code, arguments) in
        [("-INT", 130, &train[..]), ("-TERM", 143, &["train", "--resume"]), ("-HUP", 129, &["train", "--resume"])]
    {
        let end = stopped(&project, arguments, "stage=\"learning\"", signal);
        assert_eq!(end.code, Some(code), "{end:?}");
        assert!(end.said.contains("train --resume"), "{end:?}");
        assert!(project.join("checkpoint.safetensors").is_file());
    }
    // Before anything was learned, there is nothing to resume.
    let other = folder.path().join("other");
    assert_eq!(Working::start(&other, &["add", &sounds]).end().code, Some(0));
    let mut early = Working::start(&other, &train);
    early.until("stage=\"listening to the sounds\"");
    early.signal("-TERM");
    let early = early.end();
    assert_eq!(early.code, Some(143), "{early:?}");
    assert_eq!(early.said.contains("--resume"), other.join("checkpoint.safetensors").is_file(), "{early:?}");
}

#[test]
fn adding_indexing_and_searching_stop_and_go_on() {
    let bench = Bench::new();
    write_tones(&bench.path("sounds"), 6);
    bench.add(&bench.path("sounds"));
    bench.train(quick());
    let folder = bench.close();
    let project = folder.path().join("project");
    let long = folder.path().join("long");
    for number in 0..24 {
        write_wav(&long.join(format!("long_{number:02}.wav")), 8000, tone(8000, 200.0 + f64::from(number), 200.0));
    }
    let (path, one) = (long.display().to_string(), long.join("long_00.wav").display().to_string());

    let end = stopped(&project, &["search", &one], "stage=\"listening to the query\"", "-INT");
    assert_eq!((end.code, end.output.as_str()), (Some(130), ""), "{end:?}");
    assert!(end.said.contains("stopped"), "{end:?}");

    let end = stopped(&project, &["add", &path], "stage=\"reading files\"", "-TERM");
    assert_eq!(end.code, Some(143), "{end:?}");
    assert!(end.said.contains("the same command adds the rest"), "{end:?}");
    assert_eq!(Working::start(&project, &["add", &path]).end().code, Some(0));
    assert_eq!(info(&project)["files"], 30);

    let before = info(&project)["index_codes"].as_u64();
    let end = stopped(&project, &["index"], "stage=\"encoding\"", "-TERM");
    assert_eq!(end.code, Some(143), "{end:?}");
    assert!(end.said.contains("soundalike index"), "{end:?}");
    assert!(before.is_some_and(|codes| codes > 0));
    assert_eq!(info(&project)["index_codes"].as_u64(), before, "as it was");
}

/// A folder of copies that is stopped holds no file that is not whole, and no hidden one.
#[test]
fn an_export_stops_without_half_a_file() {
    let bench = Bench::new();
    let sounds = bench.path("sounds");
    std::fs::create_dir_all(&sounds).expect("made");
    for number in 0..48 {
        write_wav(&sounds.join(format!("long_{number:02}.wav")), 8000, tone(8000, 200.0 + f64::from(number), 100.0));
    }
    bench.add(&sounds);
    let folder = bench.close();
    let (project, out) = (folder.path().join("project"), folder.path().join("out"));
    let (sounds, path) = (sounds.display().to_string(), out.display().to_string());
    assert_eq!(Working::start(&project, &["collection", "best", "--put", &sounds]).end().code, Some(0));
    let whole: Vec<Vec<u8>> = std::fs::read_dir(&sounds)
        .expect("a folder")
        .map(|sound| std::fs::read(sound.expect("one").path()).expect("read"))
        .collect();
    // The copies take longer than the signal, but a busy machine may deliver it late.
    let end = (0..20)
        .find_map(|_| {
            let _ = std::fs::remove_dir_all(&out);
            let mut working = Working::start(&project, &["collection", "best", "--out", &path]);
            working.until("stage=\"writing\"");
            working.signal("-INT");
            Some(working.end()).filter(|end| end.code != Some(0))
        })
        .expect("an export that did not end before it was stopped");
    assert_eq!((end.code, end.output.as_str()), (Some(130), ""), "{end:?}");
    assert!(end.said.contains("stopped") && end.said.contains("the copies that were made are whole"), "{end:?}");
    for copy in std::fs::read_dir(&out).expect("a folder").map(|one| one.expect("one").path()) {
        let bytes = std::fs::read(&copy).expect("read");
        assert!(whole.contains(&bytes), "{}: {} bytes", copy.display(), bytes.len());
    }
}

/// `nohup` starts programs with SIGHUP ignored, and it must stay ignored.
#[cfg(target_os = "linux")]
#[test]
fn a_signal_that_is_ignored_from_the_start_stays_ignored() {
    let folder = tempfile::tempdir().expect("a folder");
    let project = folder.path().join("project");
    write_tones(&folder.path().join("sounds"), 6);
    let sounds = folder.path().join("sounds").display().to_string();
    assert_eq!(Working::start(&project, &["add", &sounds]).end().code, Some(0));
    let mut command = Command::new("nohup");
    command.arg(env!("CARGO_BIN_EXE_soundalike")).arg("-v").arg("--project").arg(&project);
    command.args(["train", "--steps", "1000000", "--channels", "16", "--batch", "8", "--bits", "16"]);
    let mut process = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it runs");
    let said = BufReader::new(process.stderr.take().expect("its words"));
    let mut working = Working { process, said };
    working.until("stage=\"learning\"");
    working.signal("-HUP");
    working.signal("-HUP");
    working.signal("-INT");
    let end = working.end();
    assert_eq!(end.code, Some(130), "the hang-up was not heard: {end:?}");
}

#[test]
fn a_second_signal_ends_the_program_at_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let project = folder.path().join("project");
    write_tones(&folder.path().join("sounds"), 6);
    let sounds = folder.path().join("sounds").display().to_string();
    assert_eq!(Working::start(&project, &["add", &sounds]).end().code, Some(0));
    let mut working = Working::start(&project, &["train", "--steps", "1000000", "--channels", "16", "--bits", "16"]);
    working.until("stage=\"learning\"");
    working.signal("-TERM");
    working.signal("-TERM");
    // Ended by the signal itself, or regularly if it was faster than the second signal.
    let end = working.end();
    assert!(matches!(end.code, None | Some(143)), "{end:?}");
    assert_eq!(info(&project)["files"], 6);
}
