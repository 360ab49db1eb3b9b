//! The matches as WAV files in a folder. Each is cut from its original, at the original's rate, channels and depth.

use std::collections::HashSet;
use std::io::Write as _;

use camino::Utf8Path;

use super::{query_of, written};
use crate::audio::clip::{clip_bytes, save_clip};
use crate::audio::cue;
use crate::audio::wav::write_whole;
use crate::audio::{AudioError, Cause};
use crate::dataset::moment;
use crate::engine::cut::refuse_sounds;
use crate::engine::error::EngineError;
use crate::engine::latest::DatasetView;
use crate::engine::query::{Grouping, Match, SearchReport};

/// The longest part of a file's name that is used in a clip's name. With everything around it, the name stays below the
/// file systems' limit of 255 bytes.
const LONGEST_STEM_BYTES: usize = 150;

/// With several searches, each gets a numbered folder. First all clips that can be cut are cut, then an error reports
/// the others.
pub(super) fn save(
    searches: &[&SearchReport],
    sounds: &DatasetView,
    folder: &Utf8Path,
    margin_secs: f64,
    go_on: &dyn Fn() -> bool,
) -> Result<(), EngineError> {
    let (mut failed, mut first, mut of) = (0, None, 0);
    for (number, search) in searches.iter().enumerate() {
        let folder = match searches.len() {
            1 => folder.to_owned(),
            _ => folder.join(format!("{:03} {}", number + 1, stem(Utf8Path::new(query_of(search))))),
        };
        std::fs::create_dir_all(&folder).map_err(|cause| EngineError::Write { path: folder.clone().into(), cause })?;
        let mut named = HashSet::new();
        for (rank, found) in written(search).enumerate() {
            if !go_on() {
                return Err(EngineError::Cancelled);
            }
            of += 1;
            let mut name = name(rank + 1, found);
            // Files of the same name in different folders may have matches at the same time.
            if !named.insert(name.clone()) {
                name = format!("{} ({}).wav", name.trim_end_matches(".wav"), rank + 1);
            }
            let out = folder.join(name);
            let saved = refuse_sounds(sounds, Some(&found.path), &out)
                .and_then(|()| save_match(found, margin_secs, &out).map_err(EngineError::from));
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

/// Cuts a match with `margin_secs` before and after it. If there is a margin, a mark shows where the match is.
fn save_match(found: &Match, margin_secs: f64, out: &Utf8Path) -> Result<(), AudioError> {
    let path = found.path.as_std_path();
    if margin_secs <= 0.0 {
        return save_clip(path, found.start_seconds, Some(found.end_seconds), out.as_std_path());
    }
    let start = (found.start_seconds - margin_secs).max(0.0);
    let mut clip = clip_bytes(path, start, Some(found.end_seconds + margin_secs))?;
    // If the clip is too long for a mark, it is written without one.
    let _ = cue::mark(&mut clip, found.start_seconds - start, found.end_seconds - start, &mark_of(found));
    let write = |mut file: std::io::BufWriter<&mut crate::ground::files::Draft>| {
        file.write_all(&clip).and_then(|()| file.flush()).map_err(Cause::Unwritable)
    };
    write_whole(out.as_std_path(), write).map_err(|cause| cause.at(out.as_std_path()))
}

fn mark_of(found: &Match) -> String {
    format!("{} {} ({:.1})", super::file_name(found), moment::in_words(found.start_seconds), found.distance)
}

/// Names events by file, time and score, so that sorting by name gives their order in time. Other matches begin with
/// their rank.
fn name(rank: usize, found: &Match) -> String {
    if found.by == Grouping::Event {
        let millis = (found.start_seconds.max(0.0) * 1000.0).round() as u64;
        let (secs, millis) = (millis / 1000, millis % 1000);
        let time = format!("{:02}h{:02}m{:02}.{millis:03}s", secs / 3600, secs / 60 % 60, secs % 60);
        return format!("{}_{time}_{:.1}.wav", stem(&found.path), found.distance);
    }
    format!("{rank:03} {} {:.3} s.wav", stem(&found.path), found.start_seconds)
}

/// A file's name without its extension, shortened for use in another name.
pub(in crate::engine) fn stem(path: &Utf8Path) -> String {
    let mut stem = String::new();
    for c in path.file_stem().unwrap_or("match").chars() {
        if stem.len() + c.len_utf8() > LONGEST_STEM_BYTES {
            break;
        }
        stem.push(if c.is_control() || "/\\:*?\"<>|".contains(c) { '_' } else { c });
    }
    stem
}
