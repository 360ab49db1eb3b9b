//! A WAV file that grows while it is recorded: [`GrowingWav`]. It can be read at every moment.
//!
//! The header is written first, and again after each block of samples, so that it never promises more than the file holds.
//! A program that is killed leaves a file with all blocks that it wrote. A disk that is full ends the file at the last
//! whole frame that fitted.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use same_file::Handle;

use super::error::{AudioError, Cause};
use crate::ground::files::{Draft, folder_of};

const HEADER_BYTES: usize = 58;
const SAMPLE_BYTES: u64 = size_of::<f32>() as u64;
/// Sizes in a WAV file have 32 bits. Some readers take them for signed ones, but all take sizes up to this.
const MOST_BYTES: u64 = u32::MAX as u64 - HEADER_BYTES as u64 - 1;
/// The most names that are tried for a file.
const MOST_NAMES: u32 = 10_000;

/// A WAV file of 32-bit floating point samples that is being written.
#[derive(Debug)]
pub struct GrowingWav {
    path: PathBuf,
    file: File,
    channels: u16,
    rate: u32,
    /// The bytes of whole frames that are written.
    data_bytes: u64,
}

impl GrowingWav {
    /// Makes a file `name.wav` in `folder`, or `name (2).wav` and so on if the name is taken. When this returns, the
    /// file and its name are on the disk.
    ///
    /// # Errors
    /// If the file cannot be made. Then nothing of it is left.
    pub fn create(folder: &Path, name: &str, channels: u16, rate: u32) -> Result<Self, AudioError> {
        let channels = channels.max(1);
        let header = header(channels, rate, 0);
        let (path, file) =
            create_new(folder, name, |draft| draft.write_all(&header)).map_err(|cause| unwritable(cause, folder))?;
        Ok(Self { path, file, channels, rate, data_bytes: 0 })
    }

    /// The current path of the file. It differs from the first path if the file was moved while it grew.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The number of frames (samples per channel) that are written.
    pub fn frames(&self) -> u64 {
        self.data_bytes / self.frame_bytes()
    }

    fn frame_bytes(&self) -> u64 {
        u64::from(self.channels) * SAMPLE_BYTES
    }

    /// Appends whole frames of interleaved samples.
    ///
    /// # Errors
    /// If the disk is full or gone, or if the file would become too large for a WAV file. The frames that could be
    /// written stay in the file.
    pub fn push(&mut self, interleaved: &[f32]) -> Result<(), AudioError> {
        let room = MOST_BYTES - self.data_bytes;
        let room = (room - room % self.frame_bytes()) / SAMPLE_BYTES;
        let fitting = interleaved.len().min(usize::try_from(room).unwrap_or(usize::MAX));
        let bytes: Vec<u8> = interleaved[..fitting].iter().flat_map(|sample| sample.to_le_bytes()).collect();
        let appended = self.append(&bytes);
        // The header is also written after a failure, because then it counts what fitted. Rewriting it needs no room on
        // the disk.
        let told = self.write_header();
        appended.and(told).map_err(|cause| unwritable(cause, &self.path))?;
        match fitting < interleaved.len() {
            true => {
                let minutes = self.frames() as f64 / f64::from(self.rate.max(1)) / 60.0;
                Err(Cause::TooLong(format!("more than {minutes:.0} minutes")).at(&self.path))
            }
            false => Ok(()),
        }
    }

    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.seek(SeekFrom::Start(HEADER_BYTES as u64 + self.data_bytes))?;
        let mut written = 0;
        let outcome = loop {
            if written == bytes.len() {
                break Ok(());
            }
            match self.file.write(&bytes[written..]) {
                Ok(0) => break Err(io::ErrorKind::WriteZero.into()),
                Ok(count) => written += count,
                Err(cause) if cause.kind() == io::ErrorKind::Interrupted => {}
                Err(cause) => break Err(cause),
            }
        };
        let written = written as u64;
        self.data_bytes += written - written % self.frame_bytes();
        outcome
    }

    fn write_header(&mut self) -> io::Result<()> {
        let header = header(self.channels, self.rate, self.data_bytes);
        self.file.seek(SeekFrom::Start(0))?;
        self.file.write_all(&header)
    }

    /// Waits until what was written is on the disk. If the file or its folder was deleted or moved meanwhile, the whole
    /// file is written again under its name.
    pub fn settle(&mut self) -> Result<(), AudioError> {
        let settled = match self.is_in_place() {
            true => self.file.sync_data(),
            false => self.write_again(),
        };
        settled.map_err(|cause| unwritable(cause, &self.path))
    }

    fn is_in_place(&self) -> bool {
        let own = self.file.try_clone().and_then(Handle::from_file);
        matches!((own, Handle::from_path(&self.path)), (Ok(own), Ok(there)) if own == there)
    }

    /// Copies the open file, whose name was deleted or changed, to a new file of its name.
    fn write_again(&mut self) -> io::Result<()> {
        let folder = folder_of(&self.path).to_owned();
        fs::create_dir_all(&folder)?;
        let name = self.path.file_stem().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        (self.path, self.file) = create_new(&folder, &name, |draft| {
            (&self.file).seek(SeekFrom::Start(0))?;
            io::copy(&mut (&self.file).take(HEADER_BYTES as u64 + self.data_bytes), draft).map(drop)
        })?;
        Ok(())
    }

    /// Ends the file and returns its path. When this returns, the file is on the disk under its name. `None` if it has
    /// no frames; then it is deleted.
    pub fn finish(mut self) -> Result<Option<PathBuf>, AudioError> {
        if self.data_bytes == 0 {
            self.discard();
            return Ok(None);
        }
        self.settle()?;
        self.file.sync_all().map_err(|cause| unwritable(cause, &self.path))?;
        Ok(Some(self.path))
    }

    /// From now on every write fails, as on a full disk.
    #[cfg(all(test, target_os = "linux"))]
    pub(crate) fn pretend_full_disk(&mut self) {
        self.file = File::options().read(true).write(true).open("/dev/full").expect("there on every Linux");
    }

    /// Deletes the file if it is still the one that was made here.
    fn discard(self) {
        if self.is_in_place()
            && let Err(cause) = fs::remove_file(&self.path)
        {
            tracing::warn!("{}: an empty recording could not be deleted: {cause}", self.path.display());
        }
    }
}

/// Whether a file is an empty file of [`GrowingWav::create`]: a recording that was killed at once.
pub fn is_empty_recording(path: &Path) -> bool {
    let is_plain = fs::symlink_metadata(path).is_ok_and(|facts| facts.is_file() && facts.len() == HEADER_BYTES as u64);
    let mut bytes = [0; HEADER_BYTES];
    let is_read = is_plain && File::open(path).and_then(|mut file| file.read_exact(&mut bytes)).is_ok();
    let channels = u16::from_le_bytes([bytes[22], bytes[23]]);
    let rate = u32::from_le_bytes([bytes[24], bytes[25], bytes[26], bytes[27]]);
    is_read && bytes == header(channels, rate, 0)
}

/// A header with a `fact` chunk, which all formats other than PCM must have.
fn header(channels: u16, rate: u32, data_bytes: u64) -> [u8; HEADER_BYTES] {
    const FLOAT: u16 = 3;
    let frame_bytes = u32::from(channels) * SAMPLE_BYTES as u32;
    let word = |number: u64| u32::try_from(number).unwrap_or(u32::MAX).to_le_bytes();
    let mut header = [0; HEADER_BYTES];
    let mut rest = &mut header[..];
    let parts: [&[u8]; 17] = [
        b"RIFF",
        &word(HEADER_BYTES as u64 - 8 + data_bytes),
        b"WAVEfmt ",
        &18u32.to_le_bytes(),
        &FLOAT.to_le_bytes(),
        &channels.to_le_bytes(),
        &rate.to_le_bytes(),
        &rate.saturating_mul(frame_bytes).to_le_bytes(),
        // At most 64 channels are recorded, but a header that was read may give any number.
        &u16::try_from(frame_bytes).unwrap_or(u16::MAX).to_le_bytes(),
        &32u16.to_le_bytes(),
        // The number of bytes of further format fields.
        &0u16.to_le_bytes(),
        b"fact",
        &4u32.to_le_bytes(),
        &word(data_bytes / u64::from(frame_bytes).max(1)),
        b"data",
        &word(data_bytes),
        b"",
    ];
    for part in parts {
        let (place, left) = rest.split_at_mut(part.len());
        place.copy_from_slice(part);
        rest = left;
    }
    header
}

/// Makes a file with the first free name. `fill` writes its content before it has the name, so a program that is killed
/// leaves no incomplete file. When this returns, the file and its name are on the disk.
fn create_new(folder: &Path, name: &str, fill: impl Fn(&mut Draft) -> io::Result<()>) -> io::Result<(PathBuf, File)> {
    for number in 1..=MOST_NAMES {
        let path = match number {
            1 => folder.join(format!("{name}.wav")),
            _ => folder.join(format!("{name} ({number}).wav")),
        };
        if path.symlink_metadata().is_ok() {
            continue;
        }
        let mut draft = Draft::in_folder(folder)?;
        fill(&mut draft)?;
        let file = draft.file().try_clone()?;
        match draft.create(&path) {
            Ok(()) => return Ok((path, file)),
            // Another program was faster.
            Err(cause) if cause.kind() == io::ErrorKind::AlreadyExists => {}
            Err(cause) => return Err(cause),
        }
    }
    Err(io::Error::new(io::ErrorKind::AlreadyExists, format!("all names like {name}.wav are taken")))
}

fn unwritable(cause: io::Error, path: &Path) -> AudioError {
    Cause::Unwritable(cause).at(path)
}

#[cfg(test)]
mod tests;
