//! Reads a file of the dataset for a model: mono, at the grid's rate, stretch by stretch. So a long file is never in
//! memory as a whole.

use crate::audio::mono::MonoReader;
use crate::audio::{AudioError, Cause};
use crate::dataset::SoundFile;
use crate::ground::Grid;

/// The most chunks of a stretch.
pub(super) const CHUNKS_A_STRETCH: usize = 512;

/// Some neighbouring chunks of a file, and their samples.
pub(super) struct Stretch {
    /// The first frame of each chunk, counted from the first sample.
    pub starts: Vec<u64>,
    /// Mono, at the grid's rate, from the first frame of the first chunk to the last frame of the last chunk, or to the
    /// end of the file. The last stretch of a file also has the tail that no chunk covers.
    pub samples: Vec<f32>,
    /// The number of samples that no later stretch repeats: whole hops, or all samples in the last stretch.
    pub fresh: usize,
}

/// Calls `each` with the stretches of `file` in order, until `each` returns false. The result says whether it reached
/// the end. Afterwards, the hash of the bytes proves that the file is the one that the catalogue knows.
///
/// # Errors
/// If the file cannot be read, has changed since it was added, or changes meanwhile, even if only for a moment. The
/// stretches that `each` got must then be discarded.
pub(super) fn proven_stretches(
    file: &SoundFile,
    grid: Grid,
    mut each: impl FnMut(Stretch) -> bool,
    go_on: impl Fn() -> bool,
) -> Result<bool, AudioError> {
    let mut wants_more = true;
    let reader = stretches(file, grid, |stretch| {
        wants_more = each(stretch);
        wants_more
    })?;
    if !wants_more {
        return Ok(false);
    }
    let path = file.path.as_std_path();
    match reader.file().witness().testify(go_on).map_err(|cause| cause.at(path))? {
        None => Ok(false),
        Some(testimony) if testimony.content_hash == file.content_hash => Ok(true),
        Some(_) => Err(Cause::ChangedSince.at(path)),
    }
}

/// Calls `each` with the stretches of `file` in order, until `each` returns false. The number of chunks is that of the
/// catalogue. If the file has become too short for them, the rest is silence.
pub(super) fn stretches(
    file: &SoundFile,
    grid: Grid,
    mut each: impl FnMut(Stretch) -> bool,
) -> Result<MonoReader, AudioError> {
    let chunks = grid.chunks_of_file(file.frames, file.rate);
    let frames = grid.frames_on_grid(file.frames, file.rate);
    let mut reader = MonoReader::open(file.path.as_std_path(), grid.resampled_to())?;
    let mut buffer: Vec<f32> = Vec::new();
    let mut ended = false;
    let mut first_chunk = 0;
    while first_chunk < chunks {
        let count = (chunks - first_chunk).min(CHUNKS_A_STRETCH as u64);
        let is_last = first_chunk + count == chunks;
        let end = match is_last {
            true => frames - grid.start_frame(first_chunk),
            false => grid.start_frame(count - 1) + u64::from(grid.chunk_frames),
        } as usize;
        while buffer.len() < end && !ended {
            ended = !reader.next_block(&mut buffer)?;
        }
        if buffer.len() < end {
            buffer.resize(end, 0.0);
        }
        let next = (grid.start_frame(count) as usize).min(buffer.len());
        let rest = buffer[next..].to_vec();
        buffer.truncate(end);
        let starts = (0..count).map(|chunk| grid.start_frame(chunk)).collect();
        let fresh = if is_last { end } else { next };
        if !each(Stretch { starts, samples: buffer, fresh }) {
            return Ok(reader);
        }
        buffer = rest;
        first_chunk += count;
    }
    Ok(reader)
}

/// Calls `each` with the stretches of a sound of unknown length, until the reader ends. If the last stretch has a tail
/// that no chunk covers, or if the sound is shorter than a chunk, `fresh` includes it.
pub(super) fn stretches_of(
    reader: &mut MonoReader,
    grid: Grid,
    mut each: impl FnMut(Stretch) -> bool,
) -> Result<(), AudioError> {
    let full = CHUNKS_A_STRETCH as u64;
    let end = (grid.start_frame(full - 1) + u64::from(grid.chunk_frames)).max(grid.start_frame(full)) as usize;
    let mut buffer: Vec<f32> = Vec::new();
    let (mut ended, mut is_first) = (false, true);
    loop {
        // One sample beyond the stretch shows that it is not the last one.
        while buffer.len() <= end && !ended {
            ended = !reader.next_block(&mut buffer)?;
        }
        if ended && buffer.len() <= end {
            let is_covered = is_first || buffer.len() >= grid.chunk_frames as usize;
            let count = if is_covered { grid.chunk_count(buffer.len() as u64) } else { 0 };
            let starts = (0..count).map(|chunk| grid.start_frame(chunk)).collect();
            let fresh = buffer.len();
            each(Stretch { starts, samples: buffer, fresh });
            return Ok(());
        }
        let fresh = grid.start_frame(full) as usize;
        let rest = buffer[fresh..].to_vec();
        let starts = (0..full).map(|chunk| grid.start_frame(chunk)).collect();
        if !each(Stretch { starts, samples: buffer, fresh }) {
            return Ok(());
        }
        (buffer, is_first) = (rest, false);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::wav::{Depth, write_wav};
    use crate::ground::Rate;

    #[test]
    fn a_sound_of_unknown_length_is_cut_as_one_of_known_length() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a.wav");
        let grid = Grid { rate: Rate::Native, chunk_frames: 10, hop_frames: 4 };
        let full = CHUNKS_A_STRETCH * 4;
        for frames in [1, 9, 10, 13, 14, full, full + 5, full + 6, full + 7, full + 10, 2 * full + 6, 3 * full] {
            let samples: Vec<f32> = (0..frames).map(|n| n as f32 / 65_536.0).collect();
            write_wav(&path, &samples, 1, 8000, Depth::Float32).expect("written");
            let mut reader = MonoReader::open(&path, None).expect("opened");
            let (mut starts, mut begins) = (Vec::new(), 0);
            stretches_of(&mut reader, grid, |stretch| {
                let first = stretch.samples[0];
                assert_eq!(first, samples[begins as usize], "{frames} frames");
                assert!(stretch.starts.len() <= CHUNKS_A_STRETCH);
                starts.extend(stretch.starts.iter().map(|start| begins + start));
                begins += stretch.fresh as u64;
                true
            })
            .expect("read");
            let expected: Vec<u64> = (0..grid.chunk_count(frames as u64)).map(|n| grid.start_frame(n)).collect();
            assert_eq!(starts, expected, "{frames} frames");
            assert_eq!(begins, frames as u64);
        }
    }
}
