//! The program itself: what it says about itself, and what it says if it cannot open its window. Also runs the
//! examples.

use std::path::Path;

use assert_cmd::Command;
use serde_json::Value;

use crate::support::write_tones;

fn soundalike(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_soundalike"));
    command.args(arguments);
    command
}

fn printed(command: &mut Command) -> String {
    String::from_utf8(command.assert().success().get_output().stdout.clone()).expect("text")
}

#[test]
fn the_version_names_the_commit_and_the_target() {
    let words = printed(&mut soundalike(&["--version"]));
    let (name, rest) = words.trim().split_once(' ').expect("a name");
    let (number, rest) = rest.split_once(" (").expect("a number");
    let (commit, target) = rest.trim_end_matches(')').split_once(", ").expect("commit and target");
    assert_eq!((name, number), ("soundalike", env!("CARGO_PKG_VERSION")));
    assert!(commit == "unknown commit" || commit.chars().all(|digit| digit.is_ascii_hexdigit()), "{commit}");
    assert!(target.contains(std::env::consts::ARCH), "{target}");
}

/// The report is made for public places, so it must not have the person's name or the names of folders and files.
#[test]
fn the_doctor_reports_the_projects_state_without_names() {
    let home = tempfile::tempdir().expect("a folder");
    let home = home.path().join("Annabella");
    let (sounds, project) = (home.join("Quillfeather"), home.join("Birdsong"));
    write_tones(&sounds, 3);
    let with = |arguments: &[&str], project: &Path| {
        let mut command = soundalike(arguments);
        command
            .arg("--project")
            .arg(project)
            .env("HOME", &home)
            .env("USER", "Annabella")
            .env_remove("XDG_CURRENT_DESKTOP");
        command
    };
    printed(with(&["add"], &project).arg(&sounds));

    let words = printed(&mut with(&["doctor"], &project));
    let has = |name: &str, value: &str| {
        words.lines().any(|line| line.split_whitespace().eq(name.split_whitespace().chain(value.split_whitespace())))
    };
    assert!(has("version", env!("CARGO_PKG_VERSION")) && has("files", "3") && has("model", "none"), "{words}");
    let report: Value =
        serde_json::from_str(&printed(with(&["doctor"], &project).arg("--json"))).expect("one JSON object");
    assert_eq!(report["project"]["rates"], "3 at 8000 Hz");
    assert!(report["program"]["index_kernel"].is_string() && report["sound"]["default_output"].is_string(), "{report}");

    std::fs::write(project.join("project.db"), "no catalogue").expect("damaged");
    let of_damaged = printed(&mut with(&["doctor"], &project));
    let of_none = printed(&mut with(&["doctor"], &home.join("Nowhereland")));
    assert!(of_none.contains("there is none yet"), "{of_none}");
    for words in [words, report.to_string(), of_damaged, of_none] {
        for name in ["Annabella", "Quillfeather", "Birdsong", "Nowhereland"] {
            assert!(!words.contains(name), "{name} is in the report: {words}");
        }
    }
}

#[cfg(target_os = "linux")]
#[test]
fn without_a_display_one_sentence_says_so() {
    let home = tempfile::tempdir().expect("a folder");
    for (display, wayland) in [(None, None), (Some(":7654"), None), (None, Some("no-such-socket"))] {
        let mut command = soundalike(&[]);
        command
            .env("HOME", home.path())
            .env_remove("DISPLAY")
            .env_remove("WAYLAND_DISPLAY")
            .env_remove("WAYLAND_SOCKET");
        command
            .envs(display.map(|display| ("DISPLAY", display)))
            .envs(wayland.map(|socket| ("WAYLAND_DISPLAY", socket)));
        let output = command.assert().code(1).get_output().clone();
        let words = String::from_utf8(output.stderr).expect("text");
        assert_eq!(words.lines().count(), 1, "{words}");
        assert!(words.contains("The window cannot be opened: there is no display"), "{words}");
        assert!(!words.contains(".rs") && !words.contains("/registry"), "{words}");
        assert!(output.stdout.is_empty());
    }
}

/// When all tests are run, Cargo also builds the examples.
#[test]
fn the_examples_run() {
    let program = Path::new(env!("CARGO_BIN_EXE_soundalike"));
    let example =
        |name: &str| program.with_file_name("examples").join(name).with_extension(std::env::consts::EXE_EXTENSION);
    if !example("look_at_bits").exists() {
        return eprintln!(
            "SKIPPED: the examples are not built (`cargo test` builds them, `cargo test --test it` does not)"
        );
    }
    let bits = printed(Command::new(example("look_at_bits")).arg("20"));
    let codes = bits.lines().filter(|line| line.starts_with(['#', '.'])).count();
    assert!(codes == 28 && bits.contains("share of ones of each bit"), "{bits}");

    let folder = tempfile::tempdir().expect("a folder");
    write_tones(folder.path(), 12);
    let query = std::fs::read_dir(folder.path()).expect("readable").next().expect("a sound").expect("readable").path();
    let found = printed(Command::new(example("search_folder")).arg(folder.path()).arg(&query));
    assert!(found.contains("12 sounds added"), "{found}");
    assert!(found.contains(query.file_name().expect("a name").to_str().expect("text")), "{found}");
}
