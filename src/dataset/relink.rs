//! Recognises moved and renamed files by their content.
//!
//! A missing file and a found file with the same content hash are the same file. If several files have the same
//! content, equal names decide, then equal folders above them, then the order of paths. Pairs that neither content nor
//! names decide are marked as doubtful, so that the person can be told.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};

use camino::Utf8Path;

use super::letters;

/// The path of a file now or before, and its content hash.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    pub path: &'a Utf8Path,
    pub content_hash: [u8; 32],
}

/// A missing file and the found file that it is, by their positions in the two lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Pair {
    pub lost: usize,
    pub seen: usize,
    /// Whether several files have this content, and their names did not decide either.
    pub doubtful: bool,
}

/// Groups with more possible pairs than this are paired in the order of their paths, because thousands of equal files
/// are usually silence.
const PAIRS_COMPARED: usize = 10_000;

/// Pairs missing files with found ones. Each file is in at most one pair, and there are as many pairs as possible. They
/// are ordered by `lost`.
pub fn pair(lost: &[Place<'_>], seen: &[Place<'_>]) -> Vec<Pair> {
    let mut groups: BTreeMap<[u8; 32], (Vec<usize>, Vec<usize>)> = BTreeMap::new();
    for (number, place) in lost.iter().enumerate() {
        groups.entry(place.content_hash).or_default().0.push(number);
    }
    for (number, place) in seen.iter().enumerate() {
        if let Some((_, seen)) = groups.get_mut(&place.content_hash) {
            seen.push(number);
        }
    }
    let mut pairs = Vec::new();
    for (lost_here, seen_here) in groups.into_values() {
        pair_group(lost, seen, lost_here, seen_here, &mut pairs);
    }
    pairs.sort_unstable();
    pairs
}

/// Pairs files with the same content.
fn pair_group(
    lost: &[Place<'_>],
    seen: &[Place<'_>],
    mut lost_here: Vec<usize>,
    mut seen_here: Vec<usize>,
    pairs: &mut Vec<Pair>,
) {
    let is_unique = lost_here.len() == 1 && seen_here.len() == 1;
    let name = |place: &Place<'_>| letters::folded(place.path.file_name().unwrap_or_default());
    let mut by_name: HashMap<String, (Vec<usize>, Vec<usize>)> = HashMap::new();
    for &number in &lost_here {
        by_name.entry(name(&lost[number])).or_default().0.push(number);
    }
    for &number in &seen_here {
        if let Some((_, seen)) = by_name.get_mut(&name(&seen[number])) {
            seen.push(number);
        }
    }
    let (mut lost_done, mut seen_done) = (Vec::new(), Vec::new());
    for (lost_named, seen_named) in by_name.into_values() {
        let doubtful = lost_named.len().max(seen_named.len()) > 1;
        for (lost, seen) in nearest(lost, seen, lost_named, seen_named) {
            pairs.push(Pair { lost, seen, doubtful });
            lost_done.push(lost);
            seen_done.push(seen);
        }
    }
    lost_done.sort_unstable();
    seen_done.sort_unstable();
    lost_here.retain(|number| lost_done.binary_search(number).is_err());
    seen_here.retain(|number| seen_done.binary_search(number).is_err());
    let renamed = nearest(lost, seen, lost_here, seen_here);
    pairs.extend(renamed.into_iter().map(|(lost, seen)| Pair { lost, seen, doubtful: !is_unique }));
}

/// Pairs otherwise equal files by the common end of their paths.
fn nearest(
    lost: &[Place<'_>],
    seen: &[Place<'_>],
    mut lost_here: Vec<usize>,
    mut seen_here: Vec<usize>,
) -> Vec<(usize, usize)> {
    lost_here.sort_unstable_by_key(|&number| lost[number].path);
    seen_here.sort_unstable_by_key(|&number| seen[number].path);
    if lost_here.len().saturating_mul(seen_here.len()) > PAIRS_COMPARED {
        return lost_here.into_iter().zip(seen_here).collect();
    }
    let mut candidates: Vec<(Reverse<usize>, usize, usize)> = Vec::new();
    for (i, &a) in lost_here.iter().enumerate() {
        for (j, &b) in seen_here.iter().enumerate() {
            candidates.push((Reverse(shared_end(lost[a].path, seen[b].path)), i, j));
        }
    }
    candidates.sort_unstable();
    let (mut lost_free, mut seen_free) = (vec![true; lost_here.len()], vec![true; seen_here.len()]);
    let mut pairs = Vec::new();
    for (_, i, j) in candidates {
        if lost_free[i] && seen_free[j] {
            (lost_free[i], seen_free[j]) = (false, false);
            pairs.push((lost_here[i], seen_here[j]));
        }
    }
    pairs
}

/// The number of equal parts at the ends of two paths.
fn shared_end(a: &Utf8Path, b: &Utf8Path) -> usize {
    let parts = a.components().rev().zip(b.components().rev());
    parts.take_while(|(a, b)| letters::are_alike(a.as_str(), b.as_str())).count()
}

/// The new path of a file's root, if the file's path below the root is unchanged. `below` is the path below the root.
pub fn moved_root<'a>(below: &Utf8Path, to: &'a Utf8Path) -> Option<&'a Utf8Path> {
    let mut folder = to;
    for part in below.components().rev() {
        if folder.file_name() != Some(part.as_str()) {
            return None;
        }
        folder = folder.parent()?;
    }
    Some(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places<'a>(files: &[(&'a str, u8)]) -> Vec<Place<'a>> {
        files.iter().map(|&(path, hash)| Place { path: path.into(), content_hash: [hash; 32] }).collect()
    }

    fn paired(lost: &[(&str, u8)], seen: &[(&str, u8)]) -> Vec<(String, String, bool)> {
        let (lost, seen) = (places(lost), places(seen));
        let words = |pair: &Pair| (lost[pair.lost].path.to_string(), seen[pair.seen].path.to_string(), pair.doubtful);
        pair(&lost, &seen).iter().map(words).collect()
    }

    fn words(a: &str, b: &str, doubtful: bool) -> (String, String, bool) {
        (a.into(), b.into(), doubtful)
    }

    #[test]
    fn a_file_is_known_by_its_content_wherever_it_is_and_whatever_it_is_called() {
        let found = paired(
            &[("/a/x.wav", 1), ("/a/y.wav", 2), ("/a/z.wav", 3)],
            &[("/b/n.wav", 2), ("/b/x.wav", 1), ("/b/q", 9)],
        );
        assert_eq!(found, [words("/a/x.wav", "/b/x.wav", false), words("/a/y.wav", "/b/n.wav", false)]);
    }

    #[test]
    fn files_of_one_content_are_told_apart_by_name_then_by_folder() {
        let lost = [("/a/kick.wav", 1), ("/a/snare.wav", 1), ("/a/1/hat.wav", 1), ("/a/2/hat.wav", 1)];
        let seen = [("/b/2/hat.wav", 1), ("/b/snare.wav", 1), ("/b/1/HAT.wav", 1), ("/b/kick.wav", 1)];
        let expected = [
            words("/a/kick.wav", "/b/kick.wav", false),
            words("/a/snare.wav", "/b/snare.wav", false),
            words("/a/1/hat.wav", "/b/1/HAT.wav", true),
            words("/a/2/hat.wav", "/b/2/hat.wav", true),
        ];
        assert_eq!(paired(&lost, &seen), expected);
        let renamed = paired(&[("/a/x.wav", 1), ("/a/y.wav", 1)], &[("/b/p.wav", 1), ("/b/q.wav", 1)]);
        assert_eq!(renamed, [words("/a/x.wav", "/b/p.wav", true), words("/a/y.wav", "/b/q.wav", true)]);
    }

    #[test]
    fn thousands_of_equal_files_are_paired_in_time() {
        let names: Vec<String> = (0..3000).map(|i| format!("/a/{}/silence.wav", i)).collect();
        let files: Vec<(&str, u8)> = names.iter().map(|name| (name.as_str(), 1)).collect();
        let all = places(&files);
        assert_eq!(pair(&all, &all[..2000]).len(), 2000);
    }

    #[test]
    fn a_root_that_moved_is_recognised_by_what_lies_below_it() {
        let moved = |below: &str, to| moved_root(below.into(), Utf8Path::new(to)).map(Utf8Path::as_str);
        assert_eq!(moved("drums/kick.wav", "/new/disk/drums/kick.wav"), Some("/new/disk"));
        assert_eq!(moved("drums/kick.wav", "/new/disk/kick.wav"), None);
        assert_eq!(moved("kick.wav", "/kick.wav"), Some("/"));
    }

    proptest::proptest! {
        #[test]
        fn each_file_is_paired_once_with_one_of_its_content_and_none_is_left_over(
            lost in proptest::collection::vec((0u8..6, 0u8..4, 0u8..3), 0..30),
            seen in proptest::collection::vec((0u8..6, 0u8..4, 0u8..3), 0..30),
        ) {
            let named = |files: &[(u8, u8, u8)], root: &str| -> Vec<(String, u8)> {
                files.iter().enumerate().map(|(i, (hash, name, folder))| (format!("{root}/{folder}/{i}/{name}.wav"), *hash)).collect()
            };
            let (lost, seen) = (named(&lost, "/old"), named(&seen, "/new"));
            let lost: Vec<(&str, u8)> = lost.iter().map(|(path, hash)| (path.as_str(), *hash)).collect();
            let seen: Vec<(&str, u8)> = seen.iter().map(|(path, hash)| (path.as_str(), *hash)).collect();
            let (lost, seen) = (places(&lost), places(&seen));
            let pairs = pair(&lost, &seen);
            let unique = |numbers: Vec<usize>| numbers.len() == numbers.iter().collect::<std::collections::BTreeSet<_>>().len();
            proptest::prop_assert!(unique(pairs.iter().map(|pair| pair.lost).collect()));
            proptest::prop_assert!(unique(pairs.iter().map(|pair| pair.seen).collect()));
            for pair in &pairs {
                proptest::prop_assert_eq!(lost[pair.lost].content_hash, seen[pair.seen].content_hash);
            }
            let count = |places: &[Place<'_>], hash: u8| places.iter().filter(|place| place.content_hash == [hash; 32]).count();
            let most: usize = (0..6).map(|hash| count(&lost, hash).min(count(&seen, hash))).sum();
            proptest::prop_assert_eq!(pairs.len(), most);
        }
    }
}
