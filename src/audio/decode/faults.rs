//! What is wrong with a file that can be read nonetheless.

use std::collections::BTreeMap;
use std::fmt;

use super::super::error::{Shortfall, clock};

/// Samples of a larger magnitude are no sound but bytes misread as floating point. Whole numbers of 32 bits that were stored
/// as floating point numbers without being scaled are within.
const LARGEST_SAMPLE: f32 = 2_147_483_648.0;
/// Gaps that are kept one by one; more are only counted.
const MOST_GAPS: usize = 1000;
/// Declared and read lengths that differ by less than this share are not told.
const TOLD_SHARE: f64 = 0.01;

/// Faults of a file, noted as they are met while it is read. They say themselves in words, as one clause for a person.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Faults {
    /// What the header promises and the file does not hold.
    pub header: Option<Shortfall>,
    /// Hertz, to tell frames as times.
    pub rate: u32,
    /// Stretches that could not be decoded, and are silence: first frame and frames.
    pub gaps: BTreeMap<u64, u64>,
    /// Frames that the file declares, where they are not those that were read.
    pub declared_frames: Option<u64>,
    pub read_frames: u64,
    /// The stream broke off in the middle of something.
    pub cut_off: bool,
    /// Samples that are no numbers.
    pub not_numbers: u64,
    /// Samples that are numbers, but no sound.
    pub too_large: u64,
    /// A further recording in the same file, of another rate, which was left out.
    pub further_rate: Option<u32>,
    /// HE-AAC, of which only the lower half of the spectrum is decoded.
    pub half_band: Option<HalfBand>,
}

/// How it is known that a file is HE-AAC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HalfBand {
    /// The file says it.
    Certain,
    /// Its rate is one that HE-AAC has and plain AAC seldom.
    Possible,
}

impl Faults {
    /// Whether nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.to_string().is_empty()
    }

    pub(super) fn note_gap(&mut self, first_frame: u64, frames: u64) {
        if frames > 0 && (self.gaps.len() < MOST_GAPS || self.gaps.contains_key(&first_frame)) {
            self.gaps.insert(first_frame, frames);
        }
    }

    /// Makes samples that are no sound 0, and counts them.
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

    /// Declared and read seconds where they differ by more than is usual.
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
