//! A shared library: one library of sounds for a whole house, in PostgreSQL. This folder alone knows PostgreSQL.
//!
//! Everything is in the schema `soundalike` of one database (`schema/` has the statements):
//!
//! | table | what |
//! |---|---|
//! | `version` | the version of the schema |
//! | `models` | published models: hash, configuration, weights. One is `current`, one may be `next` |
//! | `roots` | names of folders. Each seat knows where a root is on that machine |
//! | `files` | root, path below the root, hashes, length, aspects |
//! | `publishers`, `holdings` | which project has which file |
//! | `work` | for each model and file: whether it is encoded, who encodes it and until when, or why it cannot be read |
//! | `codes_<model>` | the codes of one model as `bit(n)`; silent chunks have none |
//! | `tags`, `collections`, `collection_items` | what people said of the files, and who |
//!
//! Codes of different models are in different tables and are never compared. A search sees one model, complete, because
//! one transaction makes a model the current one.

mod address;
mod annotations;
mod code;
mod codes_table;
mod connection;
mod error;
mod filter;
mod found;
mod hnsw;
mod models;
mod passfile;
mod publish;
mod schema;
mod search;
mod tls;
mod work;

pub use address::Address;
pub use annotations::{KeptItem, KeptTag};
pub use connection::{Library, Stopper};
pub use error::LibraryError;
pub use found::SharedCode;
pub use hnsw::Hnsw;
pub use models::{ModelState, PublishedModel};
pub use publish::{Batch, FileCodes, KnownFile, NewFile, Published};
pub use search::{FoundFile, Nearest, NearestFiles, Reading, Scan, Wanted};
pub use work::{Completed, Lease, LeaseTerms, Remaining, Task};
