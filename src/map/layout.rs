//! The layout: from codes to places, by attraction to neighbours and repulsion from other codes.

use std::ops::ControlFlow;

use rayon::prelude::*;

use super::graph::Graph;
use super::principal::principal_components;
use crate::index::{Codes, CodesRef, Neighbour, nearest_to_each};

/// The number of neighbours that attract a code.
const NEIGHBOURS: usize = 15;

/// The number of codes whose neighbours are searched between two reports of progress.
const QUERIES_A_ROUND: usize = 2048;

/// The number of codes that push a code away for each one that attracts it.
const PUSHES: usize = 5;

/// The passes over the graph. Many codes need fewer passes, because each code then has many others around it that move
/// too.
const PASSES: usize = 500;
const PASSES_OF_MANY: usize = 200;
const MANY: usize = 10_000;

/// How far from the centre the first places reach.
const REACH: f32 = 10.0;

/// No single attraction or repulsion moves a code farther than this along an axis.
const LONGEST_STEP: f32 = 4.0;

/// Equal codes share the room of one dot. This is the part of that room, per dot, over which they are spread.
const ROOM: f32 = 0.15;

/// The stage of the work, for a report of progress.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    FindingNeighbours,
    LayingOut,
}

/// A place on the plane for each code. `None`: `progress` (stage, done, total) asked to stop. Equal codes get one place
/// and are then spread closely around it, so that a person can point at each.
pub fn draw(
    codes: CodesRef<'_>,
    seed: u64,
    progress: &mut dyn FnMut(Stage, usize, usize) -> ControlFlow<()>,
) -> Option<Vec<[f32; 2]>> {
    let equal = Equal::of(codes);
    let distinct = equal.distinct.as_ref();
    let mut neighbours: Vec<Vec<Neighbour>> = Vec::with_capacity(distinct.len());
    while neighbours.len() < distinct.len() {
        if progress(Stage::FindingNeighbours, neighbours.len(), distinct.len()).is_break() {
            return None;
        }
        let round = neighbours.len()..(neighbours.len() + QUERIES_A_ROUND).min(distinct.len());
        let found = nearest_to_each(distinct, distinct.slice(round.clone()), NEIGHBOURS + 1, None);
        neighbours.extend(found.into_iter().zip(round).map(|(mut near, own)| {
            near.retain(|other| other.row != own);
            near.truncate(NEIGHBOURS);
            near
        }));
    }
    let graph = Graph::of(&neighbours);
    let mut places = first_places(distinct, seed);
    let passes = if distinct.len() > MANY { PASSES_OF_MANY } else { PASSES };
    for pass in 0..passes {
        if progress(Stage::LayingOut, pass, passes).is_break() {
            return None;
        }
        places = moved(&graph, &places, pass, passes, seed);
    }
    Some(equal.spread(&places))
}

/// The principal components, scaled and shaken a little, so that no two codes begin at the same place.
fn first_places(codes: CodesRef<'_>, seed: u64) -> Vec<[f32; 2]> {
    let mut places = principal_components(codes);
    let furthest = places.iter().flatten().fold(1e-6f32, |most, along| most.max(along.abs()));
    for (i, place) in places.iter_mut().enumerate() {
        let mut draws = Draws::new(seed, u64::MAX, i as u64);
        *place = place.map(|along| along * REACH / furthest + 1e-3 * (draws.unit() - 0.5));
    }
    places
}

/// One pass. Every code moves among the places of the pass before, so the order in which threads move them does not
/// matter.
fn moved(graph: &Graph, before: &[[f32; 2]], pass: usize, passes: usize, seed: u64) -> Vec<[f32; 2]> {
    let speed = 1.0 - pass as f32 / passes as f32;
    let one = |code: usize| {
        let mut draws = Draws::new(seed, pass as u64, code as u64);
        let mut place = before[code];
        for (other, weight) in graph.edges(code) {
            // The strongest edges act in every pass, weaker edges in proportionally fewer passes.
            let followed = |pass: usize| (pass as f32 * weight) as usize;
            if followed(pass + 1) == followed(pass) {
                continue;
            }
            let (apart, square) = apart(place, before[other as usize]);
            let pull = -2.0 / (1.0 + square);
            step(&mut place, apart, pull, speed);
            for _ in 0..PUSHES {
                let other = draws.below(before.len());
                if other == code {
                    continue;
                }
                let (apart, square) = self::apart(place, before[other]);
                let push = 2.0 / ((1e-3 + square) * (1.0 + square));
                step(&mut place, apart, push, speed);
            }
        }
        place
    };
    (0..before.len()).into_par_iter().with_min_len(256).map(one).collect()
}

/// The vector from `b` to `a`, and its squared length.
fn apart(a: [f32; 2], b: [f32; 2]) -> ([f32; 2], f32) {
    let apart = [a[0] - b[0], a[1] - b[1]];
    (apart, apart[0] * apart[0] + apart[1] * apart[1])
}

fn step(place: &mut [f32; 2], apart: [f32; 2], force: f32, speed: f32) {
    for (along, apart) in place.iter_mut().zip(apart) {
        *along += speed * (force * apart).clamp(-LONGEST_STEP, LONGEST_STEP);
    }
}

/// Which codes are equal.
struct Equal {
    distinct: Codes,
    /// For each distinct code, the rows that have it.
    rows: Vec<Vec<u32>>,
    len: usize,
}

impl Equal {
    fn of(codes: CodesRef<'_>) -> Self {
        let mut order: Vec<u32> = (0..codes.len() as u32).collect();
        order.par_sort_unstable_by_key(|&row| (codes.code(row as usize), row));
        let same = |a: &u32, b: &u32| codes.code(*a as usize) == codes.code(*b as usize);
        let rows: Vec<Vec<u32>> = order.chunk_by(same).map(<[u32]>::to_vec).collect();
        let mut distinct = Codes::with_rows(codes.slice(0..0));
        for rows in &rows {
            let first = rows[0] as usize;
            distinct.extend(codes.slice(first..first + 1));
        }
        Self { distinct, rows, len: codes.len() }
    }

    /// The places of all rows, made from the places of the distinct codes. Equal codes are arranged like the seeds of a
    /// sunflower.
    fn spread(&self, places: &[[f32; 2]]) -> Vec<[f32; 2]> {
        const GOLDEN_ANGLE: f32 = 2.399_963_2;
        let mut spread = vec![[0.0; 2]; self.len];
        let spacing = ROOM * (area(places) / self.len.max(1) as f32).sqrt();
        for (rows, place) in self.rows.iter().zip(places) {
            for (i, &row) in rows.iter().enumerate() {
                let (sin, cos) = (i as f32 * GOLDEN_ANGLE).sin_cos();
                let radius = spacing * (i as f32).sqrt();
                spread[row as usize] = [place[0] + radius * cos, place[1] + radius * sin];
            }
        }
        spread
    }
}

/// The area of the rectangle around all places; 1 if that area is 0.
fn area(places: &[[f32; 2]]) -> f32 {
    let extent = |axis: usize| {
        let low = places.iter().map(|place| place[axis]).fold(f32::INFINITY, f32::min);
        let high = places.iter().map(|place| place[axis]).fold(f32::NEG_INFINITY, f32::max);
        high - low
    };
    let area = if places.is_empty() { 0.0 } else { extent(0) * extent(1) };
    if area > 1e-6 { area } else { 1.0 }
}

/// Random numbers that depend only on the seed, the pass and the code (SplitMix by Steele, Lea and Flood).
struct Draws(u64);

impl Draws {
    fn new(seed: u64, pass: u64, code: u64) -> Self {
        let mut draws = Self(seed ^ pass.wrapping_mul(0xd6e8_feb8_6659_fd93));
        draws.0 = draws.next() ^ code.wrapping_mul(0xa076_1d64_78bd_642f);
        draws
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    fn below(&mut self, limit: usize) -> usize {
        (((self.next() >> 32) * limit as u64) >> 32) as usize
    }

    /// A number from 0 to 1.
    fn unit(&mut self) -> f32 {
        (self.next() >> 40) as f32 / (1 << 24) as f32
    }
}

#[cfg(test)]
mod tests;
