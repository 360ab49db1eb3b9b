//! Keeping the project's files in order by command: removing, tagging, listing, leaving out.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::bail;
use clap::{Args, Subcommand};
use serde_json::json;

use super::common::{Changes, Common};
use super::report;
use super::search::filter_text;
use super::session::Session;
use super::terminal::say;
use crate::dataset::{FileId, SoundFile, letters};
use crate::engine::{CheckReport, Choice, Command, Latest, LeftOutReport, Outcome};

/// Files and folders by name, a filter, or both.
#[derive(Clone, Debug, Args)]
#[group(required = true, multiple = true)]
pub(super) struct Chosen {
    /// Files of the project, and folders with all that is below them
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Files that this filter admits: kick, tag:loop, dur<0.5, is:problem, and all others with - before any of them
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true, value_parser = filter_text)]
    filter: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(super) enum Library {
    /// List the project's files
    #[command(after_help = "Examples:
  soundalike list                                     every file, one a line
  soundalike list --filter 'tag:loop dur<4'           files with the tag “loop” that are shorter than 4 s
  soundalike list --json --filter is:problem | jq '.files[].problem'")]
    List {
        /// Files that this filter admits
        #[arg(long, value_name = "TEXT", allow_hyphen_values = true, value_parser = filter_text)]
        filter: Option<String>,
    },
    /// Take files out of the project; the files on the disk stay
    #[command(after_help = "Examples:
  soundalike remove ~/recordings/old                  a folder with all that is below it
  soundalike remove --filter 'is:problem'             files that are missing or cannot be read")]
    Remove {
        #[command(flatten)]
        chosen: Chosen,
    },
    /// Give files a tag
    #[command(after_help = "Example:
  soundalike tag loop ~/loops one-more.wav")]
    Tag {
        #[arg(value_name = "TAG")]
        tag: String,
        #[command(flatten)]
        chosen: Chosen,
    },
    /// Take a tag off files
    #[command(after_help = "Example:
  soundalike untag loop --filter 'dur>10'")]
    Untag {
        #[arg(value_name = "TAG")]
        tag: String,
        #[command(flatten)]
        chosen: Chosen,
    },
    /// List the tags with the number of files that have each
    Tags,
    /// Say what is left out when folders are added; without a pattern, list the project's patterns
    #[command(
        after_help = "A folder can have its own list: a file named .soundalikeignore with a pattern a line, as in a .gitignore.

Examples:
  soundalike ignore '*_preview.wav' 'drafts/'         leaves these out of what is added from now on
  soundalike ignore '!.*'                             takes hidden files as well
  soundalike ignore --remove 'drafts/'
  soundalike ignore --left-out                        what is left out of the folders that were added, and why"
    )]
    Ignore {
        /// Patterns in the syntax of .gitignore
        #[arg(value_name = "PATTERN")]
        patterns: Vec<String>,
        /// Take these patterns off the list again
        #[arg(long, requires = "patterns")]
        remove: bool,
        /// List the folders and sound files that are left out
        #[arg(long, conflicts_with_all = ["patterns", "remove"])]
        left_out: bool,
    },
}

impl Library {
    pub fn run(self, project: PathBuf, common: &Common) -> anyhow::Result<()> {
        let changes = match &self {
            Self::List { .. } | Self::Tags => Changes::Nothing,
            Self::Ignore { patterns, .. } if patterns.is_empty() => Changes::Nothing,
            _ => Changes::Something,
        };
        let session = Session::open(project, common, changes)?;
        match self {
            Self::List { filter } => list(&session, filter, common),
            Self::Remove { chosen } => {
                let files = chosen.files(&session)?;
                change(&session, Command::RemoveFiles { files }, common)
            }
            Self::Tag { tag, chosen } => {
                let files = chosen.files(&session)?;
                change(&session, Command::TagFiles { files, tag }, common)
            }
            Self::Untag { tag, chosen } => {
                let files = chosen.files(&session)?;
                change(&session, Command::UntagFiles { files, tag }, common)
            }
            Self::Tags => {
                tags(&session.latest(), common);
                Ok(())
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

/// Carries out a change that can be undone, and says what it was.
fn change(session: &Session, command: Command, common: &Common) -> anyhow::Result<()> {
    match session.run(command)? {
        Outcome::Changed { words } if common.json => say!("{}", json!({"changed": words})),
        Outcome::Changed { words } if !common.quiet => say!("{words}"),
        _ => {}
    }
    Ok(())
}

fn list(session: &Session, filter: Option<String>, common: &Common) -> anyhow::Result<()> {
    let latest = session.latest();
    let choice = Choice { paths: Vec::new(), filter: filter.unwrap_or_default() };
    let mut files = choice.files(&latest)?;
    files.sort_by_cached_key(|file| letters::sort_key(file.path.as_str()));
    if common.json {
        let object = |file: &SoundFile| {
            json!({
                "path": file.path,
                "seconds": file.duration_secs(),
                "rate": file.rate,
                "channels": file.channels,
                "level_db": Some(file.level_db()).filter(|level| level.is_finite()),
                "bytes": file.size_bytes,
                "tags": latest.dataset.tags_of(file.id),
                "favourites": latest.favourites.iter().filter(|favourite| favourite.file == file.id).count(),
                "problem": latest.dataset.problem_now(file),
            })
        };
        say!("{}", json!({"files": files.iter().map(|file| object(file)).collect::<Vec<_>>()}));
        return Ok(());
    }
    files.iter().for_each(|file| say!("{}", file.path));
    Ok(())
}

fn tags(latest: &Latest, common: &Common) {
    let mut counts: BTreeMap<(String, &str), usize> = BTreeMap::new();
    for tag in latest.dataset.tags.values().flatten() {
        *counts.entry((letters::sort_key(tag), tag)).or_default() += 1;
    }
    if common.json {
        let list: Vec<_> = counts.iter().map(|((_, tag), files)| json!({"tag": tag, "files": files})).collect();
        say!("{}", json!({"tags": list}));
        return;
    }
    counts.iter().for_each(|((_, tag), files)| say!("{files:>7}  {tag}"));
}

pub(super) fn checked(report: &CheckReport, common: &Common) {
    let troubled = report.missing.len() + report.changed.len() + report.unreadable.len();
    match troubled {
        0 if common.quiet => {}
        0 => say!("all {} sounds are as they were read", report.files),
        _ => say!(
            "of {} sounds {} are missing, {} have changed, {} cannot be read",
            report.files,
            report.missing.len(),
            report.changed.len(),
            report.unreadable.len()
        ),
    }
    let paths = |paths: &[camino::Utf8PathBuf]| paths.iter().for_each(|path| say!("  {path}"));
    if !report.missing.is_empty() {
        say!("missing");
        paths(&report.missing);
    }
    if !report.changed.is_empty() {
        say!("changed; add them again");
        paths(&report.changed);
    }
    report::problems("cannot be read", &report.unreadable);
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
        true => say!("{}", json!({"patterns": patterns})),
        false => patterns.iter().for_each(|pattern| say!("{pattern}")),
    }
    Ok(())
}
