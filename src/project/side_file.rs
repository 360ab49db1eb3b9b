//! The side file: tags, favourites and collections in a form that people and other programs can read. It is written
//! with each backup. `soundalike tags --import` reads it as well.

use std::collections::HashMap;
use std::path::Path;

use camino::Utf8Path;
use serde::{Deserialize, Serialize};

use super::error::ProjectError;
use super::folder::Project;
use crate::dataset::{FileId, SoundFile};
use crate::ground::files;

pub(super) const SIDE_FILE: &str = "kept-by-hand.json";

/// The most bytes of a side file.
const BYTES_AT_MOST: u64 = 1 << 30;

/// What people added to a project's sounds.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct KeptByHand {
    pub files: Vec<KeptFile>,
    #[serde(default)]
    pub collections: Vec<KeptCollection>,
}

/// The tags and favourites of one sound.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct KeptFile {
    pub path: String,
    /// The content hash in hexadecimal digits.
    pub content_hash: String,
    pub tags: Vec<String>,
    /// Starts and ends, in seconds.
    pub favourites: Vec<(f64, f64)>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct KeptCollection {
    pub name: String,
    pub items: Vec<KeptItem>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct KeptItem {
    pub path: String,
    /// The content hash in hexadecimal digits.
    pub content_hash: String,
    /// Start and end, in seconds. `None` for the whole sound.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stretch: Option<(f64, f64)>,
}

/// The forms of the file. Before collections, it was a list of files.
#[derive(Deserialize)]
#[serde(untagged)]
enum Form {
    Now(KeptByHand),
    Before(Vec<KeptFile>),
}

impl KeptByHand {
    /// The bytes of the side file of the project in `folder`.
    pub fn to_json(&self, folder: &Utf8Path) -> Result<Vec<u8>, ProjectError> {
        serde_json::to_vec_pretty(self).map_err(|cause| ProjectError::Content {
            folder: folder.to_owned(),
            what: format!("tags that cannot be written ({cause})"),
        })
    }
}

impl Project {
    /// The content of the side file.
    pub(super) fn kept_by_hand(&self) -> Result<KeptByHand, ProjectError> {
        let (tags, favourites, sounds) = (self.tags()?, self.favourites()?, self.files()?);
        let hash = |hash: [u8; 32]| blake3::Hash::from(hash).to_hex().to_string();
        let mut favourites_of: HashMap<FileId, Vec<(f64, f64)>> = HashMap::new();
        for favourite in &favourites {
            favourites_of.entry(favourite.file).or_default().push((favourite.start_secs, favourite.end_secs));
        }
        let files = sounds.iter().filter_map(|file| {
            let tags = tags.get(&file.id).cloned().unwrap_or_default();
            let favourites = favourites_of.remove(&file.id).unwrap_or_default();
            let is_known = !tags.is_empty() || !favourites.is_empty();
            let (path, content_hash) = (file.path.to_string(), hash(file.content_hash));
            is_known.then_some(KeptFile { path, content_hash, tags, favourites })
        });
        let files = files.collect();
        let sound_of: HashMap<FileId, &SoundFile> = sounds.iter().map(|file| (file.id, file)).collect();
        let collections = self.collections()?.into_iter().map(|collection| KeptCollection {
            name: collection.name,
            items: collection
                .items
                .into_iter()
                .filter_map(|item| {
                    let file = sound_of.get(&item.file)?;
                    let (path, content_hash) = (file.path.to_string(), hash(file.content_hash));
                    Some(KeptItem { path, content_hash, stretch: item.stretch_secs })
                })
                .collect(),
        });
        Ok(KeptByHand { files, collections: collections.collect() })
    }
}

/// The content of the side file at `path`. `None` if there is no valid one.
pub(super) fn read(path: &Path) -> Option<KeptByHand> {
    let form = serde_json::from_slice(&files::read_within(path, BYTES_AT_MOST).ok()?).ok()?;
    Some(match form {
        Form::Now(kept) => kept,
        Form::Before(files) => KeptByHand { files, collections: Vec::new() },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_earlier_form_is_read() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join(SIDE_FILE);
        let before = r#"[{"path": "/a.wav", "content_hash": "00", "tags": ["rain"], "favourites": [[0.5, 1.0]]}]"#;
        std::fs::write(&path, before).expect("written");
        let kept = read(&path).expect("read");
        assert_eq!((kept.files[0].tags.as_slice(), kept.collections.len()), (&["rain".to_owned()][..], 0));
        std::fs::write(&path, serde_json::to_vec(&kept).expect("written")).expect("written");
        assert_eq!(read(&path), Some(kept));
    }
}
