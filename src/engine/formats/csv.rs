//! CSV by RFC 4180, with a header.

use std::io::{self, Write};

use super::query_of;
use crate::engine::query::SearchReport;

const COLUMNS: [&str; 9] =
    ["query", "query_start_seconds", "rank", "path", "start_seconds", "end_seconds", "distance", "bits", "problem"];

pub(super) fn write(searches: &[&SearchReport], to: &mut dyn Write) -> io::Result<()> {
    let mut table = ::csv::Writer::from_writer(to);
    table.write_record(COLUMNS)?;
    for search in searches {
        for (number, found) in search.matches.iter().enumerate() {
            table.write_record([
                query_of(search),
                &found.query_start_seconds.to_string(),
                &(number + 1).to_string(),
                found.path.as_str(),
                &found.start_seconds.to_string(),
                &found.end_seconds.to_string(),
                &found.distance.to_string(),
                &search.bits.to_string(),
                found.problem.as_deref().unwrap_or_default(),
            ])?;
        }
    }
    table.flush()
}
