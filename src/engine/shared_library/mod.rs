//! What the engine does with a shared library: publishing a project, encoding as a worker, searching.
//!
//! A worker and a search need no project: the model and the files' facts come from the library.

mod publish;
mod roots;
mod search;
mod seat;
mod work;

pub(super) use publish::publish;
pub use publish::{PublishReport, Publishing};
pub use roots::NamedRoot;
pub use seat::{LibraryQuery, Seat};
pub use work::{Work, WorkReport, work};

pub use crate::shared_library::{Address, LeaseTerms, Library, LibraryError, ModelState};
