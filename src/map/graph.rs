//! The graph of nearest neighbours: which codes attract each other, and how strongly.

use rayon::prelude::*;

use crate::index::Neighbour;

/// Edges between codes, in both directions. The edges of one code follow one another.
pub(super) struct Graph {
    /// Where each code's edges begin. There is one more number than there are codes.
    starts: Vec<u32>,
    ends: Vec<u32>,
    /// Above 0. The strongest weight is 1.
    weights: Vec<f32>,
}

/// A code's edge: the other code, and how strong the edge is.
type Edge = (u32, f32);

impl Graph {
    /// `neighbours` has the neighbours of each code, the nearest first, without the code itself.
    pub fn of(neighbours: &[Vec<Neighbour>]) -> Self {
        let mut edges: Vec<(u32, u32, f32)> = neighbours
            .par_iter()
            .enumerate()
            .flat_map_iter(|(from, near)| {
                let strengths = strengths(near);
                near.iter().zip(strengths).flat_map(move |(near, strength)| {
                    let (from, to) = (from as u32, near.row as u32);
                    [(from, to, strength), (to, from, strength)]
                })
            })
            .collect();
        edges.par_sort_unstable_by_key(|&(from, to, _)| (from, to));
        let mut graph = Self { starts: vec![0; neighbours.len() + 1], ends: Vec::new(), weights: Vec::new() };
        for both in edges.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)) {
            // There is an edge if either of the two codes has the other among its neighbours.
            let weight = both.iter().fold(0.0, |sum, &(_, _, strength)| sum + strength - sum * strength);
            graph.starts[both[0].0 as usize + 1] += 1;
            graph.ends.push(both[0].1);
            graph.weights.push(weight);
        }
        for code in 0..neighbours.len() {
            graph.starts[code + 1] += graph.starts[code];
        }
        let most = graph.weights.iter().copied().fold(f32::MIN_POSITIVE, f32::max);
        graph.weights.iter_mut().for_each(|weight| *weight /= most);
        graph
    }

    pub fn edges(&self, code: usize) -> impl Iterator<Item = Edge> + '_ {
        let range = self.starts[code] as usize..self.starts[code + 1] as usize;
        self.ends[range.clone()].iter().copied().zip(self.weights[range].iter().copied())
    }
}

/// How strongly a code is attracted to each of its neighbours. The nearest attracts it with strength 1, the others less
/// with growing distance. The scale is chosen such that the strengths add up to the same sum for every code, however
/// crowded its neighbourhood is.
fn strengths(near: &[Neighbour]) -> Vec<f32> {
    let Some(nearest) = near.first() else { return Vec::new() };
    let beyond: Vec<f32> = near.iter().map(|other| (other.distance - nearest.distance) as f32).collect();
    let wanted = (near.len() as f32).log2().max(1.0);
    let total = |scale: f32| beyond.iter().map(|&beyond| (-beyond / scale).exp()).sum::<f32>();
    // The sum grows with the scale, so the scale is found by halving an interval.
    let (mut low, mut high) = (1e-3, 1e4);
    for _ in 0..40 {
        let middle = f32::midpoint(low, high);
        if total(middle) > wanted {
            high = middle;
        } else {
            low = middle;
        }
    }
    beyond.into_iter().map(|beyond| (-beyond / low).exp()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(found: &[(u32, usize)]) -> Vec<Neighbour> {
        found.iter().map(|&(distance, row)| Neighbour { distance, row }).collect()
    }

    #[test]
    fn strengths_add_up_to_the_same_in_a_crowd_and_in_the_wild() {
        let wanted = 8f32.log2();
        for step in [1, 9] {
            let found: Vec<(u32, usize)> = (0..8).map(|i| (3 + step * i, i as usize)).collect();
            let strengths = strengths(&near(&found));
            assert_eq!(strengths[0], 1.0);
            assert!(strengths.is_sorted_by(|a, b| a >= b), "{strengths:?}");
            assert!((strengths.iter().sum::<f32>() - wanted).abs() < 0.01, "{strengths:?}");
        }
    }

    #[test]
    fn an_edge_goes_both_ways_and_is_stronger_where_both_ends_chose_it() {
        let graph = Graph::of(&[near(&[(1, 1), (2, 2)]), near(&[(1, 0), (9, 2)]), near(&[(2, 0), (9, 1)])]);
        let weight = |from: usize, to: u32| graph.edges(from).find(|edge| edge.0 == to).map(|edge| edge.1);
        for (from, to) in [(0, 1), (0, 2), (1, 2)] {
            assert_eq!(weight(from, to as u32), weight(to, from as u32));
        }
        assert_eq!(weight(0, 1), Some(1.0), "each is the other's nearest");
        assert!(weight(1, 2) < weight(0, 2));
        assert_eq!(graph.edges(0).count(), 2);
    }
}
