//! The number of matches in each hour of each file, as CSV. Hours without a match have a row with 0, so that the table
//! can be plotted directly.

use std::collections::BTreeMap;
use std::io::{self, Write};

use super::{query_of, written};
use crate::dataset::moment;
use crate::engine::latest::DatasetView;
use crate::engine::query::{Grouping, Match, SearchReport};

const HOUR_SECS: f64 = 3600.0;

const COLUMNS: [&str; 5] = ["query", "path", "hour", "recorded", "matches"];

pub(super) fn write(searches: &[&SearchReport], sounds: &DatasetView, to: &mut dyn Write) -> io::Result<()> {
    let mut table = ::csv::Writer::from_writer(to);
    table.write_record(COLUMNS)?;
    for search in searches {
        let mut files: BTreeMap<_, BTreeMap<u64, u64>> = BTreeMap::new();
        let is_counted = |found: &&Match| found.by != Grouping::Event || !found.nearness.is_behind;
        for found in written(search).filter(is_counted) {
            let hours = files.entry((&found.path, found.file)).or_default();
            *hours.entry((found.start_seconds / HOUR_SECS) as u64).or_default() += 1;
        }
        for ((path, file), counted) in files {
            let began = sounds.file(file).and_then(|file| file.began());
            let last = counted.last_key_value().map_or(0, |(hour, _)| *hour);
            let secs = sounds.file(file).map_or(0.0, |file| file.duration_secs());
            let hours = ((secs / HOUR_SECS).ceil() as u64).max(last + 1);
            for hour in 0..hours {
                let clock = began.and_then(|began| moment::clock_at(began, hour as f64 * HOUR_SECS));
                let clock = clock.map_or_else(String::new, |clock| clock.to_string());
                let matches = counted.get(&hour).copied().unwrap_or(0);
                table.write_record([
                    query_of(search),
                    path.as_str(),
                    &hour.to_string(),
                    &clock,
                    &matches.to_string(),
                ])?;
            }
        }
    }
    table.flush()
}
