//! Finding where sequences of codes occur among the rows of recordings: exact, over every row.
//!
//! A recording's chunks are consecutive rows. A sequence is scored once at each row of a recording: its middle lies at that
//! row, its other codes lie on the rows around. Each code may stand one row earlier or later than its place, whichever is
//! nearer. The score is the mean Hamming distance over the sequence's codes. A row outside of the recording, or one that may
//! not be found, counts as half of the bits: the distance of codes that have nothing in common.
//!
//! An occurrence is a row whose score no row nearby beats.

use std::ops::Range;

use rayon::prelude::*;

use super::all_codes::AllCodes;
use super::codes::{Codes, CodesRef};
use super::rows::RowSet;
use super::scan::append_distances;

/// Rows that are scored together: their codes and sums stay in a core's own cache.
const ROWS_TOGETHER: usize = 4096;

/// Recordings and parts of recordings that one thread takes at once.
const PARTS_TOGETHER: usize = 64;

/// Codes in the order in which they follow one another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sequence {
    codes: Codes,
    /// Rows from the sequence's first row to each code's, ascending. Places that are left out match everything.
    places: Vec<u32>,
    /// Of two occurrences that are no more than so many rows apart, the nearer one counts.
    reach: usize,
}

impl Sequence {
    /// `None` where there is no code, or not one place for each code, or places do not ascend.
    pub fn new(codes: Codes, places: Vec<u32>, reach: usize) -> Option<Self> {
        let fits = !codes.is_empty() && codes.len() == places.len() && places.is_sorted_by(|a, b| a < b);
        fits.then_some(Self { codes, places, reach })
    }

    /// Its codes.
    pub fn codes(&self) -> CodesRef<'_> {
        self.codes.as_ref()
    }

    /// Rows from its first row to each of its codes, ascending.
    pub fn places(&self) -> &[u32] {
        &self.places
    }

    /// How many rows it takes.
    pub fn rows(&self) -> usize {
        self.places.last().map_or(0, |&last| last as usize + 1)
    }

    /// Where it begins and ends, in rows from its middle.
    pub fn around_middle(&self) -> (isize, isize) {
        let middle = self.middle() as isize;
        let place = |place: Option<&u32>| place.map_or(0, |&place| place as isize) - middle;
        (place(self.places.first()), place(self.places.last()))
    }

    /// How many rows lie before the sequence's middle.
    pub fn middle(&self) -> usize {
        // A sequence has a place at least.
        self.places.last().map_or(0, |&last| last as usize / 2)
    }

    /// The sequence as it would be at another speed: 2 is twice as fast. Codes that would share a place keep the first.
    pub fn at_speed(&self, speed: f64) -> Self {
        let mut codes = Codes::with_rows(self.codes().slice(0..0));
        let mut places: Vec<u32> = Vec::new();
        for (code, &place) in self.codes().iter().zip(&self.places) {
            let place = (f64::from(place) / speed).round() as u32;
            if places.last() != Some(&place) {
                codes.extend_words(code.iter().copied());
                places.push(place);
            }
        }
        Self { codes, places, reach: ((self.reach as f64 / speed).round() as usize).max(1) }
    }
}

/// A place where a sequence occurs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Occurrence {
    /// Where the sequence's middle lies.
    pub row: usize,
    /// Bits that differ, averaged over the sequence's codes.
    pub score: f32,
    /// Which of the sequences is nearest here.
    pub sequence: u32,
    /// Whether a sequence that is not wanted is nearer, here or at a row next to it.
    pub is_contrary: bool,
}

/// What sequences are looked for in.
#[derive(Clone, Copy, Debug)]
pub struct Recordings<'a> {
    pub codes: &'a AllCodes<'a>,
    /// The rows that may be found.
    pub allowed: &'a RowSet,
    /// The rows of each recording.
    pub rows: &'a [Range<usize>],
}

impl Recordings<'_> {
    /// Every occurrence of one of the sequences `like`, by row; those where one of `unlike` is nearer say so. `go_on` is asked
    /// now and then whether to go on; `None` is the answer when it was not.
    ///
    /// # Panics
    /// Where a sequence has another width than the codes, or rows are not among them.
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

    /// Which of the row and the rows next to it a sequence that occurs there fits best, each code at its own place. (Codes may
    /// stand beside their places, so that the rows next to the right one score nearly as well.)
    ///
    /// # Panics
    /// Where the row is not one of the recording's, and as [`Recordings::occurrences`].
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

    /// The best score of the sequences `like` at each row of `part` of a recording with the rows `recording`.
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

/// The best score at each row of a part, and whose it is.
#[derive(Default)]
struct Scores {
    best: Vec<f32>,
    sequence: Vec<u32>,
}

#[derive(Default)]
struct Scratch {
    /// Distances of one code to the rows that it may stand at.
    distances: Vec<u16>,
    /// All ones where a row may not be found; empty where all may.
    barred: Vec<u16>,
    /// Sums over the sequence's codes, and those of its last few codes.
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
        // Rows around the part decide as well which of its rows nothing nearby beats.
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

    /// Adds up, at each row of `part`, how far each code of the sequence is from the nearest of the three rows around its
    /// place.
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
        // As many as surely fit 16 bits.
        let at_once = usize::from(u16::MAX) / bits;
        for (number, (code, &place)) in sequence.codes().iter().zip(&sequence.places).enumerate() {
            // The first and the last row that are looked at, counted from the recording's first.
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

/// Adds to each sum the least of three neighbouring distances; there are two distances more than sums.
fn add_least_of_three(distances: &[u16], sums: &mut [u16]) {
    let (first, second, third) = (distances, &distances[1..], &distances[2..]);
    // One length for all four, so that no step of the loop needs a check and it becomes vector instructions.
    let length = sums.len().min(third.len());
    let (sums, first, second, third) = (&mut sums[..length], &first[..length], &second[..length], &third[..length]);
    for at in 0..length {
        sums[at] = sums[at].wrapping_add(first[at].min(second[at]).min(third[at]));
    }
}

#[cfg(test)]
mod tests;
