//! A segment: codes that never change, with whatever makes searching them fast.

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
    /// Where it lies, if in a file: then nothing in it is used before it was checked.
    file: Option<SegmentFile>,
}

impl Segment {
    /// A segment of `codes`, with tables where they pay and `with_tables` says so.
    pub fn build(codes: Codes, with_tables: bool) -> Self {
        let buckets = if with_tables { Buckets::build(codes.as_ref()) } else { None };
        Self { bits: codes.bits(), words: codes.into_words().into(), buckets, file: None }
    }

    /// `words` are whole codes of `bits` bits.
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
    /// Where they are of a file that was found to be damaged.
    pub fn codes(&self) -> Result<CodesRef<'_>, IndexError> {
        if let Some(file) = &self.file {
            file.check_codes(self.unchecked_codes())?;
        }
        Ok(self.unchecked_codes())
    }

    /// The tables, `None` where there are none. Errors are those of [`Segment::codes`].
    pub fn buckets(&self) -> Result<Option<&Buckets>, IndexError> {
        if let (Some(file), Some(buckets)) = (&self.file, &self.buckets) {
            file.check_tables(buckets, self.unchecked_codes())?;
        }
        Ok(self.buckets.as_ref())
    }

    /// Memory, or bytes of the file, that the tables take.
    pub fn table_bytes(&self) -> u64 {
        self.buckets.as_ref().map_or(0, Buckets::bytes)
    }

    pub fn file(&self) -> Option<&SegmentFile> {
        self.file.as_ref()
    }

    fn unchecked_codes(&self) -> CodesRef<'_> {
        CodesRef::new(self.bits, &self.words)
    }
}
