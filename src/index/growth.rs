//! Growing an index, removing rows, and compacting.

use std::sync::Arc;

use super::codes::{Codes, CodesRef};
use super::file::IndexError;
use super::rows::RowSet;
use super::searcher::{Index, Placed};
use super::segment::Segment;

/// A segment is joined with the next one unless it has at least this many times as many rows. So there are few
/// segments, each about twice as large as the next. The tables of a code are rebuilt only once each time the index
/// doubles.
const GROWTH: usize = 2;

/// A segment with less than this fraction (1 / `SCANNED`) of all rows gets no tables. Scanning it takes less time than
/// searching the tables of the others, and appending a few rows stays cheap.
const SCANNED: usize = 32;

/// If more than this fraction (1 / `REMOVED`) of all rows was removed, [`Index::compacted`] pays.
const REMOVED: usize = 4;

impl Index {
    /// This index with more rows at its end. Only the new rows are copied and built into tables, and the last segments
    /// if they are small beside the new rows.
    ///
    /// # Errors
    /// As for [`Index::codes`], for the segments that are joined.
    ///
    /// # Panics
    /// If the widths differ.
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

    /// This index without some rows. The other rows keep their numbers.
    ///
    /// # Panics
    /// If the index has no such row.
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

    /// Whether enough rows were removed for compacting to make searches faster.
    pub fn wants_compacting(&self) -> bool {
        (self.len() - self.kept_count()) * REMOVED > self.len()
    }

    /// An index of only the rows that were not removed, and for each of its rows the row in this index. Errors are
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
