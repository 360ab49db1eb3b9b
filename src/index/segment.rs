//! A segment: codes that never change, with tables that make searching them fast.

use super::buckets::Buckets;
use super::codes::{Codes, CodesRef};
use super::file::{IndexError, SegmentFile};
use super::stretch::Stretch;

/// Some rows of an index, in memory or in a file of their own. Indexes share segments.
#[derive(Debug)]
pub(super) struct Segment {
    bits: usize,
    words: Stretch<u64>,
    buckets: Option<Buckets>,
    /// The segment's file, if it has one. Nothing of a file is used before it is checked.
    file: Option<SegmentFile>,
}

impl Segment {
    /// A segment of `codes`. It has tables if they pay and if `with_tables` is true.
    pub fn build(codes: Codes, with_tables: bool) -> Self {
        let buckets = if with_tables { Buckets::build(codes.as_ref()) } else { None };
        Self { bits: codes.bits(), words: codes.into_words().into(), buckets, file: None }
    }

    /// `words` must be whole codes of `bits` bits.
    pub fn from_file(bits: usize, words: Stretch<u64>, buckets: Option<Buckets>, file: SegmentFile) -> Self {
        Self { bits, words, buckets, file: Some(file) }
    }

    pub fn rows(&self) -> usize {
        self.unchecked_codes().len()
    }

    pub fn bits(&self) -> usize {
        self.bits
    }

    /// # Errors
    /// If the codes are in a file that is damaged.
    pub fn codes(&self) -> Result<CodesRef<'_>, IndexError> {
        if let Some(file) = &self.file {
            file.check_codes(self.unchecked_codes())?;
        }
        Ok(self.unchecked_codes())
    }

    /// Checks that the codes and tables that were read are still those of the file.
    pub fn check_unchanged(&self) -> Result<(), IndexError> {
        self.file.as_ref().map_or(Ok(()), SegmentFile::check_unchanged)
    }

    /// The tables. `None`: there are none. Errors are those of [`Segment::codes`].
    pub fn buckets(&self) -> Result<Option<&Buckets>, IndexError> {
        if let (Some(file), Some(buckets)) = (&self.file, &self.buckets) {
            file.check_tables(buckets, self.unchecked_codes())?;
        }
        Ok(self.buckets.as_ref())
    }

    /// The size of the tables, in bytes of memory or of the file.
    pub fn table_bytes(&self) -> u64 {
        self.buckets.as_ref().map_or(0, Buckets::bytes)
    }

    pub fn file(&self) -> Option<&SegmentFile> {
        self.file.as_ref()
    }

    pub(super) fn unchecked_codes(&self) -> CodesRef<'_> {
        CodesRef::new(self.bits, &self.words)
    }
}
