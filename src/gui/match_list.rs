//! How matches stand below one another: as they come, or under the names of their files.

use std::collections::BTreeSet;

use crate::dataset::FileId;
use crate::engine::{Grouping, Match};

/// What is looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum View {
    /// Moments, the nearest first.
    #[default]
    Moments,
    /// Moments under the names of their files, which can be folded; the file with the nearest one first.
    ByFile,
    /// Whole files.
    Files,
}

impl View {
    /// How the engine is to rank for it.
    pub fn grouping(self) -> Grouping {
        match self {
            Self::Moments | Self::ByFile => Grouping::Chunk,
            Self::Files => Grouping::File,
        }
    }
}

/// A line of the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line {
    /// A file, the place of its nearest match, and how many it has.
    Heading { file: FileId, first: usize, matches: usize },
    /// A match, by its place among all.
    Match(usize),
}

/// The lines of `matches`; of folded files there is only the heading.
pub fn lines(matches: &[Match], view: View, folded: &BTreeSet<FileId>) -> Vec<Line> {
    if view != View::ByFile {
        return (0..matches.len()).map(Line::Match).collect();
    }
    let mut groups: Vec<(FileId, Vec<usize>)> = Vec::new();
    for (place, found) in matches.iter().enumerate() {
        match groups.iter_mut().find(|(file, _)| *file == found.file) {
            Some((_, places)) => places.push(place),
            None => groups.push((found.file, vec![place])),
        }
    }
    let lines = groups.into_iter().flat_map(|(file, places)| {
        let heading = Line::Heading { file, first: places[0], matches: places.len() };
        let shown = if folded.contains(&file) { Vec::new() } else { places };
        std::iter::once(heading).chain(shown.into_iter().map(Line::Match))
    });
    lines.collect()
}

/// The match `by` matches further down the lines than the one at `from`; from nowhere, or from what is folded, the first.
pub fn step(lines: &[Line], from: Option<usize>, by: isize) -> Option<usize> {
    let shown: Vec<usize> =
        lines.iter().filter_map(|line| if let Line::Match(place) = line { Some(*place) } else { None }).collect();
    let last = shown.len().checked_sub(1)?;
    let at = from.and_then(|from| shown.iter().position(|place| *place == from));
    Some(shown[at.map_or(0, |at| at.saturating_add_signed(by).min(last))])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(file: i64) -> Match {
        Match {
            path: format!("/{file}.wav").into(),
            start_seconds: 0.0,
            end_seconds: 1.0,
            distance: 0.0,
            query_start_seconds: 0.0,
            problem: None,
            is_query: false,
            file: FileId(file),
            by: Grouping::Chunk,
            code: Vec::new(),
            query_code: Vec::new(),
            nearness: crate::engine::Nearness::default(),
        }
    }

    #[test]
    fn files_stand_in_the_order_of_their_nearest_moments_and_can_be_folded() {
        let matches = [7, 3, 7, 5, 3].map(found);
        let heading = |file, first, matches| Line::Heading { file: FileId(file), first, matches };
        let by_file = |folded: &[i64]| lines(&matches, View::ByFile, &folded.iter().map(|id| FileId(*id)).collect());
        let Line::Match(..) = lines(&matches, View::Moments, &BTreeSet::new())[0] else { panic!("no headings") };
        let open = [
            heading(7, 0, 2),
            Line::Match(0),
            Line::Match(2),
            heading(3, 1, 2),
            Line::Match(1),
            Line::Match(4),
            heading(5, 3, 1),
            Line::Match(3),
        ];
        assert_eq!(by_file(&[]), open);
        let folded = by_file(&[3]);
        assert_eq!(folded.len(), 6);

        let walk = |lines: &[Line], by| {
            (0..4)
                .scan(None, |at, _| {
                    *at = step(lines, *at, by);
                    *at
                })
                .collect::<Vec<_>>()
        };
        assert_eq!(walk(&open, 1), [0, 2, 1, 4]);
        assert_eq!(walk(&folded, 1), [0, 2, 3, 3]);
        assert_eq!(step(&folded, Some(4), 1), Some(0), "what is folded is nowhere");
        assert_eq!(step(&[], None, 1), None);
    }
}
