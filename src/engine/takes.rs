//! Takes: what the microphone heard, each a WAV file in the project's folder of takes.
//!
//! The folder itself is their catalogue: a take that was put there or taken away by hand is there or gone, and a kill at
//! no moment leaves an entry without its sound.

use std::time::UNIX_EPOCH;

use camino::{Utf8Path, Utf8PathBuf};

use super::error::EngineError;
use super::event::Take;
use super::latest::TakeView;
use crate::audio::device::Recording;
use crate::audio::wav::{Depth, write_wav};
use crate::audio::{Decoder, silence};
use crate::project::{Project, ProjectError};

/// Where a project keeps them.
const FOLDER: &str = "takes";

/// The folder of takes, made where it is absent.
pub(super) fn folder(project: &Project) -> Result<Utf8PathBuf, EngineError> {
    Ok(project.subfolder(FOLDER)?)
}

/// All takes, the newest first. What is no sound is left out.
pub(super) fn list(project: &Project) -> Result<Vec<TakeView>, EngineError> {
    let folder = project.folder().join(FOLDER);
    let entries = match folder.read_dir_utf8() {
        Ok(entries) => entries,
        Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(cause) => return Err(EngineError::Read { path: folder.into(), cause }),
    };
    let mut takes: Vec<TakeView> = entries.filter_map(|entry| view(entry.ok()?.into_path())).collect();
    takes.sort_by(|a, b| b.recorded_ns.cmp(&a.recorded_ns).then_with(|| b.path.cmp(&a.path)));
    Ok(takes)
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

/// Writes a recording to a file of its own, named by the time.
pub(super) fn keep(recording: Recording, folder: &Utf8Path) -> Result<Take, EngineError> {
    if recording.samples.is_empty() {
        let why = recording.interrupted.unwrap_or_else(|| "the microphone delivered no sound".into());
        return Err(EngineError::Device(format!("nothing was recorded: {why}")));
    }
    let now = jiff::Zoned::now().strftime("%Y-%m-%d %H.%M.%S").to_string();
    let names = std::iter::once(format!("{now}.wav")).chain((2..).map(|number| format!("{now} ({number}).wav")));
    let path = names.map(|name| folder.join(name)).find(|path| !path.exists());
    // The names never run out before the disk does.
    let path = path.ok_or_else(|| EngineError::Fault("no name is left for a take".into()))?;
    let channels = u16::try_from(recording.channels)
        .map_err(|_| EngineError::Device(format!("{} channels are more than a WAV file has", recording.channels)))?;
    write_wav(path.as_std_path(), &recording.samples, channels, recording.rate, Depth::Float32)?;
    // Read back under the name that a file of the dataset would have.
    let path = path.canonicalize_utf8().map_err(|cause| ProjectError::File { path: path.clone(), cause })?;
    let heard = silence::trim_silence(&recording.samples, recording.channels, recording.rate);
    let secs = |frame: usize| frame as f64 / f64::from(recording.rate);
    let all = heard.is_empty() || heard == (0..recording.samples.len() / recording.channels);
    Ok(Take {
        duration_secs: recording.secs(),
        heard_secs: (!all).then(|| (secs(heard.start), secs(heard.end))),
        peak: recording.samples.iter().fold(0.0, |peak: f32, sample| peak.max(sample.abs())),
        lost_frames: recording.lost_frames,
        interrupted: recording.interrupted,
        path,
    })
}

/// Gives a take another name, without its ending; returns its new path.
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

/// The path of a take that may be changed: nothing outside of the folder of takes ever is.
fn checked(project: &Project, take: &Utf8Path) -> Result<Utf8PathBuf, EngineError> {
    let folder = folder(project)?;
    match take.parent() == Some(&folder) && take.file_name().is_some() {
        true => Ok(take.to_owned()),
        false => Err(EngineError::NoTake(take.to_owned())),
    }
}
