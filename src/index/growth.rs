//! How an index grows, loses rows, and is put in order again.

use std::sync::Arc;

use super::codes::{Codes, CodesRef};
use super::file::IndexError;
use super::rows::RowSet;
use super::searcher::{Index, Placed};
use super::segment::Segment;

/// A segment is joined with the one after it where it has less than this many times its rows: so there are few of them, each
/// about twice the next, and of many small steps of growth a code is built into tables anew once in each doubling.
const GROWTH: usize = 2;

/// A segment of fewer than one in this many rows gets no tables: to scan it takes less than to look into others of the same
/// size, and to append a little costs little.
const SCANNED: usize = 32;

/// Where more than one in this many rows was removed, [`Index::compacted`] pays.
const REMOVED: usize = 4;

impl Index {
    /// This index with more rows behind its own. Only what is new is copied and built, with the last segments where it would be
    /// large beside them.
    ///
    /// # Errors
    /// As for [`Index::codes`], of the segments that are joined.
    ///
    /// # Panics
    /// Where the widths differ.
    pub fn with_appended(&self, more: CodesRef<'_>) -> Result<Self, IndexError> {
        assert_eq!(self.bits, more.bits(), "codes of one width");
        if more.is_empty() {
            return Ok(self.clone());
        }
        let end = self.len() + more.len();
        let mut segments = self.segments.clone();
        let mut first_row = self.len();
        while let Some(last) = segments.pop_if(|last| last.segment.rows() < GROWTH * (end - first_row)) {
            first_row = last.first_row;
        }
        let mut codes = Codes::with_room(self.bits, end - first_row);
        for joined in &self.segments[segments.len()..] {
            codes.extend(joined.segment.codes()?);
        }
        codes.extend(more);
        let with_tables = codes.len() * SCANNED >= end;
        segments.push(Placed { first_row, segment: Arc::new(Segment::build(codes, with_tables)) });
        let kept = self.kept.as_ref().map(|kept| Arc::new(kept.resized(end, true)));
        Ok(Self { bits: self.bits, segments, kept })
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

    /// The rows that were not removed as an index of their own, and for each of its rows the row that it was. Errors are
    /// those of [`Index::codes`].
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
        let mut left = Codes::with_room(self.bits, self.kept_count());
        match &self.kept {
            Some(kept) => left.extend_words(kept.iter().flat_map(|row| codes.code(row)).copied()),
            None => codes.pieces(0..codes.len()).for_each(|piece| left.extend(piece)),
        }
        Ok(left)
    }
}
