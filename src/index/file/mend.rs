//! Opens an index despite damage. Whole segments and blocks are kept. The rows that are lost are named, so that only
//! those must be encoded again.

use std::path::Path;
use std::sync::Arc;

use super::{IndexError, IndexFile, folder_of, listed, segment};
use crate::index::codes::Codes;
use crate::index::rows::RowSet;
use crate::index::searcher::Index;
use crate::index::segment::Segment;

/// What could be read of a damaged index. Nothing in `index` is damaged.
#[derive(Debug)]
pub struct Mended {
    pub index: IndexFile,
    /// The rows whose codes are lost. The index counts them as removed.
    pub lost: RowSet,
    /// Descriptions of the damage. Empty if the index is whole.
    pub found: Vec<String>,
}

impl IndexFile {
    /// Opens the index at `path` and checks it completely. Segments that `before` also has are shared with `before`,
    /// and checked once for both.
    ///
    /// # Errors
    /// If the list itself cannot be used.
    pub fn open_mending(path: &Path, before: Option<&IndexFile>) -> Result<Mended, IndexError> {
        let listed = listed(path)?;
        let (folder, bits) = (folder_of(path), listed.header.bits);
        let mut lost = RowSet::none(listed.header.rows);
        let (mut found, mut segments, mut first_row) = (Vec::new(), Vec::new(), 0);
        for &(rows, sum) in &listed.segments {
            let opened = Self::segment_of(folder, bits, rows, sum, before);
            let (segment, gone) = match opened {
                Ok(segment) => mended(segment, &mut found)?,
                Err(cause) => {
                    found.push(cause.to_string());
                    (Arc::new(empty(bits, rows)?), (0..rows).collect())
                }
            };
            gone.into_iter().for_each(|row| lost.insert(first_row + row));
            segments.push(segment);
            first_row += rows;
        }
        let kept = match (listed.kept, lost.count()) {
            (kept, 0) => kept,
            (kept, _) => {
                let mut kept = kept.unwrap_or_else(|| RowSet::all(listed.header.rows));
                lost.iter().for_each(|row| kept.remove(row));
                Some(kept)
            }
        };
        let index = Index::of_segments(bits, segments, kept);
        let index = IndexFile { index, made_by: listed.made_by, file_bytes: listed.file_bytes, _list: listed.file };
        Ok(Mended { index, lost, found })
    }
}

/// The segment without its damaged parts, and the rows that are lost.
fn mended(segment: Arc<Segment>, found: &mut Vec<String>) -> Result<(Arc<Segment>, Vec<usize>), IndexError> {
    let Some(file) = segment.file() else { return Ok((segment, Vec::new())) };
    if let Err(cause) = segment.codes() {
        found.push(cause.to_string());
        let (codes, gone) = file.whole_codes(segment.unchecked_codes())?;
        return Ok((Arc::new(Segment::build(codes, true)), gone));
    }
    match segment.buckets() {
        Ok(_) => Ok((segment, Vec::new())),
        Err(cause) => {
            found.push(cause.to_string());
            Ok((Arc::new(Segment::build(Codes::with_rows(segment.codes()?), true)), Vec::new()))
        }
    }
}

/// A segment of `rows` zero codes, without tables. It takes the place of a segment that cannot be read; the index
/// counts none of its rows.
fn empty(bits: usize, rows: usize) -> Result<Segment, IndexError> {
    Ok(Segment::build(segment::zeros(bits, rows), false))
}
