//! Folding: overlapping hits of one file become one match.

use rustc_hash::FxHashMap;

use crate::dataset::FileId;

/// A chunk that was found, and its position.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Hit {
    pub distance: u32,
    pub row: usize,
    pub file: FileId,
    pub start_secs: f64,
    pub end_secs: f64,
    /// The chunk of the query that found it.
    pub query_chunk: usize,
    /// Whether it is the query's own chunk.
    pub is_own: bool,
    /// Whether an unwanted sound is nearer to it than a wanted one.
    pub is_contrary: bool,
}

/// Keeps the best of each set of overlapping hits. It goes from the nearest hit on, and drops a hit that overlaps a
/// kept hit of the same file. `hits` must be ordered, the nearest first. At most `k` hits are kept.
pub(super) fn fold(hits: impl IntoIterator<Item = Hit>, k: usize) -> Vec<Hit> {
    let mut taken: Vec<Hit> = Vec::new();
    let mut of_files: FxHashMap<FileId, Vec<(f64, f64)>> = FxHashMap::default();
    for hit in hits {
        if taken.len() == k {
            break;
        }
        let of_file = of_files.entry(hit.file).or_default();
        if !of_file.iter().any(|&(start, end)| hit.start_secs < end && start < hit.end_secs) {
            of_file.push((hit.start_secs, hit.end_secs));
            taken.push(hit);
        }
    }
    taken
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hit(distance: u32, file: i64, chunk: usize) -> Hit {
        Hit {
            distance,
            row: 100 * file as usize + chunk,
            file: FileId(file),
            start_secs: chunk as f64 * 0.5,
            end_secs: chunk as f64 * 0.5 + 1.0,
            query_chunk: 0,
            is_own: false,
            is_contrary: false,
        }
    }

    #[test]
    fn overlapping_chunks_are_one_match_with_the_best_distance() {
        let hits = [hit(1, 7, 4), hit(2, 7, 5), hit(2, 8, 4), hit(3, 7, 3), hit(3, 7, 6), hit(4, 7, 7)];
        let rows: Vec<usize> = fold(hits, 10).iter().map(|hit| hit.row).collect();
        // 5 and 3 overlap 4, which is nearer. 6 only touches 4. 7 overlaps 6.
        assert_eq!(rows, [704, 804, 706]);
    }

    #[test]
    fn k_counts_matches_after_folding() {
        let hits = [hit(0, 1, 0), hit(0, 1, 1), hit(1, 2, 0), hit(1, 3, 0)];
        let rows: Vec<usize> = fold(hits, 2).iter().map(|hit| hit.row).collect();
        assert_eq!(rows, [100, 200]);
    }
}
