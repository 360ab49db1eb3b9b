//! The folders that were added: their known paths, and whether they are there.

use std::collections::HashMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use same_file::Handle;

use super::event::RootReport;
use super::latest::DatasetView;
use crate::ground::names;
use crate::ground::paths::WithoutLinks as _;
use crate::project::Root;

/// Why a root is away, for people. `None` if it is there. An empty folder counts as away, because it is more often the
/// mount point of a missing drive than a folder whose files were deleted.
pub(super) fn why_away(root: &Root) -> Option<String> {
    let place = names::path_of(&root.place);
    let is_empty = |mut entries: std::fs::ReadDir| entries.next().is_none();
    match place.read_dir().map(is_empty) {
        Ok(false) => None,
        Ok(true) => Some(format!("its folder {} is empty; is its drive mounted?", names::shown(root.place.as_str()))),
        Err(cause) if matches!(cause.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            Some(format!("its folder {} is not there; is its drive connected?", names::shown(root.place.as_str())))
        }
        Err(cause) => Some(format!("its folder {} cannot be read: {cause}", names::shown(root.place.as_str()))),
    }
}

/// The roots by path, with the number of their files and whether they are there.
pub(super) fn list(dataset: &DatasetView) -> Vec<RootReport> {
    let mut files = HashMap::new();
    for root in dataset.files.iter().filter_map(|file| dataset.root_of(file)) {
        *files.entry(root.id).or_default() += 1;
    }
    let report = |root: &Root| RootReport {
        place: root.place.clone(),
        whole: root.whole,
        in_project: root.in_project,
        files: files.get(&root.id).copied().unwrap_or_default(),
        away: why_away(root),
    };
    dataset.roots.iter().map(report).collect()
}

/// The path by which the project knows what is at `path`. A folder can have several paths: through a link, a second
/// mount point, or other letter case on file systems that ignore case.
pub(super) fn known_path(roots: &[Root], path: &Path) -> PathBuf {
    let Ok(real) = path.without_links() else { return path.to_owned() };
    let placed: Vec<PathBuf> = roots.iter().map(|root| names::path_of(&root.place)).collect();
    if placed.iter().any(|place| real.starts_with(place)) {
        return real;
    }
    // A root that is away has no other path either.
    let places: Vec<(Handle, &Path)> =
        placed.iter().filter_map(|place| Some((Handle::from_path(place).ok()?, place.as_path()))).collect();
    for above in real.ancestors() {
        let Ok(handle) = Handle::from_path(above) else { continue };
        if let Some((_, place)) = places.iter().find(|(root, _)| *root == handle)
            && let Ok(rest) = real.strip_prefix(above)
        {
            return if rest.as_os_str().is_empty() { place.to_path_buf() } else { place.join(rest) };
        }
    }
    // A folder above a root gets the name that the root's path has for it.
    if let Ok(handle) = Handle::from_path(&real) {
        for (_, place) in &places {
            let around = place.ancestors().skip(1);
            if let Some(above) = around.filter(|above| Handle::from_path(above).is_ok_and(|it| it == handle)).last() {
                return above.to_owned();
            }
        }
    }
    real
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::project::RootId;

    #[cfg(unix)]
    #[test]
    fn a_folder_is_known_under_one_path_whichever_way_it_is_reached() {
        let keep = tempfile::tempdir().expect("a folder");
        let at = |name: &str| keep.path().without_links().expect("there").join(name);
        std::fs::create_dir_all(at("disk/sounds/deep")).expect("folders");
        std::os::unix::fs::symlink(at("disk"), at("link")).expect("a link");
        let place = camino::Utf8PathBuf::from_path_buf(at("disk/sounds")).expect("UTF-8");
        let roots = [Root { id: RootId(1), place, in_project: false, whole: true }];
        let known = |name: &str| known_path(&roots, &at(name));
        assert_eq!(known("link/sounds/deep"), at("disk/sounds/deep"));
        assert_eq!(known("disk/sounds/../sounds"), at("disk/sounds"));
        assert_eq!(known("link"), at("disk"));
        assert_eq!(known("nowhere"), at("nowhere"));
    }
}
