//! Finds every event: each stretch of a file in which a wanted sound occurs.

use std::collections::HashMap;
use std::ops::Range;

use super::super::error::EngineError;
use super::super::fold::Hit;
use super::super::query::Precision;
use super::super::shared::Job;
use super::asked::Asked;
use super::{Ground, hit};
use crate::index::{Chance, Occurrence, Recordings, Sequence};

/// The number of occurrences from which the distribution of scores is estimated.
const SAMPLED: usize = 20_000;

/// The half-width of a 95% confidence interval, in standard deviations.
const CONFIDENCE_DEVIATIONS: f64 = 1.959_964;

/// The result of [`by_event`].
pub(super) struct Events {
    /// Ordered by distance. Those to which an unwanted sound is nearer come last.
    pub hits: Vec<(Hit, f64)>,
    /// The number of events that are expected by chance to be as near as a distance. `None` if there is too little
    /// sound to tell.
    pub by_chance: Option<Spread>,
    /// The sequences that were sought, each with its number among the wanted sounds.
    pub like: Vec<(usize, Sequence)>,
    pub unlike: Vec<(usize, Sequence)>,
}

/// How near the query comes to unlike sounds.
#[derive(Clone, Copy)]
pub(super) struct Spread {
    chance: Chance,
    /// The number of places where an event could be.
    places: f64,
}

impl Spread {
    /// The number of events that are expected by chance to be as near as `distance`.
    pub fn within(&self, distance: f64) -> f64 {
        self.places * self.chance.share_within(distance)
    }
}

/// Finds every event. At most `at_most` are returned, the nearest first.
pub(super) fn by_event(job: &Job, ground: &Ground<'_>, asked: &Asked, at_most: usize) -> Result<Events, EngineError> {
    let snapshot = ground.snapshot;
    let (like, unlike) = (asked.like.sequences(snapshot), asked.unlike.sequences(snapshot));
    let codes = snapshot.index.codes()?;
    let rows: Vec<Range<usize>> = recordings(ground);
    let recordings = Recordings { codes: &codes, allowed: ground.rows, rows: &rows };
    let only = |sequences: &[(usize, Sequence)]| sequences.iter().map(|(_, sequence)| sequence.clone()).collect();
    let (wanted, unwanted): (Vec<Sequence>, Vec<Sequence>) = (only(&like), only(&unlike));
    let found = recordings.occurrences(&wanted, &unwanted, &|| !job.is_cancelled());
    let mut found = found.ok_or(EngineError::Cancelled)?;
    let every = found.len().div_ceil(SAMPLED).max(1);
    let mut sample: Vec<f32> = found.iter().step_by(every).map(|found| found.score).collect();
    let places = found.len() as f64;
    let by_chance = Chance::of(&mut sample, codes.bits()).map(|chance| Spread { chance, places });
    let order = |a: &Occurrence, b: &Occurrence| {
        a.is_contrary.cmp(&b.is_contrary).then(a.score.total_cmp(&b.score)).then(a.row.cmp(&b.row))
    };
    if found.len() > at_most {
        found.select_nth_unstable_by(at_most, order);
        found.truncate(at_most);
    }
    found.sort_unstable_by(order);
    let ranges: Vec<Range<usize>> = asked.like.ranges().collect();
    let hits = found.iter().filter_map(|found| {
        let (number, sequence) = like.get(found.sequence as usize)?;
        let span = snapshot.span_of(found.row)?;
        let row = recordings.settled(&(span.first_row..span.first_row + span.chunks), found.row, sequence);
        let chunk = hit(snapshot, span, row, found.score.round() as u32, ranges[*number].start);
        let (start, end) = sequence.around_middle();
        let secs_from_middle = |rows: isize| rows as f64 * snapshot.hop_secs(span.file.rate);
        let hit = Hit {
            start_secs: (chunk.start_secs + secs_from_middle(start)).max(0.0),
            end_secs: (chunk.end_secs + secs_from_middle(end)).min(span.file.duration_secs().max(chunk.end_secs)),
            is_contrary: found.is_contrary,
            ..chunk
        };
        Some((hit, f64::from(found.score)))
    });
    Ok(Events { hits: hits.collect(), by_chance, like, unlike })
}

/// The rows of each file that has rows that may be found.
fn recordings(ground: &Ground<'_>) -> Vec<Range<usize>> {
    let spans = ground.snapshot.spans.iter().map(|span| span.first_row..span.first_row + span.chunks);
    spans.filter(|rows| ground.rows.has_any_in(rows.clone())).collect()
}

/// The precision among the matches with a verdict. Each is judged as if its own verdict were not known: it counts if
/// the other examples bring it before `threshold`.
pub(super) fn precision(
    ground: &Ground<'_>,
    asked: &Asked,
    events: &Events,
    threshold: f64,
) -> Result<Option<Precision>, EngineError> {
    let snapshot = ground.snapshot;
    let codes = snapshot.index.codes()?;
    let recordings = Recordings { codes: &codes, allowed: &snapshot.offered, rows: &[] };
    let own: HashMap<(bool, usize), usize> =
        asked.verdicts.iter().enumerate().map(|(place, (verdict, number))| ((verdict.yes, *number), place)).collect();
    let (mut right, mut judged) = (0, 0);
    for (place, (verdict, _)) in asked.verdicts.iter().enumerate() {
        let Some(span) = snapshot.spans.iter().find(|span| span.file.id == verdict.file) else { continue };
        let file = span.first_row..span.first_row + span.chunks;
        let stretch = snapshot.rows_within(span, verdict.start_secs, verdict.end_secs);
        let middle = stretch.start + stretch.len().saturating_sub(1) / 2;
        let part = middle.saturating_sub(1).max(file.start)..(middle + 2).min(file.end);
        let nearest = |is_like: bool, sequences: &[(usize, Sequence)]| {
            let others = sequences.iter().filter(|(number, _)| own.get(&(is_like, *number)) != Some(&place));
            let others: Vec<Sequence> = others.map(|(_, sequence)| sequence.clone()).collect();
            recordings.scores(&file, part.clone(), &others).into_iter().fold(f32::INFINITY, f32::min)
        };
        let like = nearest(true, &events.like);
        if f64::from(like) <= threshold && nearest(false, &events.unlike) >= like {
            judged += 1;
            right += usize::from(verdict.yes);
        }
    }
    Ok((judged > 0).then(|| wilson(right, judged)))
}

/// The share of right matches, and the 95% confidence interval of the true share (Wilson 1927).
fn wilson(right: usize, judged: usize) -> Precision {
    let (n, share) = (judged as f64, right as f64 / judged as f64);
    let z2 = CONFIDENCE_DEVIATIONS * CONFIDENCE_DEVIATIONS;
    let middle = (share + z2 / (2.0 * n)) / (1.0 + z2 / n);
    let half = CONFIDENCE_DEVIATIONS / (1.0 + z2 / n) * (share * (1.0 - share) / n + z2 / (4.0 * n * n)).sqrt();
    Precision { share, from: (middle - half).max(0.0), to: (middle + half).min(1.0), judged }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_of_a_precision_is_wilsons() {
        // 81 of 263 is an example of Newcombe (1998), method 3.
        let precision = wilson(81, 263);
        assert!((precision.from - 0.2553).abs() < 1e-4 && (precision.to - 0.3662).abs() < 1e-4, "{precision:?}");
        let all = wilson(20, 20);
        assert!(all.to == 1.0 && (all.from - 0.8389).abs() < 1e-4, "{all:?}");
    }
}
