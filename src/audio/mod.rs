//! Sound as numbers: pure functions over samples. Only `device` knows the sound card.

pub mod mel;
pub mod mulaw;
