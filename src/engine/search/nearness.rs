//! How near is near: the distances of random pairs of this library.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::super::error::EngineError;
use super::super::pairs::Pairs;
use super::super::snapshot::Snapshot;
use crate::ground::bits;
use crate::index::{AllCodes, Codes, Recordings, Sequence};

/// The number of random pairs of chunks, of files, and of stretches.
const CHUNK_PAIRS: usize = 65_536;
const FILE_PAIRS: usize = 2048;
const STRETCH_PAIRS: usize = 8192;

/// The number of chunks that stand for a file in a pair, and the number of the other file's chunks that they are
/// compared with.
const CHUNKS_OF_A_FILE: usize = 16;
const CHUNKS_LOOKED_AT: usize = 4096;

/// The number of random chunks that a query is compared with, to see how near it comes to unlike sounds.
const SAMPLE: usize = 4096;

/// The number of draws after which a library counts as having no rows to offer.
const DRAWS: usize = 64;

/// A fixed seed draws the same pairs each time, so the same search gives the same answer.
const SEED: u64 = 0x6e65_6172;

/// Draws random rows that may be offered.
struct Draw<'a> {
    snapshot: &'a Snapshot,
    rng: ChaCha8Rng,
}

impl<'a> Draw<'a> {
    fn new(snapshot: &'a Snapshot) -> Self {
        Self { snapshot, rng: ChaCha8Rng::seed_from_u64(SEED) }
    }

    fn row(&mut self) -> Option<usize> {
        let rows = self.snapshot.offered.universe();
        let mut draws = (0..DRAWS).filter(|_| rows > 0).map(|_| self.rng.random_range(0..rows));
        draws.find(|&row| self.snapshot.offered.contains(row))
    }

    /// Rows of two different files. If there is only one file, two of its rows that are at least `apart` rows apart.
    fn pair(&mut self, apart: usize) -> Option<(usize, usize)> {
        let several = self.snapshot.spans.len() > 1;
        (0..DRAWS).find_map(|_| {
            let (a, b) = (self.row()?, self.row()?);
            let is_pair = match several {
                true => self.snapshot.span_number(a) != self.snapshot.span_number(b),
                false => a.abs_diff(b) > apart,
            };
            is_pair.then_some((a, b))
        })
    }
}

/// The distances of random pairs of chunks. They are measured once for a snapshot.
pub(super) fn chunk_pairs(snapshot: &Snapshot) -> Result<&Pairs, EngineError> {
    match snapshot.chunk_pairs.get() {
        Some(pairs) => Ok(pairs),
        None => measured_chunk_pairs(snapshot).map(|pairs| snapshot.chunk_pairs.get_or_init(|| pairs)),
    }
}

/// The distances of random pairs of files. They are measured once for a snapshot.
pub(super) fn file_pairs(snapshot: &Snapshot) -> Result<&Pairs, EngineError> {
    match snapshot.file_pairs.get() {
        Some(pairs) => Ok(pairs),
        None => measured_file_pairs(snapshot).map(|pairs| snapshot.file_pairs.get_or_init(|| pairs)),
    }
}

/// Measures random pairs of chunks.
fn measured_chunk_pairs(snapshot: &Snapshot) -> Result<Pairs, EngineError> {
    let codes = snapshot.index.codes()?;
    let mut draw = Draw::new(snapshot);
    let pairs = (0..CHUNK_PAIRS).map_while(|_| draw.pair(1));
    Ok(Pairs::new(pairs.map(|(a, b)| bits::distance(codes.code(a), codes.code(b)) as f32).collect()))
}

/// Measures random pairs of files: the mean distance of one file's chunks from the nearest chunks of the other.
fn measured_file_pairs(snapshot: &Snapshot) -> Result<Pairs, EngineError> {
    let codes = snapshot.index.codes()?;
    let mut draw = Draw::new(snapshot);
    let several = snapshot.spans.len() > 1;
    let pairs = (0..FILE_PAIRS).filter(|_| several).map_while(|_| draw.pair(0));
    Ok(Pairs::new(pairs.filter_map(|(a, b)| file_distance(snapshot, &codes, a, b)).collect()))
}

/// The distance between the files of two rows.
fn file_distance(snapshot: &Snapshot, codes: &AllCodes<'_>, a: usize, b: usize) -> Option<f32> {
    let offered = |row: usize, at_most: usize| {
        let span = snapshot.span_of(row)?;
        let rows = span.first_row..span.first_row + span.chunks;
        Some(rows.filter(|&row| snapshot.offered.contains(row)).take(at_most))
    };
    let others: Vec<usize> = offered(b, CHUNKS_LOOKED_AT)?.collect();
    let (mut sum, mut chunks) = (0, 0);
    for row in offered(a, CHUNKS_OF_A_FILE)? {
        sum += others.iter().map(|&other| bits::distance(codes.code(row), codes.code(other))).min()?;
        chunks += 1;
    }
    (chunks > 0).then(|| sum as f32 / chunks as f32)
}

/// Random pairs of stretches as long as a sequence, compared as events are.
pub(super) fn stretch_pairs(snapshot: &Snapshot, like: &Sequence) -> Result<Pairs, EngineError> {
    let codes = snapshot.index.codes()?;
    let mut draw = Draw::new(snapshot);
    let mut distances = Vec::with_capacity(STRETCH_PAIRS);
    let rows_of = |row: usize| snapshot.span_of(row).map(|span| span.first_row..span.first_row + span.chunks);
    for (a, b) in (0..STRETCH_PAIRS).map_while(|_| draw.pair(2 * like.rows())) {
        let (Some(from), Some(to)) = (rows_of(a), rows_of(b)) else { continue };
        let (mut stretch, mut places) = (Codes::new(codes.bits())?, Vec::new());
        for &place in like.places() {
            let row = (a + place as usize).checked_sub(like.middle()).filter(|row| from.contains(row));
            if let Some(row) = row.filter(|&row| snapshot.offered.contains(row)) {
                stretch.extend_words(codes.code(row).iter().copied());
                places.push(place);
            }
        }
        let Some(sequence) = Sequence::new(stretch, places, 1) else { continue };
        let rows = [to.clone()];
        let recordings = Recordings { codes: &codes, allowed: &snapshot.offered, rows: &rows };
        distances.extend(recordings.scores(&to, b..b + 1, &[sequence]));
    }
    Ok(Pairs::new(distances))
}

/// Random codes among all that may be offered.
pub(super) fn sample(snapshot: &Snapshot) -> Result<Codes, EngineError> {
    let codes = snapshot.index.codes()?;
    let mut draw = Draw::new(snapshot);
    let mut sample = Codes::new(codes.bits())?;
    for row in (0..SAMPLE).map_while(|_| draw.row()) {
        sample.extend_words(codes.code(row).iter().copied());
    }
    Ok(sample)
}
