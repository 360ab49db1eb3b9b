//! Hearing a file of the dataset as a model does: mono, at the grid's rate, stretch by stretch, so that a long file never
//! lies in memory as a whole.

use crate::audio::AudioError;
use crate::audio::mono::MonoReader;
use crate::dataset::{Grid, SoundFile};

/// Chunks that a stretch covers at most.
const CHUNKS_A_STRETCH: usize = 512;

/// Some neighbouring chunks of a file, and the samples that they cover.
pub(super) struct Stretch {
    /// First frame of each chunk, counted from the first sample.
    pub starts: Vec<u64>,
    /// Mono, at the grid's rate, from the first chunk's first frame to the last one's last, or to the file's end. The last
    /// stretch of a file also has the tail that no chunk covers.
    pub samples: Vec<f32>,
    /// How many of the samples no later stretch has: whole hops, or all of them in the last stretch.
    pub fresh: usize,
}

/// Calls `each` with the stretches of `file` in order, for as long as it answers true. The chunks are as many as the
/// catalogue says, so that a file that has grown or shrunk since it was added keeps its rows; where it is too short, the
/// rest is silence.
pub(super) fn stretches(file: &SoundFile, grid: Grid, mut each: impl FnMut(Stretch) -> bool) -> Result<(), AudioError> {
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
            return Ok(());
        }
        buffer = rest;
        first_chunk += count;
    }
    Ok(())
}
