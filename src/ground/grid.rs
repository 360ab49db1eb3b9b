//! The chunk grid: where the chunks of a file start.

use serde::{Deserialize, Serialize};

/// The rate at which sounds are heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rate {
    /// Each file has its own rate. Nothing is resampled.
    Native,
    /// Every file is resampled to this rate, in hertz.
    Hz(u32),
}

impl Rate {
    /// The rate in hertz. `None` if each file has its own.
    pub fn hz(self) -> Option<u32> {
        match self {
            Self::Native => None,
            Self::Hz(rate) => Some(rate),
        }
    }
}

/// Rate, chunk length and hop of a model generation. All frames are counted at the grid's rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grid {
    pub rate: Rate,
    pub chunk_frames: u32,
    pub hop_frames: u32,
}

impl Grid {
    /// The rate, in hertz, at which a file of `native_rate` is heard.
    pub fn rate_for(&self, native_rate: u32) -> u32 {
        self.resampled_to().unwrap_or(native_rate)
    }

    /// The rate, in hertz, to which files are resampled. `None` if each file is heard at its own rate.
    pub fn resampled_to(&self) -> Option<u32> {
        self.rate.hz()
    }

    /// The number of frames that a file of `native_frames` frames has at the grid's rate. It is rounded up, as the
    /// resampler does.
    pub fn frames_on_grid(&self, native_frames: u64, native_rate: u32) -> u64 {
        let (from, to) = (u128::from(native_rate.max(1)), u128::from(self.rate_for(native_rate)));
        let frames = (u128::from(native_frames) * to).div_ceil(from);
        u64::try_from(frames).unwrap_or(u64::MAX)
    }

    /// The number of chunks that `frames` frames (at the grid's rate) are cut into. A sound shorter than a chunk gives
    /// one chunk, which is padded. A tail shorter than a chunk gets no chunk of its own. Zero frames give no chunk.
    pub fn chunk_count(&self, frames: u64) -> u64 {
        match frames {
            0 => 0,
            _ => frames.saturating_sub(u64::from(self.chunk_frames)) / u64::from(self.hop_frames) + 1,
        }
    }

    /// The first frame of chunk `number` of a file, at the grid's rate.
    pub fn start_frame(&self, number: u64) -> u64 {
        number * u64::from(self.hop_frames)
    }

    /// The number of chunks that a file of `native_frames` frames at `native_rate` is cut into.
    pub fn chunks_of_file(&self, native_frames: u64, native_rate: u32) -> u64 {
        self.chunk_count(self.frames_on_grid(native_frames, native_rate))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GRID: Grid = Grid { rate: Rate::Hz(8000), chunk_frames: 2048, hop_frames: 1024 };

    #[test]
    fn short_files_give_one_padded_chunk_and_tails_none() {
        let counts: Vec<u64> = [0, 1, 2047, 2048, 3071, 3072, 4096].map(|n| GRID.chunk_count(n)).into();
        assert_eq!(counts, [0, 1, 1, 1, 1, 2, 3]);
    }

    #[test]
    fn the_grid_counts_frames_at_its_own_rate() {
        assert_eq!(GRID.frames_on_grid(44_100, 44_100), 8000);
        assert_eq!(GRID.frames_on_grid(44_101, 44_100), 8001);
        let native = Grid { rate: Rate::Native, ..GRID };
        assert_eq!(native.frames_on_grid(44_101, 44_100), 44_101);
        assert_eq!(native.rate_for(44_100), 44_100);
    }
}
