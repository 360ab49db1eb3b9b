//! The options of `soundalike search` for a shared library.

use std::sync::Arc;

use clap::Args;

use super::address;
use crate::engine::shared_library::{Address, LibraryQuery, NamedRoot, Seat};
use crate::engine::{Failure, Query, SearchReport};

#[derive(Debug, Args)]
pub(in crate::cli) struct LibraryOptions {
    /// Search the shared library at this address instead of the project: postgres://USER@HOST/DATABASE
    #[arg(long, value_name = "URL", value_parser = address, conflicts_with_all = ["saved", "save", "record", "events", "like", "unlike", "yes", "no", "sample", "tone", "pitch", "envelope", "length"])]
    library: Option<Address>,
    /// With --library: where a root of the library is on this machine (can be repeated)
    #[arg(long, value_name = "NAME=PATH", requires = "library")]
    root: Vec<NamedRoot>,
    /// With --library: search only in this root, or in a folder below it: fx-drive/drums
    #[arg(long, value_name = "ROOT/FOLDER", requires = "library")]
    folder: Option<String>,
    /// With --library: compare every code, even if the server has an approximate index
    #[arg(long, requires = "library")]
    exact: bool,
}

/// The shared library that a server offers to requests.
#[derive(Debug, Args)]
pub(in crate::cli) struct ServedLibrary {
    /// Let requests search the shared library at this address, too (/search?library=true)
    #[arg(long, value_name = "URL", value_parser = address)]
    library: Option<Address>,
    /// With --library: where a root of the library is on this machine (can be repeated)
    #[arg(long, value_name = "NAME=PATH", requires = "library")]
    root: Vec<NamedRoot>,
}

impl ServedLibrary {
    pub fn seat(self) -> Option<Arc<Seat>> {
        self.library.map(|library| Arc::new(Seat::new(library, self.root)))
    }
}

impl LibraryOptions {
    /// The place from which the library is searched, if one is asked for.
    pub fn seat(&self) -> Option<Seat> {
        self.library.as_ref().map(|library| Seat::new(library.clone(), self.root.clone()))
    }

    pub fn search(&self, seat: &Seat, query: Query) -> anyhow::Result<SearchReport> {
        let query = LibraryQuery { query, folder: self.folder.clone(), exact: self.exact };
        Ok(seat.search(&query, &|| Ok(())).map_err(Failure::from)?)
    }
}
