//! Searching a shared library instead of the project.

use std::sync::Arc;

use super::State;
use crate::engine::shared_library::{Address, LibraryQuery, NamedRoot, Seat};
use crate::engine::{Basket, Command, Query, Weights};
use crate::gui::format;
use crate::gui::modals::Modal;

/// The search of a library. What counts for the order of matches in the project does not count there.
pub(super) fn command(seat: &Arc<Seat>, query: Query) -> Command {
    let basket = Basket { weights: Weights::default(), ..query.basket.clone() };
    let query = LibraryQuery { query: Query { basket, ..query }, folder: None, exact: false };
    Command::SearchLibrary { seat: seat.clone(), query: Box::new(query) }
}

impl State {
    pub(super) fn ask_for_library(&mut self) {
        let preferences = &self.shared.preferences;
        self.modals.library_typed.clone_from(&preferences.library);
        self.modals.roots_typed.clone_from(&preferences.library_roots);
        self.modals.library_refused = None;
        self.modals.open = Some(Modal::SharedLibrary);
    }

    /// Opens the library that was typed. If that is no address, the dialog says why.
    pub(super) fn open_library(&mut self) {
        match typed(&self.modals.library_typed, &self.modals.roots_typed) {
            Ok(seat) => {
                let preferences = &mut self.shared.preferences;
                seat.library().url().clone_into(&mut preferences.library);
                preferences.library_roots.clone_from(&self.modals.roots_typed);
                self.modals.library_typed.clear();
                self.modals.close();
                self.shared.library = Some(Arc::new(seat));
                self.search_afresh();
            }
            Err(why) => self.modals.library_refused = Some(format::sentence(&why)),
        }
    }

    /// Searches the project again.
    pub(super) fn close_library(&mut self) {
        self.shared.library = None;
        self.search_afresh();
    }

    fn search_afresh(&mut self) {
        self.search.forget_matches();
        self.search_now();
    }
}

fn typed(address: &str, roots: &str) -> Result<Seat, String> {
    let library = Address::read(address.trim()).map_err(|why| why.to_string())?;
    let lines = roots.lines().map(str::trim).filter(|line| !line.is_empty());
    let roots = lines.map(str::parse).collect::<Result<Vec<NamedRoot>, String>>()?;
    Ok(Seat::new(library, roots))
}
