//! How near unlike codes come to one another by chance.
//!
//! The distances of unlike codes are distributed like the number of heads in N tosses of a coin, where N is the number
//! of independent bits: Daugman, "The importance of being random: statistical principles of iris recognition" (2003). N
//! and the mean are estimated from measured distances, of which few may come from codes that are alike. The
//! distribution then tells how often unlike codes are nearer than any measured distance.

/// With fewer distances, the estimate would be too uncertain.
const FEWEST: usize = 30;

/// The quantile at which the lower half's spread is measured. Distances of codes that are alike lie below it.
const LOW_SHARE: f64 = 0.1;

/// The lowest tenth of a normal distribution lies at least this many standard deviations below the mean.
const LOW_DEVIATIONS: f64 = 1.281_551_565_5;

/// The distribution of distances between unlike codes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Chance {
    /// The median distance, as a share of the bits.
    middle: f64,
    /// The number of independent bits.
    independent: f64,
    bits: f64,
}

impl Chance {
    /// Estimates the distribution from distances of codes of `bits` bits. They may be in any order, and are sorted in
    /// place. `None` if there are too few distances, or if all are equal.
    pub fn of(distances: &mut [f32], bits: usize) -> Option<Self> {
        if distances.len() < FEWEST {
            return None;
        }
        distances.sort_unstable_by(f32::total_cmp);
        let at = |share: f64| quantile(distances, share);
        let bits = bits as f64;
        let middle = at(0.5);
        // The wider of the two halves is used. Alike codes widen only the lower half, and too narrow a distribution
        // would promise too much.
        let deviation = (middle - at(LOW_SHARE)).max(at(1.0 - LOW_SHARE) - middle) / LOW_DEVIATIONS;
        let (middle, deviation) = (middle / bits, deviation / bits);
        let independent = middle * (1.0 - middle) / (deviation * deviation);
        (middle > 0.0 && middle < 1.0 && independent.is_finite()).then_some(Self { middle, independent, bits })
    }

    /// The share of unlike pairs whose distance is `distance` or less.
    pub fn share_within(&self, distance: f64) -> f64 {
        let heads = distance / self.bits * self.independent;
        if distance < 0.0 {
            return 0.0;
        }
        // The probability of at most this many heads. The incomplete beta function also gives it for numbers that are
        // not whole.
        let more_heads_than_tosses = heads >= self.independent;
        if more_heads_than_tosses { 1.0 } else { beta(self.independent - heads, heads + 1.0, 1.0 - self.middle) }
    }
}

/// The regularised incomplete beta function for positive `a` and `b`, and `x` between 0 and 1. It is computed as a
/// continued fraction (DLMF 8.17.22) by the method of Lentz (1976). The fraction converges fast below the mean of the
/// distribution.
fn beta(a: f64, b: f64, x: f64) -> f64 {
    const TERMS: usize = 500;
    // Stands for 0, to avoid a division by 0.
    const TINY: f64 = 1e-300;
    if x > (a + 1.0) / (a + b + 2.0) {
        return 1.0 - beta(b, a, 1.0 - x);
    }
    let nonzero = |value: f64| if value.abs() < TINY { TINY } else { value };
    let mut denominator = 1.0 / nonzero(1.0 - (a + b) * x / (a + 1.0));
    let (mut numerator, mut fraction) = (1.0, denominator);
    for term in 1..TERMS {
        let m = term as f64;
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        let before = fraction;
        for coefficient in [even, odd] {
            denominator = 1.0 / nonzero(1.0 + coefficient * denominator);
            numerator = nonzero(1.0 + coefficient / numerator);
            fraction *= denominator * numerator;
        }
        if (fraction / before - 1.0).abs() < 1e-12 {
            break;
        }
    }
    let logarithm = libm::lgamma(a + b) - libm::lgamma(a) - libm::lgamma(b) + a * x.ln() + b * (1.0 - x).ln();
    logarithm.exp() * fraction / a
}

/// The quantile of ascending numbers at `share`. Equal numbers count as spread evenly between the midpoints to their
/// neighbours, because distances are often whole numbers.
fn quantile(ascending: &[f32], share: f64) -> f64 {
    let rank = share * ascending.len() as f64;
    let value = ascending[(rank as usize).min(ascending.len() - 1)];
    let (first, end) = (ascending.partition_point(|&x| x < value), ascending.partition_point(|&x| x <= value));
    let middle = 0.5 * (first + end) as f64;
    // Interpolates from the middle of these equal numbers to the middle of the next ones, above or below.
    let next = if rank < middle { first.checked_sub(1) } else { Some(end).filter(|&end| end < ascending.len()) };
    let Some(next) = next.map(|at| ascending[at]) else { return f64::from(value) };
    let (first, end) = (ascending.partition_point(|&x| x < next), ascending.partition_point(|&x| x <= next));
    let other = 0.5 * (first + end) as f64;
    f64::from(value) + f64::from(next - value) * (rank - middle) / (other - middle)
}

/// The number of results, nearest first, that are really alike. It is the longest beginning of the list in which at
/// most the share `wrong` is expected by chance (Benjamini and Hochberg 1995). `by_chance` gives, for each result, how
/// many unlike results are expected to be as near.
pub fn really_alike(by_chance: impl IntoIterator<Item = f64>, wrong: f64) -> usize {
    let found = by_chance.into_iter().zip(1..);
    found
        .filter(|&(expected, rank)| expected <= wrong * f64::from(rank))
        .map(|(_, rank)| rank as usize)
        .last()
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::testing::random;

    /// Distances of pairs of random codes of 64 bits in which each bit occurs twice. So 32 bits are independent.
    fn distances(pairs: usize) -> Vec<f32> {
        let mut next = random(3);
        (0..pairs).map(|_| (2 * ((next() ^ next()) as u32).count_ones()) as f32).collect()
    }

    #[test]
    fn the_spread_tells_how_often_unlike_codes_come_near() {
        let chance = Chance::of(&mut distances(2000), 64).expect("a spread");
        assert!((24.0..42.0).contains(&chance.independent), "{chance:?}");
        // The exact probabilities: of 32 tosses, at most 5 are heads in 0.57 of 10,000 cases, and at most 8 in 35.
        let sum = |heads: u64| (0..=heads).map(|k| choose(32, k)).sum::<f64>() / 2f64.powi(32);
        for heads in [5, 8, 12] {
            let (found, right) = (chance.share_within(2.0 * heads as f64), sum(heads));
            assert!(found > right / 4.0 && found < right * 4.0, "{heads} heads: {found:e}, not {right:e}");
        }
        assert_eq!(chance.share_within(64.0), 1.0);
        assert!(chance.share_within(0.0) < 1e-8);
    }

    fn choose(n: u64, k: u64) -> f64 {
        (0..k).map(|i| (n - i) as f64 / (i + 1) as f64).product()
    }

    #[test]
    fn the_beta_function_counts_heads() {
        // The probability of at most k heads in n tosses of a coin that shows heads with probability p.
        for (n, k, p) in [(10, 3, 0.5), (32, 5, 0.5), (64, 20, 0.45), (20, 18, 0.9), (5, 0, 0.2)] {
            let exact: f64 =
                (0..=k).map(|i| choose(n, i) * f64::powi(p, i as i32) * f64::powi(1.0 - p, (n - i) as i32)).sum();
            let found = beta((n - k) as f64, k as f64 + 1.0, 1.0 - p);
            assert!((found / exact - 1.0).abs() < 1e-9, "{n} {k} {p}: {found}, not {exact}");
        }
    }

    #[test]
    fn quantiles_of_whole_numbers_lie_between_them() {
        let numbers: Vec<f32> = [1.0; 10].into_iter().chain([2.0; 20]).chain([4.0; 10]).collect();
        assert_eq!(quantile(&numbers, 0.5), 2.0);
        assert_eq!(quantile(&numbers, 0.125), 1.0);
        assert!((quantile(&numbers, 0.25) - 1.0 - 5.0 / 15.0).abs() < 1e-12);
        assert!((quantile(&numbers, 0.75) - 2.0 - 2.0 * 10.0 / 15.0).abs() < 1e-12);
        assert_eq!((quantile(&numbers, 0.0), quantile(&numbers, 1.0)), (1.0, 4.0));
    }

    #[test]
    fn a_few_alike_pairs_do_not_change_the_spread_much() {
        let clean = Chance::of(&mut distances(2000), 64).expect("a spread");
        let mut with_alike = distances(2000);
        with_alike.extend((0..40).map(|n| (n % 6) as f32));
        let chance = Chance::of(&mut with_alike, 64).expect("a spread");
        assert!((chance.independent / clean.independent - 1.0).abs() < 0.3, "{chance:?}, {clean:?}");
    }

    #[test]
    fn too_few_or_equal_distances_tell_nothing() {
        assert_eq!(Chance::of(&mut distances(29), 64), None);
        assert_eq!(Chance::of(&mut [0.0; 100], 64), None);
        assert_eq!(Chance::of(&mut [12.0; 100], 64), None);
    }

    #[test]
    fn what_is_alike_ends_where_chance_would_give_as_much() {
        assert_eq!(really_alike([0.001, 0.002, 0.15, 0.9, 30.0], 0.1), 3);
        assert_eq!(really_alike([0.4, 1.0], 0.1), 0);
        assert_eq!(really_alike([0.4, 0.1], 0.1), 2, "a longer list can make up for its beginning");
        assert_eq!(really_alike([], 0.1), 0);
    }
}
