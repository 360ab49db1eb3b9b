//! Bounds for the rows of the catalogue. A stranger's catalogue must not make the program allocate without bound, loop
//! for ever or read outside of an index.

use super::generations::{IndexGeneration, IndexedFile};
use crate::dataset::SoundFile;

/// The most frames of a file: over a year at 384 kHz.
const FRAMES: u64 = 1 << 44;
/// The most bytes of a file, as file systems allow.
const BYTES: u64 = i64::MAX as u64;
const RATE_HZ: std::ops::RangeInclusive<u32> = 1..=10_000_000;
const CHANNELS: std::ops::RangeInclusive<u16> = 1..=1024;
/// The most pairs of lowest and highest sample in a thumbnail.
const THUMBNAIL: usize = 1 << 16;
/// The rows of an index are numbered by 32 bits.
const ROWS: u64 = 1 << 32;

/// The invalid value in this row of a file, in words. `None` if it is valid.
pub(super) fn flaw_of_file(file: &SoundFile) -> Option<String> {
    let what = match file {
        _ if file.size_bytes > BYTES => "size",
        _ if !RATE_HZ.contains(&file.rate) => "sample rate",
        _ if !CHANNELS.contains(&file.channels) => "number of channels",
        _ if file.frames > FRAMES => "length",
        _ if !(file.peak.is_finite() && file.peak >= 0.0) => "peak",
        _ if file.thumbnail.len() > THUMBNAIL => "thumbnail",
        _ => {
            let of_metadata = || file.metadata.as_ref().and_then(|metadata| metadata.flaw());
            file.aspects.and_then(|aspects| aspects.flaw()).or_else(of_metadata)?
        }
    };
    Some(format!("an impossible {what} of {}", file.path))
}

/// The invalid value in these rows of an index, in words. `None` if they are valid.
pub(super) fn flaw_of_index(index: &IndexGeneration) -> Option<String> {
    let mut end = 0;
    for IndexedFile { file, first_row, silent, .. } in &index.files {
        // Files are ordered by first row. A file that begins before the last one's end would share rows with it.
        match first_row.checked_add(silent.len() as u64) {
            Some(next) if *first_row >= end && next <= ROWS => end = next,
            _ => return Some(format!("impossible rows of file {} in index {}", file.0, index.generation)),
        }
    }
    (index.codes > ROWS || index.unique_codes > index.codes || !index.entropy_nats.is_finite())
        .then(|| format!("impossible counts of index {}", index.generation))
}
