//! Searches of a shared library over HTTP: `/search?library=true`.

use std::sync::Arc;

use super::answer::Refusal;
use crate::engine::shared_library::{LibraryQuery, Seat};
use crate::engine::{Command, Query};

/// What a request says about the shared library.
#[derive(Debug, Default, serde::Deserialize)]
pub(super) struct Asked {
    /// Whether the shared library is searched instead of the project.
    pub library: Option<bool>,
    /// A root, or a folder below one.
    pub folder: Option<String>,
    /// Whether every code is compared, even if the server of the library has an approximate index.
    pub exact: Option<bool>,
}

/// The command for a search: in the project, or in the shared library.
pub(super) fn command(seat: Option<&Arc<Seat>>, asked: &Asked, query: Query) -> Result<Command, Refusal> {
    match (asked.library.unwrap_or(false), seat) {
        (true, Some(seat)) => {
            let (folder, exact) = (asked.folder.clone(), asked.exact.unwrap_or(false));
            Ok(Command::SearchLibrary { seat: seat.clone(), query: Box::new(LibraryQuery { query, folder, exact }) })
        }
        (true, None) => Err(Refusal::bad("this server has no shared library; start it with --library URL")),
        (false, _) if asked.folder.is_some() || asked.exact.is_some() => {
            Err(Refusal::bad("`folder` and `exact` need `library=true`"))
        }
        (false, _) => Ok(Command::Search(query)),
    }
}
