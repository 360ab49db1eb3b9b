//! Orders matches by pitch, envelope and length as well as by tone, if you give these weight.

use super::query::Match;
use super::weights::Weights;
use crate::aspects::{Aspects, semitones_between};

/// Pitches that are this many semitones apart, or more, differ by 1.
const SEMITONES: f32 = 12.0;

/// Attacks that are this many factors of ten apart, or more, differ by 1. A millisecond is added to each attack,
/// because nobody hears shorter differences.
const DECADES: f32 = 2.0;
const SHORTEST_ATTACK_SECS: f32 = 0.001;

/// Lengths that are this many octaves apart, or more (one sound is 16 times as long), differ by 1.
const OCTAVES: f64 = 4.0;

/// The properties of a sound that can count for the order, beside its codes.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Shape {
    pub seconds: f64,
    pub aspects: Aspects,
}

/// Puts matches in the order of their weighted differences from the query. Codes have `bits` bits. Matches that differ
/// equally keep their order. A property that the query lacks does not count. A match that lacks a property of the query
/// differs by 1 in it.
pub fn rerank(matches: &mut [Match], query: &Shape, bits: usize, weights: Weights) {
    if weights.is_tone_alone() {
        return;
    }
    let difference = |found: &Match| {
        let shape = Shape { seconds: found.file_seconds, aspects: found.aspects.unwrap_or_default() };
        difference(tone_between(found.distance, bits), query, &shape, weights)
    };
    matches.sort_by_cached_key(|found| {
        // The bits of floats that are 0 or more have the order of the floats.
        difference(found).to_bits()
    });
}

/// Half of the bits differ by chance.
fn tone_between(distance: f64, bits: usize) -> f32 {
    (distance / (0.5 * bits.max(1) as f64)).clamp(0.0, 1.0) as f32
}

/// From 0 (alike in all that counts) to 1.
fn difference(tone: f32, query: &Shape, found: &Shape, weights: Weights) -> f32 {
    let pitch = query.aspects.pitch.map(|query| {
        found.aspects.pitch.map_or(1.0, |found| (semitones_between(query.hz, found.hz) / SEMITONES).min(1.0))
    });
    let log_attack = |attack: f32| (attack + SHORTEST_ATTACK_SECS).log10();
    let envelope = query.aspects.attack.map(|query| {
        found.aspects.attack.map_or(1.0, |found| ((log_attack(query) - log_attack(found)).abs() / DECADES).min(1.0))
    });
    let length = (query.seconds > 0.0).then(|| match found.seconds > 0.0 {
        true => ((query.seconds / found.seconds).log2().abs() / OCTAVES).min(1.0) as f32,
        false => 1.0,
    });
    let parts = [
        (weights.tone(), Some(tone)),
        (weights.pitch(), pitch),
        (weights.envelope(), envelope),
        (weights.length(), length),
    ];
    let counted = parts.iter().filter_map(|(weight, part)| Some((weight, (*part)?)));
    let (sum, all) = counted.fold((0.0, 0.0), |(sum, all), (weight, part)| (sum + weight * part, all + weight));
    if all > 0.0 { (sum / all).max(0.0) } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aspects::Pitch;
    use crate::dataset::FileId;
    use crate::engine::{Grouping, Nearness};

    fn found(name: &str, distance: f64, seconds: f64, hz: Option<f32>, attack: f32) -> Match {
        let pitch = hz.map(|hz| Pitch { hz, confidence: 0.9 });
        Match {
            path: name.into(),
            start_seconds: 0.0,
            end_seconds: seconds,
            distance,
            query_start_seconds: 0.0,
            problem: None,
            is_query: false,
            file: FileId(1),
            by: Grouping::File,
            code: Vec::new(),
            query_code: Vec::new(),
            nearness: Nearness::default(),
            file_seconds: seconds,
            aspects: Some(Aspects { pitch, attack: Some(attack), ..Aspects::default() }),
            recorded: None,
            shared: None,
        }
    }

    fn order(weights: Weights, query: &Shape) -> String {
        let mut matches = vec![
            found("a", 1.0, 8.0, Some(440.0), 0.5),
            found("b", 4.0, 1.0, None, 0.005),
            found("c", 9.0, 1.1, Some(221.0), 0.4),
            found("d", 9.0, 0.3, Some(110.0), 0.004),
        ];
        rerank(&mut matches, query, 64, weights);
        matches.iter().map(|found| found.path.as_str()).collect()
    }

    fn query() -> Shape {
        let pitch = Some(Pitch { hz: 220.0, confidence: 0.9 });
        Shape { seconds: 1.0, aspects: Aspects { pitch, attack: Some(0.005), ..Aspects::default() } }
    }

    #[test]
    fn the_tone_alone_leaves_the_order_as_it_was() {
        assert_eq!(order(Weights::default(), &query()), "abcd");
        assert_eq!(order(Weights::new(0.3, 0.0, 0.0, 0.0), &query()), "abcd");
        assert_eq!(order(Weights::new(0.0, 0.0, 0.0, 0.0), &query()), "abcd");
    }

    #[test]
    fn each_weight_brings_what_is_alike_in_it_to_the_front() {
        // Both octaves are a whole octave off, and no pitch is as far.
        assert_eq!(order(Weights::new(0.0, 1.0, 0.0, 0.0), &query()), "cabd");
        assert_eq!(order(Weights::new(0.0, 0.0, 1.0, 0.0), &query()), "bdca");
        assert_eq!(order(Weights::new(0.0, 0.0, 0.0, 1.0), &query()), "bcda");
        assert_eq!(order(Weights::new(1.0, 1.0, 0.0, 0.0), &query()), "cabd");
        assert_eq!(order(Weights::new(1.0, 0.1, 0.0, 0.0), &query()), "abcd", "a little does not turn it all around");
    }

    #[test]
    fn what_the_query_lacks_does_not_count() {
        let noise = Shape { aspects: Aspects { pitch: None, ..query().aspects }, ..query() };
        assert_eq!(order(Weights::new(1.0, 1.0, 0.0, 0.0), &noise), "abcd");
        assert_eq!(order(Weights::new(0.0, 1.0, 0.0, 0.0), &noise), "abcd");
        assert_eq!(order(Weights::new(0.0, 1.0, 1.0, 1.0), &Shape::default()), "abcd");
    }
}
