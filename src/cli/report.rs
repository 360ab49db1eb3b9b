//! Prints the results of commands: text for people, or one JSON object.

pub(super) mod health;

use std::collections::BTreeMap;

use camino::Utf8Path;
use serde_json::{Value, json};

use super::common::Common;
use super::terminal::{self, say};
use crate::dataset::{Problem, moment};
use crate::engine::words;
use crate::engine::{
    AddReport, DatasetView, DeviceList, DeviceName, DevicesView, Latest, Outcome, PlayerView, SearchReport, TrainReport,
};
use crate::model::ModelKind;

/// Up to this many problems are listed one by one. More are only counted.
const FILES_NAMED: usize = 10;

pub(super) fn info(latest: &Latest, json: bool) {
    let dataset = &latest.dataset;
    let (model, index) = (latest.model.as_deref(), latest.index.as_deref());
    if json {
        let object = json!({
            "project": latest.project.folder,
            "files": dataset.files.len(),
            "chunks": dataset.chunks,
            "seconds": dataset.seconds,
            "rates": dataset.rates,
            "problems": dataset.problems,
            "model": model.map(|model| model.kind),
            "preset": model.map(|model| model.config.preset),
            "bits": model.map(|model| model.config.bits),
            "steps": model.map(|model| model.steps),
            "saturation": model.map(|model| model.saturation),
            "collapsed": model.and_then(|model| model.collapsed.clone()),
            "config": model.map(|model| &model.config),
            "index_codes": index.filter(|index| index.of_current_model).map_or(0, |index| index.codes),
            "index_unique_codes": index.map(|index| index.unique_codes),
            "index_entropy_nats": index.map(|index| index.entropy_nats),
            "index_current": index.is_some_and(|index| index.of_current_model && index.missing_files == 0),
            "read_only": latest.project.read_only,
            "unusable_settings": latest.project.unusable_settings,
        });
        return print_json(&object);
    }
    say!("project   {}", latest.project.folder);
    if let Some(why) = &latest.project.read_only {
        say!("          read-only: {why}");
    }
    for told in &latest.project.unusable_settings {
        say!("          {told}");
    }
    say!("files     {}  ({:.2} hours)", dataset.files.len(), dataset.seconds / 3600.0);
    let rates: Vec<String> = dataset.rates.iter().map(|(rate, files)| format!("{files} at {rate} Hz")).collect();
    if !rates.is_empty() {
        say!("rates     {}", rates.join(", "));
    }
    say!("chunks    {}", dataset.chunks);
    match model {
        None => say!("model     none yet: the first search makes one; `soundalike train` learns from the sounds"),
        Some(model) if model.kind == ModelKind::Base => {
            say!("model     base, {} bits: `soundalike train` learns from the sounds", model.config.bits);
        }
        Some(model) => {
            let config = &model.config;
            let preset = format!("{:?}", config.preset).to_lowercase();
            say!(
                "model     {preset}, {} bits, {} steps in {:.0} s, loss {:.3}, saturation {:.2}",
                config.bits,
                model.steps,
                model.seconds,
                model.loss,
                model.saturation
            );
            if let Some(why) = &model.collapsed {
                say!("          {why}");
            }
        }
    }
    match index {
        None => say!("index     none yet: the first search builds it"),
        Some(index) if !index.of_current_model => {
            say!("index     of an older model: run `soundalike index`");
        }
        Some(index) => {
            say!(
                "index     {} codes, {} unique, entropy {:.2} nats, {} bytes",
                index.codes,
                index.unique_codes,
                index.entropy_nats,
                index.file_bytes
            );
            if index.missing_files > 0 {
                say!("          {} files are not in it yet: run `soundalike index`", index.missing_files);
            }
        }
    }
    problems("problems", &dataset.problems);
}

/// The result of a command. With `--quiet`, only a requested figure is printed: a score.
pub(super) fn outcome(outcome: &Outcome, common: &Common) {
    let json = common.json;
    if common.quiet && !json && !matches!(outcome, Outcome::Evaluated(_)) {
        return;
    }
    match outcome {
        Outcome::Added(report) => show(report, json, added),
        Outcome::Trained(report) => show(report, json, trained),
        Outcome::Indexed(report) => show(report, json, |report| {
            say!(
                "{} codes ({} new), {} unique, entropy {:.2} nats, in {:.1} s",
                report.codes,
                report.encoded,
                report.unique_codes,
                report.entropy_nats,
                report.seconds
            );
            report.mended.iter().for_each(|what| say!("built again: {what}"));
            measured(report.measured);
            problems("failed", &report.failed);
        }),
        Outcome::Evaluated(report) => show(report, json, |report| {
            say!("P@10 {:.4}  ({} chunks, {} labels)", report.p_at_10, report.chunks, report.labels);
        }),
        Outcome::Exported(report) => show(report, json, |report| {
            say!("{} codes of {} bits:", report.codes, report.bits);
            report.files.iter().for_each(|file| say!("  {}", file.display()));
        }),
        Outcome::Reconstructed(report) => show(report, json, |report| {
            say!(
                "{} chunks of {} bits as {:.2} s of sound at {} Hz: {}",
                report.chunks,
                report.bits,
                report.duration_seconds,
                report.rate,
                report.out
            );
        }),
        Outcome::DuplicatesFound(report) => super::duplicates::print(report, json),
        // No command ends in these, or the command prints its result itself.
        #[cfg(feature = "shared")]
        Outcome::Published(_) => {}
        Outcome::Searched(_)
        | Outcome::LeftOut(_)
        | Outcome::Checked(_)
        | Outcome::MissingFound(_)
        | Outcome::CopiesFound(_)
        | Outcome::AnnotationsTaken(_)
        | Outcome::Removed
        | Outcome::Changed { .. }
        | Outcome::Undone { .. }
        | Outcome::Redone { .. }
        | Outcome::Saved { .. }
        | Outcome::MapDrawn(_)
        | Outcome::CodeLookedAt(_)
        | Outcome::CodeDecoded(_)
        | Outcome::DistancesMeasured(_)
        | Outcome::Previewed(_)
        | Outcome::TimelineDrawn(_)
        | Outcome::Recorded(_)
        | Outcome::TakeRenamed { .. }
        | Outcome::Done => {}
    }
}

/// A failure as JSON. People read it on standard error.
pub(super) fn failure(words: &str) {
    print_json(&json!({"error": words}));
}

/// Matches, each with the files that sound exactly the same.
pub(super) fn search(report: &SearchReport, dataset: &DatasetView, json: bool) {
    if json {
        return print_json(&with_copies(report, dataset));
    }
    searched(report, dataset);
}

fn with_copies(report: &SearchReport, dataset: &DatasetView) -> Value {
    let mut object = json!(report);
    for (number, found) in report.matches.iter().enumerate() {
        let copies: Vec<&Utf8Path> = dataset.copies_of(found.file).iter().map(|copy| copy.path.as_path()).collect();
        if !copies.is_empty() {
            object["matches"][number]["copies"] = json!(copies);
        }
    }
    object
}

/// The matches of several searches.
pub(super) fn batch(reports: &[&SearchReport], dataset: &DatasetView, failed: &[Problem], json: bool) {
    if json {
        let mut searches = Vec::new();
        for report in reports {
            let mut search = with_copies(report, dataset);
            search["query"] = json!(query_of(report));
            searches.push(search);
        }
        return print_json(&json!({"searches": searches, "failed": failed}));
    }
    for report in reports {
        say!("{}", query_of(report).unwrap_or(Utf8Path::new("")));
        searched(report, dataset);
    }
}

/// The path of written matches.
pub(super) fn saved(out: &Utf8Path, reports: &[&SearchReport], common: &Common) {
    let matches: usize = reports.iter().map(|report| report.matches.len()).sum();
    if common.json {
        print_json(&json!({"out": out, "searches": reports.len(), "matches": matches}));
    } else if !common.quiet {
        say!("{matches} matches: {out}");
    }
}

fn query_of(report: &SearchReport) -> Option<&Utf8Path> {
    report.query.as_ref().map(|query| query.path.as_path())
}

pub(super) fn devices(devices: &DevicesView, json: bool) {
    let kinds = [("inputs", "microphones", &devices.inputs), ("outputs", "sound outputs", &devices.outputs)];
    if json {
        let list = |list: &DeviceList| {
            let is_default = |device: &DeviceName| list.default.as_ref() == Some(device);
            let object =
                |device: &DeviceName| json!({"id": device.id, "name": device.name, "default": is_default(device)});
            list.devices.iter().map(object).collect::<Vec<_>>()
        };
        return print_json(&kinds.iter().map(|(key, _, devices)| (key.to_string(), json!(list(devices)))).collect());
    }
    for (_, title, list) in kinds {
        say!("{title}");
        if list.devices.is_empty() {
            say!("  none");
        }
        for device in &list.devices {
            let note = if list.default.as_ref() == Some(device) { "  (default)" } else { "" };
            say!("  {}{note}", device.name);
        }
    }
}

/// What was played, on which device, and the delay until the first frame. For people it prints nothing, because they
/// hear the sound.
pub(super) fn played(player: &PlayerView, json: bool) {
    if json {
        print_json(&json!({
            "path": player.path,
            "seconds": player.position_secs - player.from_secs,
            "device": player.device,
            "waited_seconds": player.waited_secs,
        }));
    }
}

pub(super) fn show<T: serde::Serialize>(report: &T, json: bool, text: impl FnOnce(&T)) {
    match json {
        false => text(report),
        true => match serde_json::to_value(report) {
            Ok(object) => print_json(&object),
            Err(cause) => terminal::failed(&format!("the answer cannot be written as JSON: {cause}")),
        },
    }
}

pub(super) fn print_json(object: &Value) {
    terminal::exact(&object.to_string());
}

fn added(report: &AddReport) {
    say!("added {}, skipped {}, failed {}", report.added.len(), report.skipped.len(), report.failed.len());
    let moved = report.found_again.iter().filter(|found| !found.doubtful).count();
    if !report.found_again.is_empty() {
        say!("found {} again that were moved or renamed", report.found_again.len());
    }
    if moved < report.found_again.len() {
        say!("{} of them have copies, so their paths decided which is which", report.found_again.len() - moved);
    }
    if !report.missing.is_empty() {
        say!("missing {}: `soundalike remove --missing` forgets what was deleted", report.missing.len());
    }
    match report.left_out.len() {
        0 => {}
        n => say!("left out {n}: `soundalike ignore --left-out` says why"),
    }
    measured(report.measured);
    let skipped =
        report.skipped.iter().map(|file| Problem { path: file.path.clone(), reason: file.reason.to_string() });
    problems("skipped", &skipped.collect::<Vec<_>>());
    problems("failed", &report.failed);
}

/// Files of earlier programs that were measured.
fn measured(files: usize) {
    if files > 0 {
        say!("measured {files} that an earlier version of the program had added");
    }
}

fn trained(report: &TrainReport) {
    say!(
        "{} steps in {:.1} s ({:.0} chunks a second), loss {:.4}, saturation {:.3}, entropy of a batch's codes {:.2} nats",
        report.steps,
        report.seconds,
        report.chunks_per_second,
        report.loss,
        report.saturation,
        report.code_entropy
    );
    if report.kept_first {
        say!("Learning made nothing better: the first model stays.");
        return;
    }
    if let Some(probe) = report.probe {
        say!("{:.0}% of distorted excerpts find their files", 100.0 * probe);
    }
    if let Some(unique) = report.unique {
        say!("{:.0}% of chunks have codes of their own", 100.0 * unique);
    }
    if let Some(why) = &report.collapsed {
        say!("{why}");
    }
}

fn searched(report: &SearchReport, dataset: &DatasetView) {
    if report.silent {
        say!("The query is silent: there is nothing to search for.");
        return;
    }
    if report.matches.is_empty() {
        say!("No matches: the filter admits no audible chunk of the index, or its files were removed.");
    }
    if let Some(words) = words::nothing_alike(report) {
        say!("{words}");
    }
    for (rank, found) in report.matches.iter().enumerate() {
        if let Some(line) = words::line(report).filter(|_| report.line.alike == Some(rank)) {
            say!("     {line}");
        }
        let share = found.nearness.share_alike.map(|share| format!("{}, ", words::share_alike(share)));
        let recorded = found.recorded.map(|at| format!("at {}  ", at.to_string().replace('T', " ")));
        let copies = match dataset.copies_of(found.file).len() {
            0 => String::new(),
            1 => "  and 1 copy".to_owned(),
            n => format!("  and {n} copies"),
        };
        let of_library = found.shared.as_ref();
        let tags =
            of_library.filter(|place| !place.tags.is_empty()).map(|place| format!("  [{}]", place.tags.join(", ")));
        let tags = tags.unwrap_or_default();
        let problem = found.problem.as_ref().filter(|_| of_library.is_some()).map(|why| format!("  ({why})"));
        let problem = problem.unwrap_or_default();
        say!(
            "{:>3}  {:>5.1} of {}  {} to {}  {}{}  ({}{}query at {}){copies}{tags}{problem}",
            rank + 1,
            found.distance,
            report.bits,
            moment::in_words(found.start_seconds),
            moment::in_words(found.end_seconds),
            recorded.unwrap_or_default(),
            found.path,
            share.unwrap_or_default(),
            if found.is_query { "the query itself, " } else { "" },
            moment::in_words(found.query_start_seconds)
        );
    }
    if let Some(counted) = words::events_counted(report) {
        say!("{counted}");
    }
    if let Some(answer) = &report.of_library {
        say!("{}", words::of_library(answer, report.searched));
    }
}

/// Lists each file if there are few, and counts the files for each reason if there are many.
pub(super) fn problems(title: &str, problems: &[Problem]) {
    if problems.is_empty() {
        return;
    }
    let mut by_reason: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for problem in problems {
        by_reason.entry(&problem.reason).or_default().push(&problem.path);
    }
    say!("{title}");
    for (reason, paths) in by_reason {
        match paths.len() > FILES_NAMED {
            true => say!("  {} files: {reason}", paths.len()),
            false => paths.iter().for_each(|path| say!("  {path}: {reason}")),
        }
    }
}
