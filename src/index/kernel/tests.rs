//! Compares every kernel that this machine can run with distances that are counted bit by bit.

use proptest::prelude::*;

use super::*;

fn bit_by_bit(a: &[u64], b: &[u64]) -> u32 {
    (0..a.len() * 64).map(|bit| u32::from(a[bit / 64] >> (bit % 64) & 1 != b[bit / 64] >> (bit % 64) & 1)).sum()
}

/// Codes that differ in a few bits, so that there are ties, or random codes.
fn code<const W: usize>(seed: u64) -> [u64; W] {
    std::array::from_fn(|at| {
        let mixed = (seed + at as u64 * 77).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        if seed.is_multiple_of(3) { mixed ^ mixed >> 29 } else { 1 << (mixed >> 58) }
    })
}

fn check<const W: usize>(seeds: &[u64], query_seeds: &[u64], k: usize, radius: u32, allowed: Option<&[u8]>) {
    let codes: Vec<[u64; W]> = seeds.iter().map(|&seed| code(seed)).collect();
    let queries: Vec<[u64; W]> = query_seeds.iter().map(|&seed| code(seed)).collect();
    let rows = codes.as_flattened();
    let mut words = vec![0; rows.len()];
    interleave::<W>(rows, &mut words);
    let list: Vec<u32> = (0..codes.len() as u32).map(|row| row * 3 + 1).collect();
    for kernel in Kernel::available() {
        let mut all = Vec::new();
        kernel.distances(&codes, &queries[0], &mut all);
        assert!(all.iter().zip(&codes).all(|(&d, code)| u32::from(d) == bit_by_bit(code, &queries[0])));
        assert_eq!(kernel.count_ones(rows), bit_by_bit(rows, &vec![0; rows.len()]) as usize);
        for (words, order) in [(rows, Order::Rows), (&words, Order::Words)] {
            for rows in [Rows::From(100), Rows::List(&list)] {
                let mut selections: Vec<_> = queries.iter().map(|_| Selection::new(k, radius)).collect();
                kernel.scan(&Block { words, order, allowed, rows }, &queries, &mut selections);
                for (query, selection) in queries.iter().zip(selections) {
                    let mut expected: Vec<_> = (0..codes.len())
                        .filter(|&row| allowed.is_none_or(|allowed| allowed[row / 8] >> (row % 8) & 1 == 1))
                        .map(|row| {
                            (
                                bit_by_bit(&codes[row], query),
                                if let Rows::List(list) = rows { list[row] as usize } else { row + 100 },
                            )
                        })
                        .filter(|found| found.0 <= radius)
                        .collect();
                    expected.sort_unstable();
                    expected.truncate(k);
                    let found: Vec<_> = selection.finish().into_iter().map(|n| (n.distance, n.row)).collect();
                    assert_eq!(found, expected, "{} {order:?} {W} words", kernel.name());
                }
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn every_kernel_finds_what_counting_bit_by_bit_finds(
        mut seeds in prop::collection::vec(0u64..60, 0..100),
        queries in prop::collection::vec(0u64..60, 1..20),
        k in 0usize..110,
        radius in prop_oneof![0u32..6, Just(512)],
        allowed in prop::option::of(prop::collection::vec(any::<u8>(), 13)),
    ) {
        seeds.truncate(seeds.len() / GROUP * GROUP);
        let allowed = allowed.as_ref().map(|bytes| &bytes[..seeds.len() / GROUP]);
        check::<1>(&seeds, &queries, k, radius, allowed);
        check::<2>(&seeds, &queries, k, radius, allowed);
        check::<3>(&seeds, &queries, k, radius, allowed);
        check::<4>(&seeds, &queries, k, radius, allowed);
        check::<5>(&seeds, &queries, k, radius, allowed);
        check::<6>(&seeds, &queries, k, radius, allowed);
        check::<7>(&seeds, &queries, k, radius, allowed);
        check::<8>(&seeds, &queries, k, radius, allowed);
    }
}

fn check_entries<const E: usize>(seeds: &[u64], ranges: &[Range<u32>], row_bits: u32, reach: u32, enough: usize) {
    let entries: Vec<[u64; E]> = seeds.iter().map(|&seed| code(seed)).collect();
    let mut tag = [0; 2];
    tag[..E].copy_from_slice(&code::<E>(1));
    let row_mask = (1 << row_bits) - 1;
    tag[0] &= !row_mask;
    let distance = |entry: &[u64; E]| {
        let (mut known, mut wanted) = (*entry, [0; E]);
        known[0] &= !row_mask;
        wanted.copy_from_slice(&tag[..E]);
        bit_by_bit(&known, &wanted)
    };
    let expected: Vec<u64> = ranges
        .iter()
        .flat_map(|range| &entries[range.start as usize..range.end as usize])
        .filter(|entry| distance(entry) <= reach)
        .map(|entry| u64::from(distance(entry)) << 32 | entry[0] & row_mask)
        .collect();
    for kernel in Kernel::available() {
        let mut ranges = ranges.to_vec();
        let (mut all, mut left) = (Vec::new(), &mut ranges[..]);
        while !left.is_empty() {
            let mut found = Vec::new();
            let wanted = Wanted { tag, row_mask, reach, enough };
            let done = kernel.entries_within(entries.as_flattened(), E, left, wanted, &mut found);
            assert!(done == left.len() || found.len() >= enough, "{} goes on until there are enough", kernel.name());
            assert!(found.len() < enough.saturating_add(GROUP), "{} leaves off when there are enough", kernel.name());
            left = &mut left[done..];
            all.extend(found);
        }
        assert_eq!(all, expected, "{} {E} words", kernel.name());
    }
}

proptest! {
    #[test]
    fn every_kernel_finds_the_entries_that_are_near(
        seeds in prop::collection::vec(0u64..60, 0..80),
        cuts in prop::collection::vec(0usize..80, 0..12),
        row_bits in 0u32..32,
        reach in prop_oneof![0u32..6, Just(64)],
        enough in prop_oneof![1usize..5, Just(usize::MAX)],
    ) {
        let mut cuts: Vec<u32> = cuts.into_iter().map(|cut| cut.min(seeds.len()) as u32).collect();
        cuts.sort_unstable();
        let ranges: Vec<Range<u32>> = cuts.windows(2).map(|cut| cut[0]..cut[1]).collect();
        check_entries::<1>(&seeds, &ranges, row_bits, reach, enough);
        check_entries::<2>(&seeds, &ranges, row_bits, reach, enough);
    }

    #[test]
    fn every_kernel_numbers_buckets(
        held in prop::collection::vec(any::<bool>(), 1..200),
    ) {
        let buckets: Vec<u32> = (0u32..).zip(&held).filter(|(_, held)| **held).map(|(bucket, _)| bucket).collect();
        let mut directory = vec![0u64; held.len().div_ceil(32)];
        buckets.iter().for_each(|&bucket| directory[bucket as usize / 32] |= 1 << (bucket % 32));
        for (at, word) in directory.iter_mut().enumerate() {
            *word |= (buckets.iter().filter(|&&bucket| (bucket as usize) < at * 32).count() as u64) << 32;
        }
        for kernel in Kernel::available() {
            let mut numbers = buckets.clone();
            kernel.numbers(&directory, &mut numbers);
            prop_assert!(numbers.iter().copied().eq(0..buckets.len() as u32));
        }
    }
}
