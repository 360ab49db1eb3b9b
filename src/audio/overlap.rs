//! Joins pieces that overlap. Each piece fades in and out under a window, and at each row the windows sum to one.

/// Pieces of equal length that are added row by row. A row is a sample, or a frame of several values.
pub struct Overlap {
    width: usize,
    window: Vec<f32>,
    sums: Vec<f32>,
    /// The sum of the windows at each row.
    cover: Vec<f32>,
}

impl Overlap {
    /// For pieces of `piece_rows` rows of `width` values, in a result of `rows` rows.
    pub fn new(width: usize, piece_rows: usize, rows: usize) -> Self {
        // The window is never 0, so the first and the last piece are complete up to their edges.
        let triangle = |row: usize| (row + 1).min(piece_rows - row) as f32;
        Self {
            width,
            window: (0..piece_rows).map(triangle).collect(),
            sums: vec![0.0; rows * width],
            cover: vec![0.0; rows],
        }
    }

    /// Adds a piece at `row`. What reaches past the last row is left out.
    pub fn add(&mut self, row: usize, piece: &[f32]) {
        let values = self.sums.chunks_exact_mut(self.width).zip(&mut self.cover).skip(row);
        for (((sums, cover), piece), weight) in values.zip(piece.chunks_exact(self.width)).zip(&self.window) {
            sums.iter_mut().zip(piece).for_each(|(sum, x)| *sum += weight * x);
            *cover += weight;
        }
    }

    /// The rows. Rows that no piece covers consist of `empty`.
    pub fn finish(mut self, empty: f32) -> Vec<f32> {
        for (sums, &cover) in self.sums.chunks_exact_mut(self.width).zip(&self.cover) {
            match cover > 0.0 {
                true => sums.iter_mut().for_each(|sum| *sum /= cover),
                false => sums.fill(empty),
            }
        }
        self.sums
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_of_one_whole_give_it_back() {
        let whole: Vec<f32> = (0..300).map(|i| ((i * 37) % 101) as f32 - 50.0).collect();
        for (width, piece, hop) in [(1, 64, 32), (1, 50, 50), (3, 20, 8), (3, 20, 19)] {
            let rows = whole.len() / width;
            let mut joined = Overlap::new(width, piece, rows);
            for row in (0..rows).step_by(hop) {
                joined.add(row, &whole[row * width..(row + piece).min(rows) * width]);
            }
            let joined = joined.finish(f32::NAN);
            let worst = joined.iter().zip(&whole).fold(0.0_f32, |m, (a, b)| m.max((a - b).abs()));
            assert!(worst < 1e-4, "width {width}, {piece} rows each {hop}: {worst}");
        }
    }

    #[test]
    fn gaps_are_what_they_are_said_to_be_and_ends_are_cut() {
        let mut joined = Overlap::new(1, 3, 6);
        joined.add(0, &[1.0; 3]);
        joined.add(4, &[2.0; 3]);
        assert_eq!(joined.finish(-7.0), [1.0, 1.0, 1.0, -7.0, 2.0, 2.0]);
    }

    #[test]
    fn one_piece_turns_into_the_next_evenly() {
        let mut joined = Overlap::new(1, 8, 12);
        joined.add(0, &[0.0; 8]);
        joined.add(4, &[1.0; 8]);
        let steps = [0.0, 0.0, 0.0, 0.0, 0.2, 0.4, 0.6, 0.8, 1.0, 1.0, 1.0, 1.0];
        assert!(joined.finish(0.0).iter().zip(&steps).all(|(a, b)| (a - b).abs() < 1e-6));
    }
}
