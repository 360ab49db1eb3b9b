//! Which rows of the index a search may return.

use std::collections::{HashMap, HashSet};

use camino::Utf8Path;

use super::latest::Latest;
use super::query::SearchFilter;
use super::snapshot::{Snapshot, Span};
use crate::dataset::{Candidate, Favourite, FileId, Filter};
use crate::index::RowSet;

/// The rows that `filter` admits, for a query in the file `query`. `None` if all rows that a search may return pass.
pub(super) fn rows(latest: &Latest, snapshot: &Snapshot, filter: &SearchFilter, query: &Utf8Path) -> Option<RowSet> {
    let typed = Filter::read(&filter.text);
    let has_copies = !latest.dataset.copy_groups().is_empty();
    let is_plain = typed.is_empty() && !filter.favourites && !filter.not_this_file && filter.among.is_none();
    if is_plain && !has_copies {
        return None;
    }
    let mut favourites: HashMap<FileId, Vec<Favourite>> = HashMap::new();
    for favourite in latest.favourites.iter() {
        favourites.entry(favourite.file).or_default().push(*favourite);
    }
    let is_let_through = |span: &Span| {
        let file = &span.file;
        let candidate = Candidate {
            file,
            tags: latest.dataset.tags_of(file.id),
            problem: typed.asks_for_problems() && latest.dataset.problem_now(file).is_some(),
            favourite: favourites.contains_key(&file.id),
        };
        let is_query = file.path.as_str() == query.as_str();
        let is_among = filter.among.as_ref().is_none_or(|files| files.binary_search(&file.id).is_ok());
        is_among && typed.admits(&candidate) && !(filter.not_this_file && is_query)
    };
    let let_through: HashSet<FileId> =
        snapshot.spans.iter().filter(|span| is_let_through(span)).map(|span| span.file.id).collect();
    let query_file =
        snapshot.spans.iter().find(|span| span.file.path.as_str() == query.as_str()).map(|span| span.file.id);
    // Of files that sound exactly the same, only one is searched: the query's own file, or else the first by path.
    // Favourites are stretches of one file, so with a filter for favourites every file is searched.
    let answers = |file: FileId| {
        let group = latest.dataset.copies_group(file).filter(|_| !filter.favourites).unwrap_or_default();
        let own = query_file.filter(|own| group.contains(own) && let_through.contains(own));
        own.or_else(|| group.iter().copied().find(|copy| let_through.contains(copy))).is_none_or(|first| first == file)
    };
    let mut rows = snapshot.offered.clone();
    let by_time = typed.asks_for_time();
    for span in &snapshot.spans {
        let file = span.file.id;
        let of_file = favourites.get(&file).map_or(&[][..], Vec::as_slice);
        let lets_file = let_through.contains(&file) && answers(file);
        for row in span.first_row..span.first_row + span.chunks {
            let lets_moment = || !by_time || typed.admits_moment(&span.file, snapshot.place_in(span, row).start_secs);
            if !lets_file || !lets_moment() || filter.favourites && !is_favourite(snapshot, span, row, of_file) {
                rows.remove(row);
            }
        }
    }
    Some(rows)
}

fn is_favourite(snapshot: &Snapshot, span: &Span, row: usize, of_file: &[Favourite]) -> bool {
    let place = snapshot.place_in(span, row);
    of_file.iter().any(|favourite| favourite.covers(place.start_secs, place.end_secs))
}
