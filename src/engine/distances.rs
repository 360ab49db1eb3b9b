//! Measures how far codes are apart: random pairs of chunks, and each chunk from the nearest chunk of another file.

use rayon::prelude::*;

use super::error::EngineError;
use super::explore::DistancesReport;
use super::ready::current_snapshot;
use super::shared::Job;
use super::snapshot::Snapshot;
use crate::ground::bits;
use crate::index::{AllCodes, Codes, Neighbour};

/// The most chunks that are used as queries.
const ASKED: usize = 2000;

/// The number of neighbours among which a chunk of another file is sought first. If there is none, all codes are
/// searched.
const AMONG: usize = 64;

/// The number of queries between two checks for cancelling.
const A_ROUND: usize = 500;

pub(super) fn measure_distances(job: &Job) -> Result<DistancesReport, EngineError> {
    let snapshot = current_snapshot(job)?;
    let codes = snapshot.index.codes()?;
    let every = snapshot.offered.count().div_ceil(ASKED).max(1);
    let asked: Vec<usize> = snapshot.offered.iter().step_by(every).collect();
    let mut random = vec![0; codes.bits() + 1];
    // The other chunk is half of the sample away in the order of files, so the two come from unlike files.
    for (i, &row) in asked.iter().enumerate().filter(|_| asked.len() > 1) {
        let other = asked[(i + asked.len() / 2) % asked.len()];
        random[bits::distance(codes.code(row), codes.code(other)) as usize] += 1;
    }
    let mut nearest = vec![0; codes.bits() + 1];
    for round in asked.chunks(A_ROUND) {
        job.check()?;
        let mut queries = Codes::new(codes.bits())?;
        queries.extend_words(round.iter().flat_map(|&row| codes.code(row)).copied());
        let found = snapshot.index.index().search_each(queries.as_ref(), AMONG, Some(&snapshot.offered))?;
        let of_another = |(&row, near): (&usize, Vec<Neighbour>)| {
            let own = snapshot.span_number(row);
            let first = near.iter().find(|near| snapshot.span_number(near.row) != own);
            first.map(|near| near.distance).or_else(|| looked_for_among_all(&snapshot, &codes, row))
        };
        for distance in round
            .par_iter()
            .zip(found.into_par_iter().map(|answer| answer.neighbours))
            .map(of_another)
            .collect::<Vec<_>>()
            .into_iter()
            .flatten()
        {
            nearest[distance as usize] += 1;
        }
    }
    Ok(DistancesReport {
        index_generation: snapshot.index_generation,
        bits: codes.bits(),
        sampled: asked.len(),
        random,
        nearest,
        balance: snapshot.balance()?,
    })
}

/// The distance to the nearest chunk of another file, among all codes. `None` if there is no other file.
fn looked_for_among_all(snapshot: &Snapshot, codes: &AllCodes<'_>, row: usize) -> Option<u32> {
    let mut distance = Vec::new();
    codes.distances(0..codes.len(), codes.code(row), &mut distance);
    let own = snapshot.span_of(row)?;
    let own = own.first_row..own.first_row + own.chunks;
    let others = snapshot.offered.iter().filter(|row| !own.contains(row));
    others.map(|row| u32::from(distance[row])).min()
}
