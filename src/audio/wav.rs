//! Writing WAV files.

use std::fs::File;
use std::io::{self, BufWriter, Cursor, Seek, Write};
use std::path::{Path, PathBuf};

use hound::{SampleFormat, WavSpec, WavWriter};

use super::error::{AudioError, Cause};
use crate::ground::files::{Draft, folder_of};

/// How samples are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// Samples beyond full scale are clipped.
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

/// Writes interleaved samples. The file appears whole or not at all, and is on the disk when this returns.
pub fn write_wav(path: &Path, interleaved: &[f32], channels: u16, rate: u32, depth: Depth) -> Result<(), AudioError> {
    let mut file = WavFile::create(path, channels, rate, depth)?;
    file.push(interleaved)?;
    file.finish()
}

/// A WAV file of interleaved samples, in memory.
pub fn wav_bytes(interleaved: &[f32], channels: u16, rate: u32, depth: Depth) -> Result<Vec<u8>, Cause> {
    let mut bytes = Cursor::new(Vec::new());
    let mut writer = WavWriter::new(&mut bytes, spec(channels, rate, depth)).map_err(of_writing)?;
    write_samples(&mut writer, interleaved, depth)?;
    writer.finalize().map_err(of_writing)?;
    Ok(bytes.into_inner())
}

fn spec(channels: u16, sample_rate: u32, depth: Depth) -> WavSpec {
    let (bits_per_sample, sample_format) = match depth {
        Depth::Pcm16 => (16, SampleFormat::Int),
        Depth::Float32 => (32, SampleFormat::Float),
    };
    WavSpec { channels, sample_rate, bits_per_sample, sample_format }
}

fn write_samples(writer: &mut WavWriter<impl Write + Seek>, samples: &[f32], depth: Depth) -> Result<(), Cause> {
    for sample in samples {
        let written = match depth {
            Depth::Pcm16 => writer.write_sample((sample * 32768.0).round().clamp(-32768.0, 32767.0) as i16),
            Depth::Float32 => writer.write_sample(*sample),
        };
        written.map_err(of_writing)?;
    }
    Ok(())
}

/// A file that is written part by part. When it is finished, it appears whole. Otherwise it does not appear.
pub struct WavFile {
    path: PathBuf,
    depth: Depth,
    writer: WavWriter<BufWriter<File>>,
    draft: Draft,
    /// The number of samples of all channels.
    samples: u64,
}

impl WavFile {
    pub fn create(path: &Path, channels: u16, rate: u32, depth: Depth) -> Result<Self, AudioError> {
        let draft = Draft::in_folder(folder_of(path)).map_err(|cause| Cause::Unwritable(cause).at(path))?;
        let writer = draft.file().try_clone().map_err(Cause::Unwritable);
        let spec = spec(channels, rate, depth);
        let writer = writer.and_then(|file| WavWriter::new(BufWriter::new(file), spec).map_err(of_writing));
        let writer = writer.map_err(|cause| cause.at(path))?;
        Ok(Self { path: path.to_path_buf(), depth, writer, draft, samples: 0 })
    }

    /// Appends interleaved samples.
    pub fn push(&mut self, interleaved: &[f32]) -> Result<(), AudioError> {
        self.push_inner(interleaved).map_err(|cause| cause.at(&self.path))
    }

    fn push_inner(&mut self, interleaved: &[f32]) -> Result<(), Cause> {
        self.samples += interleaved.len() as u64;
        // hound counts bytes in 32 bits, and the header needs some room.
        if self.samples * self.depth.bytes() as u64 > u64::from(u32::MAX) - 1024 {
            let spec = self.writer.spec();
            let secs = self.samples as f64 / f64::from(spec.sample_rate.max(1)) / f64::from(spec.channels.max(1));
            return Err(Cause::TooLong(format!("{:.0} minutes", secs / 60.0)));
        }
        write_samples(&mut self.writer, interleaved, self.depth)
    }

    /// Completes the file, which is on the disk when this returns.
    pub fn finish(self) -> Result<(), AudioError> {
        let Self { path, writer, draft, .. } = self;
        let finished = writer.finalize().map_err(of_writing);
        let kept = finished.and_then(|()| draft.replace(&path).map_err(Cause::Unwritable));
        kept.map_err(|cause| cause.at(&path))
    }
}

/// Lets `write` write a file. The file appears whole or not at all, and is on the disk when this returns.
pub(crate) fn write_whole<T>(
    path: &Path,
    write: impl FnOnce(BufWriter<&mut Draft>) -> Result<T, Cause>,
) -> Result<T, Cause> {
    let mut draft = Draft::in_folder(folder_of(path)).map_err(Cause::Unwritable)?;
    let written = write(BufWriter::new(&mut draft))?;
    draft.replace(path).map_err(Cause::Unwritable)?;
    Ok(written)
}

pub(super) fn of_writing(error: hound::Error) -> Cause {
    match error {
        hound::Error::IoError(error) => Cause::Unwritable(error),
        other => Cause::Unwritable(io::Error::other(other)),
    }
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
