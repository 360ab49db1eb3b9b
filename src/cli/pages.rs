//! Shell completions and man pages.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::CommandFactory;
use clap_complete::Shell;
use serde_json::json;

use super::arguments::Arguments;
use super::report;
use super::terminal::{self, say};

/// Prints the completions for a shell.
pub(super) fn completions(shell: Shell, json: bool) -> anyhow::Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "soundalike", &mut script);
    let script = String::from_utf8(script).context("the completions are no text")?;
    match json {
        true => report::print_json(&json!({"shell": shell.to_string(), "script": script})),
        false => terminal::exact(script.trim_end()),
    }
    Ok(())
}

/// Writes a man page for the program and one for each of its commands.
pub(super) fn man(folder: &Path, json: bool) -> anyhow::Result<()> {
    let failed = || format!("cannot write man pages into {}", folder.display());
    std::fs::create_dir_all(folder).with_context(failed)?;
    clap_mangen::generate_to(Arguments::command(), folder).with_context(failed)?;
    let mut pages: Vec<PathBuf> = Vec::new();
    for entry in folder.read_dir().with_context(failed)? {
        pages.push(entry.with_context(failed)?.path());
    }
    pages.sort_unstable();
    match json {
        true => report::print_json(&json!({"files": pages})),
        false => pages.iter().for_each(|page| say!("{}", page.display())),
    }
    Ok(())
}
