//! Tests that written indexes can be read, and that damaged ones are refused.

use super::header::{HEADER_BYTES, u64_at};
use super::*;
use crate::index::codes::words_per_code;
use crate::index::testing::{clustered, codes};

pub fn path_in(folder: &tempfile::TempDir) -> PathBuf {
    folder.path().join("index-1.codes")
}

/// The files of the segments of the index at `path`.
pub fn segment_paths(path: &Path) -> Vec<PathBuf> {
    let names = IndexFile::segment_names(path).expect("a list");
    names.iter().map(|name| path.with_file_name(name)).collect()
}

/// Opens the index and uses everything in it.
fn use_all(path: &Path) -> Result<(), IndexError> {
    let file = IndexFile::open(path)?;
    let codes = file.codes()?;
    let query = vec![0; words_per_code(codes.bits())];
    file.index().search(&query, 3, None)?;
    file.index().segments().try_for_each(|segment| segment.buckets().map(|_| ()))
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
    let words = read.words(0..5);
    assert_eq!(*words, *codes.as_ref().words());
    assert_eq!(words.as_ptr().align_offset(ALIGNMENT), 0);
    let in_all = |path: &PathBuf| std::fs::metadata(path).expect("there").len();
    assert_eq!(file.file_bytes(), in_all(&path) + segment_paths(&path).iter().map(in_all).sum::<u64>());
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
    assert_eq!(file.index().segments().count(), 2);
    assert_eq!(file.index().table_bytes(), index.table_bytes());
    assert_eq!(file.index().kept().map(RowSet::count), Some(60_998));
    for query in clustered(64, 50, 3000, 9).as_ref().iter() {
        let expected = index.search(query, 20, None).expect("in memory");
        assert_eq!(file.index().search(query, 20, None).expect("whole"), expected);
    }
    // When the index is written to another folder, it consists of the same files.
    let elsewhere = tempfile::tempdir().expect("a folder");
    let again = elsewhere.path().join("again.codes");
    IndexFile::save(&again, file.index(), 1).expect("written");
    let all = |path: &Path| [vec![path.to_owned()], segment_paths(path)].concat();
    for (path, again) in all(&path).iter().zip(all(&again)) {
        assert!(std::fs::read(path).expect("read") == std::fs::read(&again).expect("read"), "{}", again.display());
    }
}

#[test]
fn a_grown_index_shares_what_was_there() {
    let folder = tempfile::tempdir().expect("a folder");
    let (path, next) = (path_in(&folder), folder.path().join("index-2.codes"));
    let all = clustered(64, 61_000, 3000, 7);
    IndexFile::write(&path, all.as_ref().slice(0..60_000), 1).expect("written");
    let file = IndexFile::open(&path).expect("opened");
    let [first] = &segment_paths(&path)[..] else { panic!("one segment") };
    let written = |path: &PathBuf| std::fs::metadata(path).expect("there").modified().expect("a time");
    let before = written(first);

    let grown = file.index().with_appended(all.as_ref().slice(60_000..61_000)).expect("whole").without([5]);
    IndexFile::save(&next, &grown, 1).expect("written");
    let segments = segment_paths(&next);
    assert_eq!((segments.len(), &segments[0], written(first)), (2, first, before));
    let files = std::fs::read_dir(&folder).expect("read").count();
    assert_eq!(files, 4, "two lists and two segments");

    // An index that is opened after the first one shares the first one's segment. Opened alone, it gives the same
    // answers.
    let shared = IndexFile::open_after(&next, Some(&file)).expect("opened");
    let both: Vec<_> = shared.index().segments().zip(file.index().segments()).collect();
    assert!(both.len() == 1 && Arc::ptr_eq(both[0].0, both[0].1));
    let alone = IndexFile::open(&next).expect("opened");
    for query in all.as_ref().slice(59_990..60_010).iter() {
        let expected = grown.search(query, 20, None).expect("whole");
        assert_eq!(shared.index().search(query, 20, None).expect("whole"), expected);
        assert_eq!(alone.index().search(query, 20, None).expect("whole"), expected);
    }
}

#[test]
fn an_empty_index_is_an_index() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = path_in(&folder);
    IndexFile::write(&path, Codes::new(64).expect("a legal width").as_ref(), 1).expect("written");
    let file = IndexFile::open(&path).expect("opened");
    assert!(file.codes().expect("whole").is_empty());
    assert!(file.index().search(&[7], 3, None).expect("whole").neighbours.is_empty());
    assert_eq!(IndexFile::segment_names(&path).expect("a list"), Vec::<String>::new());
}

#[test]
fn every_changed_byte_and_every_truncation_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let list = path_in(&folder);
    let index = Index::build(codes(72, &[1, 2, 3, 4, 5])).without([1]);
    IndexFile::save(&list, &index, 9).expect("written");
    use_all(&list).expect("whole");
    for path in [vec![list.clone()], segment_paths(&list)].concat() {
        let whole = std::fs::read(&path).expect("read");
        for at in 0..whole.len() {
            let mut altered = whole.clone();
            altered[at] ^= 0x10;
            std::fs::write(&path, &altered).expect("altered");
            assert!(use_all(&list).is_err(), "byte {at} altered");
            std::fs::write(&path, &whole[..at]).expect("cut");
            assert!(use_all(&list).is_err(), "cut after {at} bytes");
        }
        std::fs::write(&path, [&whole[..], &[0]].concat()).expect("lengthened");
        assert!(use_all(&list).is_err(), "a byte too many");
        std::fs::write(&path, &whole).expect("mended");
        use_all(&list).expect("whole");
    }
}

#[test]
fn a_segment_that_is_missing_or_of_another_index_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let (path, other) = (path_in(&folder), folder.path().join("index-2.codes"));
    IndexFile::write(&path, codes(72, &[1, 2, 3]).as_ref(), 1).expect("written");
    IndexFile::write(&other, codes(72, &[0, 0, 0]).as_ref(), 1).expect("written");
    let (own, foreign) = (&segment_paths(&path)[0], &segment_paths(&other)[0]);
    let told = || IndexFile::open(&path).expect_err("refused").to_string();
    std::fs::rename(foreign, own).expect("renamed");
    assert!(told().contains("of another index"), "{}", told());
    std::fs::remove_file(own).expect("removed");
    let name = own.file_name().expect("a name").to_string_lossy();
    assert!(told().contains(&*name) && told().contains("build the index again"), "{}", told());
}

#[test]
fn damage_in_a_table_is_refused_when_it_is_used() {
    let folder = tempfile::tempdir().expect("a folder");
    let list = path_in(&folder);
    let index = Index::build(clustered(64, 60_000, 3000, 7));
    IndexFile::save(&list, &index, 1).expect("written");
    let path = &segment_paths(&list)[0];
    let whole = std::fs::read(path).expect("read");
    // The block that holds the end of the codes also holds the beginning of the tables. The damage must be behind that
    // block.
    for at in [whole.len() - 1, blocks::BLOCK_BYTES * 2] {
        let mut altered = whole.clone();
        altered[at] ^= 1;
        std::fs::write(path, &altered).expect("altered");
        let file = IndexFile::open(&list).expect("the lists are whole");
        assert!(file.codes().is_ok(), "the codes are whole");
        assert!(matches!(file.index().search(&[1], 3, None), Err(IndexError::Damaged { .. })), "byte {at}");
    }
}

/// A stranger can write any content with correct checksums. Such content must either make sense or be refused.
#[test]
fn a_list_that_lies_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let list = path_in(&folder);
    let index = Index::build(clustered(64, 30_000, 800, 7)).without([7]);
    IndexFile::save(&list, &index, 1).expect("written");
    let (whole_list, path) = (std::fs::read(&list).expect("read"), segment_paths(&list).swap_remove(0));
    let whole = std::fs::read(&path).expect("read");
    let words = |bytes: &[u8]| HEADER_BYTES..HEADER_BYTES + u64_at(bytes, 32) as usize * 8;
    let forged = |bytes: &[u8], at: usize, value: u64| {
        let mut forged = bytes.to_vec();
        forged[at..at + 8].copy_from_slice(&value.to_le_bytes());
        let sum = *blake3::Hasher::new().update(&forged[..64]).update(&forged[words(bytes)]).finalize().as_bytes();
        forged[64..96].copy_from_slice(&sum);
        (forged, sum)
    };
    let values = |bytes: &[u8], at: usize| {
        let now = u64_at(bytes, at);
        [0, 1, 63, 64, u64::from(u32::MAX), u64::MAX, now + 1, now ^ 64].into_iter().filter(move |&value| value != now)
    };

    // The segment gets false content, and the list the new checksum. Each change must be refused or be usable without a
    // panic.
    let (mut refused, mut tried) = (0, 0);
    for at in words(&whole).step_by(8).chain([16, 24, 32, 40]) {
        for value in values(&whole, at) {
            let (segment, sum) = forged(&whole, at, value);
            let mut list_words: Vec<u64> =
                whole_list[words(&whole_list)].as_chunks().0.iter().map(|word| u64::from_le_bytes(*word)).collect();
            list_words.splice(6..10, words_of(&[sum]));
            let header = Header { version: 5, bits: 64, rows: 30_000, own: [1, 1, 1] };
            let (header, _) = header.bytes(MAGIC, whole_list.len() as u64, &list_words);
            std::fs::write(&list, [&header, bytemuck::cast_slice(&list_words)].concat()).expect("forged");
            let there = path.with_file_name(segment::name_of(&sum));
            std::fs::write(&there, &segment).expect("forged");
            tried += 1;
            refused += usize::from(use_all(&list).is_err());
            std::fs::remove_file(there).expect("removed");
        }
    }
    assert!(refused * 4 > tried * 3, "{refused} of {tried} refused");

    // The list gets false content.
    std::fs::write(&path, &whole).expect("mended");
    for at in [16, 24, 32, 48, 56].into_iter().chain(words(&whole_list).step_by(8).skip(5).take(5)) {
        for value in values(&whole_list, at) {
            std::fs::write(&list, forged(&whole_list, at, value).0).expect("forged");
            assert!(use_all(&list).is_err(), "{value} at {at}");
        }
    }
}

#[test]
fn a_newer_version_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = path_in(&folder);
    IndexFile::write(&path, codes(64, &[1]).as_ref(), 1).expect("written");
    let mut newer = std::fs::read(&path).expect("read");
    newer[8] = 6;
    std::fs::write(&path, &newer).expect("altered");
    assert!(matches!(IndexFile::open(&path), Err(IndexError::Newer { found: 6, .. })));
    newer[8] = 3;
    std::fs::write(&path, &newer).expect("altered");
    let told = IndexFile::open(&path).expect_err("refused").to_string();
    assert!(told.contains("version 3") && told.contains("build the index again"), "{told}");
}
