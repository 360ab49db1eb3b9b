//! Groups of near-duplicates: rows that are connected by a chain of small distances.

use std::sync::atomic::{AtomicU32, Ordering};

use rayon::prelude::*;

use super::all_codes::AllCodes;
use super::buckets::{BUCKET_BITS_AT_MOST, Key, Table, entry_words, tag_bits_at_most};
use super::codes::{Codes, CodesRef};
use super::file::IndexError;
use super::kernel::{Kernel, Wanted};
use super::searcher::Index;

impl Index {
    /// Groups of two or more rows. Each row is within `radius` of another row of its group, and of no row of another
    /// group. The largest group comes first; groups of equal size are ordered by their first row. The rows of a group
    /// ascend. Removed rows are in no group.
    ///
    /// Equal codes are compared with others once. Different codes are compared only if they agree in one of `radius +
    /// 1` parts of their bits. Few do, as long as the radius is small against the width.
    ///
    /// `go_on` is called now and then. If it returns false, the result is `None`.
    ///
    /// # Errors
    /// As for [`Index::codes`].
    pub fn groups(
        &self,
        radius: u32,
        go_on: &(dyn Fn() -> bool + Sync),
    ) -> Result<Option<Vec<Vec<usize>>>, IndexError> {
        let codes = self.codes()?;
        Ok(by_width!(super::codes::words_per_code(codes.bits()), groups(self, &codes, radius, go_on)))
    }
}

fn groups<const W: usize>(
    index: &Index,
    codes: &AllCodes<'_>,
    radius: u32,
    go_on: &(dyn Fn() -> bool + Sync),
) -> Option<Vec<Vec<usize>>> {
    let mut rows: Vec<([u64; W], u32)> = codes
        .pieces(0..codes.len())
        .flat_map(|piece| piece.words().as_chunks::<W>().0)
        .copied()
        .zip(0..)
        .filter(|(_, row)| index.kept().is_none_or(|kept| kept.contains(*row as usize)))
        .collect();
    rows.par_sort_unstable();
    let equal: Vec<&[([u64; W], u32)]> = rows.chunk_by(|a, b| a.0 == b.0).collect();
    let mut distinct = Codes::with_room(codes.bits(), equal.len());
    equal.iter().for_each(|rows| distinct.extend(CodesRef::new(codes.bits(), &rows[0].0)));

    let forest = Forest::new(equal.len());
    if radius as usize >= codes.bits() {
        (1..equal.len() as u32).for_each(|at| forest.join(0, at));
    } else if radius > 0 {
        (0..=radius as usize)
            .into_par_iter()
            .for_each(|part| join::<W>(distinct.as_ref(), part, radius, &forest, go_on));
    }
    if !go_on() {
        return None;
    }
    let mut by_root: Vec<(u32, usize)> = (0..equal.len() as u32).map(|at| (forest.root(at), at as usize)).collect();
    by_root.par_sort_unstable();
    let mut groups: Vec<Vec<usize>> = by_root
        .chunk_by(|a, b| a.0 == b.0)
        .filter(|members| members.len() > 1 || equal[members[0].1].len() > 1)
        .map(|members| {
            let mut rows: Vec<usize> =
                members.iter().flat_map(|&(_, at)| equal[at]).map(|&(_, row)| row as usize).collect();
            rows.sort_unstable();
            rows
        })
        .collect();
    groups.sort_unstable_by(|a, b| b.len().cmp(&a.len()).then(a[0].cmp(&b[0])));
    Some(groups)
}

/// Joins the codes that differ in at most `radius` bits and agree in one of the `radius + 1` parts of their bits. Any
/// two codes that differ in at most `radius` bits agree in some part.
fn join<const W: usize>(
    codes: CodesRef<'_>,
    part: usize,
    radius: u32,
    forest: &Forest,
    go_on: &(dyn Fn() -> bool + Sync),
) {
    // `go_on` is called again after this number of rows. Each row of a bucket is compared with all rows after it.
    const LOOK_EVERY: usize = 256;
    let bits = codes.bits();
    // The bucket's number has room for only some of the part's bits. Codes that agree in the whole part also agree in
    // these bits.
    let mine: Vec<u16> =
        (part..bits).step_by(radius as usize + 1).take(BUCKET_BITS_AT_MOST as usize).map(|bit| bit as u16).collect();
    let others: Vec<u16> = (0..bits as u16).filter(|bit| !mine.contains(bit)).collect();
    let others = &others[..others.len().min(tag_bits_at_most(bits, codes.len()))];
    let key = Key::new(bits, codes.len(), &mine, others);
    let table = Table::build(&key, codes);
    let words = codes.words().as_chunks::<W>().0;
    let (entries, entry_words) = (&table.entries[..], entry_words(bits));
    let row_of = |at: usize| (entries[at * entry_words] & key.row_mask) as u32;
    table.starts.par_windows(2).for_each_init(
        || (Vec::new(), Vec::new(), Vec::new()),
        |(near, rows, distances), bucket| {
            let end = bucket[1] as usize;
            for at in bucket[0] as usize..end {
                if at.is_multiple_of(LOOK_EVERY) && !go_on() {
                    return;
                }
                let row = row_of(at);
                near.clear();
                distances.clear();
                let mut tag = [0; 2];
                tag[..entry_words].copy_from_slice(&entries[at * entry_words..][..entry_words]);
                let wanted = Wanted { tag, row_mask: key.row_mask, reach: radius, enough: usize::MAX };
                let mut following = at as u32 + 1..end as u32;
                let following = std::slice::from_mut(&mut following);
                Kernel::chosen().entries_within(entries, entry_words, following, wanted, near);
                let root = forest.root(row);
                rows.clear();
                rows.extend(near.iter().map(|&near| near as u32).filter(|&other| forest.root(other) != root));
                Kernel::chosen().distances_of(words, rows, &words[row as usize], distances);
                for (&other, &distance) in rows.iter().zip(&*distances) {
                    if u32::from(distance) <= radius {
                        forest.join(row, other);
                    }
                }
            }
        },
    );
}

/// Disjoint sets that several threads join at once (the union-find without locks of Anderson and Woll). A root points
/// to itself. Every other element points to a smaller element of its set.
struct Forest {
    parents: Vec<AtomicU32>,
}

impl Forest {
    fn new(len: usize) -> Self {
        Self { parents: (0..len as u32).map(AtomicU32::new).collect() }
    }

    /// The smallest element of the set. Only valid until another thread joins the set to another one.
    fn root(&self, mut at: u32) -> u32 {
        loop {
            let parent = self.parents[at as usize].load(Ordering::Relaxed);
            if parent == at {
                return at;
            }
            let above = self.parents[parent as usize].load(Ordering::Relaxed);
            // Shortens the path for later calls. If another thread has already changed it, nothing is lost.
            let _ = self.parents[at as usize].compare_exchange(parent, above, Ordering::Relaxed, Ordering::Relaxed);
            at = above;
        }
    }

    fn join(&self, a: u32, b: u32) {
        loop {
            let (a, b) = (self.root(a), self.root(b));
            if a == b {
                return;
            }
            let (small, large) = (a.min(b), a.max(b));
            let joined =
                self.parents[large as usize].compare_exchange(large, small, Ordering::Relaxed, Ordering::Relaxed);
            if joined.is_ok() {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests;
