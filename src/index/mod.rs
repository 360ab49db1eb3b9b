//! Packed binary codes and exact Hamming search over them. This folder knows nothing of sound: it could be a crate of
//! its own.
//!
//! A code of B bits (8 to 512) is stored as ceil(B / 64) 64-bit words. Bit i is bit i % 64 of word i / 64, counted from
//! the least significant bit. The bits from B on are 0. A row is the position of a code in an index, counted from 0.
//!
//! [`Codes`] are built in memory. An [`Index`] consists of segments of codes, which it shares with the indexes that
//! grow out of it. [`IndexFile`] is an index on disk. [`AllCodes`] are the codes of all segments of an
//! index.

/// Calls a function that is generic over the words of a code: `by_width!(words, function(arguments))`.
macro_rules! by_width {
    ($words:expr, $function:ident($($argument:expr),* $(,)?)) => {
        match $words {
            1 => $function::<1>($($argument),*),
            2 => $function::<2>($($argument),*),
            3 => $function::<3>($($argument),*),
            4 => $function::<4>($($argument),*),
            5 => $function::<5>($($argument),*),
            6 => $function::<6>($($argument),*),
            7 => $function::<7>($($argument),*),
            8 => $function::<8>($($argument),*),
            other => unreachable!("codes have 1 to 8 words, not {other}"),
        }
    };
}

mod all_codes;
mod buckets;
pub mod chance;
pub mod codes;
pub mod file;
mod groups;
mod growth;
pub mod kernel;
pub mod rows;
pub mod scan;
mod searcher;
mod segment;
mod select;
pub mod sequences;
pub mod statistics;
mod stretch;
#[cfg(test)]
pub(crate) mod testing;

pub use all_codes::AllCodes;
pub use chance::{Chance, really_alike};
pub use codes::{CodeWidthError, Codes, CodesRef, is_code};
pub use file::{IndexError, IndexFile, MadeBy, Mended};
pub use rows::RowSet;
pub use scan::{Neighbour, distances, nearest, nearest_to_each};
pub use searcher::{Answer, Index};
pub use sequences::{Occurrence, Recordings, Sequence};
pub use statistics::{CodeStatistics, bit_balance, code_statistics};
