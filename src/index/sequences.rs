//! Finds where sequences of codes occur among the rows of recordings. The search is exact and covers every row.
//!
//! The chunks of a recording are consecutive rows. A sequence gets one score at each row of a recording. For this
//! score, the middle of the sequence lies at the row, and its other codes lie on the rows around. Each code may shift
//! by one row to either side, to where its distance is smallest. The score is the mean Hamming distance over the
//! sequence's codes. A row outside of the recording, or a row that may not be found, counts as half of the bits: the
//! distance of unlike codes.
//!
//! An occurrence is a row whose score is not beaten by any row nearby.

use std::ops::Range;

use rayon::prelude::*;

use super::all_codes::AllCodes;
use super::codes::{Codes, CodesRef};
use super::rows::RowSet;
use super::scan::append_distances;

/// The number of rows that are scored together. Their codes and sums stay in a core's own cache.
const ROWS_TOGETHER: usize = 4096;

/// The number of recordings, or parts of recordings, that one thread takes at once.
const PARTS_TOGETHER: usize = 64;

/// The codes of a sound in their order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sequence {
    codes: Codes,
    /// For each code, the number of rows from the sequence's first row. Ascending. Rows without a code match
    /// everything.
    places: Vec<u32>,
    /// Of two occurrences that are at most this many rows apart, only the better one counts.
    reach: usize,
}

impl Sequence {
    /// `None` if there are no codes, if the numbers of places and codes differ, or if the places do not ascend.
    pub fn new(codes: Codes, places: Vec<u32>, reach: usize) -> Option<Self> {
        let fits = !codes.is_empty() && codes.len() == places.len() && places.is_sorted_by(|a, b| a < b);
        fits.then_some(Self { codes, places, reach })
    }

    /// The codes of the sequence.
    pub fn codes(&self) -> CodesRef<'_> {
        self.codes.as_ref()
    }

    /// For each code, the number of rows from the sequence's first row. Ascending.
    pub fn places(&self) -> &[u32] {
        &self.places
    }

    /// The number of rows that the sequence covers.
    pub fn rows(&self) -> usize {
        self.places.last().map_or(0, |&last| last as usize + 1)
    }

    /// The first and the last row of the sequence, counted from its middle.
    pub fn around_middle(&self) -> (isize, isize) {
        let middle = self.middle() as isize;
        let place = |place: Option<&u32>| place.map_or(0, |&place| place as isize) - middle;
        (place(self.places.first()), place(self.places.last()))
    }

    /// The number of rows before the sequence's middle.
    pub fn middle(&self) -> usize {
        // A sequence has at least one place.
        self.places.last().map_or(0, |&last| last as usize / 2)
    }
}

/// A place where a sequence occurs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Occurrence {
    /// The row of the sequence's middle.
    pub row: usize,
    /// The mean number of differing bits over the sequence's codes.
    pub score: f32,
    /// The number of the nearest sequence in `like`.
    pub sequence: u32,
    /// Whether an unwanted sequence is nearer, at this row or at a row next to it.
    pub is_contrary: bool,
}

/// The recordings that are searched.
#[derive(Clone, Copy, Debug)]
pub struct Recordings<'a> {
    pub codes: &'a AllCodes<'a>,
    /// The rows that may be found.
    pub allowed: &'a RowSet,
    /// The rows of each recording.
    pub rows: &'a [Range<usize>],
}

impl Recordings<'_> {
    /// Every occurrence of one of the sequences `like`, by row. `is_contrary` is set where one of `unlike` is nearer.
    /// `go_on` is called now and then; if it returns false, the answer is `None`.
    ///
    /// # Panics
    /// If a sequence and the codes have different widths, or if the index has no such rows.
    pub fn occurrences(
        &self,
        like: &[Sequence],
        unlike: &[Sequence],
        go_on: &(dyn Fn() -> bool + Sync),
    ) -> Option<Vec<Occurrence>> {
        let in_parts = |rows: &Range<usize>| {
            let rows = rows.clone();
            rows.clone().step_by(ROWS_TOGETHER).map(move |first| {
                let part = first..rows.end.min(first + ROWS_TOGETHER);
                (rows.clone(), part)
            })
        };
        let parts: Vec<_> = self.rows.iter().flat_map(in_parts).collect();
        let together = parts.len().div_ceil(4 * rayon::current_num_threads()).clamp(1, PARTS_TOGETHER);
        let found: Option<Vec<Vec<Occurrence>>> = parts
            .par_chunks(together)
            .map(|parts| {
                let mut search = Search { recordings: *self, scratch: Scratch::default() };
                let mut found = Vec::new();
                for (recording, part) in parts {
                    if !go_on() {
                        return None;
                    }
                    search.part(recording, part.clone(), like, unlike, &mut found);
                }
                Some(found)
            })
            .collect();
        found.map(|found| found.concat())
    }

    /// The row at which a sequence that occurs at `row` fits best when no code may shift: `row`, or a row next to it.
    /// Because codes may shift by one row, the neighbours of the right row score nearly as well.
    ///
    /// # Panics
    /// If the row is not in the recording. Also as [`Recordings::occurrences`].
    pub fn settled(&self, recording: &Range<usize>, row: usize, sequence: &Sequence) -> usize {
        let strict = |row: usize| {
            let distances = sequence.codes().iter().zip(&sequence.places).map(|(code, &place)| {
                let at = (row + place as usize).checked_sub(sequence.middle());
                match at.filter(|at| recording.contains(at) && self.allowed.contains(*at)) {
                    Some(at) => code.iter().zip(self.codes.code(at)).map(|(a, b)| (a ^ b).count_ones()).sum(),
                    None => self.codes.bits() as u32 / 2,
                }
            });
            distances.sum::<u32>()
        };
        let near = row.saturating_sub(1).max(recording.start)..(row + 2).min(recording.end);
        near.min_by_key(|&near| (strict(near), near != row)).unwrap_or(row)
    }

    /// For each row of `part`, the best score of the sequences `like`. `recording` has the rows of the whole recording.
    ///
    /// # Panics
    /// As [`Recordings::occurrences`].
    pub fn scores(&self, recording: &Range<usize>, part: Range<usize>, like: &[Sequence]) -> Vec<f32> {
        let mut search = Search { recordings: *self, scratch: Scratch::default() };
        let mut scores = Scores::default();
        search.best(recording, part, like, &mut scores);
        scores.best
    }
}

/// The best score at each row of a part, and the sequence that has it.
#[derive(Default)]
struct Scores {
    best: Vec<f32>,
    sequence: Vec<u32>,
}

#[derive(Default)]
struct Scratch {
    /// The distances of one code to the rows where it may lie.
    distances: Vec<u16>,
    /// All bits set for each row that may not be found. Empty if all rows may be found.
    barred: Vec<u16>,
    /// The sums over the sequence's codes, and the sums over its last few codes.
    sums: Vec<u32>,
    few: Vec<u16>,
}

struct Search<'a> {
    recordings: Recordings<'a>,
    scratch: Scratch,
}

impl Search<'_> {
    fn part(
        &mut self,
        recording: &Range<usize>,
        part: Range<usize>,
        like: &[Sequence],
        unlike: &[Sequence],
        found: &mut Vec<Occurrence>,
    ) {
        // The rows around the part are scored, too: they decide which rows of the part are not beaten nearby.
        let around = like.iter().map(|sequence| sequence.reach).max().unwrap_or(0).max(1);
        let wide = part.start.saturating_sub(around).max(recording.start)..(part.end + around).min(recording.end);
        let (mut scores, mut contrary) = (Scores::default(), Scores::default());
        self.best(recording, wide.clone(), like, &mut scores);
        if !unlike.is_empty() {
            self.best(recording, wide.clone(), unlike, &mut contrary);
        }
        for row in part {
            let at = row - wide.start;
            let (score, sequence) = (scores.best[at], scores.sequence[at]);
            let reach = like[sequence as usize].reach;
            let (before, after) = (at.saturating_sub(reach)..at, at + 1..(at + 1 + reach).min(scores.best.len()));
            let is_lowest = scores.best[before].iter().rev().all(|&other| other > score)
                && scores.best[after].iter().all(|&other| other >= score);
            if is_lowest {
                let near = at.saturating_sub(1)..(at + 2).min(contrary.best.len());
                let is_contrary = contrary.best.get(near).is_some_and(|near| near.iter().any(|&other| other < score));
                found.push(Occurrence { row, score, sequence, is_contrary });
            }
        }
    }

    fn best(&mut self, recording: &Range<usize>, part: Range<usize>, sequences: &[Sequence], scores: &mut Scores) {
        scores.best.clear();
        scores.best.resize(part.len(), f32::INFINITY);
        scores.sequence.clear();
        scores.sequence.resize(part.len(), 0);
        for (number, sequence) in sequences.iter().enumerate() {
            self.add_up(recording, &part, sequence);
            let codes = sequence.codes.len() as f32;
            for ((&sum, best), of) in self.scratch.sums.iter().zip(&mut scores.best).zip(&mut scores.sequence) {
                let score = sum as f32 / codes;
                if score < *best {
                    (*best, *of) = (score, number as u32);
                }
            }
        }
    }

    /// For each row of `part`, adds the distance of each code of the sequence to the nearest of the three rows around
    /// its place.
    fn add_up(&mut self, recording: &Range<usize>, part: &Range<usize>, sequence: &Sequence) {
        let Recordings { codes, allowed, .. } = self.recordings;
        let Scratch { distances, barred, sums, few } = &mut self.scratch;
        let bits = codes.bits();
        assert_eq!(sequence.codes.bits(), bits, "sequences of the codes' width");
        let apart = (bits / 2) as u16;
        sums.clear();
        sums.resize(part.len(), 0);
        few.clear();
        few.resize(part.len(), 0);
        // The number of distances whose sum surely fits into 16 bits.
        let at_once = usize::from(u16::MAX) / bits;
        for (number, (code, &place)) in sequence.codes().iter().zip(&sequence.places).enumerate() {
            // The first row that is needed, and the end of the rows, counted from the recording's first row.
            let start = (part.start - recording.start + place as usize) as isize - sequence.middle() as isize - 1;
            let end = start + part.len() as isize + 2;
            let inside = |row: isize| recording.start + row.clamp(0, recording.len() as isize) as usize;
            let rows = inside(start)..inside(end);
            let before = (-start).clamp(0, part.len() as isize + 2) as usize;
            distances.clear();
            distances.resize(before, apart);
            codes.pieces(rows.clone()).for_each(|piece| append_distances(piece, code, distances));
            if allowed.count_in(rows.clone()) < rows.len() {
                barred.clear();
                barred.extend(rows.map(|row| if allowed.contains(row) { 0 } else { u16::MAX }));
                for (distance, &barred) in distances[before..].iter_mut().zip(&*barred) {
                    *distance = *distance & !barred | apart & barred;
                }
            }
            distances.resize(part.len() + 2, apart);
            add_least_of_three(distances, few);
            if (number + 1).is_multiple_of(at_once) {
                sums.iter_mut().zip(&mut *few).for_each(|(sum, few)| *sum += u32::from(std::mem::take(few)));
            }
        }
        sums.iter_mut().zip(&*few).for_each(|(sum, &few)| *sum += u32::from(few));
    }
}

/// Adds to each sum the smallest of three neighbouring distances. There must be two more distances than sums.
fn add_least_of_three(distances: &[u16], sums: &mut [u16]) {
    let (first, second, third) = (distances, &distances[1..], &distances[2..]);
    // All four slices have one length. So the loop needs no bounds checks, and the compiler can vectorise it.
    let length = sums.len().min(third.len());
    let (sums, first, second, third) = (&mut sums[..length], &first[..length], &second[..length], &third[..length]);
    for at in 0..length {
        sums[at] = sums[at].wrapping_add(first[at].min(second[at]).min(third[at]));
    }
}

#[cfg(test)]
mod tests;
