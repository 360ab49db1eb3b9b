//! A sound as a picture.

use camino::Utf8Path;

use super::error::EngineError;
use super::event::SoundPreview;
use super::shared::Job;
use crate::audio::survey;

/// The most columns of a waveform.
const WAVEFORM_COLUMNS: usize = 2000;

/// Reads the whole file in blocks. Stops within a block if the job is cancelled.
pub(super) fn preview(job: &Job, path: &Utf8Path) -> Result<SoundPreview, EngineError> {
    let picture = survey::picture(path.as_std_path(), WAVEFORM_COLUMNS, || !job.is_cancelled())?;
    let picture = picture.ok_or(EngineError::Cancelled)?;
    Ok(SoundPreview {
        path: path.to_owned(),
        duration_secs: picture.duration_secs,
        rate: picture.rate,
        channels: picture.channels,
        waveform: picture.columns,
        spectrogram: picture.spectrogram,
    })
}
