//! Commands that keep the project's files in order: list, remove, tag, copies, relink, collections, ignore, undo.

mod arguments;
mod collections;
mod copies;

use std::collections::BTreeMap;
use std::io::{IsTerminal as _, Write as _, stdout};
use std::path::PathBuf;

use anyhow::bail;
use clap::error::ErrorKind;
use serde_json::json;

pub(super) use self::arguments::Library;
use self::arguments::{Chosen, KeepRule};
use self::copies::Thinning;
use super::common::{Changes, Common, WrongUsage};
use super::report;
use super::session::Session;
use super::terminal::{self, say};
use crate::dataset::{FileId, letters};
use crate::engine::{AnnotationsReport, CheckReport, Choice, Command, FileList, Keep, Latest, LeftOutReport, Outcome};
use crate::ground::names;

impl Library {
    pub fn run(self, project: PathBuf, common: &Common) -> anyhow::Result<()> {
        let changes = match &self {
            Self::Copies { forget: false, trash: false, .. } => Changes::Nothing,
            Self::List { .. } | Self::Roots | Self::Tags { rename: None, import: None, .. } => Changes::Nothing,
            Self::Collection { put, take, rename: None, remove: false, .. } if put.is_empty() && take.is_empty() => {
                Changes::Nothing
            }
            Self::Ignore { patterns, .. } if patterns.is_empty() => Changes::Nothing,
            _ => Changes::Something,
        };
        let session = Session::open(project, common, changes)?;
        match self {
            Self::List { csv, print0, .. } if common.json && (csv || print0) => {
                let option = if csv { "--csv" } else { "--print0" };
                let why = format!("{option} and --json both write to standard output");
                Err(WrongUsage::new(ErrorKind::ArgumentConflict, why).into())
            }
            Self::List { filter, sort, reverse, csv, print0 } => {
                let choice = Choice { paths: Vec::new(), filter: filter.unwrap_or_default() };
                let list = FileList::new(&choice, sort, reverse, &session.latest())?;
                match (common.json, csv, print0) {
                    (true, ..) => report::show(&list, true, |_| ()),
                    (_, true, _) => terminal::written(list.write_csv(&mut stdout().lock())),
                    (_, _, print0) => write_paths(&list, print0),
                }
                Ok(())
            }
            Self::Remove { missing: true, .. } => change(&session, Command::ForgetMissing, common),
            Self::Remove { paths, filter, missing: false } => {
                let files = Chosen { paths, filter }.files(&session)?;
                change(&session, Command::RemoveFiles { files }, common)
            }
            Self::Copies { keep, folder, forget, trash, yes, script } => {
                let keep = match (folder, keep) {
                    (Some(folder), _) => Keep::In(folder),
                    (None, KeepRule::HighestResolution) => Keep::HighestResolution,
                    (None, KeepRule::LongestPath) => Keep::LongestPath,
                };
                copies::run(&session, keep, Thinning { forget, trash, yes, script }, common)
            }
            Self::Relink { folders, dry_run } => relink(&session, folders, dry_run, common),
            Self::Roots => {
                roots(&session, common)?;
                Ok(())
            }
            Self::Undo => change(&session, Command::Undo, common),
            Self::Redo => change(&session, Command::Redo, common),
            Self::Tag { tag, chosen } => {
                let files = chosen.files(&session)?;
                change(&session, Command::TagFiles { files, tag }, common)
            }
            Self::Untag { tag, chosen } => {
                let files = chosen.files(&session)?;
                change(&session, Command::UntagFiles { files, tag }, common)
            }
            Self::Tags { rename: Some(names), .. } => {
                let [tag, to] = names.try_into().map_err(|_| anyhow::anyhow!("--rename takes two names"))?;
                change(&session, Command::RenameTag { tag, to }, common)
            }
            Self::Tags { export: Some(out), .. } => {
                save(&session, Command::ExportAnnotations { out: names::text_of(&out) }, common)
            }
            Self::Tags { import: Some(from), .. } => {
                let from = names::text_of(&from);
                let Outcome::AnnotationsTaken(report) = session.run(Command::ImportAnnotations { from })? else {
                    bail!("taking over ended in something else")
                };
                report::show(&report, common.json, |report: &AnnotationsReport| {
                    say!("{} sounds are in the project; {} are not", report.found, report.not_found.len());
                    report.not_found.iter().for_each(|path| say!("  not in the project: {}", names::shown(path)));
                });
                Ok(())
            }
            Self::Tags { .. } => {
                tags(&session.latest(), common);
                Ok(())
            }
            Self::Collection { name: None, .. } => {
                collections::list(&session.latest(), None, common);
                Ok(())
            }
            Self::Collection { name: Some(name), put, take, from, to, rename, remove, out } => {
                let change = collections::Change { put, take, stretch_secs: from.zip(to), rename, remove, out };
                collections::run(&session, name, change, common)
            }
            Self::Ignore { patterns, remove, left_out } => ignore(&session, patterns, remove, left_out, common),
        }
    }
}

impl Chosen {
    fn files(self, session: &Session) -> anyhow::Result<Vec<FileId>> {
        let choice = Choice { paths: self.paths, filter: self.filter.unwrap_or_default() };
        Ok(choice.files(&session.latest())?.iter().map(|file| file.id).collect())
    }
}

/// Runs a command whose change can be undone, and prints what changed.
fn change(session: &Session, command: Command, common: &Common) -> anyhow::Result<()> {
    match session.run(command)? {
        Outcome::Changed { words } if common.json => report::print_json(&json!({"changed": words})),
        Outcome::Changed { words } if !common.quiet => say!("{words}"),
        Outcome::Undone { words } if common.json => report::print_json(&json!({"undone": words})),
        Outcome::Redone { words } if common.json => report::print_json(&json!({"redone": words})),
        Outcome::Undone { words: Some(words) } if !common.quiet => say!("undone: {words}"),
        Outcome::Redone { words: Some(words) } if !common.quiet => say!("redone: {words}"),
        Outcome::Undone { words: None } | Outcome::Redone { words: None } if !common.quiet => {
            say!("there is nothing to undo or redo");
        }
        _ => {}
    }
    Ok(())
}

/// Runs a command that writes a file or a folder, and prints its path.
fn save(session: &Session, command: Command, common: &Common) -> anyhow::Result<()> {
    match session.run(command)? {
        Outcome::Saved { out } if common.json => report::print_json(&json!({"out": out})),
        Outcome::Saved { out } if !common.quiet => say!("{}", names::shown(out.as_str())),
        _ => {}
    }
    Ok(())
}

fn relink(session: &Session, mut folders: Vec<PathBuf>, dry_run: bool, common: &Common) -> anyhow::Result<()> {
    if folders.is_empty() {
        let roots = session.latest().dataset.roots.clone();
        folders.extend(roots.iter().filter(|root| root.whole).map(|root| names::path_of(&root.place)));
        folders.retain(|folder| folder.is_dir());
    }
    let plan = match session.run(Command::FindMissing { folders })? {
        Outcome::MissingFound(plan) => plan,
        other => bail!("looking for missing files ended in {other:?}"),
    };
    let is_done = !dry_run && !plan.found.is_empty();
    if is_done {
        session.run(Command::Relink(plan.clone()))?;
    }
    if common.json {
        report::print_json(&json!({"missing": plan.missing, "found": plan.found, "relinked": is_done}));
    } else if !common.quiet {
        say!("{}", plan.words());
        for found in plan.found.iter().filter(|found| found.doubtful) {
            say!("  {} may be {}", names::shown(found.from.as_str()), names::shown(found.to.as_str()));
        }
    }
    Ok(())
}

fn roots(session: &Session, common: &Common) -> anyhow::Result<()> {
    let Outcome::Checked(CheckReport { roots, .. }) = session.run(Command::CheckFiles)? else {
        bail!("looking at the folders ended in something else")
    };
    if common.json {
        report::print_json(&json!({"roots": roots}));
        return Ok(());
    }
    for root in roots {
        let single = if root.whole { "" } else { "  (single files)" };
        say!("{:>7}  {}{single}", root.files, names::shown(root.place.as_str()));
        if let Some(why) = root.away {
            say!("         away: {why}");
        }
    }
    Ok(())
}

/// Writes one path on a line. Programs get the bytes of the names; on a terminal, a name could command it.
fn write_paths(list: &FileList, print0: bool) {
    if !print0 && stdout().is_terminal() {
        return list.files.iter().for_each(|listed| say!("{}", listed.file.path));
    }
    let mut to = stdout().lock();
    for listed in &list.files {
        let path = names::path_of(&listed.file.path);
        let end: &[u8] = if print0 { b"\0" } else { b"\n" };
        terminal::written(to.write_all(path.as_os_str().as_encoded_bytes()).and_then(|()| to.write_all(end)));
    }
}

fn tags(latest: &Latest, common: &Common) {
    let mut counts: BTreeMap<(String, &str), usize> = BTreeMap::new();
    for tag in latest.dataset.tags.values().flatten() {
        *counts.entry((letters::sort_key(tag), tag)).or_default() += 1;
    }
    if common.json {
        let list: Vec<_> = counts.iter().map(|((_, tag), files)| json!({"tag": tag, "files": files})).collect();
        report::print_json(&json!({"tags": list}));
        return;
    }
    counts.iter().for_each(|((_, tag), files)| say!("{files:>7}  {tag}"));
}

fn ignore(session: &Session, given: Vec<String>, remove: bool, left_out: bool, common: &Common) -> anyhow::Result<()> {
    if left_out {
        let Outcome::LeftOut(report) = session.run(Command::ListLeftOut)? else {
            bail!("listing ended in something else")
        };
        report::show(&report, common.json, |report: &LeftOutReport| {
            if report.left_out.is_empty() {
                say!("nothing is left out");
            }
            report.left_out.iter().for_each(|left| say!("{}: {}", left.path, left.reason));
        });
        return Ok(());
    }
    let mut patterns = session.latest().ignored.to_vec();
    if !given.is_empty() {
        for pattern in given {
            match (remove, patterns.contains(&pattern)) {
                (true, true) => patterns.retain(|kept| *kept != pattern),
                (true, false) => bail!("“{pattern}” is not on the list; `soundalike ignore` shows the list"),
                (false, true) => {}
                (false, false) => patterns.push(pattern),
            }
        }
        session.run(Command::SetIgnored { patterns })?;
    }
    let patterns = session.latest().ignored.to_vec();
    match common.json {
        true => report::print_json(&json!({"patterns": patterns})),
        false => patterns.iter().for_each(|pattern| say!("{pattern}")),
    }
    Ok(())
}
