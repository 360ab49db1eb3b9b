//! The index: codes that grow, with tables that make searching them fast.

use std::sync::Arc;

use rayon::prelude::*;

use super::all_codes::AllCodes;
use super::buckets::Buckets;
use super::codes::{Codes, CodesRef, words_per_code};
use super::file::IndexError;
use super::kernel::Kernel;
use super::rows::RowSet;
use super::scan::{Neighbour, Part, scan, scan_nanos};
use super::segment::Segment;
use super::select::Selection;

/// Codes, the rows that were not removed, and tables to search them by. An index never changes. Growing makes another
/// index that shares segments with this one, so a running search goes on with the index that it began with.
#[derive(Clone, Debug)]
pub struct Index {
    pub(super) bits: usize,
    /// One after another, from row 0 on.
    pub(super) segments: Vec<Placed>,
    /// The rows that were not removed. `None`: no row was removed.
    pub(super) kept: Option<Arc<RowSet>>,
}

/// A segment, and its first row in the index.
#[derive(Clone, Debug)]
pub(super) struct Placed {
    pub first_row: usize,
    pub segment: Arc<Segment>,
}

/// What a search found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// By (distance, row), nearest first.
    pub neighbours: Vec<Neighbour>,
    /// The number of rows that were compared one by one because no table was faster. 0 if the tables alone gave the
    /// answer.
    pub scanned: usize,
}

impl Index {
    /// Builds an index of `codes`, on the threads of the current pool.
    pub fn build(codes: Codes) -> Self {
        Self::of_segments(codes.bits(), [Arc::new(Segment::build(codes, true))], None)
    }

    /// `kept` must have as many rows as the segments together.
    pub(super) fn of_segments(
        bits: usize,
        segments: impl IntoIterator<Item = Arc<Segment>>,
        kept: Option<RowSet>,
    ) -> Self {
        let placed = |end: &mut usize, segment: Arc<Segment>| {
            let first_row = *end;
            *end += segment.rows();
            Some(Placed { first_row, segment })
        };
        let segments = segments.into_iter().scan(0, placed).filter(|placed| placed.segment.rows() > 0).collect();
        Self { bits, segments, kept: kept.map(Arc::new) }
    }

    /// The number of rows that were not removed.
    pub fn kept_count(&self) -> usize {
        self.kept.as_ref().map_or(self.len(), |kept| kept.count())
    }

    /// The number of rows, including removed ones.
    pub fn len(&self) -> usize {
        self.segments.last().map_or(0, |last| last.first_row + last.segment.rows())
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub fn bits(&self) -> usize {
        self.bits
    }

    /// All codes, including those of removed rows.
    ///
    /// # Errors
    /// If the codes are in a file that is damaged. A file's codes are checked when they are first used.
    pub fn codes(&self) -> Result<AllCodes<'_>, IndexError> {
        let pieces = self.segments().map(|segment| segment.codes()).collect::<Result<Vec<_>, _>>()?;
        Ok(AllCodes::new(self.bits, pieces))
    }

    /// The size of the tables, in bytes of memory or of files.
    pub fn table_bytes(&self) -> u64 {
        self.segments().map(|segment| segment.table_bytes()).sum()
    }

    pub(super) fn segments(&self) -> impl Iterator<Item = &Arc<Segment>> {
        self.segments.iter().map(|placed| &placed.segment)
    }

    pub(super) fn kept(&self) -> Option<&RowSet> {
        self.kept.as_deref()
    }

    /// The `k` nearest rows among `filter` (`None`: all rows), without removed rows.
    ///
    /// # Errors
    /// As for [`Index::codes`].
    ///
    /// # Panics
    /// If the query and the codes have different numbers of words, or if the filter is of another index.
    pub fn search(&self, query: &[u64], k: usize, filter: Option<&RowSet>) -> Result<Answer, IndexError> {
        let mut answers = self.answer(CodesRef::new(self.bits(), query), k, self.bits() as u32, filter)?;
        Ok(answers.swap_remove(0))
    }

    /// What [`Index::search`] gives for each of `queries`. The queries share the work.
    pub fn search_each(
        &self,
        queries: CodesRef<'_>,
        k: usize,
        filter: Option<&RowSet>,
    ) -> Result<Vec<Answer>, IndexError> {
        self.answer(queries, k, self.bits() as u32, filter)
    }

    /// All rows among `filter` whose distance from the query is at most `radius`. Errors and panics are those of
    /// [`Index::search`].
    pub fn within(&self, query: &[u64], radius: u32, filter: Option<&RowSet>) -> Result<Answer, IndexError> {
        let mut answers =
            self.answer(CodesRef::new(self.bits(), query), usize::MAX, radius.min(self.bits() as u32), filter)?;
        Ok(answers.swap_remove(0))
    }

    fn answer(
        &self,
        queries: CodesRef<'_>,
        k: usize,
        radius: u32,
        filter: Option<&RowSet>,
    ) -> Result<Vec<Answer>, IndexError> {
        assert_eq!(queries.bits(), self.bits(), "queries of the codes' width");
        assert!(filter.is_none_or(|set| set.universe() == self.len()), "a set of this index's rows");
        let both = match (filter, &self.kept) {
            (Some(filter), Some(kept)) => Some(filter.and(kept)),
            _ => None,
        };
        let allowed = both.as_ref().or(filter).or(self.kept.as_deref());
        let mut open: Vec<(Selection, usize)> = queries.iter().map(|_| (Selection::new(k, radius), 0)).collect();
        for Placed { first_row, segment } in &self.segments {
            let part = Part { codes: segment.codes()?, first_row: *first_row, allowed };
            let to_scan = match segment.buckets()? {
                Some(buckets) => by_width!(words_per_code(self.bits), look_up(buckets, part, queries, &mut open)),
                None => (0..open.len()).collect(),
            };
            if to_scan.is_empty() {
                continue;
            }
            let words: Vec<u64> = to_scan.iter().flat_map(|&query| queries.code(query)).copied().collect();
            let mut found: Vec<Selection> = to_scan.iter().map(|&query| open[query].0.fresh()).collect();
            scan(Kernel::chosen(), part, CodesRef::new(queries.bits(), &words), &mut found);
            for (query, found) in to_scan.into_iter().zip(found) {
                open[query].0.merge(found);
                open[query].1 += segment.rows();
            }
        }
        self.segments().try_for_each(|segment| segment.check_unchanged())?;
        let finish = |(selection, scanned): (Selection, usize)| Answer { neighbours: selection.finish(), scanned };
        Ok(open.into_iter().map(finish).collect())
    }
}

/// Answers the queries that the tables answer faster than a scan of `part` would. Returns the other queries.
fn look_up<const W: usize>(
    buckets: &Buckets,
    part: Part<'_>,
    queries: CodesRef<'_>,
    open: &mut [(Selection, usize)],
) -> Vec<usize> {
    const QUERIES_A_TASK: usize = 16;
    let rows = part.first_row..part.first_row + part.codes.len();
    let left = part.allowed.map_or(rows.len(), |allowed| allowed.count_in(rows.clone()));
    let scan_nanos = scan_nanos(Kernel::chosen(), left, part.codes, queries.len());
    let share = left as f32 / rows.len() as f32;
    if open.first().is_some_and(|(wanted, _)| !buckets.promise(wanted.k(), share, scan_nanos)) {
        return (0..open.len()).collect();
    }
    let search = |(queries, open): (&[[u64; W]], &mut [(Selection, usize)])| -> Vec<bool> {
        let mut probe = buckets.probe::<W>(part.codes, part.first_row, part.allowed);
        let one = |(at, (selection, _)): (usize, &mut (Selection, usize))| {
            probe.expect(&queries[at..]);
            let mut found = selection.fresh();
            let done = probe.search(&queries[at], &mut found, buckets.patience * scan_nanos);
            if done {
                selection.merge(found);
            } else {
                selection.narrow(&found);
            }
            done
        };
        open.iter_mut().enumerate().map(one).collect()
    };
    let queries = queries.words().as_chunks::<W>().0;
    let done = if queries.len() <= QUERIES_A_TASK {
        search((queries, open))
    } else {
        let tasks = queries.par_chunks(QUERIES_A_TASK).zip(open.par_chunks_mut(QUERIES_A_TASK));
        tasks.map(search).collect::<Vec<_>>().concat()
    };
    done.iter().enumerate().filter(|(_, done)| !**done).map(|(query, _)| query).collect()
}

#[cfg(test)]
mod tests;
