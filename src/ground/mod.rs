//! The ground floor: what all other floors may need. It knows nothing of sounds, models or projects.

pub mod bits;
pub mod files;
pub mod grid;
pub mod names;
pub mod paths;
pub mod signals;
pub mod uri;

pub use grid::{Grid, Rate};
