//! The faults of a file that can be read nonetheless.

use std::collections::BTreeMap;
use std::fmt;

use super::super::error::{Shortfall, clock};

/// Samples of a larger magnitude are not sound but misread bytes. 32-bit whole numbers that were stored as floats
/// without scaling are within this range.
const LARGEST_SAMPLE: f32 = 2_147_483_648.0;
/// The most gaps that are kept one by one. Further gaps are only counted.
const MOST_GAPS: usize = 1000;
/// The least difference between declared and read length that is reported, as a share.
const TOLD_SHARE: f64 = 0.01;

/// The faults of a file, noted while it is read. They can be shown as one clause for people.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Faults {
    /// What the header promises but the file does not hold.
    pub header: Option<Shortfall>,
    /// The rate in hertz, for showing frames as times.
    pub rate: u32,
    /// Stretches of silence in place of what could not be decoded: the first frame, and the number of frames.
    pub gaps: BTreeMap<u64, u64>,
    /// The number of frames that the file declares, if it differs from the number that was read.
    pub declared_frames: Option<u64>,
    pub read_frames: u64,
    /// Whether the stream ended in the middle of something.
    pub cut_off: bool,
    /// The number of samples that are not a number.
    pub not_numbers: u64,
    /// The number of samples that are too large for sound.
    pub too_large: u64,
    /// The rate of a further recording in the same file, which was left out.
    pub further_rate: Option<u32>,
    /// Whether the file is HE-AAC, of which only the lower half of the spectrum is decoded.
    pub half_band: Option<HalfBand>,
}

/// How certain it is that a file is HE-AAC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HalfBand {
    /// The file says so.
    Certain,
    /// The rate is common in HE-AAC and rare in plain AAC.
    Possible,
}

impl Faults {
    /// Whether there are no faults.
    pub fn is_empty(&self) -> bool {
        self.to_string().is_empty()
    }

    pub(super) fn note_gap(&mut self, first_frame: u64, frames: u64) {
        if frames > 0 && (self.gaps.len() < MOST_GAPS || self.gaps.contains_key(&first_frame)) {
            self.gaps.insert(first_frame, frames);
        }
    }

    /// Replaces invalid samples by 0, and counts them.
    pub(super) fn silence_what_is_no_sound(&mut self, samples: &mut [f32]) {
        for sample in samples {
            if !(-LARGEST_SAMPLE..=LARGEST_SAMPLE).contains(sample) {
                match sample.is_finite() {
                    true => self.too_large += 1,
                    false => self.not_numbers += 1,
                }
                *sample = 0.0;
            }
        }
    }

    fn secs(&self, frames: u64) -> f64 {
        frames as f64 / f64::from(self.rate.max(1))
    }

    /// The declared and the read length in seconds, if they differ by more than is usual.
    fn lengths_told(&self) -> Option<(f64, f64)> {
        let declared = self.declared_frames?;
        let difference = declared.abs_diff(self.read_frames) as f64;
        (difference > TOLD_SHARE * declared.max(self.read_frames) as f64)
            .then(|| (self.secs(declared), self.secs(self.read_frames)))
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts: Vec<String> = self.header.iter().map(Shortfall::to_string).collect();
        match self.lengths_told() {
            Some((declared, read)) if read < declared => {
                parts.push(format!(
                    "it is cut off: its header declares {}, {} are there",
                    clock(declared),
                    clock(read)
                ));
            }
            Some((declared, read)) => {
                parts.push(format!("its header declares {}; {} are there and were read", clock(declared), clock(read)));
            }
            None if self.cut_off && self.header.is_none() => parts.push("it is cut off: its end is missing".into()),
            None => {}
        }
        if let Some((first, frames)) = self.gaps.first_key_value() {
            let all: u64 = self.gaps.values().sum();
            let (at, all) = (clock(self.secs(*first)), clock(self.secs(all)));
            parts.push(match self.gaps.len() {
                1 => format!("it is damaged at {at}: {} were read as silence", clock(self.secs(*frames))),
                count => format!("it is damaged in {count} places, first at {at}: {all} in all were read as silence"),
            });
        }
        match self.not_numbers {
            0 => {}
            1 => parts.push("1 sample is not a number and was read as silence".into()),
            count => parts.push(format!("{count} samples are not numbers and were read as silence")),
        }
        match self.too_large {
            0 => {}
            1 => parts.push("1 sample is larger than any sound and was read as silence".into()),
            count => parts.push(format!("{count} samples are larger than any sound and were read as silence")),
        }
        if let Some(rate) = self.further_rate {
            parts.push(format!("it goes on with a recording at {rate} Hz, which was left out"));
        }
        match self.half_band {
            Some(HalfBand::Certain) => {
                parts.push(format!("it is HE-AAC, of which sound up to {} Hz was read", self.rate / 2));
            }
            Some(HalfBand::Possible) => {
                parts.push(format!("if it is HE-AAC, only sound up to {} Hz was read", self.rate / 2));
            }
            None => {}
        }
        f.write_str(&parts.join("; "))
    }
}
