//! Selecting the nearest among the rows that a search visits.

use super::scan::Neighbour;

/// Keeps the rows that may be among the `k` nearest by (distance, row), in whatever order rows are offered.
///
/// Distances are small integers. The selection counts how often each distance occurs, so it knows at once when enough
/// rows are nearer than some distance. From then on, one comparison refuses a row. No heap has to be kept in order.
#[derive(Debug)]
pub(super) struct Selection {
    k: usize,
    /// If rows are offered in ascending order, a row at this distance or farther is too late.
    limit: u32,
    /// Whether `k` rows are kept. Then `limit` is the k-th smallest distance so far.
    full: bool,
    /// The number of rows offered at each distance up to `limit`.
    counts: Vec<usize>,
    /// The number of rows offered that are nearer than `limit`.
    nearer: usize,
    kept: Vec<u64>,
    /// Keys from this one on are not among the `k` smallest.
    bound: u64,
}

fn key(distance: u32, row: u32) -> u64 {
    u64::from(distance) << 32 | u64::from(row)
}

impl Selection {
    /// Rows farther than `radius` are never kept.
    pub fn new(k: usize, radius: u32) -> Self {
        let limit = if k == 0 { 0 } else { radius + 1 };
        Self { k, limit, full: k == 0, counts: vec![0; limit as usize], nearer: 0, kept: Vec::new(), bound: u64::MAX }
    }

    /// An empty selection that wants only rows that this one still wants.
    pub fn fresh(&self) -> Self {
        Self::new(self.k, self.reach().unwrap_or(0))
    }

    /// A row that comes after all rows seen so far is kept if its distance is below this.
    pub fn limit(&self) -> u32 {
        self.limit
    }

    /// The farthest distance at which a row may still be among the nearest. `None`: no row can be.
    pub fn reach(&self) -> Option<u32> {
        if self.full && self.k > 0 { Some(self.limit) } else { self.limit.checked_sub(1) }
    }

    /// Whether as many rows are kept as are wanted.
    pub fn is_full(&self) -> bool {
        self.full
    }

    /// The number of rows that are wanted.
    pub fn k(&self) -> usize {
        self.k
    }

    /// Keeps a row whose distance is below [`Selection::limit`].
    #[inline]
    pub fn offer(&mut self, distance: u32, row: u32) {
        debug_assert!(distance < self.limit);
        self.kept.push(key(distance, row));
        self.counts[distance as usize] += 1;
        self.nearer += 1;
        while self.nearer >= self.k {
            self.full = true;
            self.limit -= 1;
            self.nearer -= self.counts[self.limit as usize];
        }
        if self.kept.len() / 2 > self.k.saturating_add(32) {
            self.prune();
        }
    }

    /// Keeps a row if it may be among the nearest. Rows may come in any order, but a row must not be offered twice.
    pub fn offer_unordered(&mut self, distance: u32, row: u32) {
        if distance < self.limit {
            self.offer(distance, row);
        } else if self.full && self.k > 0 && distance == self.limit && key(distance, row) < self.bound {
            self.kept.push(key(distance, row));
            if self.kept.len() / 2 > self.k.saturating_add(32) {
                self.prune();
            }
        }
    }

    /// Whether a row at this distance, or farther, may still be among the nearest.
    #[inline]
    pub fn wants(&self, distance: u32, row: u32) -> bool {
        let near = distance < self.limit || (distance == self.limit && self.full && self.k > 0);
        near && key(distance, row) < self.bound
    }

    /// Learns from a search that was given up: how far the nearest rows are at most, but not which rows they are.
    pub fn narrow(&mut self, other: &Selection) {
        if other.full && self.kept.is_empty() {
            *self = other.fresh();
        }
    }

    /// Adds what another selection with the same `k` and radius found among other rows.
    pub fn merge(&mut self, other: Selection) {
        if self.kept.is_empty() {
            *self = other;
            return;
        }
        for key in other.kept {
            self.offer_unordered((key >> 32) as u32, key as u32);
        }
    }

    fn prune(&mut self) {
        if self.k > 0 && self.kept.len() > self.k {
            let (_, &mut last, _) = self.kept.select_nth_unstable(self.k - 1);
            self.bound = last;
            self.kept.truncate(self.k);
        }
    }

    /// The nearest rows, nearest first.
    pub fn finish(mut self) -> Vec<Neighbour> {
        self.prune();
        self.kept.truncate(self.k);
        self.kept.sort_unstable();
        self.kept.into_iter().map(|key| Neighbour { distance: (key >> 32) as u32, row: key as u32 as usize }).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_nearest_are_kept_in_any_order(
            offered in prop::collection::vec(0u32..12, 0..400),
            k in 0usize..60,
            radius in 0u32..14,
            shuffled in any::<bool>(),
        ) {
            let mut rows: Vec<(u32, u32)> = offered.iter().zip(0..).map(|(&distance, row)| (distance, row)).collect();
            let mut expected: Vec<_> = rows.iter().copied().filter(|row| row.0 <= radius).collect();
            expected.sort_unstable();
            expected.truncate(k);
            let mut selection = Selection::new(k, radius);
            if shuffled {
                rows.sort_by_key(|&(_, row)| row.wrapping_mul(2_654_435_761));
                rows.into_iter().for_each(|(distance, row)| selection.offer_unordered(distance, row));
            } else {
                for (distance, row) in rows {
                    if distance < selection.limit() {
                        selection.offer(distance, row);
                    }
                }
            }
            let found: Vec<_> = selection.finish().into_iter().map(|n| (n.distance, n.row as u32)).collect();
            prop_assert_eq!(found, expected);
        }
    }
}
