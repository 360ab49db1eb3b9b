//! A sound as a picture.

use camino::Utf8Path;

use super::error::EngineError;
use super::event::SoundPreview;
use super::shared::Job;
use crate::audio::survey;

/// The most columns of a waveform.
const WAVEFORM_COLUMNS: usize = 2000;

/// Reads a file, or a stretch of it in seconds, in blocks. Stops within a block if the job is cancelled.
pub(super) fn preview(
    job: &Job,
    path: &Utf8Path,
    stretch_secs: Option<(f64, f64)>,
) -> Result<SoundPreview, EngineError> {
    let (file, go_on) = (path.as_std_path(), || !job.is_cancelled());
    let picture = match stretch_secs {
        None => survey::picture(file, WAVEFORM_COLUMNS, go_on)?,
        Some(stretch) => survey::picture_of_stretch(file, stretch, WAVEFORM_COLUMNS, go_on)?,
    };
    let picture = picture.ok_or(EngineError::Cancelled)?;
    Ok(SoundPreview {
        path: path.to_owned(),
        stretch_secs,
        duration_secs: picture.duration_secs,
        rate: picture.rate,
        channels: picture.channels,
        waveform: picture.columns,
        spectrogram: picture.spectrogram,
    })
}
