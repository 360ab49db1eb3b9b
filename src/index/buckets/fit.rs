//! Fitting tables to codes: how many parts there are, which bits each part has, what the levels of a part cost, and
//! whether a scan is faster.
//!
//! Learned bits are uneven and correlated. A part splits its buckets best if its bits say little about one another, so
//! the bits are distributed such that those of one part are correlated as little as possible. The cost of a level is
//! counted on a sample of the codes, with some codes of the sample as queries.

use std::ops::RangeInclusive;

use super::search::cheapest;
use super::table::{BUCKET_BITS_AT_MOST, Key, tag_bits_at_most};
use crate::index::codes::CodesRef;
use crate::index::kernel::Kernel;
use crate::index::scan::{Part as Rows, scan, scan_nanos};
use crate::index::select::Selection;

// The times of the steps of a search, measured on a Zen 4 core with tables larger than its caches. Only their ratios to
// one another and to the time of a scan matter. They decide how a search is done, never what it answers. This constant:
// testing whether a bucket holds rows.
pub(super) const PROBE_NANOS: f32 = 1.5;
/// Finding the entries of a bucket that holds rows.
pub(super) const BUCKET_NANOS: f32 = 15.0;
/// Comparing the tag of an entry.
pub(super) const ENTRY_NANOS: f32 = 1.0;
/// Testing whether a row is wanted, when its tag is near.
pub(super) const ROW_NANOS: f32 = 2.0;
/// Comparing a code at a random place in memory, when the tag does not tell the distance.
pub(super) const CODE_NANOS: f32 = 10.0;

/// The number of codes on which correlations are counted.
const CORRELATED: usize = 4096;
/// The sample on which levels are counted has one in `SAMPLED` codes, within the limits of `SAMPLE`. `QUERIES` codes of
/// the sample serve as queries. So fitting takes little time compared with building.
const SAMPLED: usize = 64;
const SAMPLE: RangeInclusive<usize> = 1024..=16_384;
const QUERIES: usize = 96;
/// The number of neighbours that the sample's queries look for: ten, and the query itself.
const K: usize = 11;
/// No more levels of a part than this are ever searched.
const LEVELS: usize = 5;
/// The values of patience that are tried: the share of a scan's cost that a search may spend on the tables before it
/// scans instead.
const PATIENCE: [f32; 8] = [0.03, 0.06, 0.12, 0.25, 0.4, 0.6, 0.8, 1.0];
/// Tables are kept only if a search with them takes less than this fraction of a scan.
const WORTH: f32 = 0.85;

pub(super) struct Plan {
    /// The key of each part, and the costs of its levels.
    pub parts: Vec<(Key, Vec<f32>)>,
    pub patience: f32,
    /// The average time of a search, including searches that end in a scan.
    pub typical_nanos: f32,
}

/// The best plan for these codes. `None`: a scan is faster.
pub(super) fn fit(codes: CodesRef<'_>, kernel: Kernel) -> Option<Plan> {
    let sample: Vec<&[u64]> = evenly(codes, (codes.len() / SAMPLED).clamp(*SAMPLE.start(), *SAMPLE.end()));
    let step = (sample.len() / QUERIES).max(1);
    let queries: Vec<&[u64]> = sample.iter().copied().step_by(step).take(QUERIES).collect();
    let words: Vec<u64> = queries.concat();
    let mut selections: Vec<_> = queries.iter().map(|_| Selection::new(K, codes.bits() as u32)).collect();
    scan(kernel, Rows { codes, first_row: 0, allowed: None }, CodesRef::new(codes.bits(), &words), &mut selections);
    let reach: Vec<u32> =
        selections.into_iter().map(|found| found.finish().last().map_or(0, |last| last.distance)).collect();

    let correlation = Correlation::of(&evenly(codes, CORRELATED), codes.bits());
    let scan_nanos = scan_nanos(kernel, codes.len(), codes, QUERIES);
    let table_bits = (codes.len().ilog2() + 4).min(BUCKET_BITS_AT_MOST) as usize;
    let fewest = codes.bits().div_ceil(table_bits).max(2);
    let sample =
        Sample { rows: &sample, queries: &queries, reach: &reach, scale: codes.len() as f32 / sample.len() as f32 };
    let (cost, plan) = (fewest..fewest + 3)
        .filter(|&parts| codes.bits() / parts >= 8)
        .map(|parts| sample.price(keys(codes.bits(), codes.len(), parts, &correlation), scan_nanos))
        .min_by(|a, b| a.0.total_cmp(&b.0))?;
    (cost < WORTH * scan_nanos).then_some(plan)
}

fn evenly(codes: CodesRef<'_>, count: usize) -> Vec<&[u64]> {
    let step = codes.len().div_ceil(count).max(1);
    (0..codes.len()).step_by(step).map(|row| codes.code(row)).collect()
}

/// The variance of each bit, and its squared correlation with each other.
struct Correlation {
    bits: usize,
    squared: Vec<f32>,
    variance: Vec<f32>,
}

impl Correlation {
    fn of(sample: &[&[u64]], bits: usize) -> Self {
        let words = sample.len().div_ceil(64);
        let mut columns = vec![0u64; bits * words];
        for (row, code) in sample.iter().enumerate() {
            for bit in 0..bits {
                columns[bit * words + row / 64] |= (code[bit / 64] >> (bit % 64) & 1) << (row % 64);
            }
        }
        let column = |bit: usize| &columns[bit * words..][..words];
        let share = |ones: u32| ones as f32 / sample.len().max(1) as f32;
        let ones: Vec<f32> =
            (0..bits).map(|bit| share(column(bit).iter().map(|word| word.count_ones()).sum())).collect();
        let mut squared = vec![0.0; bits * bits];
        for a in 0..bits {
            for b in 0..a {
                let both = share(column(a).iter().zip(column(b)).map(|(a, b)| (a & b).count_ones()).sum());
                let covariance = both - ones[a] * ones[b];
                let variances = ones[a] * (1.0 - ones[a]) * ones[b] * (1.0 - ones[b]);
                let value = if variances > 0.0 { covariance * covariance / variances } else { 1.0 };
                squared[a * bits + b] = value;
                squared[b * bits + a] = value;
            }
        }
        let variance = ones.iter().map(|ones| ones * (1.0 - ones)).collect();
        Self { bits, squared, variance }
    }

    fn squared(&self, a: usize, b: usize) -> f32 {
        self.squared[a * self.bits + b]
    }
}

/// Distributes the bits over the parts. The bits with the most correlation come first; each goes to the part with whose
/// bits it is correlated least.
fn keys(bits: usize, rows: usize, parts: usize, correlation: &Correlation) -> Vec<Key> {
    let entangled = |bit: usize| -> f32 { (0..bits).map(|other| correlation.squared(bit, other)).sum() };
    let mut order: Vec<usize> = (0..bits).collect();
    order.sort_by(|&a, &b| entangled(b).total_cmp(&entangled(a)));
    let room = bits.div_ceil(parts);
    let mut dealt: Vec<Vec<u16>> = vec![Vec::new(); parts];
    for bit in order {
        let shared =
            |part: &Vec<u16>| -> f32 { part.iter().map(|&other| correlation.squared(bit, usize::from(other))).sum() };
        let open = dealt.iter_mut().filter(|part| part.len() < room);
        let best = open.min_by(|a, b| shared(a).total_cmp(&shared(b)).then(a.len().cmp(&b.len())));
        if let Some(part) = best {
            part.push(bit as u16);
        }
    }
    dealt
        .iter()
        .map(|mine| {
            // Even bits tell most. A bit that is nearly always the same tells nothing.
            let mut tags: Vec<u16> = (0..bits as u16).filter(|bit| !mine.contains(bit)).collect();
            tags.sort_by(|&a, &b| correlation.variance[b as usize].total_cmp(&correlation.variance[a as usize]));
            tags.truncate(tag_bits_at_most(bits, rows));
            Key::new(bits, rows, mine, &tags)
        })
        .collect()
}

struct Sample<'a> {
    rows: &'a [&'a [u64]],
    queries: &'a [&'a [u64]],
    /// For each query, the distance of its farthest neighbour.
    reach: &'a [u32],
    /// The number of codes for each code in the sample.
    scale: f32,
}

impl Sample<'_> {
    /// The average cost of a search with these keys in nanoseconds, and the plan of that search.
    fn price(&self, keys: Vec<Key>, scan_nanos: f32) -> (f32, Plan) {
        // nanos[query][part][level]
        let nanos: Vec<Vec<[f32; LEVELS]>> = self
            .queries
            .iter()
            .zip(self.reach)
            .map(|(query, &reach)| keys.iter().map(|key| self.levels_of(key, query, reach)).collect())
            .collect();
        let typical: Vec<Vec<f32>> = (0..keys.len())
            .map(|part| (0..LEVELS).map(|level| trimmed_mean(nanos.iter().map(|n| n[part][level]))).collect())
            .collect();
        let costs: Vec<Vec<f32>> = nanos
            .iter()
            .zip(self.reach)
            .map(|(nanos, &reach)| {
                let mut levels = vec![0; keys.len()];
                // The cost after each step; infinity if the search does not end.
                let mut steps = vec![0.0];
                while levels.iter().sum::<u32>() <= reach {
                    let Some((part, _)) = cheapest(typical.iter().map(|nanos| &nanos[..]), &levels) else {
                        steps.push(f32::INFINITY);
                        break;
                    };
                    steps.push(steps[steps.len() - 1] + nanos[part][levels[part] as usize]);
                    levels[part] += 1;
                }
                steps
            })
            .collect();
        let price = |patience: f32| -> f32 {
            let of_one = |steps: &Vec<f32>| -> f32 {
                let affordable = steps.partition_point(|&cost| cost <= patience * scan_nanos);
                match steps.get(affordable) {
                    None => steps[steps.len() - 1],
                    Some(_) => steps[affordable - 1] + scan_nanos,
                }
            };
            costs.iter().map(of_one).sum::<f32>() / costs.len().max(1) as f32
        };
        let (cost, patience) = PATIENCE
            .iter()
            .map(|&patience| (price(patience), patience))
            .min_by(|a, b| a.0.total_cmp(&b.0))
            .unwrap_or((f32::INFINITY, 0.0));
        (cost, Plan { parts: keys.into_iter().zip(typical).collect(), patience, typical_nanos: cost })
    }

    /// The cost of the levels of one part for one query, in nanoseconds.
    fn levels_of(&self, key: &Key, query: &[u64], reach: u32) -> [f32; LEVELS] {
        let mut entries = [0usize; LEVELS];
        let mut compared = [0usize; LEVELS];
        let tag = key.tag(query);
        let mut differing = vec![0; query.len()];
        for &row in self.rows {
            differing.iter_mut().zip(row).zip(query).for_each(|((d, row), query)| *d = row ^ query);
            let level = key.level(&differing) as usize;
            if level < LEVELS {
                entries[level] += 1;
                let other = key.tag(row);
                let differ = (other[0] ^ tag[0]).count_ones() + (other[1] ^ tag[1]).count_ones();
                compared[level] += usize::from(level as u32 + differ <= reach);
            }
        }
        let near_nanos = if key.is_complete { ROW_NANOS } else { ROW_NANOS + CODE_NANOS };
        let mut probes = 1.0;
        std::array::from_fn(|level| {
            let (entries, compared) = (entries[level] as f32 * self.scale, compared[level] as f32 * self.scale);
            let nanos = PROBE_NANOS * probes
                + BUCKET_NANOS * entries.min(probes)
                + ENTRY_NANOS * entries
                + near_nanos * compared;
            probes *= (key.flips.len() as f32 - level as f32).max(0.0) / (level as f32 + 1.0);
            nanos
        })
    }
}

/// The mean without the largest twentieth. A cluster of equal codes costs much, and would make every level seem
/// expensive.
fn trimmed_mean(values: impl Iterator<Item = f32>) -> f32 {
    let mut values: Vec<f32> = values.collect();
    values.sort_unstable_by(f32::total_cmp);
    let kept = &values[..values.len() - values.len() / 20];
    kept.iter().sum::<f32>() / kept.len().max(1) as f32
}
