//! A project: a folder on disk with all that is needed to go on later.
//!
//! | name | what |
//! |---|---|
//! | `project.db` | the catalogue: files, problems, generations of models and indexes (SQLite, only here) |
//! | `project.lock` | locked by the process that may write |
//! | `model-<generation>.safetensors` | a model; its configuration is in its metadata |
//! | `index-<generation>.codes` | an index: the list of its segments ([`crate::index::file`] has its bytes) |
//! | `segment-<checksum>.codes` | codes of an index, and of those that grew out of it |
//! | `map-<generation>.dots` | the map of that index, once it was drawn ([`crate::map::file`] has its bytes) |
//! | `checkpoint.safetensors` | a training run that was stopped and can be resumed |
//! | `sound.json` | how sound goes in and out: devices, levels |
//! | `watch.json` | the folders that were added, and whether they are watched |
//! | `takes/` | microphone recordings, as WAV |
//! | `demo/` | the demo library, where it was asked for |
//! | `cache/` | features of a running training; empty otherwise |
//!
//! A new generation is written beside the old one and made current by one transaction; then the old files go. A kill at
//! any moment leaves a project that opens with the old state or the new.

mod catalogue;
mod favourites;
mod folder;
mod generations;
mod schema;
mod settings;
mod tags;
#[cfg(test)]
mod testing;
mod undo;

pub use catalogue::FileFacts;
pub use folder::{Project, ProjectError};
pub use generations::{IndexGeneration, IndexedFile, ModelGeneration};
pub use undo::{Edit, History};
