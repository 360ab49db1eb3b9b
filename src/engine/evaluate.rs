//! Scoring an index over labelled paths: precision at 10, with ties counted fairly.

use std::collections::HashMap;

use rayon::prelude::*;

use super::error::EngineError;
use super::event::EvaluationReport;
use super::ready::current_snapshot;
use super::shared::Job;
use crate::index::AllCodes;

/// The number of neighbours that count.
const K: usize = 10;

/// The most queries. With more labelled chunks, evenly spaced ones are the queries.
const QUERIES_AT_MOST: usize = 10_000;

/// A labelled chunk: its row, and the numbers of its file and of its label.
#[derive(Clone, Copy)]
struct Labelled {
    row: usize,
    file: usize,
    label: usize,
}

/// P@10: the share of a chunk's 10 nearest chunks from other files that have the chunk's label, averaged over chunks.
/// The label of a path is the text that the pattern's groups match, or the whole match if there are no groups. Of
/// chunks that are tied at the tenth distance, the expected share under random tie-breaking counts. So the figure does
/// not depend on any order. Silent chunks count too.
pub(super) fn evaluate(job: &Job, pattern: &str) -> Result<EvaluationReport, EngineError> {
    let pattern_error = |cause| EngineError::Label { pattern: pattern.to_owned(), cause };
    let regex = regex::Regex::new(pattern).map_err(pattern_error)?;
    let snapshot = current_snapshot(job)?;
    let mut labels: HashMap<String, usize> = HashMap::new();
    let mut chunks = Vec::new();
    for (file, span) in snapshot.spans.iter().enumerate() {
        let Some(found) = regex.captures(span.file.path.as_str()) else { continue };
        let groups: Vec<&str> = found.iter().skip(1).map(|group| group.map_or("", |group| group.as_str())).collect();
        let text = if groups.is_empty() { found[0].to_owned() } else { groups.join("|") };
        let number = labels.len();
        let label = *labels.entry(text).or_insert(number);
        chunks.extend((span.first_row..span.first_row + span.chunks).map(|row| Labelled { row, file, label }));
    }
    if chunks.is_empty() {
        return Err(EngineError::NothingLabelled { pattern: pattern.to_owned() });
    }
    let every = chunks.len().div_ceil(QUERIES_AT_MOST);
    let queries: Vec<Labelled> = chunks.iter().step_by(every).copied().collect();
    let codes = snapshot.index.codes()?;
    let precisions: Vec<f64> =
        queries.par_iter().map_init(Vec::new, |distance, query| precision(&codes, *query, &chunks, distance)).collect();
    job.check()?;
    Ok(EvaluationReport {
        p_at_10: precisions.iter().sum::<f64>() / precisions.len() as f64,
        chunks: chunks.len(),
        labels: labels.len(),
        queries: queries.len(),
    })
}

fn precision(codes: &AllCodes<'_>, query: Labelled, chunks: &[Labelled], distance: &mut Vec<u16>) -> f64 {
    codes.distances(0..codes.len(), codes.code(query.row), distance);
    // For each distance, the number of chunks of other files, and how many of these have the label.
    let mut at = vec![(0usize, 0usize); codes.bits() + 1];
    for chunk in chunks.iter().filter(|chunk| chunk.file != query.file) {
        let (all, right) = &mut at[usize::from(distance[chunk.row])];
        *all += 1;
        *right += usize::from(chunk.label == query.label);
    }
    let (mut room, mut hits) = (K, 0.0);
    for (all, right) in at.into_iter().filter(|&(all, _)| all > 0) {
        if all >= room {
            hits += right as f64 * room as f64 / all as f64;
            break;
        }
        hits += right as f64;
        room -= all;
    }
    hits / K as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::Codes;

    /// Codes of 16 bits with the given distances from the first code.
    fn codes(distances: &[usize]) -> Codes {
        let mut codes = Codes::new(16).expect("a legal width");
        for &ones in distances {
            codes.push_signs(&(0..16).map(|bit| if bit < ones { 1.0 } else { -1.0 }).collect::<Vec<_>>());
        }
        codes
    }

    #[test]
    fn ties_at_the_tenth_place_count_by_their_expected_share() {
        // Nine right chunks are nearer than four tied chunks, of which one is right. The query's own file does not
        // count.
        let codes = codes(&[0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2]);
        let chunks: Vec<Labelled> = (0..15)
            .map(|row| Labelled { row, file: if row < 2 { 0 } else { row }, label: usize::from(row > 11) })
            .collect();
        let found = precision(&codes.as_ref().into(), chunks[0], &chunks, &mut Vec::new());
        assert!((found - (9.0 + 0.25) / 10.0).abs() < 1e-12, "{found}");
    }

    #[test]
    fn fewer_than_ten_neighbours_leave_the_rest_wrong() {
        let codes = codes(&[0, 1, 1]);
        let chunks: Vec<Labelled> = (0..3).map(|row| Labelled { row, file: row, label: 0 }).collect();
        assert!((precision(&codes.as_ref().into(), chunks[0], &chunks, &mut Vec::new()) - 0.2).abs() < 1e-12);
    }
}
