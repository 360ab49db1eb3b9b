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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::file::blocks::BLOCK_BYTES;
    use crate::index::file::tests::{path_in, segment_paths};
    use crate::index::testing::clustered;

    /// An index of three segments, the first with tables.
    fn three(list: &Path) -> Index {
        let mut index = Index::build(clustered(64, 300_000, 3000, 7));
        for rows in [1000, 300] {
            index = index.with_appended(clustered(64, rows, 3000, rows as u64).as_ref()).expect("in memory");
        }
        IndexFile::save(list, &index, 1).expect("written");
        index
    }

    fn flip(path: &Path, at: usize) {
        let mut bytes = std::fs::read(path).expect("read");
        bytes[at] ^= 1;
        std::fs::write(path, bytes).expect("damaged");
    }

    /// Asserts that the mended index has all codes but the lost ones, and answers like an index without the lost rows.
    fn compare(mended: &Mended, whole: &Index) {
        let (now, before) = (mended.index.codes().expect("whole"), whole.codes().expect("in memory"));
        let kept = (0..whole.len()).filter(|&row| !mended.lost.contains(row));
        assert!(kept.clone().all(|row| now.code(row) == before.code(row)));
        let expected = whole.without(mended.lost.iter());
        for query in clustered(64, 20, 3000, 10).as_ref().iter() {
            let (found, expected) = (mended.index.index().search(query, 20, None), expected.search(query, 20, None));
            assert_eq!(found.expect("whole").neighbours, expected.expect("in memory").neighbours);
        }
    }

    #[test]
    fn a_damaged_segment_costs_only_its_own_codes() {
        let folder = tempfile::tempdir().expect("a folder");
        let list = path_in(&folder);
        let whole = three(&list);
        let paths = segment_paths(&list);
        assert_eq!(paths.len(), 3);
        // The last byte of a small segment is in its only block.
        flip(&paths[1], std::fs::metadata(&paths[1]).expect("there").len() as usize - 1);
        let mended = IndexFile::open_mending(&list, None).expect("mended");
        assert_eq!((mended.found.len(), mended.lost.count()), (1, 1000), "{:?}", mended.found);
        assert!((300_000..301_000).all(|row| mended.lost.contains(row)));
        compare(&mended, &whole);
        // A missing segment as well.
        std::fs::remove_file(&paths[2]).expect("removed");
        let mended = IndexFile::open_mending(&list, None).expect("mended");
        assert_eq!((mended.found.len(), mended.lost.count()), (2, 1300), "{:?}", mended.found);
        compare(&mended, &whole);
    }

    #[test]
    fn a_damaged_block_costs_its_codes_and_a_damaged_table_costs_none() {
        let folder = tempfile::tempdir().expect("a folder");
        let list = path_in(&folder);
        let whole = three(&list);
        let path = &segment_paths(&list)[0];
        let original = std::fs::read(path).expect("read");
        // Each code has 8 bytes, so the codes fill two blocks and a part of the third.
        flip(path, BLOCK_BYTES + BLOCK_BYTES / 2);
        let mended = IndexFile::open_mending(&list, None).expect("mended");
        let a_block = BLOCK_BYTES / 8;
        assert_eq!((mended.found.len(), mended.lost.count()), (1, a_block), "{:?}", mended.found);
        compare(&mended, &whole);
        std::fs::write(path, &original).expect("whole again");

        flip(path, original.len() - 1);
        let mended = IndexFile::open_mending(&list, None).expect("mended");
        assert_eq!((mended.found.len(), mended.lost.count()), (1, 0), "{:?}", mended.found);
        assert!(mended.index.index().table_bytes() > 0, "the tables are made again");
        compare(&mended, &whole);
    }
}
