//! Raven's selection table: a header, then one line for each selection, separated by tabs.
//!
//! Raven opens the files in `Begin Path` as one sequence, in order of first appearance. `Begin Time` and `End Time`
//! count from the start of that sequence, and `File Offset` from the start of the file. Selections cover the whole
//! frequency band.

use std::collections::HashMap;
use std::io::{self, Write};

use super::{clock_of, file_name, in_one_cell, path_in_one_cell, query_of, verdict_of, written};
use crate::dataset::{FileId, SoundFile};
use crate::engine::latest::DatasetView;
use crate::engine::query::SearchReport;

const COLUMNS: [&str; 16] = [
    "Selection",
    "View",
    "Channel",
    "Begin Time (s)",
    "End Time (s)",
    "Low Freq (Hz)",
    "High Freq (Hz)",
    "Begin Path",
    "Begin File",
    "File Offset (s)",
    "Query",
    "Query Offset (s)",
    "Distance",
    "Bits",
    "Verdict",
    "Recorded",
];

/// The highest frequency of files that are no longer in the dataset.
const UNKNOWN_RATE: u32 = 8000;

pub(super) fn write(searches: &[&SearchReport], sounds: &DatasetView, to: &mut dyn Write) -> io::Result<()> {
    let known: HashMap<FileId, &SoundFile> = sounds.files.iter().map(|file| (file.id, file.as_ref())).collect();
    let mut begins: HashMap<&str, f64> = HashMap::new();
    let mut end_of_sequence = 0.0;
    let mut selection = 0;
    writeln!(to, "{}", COLUMNS.join("\t"))?;
    for search in searches {
        for found in written(search) {
            let file = known.get(&found.file);
            let begin = *begins.entry(found.path.as_str()).or_insert_with(|| {
                let begin = end_of_sequence;
                end_of_sequence += file.map_or(found.end_seconds, |file| file.duration_secs());
                begin
            });
            selection += 1;
            writeln!(
                to,
                "{selection}\tSpectrogram 1\t1\t{:.6}\t{:.6}\t0.0\t{:.1}\t{}\t{}\t{:.6}\t{}\t{:.6}\t{}\t{}\t{}\t{}",
                begin + found.start_seconds,
                begin + found.end_seconds,
                f64::from(file.map_or(UNKNOWN_RATE, |file| file.rate)) / 2.0,
                path_in_one_cell(found.path.as_str()),
                path_in_one_cell(file_name(found)),
                found.start_seconds,
                in_one_cell(query_of(search)),
                found.query_start_seconds,
                found.distance,
                search.bits,
                verdict_of(found),
                clock_of(found),
            )?;
        }
    }
    Ok(())
}
