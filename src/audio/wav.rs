//! Writing WAV files.

use std::fs::File;
use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};

use hound::{SampleFormat, WavSpec, WavWriter};
use tempfile::NamedTempFile;

use super::error::{AudioError, Cause};

/// How samples are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// What is beyond full scale is clipped.
    Pcm16,
    Float32,
}

impl Depth {
    fn bytes(self) -> usize {
        match self {
            Depth::Pcm16 => 2,
            Depth::Float32 => 4,
        }
    }
}

/// Writes interleaved samples. The file appears whole or not at all, and is on disk when this returns.
pub fn write_wav(path: &Path, interleaved: &[f32], channels: u16, rate: u32, depth: Depth) -> Result<(), AudioError> {
    let mut file = WavFile::create(path, channels, rate, depth)?;
    file.push(interleaved)?;
    file.finish()
}

/// A file that is written part by part. It appears whole, once it is finished, or not at all.
pub struct WavFile {
    path: PathBuf,
    depth: Depth,
    writer: WavWriter<BufWriter<File>>,
    file: NamedTempFile,
    /// Interleaved.
    samples: u64,
}

impl WavFile {
    pub fn create(path: &Path, channels: u16, rate: u32, depth: Depth) -> Result<Self, AudioError> {
        let (bits_per_sample, sample_format) = match depth {
            Depth::Pcm16 => (16, SampleFormat::Int),
            Depth::Float32 => (32, SampleFormat::Float),
        };
        let spec = WavSpec { channels, sample_rate: rate, bits_per_sample, sample_format };
        let file = NamedTempFile::new_in(folder_of(path)).map_err(|cause| Cause::Unwritable(cause).at(path))?;
        let writer = file.as_file().try_clone().map_err(Cause::Unwritable);
        let writer = writer.and_then(|file| WavWriter::new(BufWriter::new(file), spec).map_err(of_writing));
        let writer = writer.map_err(|cause| cause.at(path))?;
        Ok(Self { path: path.to_path_buf(), depth, writer, file, samples: 0 })
    }

    /// Adds interleaved samples.
    pub fn push(&mut self, interleaved: &[f32]) -> Result<(), AudioError> {
        self.push_inner(interleaved).map_err(|cause| cause.at(&self.path))
    }

    fn push_inner(&mut self, interleaved: &[f32]) -> Result<(), Cause> {
        self.samples += interleaved.len() as u64;
        // hound counts bytes in 32 bits; room is left for the header.
        if self.samples * self.depth.bytes() as u64 > u64::from(u32::MAX) - 1024 {
            let spec = self.writer.spec();
            let secs = self.samples as f64 / f64::from(spec.sample_rate.max(1)) / f64::from(spec.channels.max(1));
            return Err(Cause::TooLong(format!("{:.0} minutes", secs / 60.0)));
        }
        for sample in interleaved {
            let written = match self.depth {
                Depth::Pcm16 => self.writer.write_sample((sample * 32768.0).round().clamp(-32768.0, 32767.0) as i16),
                Depth::Float32 => self.writer.write_sample(*sample),
            };
            written.map_err(of_writing)?;
        }
        Ok(())
    }

    /// The file is on disk when this returns.
    pub fn finish(self) -> Result<(), AudioError> {
        let Self { path, writer, file, .. } = self;
        let finished = writer.finalize().map_err(of_writing).and_then(|()| keep(file, &path));
        finished.map_err(|cause| cause.at(&path))
    }
}

/// Lets `write` write a file that appears whole or not at all, and is on disk when this returns.
pub(crate) fn write_whole<T>(
    path: &Path,
    write: impl FnOnce(BufWriter<&mut File>) -> Result<T, Cause>,
) -> Result<T, Cause> {
    let mut file = NamedTempFile::new_in(folder_of(path)).map_err(Cause::Unwritable)?;
    let written = write(BufWriter::new(file.as_file_mut()))?;
    keep(file, path)?;
    Ok(written)
}

/// Gives a file that is written its name, and waits until both are on disk.
fn keep(file: NamedTempFile, path: &Path) -> Result<(), Cause> {
    file.as_file().sync_all().map_err(Cause::Unwritable)?;
    make_readable_to_others(file.as_file()).map_err(Cause::Unwritable)?;
    file.persist(path).map_err(|error| Cause::Unwritable(error.error))?;
    sync_folder(folder_of(path)).map_err(Cause::Unwritable)
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

pub(super) fn of_writing(error: hound::Error) -> Cause {
    match error {
        hound::Error::IoError(error) => Cause::Unwritable(error),
        other => Cause::Unwritable(io::Error::other(other)),
    }
}

/// Temporary files are made for their owner alone; a recording should be like any other file.
#[cfg(unix)]
fn make_readable_to_others(file: &File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    file.set_permissions(std::fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn make_readable_to_others(_: &File) -> io::Result<()> {
    Ok(())
}

/// A renamed file's name is on disk once its folder is.
#[cfg(unix)]
fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

#[cfg(not(unix))]
fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::Decoder;

    fn read(path: &Path) -> Vec<f32> {
        let mut decoder = Decoder::open(path).unwrap();
        let mut all = Vec::new();
        while let Some(block) = decoder.next_block().unwrap() {
            all.extend_from_slice(block);
        }
        all
    }

    #[test]
    fn what_is_written_is_read_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.wav");
        let samples: Vec<f32> = (-3000..3000).map(|i| i as f32 * 11.0 / 32768.0).collect();
        for depth in [Depth::Pcm16, Depth::Float32] {
            write_wav(&path, &samples, 2, 44_100, depth).unwrap();
            let decoder = Decoder::open(&path).unwrap();
            assert_eq!((decoder.rate(), decoder.channels(), decoder.frames()), (44_100, 2, Some(3000)));
            let expected: Vec<f32> = match depth {
                Depth::Pcm16 => samples.iter().map(|x| x.clamp(-1.0, 32767.0 / 32768.0)).collect(),
                Depth::Float32 => samples.clone(),
            };
            assert_eq!(read(&path), expected);
        }
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "no temporary file is left");
    }

    #[test]
    fn a_folder_that_is_not_there_is_named() {
        let error = write_wav(Path::new("/nonexistent/a.wav"), &[0.0], 1, 8000, Depth::Pcm16).unwrap_err();
        assert!(error.to_string().starts_with("/nonexistent/a.wav: it could not be written"), "{error}");
    }
}
