//! Dots on a plane, sorted into the cells of a grid. So the dot nearest to a place is found without looking at all
//! dots.

/// Dots and the grid that they lie in.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Dots {
    places: Vec<[f32; 2]>,
    /// The lower left corner of the grid, and the side length of a cell.
    origin: [f32; 2],
    side: f32,
    columns: usize,
    rows: usize,
    /// Where each cell's dots begin in `order`. There is one more number than there are cells.
    starts: Vec<u32>,
    order: Vec<u32>,
}

/// The average number of dots in a cell.
const DOTS_A_CELL: f32 = 2.0;

/// The most cells along one side, whatever the shape of the map.
const CELLS_A_SIDE: f32 = 2048.0;

/// The square of the distance between two places.
pub fn square(a: [f32; 2], b: [f32; 2]) -> f32 {
    (a[0] - b[0]).powi(2) + (a[1] - b[1]).powi(2)
}

impl Dots {
    /// All `places` must be finite.
    pub fn new(places: Vec<[f32; 2]>) -> Self {
        let (low, high) = bounds(&places);
        let (width, height) = (high[0] - low[0], high[1] - low[1]);
        let longest = width.max(height).max(1e-6);
        let even = (width.max(longest * 1e-3) * height.max(longest * 1e-3) * DOTS_A_CELL / places.len().max(1) as f32)
            .sqrt()
            .max(longest / CELLS_A_SIDE);
        let mut dots = Self {
            origin: low,
            side: even,
            columns: (width / even) as usize + 1,
            rows: (height / even) as usize + 1,
            places,
            ..Self::default()
        };
        dots.starts = vec![0; dots.columns * dots.rows + 1];
        let cells: Vec<usize> = dots.places.iter().map(|&place| dots.cell(place)).collect();
        cells.iter().for_each(|&cell| dots.starts[cell + 1] += 1);
        (1..dots.starts.len()).for_each(|cell| dots.starts[cell] += dots.starts[cell - 1]);
        let mut next = dots.starts.clone();
        dots.order = vec![0; dots.places.len()];
        for (dot, &cell) in cells.iter().enumerate() {
            dots.order[next[cell] as usize] = dot as u32;
            next[cell] += 1;
        }
        dots
    }

    pub fn places(&self) -> &[[f32; 2]] {
        &self.places
    }

    pub fn len(&self) -> usize {
        self.places.len()
    }

    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// The lowest and the highest coordinates of all dots.
    pub fn bounds(&self) -> ([f32; 2], [f32; 2]) {
        bounds(&self.places)
    }

    /// The dot that is nearest to `place` and not farther away than `reach`. Of several equally near dots, the first.
    pub fn nearest(&self, place: [f32; 2], reach: f32) -> Option<usize> {
        let (low, high) = ([place[0] - reach, place[1] - reach], [place[0] + reach, place[1] + reach]);
        self.within(low, high)
            .map(|dot| (square(self.places[dot], place), dot))
            .filter(|(square, _)| *square <= reach * reach)
            .min_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)))
            .map(|(_, dot)| dot)
    }

    /// The dots in a rectangle, cell by cell.
    pub fn within(&self, low: [f32; 2], high: [f32; 2]) -> impl Iterator<Item = usize> + '_ {
        let (first, last) = (self.column_and_row(low), self.column_and_row(high));
        // For a rectangle outside the grid, the nearest cells are visited, but their dots are not in the rectangle.
        let rows = if self.starts.is_empty() { 0..0 } else { first.1..last.1 + 1 };
        rows.flat_map(move |row| {
            let from = self.starts[row * self.columns + first.0] as usize;
            let to = self.starts[row * self.columns + last.0 + 1] as usize;
            self.order[from..to.max(from)].iter().map(|&dot| dot as usize)
        })
        .filter(move |&dot| {
            let place = self.places[dot];
            (0..2).all(|axis| (low[axis]..=high[axis]).contains(&place[axis]))
        })
    }

    /// The dot that an arrow key leads to from `dot`: a near one, ahead rather than aside. `towards` must have length
    /// 1.
    pub fn next(&self, dot: usize, towards: [f32; 2]) -> Option<usize> {
        let from = *self.places.get(dot)?;
        let cost = |other: usize| {
            let apart = [self.places[other][0] - from[0], self.places[other][1] - from[1]];
            let ahead = apart[0] * towards[0] + apart[1] * towards[1];
            let aside = (apart[0] * towards[1] - apart[1] * towards[0]).abs();
            // Only dots within 45 degrees on either side of the arrow count.
            (ahead > 0.0 && aside <= ahead).then_some(ahead + 2.0 * aside)
        };
        (0..self.len())
            .filter_map(|other| Some((cost(other)?, other)))
            .min_by(|a, b| a.0.total_cmp(&b.0))
            .map(|(_, other)| other)
    }

    fn column_and_row(&self, place: [f32; 2]) -> (usize, usize) {
        // Converting a float saturates, so places outside the grid fall into the outermost cells.
        let along = |axis: usize, cells: usize| {
            (((place[axis] - self.origin[axis]) / self.side) as usize).min(cells.saturating_sub(1))
        };
        (along(0, self.columns), along(1, self.rows))
    }

    fn cell(&self, place: [f32; 2]) -> usize {
        let (column, row) = self.column_and_row(place);
        row * self.columns + column
    }
}

fn bounds(places: &[[f32; 2]]) -> ([f32; 2], [f32; 2]) {
    let Some(&first) = places.first() else { return ([0.0; 2], [0.0; 2]) };
    places.iter().fold((first, first), |(low, high), place| {
        ([low[0].min(place[0]), low[1].min(place[1])], [high[0].max(place[0]), high[1].max(place[1])])
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn places() -> impl Strategy<Value = Vec<[f32; 2]>> {
        prop::collection::vec(prop::array::uniform2(-50f32..50.0), 0..200)
    }

    proptest! {
        #[test]
        fn the_grid_finds_what_looking_at_all_finds(
            places in places(),
            flat in any::<bool>(),
            at in prop::array::uniform2(-70f32..70.0),
            reach in 0f32..40.0,
        ) {
            let places: Vec<[f32; 2]> = places.into_iter().map(|p| if flat { [p[0], 3.0] } else { p }).collect();
            let dots = Dots::new(places.clone());
            let nearest = (0..places.len())
                .filter(|&dot| square(places[dot], at) <= reach * reach)
                .min_by(|&a, &b| square(places[a], at).total_cmp(&square(places[b], at)));
            prop_assert_eq!(dots.nearest(at, reach), nearest);

            let (low, high) = ([at[0] - reach, at[1] - 3.0], [at[0] + 1.0, at[1] + reach]);
            let mut inside: Vec<usize> = dots.within(low, high).collect();
            inside.sort_unstable();
            let all: Vec<usize> = (0..places.len())
                .filter(|&dot| (0..2).all(|axis| (low[axis]..=high[axis]).contains(&places[dot][axis])))
                .collect();
            prop_assert_eq!(inside, all);
        }
    }

    #[test]
    fn arrows_lead_to_what_lies_ahead_and_stop_at_the_edge() {
        let dots = Dots::new(vec![[0.0, 0.0], [1.0, 0.2], [0.9, 2.0], [5.0, 0.0], [0.0, -1.0]]);
        assert_eq!(dots.next(0, [1.0, 0.0]), Some(1));
        assert_eq!(dots.next(1, [1.0, 0.0]), Some(3));
        assert_eq!(dots.next(3, [1.0, 0.0]), None);
        assert_eq!(dots.next(0, [0.0, -1.0]), Some(4));
        assert_eq!(dots.next(9, [1.0, 0.0]), None);
    }
}
