//! The sound of the query. Its samples stay in memory while it is the query, so searching for another part needs no
//! decoding. A sound that is too long for memory is read stretch by stretch, like a file of the dataset.

use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};
use parking_lot::Mutex;

use super::error::EngineError;
use super::listen::{CHUNKS_A_STRETCH, stretches_of};
use crate::audio::MonoReader;
use crate::audio::survey::stamp;
use crate::ground::Grid;

/// The most samples that are kept (64 MiB), at the rate at which the sound is heard.
const MOST_SAMPLES: u64 = 16 << 20;

/// The sound of the last query.
#[derive(Default)]
pub(super) struct QuerySound {
    kept: Mutex<Option<Kept>>,
}

#[derive(Clone)]
struct Kept {
    path: Utf8PathBuf,
    /// Size and time of change: they tell whether the file has changed.
    stamp: (u64, i64),
    asked_rate: Option<u32>,
    /// `None` if the sound is too long to be kept.
    samples: Option<Arc<Vec<f32>>>,
    rate: u32,
}

/// A part of a query's sound that was read.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Part {
    /// The number of samples (mono), and the samples per second.
    pub frames: u64,
    pub rate: u32,
    /// The number of chunks of the part.
    pub chunks: u64,
    /// The length of the whole sound in seconds, as far as it is known.
    pub sound_secs: f64,
}

impl QuerySound {
    /// Cuts the part from `from` to `to` seconds of a file on `grid`, and calls `each` with its stretches in order.
    /// `each` gets the samples, the start frames of the chunks in them, and the number of the first chunk. `check` is
    /// called between two blocks, and its error ends the reading.
    pub fn listen(
        &self,
        check: &dyn Fn() -> Result<(), EngineError>,
        path: &Utf8Path,
        grid: Grid,
        (from, to): (f64, f64),
        mut each: impl FnMut(&[f32], &[u64], u64) -> Result<(), EngineError>,
    ) -> Result<Part, EngineError> {
        let kept = self.kept(check, path, grid.resampled_to())?;
        let Some(samples) = kept.samples else { return streamed(check, path, grid, (from, to), each) };
        let at = |secs: f64| ((secs * f64::from(kept.rate)).round() as usize).min(samples.len());
        let (first, end) = (at(from), at(to));
        let part = &samples[first..end.max(first)];
        let chunks = grid.chunk_count(part.len() as u64);
        let starts: Vec<u64> = (0..chunks).map(|chunk| grid.start_frame(chunk)).collect();
        for (number, starts) in starts.chunks(CHUNKS_A_STRETCH).enumerate() {
            check()?;
            each(part, starts, (number * CHUNKS_A_STRETCH) as u64)?;
        }
        let sound_secs = samples.len() as f64 / f64::from(kept.rate);
        Ok(Part { frames: part.len() as u64, rate: kept.rate, chunks, sound_secs })
    }

    /// The samples of a whole sound that may be kept.
    fn kept(
        &self,
        check: &dyn Fn() -> Result<(), EngineError>,
        path: &Utf8Path,
        rate: Option<u32>,
    ) -> Result<Kept, EngineError> {
        let now = stamp(path.as_std_path())?;
        let kept = self.kept.lock().clone();
        if let Some(kept) = kept.filter(|kept| kept.path == path && kept.stamp == now && kept.asked_rate == rate) {
            return Ok(kept);
        }
        // The earlier sound is dropped first, to make room.
        *self.kept.lock() = None;
        let (samples, heard_at) = whole(check, path, rate)?;
        let kept = Kept { path: path.to_owned(), stamp: now, asked_rate: rate, samples, rate: heard_at };
        // A file that changed while it was read is read again for the next query.
        if stamp(path.as_std_path())? == now {
            *self.kept.lock() = Some(kept.clone());
        }
        Ok(kept)
    }
}

/// The samples of a whole sound (`None` if it is too long to be kept), and the rate at which it is heard.
type Whole = (Option<Arc<Vec<f32>>>, u32);

fn whole(
    check: &dyn Fn() -> Result<(), EngineError>,
    path: &Utf8Path,
    rate: Option<u32>,
) -> Result<Whole, EngineError> {
    let mut reader = MonoReader::open(path.as_std_path(), rate)?;
    let (native, heard_at) = (u64::from(reader.file().rate().max(1)), reader.rate());
    let is_too_long = |frames: u64| frames.saturating_mul(u64::from(heard_at)) / native > MOST_SAMPLES;
    if reader.file().frames().is_some_and(is_too_long) {
        return Ok((None, heard_at));
    }
    let mut samples = Vec::new();
    while reader.next_block(&mut samples)? {
        check()?;
        if samples.len() as u64 > MOST_SAMPLES {
            return Ok((None, heard_at));
        }
    }
    Ok((Some(Arc::new(samples)), heard_at))
}

/// Like [`whole`], but calls `each` with one stretch at a time.
fn streamed(
    check: &dyn Fn() -> Result<(), EngineError>,
    path: &Utf8Path,
    grid: Grid,
    (from, to): (f64, f64),
    mut each: impl FnMut(&[f32], &[u64], u64) -> Result<(), EngineError>,
) -> Result<Part, EngineError> {
    let to = to.is_finite().then_some(to);
    let mut reader = MonoReader::open_range(path.as_std_path(), grid.resampled_to(), from, to)?;
    let (mut frames, mut chunks, mut failure) = (0, 0, None);
    stretches_of(&mut reader, grid, |stretch| {
        let heard = check().and_then(|()| each(&stretch.samples, &stretch.starts, chunks));
        failure = heard.err();
        frames += stretch.fresh as u64;
        chunks += stretch.starts.len() as u64;
        failure.is_none()
    })?;
    if let Some(failure) = failure {
        return Err(failure);
    }
    let of_file = reader.file().frames().map(|frames| frames as f64 / f64::from(reader.file().rate().max(1)));
    let sound_secs = of_file.unwrap_or(from + frames as f64 / f64::from(reader.rate()));
    Ok(Part { frames, rate: reader.rate(), chunks, sound_secs })
}
