//! The state without a window, and the panels by the names of what is in them.

mod collections;
mod explore;
mod files;
mod keys;
pub(crate) mod made_up;
mod matches;
mod pages;
mod panels;
mod project;
mod rasteriser;
mod review;
mod searching;
#[cfg(feature = "shared")]
mod shared_library;
mod snapshots;
mod sound;
mod state;
mod teaching;
mod upkeep;
