//! Compares groups with all pairs.

use proptest::prelude::*;

use super::*;
use crate::index::testing::{clustered, distance_bit_by_bit};

fn by_all_pairs(codes: &Codes, radius: u32, skipped: &[usize]) -> Vec<Vec<usize>> {
    let mut group: Vec<usize> = (0..codes.len()).collect();
    for a in 0..codes.len() {
        for b in 0..a {
            let distance = distance_bit_by_bit(codes.bits(), codes.as_ref().code(a), codes.as_ref().code(b));
            if distance <= radius && !skipped.contains(&a) && !skipped.contains(&b) && group[a] != group[b] {
                let (from, to) = (group[a], group[b]);
                group.iter_mut().filter(|group| **group == from).for_each(|group| *group = to);
            }
        }
    }
    let mut groups = std::collections::BTreeMap::<usize, Vec<usize>>::new();
    (0..codes.len()).for_each(|row| groups.entry(group[row]).or_default().push(row));
    let mut groups: Vec<Vec<usize>> = groups.into_values().filter(|rows| rows.len() > 1).collect();
    groups.sort_by(|a, b| b.len().cmp(&a.len()).then(a[0].cmp(&b[0])));
    groups
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn groups_are_what_all_pairs_give(
        bits in prop_oneof![8usize..24, Just(64), Just(130)],
        count in 0usize..120,
        clusters in 1u64..60,
        radius in prop_oneof![0u32..4, Just(30), Just(600)],
        removed in any::<bool>(),
        seed in any::<u64>(),
    ) {
        let codes = clustered(bits, count, clusters, seed);
        let skipped: Vec<usize> = if removed { (0..count).step_by(9).collect() } else { Vec::new() };
        let expected = by_all_pairs(&codes, radius, &skipped);
        let index = Index::build(codes).without(skipped);
        prop_assert_eq!(index.groups(radius, &|| true).expect("in memory"), Some(expected));
    }
}

#[test]
fn a_crowd_of_equal_codes_is_one_group() {
    let index = Index::build(crate::index::testing::codes(64, &[5; 50_000]));
    let groups = index.groups(2, &|| true).expect("in memory").expect("not stopped");
    assert_eq!(groups.len(), 1);
    assert_eq!(groups[0].len(), 50_000);
}

#[test]
fn whoever_does_not_go_on_gets_no_groups() {
    let index = Index::build(clustered(64, 2000, 3, 1));
    assert_eq!(index.groups(4, &|| false).expect("in memory"), None);
}
