//! The nearest chunk of another recording, by the current embeddings, among the chunks that the training saw last.
//! Views are pulled towards it. So recordings of one kind of sound come together without labels ("With a Little Help
//! from My Friends", Dwibedi et al. 2021).

use rayon::prelude::*;
use std::sync::Arc;

use super::gemm::{Matrix, Update, multiply};
use super::ops::attraction::Targets;

/// The number of chunks that are remembered.
const MEMORY: usize = 8192;
/// The number of remembered chunks that are compared at once.
const TILE: usize = 1024;
/// The least cosine of a neighbour. A sound without a similar one gets no neighbour.
const LEAST_COSINE: f32 = 0.5;

/// The embeddings of the chunks that were seen last: unit vectors of 2z - 1, without noise.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Neighbours {
    /// `[remembered, bits]`, at most [`MEMORY`] rows.
    pub embeddings: Vec<f32>,
    /// The chunks' numbers.
    pub chunks: Vec<u64>,
    /// The row that is overwritten next.
    pub oldest: usize,
}

impl Neighbours {
    /// For each of `units` `[n, bits]`, the nearest remembered chunk that is near enough. `same_sound` says which
    /// chunks do not count: it gets a position in `units` and the number of a remembered chunk.
    pub fn find(&self, units: &[f32], bits: usize, same_sound: &(dyn Fn(usize, u64) -> bool + Sync)) -> Targets {
        let n = units.len() / bits;
        let tiles: Vec<Vec<(f32, usize)>> = self
            .embeddings
            .par_chunks(TILE * bits)
            .enumerate()
            .map(|(tile, remembered)| {
                let rows = remembered.len() / bits;
                let mut cosines = vec![0.0; n * rows];
                let remembered = Matrix::new(remembered, bits).transposed();
                multiply(&mut cosines, Update::Replace, Matrix::new(units, bits), remembered);
                cosines
                    .chunks_exact(rows)
                    .enumerate()
                    .map(|(i, row)| self.best(i, tile * TILE, row, same_sound))
                    .collect()
            })
            .collect();
        let best = |i: usize| {
            let nothing = (LEAST_COSINE, usize::MAX);
            tiles.iter().map(|tile| tile[i]).fold(nothing, |best, one| if one.0 > best.0 { one } else { best })
        };
        let mut targets = vec![0.0; units.len()];
        let mut found = vec![false; n];
        for (i, target) in targets.chunks_exact_mut(bits).enumerate() {
            if let (_, row @ 0..usize::MAX) = best(i) {
                target.copy_from_slice(&self.embeddings[row * bits..][..bits]);
                found[i] = true;
            }
        }
        Targets { units: Arc::new(targets), found: Arc::new(found) }
    }

    /// The largest of `cosines` that is of another sound, and its row. `cosines` are those of the rows from `first` on.
    fn best(
        &self,
        asking: usize,
        first: usize,
        cosines: &[f32],
        same_sound: &(dyn Fn(usize, u64) -> bool + Sync),
    ) -> (f32, usize) {
        let mut best = (LEAST_COSINE, usize::MAX);
        for (i, &cosine) in cosines.iter().enumerate() {
            if cosine > best.0 && !same_sound(asking, self.chunks[first + i]) {
                best = (cosine, first + i);
            }
        }
        best
    }

    /// Remembers `chunks` with their `units` `[chunks, bits]`. When the memory is full, they replace the oldest ones.
    pub fn remember(&mut self, chunks: &[u64], units: &[f32]) {
        let bits = units.len() / chunks.len().max(1);
        for (&chunk, unit) in chunks.iter().zip(units.chunks_exact(bits.max(1))) {
            if self.chunks.len() < MEMORY {
                self.chunks.push(chunk);
                self.embeddings.extend_from_slice(unit);
            } else {
                self.chunks[self.oldest] = chunk;
                self.embeddings[self.oldest * bits..][..bits].copy_from_slice(unit);
                self.oldest = (self.oldest + 1) % MEMORY;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unit(degrees: f32) -> [f32; 2] {
        [degrees.to_radians().cos(), degrees.to_radians().sin()]
    }

    #[test]
    fn the_nearest_of_another_sound_is_found() {
        let mut memory = Neighbours::default();
        let remembered: Vec<f32> = [0.0, 10.0, 30.0, 180.0].into_iter().flat_map(unit).collect();
        memory.remember(&[0, 1, 2, 3], &remembered);
        let asked: Vec<f32> = [1.0, 90.0, -170.0].into_iter().flat_map(unit).collect();
        let targets = memory.find(&asked, 2, &|asking, chunk| asking == 0 && chunk == 0);
        assert_eq!(*targets.found, [true, false, true], "at 90 degrees nothing is near enough");
        assert_eq!(targets.units[..2], unit(10.0), "its own sound, though nearer, is no neighbour");
        assert_eq!(targets.units[2..4], [0.0, 0.0]);
        assert_eq!(targets.units[4..], unit(180.0));
    }

    #[test]
    fn the_oldest_are_forgotten() {
        let mut memory = Neighbours::default();
        let chunks: Vec<u64> = (0..MEMORY as u64 + 3).collect();
        let units: Vec<f32> = chunks.iter().flat_map(|&chunk| [chunk as f32, 0.0]).collect();
        memory.remember(&chunks[..5], &units[..10]);
        memory.remember(&chunks[5..], &units[10..]);
        assert_eq!((memory.chunks.len(), memory.embeddings.len(), memory.oldest), (MEMORY, 2 * MEMORY, 3));
        assert_eq!(memory.chunks[..4], [MEMORY as u64, MEMORY as u64 + 1, MEMORY as u64 + 2, 3]);
        assert_eq!(memory.embeddings[4], (MEMORY + 2) as f32);
    }
}
