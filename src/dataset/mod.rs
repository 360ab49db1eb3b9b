//! What a sound file is, and how it is cut into chunks: plain data.

pub mod demo;
pub mod grid;
pub mod scan;
pub mod sound_file;

pub use grid::{Grid, GridRate};
pub use sound_file::{FileId, Problem, SoundFile};
