//! Takes: recordings from the microphone, each a WAV file in the project's folder of takes.
//!
//! The folder itself is the list of takes, so a person can add or delete takes by hand. A take is written while it is
//! recorded. After a kill at any moment, the take has everything that was heard until then.

use std::path::Path;
use std::time::UNIX_EPOCH;

use camino::{Utf8Path, Utf8PathBuf};

use super::error::EngineError;
use super::event::Take;
use super::latest::TakeView;
use crate::audio::device::{Format, Recording};
use crate::audio::growing_wav::{GrowingWav, is_empty_recording};
use crate::audio::{AudioError, Cause, Decoder};
use crate::ground::paths::WithoutLinks as _;
use crate::project::{Project, ProjectError};

/// The folder of takes in a project.
const FOLDER: &str = "takes";

/// The folder of takes. It is made if it does not exist.
pub(super) fn folder(project: &Project) -> Result<Utf8PathBuf, EngineError> {
    Ok(project.subfolder(FOLDER)?)
}

/// All takes but the one that is being recorded, the newest first. Files that are no sounds are left out.
pub(super) fn list(project: &Project, recording: Option<&Utf8Path>) -> Result<Vec<TakeView>, EngineError> {
    let entries = files(project)?.into_iter().filter(|path| Some(&**path) != recording);
    let mut takes: Vec<TakeView> = entries.filter_map(view).collect();
    takes.sort_by(|a, b| b.recorded_ns.cmp(&a.recorded_ns).then_with(|| b.path.cmp(&a.path)));
    Ok(takes)
}

/// Deletes recordings that were killed before the first sound: files with only a header.
pub(super) fn sweep(project: &Project) {
    if !project.is_writer() {
        return;
    }
    for path in files(project).unwrap_or_default() {
        if is_empty_recording(path.as_std_path())
            && let Err(cause) = std::fs::remove_file(&path)
        {
            // The file does no harm.
            tracing::warn!("{path}: an empty recording could not be deleted: {cause}");
        }
    }
}

fn files(project: &Project) -> Result<Vec<Utf8PathBuf>, EngineError> {
    let folder = project.folder().join(FOLDER);
    match folder.read_dir_utf8() {
        Ok(entries) => Ok(entries.filter_map(|entry| Some(entry.ok()?.into_path())).collect()),
        Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(cause) => Err(EngineError::Read { path: folder.into(), cause }),
    }
}

fn view(path: Utf8PathBuf) -> Option<TakeView> {
    let decoder = Decoder::open(path.as_std_path()).ok()?;
    let recorded = path.metadata().ok()?.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
    Some(TakeView {
        duration_secs: decoder.frames()? as f64 / f64::from(decoder.rate()),
        recorded_ns: i64::try_from(recorded.as_nanos()).ok()?,
        path,
    })
}

/// Makes the file of a recording that begins now. Its name is the time.
pub(super) fn begin(folder: &Path, format: Format) -> Result<GrowingWav, AudioError> {
    let channels = u16::try_from(format.channels).map_err(|_| {
        let what = format!("a recording of {} channels", format.channels);
        Cause::Unsupported(what).at(folder)
    })?;
    let now = jiff::Zoned::now().strftime("%Y-%m-%d %H.%M.%S").to_string();
    GrowingWav::create(folder, &now, channels, format.rate)
}

/// The report of a recording that has ended.
pub(super) fn take_of(recording: Recording) -> Result<Take, EngineError> {
    let Some(path) = recording.path else {
        let why = recording.interrupted.unwrap_or_else(|| "the microphone delivered no sound".into());
        return Err(EngineError::Device(format!("nothing was recorded: {why}")));
    };
    let path = Utf8PathBuf::from_path_buf(path).map_err(EngineError::NotText)?;
    // The path is in the same form as the path of a file of the dataset.
    let path = path.without_links().map_err(|cause| match &recording.interrupted {
        Some(why) => EngineError::Device(format!("the recording could not be kept: {why}")),
        None => ProjectError::File { path: path.clone(), cause }.into(),
    })?;
    let secs = |frame: u64| frame as f64 / f64::from(recording.rate.max(1));
    let heard = recording.heard;
    let all = heard.is_empty() || heard == (0..recording.frames);
    Ok(Take {
        duration_secs: secs(recording.frames),
        heard_secs: (!all).then(|| (secs(heard.start), secs(heard.end))),
        peak: recording.peak,
        lost_frames: recording.lost_frames,
        interrupted: recording.interrupted,
        path,
    })
}

/// Renames a take; the name is without extension. Returns the new path.
pub(super) fn rename(project: &Project, take: &Utf8Path, name: &str) -> Result<Utf8PathBuf, EngineError> {
    let take = checked(project, take)?;
    let name = name.trim();
    if name.is_empty() || name.starts_with('.') || name.contains(['/', '\\', '\0']) {
        return Err(EngineError::TakeName {
            name: name.into(),
            why: "choose one without / and \\, that begins with no dot",
        });
    }
    let to = take.with_file_name(format!("{name}.wav"));
    if to == take {
        return Ok(to);
    }
    if to.exists() {
        return Err(EngineError::TakeName { name: name.into(), why: "another take has it; choose another" });
    }
    std::fs::rename(&take, &to).map_err(|cause| ProjectError::File { path: take, cause })?;
    Ok(to)
}

pub(super) fn delete(project: &Project, take: &Utf8Path) -> Result<(), EngineError> {
    let take = checked(project, take)?;
    Ok(std::fs::remove_file(&take).map_err(|cause| ProjectError::File { path: take, cause })?)
}

/// The path of a take that may be changed. Nothing outside the folder of takes may ever be changed.
fn checked(project: &Project, take: &Utf8Path) -> Result<Utf8PathBuf, EngineError> {
    let folder = folder(project)?;
    match take.parent() == Some(&folder) && take.file_name().is_some() {
        true => Ok(take.to_owned()),
        false => Err(EngineError::NoTake(take.to_owned())),
    }
}
