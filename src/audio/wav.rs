//! Writing WAV files.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

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
    write_wav_inner(path, interleaved, channels, rate, depth).map_err(|cause| cause.at(path))
}

fn write_wav_inner(path: &Path, interleaved: &[f32], channels: u16, rate: u32, depth: Depth) -> Result<(), Cause> {
    // hound counts bytes in 32 bits; room is left for the header.
    if interleaved.len() as u64 * depth.bytes() as u64 > u64::from(u32::MAX) - 1024 {
        let secs = interleaved.len() as f64 / f64::from(rate.max(1)) / f64::from(channels.max(1));
        return Err(Cause::TooLong(format!("{:.0} minutes", secs / 60.0)));
    }
    write_whole(path, |file| encode(file, interleaved, channels, rate, depth).map_err(of_writing))
}

/// Lets `write` write a file that appears whole or not at all, and is on disk when this returns.
pub(crate) fn write_whole<T>(
    path: &Path,
    write: impl FnOnce(BufWriter<&mut File>) -> Result<T, Cause>,
) -> Result<T, Cause> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = NamedTempFile::new_in(folder).map_err(Cause::Unwritable)?;
    let written = write(BufWriter::new(file.as_file_mut()))?;
    file.as_file().sync_all().map_err(Cause::Unwritable)?;
    make_readable_to_others(file.as_file()).map_err(Cause::Unwritable)?;
    file.persist(path).map_err(|error| Cause::Unwritable(error.error))?;
    sync_folder(folder).map_err(Cause::Unwritable)?;
    Ok(written)
}

fn encode<W: Write + io::Seek>(
    to: W,
    interleaved: &[f32],
    channels: u16,
    rate: u32,
    depth: Depth,
) -> Result<(), hound::Error> {
    let (bits_per_sample, sample_format) = match depth {
        Depth::Pcm16 => (16, SampleFormat::Int),
        Depth::Float32 => (32, SampleFormat::Float),
    };
    let spec = WavSpec { channels, sample_rate: rate, bits_per_sample, sample_format };
    let mut writer = WavWriter::new(to, spec)?;
    match depth {
        Depth::Pcm16 => {
            for sample in interleaved {
                writer.write_sample((sample * 32768.0).round().clamp(-32768.0, 32767.0) as i16)?;
            }
        }
        Depth::Float32 => {
            for sample in interleaved {
                writer.write_sample(*sample)?;
            }
        }
    }
    writer.finalize()
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
