//! Tables against exhaustive search.

use proptest::prelude::*;

use super::*;
use crate::index::scan::{Neighbour, as_array};
use crate::index::select::Selection;
use crate::index::testing::clustered;
use crate::index::{Codes, nearest};

/// Tables over all bits in `parts` parts. Bits are distributed in turn, a tag has at most `tag_bits` bits, and levels
/// never seem expensive.
fn tables(codes: CodesRef<'_>, parts: usize, levels: usize, tag_bits: usize) -> Buckets {
    let bits = codes.bits() as u16;
    let part = |part: usize| {
        let (mine, others): (Vec<u16>, Vec<u16>) =
            (0..bits).partition(|&bit| usize::from(bit) % parts == part && usize::from(bit) / parts < 14);
        let most = tag_bits_at_most(codes.bits(), codes.len()).min(tag_bits);
        let key = Key::new(codes.bits(), codes.len(), &mine, &others[..others.len().min(most)]);
        let table = Table::build(&key, codes);
        assert_eq!(table.flaw(&key, codes.bits(), codes.len()), None);
        Part { key, table, level_nanos: (0..levels).map(|level| 1.0 + (level * (part + 1)) as f32).collect() }
    };
    Buckets { parts: Arc::new((0..parts).map(part).collect()), patience: 1.0, typical_nanos: 1.0 }
}

fn look_up(
    buckets: &Buckets,
    codes: CodesRef<'_>,
    query: &[u64],
    selection: &mut Selection,
    allowed: Option<&RowSet>,
    budget_nanos: f32,
) -> bool {
    fn with_width<const W: usize>(
        buckets: &Buckets,
        codes: CodesRef<'_>,
        query: &[u64],
        selection: &mut Selection,
        allowed: Option<&RowSet>,
        budget_nanos: f32,
    ) -> bool {
        buckets.probe::<W>(codes, 0, allowed).search(&as_array(query), selection, budget_nanos)
    }
    by_width!(query.len(), with_width(buckets, codes, query, selection, allowed, budget_nanos))
}

fn search(
    buckets: &Buckets,
    codes: CodesRef<'_>,
    query: &[u64],
    mut selection: Selection,
    allowed: Option<&RowSet>,
) -> Option<Vec<Neighbour>> {
    let done = look_up(buckets, codes, query, &mut selection, allowed, f32::INFINITY);
    done.then(|| selection.finish())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn tables_find_what_a_scan_finds(
        bits in prop_oneof![8usize..40, Just(64), Just(100), Just(128), Just(200)],
        count in 1usize..800,
        clusters in 1u64..40,
        parts in 1usize..7,
        k in prop_oneof![Just(0usize), 1usize..40, Just(2000)],
        keep in prop::option::of(1usize..20),
        tag_bits in prop_oneof![Just(128usize), 0usize..20],
        seed in any::<u64>(),
    ) {
        let codes = clustered(bits, count, clusters, seed);
        let buckets = tables(codes.as_ref(), parts, 6, tag_bits);
        let allowed = keep.map(|keep| {
            let mut set = RowSet::none(count);
            (0..count).filter(|row| row % keep == 0).for_each(|row| set.insert(row));
            set
        });
        let mut answered = 0;
        for query in clustered(bits, 10, clusters, seed ^ 1).as_ref().iter() {
            let selection = Selection::new(k, bits as u32);
            if let Some(found) = search(&buckets, codes.as_ref(), query, selection, allowed.as_ref()) {
                prop_assert_eq!(found, nearest(codes.as_ref(), query, k, allowed.as_ref()));
                answered += 1;
            }
            let near = search(&buckets, codes.as_ref(), query, Selection::new(usize::MAX, 2), allowed.as_ref());
            let mut expected = nearest(codes.as_ref(), query, count, allowed.as_ref());
            expected.retain(|found| found.distance <= 2);
            // A radius of 2 needs at most three levels of a part, and there are six.
            prop_assert_eq!(near, Some(expected));
        }
        prop_assert!(k != 0 || answered == 10);
    }
}

#[test]
fn a_search_that_would_be_dearer_than_a_scan_is_given_up() {
    let codes = clustered(64, 2000, 10, 1);
    let buckets = tables(codes.as_ref(), 4, 6, 128);
    let mut selection = Selection::new(10, 64);
    // Far away from everything.
    let query = [!codes.as_ref().code(0)[0]];
    assert!(!look_up(&buckets, codes.as_ref(), &query, &mut selection, None, 20.0));
}

#[test]
fn tables_are_fitted_to_codes_in_crowds_and_not_to_codes_without_any() {
    let crowds = clustered(64, 60_000, 3000, 5);
    let buckets = Buckets::build(crowds.as_ref()).expect("crowds are found faster by tables");
    let dealt: usize = buckets.parts.iter().map(|part| part.key.bits.len()).sum();
    assert_eq!(dealt, 64);
    let mut uniform = Codes::new(256).expect("a legal width");
    let mut next = crate::index::testing::random(3);
    uniform.extend_words((0..4 * 40_000).map(|_| next()));
    assert!(Buckets::build(uniform.as_ref()).is_none(), "no table helps where all is equally far");
}
