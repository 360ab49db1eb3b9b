//! Tells the program what it was built for, and from which commit: `soundalike --version` and `soundalike doctor` show both.

use std::env;
use std::fs;
use std::path::Path;
use std::process::Command;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-env-changed=SOUNDALIKE_COMMIT");
    println!("cargo:rustc-env=SOUNDALIKE_TARGET={}", env::var("TARGET").unwrap_or_default());
    let commit = given().or_else(of_package).or_else(of_checkout);
    println!("cargo:rustc-env=SOUNDALIKE_COMMIT={}", commit.unwrap_or_else(|| "unknown commit".into()));
}

/// The commit that a packager sets in the environment.
fn given() -> Option<String> {
    env::var("SOUNDALIKE_COMMIT").ok().filter(|commit| !commit.is_empty())
}

/// The commit that Cargo notes in published packages.
fn of_package() -> Option<String> {
    let text = fs::read_to_string(".cargo_vcs_info.json").ok()?;
    let hash = text.split('"').skip_while(|part| *part != "sha1").nth(2)?;
    hash.get(..9).map(Into::into)
}

fn of_checkout() -> Option<String> {
    // Git adds a line to this file whenever another commit is checked out.
    let log = git(&["rev-parse", "--git-path", "logs/HEAD"]).filter(|log| Path::new(log).exists());
    if let Some(log) = log {
        println!("cargo:rerun-if-changed={log}");
    }
    // If the source lies in another project's repository, that repository's commit is not ours.
    git(&["ls-files", "--error-unmatch", "build.rs"])?;
    git(&["rev-parse", "--short=9", "HEAD"])
}

fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").args(arguments).output().ok().filter(|output| output.status.success())?;
    Some(String::from_utf8(output.stdout).ok()?.trim().to_owned())
}
