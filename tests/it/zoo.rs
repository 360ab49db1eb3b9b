//! The zoo: a file of every common kind, whole, and broken in the ways in which files break. Each specimen says what
//! must be read of it, to the frame, what must be reported, or why it must be refused.

mod broken;
mod by_ffmpeg;
pub mod by_hand;
pub mod bytes;
mod places;
mod refused;
mod tagged;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use soundalike::audio::Decoder;

use crate::support::is_there;

/// The sound of all files: this many frames at this rate, with a tone in each channel.
pub const RATE: u32 = 44_100;
pub const FRAMES: usize = 66_150;
pub const PEAK: f32 = 0.5;

/// A file, and the expected result of reading it.
pub struct Specimen {
    /// The file's name. It says what is special about the file.
    pub name: String,
    /// Container and codec.
    pub kind: &'static str,
    pub made: Made,
    pub expected: Expected,
}

/// Writes a file. `None` if that is impossible on this machine.
type Make = Box<dyn Fn(&Workshop, &Path) -> Option<()>>;

/// A change to a file's bytes.
pub type Change = Box<dyn Fn(&Workshop, Vec<u8>) -> Option<Vec<u8>>>;

pub enum Made {
    Bytes(Vec<u8>),
    /// Made by another program, which may be missing here or lack an encoder.
    By(Make),
}

pub enum Expected {
    Read {
        rate: u32,
        channels: usize,
        frames: Frames,
        /// The largest sample, and its tolerance.
        peak: (f32, f32),
        /// A text that the file's row must contain. If it is empty, the row must have no text.
        told: &'static str,
    },
    /// A long file that is checked only at both ends: the tone at its start, and silence up to its last frame.
    Long { channels: usize, frames: u64 },
    /// A text that the reason must contain.
    Refused(&'static str),
}

#[derive(Clone, Copy)]
pub enum Frames {
    Exactly(usize),
    Within(usize, usize),
}

/// Makes files from one original.
pub struct Workshop {
    folder: tempfile::TempDir,
    has_ffmpeg: bool,
}

impl Workshop {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let workshop = Workshop { folder, has_ffmpeg: is_there("ffmpeg", "-version") };
        std::fs::write(workshop.original(), by_hand::wav(&by_hand::Wav::of(2, 16))).expect("written");
        let chapters = ";FFMETADATA1\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=700\ntitle=one\n";
        std::fs::write(workshop.path("chapters.txt"), chapters).expect("written");
        workshop
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Two channels of 16 bits.
    pub fn original(&self) -> PathBuf {
        self.path("original.wav")
    }

    /// Runs ffmpeg. `None` if it is missing or has no such encoder.
    pub fn ffmpeg(&self, arguments: &[&str], to: &Path) -> Option<()> {
        if !self.has_ffmpeg {
            return None;
        }
        let mut command = std::process::Command::new("ffmpeg");
        command.args(["-v", "error", "-y"]).args(arguments).arg(to).current_dir(self.folder.path());
        command.stderr(std::process::Stdio::null());
        command.status().is_ok_and(|status| status.success()).then_some(())
    }

    /// Makes a file from the original, and returns its bytes.
    pub fn made_of_original(&self, arguments: &[&str], name: &str) -> Option<Vec<u8>> {
        let to = self.path(name);
        let all: Vec<&str> = ["-i", "original.wav"].into_iter().chain(arguments.iter().copied()).collect();
        self.ffmpeg(&all, &to)?;
        Some(std::fs::read(to).expect("read"))
    }
}

impl Specimen {
    pub fn of_bytes(name: &str, kind: &'static str, bytes: Vec<u8>, expected: Expected) -> Self {
        Specimen { name: name.into(), kind, made: Made::Bytes(bytes), expected }
    }

    /// A file that ffmpeg makes from the original, with a change to its bytes.
    pub fn by_ffmpeg(
        name: &str,
        kind: &'static str,
        arguments: &'static [&'static str],
        then: impl Fn(&Workshop, Vec<u8>) -> Option<Vec<u8>> + 'static,
        expected: Expected,
    ) -> Self {
        let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending).to_owned();
        let made = Made::By(Box::new(move |workshop: &Workshop, to: &Path| {
            let bytes = workshop.made_of_original(arguments, &format!("made.{ending}"))?;
            std::fs::write(to, then(workshop, bytes)?).ok()
        }));
        Specimen { name: name.into(), kind, made, expected }
    }
}

/// All of the original is read, and nothing is reported.
pub fn whole(channels: usize) -> Expected {
    read(channels, Frames::Exactly(FRAMES), "")
}

pub fn read(channels: usize, frames: Frames, told: &'static str) -> Expected {
    Expected::Read { rate: RATE, channels, frames, peak: (PEAK, 0.002), told }
}

/// Like [`read`], for a codec that keeps the peak only approximately.
pub fn lossy(channels: usize, frames: Frames, told: &'static str) -> Expected {
    Expected::Read { rate: RATE, channels, frames, peak: (PEAK, 0.05), told }
}

/// The difference from the expected result, if there is one.
fn fault(path: &Path, expected: &Expected) -> Result<&'static str, String> {
    let decoder = Decoder::open(path);
    match (decoder, expected) {
        (Err(failure), Expected::Refused(reason)) => match failure.cause.to_string() {
            told if told.contains(reason) => Ok("refused"),
            told => Err(format!("refused for “{told}”, not for “{reason}”")),
        },
        (Err(failure), Expected::Read { .. } | Expected::Long { .. }) => Err(format!("refused: {}", failure.cause)),
        (Ok(_), Expected::Refused(reason)) => Err(format!("read, though it should be refused: {reason}")),
        (Ok(mut decoder), Expected::Long { channels, frames }) => {
            let told = decoder.warning().unwrap_or_default();
            let first = decoder.next_block().map_err(|failure| failure.to_string())?.map_or(0, <[f32]>::len);
            decoder.seek(frames - 1000).map_err(|failure| failure.to_string())?;
            let mut last = 0;
            while let Some(block) = decoder.next_block().map_err(|failure| failure.to_string())? {
                last += block.len() / channels;
            }
            match (decoder.channels() == *channels, decoder.frames() == Some(*frames), first > 0, last, told.is_empty())
            {
                (true, true, true, 1000, true) => Ok("agrees"),
                _ => Err(format!("{:?} frames, {last} at the end, told “{told}”", decoder.frames())),
            }
        }
        (Ok(mut decoder), Expected::Read { rate, channels, frames, peak, told }) => {
            let (mut samples, mut largest) = (0, 0f32);
            while let Some(block) = decoder.next_block().map_err(|failure| failure.to_string())? {
                samples += block.len();
                largest = block.iter().fold(largest, |largest, sample| largest.max(sample.abs()));
            }
            let read = samples / decoder.channels();
            let fits = match *frames {
                Frames::Exactly(frames) => read == frames,
                Frames::Within(frames, tolerance) => read.abs_diff(frames) <= tolerance,
            };
            let warning = decoder.warning().unwrap_or_default();
            let is_told = if told.is_empty() { warning.is_empty() } else { warning.contains(told) };
            if (decoder.rate(), decoder.channels()) != (*rate, *channels)
                || !fits
                || (largest - peak.0).abs() > peak.1
                || !is_told
            {
                return Err(format!(
                    "{read} frames of {} channels at {} Hz, peak {largest}, told “{warning}”",
                    decoder.channels(),
                    decoder.rate()
                ));
            }
            Ok(if told.is_empty() { "agrees" } else { "told" })
        }
    }
}

#[test]
fn every_file_of_the_zoo_is_read_or_refused_with_a_reason() {
    let workshop = Workshop::new();
    let specimens: Vec<Specimen> =
        [by_hand::specimens(), broken::specimens(), refused::specimens(), by_ffmpeg::specimens(), tagged::specimens()]
            .into_iter()
            .flatten()
            .collect();
    let (mut faults, mut skipped, mut reported) = (Vec::new(), 0, Vec::new());
    let mut table: BTreeMap<&str, BTreeMap<&str, usize>> = BTreeMap::new();
    for specimen in &specimens {
        let path = workshop.path(&format!("specimen {}", specimen.name));
        let made = match &specimen.made {
            Made::Bytes(bytes) => std::fs::write(&path, bytes).ok(),
            Made::By(make) => make(&workshop, &path),
        };
        if made.is_none() {
            eprintln!("SKIPPED: {} ({}) cannot be made here", specimen.name, specimen.kind);
            skipped += 1;
            continue;
        }
        if !matches!(specimen.expected, Expected::Refused(_)) {
            // Metadata never refuses sound, and what is no fault of it is not reported as one.
            match soundalike::audio::metadata::read(&path) {
                Ok(read) => reported.extend(read.fault.map(|fault| format!("{}: {fault}", specimen.name))),
                Err(failure) => faults.push(format!("{}: metadata: {failure}", specimen.name)),
            }
        }
        match fault(&path, &specimen.expected) {
            Ok(outcome) => *table.entry(specimen.kind).or_default().entry(outcome).or_default() += 1,
            Err(what) => faults.push(format!("{} ({}): {what}", specimen.name, specimen.kind)),
        }
        std::fs::remove_file(&path).expect("removed");
    }
    reported.iter().for_each(|fault| println!("{fault}"));
    println!("{:<36} agrees  told  refused", "container and codec");
    for (kind, outcomes) in &table {
        let count = |outcome: &str| outcomes.get(outcome).copied().unwrap_or(0);
        println!("{kind:<36} {:>6} {:>5} {:>8}", count("agrees"), count("told"), count("refused"));
    }
    println!("{} files, {skipped} of them could not be made here", specimens.len());
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
    assert!(specimens.len() >= 120, "{}", specimens.len());
}
