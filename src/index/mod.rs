//! Packed binary codes and exact Hamming search over them. Knows nothing of sound: it could be a crate of its own.
//!
//! A code of B bits (8 to 512) is ceil(B / 64) 64-bit words; bit i is bit i % 64, least significant first, of word i / 64,
//! and the bits from B on are 0. A row is a code's place in an index, counted from 0.
//!
//! [`Codes`] are built in memory; [`IndexFile`] is the same on disk, memory-mapped; [`scan`] finds the
//! nearest rows of either.

pub mod codes;
pub mod file;
pub mod rows;
pub mod scan;
pub mod statistics;

pub use codes::{CodeWidthError, Codes, CodesRef};
pub use file::{IndexError, IndexFile};
pub use rows::RowSet;
pub use scan::{Neighbour, distances, nearest};
pub use statistics::{CodeStatistics, code_statistics};
