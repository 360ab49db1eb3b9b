//! Files: what was written is read, and what is damaged is refused.

use super::*;
use crate::index::RowSet;
use crate::index::testing::{clustered, codes};

fn path_in(folder: &tempfile::TempDir) -> PathBuf {
    folder.path().join("index-1.codes")
}

/// Opens, and uses everything that is in it.
fn use_all(path: &Path) -> Result<(), IndexError> {
    let file = IndexFile::open(path)?;
    let codes = file.codes()?;
    let query = vec![0; words_per_code(codes.bits())];
    file.index().search(&query, 3, None)?;
    match &file.index().stored() {
        Some(stored) => stored.check_tables(),
        None => Ok(()),
    }
}

#[test]
fn what_was_written_is_read() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = path_in(&folder);
    let codes = codes(72, &[1, 2, 3, 4, 5]);
    IndexFile::write(&path, codes.as_ref(), 9).expect("written");
    let file = IndexFile::open(&path).expect("opened");
    let read = file.codes().expect("whole");
    assert_eq!((read.bits(), file.model_generation()), (72, 9));
    assert_eq!(read.words(), codes.as_ref().words());
    assert_eq!(file.file_bytes(), std::fs::metadata(&path).expect("there").len());
    assert_eq!(read.words().as_ptr().align_offset(ALIGNMENT), 0);
}

#[test]
fn tables_segments_and_removed_rows_are_read() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = path_in(&folder);
    let index = Index::build(clustered(64, 60_000, 3000, 7));
    let index = index.with_appended(clustered(64, 1000, 3000, 8).as_ref()).expect("in memory").without([3, 60_500]);
    assert!(index.table_bytes() > 0);
    IndexFile::save(&path, &index, 1).expect("written");
    let file = IndexFile::open(&path).expect("opened");
    assert_eq!(file.index().segments().len(), 2);
    assert_eq!(file.index().table_bytes(), index.table_bytes());
    assert_eq!(file.index().kept().map(RowSet::count), Some(60_998));
    for query in clustered(64, 50, 3000, 9).as_ref().iter() {
        let expected = index.search(query, 20, None).expect("in memory");
        assert_eq!(file.index().search(query, 20, None).expect("whole"), expected);
    }
    let again = folder.path().join("again.codes");
    IndexFile::save(&again, file.index(), 1).expect("written");
    assert!(std::fs::read(&path).expect("read") == std::fs::read(&again).expect("read"), "a copy is alike");
}

#[test]
fn an_empty_index_is_an_index() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = path_in(&folder);
    IndexFile::write(&path, Codes::new(64).expect("a legal width").as_ref(), 1).expect("written");
    let file = IndexFile::open(&path).expect("opened");
    assert!(file.codes().expect("whole").is_empty());
    assert!(file.index().search(&[7], 3, None).expect("whole").neighbours.is_empty());
}

#[test]
fn every_changed_byte_and_every_truncation_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = path_in(&folder);
    let index = Index::build(codes(72, &[1, 2, 3, 4, 5])).without([1]);
    IndexFile::save(&path, &index, 9).expect("written");
    use_all(&path).expect("whole");
    let whole = std::fs::read(&path).expect("read");
    for at in 0..whole.len() {
        let mut altered = whole.clone();
        altered[at] ^= 0x10;
        std::fs::write(&path, &altered).expect("altered");
        assert!(use_all(&path).is_err(), "byte {at} altered");
        std::fs::write(&path, &whole[..at]).expect("cut");
        assert!(use_all(&path).is_err(), "cut after {at} bytes");
    }
    std::fs::write(&path, [&whole[..], &[0]].concat()).expect("lengthened");
    assert!(use_all(&path).is_err(), "a byte too many");
}

#[test]
fn damage_in_a_table_is_refused_when_it_is_used() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = path_in(&folder);
    let index = Index::build(clustered(64, 60_000, 3000, 7));
    IndexFile::save(&path, &index, 1).expect("written");
    let whole = std::fs::read(&path).expect("read");
    // The block in which the codes end holds the beginning of the tables too: damage is looked for behind it.
    for at in [whole.len() - 1, BLOCK_BYTES * 2] {
        let mut altered = whole.clone();
        altered[at] ^= 1;
        std::fs::write(&path, &altered).expect("altered");
        let file = IndexFile::open(&path).expect("the list is whole");
        assert!(file.codes().is_ok(), "the codes are whole");
        assert!(matches!(file.index().search(&[1], 3, None), Err(IndexError::Damaged { .. })), "byte {at}");
    }
}

/// A stranger can give any content the right checksums: then the content must make sense, or be refused.
#[test]
fn a_list_that_lies_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = path_in(&folder);
    IndexFile::save(&path, &Index::build(clustered(64, 30_000, 800, 7)), 1).expect("written");
    let whole = std::fs::read(&path).expect("read");
    let list = HEADER_BYTES..HEADER_BYTES + u64_at(&whole, 40) as usize * 8;
    let mut refused = 0;
    for at in list.clone().step_by(8).chain([16, 32, 40]) {
        for value in [0, 1, 63, 64, u64::from(u32::MAX), u64::MAX, u64_at(&whole, at) + 1, u64_at(&whole, at) ^ 64] {
            let mut forged = whole.clone();
            forged[at..at + 8].copy_from_slice(&value.to_le_bytes());
            let sum = blake3::Hasher::new().update(&forged[..64]).update(&forged[list.clone()]).finalize();
            forged[64..96].copy_from_slice(sum.as_bytes());
            std::fs::write(&path, &forged).expect("forged");
            // Whatever it is, it is used without a panic; what cannot be is refused.
            refused += usize::from(use_all(&path).is_err());
        }
    }
    assert!(refused > list.len() / 8, "{refused} of {} refused", list.len());
}

#[test]
fn a_newer_version_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = path_in(&folder);
    IndexFile::write(&path, codes(64, &[1]).as_ref(), 1).expect("written");
    let mut newer = std::fs::read(&path).expect("read");
    newer[8] = 3;
    std::fs::write(&path, &newer).expect("altered");
    assert!(matches!(IndexFile::open(&path), Err(IndexError::Newer { found: 3, .. })));
    newer[8] = 1;
    std::fs::write(&path, &newer).expect("altered");
    assert!(matches!(IndexFile::open(&path), Err(IndexError::Damaged { .. })));
}
