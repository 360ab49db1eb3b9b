//! The ground floor: what every floor above may need, and what knows nothing of sounds, models or projects.

pub mod files;
pub mod signals;
