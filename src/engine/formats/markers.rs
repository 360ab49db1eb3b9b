//! Adobe Audition's marker list: a header, then one line for each marker, separated by tabs. Times are minutes and
//! seconds from the start of the match's own file, which the description names.

use std::io::{self, Write};

use super::{in_one_cell, query_of, verdict_of, written};
use crate::engine::query::SearchReport;

pub(super) fn write(searches: &[&SearchReport], to: &mut dyn Write) -> io::Result<()> {
    writeln!(to, "Name\tStart\tDuration\tTime Format\tType\tDescription")?;
    for search in searches {
        for (number, found) in written(search).enumerate() {
            let start = time(found.start_seconds);
            let length = time(found.end_seconds - found.start_seconds);
            let mut name = format!("Match {} ({} of {})", number + 1, found.distance, search.bits);
            if found.nearness.verdict.is_some() {
                name += &format!(", {}", verdict_of(found));
            }
            let mut about = found.path.to_string();
            if searches.len() > 1 {
                about += &format!(", like {}", query_of(search));
            }
            writeln!(to, "{name}\t{start}\t{length}\tdecimal\tCue\t{}", in_one_cell(&about))?;
        }
    }
    Ok(())
}

/// A time as "1:02.375", with thousandths. Hours are shown only if there are any.
fn time(secs: f64) -> String {
    let millis = (secs.max(0.0) * 1000.0).round() as u64;
    let (minutes, rest) = (millis / 60_000, millis % 60_000);
    let rest = format!("{:02}.{:03}", rest / 1000, rest % 1000);
    match minutes < 60 {
        true => format!("{minutes}:{rest}"),
        false => format!("{}:{:02}:{rest}", minutes / 60, minutes % 60),
    }
}
