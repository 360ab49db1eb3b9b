use super::*;
use crate::index::Index;
use crate::index::testing::codes;
use proptest::prelude::*;

/// The definition of the score in a few lines: the score of `sequence` with its middle at `row`.
fn score(all: &AllCodes<'_>, allowed: &RowSet, recording: &Range<usize>, row: usize, sequence: &Sequence) -> f32 {
    let distance = |code: &[u64], row: isize| match usize::try_from(row) {
        Ok(row) if recording.contains(&row) && allowed.contains(row) => {
            code.iter().zip(all.code(row)).map(|(a, b)| (a ^ b).count_ones()).sum()
        }
        _ => all.bits() as u32 / 2,
    };
    let sum: u32 = sequence
        .codes()
        .iter()
        .zip(&sequence.places)
        .map(|(code, &place)| {
            let at = row as isize + place as isize - sequence.middle() as isize;
            [at - 1, at, at + 1].map(|row| distance(code, row)).into_iter().min().unwrap_or(0)
        })
        .sum();
    sum as f32 / sequence.codes().len() as f32
}

fn sequence(bits: usize, seeds: &[u64], gap: u32, reach: usize) -> Sequence {
    let places = (0..seeds.len() as u32).map(|at| at * gap).collect();
    Sequence::new(codes(bits, seeds), places, reach).expect("codes in order")
}

proptest! {
    #[test]
    fn occurrences_are_those_of_the_definition(
        bits in 8usize..=512,
        seeds in prop::collection::vec(0u64..12, 1..60),
        cuts in prop::collection::vec(0usize..60, 0..3),
        like in prop::collection::vec((prop::collection::vec(0u64..12, 1..6), 1u32..3, 1usize..5), 1..3),
        unlike in prop::collection::vec(0u64..12, 0..4),
        barred in prop::collection::vec(0usize..60, 0..6),
        grown in any::<bool>(),
    ) {
        let all = codes(bits, &seeds);
        let half = seeds.len() / 2;
        // The same codes, in one segment or in two.
        let index = match grown {
            false => Index::build(all),
            true => {
                let first = Index::build(Codes::with_rows(all.as_ref().slice(0..half)));
                first.with_appended(all.as_ref().slice(half..seeds.len())).expect("grown")
            }
        };
        let all = index.codes().expect("in memory");
        let mut allowed = RowSet::all(seeds.len());
        barred.iter().filter(|&&row| row < seeds.len()).for_each(|&row| allowed.remove(row));
        let mut ends: Vec<usize> = cuts.into_iter().map(|cut| cut.min(seeds.len())).chain([0, seeds.len()]).collect();
        ends.sort_unstable();
        let rows: Vec<Range<usize>> = ends.windows(2).map(|ends| ends[0]..ends[1]).collect();
        let like: Vec<Sequence> = like.iter().map(|(seeds, gap, reach)| sequence(bits, seeds, *gap, *reach)).collect();
        let unlike: Vec<Sequence> =
            if unlike.is_empty() { Vec::new() } else { vec![sequence(bits, &unlike, 1, 1)] };

        let mut expected = Vec::new();
        for recording in &rows {
            let at = |row: usize, of: &[Sequence]| {
                let scores = of.iter().map(|sequence| score(&all, &allowed, recording, row, sequence)).zip(0u32..);
                scores.min_by(|a, b| a.0.total_cmp(&b.0)).expect("a sequence")
            };
            let best: Vec<(f32, u32)> = recording.clone().map(|row| at(row, &like)).collect();
            for (place, &(score, number)) in best.iter().enumerate() {
                let reach = like[number as usize].reach;
                let beats = |(other, (theirs, _)): (usize, &(f32, u32))| {
                    other != place && other.abs_diff(place) <= reach && (*theirs < score || other < place && *theirs == score)
                };
                if !best.iter().enumerate().any(beats) {
                    let row = recording.start + place;
                    let near = (row.max(1) - 1).max(recording.start)..(row + 2).min(recording.end);
                    let is_contrary = !unlike.is_empty() && near.into_iter().any(|row| at(row, &unlike).0 < score);
                    expected.push(Occurrence { row, score, sequence: number, is_contrary });
                }
            }
        }
        let recordings = Recordings { codes: &all, allowed: &allowed, rows: &rows };
        prop_assert_eq!(recordings.occurrences(&like, &unlike, &|| true), Some(expected));
        for recording in &rows {
            let scores = recordings.scores(recording, recording.clone(), &like[..1]);
            let by_definition: Vec<f32> =
                recording.clone().map(|row| score(&all, &allowed, recording, row, &like[0])).collect();
            prop_assert_eq!(scores, by_definition);
        }
    }
}

#[test]
fn a_long_recording_is_the_same_in_parts() {
    let seeds: Vec<u64> = (0..2 * ROWS_TOGETHER as u64 + 100).map(|row| row * row % 1009).collect();
    let all = codes(64, &seeds);
    let (all, allowed) = (AllCodes::from(all.as_ref()), RowSet::all(seeds.len()));
    let whole = 0..seeds.len();
    let rows = std::slice::from_ref(&whole);
    let recordings = Recordings { codes: &all, allowed: &allowed, rows };
    let like = [sequence(64, &seeds[ROWS_TOGETHER - 3..ROWS_TOGETHER + 5], 1, 4)];
    let found = recordings.occurrences(&like, &[], &|| true).expect("not cancelled");
    assert!(found.is_sorted_by(|a, b| a.row + 4 < b.row));
    let nearest: Vec<_> = found.iter().filter(|found| found.score == 0.0).map(|found| found.row).collect();
    // The row before scores as well, because codes may shift by one row.
    assert!(nearest.contains(&(ROWS_TOGETHER - 1)), "{nearest:?}");
    assert_eq!(recordings.settled(&rows[0], ROWS_TOGETHER - 1, &like[0]), ROWS_TOGETHER);
    let whole = recordings.scores(&rows[0], rows[0].clone(), &like);
    for found in found {
        assert_eq!(found.score, whole[found.row]);
    }
    assert_eq!(recordings.occurrences(&like, &[], &|| false), None, "stopped");
}

#[test]
fn a_sequence_of_more_codes_than_sixteen_bits_can_add_up_is_scored_right() {
    let (ones, zeros) = ([u64::MAX; 8], [0; 8]);
    let mut all = Codes::new(512).expect("a legal width");
    let mut query = all.clone();
    for _ in 0..300 {
        all.extend_words(ones);
        query.extend_words(zeros);
    }
    let sequence = Sequence::new(query, (0..300).collect(), 100).expect("codes");
    let (all, allowed) = (AllCodes::from(all.as_ref()), RowSet::all(300));
    let recordings = Recordings { codes: &all, allowed: &allowed, rows: &[] };
    let middle = sequence.middle();
    let scores = recordings.scores(&(0..300), middle..middle + 1, &[sequence]);
    // The first and the last code may lie outside of the recording, where the distance is smaller.
    assert_eq!(scores, [(298.0 * 512.0 + 2.0 * 256.0) / 300.0]);
}
