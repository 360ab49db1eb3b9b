//! Compares exhaustive search with a reference of ten lines.

use proptest::prelude::*;

use super::*;
use crate::index::Codes;
use crate::index::testing::{codes, reference};

proptest! {
    #[test]
    fn nearest_is_what_the_reference_finds(
        bits in 8usize..=512,
        rows in prop::collection::vec(0u64..40, 0..120),
        queries in prop::collection::vec(0u64..40, 1..12),
        k in 0usize..130,
        keep in prop::option::of(prop::collection::vec(prop::bool::weighted(0.5), 120)),
        thin in any::<bool>(),
    ) {
        let codes = codes(bits, &rows);
        let queries = self::codes(bits, &queries);
        let allowed = keep.map(|keep| {
            let mut set = RowSet::none(rows.len());
            let keeps = |row: &usize| keep[*row] && (!thin || row % 20 == 3);
            (0..rows.len()).filter(keeps).for_each(|row| set.insert(row));
            set
        });
        let each = nearest_to_each(codes.as_ref(), queries.as_ref(), k, allowed.as_ref());
        for (query, found) in queries.as_ref().iter().zip(each) {
            let expected = reference(&codes, query, k, allowed.as_ref());
            prop_assert_eq!(&nearest(codes.as_ref(), query, k, allowed.as_ref()), &expected);
            prop_assert_eq!(found, expected);
        }
    }

    /// More codes than the reference could handle in time: they take several blocks and threads, and the limit falls
    /// over many rows.
    #[test]
    fn kernels_threads_and_batches_answer_alike(
        bits in prop_oneof![Just(64usize), Just(100), Just(256)],
        count in 1usize..30_000,
        k in prop_oneof![Just(1usize), Just(10), Just(1000)],
        density in prop_oneof![Just(0u64), Just(2), Just(50), Just(5000)],
        seed in any::<u64>(),
    ) {
        let mut state = seed | 1;
        let mut next = || { state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407); state >> 40 };
        let words: Vec<u64> = (0..count).map(|_| next() & next()).collect();
        let codes = codes(bits, &words);
        let allowed = (density > 0).then(|| {
            let mut set = RowSet::none(count);
            (0..count).filter(|_| next() % density == 0).for_each(|row| set.insert(row));
            set
        });
        let queries = codes.as_ref().slice(0..count.min(20));
        let part = Part { codes: codes.as_ref(), first_row: 0, allowed: allowed.as_ref() };
        let answers: Vec<Vec<Vec<Neighbour>>> = [1, 3]
            .into_iter()
            .flat_map(|threads| Kernel::available().into_iter().map(move |kernel| (threads, kernel)))
            .flat_map(|(threads, kernel)| {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
                pool.install(|| [queries.len(), 1].map(|together| {
                    let mut found = Vec::new();
                    for start in (0..queries.len()).step_by(together) {
                        let queries = queries.slice(start..start + together);
                        let mut selections: Vec<_> = queries.iter().map(|_| Selection::new(k, bits as u32)).collect();
                        scan(kernel, part, queries, &mut selections);
                        found.extend(selections.into_iter().map(Selection::finish));
                    }
                    found
                }))
            })
            .collect();
        for answer in &answers {
            prop_assert_eq!(answer, &answers[0]);
        }
        let mut distance = Vec::new();
        distances(codes.as_ref(), queries.code(0), &mut distance);
        let mut all: Vec<_> = distance.iter().enumerate()
            .filter(|(row, _)| allowed.as_ref().is_none_or(|set| set.contains(*row)))
            .map(|(row, &d)| Neighbour { distance: u32::from(d), row }).collect();
        all.sort_unstable();
        all.truncate(k);
        prop_assert_eq!(&answers[0][0], &all);
    }
}

#[test]
fn no_codes_no_neighbours_and_no_queries_no_answers() {
    let none = Codes::new(64).expect("a legal width");
    assert!(nearest(none.as_ref(), &[0], 5, None).is_empty());
    assert!(nearest_to_each(none.as_ref(), none.as_ref(), 5, None).is_empty());
}
