//! What a person has added to a query: further sounds that matches must be like or unlike, verdicts on matches, and the line.
//! Every change can be undone.

use crate::dataset::{FileId, Verdict};
use crate::engine::{Basket, Example, Weights};

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Taught {
    basket: Basket,
    /// The name, if this is a saved search.
    pub saved: Option<String>,
    /// The number of matches that were new when the saved search was opened.
    pub new: Option<usize>,
    /// The baskets before each change, the newest last, and those that were undone.
    earlier: Vec<Basket>,
    later: Vec<Basket>,
}

impl Taught {
    /// A saved search with the basket in the catalogue.
    pub fn saved(name: &str, basket: Basket) -> Self {
        Self { basket, saved: Some(name.to_owned()), ..Self::default() }
    }

    pub fn basket(&self) -> &Basket {
        &self.basket
    }

    /// Whether there is nothing beside the query's own sound.
    pub fn is_empty(&self) -> bool {
        self.basket == Basket::default() && self.saved.is_none()
    }

    pub fn change(&mut self, change: impl FnOnce(&mut Basket)) {
        let mut basket = self.basket.clone();
        change(&mut basket);
        if basket != self.basket {
            self.earlier.push(std::mem::replace(&mut self.basket, basket));
            self.later.clear();
        }
    }

    /// Takes over the catalogue's state of the saved search. Returns whether it differs.
    pub fn follow(&mut self, basket: &Basket) -> bool {
        let differs = self.basket != *basket;
        if differs {
            self.basket = basket.clone();
        }
        differs
    }

    /// Undoes the last change. Returns whether there was one.
    pub fn undo(&mut self) -> bool {
        let Some(earlier) = self.earlier.pop() else { return false };
        self.later.push(std::mem::replace(&mut self.basket, earlier));
        true
    }

    /// Redoes the change that was undone last. Returns whether there was one.
    pub fn redo(&mut self) -> bool {
        let Some(later) = self.later.pop() else { return false };
        self.earlier.push(std::mem::replace(&mut self.basket, later));
        true
    }

    pub fn can_undo(&self) -> bool {
        !self.earlier.is_empty()
    }

    pub fn can_redo(&self) -> bool {
        !self.later.is_empty()
    }

    /// The search has a name from now on, so the project undoes its changes.
    pub fn named(&mut self, name: String, weights: Weights) {
        self.saved = Some(name);
        self.basket.weights = weights;
        self.earlier.clear();
        self.later.clear();
    }

    /// The number of matches with the verdict yes, and with the verdict no.
    pub fn judged(&self) -> (usize, usize) {
        let yes = self.basket.verdicts.iter().filter(|verdict| verdict.yes).count();
        (yes, self.basket.verdicts.len() - yes)
    }
}

/// Sets the verdict on a stretch. If the stretch already has this verdict, it is removed.
pub fn judge(basket: &mut Basket, verdict: Verdict) {
    let Verdict { file, start_secs, end_secs, yes } = verdict;
    let before = verdict_on(basket, file, (start_secs, end_secs));
    basket.verdicts.retain(|said| !said.is_on(file, start_secs, end_secs));
    if before != Some(yes) {
        basket.verdicts.push(verdict);
    }
}

/// The verdict on a stretch.
pub fn verdict_on(basket: &Basket, file: FileId, stretch_secs: (f64, f64)) -> Option<bool> {
    let said = basket.verdicts.iter().rev().find(|said| said.is_on(file, stretch_secs.0, stretch_secs.1));
    said.map(|said| said.yes)
}

/// Puts an example into a basket. It replaces an example with the same sound.
pub fn add_example(basket: &mut Basket, example: Example) {
    let is_same = |other: &Example| {
        (&other.path, other.from_secs, other.to_secs) == (&example.path, example.from_secs, example.to_secs)
    };
    basket.examples.retain(|other| !is_same(other));
    basket.examples.push(example);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(start_secs: f64, yes: bool) -> Verdict {
        Verdict { file: FileId(1), start_secs, end_secs: start_secs + 1.0, yes }
    }

    #[test]
    fn a_verdict_replaces_the_opposite_and_the_same_again_removes_it() {
        let mut taught = Taught::default();
        taught.change(|basket| judge(basket, verdict(0.0, true)));
        taught.change(|basket| judge(basket, verdict(5.0, true)));
        taught.change(|basket| judge(basket, verdict(0.1, false)));
        assert_eq!(taught.judged(), (1, 1));
        assert_eq!(verdict_on(taught.basket(), FileId(1), (0.0, 1.0)), Some(false));
        taught.change(|basket| judge(basket, verdict(0.1, false)));
        assert_eq!(taught.judged(), (1, 0), "the same verdict twice is none");
        assert_eq!(verdict_on(taught.basket(), FileId(1), (0.0, 1.0)), None);
    }

    #[test]
    fn changes_are_undone_and_redone_one_by_one() {
        let mut taught = Taught::default();
        taught.change(|basket| basket.threshold = None);
        assert!(!taught.can_undo(), "nothing has changed");
        taught.change(|basket| basket.threshold = Some(3.0));
        taught.change(|basket| basket.threshold = Some(4.0));
        assert!(taught.undo() && taught.basket().threshold == Some(3.0));
        assert!(taught.redo() && taught.basket().threshold == Some(4.0));
        assert!(!taught.redo() && taught.undo() && taught.undo() && !taught.undo());
        taught.change(|basket| basket.threshold = Some(9.0));
        assert!(!taught.can_redo(), "a new change ends what could be done again");
    }
}
