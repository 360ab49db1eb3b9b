//! [`Seat`]: a place from which a shared library is searched. It keeps the connection, the model and the last query.

use std::time::Duration;

use crossbeam_channel::{RecvTimeoutError, bounded};
use parking_lot::Mutex;

use super::super::error::EngineError;
use super::super::query::{Query, SearchReport};
use super::super::query_sound::QuerySound;
use super::roots::NamedRoot;
use super::search::{self, Open};
use crate::shared_library::{Address, Library, LibraryError, Stopper};

/// How often a search looks whether it was cancelled.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// How often a search begins again, if the connection was lost or the model has changed.
const ATTEMPTS: usize = 3;

/// A search of a shared library.
#[derive(Clone, Debug, PartialEq)]
pub struct LibraryQuery {
    pub query: Query,
    /// A root, or a folder below one: `fx-drive/drums`.
    pub folder: Option<String>,
    /// Whether every code is compared, even if the server has an approximate index.
    pub exact: bool,
}

/// A place from which a shared library is searched.
pub struct Seat {
    pub(super) library: Address,
    pub(super) roots: Vec<NamedRoot>,
    open: Mutex<Option<Open>>,
    pub(super) sound: QuerySound,
}

impl std::fmt::Debug for Seat {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Seat").field("library", &self.library).field("roots", &self.roots).finish_non_exhaustive()
    }
}

impl Seat {
    pub fn new(library: Address, roots: Vec<NamedRoot>) -> Self {
        Self { library, roots, open: Mutex::new(None), sound: QuerySound::default() }
    }

    /// The address of the library.
    pub fn library(&self) -> &Address {
        &self.library
    }

    /// Where the library's roots are on this machine.
    pub fn roots(&self) -> &[NamedRoot] {
        &self.roots
    }

    /// The names of the library's roots.
    pub fn names_of_roots(&self) -> Result<Vec<String>, EngineError> {
        Ok(Library::open(&self.library)?.roots()?.into_iter().map(|(_, name)| name).collect())
    }

    /// Searches. `check` returns an error if the search was cancelled.
    pub fn search(
        &self,
        query: &LibraryQuery,
        check: &(dyn Fn() -> Result<(), EngineError> + Sync),
    ) -> Result<SearchReport, EngineError> {
        search::refuse_unsupported(query)?;
        let mut open = self.open.lock();
        let mut attempt = 1;
        loop {
            check()?;
            let opened = match open.take() {
                Some(opened) => opened,
                None => Open::new(&self.library)?,
            };
            let place = open.insert(opened);
            let stopper = place.stopper(&self.library)?;
            let found = until_cancelled(&stopper, check, || search::search(self, place, query, check));
            match found {
                Ok(report) => return Ok(report),
                Err(cause) => {
                    // Whatever the state of the connection is now, the next search begins with a new one.
                    *open = None;
                    check()?;
                    let may_pass = matches!(&cause, EngineError::Library(cause) if cause.is_passing()
                        || matches!(cause, LibraryError::Changed { .. }));
                    if !may_pass || attempt == ATTEMPTS {
                        return Err(cause);
                    }
                    attempt += 1;
                }
            }
        }
    }
}

/// Runs `deed`, and stops its query on the server if `check` fails meanwhile.
fn until_cancelled<T: Send>(
    stopper: &Stopper,
    check: &(dyn Fn() -> Result<(), EngineError> + Sync),
    deed: impl FnOnce() -> T,
) -> T {
    let (done, is_done) = bounded::<()>(0);
    std::thread::scope(|scope| {
        scope.spawn(move || {
            while let Err(RecvTimeoutError::Timeout) = is_done.recv_timeout(LOOK_EVERY) {
                if check().is_err() {
                    return stopper.stop();
                }
            }
        });
        let outcome = deed();
        drop(done);
        outcome
    })
}
