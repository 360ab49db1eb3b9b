//! A sample of matches to judge, from both sides of the line. Verdicts on matches before the line give the precision.
//! Verdicts on matches behind the line show what the line misses.

use rand::seq::IndexedRandom as _;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::Serialize;

use super::query::{Match, SearchReport};

/// For each match behind the line that a sample takes, it chooses from this many. They are the nearest ones behind the
/// line, because farther ones would all be wrong.
const BEHIND_FOR_ONE: usize = 5;
/// The seed is constant, so a sample stays the same until you judge one of its matches.
const SEED: u64 = 1;

/// What a sample was taken from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Sampled {
    /// The matches before the line, and those of them that are in the sample.
    pub before: usize,
    pub sampled_before: usize,
    /// The nearest matches behind the line, and those of them that are in the sample.
    pub behind: usize,
    pub sampled_behind: usize,
}

/// Reduces the matches of a report to a sample of `n` that have no verdict: half of them from before the line, half
/// from the nearest behind the line. Each half is stratified by distance: it has one random match from each of several
/// strata with equally many matches. The query itself is left out.
pub fn keep_sample(report: &mut SearchReport, n: usize) {
    let alike = report.line.alike.unwrap_or(report.matches.len()).min(report.matches.len());
    let mut behind = report.matches.split_off(alike);
    let mut before = std::mem::take(&mut report.matches);
    let is_open = |found: &Match| found.nearness.verdict.is_none() && !found.is_query;
    before.retain(is_open);
    behind.retain(is_open);
    let by_distance = |a: &Match, b: &Match| a.distance.total_cmp(&b.distance);
    before.sort_by(by_distance);
    behind.sort_by(by_distance);
    behind.truncate(BEHIND_FOR_ONE * n.div_ceil(2).max(1));
    // What one half lacks, the other half gets.
    let of_before = n.div_ceil(2).max(n.saturating_sub(behind.len())).min(before.len());
    let of_behind = (n - of_before).min(behind.len());
    let mut rng = ChaCha8Rng::seed_from_u64(SEED);
    let (chosen_before, chosen_behind) = (strata(&before, of_before, &mut rng), strata(&behind, of_behind, &mut rng));
    report.line.sampled = Some(Sampled {
        before: before.len(),
        sampled_before: chosen_before.len(),
        behind: behind.len(),
        sampled_behind: chosen_behind.len(),
    });
    report.line.alike = report.line.alike.map(|_| chosen_before.len());
    report.matches = chosen_before.into_iter().chain(chosen_behind).collect();
}

/// One match at random of each of `n` strata.
fn strata(matches: &[Match], n: usize, rng: &mut impl Rng) -> Vec<Match> {
    let edge = |stratum: usize| stratum * matches.len() / n.max(1);
    (0..n).filter_map(|stratum| matches[edge(stratum)..edge(stratum + 1)].choose(rng).cloned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::formats::tests::{found, report, sounds};

    #[test]
    fn a_sample_is_spread_over_distances_on_both_sides_and_leaves_out_what_was_judged() {
        let sounds = sounds();
        let mut all = report("/q.wav", (0..100).map(|i| found(&sounds, 0, f64::from(i), f64::from(i))).collect());
        all.line.alike = Some(40);
        for (place, found) in all.matches.iter_mut().enumerate() {
            found.nearness.verdict = (place < 10).then_some(true);
            found.is_query = place == 10;
        }
        let mut sample = all.clone();
        keep_sample(&mut sample, 8);
        assert_eq!(sample.line.sampled, Some(Sampled { before: 29, sampled_before: 4, behind: 20, sampled_behind: 4 }));
        assert_eq!((sample.matches.len(), sample.line.alike), (8, Some(4)));
        let distances: Vec<f64> = sample.matches.iter().map(|found| found.distance).collect();
        for (stratum, distance) in distances[..4].iter().enumerate() {
            let from = 11 + stratum * 29 / 4;
            assert!((from..11 + (stratum + 1) * 29 / 4).contains(&(*distance as usize)), "{distances:?}");
        }
        assert!(distances[4..].iter().all(|distance| (40.0..60.0).contains(distance)), "{distances:?}");
        let mut again = all.clone();
        keep_sample(&mut again, 8);
        assert_eq!(again, sample);
        let mut whole = all;
        keep_sample(&mut whole, 1000);
        assert_eq!(whole.matches.len(), 89, "all that is open");
    }
}
