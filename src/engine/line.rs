//! The line in a list of matches. Behind it, nothing is really alike.

use super::query::{Line, Match};
use crate::index::really_alike;

/// The share of the matches before the line that may be there by chance.
const WRONG: f64 = 0.1;

/// The number of matches before the suggested line. `by_chance` gives, for each match, how many unlike ones are
/// expected to be as near.
pub(super) fn suggested(by_chance: impl Iterator<Item = f64>) -> usize {
    really_alike(by_chance, WRONG)
}

/// Draws the line at `threshold`, or at the suggested distance, and moves the matches before it to the front. A verdict
/// of yes puts a match before the line, and a no behind it, whatever its distance is. The query itself does not count
/// as evidence that other sounds are alike.
///
/// `matches` are ordered by distance, except those to which an unwanted sound is nearer. These are behind the line
/// already.
pub(super) fn draw_line(matches: &mut [Match], threshold: Option<f64>, can_tell: bool) -> Line {
    let others: Vec<&Match> = matches.iter().filter(|found| !found.is_query && !found.nearness.is_behind).collect();
    let by_chance = others.iter().filter_map(|found| found.nearness.by_chance);
    let suggested_threshold = can_tell.then(|| {
        let alike = suggested(by_chance);
        let last = alike.checked_sub(1).and_then(|last| others.get(last)).map(|found| found.distance);
        match (last, others.get(alike).map(|found| found.distance)) {
            // The line is in the middle of the gap, so no match is decided by a fraction of a bit.
            (Some(last), Some(next)) => 0.5 * (last + next),
            (Some(last), None) => last,
            (None, Some(first)) => 0.5 * first,
            (None, None) => 0.0,
        }
    });
    let Some(threshold) = threshold.or(suggested_threshold) else {
        return Line::default();
    };
    for found in matches.iter_mut() {
        let is_near = found.distance <= threshold && !found.nearness.is_behind;
        found.nearness.is_behind = !found.nearness.verdict.unwrap_or(is_near);
    }
    matches.sort_by_key(|found| found.nearness.is_behind);
    let alike = matches.partition_point(|found| !found.nearness.is_behind);
    let before = matches[..alike].iter().filter(|found| found.distance <= threshold);
    let false_alarms = before.filter_map(|found| found.nearness.by_chance).reduce(f64::max);
    Line {
        alike: Some(alike),
        threshold: Some(threshold),
        suggested_threshold,
        false_alarms: can_tell.then_some(false_alarms.unwrap_or(0.0)),
        precision: None,
        new: None,
        sampled: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::FileId;
    use crate::engine::{Grouping, Nearness};

    fn found(distance: f64, by_chance: f64) -> Match {
        Match {
            path: "/a.wav".into(),
            start_seconds: distance,
            end_seconds: distance + 1.0,
            distance,
            query_start_seconds: 0.0,
            problem: None,
            is_query: false,
            file: FileId(1),
            by: Grouping::Event,
            code: Vec::new(),
            query_code: Vec::new(),
            file_seconds: 1.0,
            aspects: None,
            recorded: None,
            shared: None,
            nearness: Nearness { by_chance: Some(by_chance), ..Nearness::default() },
        }
    }

    fn distances(matches: &[Match]) -> Vec<f64> {
        matches.iter().map(|found| found.distance).collect()
    }

    #[test]
    fn the_line_is_suggested_in_the_gap_behind_what_chance_does_not_explain() {
        let all = vec![found(2.0, 1e-6), found(7.0, 0.01), found(13.8, 2.0), found(14.0, 3.0)];
        let mut matches = all.clone();
        let line = draw_line(&mut matches, None, true);
        assert_eq!((line.alike, line.threshold, line.suggested_threshold), (Some(2), Some(10.4), Some(10.4)));
        assert_eq!(line.false_alarms, Some(0.01));
        assert_eq!(
            matches.iter().map(|found| found.nearness.is_behind).collect::<Vec<_>>(),
            [false, false, true, true]
        );
        let moved = draw_line(&mut all.clone(), Some(1.0), true);
        assert_eq!((moved.alike, moved.suggested_threshold), (Some(0), Some(10.4)));
    }

    #[test]
    fn the_query_itself_does_not_make_anything_else_alike() {
        let mut matches = vec![found(0.0, 1e-9), found(13.8, 2.0), found(14.0, 3.0)];
        matches[0].is_query = true;
        let line = draw_line(&mut matches, None, true);
        assert_eq!(line.alike, Some(1), "the query alone");
        assert!(matches[1].nearness.is_behind);
    }

    #[test]
    fn what_a_person_said_decides() {
        let mut matches = vec![found(2.0, 1e-6), found(3.0, 1e-5), found(20.0, 9.0), found(21.0, 9.0)];
        matches[0].nearness.verdict = Some(false);
        matches[3].nearness.verdict = Some(true);
        let line = draw_line(&mut matches, Some(10.0), true);
        assert_eq!((line.alike, distances(&matches)), (Some(2), vec![3.0, 21.0, 2.0, 20.0]));
    }

    #[test]
    fn without_enough_sound_there_is_no_line_unless_a_distance_was_given() {
        let mut matches = vec![found(2.0, 1.0), found(3.0, 1.0)];
        assert_eq!(draw_line(&mut matches, None, false), Line::default());
        assert!(matches.iter().all(|found| !found.nearness.is_behind));
        let line = draw_line(&mut matches, Some(2.5), false);
        assert_eq!((line.alike, line.false_alarms), (Some(1), None));
    }
}
