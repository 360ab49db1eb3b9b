//! A project: a folder on disk with all that is needed to go on later.
//!
//! | name | what |
//! |---|---|
//! | `project.db` | the catalogue: files, problems, generations of models and indexes (SQLite, only here) |
//! | `project.lock` | locked by the process that may write; says which one that is |
//! | `catalogue-backup-<1 to 3>.db` | backups of the catalogue, the newest first |
//! | `catalogue-of-version-<n>.db` | the catalogue as it was before it was brought up to date |
//! | `kept-by-hand.json` | tags, favourites and collections, for people and other programs |
//! | `model-<generation>.safetensors` | a model; its configuration is in its metadata |
//! | `index-<generation>.codes` | an index: the list of its segments ([`crate::index::file`] has its bytes) |
//! | `segment-<checksum>.codes` | codes of an index, and of those that grew out of it |
//! | `map-<generation>.dots` | the map of that index, once it was drawn ([`crate::map::file`] has its bytes) |
//! | `checkpoint.safetensors` | a training run that was stopped and can be resumed |
//! | `sound.json` | how sound goes in and out: devices, levels |
//! | `watch.json` | whether the folders that were added are watched |
//! | `ignored.json` | what is left out of folders that are added: patterns in the syntax of a `.gitignore` |
//! | `publisher.json` | the key by which shared libraries know the project, once it was published |
//! | `takes/` | microphone recordings, as WAV |
//! | `demo/` | the demo library, where it was asked for |
//! | `cache/` | features of a running training; empty otherwise |
//!
//! A new generation is written beside the old one and made current by one transaction. The files of the old generation go
//! when the new one has been opened once and no process reads the old one. A kill at any moment leaves a project that opens
//! with the old state or the new.
//!
//! The catalogue notes each file before the program makes it (`made`). Nothing else in the folder is ever overwritten or
//! deleted. Every table of the catalogue has a checksum (`checksums`), which is compared when the project is opened.

mod aspects;
mod backup;
mod bounds;
mod catalogue;
mod catalogue_file;
mod check;
mod checksums;
mod collections;
mod error;
mod favourites;
mod folder;
mod generations;
mod lock;
mod made;
mod metadata;
mod problems;
mod repair;
mod roots;
mod schema;
mod searches;
mod settings;
mod side_file;
mod tables;
mod tags;
#[cfg(test)]
mod testing;
mod undo;

pub use catalogue::{FileFacts, Heard, KeptFile};
pub use check::{Part, PartState, check};
pub use error::ProjectError;
pub use folder::{Access, Opening, Project};
pub use generations::{IndexGeneration, IndexedFile, ModelGeneration};
pub use problems::ProblemOf;
pub use repair::repair;
pub use roots::{MovedFile, Root, RootId};
pub use searches::{SavedSearch, SeenMatch};
pub use undo::{Edit, History};
