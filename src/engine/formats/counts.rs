//! [`HourCount`]: the number of matches in one hour of one file. Written as CSV or JSON. Hours without a match have a
//! count of 0, so that the table can be plotted directly.

use std::collections::BTreeMap;
use std::io::{self, Write};

use camino::Utf8PathBuf;
use jiff::civil::DateTime;
use serde::Serialize;

use super::super::told;
use super::{query_of, written};
use crate::dataset::{FileId, moment};
use crate::engine::latest::DatasetView;
use crate::engine::query::{Grouping, Match, SearchReport};

const HOUR_SECS: f64 = 3600.0;

const COLUMNS: [&str; 5] = ["query", "path", "hour", "recorded", "matches"];

/// The number of matches in one hour of a file.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct HourCount {
    pub path: Utf8PathBuf,
    #[serde(skip)]
    pub file: FileId,
    /// The number of the hour in its file, from 0 on.
    pub hour: u64,
    /// The recorder's clock time at the start of the hour, if it is known.
    #[serde(serialize_with = "told::clock")]
    pub recorded: Option<DateTime>,
    pub matches: u64,
}

/// Counts the matches of a search in each hour of each file that has matches. Events behind the line do not count.
/// Ordered by path, then by hour.
pub fn count_per_hour(search: &SearchReport, sounds: &DatasetView) -> Vec<HourCount> {
    let mut files: BTreeMap<_, BTreeMap<u64, u64>> = BTreeMap::new();
    let is_counted = |found: &&Match| found.by != Grouping::Event || !found.nearness.is_behind;
    for found in written(search).filter(is_counted) {
        let hours = files.entry((&found.path, found.file)).or_default();
        *hours.entry((found.start_seconds / HOUR_SECS) as u64).or_default() += 1;
    }
    let of_file = |((path, file), counted): ((&Utf8PathBuf, FileId), BTreeMap<u64, u64>)| {
        let known = sounds.file(file);
        let began = known.and_then(|file| file.began());
        let last = counted.last_key_value().map_or(0, |(hour, _)| *hour);
        let secs = known.map_or(0.0, |file| file.duration_secs());
        let hours = ((secs / HOUR_SECS).ceil() as u64).max(last + 1);
        let path = path.clone();
        (0..hours).map(move |hour| HourCount {
            path: path.clone(),
            file,
            hour,
            recorded: began.and_then(|began| moment::clock_at(began, hour as f64 * HOUR_SECS)),
            matches: counted.get(&hour).copied().unwrap_or(0),
        })
    };
    files.into_iter().flat_map(of_file).collect()
}

pub(super) fn write_csv(searches: &[&SearchReport], sounds: &DatasetView, to: &mut dyn Write) -> io::Result<()> {
    let mut table = ::csv::Writer::from_writer(to);
    table.write_record(COLUMNS)?;
    for search in searches {
        for HourCount { path, hour, recorded, matches, .. } in count_per_hour(search, sounds) {
            let clock = recorded.map_or_else(String::new, |clock| clock.to_string());
            let (hour, matches) = (hour.to_string(), matches.to_string());
            table.write_record([query_of(search), path.as_str(), &hour, &clock, &matches])?;
        }
    }
    table.flush()
}

#[derive(Serialize)]
struct Document<'a> {
    searches: Vec<Counted<'a>>,
}

#[derive(Serialize)]
struct Counted<'a> {
    query: &'a str,
    /// All counts together.
    matches: u64,
    hours: Vec<HourCount>,
}

pub(super) fn write_json(searches: &[&SearchReport], sounds: &DatasetView, mut to: &mut dyn Write) -> io::Result<()> {
    let searches = searches.iter().map(|search| {
        let hours = count_per_hour(search, sounds);
        Counted { query: query_of(search), matches: hours.iter().map(|hour| hour.matches).sum(), hours }
    });
    serde_json::to_writer(&mut to, &Document { searches: searches.collect() })?;
    writeln!(to)
}
