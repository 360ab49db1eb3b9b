//! What searches found, in forms that other programs read.
//!
//! A form is for one search or for many alike: each says which query a match answers.

mod audacity;
mod clips;
mod csv;
mod json;
mod m3u;
pub(super) mod npy;
pub(super) mod parquet;
mod raven;

use std::io::{self, Write};

use camino::Utf8Path;
use clap::ValueEnum;
use clap::builder::PossibleValue;

use super::clip::refuse_sounds;
use super::error::EngineError;
use super::event::{Match, SearchReport};
use super::latest::DatasetView;
use crate::audio::Cause;
use crate::audio::wav::write_whole;

/// How matches are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MatchFormat {
    Text(TextFormat),
    /// The matches themselves, each a WAV file cut from its original, in a folder.
    Clips,
}

/// How matches are written as text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TextFormat {
    Json,
    Csv,
    /// A label track of Audacity: start, end, label.
    Audacity,
    /// A selection table of Raven.
    Raven,
    /// A playlist whose entries begin and end where the matches do.
    M3u,
}

impl MatchFormat {
    pub const ALL: [MatchFormat; 6] = [
        MatchFormat::Text(TextFormat::Json),
        MatchFormat::Text(TextFormat::Csv),
        MatchFormat::Text(TextFormat::Audacity),
        MatchFormat::Text(TextFormat::Raven),
        MatchFormat::Text(TextFormat::M3u),
        MatchFormat::Clips,
    ];

    /// Its name on the command line and in addresses.
    pub fn name(self) -> &'static str {
        match self {
            MatchFormat::Text(TextFormat::Json) => "json",
            MatchFormat::Text(TextFormat::Csv) => "csv",
            MatchFormat::Text(TextFormat::Audacity) => "audacity",
            MatchFormat::Text(TextFormat::Raven) => "raven",
            MatchFormat::Text(TextFormat::M3u) => "m3u",
            MatchFormat::Clips => "clips",
        }
    }

    /// What it is, for a person who chooses.
    pub fn title(self) -> &'static str {
        match self {
            MatchFormat::Text(TextFormat::Json) => "JSON",
            MatchFormat::Text(TextFormat::Csv) => "CSV table",
            MatchFormat::Text(TextFormat::Audacity) => "Audacity label track",
            MatchFormat::Text(TextFormat::Raven) => "Raven selection table",
            MatchFormat::Text(TextFormat::M3u) => "M3U playlist",
            MatchFormat::Clips => "WAV clips in a folder",
        }
    }

    /// The ending that files of it have; `None` where it is a folder.
    pub fn ending(self) -> Option<&'static str> {
        match self {
            MatchFormat::Text(TextFormat::Json) => Some("json"),
            MatchFormat::Text(TextFormat::Csv) => Some("csv"),
            MatchFormat::Text(TextFormat::Audacity | TextFormat::Raven) => Some("txt"),
            MatchFormat::Text(TextFormat::M3u) => Some("m3u8"),
            MatchFormat::Clips => None,
        }
    }
}

impl ValueEnum for MatchFormat {
    fn value_variants<'a>() -> &'a [Self] {
        &Self::ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.name()).help(self.title()))
    }
}

/// Writes what `searches` found as text. `sounds` are those that they were searched in: some forms tell of a match's file
/// as well.
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
    }
}

/// Writes what `searches` found to the file `out`, or as clips into the folder `out`, which is made where it is absent.
/// Stops with [`EngineError::Cancelled`] between two clips where `go_on` says false.
pub fn save_matches(
    format: MatchFormat,
    searches: &[&SearchReport],
    sounds: &DatasetView,
    out: &Utf8Path,
    go_on: &dyn Fn() -> bool,
) -> Result<(), EngineError> {
    let text = match format {
        MatchFormat::Clips => return clips::save(searches, sounds, out, go_on),
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

/// What the query of a search is called.
fn query_of(search: &SearchReport) -> &str {
    search.query.as_ref().map_or("", |query| query.path.as_str())
}

/// A match's file without the folders above it.
fn file_name(found: &Match) -> &str {
    found.path.file_name().unwrap_or(found.path.as_str())
}

/// In one line, without tabs: what stands in a column.
fn in_one_cell(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests;
