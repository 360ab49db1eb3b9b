//! [`SharedCode`]: a code of the library, as a search returns it.

use super::code::Bits;
use crate::ground::bits;
use crate::index::CodesRef;

/// A code of the library.
#[derive(Clone, Debug, PartialEq)]
pub struct SharedCode {
    pub file: i64,
    pub chunk: u32,
    pub words: Vec<u64>,
}

/// Reads the columns file, chunk and code.
pub(super) fn code_of_row(row: &postgres::Row) -> SharedCode {
    SharedCode { file: row.get(0), chunk: row.get::<_, i32>(1).cast_unsigned(), words: row.get::<_, Bits>(2).words }
}

/// The distance of a code from the nearest of some codes.
pub(super) fn distance(codes: CodesRef<'_>, code: &[u64]) -> u32 {
    codes.iter().map(|of_query| bits::distance(of_query, code)).min().unwrap_or(u32::MAX)
}
