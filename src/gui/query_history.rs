//! The earlier queries, through which the person can go back and forward.

use camino::{Utf8Path, Utf8PathBuf};

use super::taught::Taught;

/// The most queries that are kept.
const QUERIES: usize = 100;

/// A sound or a part of it, in seconds, with the rest of the search.
#[derive(Clone, Debug, PartialEq)]
pub struct Asked {
    pub path: Utf8PathBuf,
    pub region: Option<(f64, f64)>,
    /// Whether it was shown only because it was selected in a list. The next such query then replaces it.
    pub passing: bool,
    /// The rest of the search beside the sound.
    pub taught: Taught,
}

#[derive(Clone, Debug, Default)]
pub struct QueryHistory {
    asked: Vec<Asked>,
    /// The position of the shown query. Past the end if none is shown.
    at: usize,
}

impl QueryHistory {
    /// Ordered by time, the oldest first.
    pub fn asked(&self) -> &[Asked] {
        &self.asked
    }

    /// The query at this position, where the newest is first, and its position where the oldest is first.
    pub fn newest(&self, place: usize) -> Option<(usize, &Asked)> {
        let place = self.asked.len().checked_sub(place + 1)?;
        Some((place, self.asked.get(place)?))
    }

    pub fn at(&self) -> usize {
        self.at
    }

    /// Adds a query and shows it. The queries ahead of the shown one are dropped. Returns whether it differs from the
    /// shown one.
    pub fn push(&mut self, asked: Asked) -> bool {
        let shown = self.asked.get(self.at);
        if shown.is_some_and(|shown| shown.path == asked.path && shown.region == asked.region) {
            return false;
        }
        let replaces = asked.passing && shown.is_some_and(|shown| shown.passing);
        self.asked.truncate(if replaces { self.at } else { self.at + 1 });
        self.asked.push(asked);
        let surplus = self.asked.len().saturating_sub(QUERIES);
        self.asked.drain(..surplus);
        self.at = self.asked.len() - 1;
        true
    }

    /// Notes the verdicts and examples of the shown query. After that, the next query does not replace it.
    pub fn keep(&mut self, taught: &Taught) {
        if let Some(shown) = self.asked.get_mut(self.at) {
            shown.taught = taught.clone();
            shown.passing = false;
        }
    }

    /// Changes the part of the shown query. So a drag makes one query, not hundreds.
    pub fn change_region(&mut self, region: Option<(f64, f64)>) {
        if let Some(shown) = self.asked.get_mut(self.at) {
            shown.region = region;
            shown.passing = false;
        }
    }

    /// No query is shown any more. The person can still go back to all of them.
    pub fn leave(&mut self) {
        self.asked.truncate(self.at + 1);
        self.at = self.asked.len();
    }

    /// Shows the query at this position.
    pub fn go_to(&mut self, place: usize) -> Option<&Asked> {
        let asked = self.asked.get(place)?;
        self.at = place;
        Some(asked)
    }

    pub fn back(&self) -> Option<usize> {
        self.at.checked_sub(1).filter(|place| *place < self.asked.len())
    }

    pub fn forward(&self) -> Option<usize> {
        (self.at + 1 < self.asked.len()).then_some(self.at + 1)
    }

    /// A file was renamed.
    pub fn rename(&mut self, from: &Utf8Path, to: &Utf8Path) {
        self.asked.iter_mut().filter(|asked| asked.path == from).for_each(|asked| asked.path = to.to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(path: &str) -> Asked {
        Asked { path: path.into(), region: None, passing: false, taught: Taught::default() }
    }

    fn paths(history: &QueryHistory) -> Vec<&str> {
        history.asked().iter().map(|asked| asked.path.as_str()).collect()
    }

    #[test]
    fn a_new_query_drops_the_ones_ahead() {
        let mut history = QueryHistory::default();
        assert_eq!((history.back(), history.forward()), (None, None));
        let new = ["a", "b", "b", "c"].map(|path| history.push(asked(path)));
        assert_eq!(new, [true, true, false, true]);
        history.change_region(Some((1.0, 2.0)));
        assert_eq!((paths(&history), history.back(), history.forward()), (vec!["a", "b", "c"], Some(1), None));
        assert_eq!(history.go_to(0), Some(&asked("a")));
        assert_eq!((history.back(), history.forward()), (None, Some(1)));
        history.push(asked("d"));
        assert_eq!(paths(&history), ["a", "d"]);
        history.leave();
        assert_eq!((history.back(), history.forward()), (Some(1), None));
        history.push(asked("e"));
        assert_eq!((paths(&history), history.back()), (vec!["a", "d", "e"], Some(1)));
    }

    #[test]
    fn a_passing_query_is_kept_only_after_use() {
        let mut history = QueryHistory::default();
        let passing = |path: &str| Asked { passing: true, ..asked(path) };
        history.push(asked("a"));
        assert_eq!(["b", "c", "d"].map(|path| history.push(passing(path))), [true; 3]);
        assert_eq!(paths(&history), ["a", "d"]);
        history.change_region(Some((0.0, 1.0)));
        history.push(passing("e"));
        history.push(asked("f"));
        assert_eq!(paths(&history), ["a", "d", "e", "f"], "a search from one that was passed keeps that");
    }

    #[test]
    fn the_oldest_are_forgotten_and_renamed_takes_keep_their_place() {
        let mut history = QueryHistory::default();
        (0..QUERIES + 5).for_each(|i| assert!(history.push(asked(&i.to_string()))));
        assert_eq!((history.asked().len(), history.asked()[0].path.as_str()), (QUERIES, "5"));
        assert_eq!(history.at(), QUERIES - 1);
        history.rename("5".into(), "five".into());
        assert_eq!(history.asked()[0].path, "five");
    }
}
