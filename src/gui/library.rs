//! The sections above the folders in the library: favourites, collections, saved searches, recordings, earlier queries
//! and tags. Each is folded until a person opens it.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::query_history::QueryHistory;
use super::shared::Shared;
use crate::engine::DatasetView;

/// A part of the library beside its folders.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Section {
    Favourites,
    Collections,
    Searches,
    Takes,
    Queries,
    Tags,
}

pub const SECTIONS: [Section; 6] =
    [Section::Favourites, Section::Collections, Section::Searches, Section::Takes, Section::Queries, Section::Tags];

/// A line above the folders.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Head {
    Section(Section),
    /// One item of a section, by its position.
    Item(Section, usize),
}

#[derive(Clone, Debug, Default)]
pub struct Library {
    pub unfolded: BTreeSet<Section>,
    /// The position of the arrow keys.
    pub cursor: Option<Head>,
    pub reveal: bool,
    /// The path of sounds to add, as typed.
    pub add_typed: String,
    /// Each tag, and the number of files that have it.
    tags: Arc<Vec<(String, usize)>>,
}

/// The most items of a section that are listed: the newest, or the first.
const MOST: usize = 200;

impl Library {
    pub fn tags(&self) -> &Arc<Vec<(String, usize)>> {
        &self.tags
    }

    /// Counts the tags of a dataset that has changed.
    pub fn count_tags(&mut self, dataset: &DatasetView) {
        let mut counts: Vec<(String, usize)> = dataset.known_tags.iter().map(|tag| (tag.clone(), 0)).collect();
        for tag in dataset.tags.values().flatten() {
            if let Ok(place) = counts.binary_search_by(|(known, _)| known.cmp(tag)) {
                counts[place].1 += 1;
            }
        }
        counts.retain(|(_, files)| *files > 0);
        self.tags = Arc::new(counts);
    }

    /// The lines above the folders.
    pub fn heads(&self, shared: &Shared, queries: &QueryHistory) -> Vec<Head> {
        self.heads_of(|section| self.things_in(section, shared, queries))
    }

    /// The number of items in a section.
    pub fn things_in(&self, section: Section, shared: &Shared, queries: &QueryHistory) -> usize {
        let latest = &shared.latest;
        match section {
            Section::Favourites => latest.favourites.len(),
            Section::Collections => latest.collections.len(),
            Section::Searches => latest.searches.len(),
            Section::Takes => latest.takes.len(),
            Section::Queries => queries.asked().len(),
            Section::Tags => self.tags.len(),
        }
    }

    fn heads_of(&self, things: impl Fn(Section) -> usize) -> Vec<Head> {
        let mut heads = Vec::new();
        for section in SECTIONS {
            let things = things(section);
            // These two sections are always listed. A click on a file makes the first query, which must not move the
            // files. Sounds can be dropped on the line of the collections.
            if things > 0 || matches!(section, Section::Queries | Section::Collections) {
                heads.push(Head::Section(section));
            }
            if self.unfolded.contains(&section) {
                heads.extend((0..things.min(MOST)).map(|place| Head::Item(section, place)));
            }
        }
        heads
    }

    pub fn fold(&mut self, section: Section, fold: bool) {
        match fold {
            true => self.unfolded.remove(&section),
            false => self.unfolded.insert(section),
        };
        if fold && matches!(self.cursor, Some(Head::Item(of, _)) if of == section) {
            self.cursor = Some(Head::Section(section));
        }
    }
}

/// The filter that admits the files with a tag.
pub fn tag_filter(tag: &str) -> String {
    if tag.contains(char::is_whitespace) { format!("tag:\"{tag}\"") } else { format!("tag:{tag}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_section_is_hidden_and_a_folded_one_has_one_line() {
        let mut library = Library::default();
        let things = |section| match section {
            Section::Favourites | Section::Collections | Section::Searches => 0,
            Section::Takes => 2,
            Section::Queries => 1000,
            Section::Tags => 1,
        };
        let folded = [Section::Collections, Section::Takes, Section::Queries, Section::Tags].map(Head::Section);
        assert_eq!(library.heads_of(things), folded);
        library.fold(Section::Takes, false);
        library.cursor = Some(Head::Item(Section::Takes, 1));
        assert_eq!(library.heads_of(things)[2..4], [0, 1].map(|place| Head::Item(Section::Takes, place)));
        library.fold(Section::Takes, true);
        assert_eq!(library.cursor, Some(Head::Section(Section::Takes)), "the keys do not stand on what is gone");
        library.fold(Section::Queries, false);
        assert_eq!(library.heads_of(things).len(), 4 + MOST);
    }

    #[test]
    fn a_tag_with_a_space_is_quoted() {
        assert_eq!(tag_filter("loop"), "tag:loop");
        assert_eq!(tag_filter("snare drum"), "tag:\"snare drum\"");
    }
}
