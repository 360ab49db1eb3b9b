//! What `check` and `repair` print.

use serde::Serialize;
use serde_json::json;

use super::{print_json, problems};
use crate::cli::common::Common;
use crate::cli::terminal::say;
use crate::engine::{CheckReport, Part, PartState};
use crate::ground::names;

/// The state of the parts of a project. With `--quiet`, only damage is printed.
pub(in crate::cli) fn checked(parts: &[Part], is_whole: bool, sounds: Option<&CheckReport>, common: &Common) {
    if common.json {
        return print_json(&json!({ "whole": is_whole, "parts": parts, "sounds": sounds }));
    }
    for part in parts {
        let state = match part.state {
            PartState::Whole if common.quiet => continue,
            PartState::Whole => "whole",
            PartState::Damaged => "damaged",
            PartState::Unknown => "unknown",
        };
        say!("{state:8} {}: {}", part.name, part.words);
    }
    if !is_whole {
        say!("`soundalike repair` mends what is damaged.");
    }
    if let Some(sounds) = sounds {
        sounds_checked(sounds, common);
    }
}

fn sounds_checked(report: &CheckReport, common: &Common) {
    let troubled = report.missing.len() + report.changed.len() + report.unreadable.len() + report.away;
    match troubled {
        0 if common.quiet => {}
        0 => say!("all {} sounds are as they were read", report.files),
        _ => say!(
            "of {} sounds, {} are away with their folders, {} are missing, {} have changed, {} cannot be read",
            report.files,
            report.away,
            report.missing.len(),
            report.changed.len(),
            report.unreadable.len()
        ),
    }
    for root in &report.roots {
        if let Some(why) = &root.away {
            say!("away: {} sounds of {}: {why}", root.files, names::shown(root.place.as_str()));
        }
    }
    let paths = |paths: &[camino::Utf8PathBuf]| paths.iter().for_each(|path| say!("  {}", names::shown(path.as_str())));
    if !report.missing.is_empty() {
        say!(
            "missing: `soundalike relink DIR` finds what was moved, `soundalike remove --missing` forgets what was deleted"
        );
        paths(&report.missing);
    }
    if !report.changed.is_empty() {
        say!("changed; add them again");
        paths(&report.changed);
    }
    problems("cannot be read", &report.unreadable);
}

/// What a repair did.
#[derive(Serialize)]
pub(in crate::cli) struct Repaired {
    /// Descriptions of what was done.
    pub done: Vec<String>,
    /// The parts of the project and their state now.
    pub parts: Vec<Part>,
}

/// What a repair did, and what is still damaged.
pub(in crate::cli) fn repaired(report: &Repaired, common: &Common) {
    if common.json {
        return print_json(&json!(report));
    }
    match report.done.as_slice() {
        [] => say!("nothing needed a repair"),
        done => done.iter().for_each(|what| say!("{what}")),
    }
    for part in report.parts.iter().filter(|part| part.state == PartState::Damaged) {
        say!("still damaged: {}: {}", part.name, part.words);
    }
}
