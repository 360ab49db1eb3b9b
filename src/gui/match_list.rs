//! The lines of the list of matches: a line for each match, in a chosen order. If a sound is unfolded, its moments are
//! below it. The query's own sound is not among the matches. Its moments can be unfolded above the matches.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::dataset::{FileId, SoundFile};
use crate::engine::{Grouping, Match, SearchReport};
use crate::gui::format;

/// What a line stands for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum View {
    /// Whole sounds, by their distance from the whole query.
    #[default]
    Sounds,
    /// The nearest moments, wherever they are.
    Moments,
    /// Every stretch in which the whole query occurs, also in the query's own sound.
    Everywhere,
}

impl View {
    /// The view for a way in which the engine ranks.
    pub fn of(by: Grouping) -> Self {
        match by {
            Grouping::File => Self::Sounds,
            Grouping::Chunk => Self::Moments,
            Grouping::Event => Self::Everywhere,
        }
    }

    /// The way in which the engine ranks for this view.
    pub fn grouping(self) -> Grouping {
        match self {
            Self::Sounds => Grouping::File,
            Self::Moments => Grouping::Chunk,
            Self::Everywhere => Grouping::Event,
        }
    }
}

/// A column of the list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Column {
    Name,
    /// The distance from the query.
    #[default]
    Alike,
    Length,
    Tags,
    Pitch,
    Brightness,
}

/// The order of the list. The nearest match, the shortest sound and the first name come first. If the order is
/// descending, they come last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Sort {
    pub by: Column,
    pub descending: bool,
}

/// A line of the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line {
    /// A match, by its position among all matches.
    Match(usize),
    /// A moment of an unfolded file, by its position among the moments of that file.
    Moment { file: FileId, place: usize },
}

impl From<usize> for Line {
    fn from(place: usize) -> Self {
        Self::Match(place)
    }
}

/// The files whose moments are shown, with the moments when they are known.
pub type Unfolded = BTreeMap<FileId, Option<Arc<SearchReport>>>;

/// What the lines are derived from.
#[derive(Clone, Copy)]
pub struct Contents<'a> {
    pub matches: &'a [Match],
    /// The file of each match, if it is still in the dataset.
    pub files: &'a [Option<Arc<SoundFile>>],
    /// The query's own file, if it is in the dataset.
    pub own: Option<FileId>,
    pub unfolded: &'a Unfolded,
    pub view: View,
    pub sort: Sort,
}

impl Contents<'_> {
    pub fn lines(&self) -> Vec<Line> {
        let mut places: Vec<usize> = (0..self.matches.len()).filter(|place| !self.is_own(*place)).collect();
        self.put_in_order(&mut places);
        let mut lines: Vec<Line> = self.own.into_iter().flat_map(|own| self.moments(own)).collect();
        for place in places {
            lines.push(Line::Match(place));
            if self.view == View::Sounds {
                lines.extend(self.moments(self.matches[place].file));
            }
        }
        lines
    }

    /// The value of the aspect by which the list is sorted. `None` if it is sorted by something else.
    fn aspect(&self, place: usize) -> Option<f32> {
        let aspects = self.matches[place].aspects?;
        match self.sort.by {
            Column::Pitch => aspects.pitch.map(|pitch| pitch.hz),
            Column::Brightness => aspects.brightness,
            _ => None,
        }
    }

    fn is_own(&self, place: usize) -> bool {
        let found = &self.matches[place];
        self.view != View::Everywhere && (found.is_query || self.own == Some(found.file))
    }

    fn moments(&self, file: FileId) -> impl Iterator<Item = Line> + use<> {
        let moments = self.unfolded.get(&file).and_then(Option::as_ref).map_or(0, |report| report.matches.len());
        (0..moments).map(move |place| Line::Moment { file, place })
    }

    fn put_in_order(&self, places: &mut [usize]) {
        let name = |place: usize| format::file_name(&self.matches[place].path).to_lowercase();
        let length = |place: usize| self.files.get(place).cloned().flatten().map_or(0.0, |file| file.duration_secs());
        match self.sort.by {
            // The engine orders by distance. Nothing sorts by tags.
            Column::Alike | Column::Tags => {}
            Column::Name => places.sort_by_cached_key(|place| name(*place)),
            Column::Length => {
                places.sort_by(|a, b| length(*a).partial_cmp(&length(*b)).unwrap_or(Ordering::Equal));
            }
            Column::Pitch | Column::Brightness => {
                places.sort_by(|a, b| self.aspect(*a).partial_cmp(&self.aspect(*b)).unwrap_or(Ordering::Equal));
            }
        }
        if self.sort.descending {
            places.reverse();
        }
        // Sounds without a pitch come last in both directions.
        if matches!(self.sort.by, Column::Pitch | Column::Brightness) {
            places.sort_by_key(|place| self.aspect(*place).is_none());
        }
    }
}

/// The line `by` lines below `from`. Without `from`, the first line.
pub fn step(lines: &[Line], from: Option<Line>, by: isize) -> Option<Line> {
    let last = lines.len().checked_sub(1)?;
    let at = from.and_then(|from| lines.iter().position(|line| *line == from));
    Some(lines[at.map_or(0, |at| at.saturating_add_signed(by).min(last))])
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::aspects::{Aspects, Pitch};

    pub fn found(file: i64, name: &str) -> Match {
        Match {
            path: format!("/{name}.wav").into(),
            start_seconds: 0.0,
            end_seconds: 1.0,
            distance: 0.0,
            query_start_seconds: 0.0,
            problem: None,
            is_query: false,
            file: FileId(file),
            by: Grouping::File,
            code: Vec::new(),
            query_code: Vec::new(),
            file_seconds: 1.0,
            aspects: None,
            recorded: None,
            shared: None,
            nearness: crate::engine::Nearness::default(),
        }
    }

    fn report(matches: Vec<Match>) -> Arc<SearchReport> {
        let (silent, query_chunks, searched) = (false, 1, 9);
        let (query, bits, seconds, line, model) = (None, 64, 0.0, Default::default(), crate::model::ModelKind::Trained);
        let of_library = None;
        Arc::new(SearchReport {
            query,
            model,
            bits,
            matches,
            silent,
            query_chunks,
            searched,
            seconds,
            line,
            of_library,
        })
    }

    #[test]
    fn moments_are_below_their_sound_and_the_query_is_not_listed() {
        let matches = [found(7, "query"), found(3, "b"), found(5, "a")];
        let moments = report(vec![found(3, "b"), found(3, "b")]);
        let mut unfolded = Unfolded::from([(FileId(3), Some(moments.clone())), (FileId(5), None)]);
        let lines = |unfolded: &Unfolded, view, sort| {
            let own = Some(FileId(7));
            Contents { matches: &matches, files: &[], own, unfolded, view, sort }.lines()
        };
        let moment = |file, place| Line::Moment { file: FileId(file), place };
        let below_b = [Line::Match(1), moment(3, 0), moment(3, 1)];
        let expected = [below_b[0], below_b[1], below_b[2], Line::Match(2)];
        assert_eq!(lines(&unfolded, View::Sounds, Sort::default()), expected);
        let by_name = Sort { by: Column::Name, descending: false };
        assert_eq!(lines(&unfolded, View::Sounds, by_name), [Line::Match(2), below_b[0], below_b[1], below_b[2]]);
        assert_eq!(lines(&unfolded, View::Moments, Sort::default()), [Line::Match(1), Line::Match(2)]);
        let everywhere = lines(&Unfolded::new(), View::Everywhere, Sort::default());
        assert_eq!(everywhere, [0, 1, 2].map(Line::Match), "events in the query's own sound are events");
        unfolded = Unfolded::from([(FileId(7), Some(moments))]);
        let with_own = lines(&unfolded, View::Sounds, Sort::default());
        assert_eq!(with_own[..3], [moment(7, 0), moment(7, 1), Line::Match(1)], "the query's own moments come first");
    }

    #[test]
    fn a_sound_without_a_pitch_comes_last_in_both_orders() {
        let mut matches = [found(1, "a"), found(2, "b"), found(3, "c")];
        for (found, hz) in matches.iter_mut().zip([220.0, 110.0]) {
            let pitch = Some(Pitch { hz, confidence: 0.9 });
            found.aspects = Some(Aspects { pitch, ..Aspects::default() });
        }
        let lines = |descending| {
            let (unfolded, sort) = (Unfolded::new(), Sort { by: Column::Pitch, descending });
            Contents { matches: &matches, files: &[], own: None, unfolded: &unfolded, view: View::Sounds, sort }.lines()
        };
        assert_eq!(lines(false), [1, 0, 2].map(Line::Match));
        assert_eq!(lines(true), [0, 1, 2].map(Line::Match));
    }

    #[test]
    fn steps_stop_at_both_ends_of_the_list() {
        let lines = [Line::Match(1), Line::Moment { file: FileId(3), place: 0 }, Line::Match(2)];
        let walk: Vec<_> = [1, 1, 1, 1, -1]
            .iter()
            .scan(None, |at, by| {
                *at = step(&lines, *at, *by);
                *at
            })
            .collect();
        assert_eq!(walk, [lines[0], lines[1], lines[2], lines[2], lines[1]]);
        assert_eq!(step(&lines, Some(Line::Match(9)), 1), Some(lines[0]), "what is not there is nowhere");
        assert_eq!(step(&[], None, 1), None);
    }
}
