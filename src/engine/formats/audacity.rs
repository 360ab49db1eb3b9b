//! Audacity's label track: one line for each label, with start and end in seconds and the text of the label, separated
//! by tabs.
//!
//! Seconds count from the start of the match's own file, which the text names. So the track belongs under that file.

use std::io::{self, Write};

use super::{file_name, in_one_cell, query_of, verdict_of, written};
use crate::engine::query::SearchReport;

pub(super) fn write(searches: &[&SearchReport], to: &mut dyn Write) -> io::Result<()> {
    for search in searches {
        for (number, found) in written(search).enumerate() {
            let mut label = format!("{} {} ({} of {})", number + 1, file_name(found), found.distance, search.bits);
            if found.nearness.verdict.is_some() {
                label += &format!(", {}", verdict_of(found));
            }
            if searches.len() > 1 {
                label = format!("{}: {label}", query_of(search));
            }
            writeln!(to, "{:.6}\t{:.6}\t{}", found.start_seconds, found.end_seconds, in_one_cell(&label))?;
        }
    }
    Ok(())
}
