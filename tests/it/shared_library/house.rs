//! Projects, and commands of the built program on them.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

use crate::support::quick_training;

/// A command of the built program that knows no other library than the given one.
pub fn soundalike() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_soundalike"));
    for name in ["PGHOST", "PGPORT", "PGUSER", "PGPASSWORD", "PGDATABASE", "PGSSLMODE", "PGSSLROOTCERT", "PGPASSFILE"] {
        command.env_remove(name);
    }
    command
}

/// The answer of a command that succeeds, as JSON.
pub fn answer(command: &mut Command) -> Value {
    let Output { status, stdout, stderr } = command.arg("--json").output().expect("it runs");
    let (said, errors) = (String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
    assert!(status.success(), "{command:?}: {said} {errors}");
    serde_json::from_slice(&stdout).unwrap_or_else(|cause| panic!("{cause}: {said}"))
}

/// The sentence of a command that fails.
pub fn failure(command: &mut Command) -> String {
    let output = command.output().expect("it runs");
    assert!(!output.status.success(), "{command:?} succeeded: {}", String::from_utf8_lossy(&output.stdout));
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A folder of sounds, and a project with them.
pub struct House {
    pub folder: TempDir,
}

impl House {
    /// A project with `count` synthetic sounds and a doppelganger of each, and its index.
    pub fn new(seed: u64, count: usize) -> Self {
        let house = Self { folder: tempfile::tempdir().expect("a folder") };
        let (seed, count) = (seed.to_string(), count.to_string());
        let sounds = house.sounds();
        let synth = ["synth", "--seconds", "0.7", "--seed", &seed, "--count", &count];
        let made = soundalike().args(synth).arg("--out").arg(&sounds).status().expect("it runs");
        assert!(made.success());
        answer(house.run(&["add"]).arg(&sounds));
        house
    }

    /// The same with a small model of its own.
    pub fn trained(seed: u64, count: usize) -> Self {
        let house = Self::new(seed, count);
        answer(&mut house.run(&quick_training()));
        answer(&mut house.run(&["index"]));
        house
    }

    pub fn sounds(&self) -> PathBuf {
        self.folder.path().join("sounds")
    }

    /// A command on this project.
    pub fn run(&self, arguments: &[&str]) -> Command {
        let mut command = soundalike();
        command.arg("--project").arg(self.folder.path().join("project")).args(arguments);
        command
    }

    /// Publishes the project, with its folder under a name.
    pub fn publish(&self, url: &str, root: &str, further: &[&str]) -> Value {
        answer(self.run(&["publish", url, "--root"]).arg(mapped(root, &self.sounds())).args(further))
    }
}

/// A root and its place, as options name them.
pub fn mapped(root: &str, place: &Path) -> String {
    format!("{root}={}", place.display())
}

/// A command of a worker that has these roots.
pub fn worker(url: &str, roots: &[(&str, &Path)]) -> Command {
    let mut command = soundalike();
    command.args(["work", url]);
    for (root, place) in roots {
        command.arg("--root").arg(mapped(root, place));
    }
    command
}

/// A search of the library.
pub fn search(url: &str, query: &Path, roots: &[(&str, &Path)], further: &[&str]) -> Value {
    let mut command = soundalike();
    command.arg("search").arg(query).args(["--library", url]).args(further);
    for (root, place) in roots {
        command.arg("--root").arg(mapped(root, place));
    }
    answer(&mut command)
}
