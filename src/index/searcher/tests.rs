//! The whole index: searching, growing, removing.

use proptest::prelude::*;

use super::*;
use crate::index::testing::{clustered, codes, reference};
use crate::index::{IndexFile, nearest};

fn neighbours(index: &Index, query: &[u64], k: usize, filter: Option<&RowSet>) -> Vec<Neighbour> {
    index.search(query, k, filter).expect("in memory").neighbours
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn growing_and_removing_change_what_is_found_and_nothing_else(
        bits in 8usize..=512,
        batches in prop::collection::vec(prop::collection::vec(prop_oneof![Just(7u64), 0u64..40], 0..30), 1..6),
        removed in prop::collection::btree_set(0usize..100, 0..40),
        filtered in prop::option::of(0usize..5),
        query in 0u64..40,
        k in 0usize..170,
        on_disk in any::<bool>(),
    ) {
        let mut index = Index::build(codes(bits, &batches[0]));
        let folder = tempfile::tempdir().expect("a folder");
        let mut file = None;
        for (batch, generation) in batches[1..].iter().zip(0..) {
            index = index.with_appended(codes(bits, batch).as_ref()).expect("whole");
            if on_disk {
                let path = folder.path().join(format!("{generation}.codes"));
                IndexFile::save(&path, &index, generation).expect("written");
                let next = IndexFile::open_after(&path, file.as_ref()).expect("opened");
                index = next.index().clone();
                file = Some(next);
            }
        }
        let all = codes(bits, &batches.concat());
        let removed: Vec<usize> = removed.into_iter().filter(|&row| row < all.len()).collect();
        let index = index.without(removed.iter().copied());
        let mut allowed = RowSet::all(all.len());
        removed.iter().for_each(|&row| allowed.remove(row));
        let filter = filtered.map(|every| {
            let mut set = RowSet::none(all.len());
            // The set has no rows, all rows, or one row in `every` rows.
            (0..all.len()).filter(|row| every > 0 && row % every == 0).for_each(|row| set.insert(row));
            set
        });
        if let Some(filter) = &filter {
            allowed = allowed.and(filter);
        }
        let query = codes(bits, &[query]);
        let query = query.as_ref().code(0);
        let expected = reference(&all, query, k, Some(&allowed));
        prop_assert_eq!(neighbours(&index, query, k, filter.as_ref()), expected);

        let near: Vec<_> = reference(&all, query, all.len(), Some(&allowed)).into_iter().filter(|n| n.distance <= 3).collect();
        prop_assert_eq!(index.within(query, 3, filter.as_ref()).expect("in memory").neighbours, near);

        let (compact, rows) = index.compacted().expect("in memory");
        let of_old = |row: usize| rows[row];
        let mut kept = RowSet::all(all.len());
        removed.iter().for_each(|&row| kept.remove(row));
        let found: Vec<_> = neighbours(&compact, query, k, None)
            .into_iter().map(|n| Neighbour { row: of_old(n.row), ..n }).collect();
        prop_assert_eq!(found, reference(&all, query, k, Some(&kept)));
    }
}

/// Large enough for tables, with several segments, and with near and distant queries.
#[test]
fn tables_segments_scans_and_threads_answer_alike() {
    for bits in [64, 100] {
        let all = clustered(bits, 120_000, 3000, 7);
        let old = Codes::with_rows(all.as_ref().slice(0..100_000));
        let index = Index::build(old).with_appended(all.as_ref().slice(100_000..120_000)).expect("in memory");
        assert_eq!(index.segments.len(), 2, "a fifth is not joined");
        assert!(index.table_bytes() > 0);
        let removed: Vec<usize> = (0..120_000).step_by(7).collect();
        let index = index.without(removed);
        let mut queries = clustered(bits, 60, 3000, 8);
        queries.extend(codes(bits, &[1, 2, 3]).as_ref());
        for filter in [None, Some(13), Some(5000)] {
            let filter = filter.map(|every| {
                let mut set = RowSet::none(120_000);
                (0..120_000).step_by(every).for_each(|row| set.insert(row));
                set
            });
            let kept = index.kept().expect("rows were removed");
            let allowed = filter.as_ref().map_or_else(|| kept.clone(), |filter| filter.and(kept));
            let mut by_tables = 0;
            for threads in [1, 3] {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
                let answers =
                    pool.install(|| index.search_each(queries.as_ref(), 10, filter.as_ref())).expect("in memory");
                for (query, answer) in queries.as_ref().iter().zip(answers) {
                    assert_eq!(answer.neighbours, nearest(all.as_ref(), query, 10, Some(&allowed)));
                    assert_eq!(neighbours(&index, query, 10, filter.as_ref()), answer.neighbours);
                    by_tables += usize::from(answer.scanned < 100_000);
                }
            }
            assert!(filter.is_some() || by_tables > 0, "no query of {bits} bits was answered by tables");
        }
    }
}

#[test]
fn segments_stay_few() {
    let mut index = Index::build(Codes::new(64).expect("a legal width"));
    for step in 0..200 {
        index = index.with_appended(codes(64, &[step]).as_ref()).expect("in memory");
        assert!(index.segments.len() <= 8, "{} segments after {step}", index.segments.len());
    }
    assert_eq!(index.len(), 200);
}

#[test]
fn a_search_during_growth_sees_what_it_began_with() {
    let folder = tempfile::tempdir().expect("a folder");
    let path_of = |generation: u64| folder.path().join(format!("index-{generation}.codes"));
    let first = clustered(64, 30_000, 500, 3);
    IndexFile::write(&path_of(0), first.as_ref(), 1).expect("written");
    let file = IndexFile::open(&path_of(0)).expect("opened");
    let index = file.index().clone();
    let query = first.as_ref().code(17).to_vec();
    let expected = neighbours(&index, &query, 50, None);
    std::thread::scope(|scope| {
        let searching = scope.spawn(|| (0..50).all(|_| neighbours(&index, &query, 50, None) == expected));
        let mut file = file;
        for step in 0..5 {
            let more = clustered(64, 2000, 500, step);
            let grown = file.index().with_appended(more.as_ref()).expect("whole").without([17]);
            IndexFile::save(&path_of(step + 1), &grown, 1).expect("written");
            file = IndexFile::open_after(&path_of(step + 1), Some(&file)).expect("opened");
            // This happens when a generation is deleted: the files that only it used disappear during the search.
            std::fs::remove_file(path_of(step)).expect("removed");
            let needed = IndexFile::segment_names(&path_of(step + 1)).expect("a list");
            for entry in std::fs::read_dir(&folder).expect("read").map(|entry| entry.expect("an entry")) {
                let name = entry.file_name().into_string().expect("UTF-8");
                if name.starts_with("segment-") && !needed.contains(&name) {
                    std::fs::remove_file(entry.path()).expect("removed");
                }
            }
        }
        let grown = file.index();
        assert_eq!(grown.len(), 40_000);
        assert!(neighbours(grown, &query, 50, None).iter().all(|found| found.row != 17));
        assert!(searching.join().expect("no panic"));
    });
}

#[test]
fn compacting_is_wanted_when_much_was_removed() {
    let index = Index::build(codes(16, &[1; 8]));
    assert!(!index.without([0, 1]).wants_compacting());
    assert!(index.without([0, 1, 2]).wants_compacting());
}
