//! The pitch of a frame by the McLeod pitch method: P. McLeod and G. Wyvill (2005), "A smarter way to find pitch".
//! ICMC 2005.

/// The range in which a pitch is looked for, in hertz.
const LOWEST_HZ: f32 = 25.0;
const HIGHEST_HZ: f32 = 5000.0;

/// The fewest samples of a period. The peak of a shorter period cannot be placed.
const SHORTEST_PERIOD: f32 = 5.0;

/// The pitch is at the first peak that has at least this share of the highest peak.
const FIRST_PEAK: f32 = 0.9;

/// The most periods over which the period is measured, and the least share of the pitch's peak that the peak of several
/// periods must have.
const PERIODS: usize = 8;
const LATER_PEAK: f32 = 0.8;

/// The pitch of a frame. Without one, both are 0.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Periodicity {
    pub hz: f32,
    /// How exactly the frame repeats after one period, at most 1.
    pub clarity: f32,
}

/// `correlation(lag)` is the autocorrelation of `samples`, unscaled. At least two periods must be in the samples.
pub(super) fn periodicity(samples: &[f32], correlation: impl Fn(usize) -> f32, rate: f32) -> Periodicity {
    let shortest = (rate / HIGHEST_HZ).max(SHORTEST_PERIOD) as usize;
    let longest = (samples.len() / 2).min((rate / LOWEST_HZ) as usize);
    if longest <= shortest + 1 {
        return Periodicity::default();
    }
    // The normalised square difference function, from lag 0 on.
    let square = |place: usize| f64::from(samples[place]) * f64::from(samples[place]);
    let mut power = 2.0 * samples.iter().map(|sample| f64::from(*sample) * f64::from(*sample)).sum::<f64>();
    let least = 1e-9 * power;
    let mut normalised = Vec::with_capacity(longest + 2);
    for lag in 0..=longest + 1 {
        normalised.push(if power > least { (2.0 * f64::from(correlation(lag)) / power) as f32 } else { 0.0 });
        if lag < samples.len() {
            power -= square(lag) + square(samples.len() - 1 - lag);
        }
    }
    let peaks = key_maxima(&normalised, shortest);
    let Some(highest) = peaks.iter().map(|(_, height)| *height).reduce(f32::max) else { return Periodicity::default() };
    let Some(&(mut period, clarity)) = peaks.iter().find(|(_, height)| *height >= FIRST_PEAK * highest) else {
        return Periodicity::default();
    };
    // The peak of several periods places a short period more exactly than its own peak, which has few samples.
    for periods in 2..=PERIODS {
        let expected = period * periods as f32;
        let later = peaks.iter().find(|(lag, _)| (lag - expected).abs() < 1.0);
        match later.filter(|(_, height)| *height >= LATER_PEAK * clarity) {
            Some((lag, _)) => period = lag / periods as f32,
            None => break,
        }
    }
    Periodicity { hz: rate / period, clarity: clarity.clamp(0.0, 1.0) }
}

/// The place and the height of the highest peak of each stretch above zero, except for the first stretch,
/// which begins at lag 0. Both are interpolated between the samples.
fn key_maxima(normalised: &[f32], shortest: usize) -> Vec<(f32, f32)> {
    let mut peaks = Vec::new();
    let Some(mut lag) = normalised.iter().position(|value| *value <= 0.0) else { return peaks };
    while lag + 1 < normalised.len() {
        if normalised[lag] <= 0.0 {
            lag += 1;
            continue;
        }
        let end = normalised[lag..].iter().position(|value| *value <= 0.0).map_or(normalised.len(), |ends| lag + ends);
        let is_peak = |place: &usize| {
            let value = normalised[*place];
            *place >= shortest && value >= normalised[place - 1] && value >= normalised[place + 1]
        };
        let highest = (lag..end.min(normalised.len() - 1))
            .filter(is_peak)
            .max_by(|a, b| normalised[*a].total_cmp(&normalised[*b]).then(b.cmp(a)));
        peaks.extend(highest.map(|lag| {
            let (shift, height) = vertex(normalised[lag - 1], normalised[lag], normalised[lag + 1]);
            (lag as f32 + shift, height)
        }));
        lag = end;
    }
    peaks
}

/// Where the parabola through three neighbouring values is highest, from the middle one on, and how high.
pub(super) fn vertex(before: f32, at: f32, after: f32) -> (f32, f32) {
    let bend = before - 2.0 * at + after;
    if bend >= 0.0 {
        return (0.0, at);
    }
    let shift = (0.5 * (before - after) / bend).clamp(-0.5, 0.5);
    (shift, at - 0.25 * (before - after) * shift)
}
