//! The matches as WAV files in a folder, each cut from its original at its own rate, channels and depth.

use camino::Utf8Path;

use super::query_of;
use crate::audio::clip::save_clip;
use crate::engine::cut::refuse_sounds;
use crate::engine::error::EngineError;
use crate::engine::latest::DatasetView;
use crate::engine::query::{Match, SearchReport};

/// Of a name that was a file's, so that with what stands around it no file system's limit of 255 is reached.
const LONGEST_STEM_BYTES: usize = 150;

/// With several searches each has a folder of its own, numbered. What can be cut is, before an error tells what could not.
pub(super) fn save(
    searches: &[&SearchReport],
    sounds: &DatasetView,
    folder: &Utf8Path,
    go_on: &dyn Fn() -> bool,
) -> Result<(), EngineError> {
    let (mut failed, mut first, mut of) = (0, None, 0);
    for (number, search) in searches.iter().enumerate() {
        let folder = match searches.len() {
            1 => folder.to_owned(),
            _ => folder.join(format!("{:03} {}", number + 1, stem(Utf8Path::new(query_of(search))))),
        };
        std::fs::create_dir_all(&folder).map_err(|cause| EngineError::Write { path: folder.clone().into(), cause })?;
        for (rank, found) in search.matches.iter().enumerate() {
            if !go_on() {
                return Err(EngineError::Cancelled);
            }
            of += 1;
            let out = folder.join(name(rank + 1, found));
            let saved = refuse_sounds(sounds, Some(&found.path), &out).and_then(|()| {
                let (path, to) = (found.path.as_std_path(), Some(found.end_seconds));
                save_clip(path, found.start_seconds, to, out.as_std_path()).map_err(EngineError::from)
            });
            if let Err(cause) = saved {
                failed += 1;
                first.get_or_insert(cause);
            }
        }
    }
    match first {
        None => Ok(()),
        Some(first) => Err(EngineError::Clips { failed, of, first: Box::new(first) }),
    }
}

/// Sorted by name, the nearest is first.
fn name(rank: usize, found: &Match) -> String {
    format!("{rank:03} {} {:.3} s.wav", stem(&found.path), found.start_seconds)
}

/// A file's name without its ending, as far as it may stand in another one's.
fn stem(path: &Utf8Path) -> String {
    let mut stem = String::new();
    for c in path.file_stem().unwrap_or("match").chars() {
        if stem.len() + c.len_utf8() > LONGEST_STEM_BYTES {
            break;
        }
        stem.push(if c.is_control() || "/\\:*?\"<>|".contains(c) { '_' } else { c });
    }
    stem
}
