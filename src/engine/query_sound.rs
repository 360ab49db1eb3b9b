//! The samples of the sound that is searched for: kept while it is the query, so that another part of it needs no decoding.

use std::sync::{Arc, Mutex};

use camino::{Utf8Path, Utf8PathBuf};

use super::error::EngineError;
use super::shared::{Job, locked};
use crate::audio::MonoReader;
use crate::audio::mono::read_mono;
use crate::audio::survey::stamp;

/// Longer sounds, in samples at the rate at which they are heard, are not kept (64 MiB): of them the part is read.
const MOST_SAMPLES: u64 = 16 << 20;

/// The last query's sound.
#[derive(Default)]
pub(super) struct QuerySound {
    kept: Mutex<Option<Kept>>,
}

#[derive(Clone)]
struct Kept {
    path: Utf8PathBuf,
    /// Tells a changed file.
    stamp: (u64, i64),
    asked_rate: Option<u32>,
    /// `None` where the sound is too long to be kept.
    samples: Option<Arc<Vec<f32>>>,
    rate: u32,
}

/// The part of a sound that is searched for: mono, as the model hears it.
pub(super) struct Part {
    samples: Arc<Vec<f32>>,
    range: std::ops::Range<usize>,
    pub rate: u32,
    /// Length of the whole sound in seconds, as far as it is known.
    pub sound_secs: f64,
}

impl Part {
    pub fn samples(&self) -> &[f32] {
        &self.samples[self.range.clone()]
    }
}

impl QuerySound {
    /// The stretch from `from` to `to` seconds of a file, at `rate` or at its own.
    pub fn part(&self, job: &Job, path: &Utf8Path, rate: Option<u32>, from: f64, to: f64) -> Result<Part, EngineError> {
        let now = stamp(path.as_std_path())?;
        let kept = locked(&self.kept).clone();
        let kept = kept.filter(|kept| kept.path == path && kept.stamp == now && kept.asked_rate == rate);
        let kept = match kept {
            Some(kept) => kept,
            None => {
                let (samples, heard_at) = whole(job, path, rate)?;
                let kept = Kept { path: path.to_owned(), stamp: now, asked_rate: rate, samples, rate: heard_at };
                *locked(&self.kept) = Some(kept.clone());
                kept
            }
        };
        let Some(samples) = kept.samples else { return stretch(path, rate, from, to) };
        let at = |secs: f64| ((secs * f64::from(kept.rate)).round() as usize).min(samples.len());
        let (first, end) = (at(from), at(to));
        Ok(Part {
            range: first..end.max(first),
            rate: kept.rate,
            sound_secs: samples.len() as f64 / f64::from(kept.rate),
            samples,
        })
    }
}

/// The samples of a whole sound, or nothing where it is too long to be kept; and the rate at which it is heard.
type Whole = (Option<Arc<Vec<f32>>>, u32);

fn whole(job: &Job, path: &Utf8Path, rate: Option<u32>) -> Result<Whole, EngineError> {
    let mut reader = MonoReader::open(path.as_std_path(), rate)?;
    let (native, heard_at) = (u64::from(reader.file().rate().max(1)), reader.rate());
    let is_too_long = |frames: u64| frames.saturating_mul(u64::from(heard_at)) / native > MOST_SAMPLES;
    if reader.file().frames().is_some_and(is_too_long) {
        return Ok((None, heard_at));
    }
    let mut samples = Vec::new();
    while reader.next_block(&mut samples)? {
        job.check()?;
        if samples.len() as u64 > MOST_SAMPLES {
            return Ok((None, heard_at));
        }
    }
    Ok((Some(Arc::new(samples)), heard_at))
}

fn stretch(path: &Utf8Path, rate: Option<u32>, from: f64, to: f64) -> Result<Part, EngineError> {
    let sound = read_mono(path.as_std_path(), rate, Some((from, to)))?;
    let secs = sound.native_frames as f64 / f64::from(sound.native_rate);
    Ok(Part {
        range: 0..sound.samples.len(),
        rate: sound.rate,
        sound_secs: from + secs,
        samples: Arc::new(sound.samples),
    })
}
