//! The results of searches, in formats of other programs.
//!
//! A format has one form for one search and for many: each match says which query it belongs to.

mod audacity;
mod clips;
mod counts;
mod csv;
pub(super) mod format;
mod json;
mod m3u;
mod markers;
pub(super) mod npy;
pub(super) mod parquet;
mod raven;

pub use counts::{HourCount, count_per_hour};
pub use format::{MatchFormat, TextFormat};

use std::io::{self, Write};

use camino::Utf8Path;

pub(super) use clips::stem as file_stem;
pub(super) use m3u::address;

use super::cut::refuse_sounds;
use super::error::EngineError;
use super::latest::DatasetView;
use super::query::{Grouping, Match, SearchReport};
use crate::audio::Cause;
use crate::audio::wav::write_whole;

/// Writes the results of `searches` as text. `sounds` are the searched files; some formats take details of a match's
/// file from them.
pub fn write_matches(
    format: TextFormat,
    searches: &[&SearchReport],
    sounds: &DatasetView,
    to: &mut dyn Write,
) -> io::Result<()> {
    match format {
        TextFormat::Json => json::write(searches, to),
        TextFormat::Csv => csv::write(searches, to),
        TextFormat::Audacity => audacity::write(searches, to),
        TextFormat::Raven => raven::write(searches, sounds, to),
        TextFormat::M3u => m3u::write(searches, to),
        TextFormat::Markers => markers::write(searches, to),
        TextFormat::Counts => counts::write_csv(searches, sounds, to),
        TextFormat::CountsJson => counts::write_json(searches, sounds, to),
    }
}

/// Writes the results of `searches` to the file `out`, or as clips into the folder `out`, which is created if needed.
/// Clips have `margin_secs` more at both ends, and a mark where the match is. Stops with [`EngineError::Cancelled`]
/// between two clips if `go_on` returns false.
pub fn save_matches(
    format: MatchFormat,
    searches: &[&SearchReport],
    sounds: &DatasetView,
    out: &Utf8Path,
    margin_secs: f64,
    go_on: &dyn Fn() -> bool,
) -> Result<(), EngineError> {
    let text = match format {
        MatchFormat::Clips => return clips::save(searches, sounds, out, margin_secs, go_on),
        MatchFormat::Text(text) => text,
    };
    let queries = searches.iter().filter_map(|search| search.query.as_ref());
    queries.map(|query| query.path.as_path()).try_for_each(|query| refuse_sounds(sounds, Some(query), out))?;
    refuse_sounds(sounds, None, out)?;
    write_whole(out.as_std_path(), |mut file| {
        write_matches(text, searches, sounds, &mut file).and_then(|()| file.flush()).map_err(Cause::Unwritable)
    })
    .map_err(|cause| cause.at(out.as_std_path()).into())
}

/// The name of a search's query.
fn query_of(search: &SearchReport) -> &str {
    search.query.as_ref().map_or("", |query| query.path.as_str())
}

/// The name of a match's file, without folders.
fn file_name(found: &Match) -> &str {
    found.path.file_name().unwrap_or(found.path.as_str())
}

/// The matches that are written. Of events: those before the line, and those with a verdict. Of other searches: all.
fn written(search: &SearchReport) -> impl Iterator<Item = &Match> {
    let is_written =
        |found: &&Match| found.by != Grouping::Event || !found.nearness.is_behind || found.nearness.verdict.is_some();
    search.matches.iter().filter(is_written)
}

/// The verdict on a match: "yes", "no", or nothing.
fn verdict_of(found: &Match) -> &'static str {
    match found.nearness.verdict {
        Some(true) => "yes",
        Some(false) => "no",
        None => "",
    }
}

/// The recorder's clock time at the start of a match, if it is known.
fn clock_of(found: &Match) -> String {
    found.recorded.map_or_else(String::new, |at| at.to_string())
}

/// The text on one line and without tabs, so that it fits into one column.
fn in_one_cell(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// A path that fits into one column. Only the characters that end a column or a line are replaced, because such tables know no
/// escapes; everything else is exact, so that the other program finds the file.
fn path_in_one_cell(path: &str) -> String {
    path.chars().map(|c| if matches!(c, '\t' | '\n' | '\r') { ' ' } else { c }).collect()
}

#[cfg(test)]
pub(super) mod tests;
