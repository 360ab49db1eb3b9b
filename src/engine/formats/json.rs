//! JSON: `{"searches": [{"query": ..., "matches": [...], ...}]}`.

use std::io::{self, Write};

use serde::Serialize;

use super::query_of;
use crate::engine::query::SearchReport;

#[derive(Serialize)]
struct Document<'a> {
    searches: Vec<Search<'a>>,
}

#[derive(Serialize)]
struct Search<'a> {
    query: &'a str,
    #[serde(flatten)]
    report: &'a SearchReport,
}

pub(super) fn write(searches: &[&SearchReport], mut to: &mut dyn Write) -> io::Result<()> {
    let searches = searches.iter().map(|report| Search { query: query_of(report), report }).collect();
    serde_json::to_writer(&mut to, &Document { searches })?;
    writeln!(to)
}
