//! The index: codes that grow, with whatever makes searching them fast.

use std::ops::Range;
use std::sync::Arc;

use rayon::prelude::*;

use super::buckets::Buckets;
use super::codes::{Codes, CodesRef};
use super::file::{IndexError, Stored};
use super::kernel::Kernel;
use super::rows::RowSet;
use super::scan::{Neighbour, Part, scan, scan_nanos};
use super::select::Selection;

/// A segment is joined with the one after it where it has less than this many times its rows: so there are few of them,
/// and a code is seldom built into tables anew.
const GROWTH: usize = 4;

/// A segment of fewer than one in this many rows gets no tables: to scan it takes less than to look into others of the same
/// size, and to append a little costs little.
const SCANNED: usize = 64;

/// Where more than one in this many rows was removed, [`Index::compacted`] pays.
const REMOVED: usize = 4;

/// Codes, which rows of them were removed, and tables to search them by. It does not change: growing gives another, which
/// shares with this one what is alike, so a search goes on in what it began with.
#[derive(Clone, Debug)]
pub struct Index {
    codes: CodeStore,
    segments: Vec<Arc<Segment>>,
    /// Rows that were not removed; all where that is `None`.
    kept: Option<Arc<RowSet>>,
}

#[derive(Clone, Debug)]
pub(super) enum CodeStore {
    Owned(Arc<Codes>),
    Stored(Arc<Stored>),
}

/// Consecutive rows that have tables of their own, or none where a scan is as fast.
#[derive(Clone, Debug)]
pub(super) struct Segment {
    pub rows: Range<usize>,
    pub buckets: Option<Buckets>,
}

/// What a search found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// By (distance, row), nearest first.
    pub neighbours: Vec<Neighbour>,
    /// Rows that were looked at one by one because no table was faster. 0 where tables alone gave the answer.
    pub scanned: usize,
}

impl Index {
    /// Builds an index of `codes`, on the threads of the current pool.
    pub fn build(codes: Codes) -> Self {
        let segment = Segment::build(codes.as_ref(), 0..codes.len());
        Self { codes: CodeStore::Owned(Arc::new(codes)), segments: vec![Arc::new(segment)], kept: None }
    }

    pub(super) fn from_file(stored: Arc<Stored>, segments: Vec<Segment>, kept: Option<RowSet>) -> Self {
        let segments = segments.into_iter().map(Arc::new).collect();
        Self { codes: CodeStore::Stored(stored), segments, kept: kept.map(Arc::new) }
    }

    /// This index with more rows behind its own. What is there already is copied, and not built anew unless the new rows
    /// are many.
    ///
    /// # Panics
    /// Where the widths differ.
    pub fn with_appended(&self, more: CodesRef<'_>) -> Result<Self, IndexError> {
        let old = self.codes()?;
        let mut codes = Codes::with_capacity_of(old, more.len());
        codes.extend(old);
        codes.extend(more);
        let mut segments = self.segments.clone();
        let mut rows = old.len()..codes.len();
        while let Some(last) = segments.pop_if(|last| last.rows.len() < GROWTH * rows.len()) {
            rows.start = last.rows.start;
        }
        segments.push(Arc::new(match rows.len() * SCANNED < codes.len() {
            true => Segment { rows, buckets: None },
            false => Segment::build(codes.as_ref().slice(rows.clone()), rows),
        }));
        let kept = self.kept.as_ref().map(|kept| Arc::new(kept.resized(codes.len(), true)));
        Ok(Self { codes: CodeStore::Owned(Arc::new(codes)), segments, kept })
    }

    /// This index without some rows. The others keep their numbers.
    ///
    /// # Panics
    /// Where the index has no such row.
    pub fn without(&self, rows: impl IntoIterator<Item = usize>) -> Self {
        let mut rows = rows.into_iter().peekable();
        if rows.peek().is_none() {
            return self.clone();
        }
        let mut kept = match &self.kept {
            Some(kept) => RowSet::clone(kept),
            None => RowSet::all(self.len()),
        };
        rows.for_each(|row| kept.remove(row));
        Self { kept: Some(Arc::new(kept)), ..self.clone() }
    }

    /// Whether so many rows were removed that searching would be faster without them.
    pub fn wants_compacting(&self) -> bool {
        (self.len() - self.kept_count()) * REMOVED > self.len()
    }

    /// The rows that were not removed as an index of their own, and for each of its rows the row that it was.
    pub fn compacted(&self) -> Result<(Self, Vec<usize>), IndexError> {
        let rows: Vec<usize> = match &self.kept {
            Some(kept) => kept.iter().collect(),
            None => (0..self.len()).collect(),
        };
        Ok((Self::build(self.kept_codes()?), rows))
    }

    /// The codes of the rows that were not removed. Errors are those of [`Index::codes`].
    pub fn kept_codes(&self) -> Result<Codes, IndexError> {
        let codes = self.codes()?;
        let Some(kept) = &self.kept else { return Ok(Codes::with_rows(codes)) };
        let mut left = Codes::with_capacity_of(codes.slice(0..0), kept.count());
        kept.iter().for_each(|row| left.extend(codes.slice(row..row + 1)));
        Ok(left)
    }

    /// Rows that were not removed.
    pub fn kept_count(&self) -> usize {
        self.kept.as_ref().map_or(self.len(), |kept| kept.count())
    }

    /// Rows, removed ones included.
    pub fn len(&self) -> usize {
        self.segments.last().map_or(0, |last| last.rows.end)
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub fn bits(&self) -> usize {
        match &self.codes {
            CodeStore::Owned(codes) => codes.bits(),
            CodeStore::Stored(stored) => stored.bits(),
        }
    }

    /// All codes, those of removed rows included.
    ///
    /// # Errors
    /// Where they are of a file that was found to be damaged: codes are checked when they are first asked for.
    pub fn codes(&self) -> Result<CodesRef<'_>, IndexError> {
        match &self.codes {
            CodeStore::Owned(codes) => Ok(Codes::as_ref(codes)),
            CodeStore::Stored(stored) => stored.codes(),
        }
    }

    /// Memory, or bytes of a file, that the tables take.
    pub fn table_bytes(&self) -> u64 {
        self.segments.iter().filter_map(|segment| segment.buckets.as_ref()).map(Buckets::bytes).sum()
    }

    pub(super) fn segments(&self) -> &[Arc<Segment>] {
        &self.segments
    }

    pub(super) fn kept(&self) -> Option<&RowSet> {
        self.kept.as_deref()
    }

    /// The `k` nearest rows among `filter` (all where that is `None`), removed ones left out.
    ///
    /// # Errors
    /// As for [`Index::codes`].
    ///
    /// # Panics
    /// Where the query has another number of words than the codes, or the filter is of another index.
    pub fn search(&self, query: &[u64], k: usize, filter: Option<&RowSet>) -> Result<Answer, IndexError> {
        let mut answers = self.answer(CodesRef::new(self.bits(), query), k, self.bits() as u32, filter)?;
        Ok(answers.swap_remove(0))
    }

    /// What [`Index::search`] gives for each of `queries`, sharing the work.
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
        let codes = self.codes()?;
        let both = match (filter, &self.kept) {
            (Some(filter), Some(kept)) => Some(filter.and(kept)),
            _ => None,
        };
        let allowed = both.as_ref().or(filter).or(self.kept.as_deref());
        let share = allowed.map_or(1.0, |allowed| allowed.count() as f32 / codes.len().max(1) as f32);
        let mut open: Vec<(Selection, usize)> = queries.iter().map(|_| (Selection::new(k, radius), 0)).collect();
        for segment in &self.segments {
            let part = Part { codes: codes.slice(segment.rows.clone()), first_row: segment.rows.start, allowed };
            let to_scan = match &segment.buckets {
                Some(buckets) => {
                    self.check_tables()?;
                    look_up(buckets, part, share, queries, &mut open)
                }
                None => (0..open.len()).collect(),
            };
            let words: Vec<u64> = to_scan.iter().flat_map(|&query| queries.code(query)).copied().collect();
            let mut found: Vec<Selection> = to_scan.iter().map(|&query| open[query].0.fresh()).collect();
            scan(Kernel::chosen(), part, CodesRef::new(queries.bits(), &words), &mut found);
            for (query, found) in to_scan.into_iter().zip(found) {
                open[query].0.merge(found);
                open[query].1 += segment.rows.len();
            }
        }
        let finish = |(selection, scanned): (Selection, usize)| Answer { neighbours: selection.finish(), scanned };
        Ok(open.into_iter().map(finish).collect())
    }

    #[cfg(test)]
    pub(super) fn stored(&self) -> Option<&Stored> {
        match &self.codes {
            CodeStore::Owned(_) => None,
            CodeStore::Stored(stored) => Some(stored),
        }
    }

    fn check_tables(&self) -> Result<(), IndexError> {
        match &self.codes {
            CodeStore::Owned(_) => Ok(()),
            CodeStore::Stored(stored) => stored.check_tables(),
        }
    }
}

impl Segment {
    fn build(codes: CodesRef<'_>, rows: Range<usize>) -> Self {
        Self { rows, buckets: Buckets::build(codes) }
    }
}

/// Answers what the tables answer faster than a scan of `part` would, and returns the queries for which they do not.
fn look_up(
    buckets: &Buckets,
    part: Part<'_>,
    share: f32,
    queries: CodesRef<'_>,
    open: &mut [(Selection, usize)],
) -> Vec<usize> {
    const QUERIES_A_TASK: usize = 16;
    let rows = (part.codes.len() as f32 * share) as usize;
    let scan_nanos = scan_nanos(Kernel::chosen(), rows, part.codes, queries.len() > 1);
    let one = |(query, (selection, _)): (usize, &mut (Selection, usize))| -> Option<usize> {
        let mut found = selection.fresh();
        let code = queries.code(query);
        let done = buckets.search(part.codes, code, part.first_row, part.allowed, &mut found, scan_nanos);
        if done {
            selection.merge(found);
        } else {
            selection.narrow(&found);
        }
        (!done).then_some(query)
    };
    if queries.len() < QUERIES_A_TASK {
        open.iter_mut().enumerate().filter_map(one).collect()
    } else {
        open.par_iter_mut().enumerate().with_min_len(QUERIES_A_TASK).filter_map(one).collect()
    }
}

#[cfg(test)]
mod tests;
