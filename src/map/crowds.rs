//! The map from afar: one dot for each sound, and the names of crowds of sounds.

use std::collections::BTreeMap;

use super::dots::square;

/// The number of cells along one side of the grid in which crowds are sought.
const CELLS: usize = 14;

/// The most crowds that get a name, and the most crowds that get the same name.
const NAMED: usize = 12;
const OF_ONE_NAME: usize = 2;

/// A crowd with fewer dots gets no name.
const LEAST: usize = 3;

/// For each owner, in order, the dot that is nearest to the mean of its dots. `owners` has the owner of each dot; the
/// dots of one owner must be consecutive.
pub fn middles(owners: &[u32], places: &[[f32; 2]]) -> Vec<u32> {
    let mut middles = Vec::new();
    let mut first = 0;
    for dots in owners.chunk_by(|a, b| a == b) {
        let of_owner = &places[first..first + dots.len()];
        let mean = mean(of_owner.iter().copied());
        let nearest = of_owner.iter().enumerate().min_by(|a, b| square(*a.1, mean).total_cmp(&square(*b.1, mean)));
        middles.extend(nearest.map(|(place, _)| (first + place) as u32));
        first += dots.len();
    }
    middles
}

fn mean(places: impl Iterator<Item = [f32; 2]> + Clone) -> [f32; 2] {
    let count = places.clone().count().max(1) as f32;
    let sum = places.fold([0.0, 0.0], |sum, place| [sum[0] + place[0], sum[1] + place[1]]);
    sum.map(|sum| sum / count)
}

/// Neighbouring dots, most of which have the same label.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Crowd {
    pub label: u32,
    /// The mean place of the dots with the label.
    pub place: [f32; 2],
    /// The number of dots with the label.
    pub dots: usize,
}

/// The crowds of a plane, the largest first. A crowd is named after the label of at least half of its dots. A crowd
/// without such a label is left out.
pub fn crowds(places: &[[f32; 2]], labels: &[u32]) -> Vec<Crowd> {
    let cells = Cells::new(places);
    let mut crowds: Vec<Crowd> = cells.peaks().filter_map(|peak| named(&cells.around(peak), places, labels)).collect();
    crowds.sort_by(|a, b| b.dots.cmp(&a.dots).then(a.label.cmp(&b.label)));
    let mut of_label: BTreeMap<u32, usize> = BTreeMap::new();
    crowds.retain(|crowd| {
        let named = of_label.entry(crowd.label).or_default();
        *named += 1;
        *named <= OF_ONE_NAME
    });
    crowds.truncate(NAMED);
    crowds
}

fn named(dots: &[u32], places: &[[f32; 2]], labels: &[u32]) -> Option<Crowd> {
    let mut counts: BTreeMap<u32, usize> = BTreeMap::new();
    dots.iter().for_each(|dot| *counts.entry(labels[*dot as usize]).or_default() += 1);
    let (label, count) = counts.into_iter().max_by_key(|(label, count)| (*count, u32::MAX - label))?;
    let is_named = count >= LEAST && 2 * count >= dots.len();
    let of_label = dots.iter().filter(|dot| labels[**dot as usize] == label).map(|dot| places[*dot as usize]);
    is_named.then(|| Crowd { label, place: mean(of_label), dots: count })
}

/// The dots of each cell of a square grid.
struct Cells {
    dots: Vec<Vec<u32>>,
}

impl Cells {
    fn new(places: &[[f32; 2]]) -> Self {
        let low = [0, 1].map(|axis| places.iter().map(|place| place[axis]).fold(f32::INFINITY, f32::min));
        let high = [0, 1].map(|axis| places.iter().map(|place| place[axis]).fold(f32::NEG_INFINITY, f32::max));
        let mut dots = vec![Vec::new(); CELLS * CELLS];
        for (dot, place) in places.iter().enumerate() {
            let [column, row] = [0, 1].map(|axis| {
                let share = (place[axis] - low[axis]) / (high[axis] - low[axis]).max(1e-6);
                ((share * CELLS as f32) as usize).min(CELLS - 1)
            });
            dots[row * CELLS + column].push(dot as u32);
        }
        Self { dots }
    }

    /// A cell and the up to eight cells around it.
    fn neighbours(cell: usize) -> impl Iterator<Item = usize> {
        let (row, column) = (cell / CELLS, cell % CELLS);
        let rows = row.saturating_sub(1)..=(row + 1).min(CELLS - 1);
        rows.flat_map(move |row| {
            let columns = column.saturating_sub(1)..=(column + 1).min(CELLS - 1);
            columns.map(move |column| row * CELLS + column)
        })
    }

    fn around(&self, cell: usize) -> Vec<u32> {
        Self::neighbours(cell).flat_map(|cell| self.dots[cell].iter().copied()).collect()
    }

    /// The cells with more dots around them than around any neighbour. Of equal cells, the first.
    fn peaks(&self) -> impl Iterator<Item = usize> {
        let crowded: Vec<usize> =
            (0..CELLS * CELLS).map(|cell| Self::neighbours(cell).map(|cell| self.dots[cell].len()).sum()).collect();
        let is_peak = move |cell: &usize| {
            let rank = |cell: usize| (crowded[cell], std::cmp::Reverse(cell));
            crowded[*cell] >= LEAST && Self::neighbours(*cell).all(|other| rank(other) <= rank(*cell))
        };
        (0..CELLS * CELLS).filter(is_peak)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_dot_of_an_owner_is_one_of_its_own() {
        let places = [[0.0, 0.0], [1.0, 0.0], [5.0, 0.0], [9.0, 9.0], [7.0, 7.0]];
        assert_eq!(middles(&[0, 0, 0, 4, 7], &places), [1, 3, 4]);
        assert_eq!(middles(&[], &[]), [0u32; 0]);
    }

    #[test]
    fn crowds_are_named_where_most_of_them_have_one_name() {
        let crowd = |at: [f32; 2], dots: usize| (0..dots).map(move |i| [at[0] + 0.01 * i as f32, at[1]]);
        let places: Vec<[f32; 2]> = crowd([0.0, 0.0], 8)
            .chain(crowd([10.0, 0.0], 5))
            .chain(crowd([0.0, 10.0], 6))
            .chain(crowd([10.0, 10.0], 2))
            .collect();
        let labels: Vec<u32> = [vec![1; 7], vec![2; 6], vec![3, 4, 5, 6, 7, 8], vec![9; 2]].concat();
        let found = crowds(&places, &labels);
        let short: Vec<(u32, usize)> = found.iter().map(|crowd| (crowd.label, crowd.dots)).collect();
        assert_eq!(short, [(1, 7), (2, 5)], "six of six names are no crowd, and two dots are none either");
        assert!((found[1].place[0] - 10.02).abs() < 0.01 && found[1].place[1] == 0.0);
        assert!(crowds(&[], &[]).is_empty());
    }
}
