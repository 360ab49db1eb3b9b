//! Duplicates on the terminal, and as JSON.

use serde_json::{Value, json};

use super::terminal::say;
use crate::engine::{DuplicateGroup, DuplicatesBy, DuplicatesReport};

/// The most members of a group that are named for people. The others are counted.
const NAMED: usize = 8;

pub(super) fn print(report: &DuplicatesReport, json: bool) {
    if json {
        super::report::print_json(&object(report));
        return;
    }
    let what = match report.by {
        DuplicatesBy::Chunk => "chunks",
        DuplicatesBy::File => "files",
    };
    say!(
        "{} groups of {what} within {} of {} bits, in {:.1} s",
        report.groups.len(),
        report.within,
        report.bits,
        report.seconds
    );
    for group in &report.groups {
        say!("");
        say!("{} members in {} files", group.members.len(), group.files);
        for member in group.members.iter().take(NAMED) {
            let path = report.files.get(member.file as usize).map_or("", |file| file.path.as_str());
            say!("  {:>8.3} to {:>8.3} s  {:>3} bits  {path}", member.start_secs, member.end_secs, member.distance);
        }
        if group.members.len() > NAMED {
            say!("  and {} more", group.members.len() - NAMED);
        }
    }
    if let Some(silence) = &report.silence {
        say!("");
        say!("silence: {} chunks in {} files", silence.chunks, silence.files);
    }
}

/// Silence is counted but not listed, because a library may have millions of silent chunks.
fn object(report: &DuplicatesReport) -> Value {
    let members = |group: &DuplicateGroup| -> Vec<Value> {
        let member = |member: &crate::engine::Duplicate| {
            json!({
                "path": report.files.get(member.file as usize).map(|file| &file.path),
                "start_seconds": member.start_secs,
                "end_seconds": member.end_secs,
                "chunks": member.chunks,
                "distance": member.distance,
            })
        };
        group.members.iter().map(member).collect()
    };
    let groups: Vec<Value> =
        report.groups.iter().map(|group| json!({"files": group.files, "members": members(group)})).collect();
    json!({
        "within": report.within,
        "by": report.by,
        "bits": report.bits,
        "groups": groups,
        "silent_chunks": report.silence.as_ref().map_or(0, |silence| silence.chunks),
        "seconds": report.seconds,
    })
}
