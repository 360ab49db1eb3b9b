//! CSV by RFC 4180, with a header.

use std::io::{self, Write};

use super::{clock_of, query_of, verdict_of, written};
use crate::engine::query::SearchReport;
use crate::engine::told::{self, ASPECTS};

const COLUMNS: [&str; 14] = [
    "query",
    "query_start_seconds",
    "rank",
    "path",
    "start_seconds",
    "end_seconds",
    "distance",
    "bits",
    "problem",
    "share_alike",
    "verdict",
    "recorded",
    "false_alarms",
    "file_seconds",
];

pub(super) fn write(searches: &[&SearchReport], to: &mut dyn Write) -> io::Result<()> {
    let mut table = ::csv::Writer::from_writer(to);
    table.write_record(COLUMNS.iter().chain(&ASPECTS))?;
    for search in searches {
        for (number, found) in written(search).enumerate() {
            let cells = [
                query_of(search).to_owned(),
                found.query_start_seconds.to_string(),
                (number + 1).to_string(),
                found.path.to_string(),
                found.start_seconds.to_string(),
                found.end_seconds.to_string(),
                found.distance.to_string(),
                search.bits.to_string(),
                found.problem.clone().unwrap_or_default(),
                or_nothing(found.nearness.share_alike),
                verdict_of(found).to_owned(),
                clock_of(found),
                or_nothing(found.nearness.by_chance),
                found.file_seconds.to_string(),
            ];
            table.write_record(cells.iter().chain(&told::cells(found.aspects)))?;
        }
    }
    table.flush()
}

fn or_nothing(number: Option<f64>) -> String {
    number.map_or_else(String::new, |number| number.to_string())
}
