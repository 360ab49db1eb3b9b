//! Aspects: measured properties of a sound that people know by name. A sound is measured once, in one pass, while it is read.
//! The memory of a measurement does not grow with the sound.
//!
//! | aspect | definition |
//! |---|---|
//! | loudness | integrated loudness of ITU-R BS.1770-4, in LUFS |
//! | attack | the time of the attack, by the weakest-effort method (Peeters 2004; Peeters et al. 2011, section II.B), in seconds |
//! | brightness | the spectral centroid (Peeters et al. 2011, section II.C), on a scale of octaves |
//! | pitch | the fundamental frequency, by the McLeod pitch method (McLeod and Wyvill 2005), in hertz |
//! | noisiness | the spectral flatness in bands (Peeters et al. 2011, section II.C) |
//! | tempo | the strongest period of the onsets (Ellis 2007), in beats a minute |
//!
//! G. Peeters, B. L. Giordano, P. Susini, N. Misdariis and S. McAdams (2011): "The Timbre Toolbox: Extracting audio descriptors from
//! musical signals". J. Acoust. Soc. Am. 130 (5).
//!
//! Loudness is of all channels. Every other aspect is of the sound mixed to one channel. Brightness, pitch and noisiness are medians
//! over frames, in which a loud frame counts for more than a quiet one, so that the silence after a sound counts for nothing.

mod attack;
mod frames;
mod loudness;
mod measurer;
mod median;
mod note;
mod pitch;
mod spectrum;
mod tempo;

pub use measurer::Measurer;
pub use note::{Note, semitones_between};

use std::ops::RangeInclusive;

/// Rises when a definition changes. A sound that was measured by other definitions is measured again.
pub const DEFINITIONS: u32 = 1;

/// The aspects of one sound. An aspect that the sound does not have is `None`: silence has no aspects, and noise has no pitch.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Aspects {
    /// In LUFS. A sound shorter than 400 ms is measured with silence after it.
    pub loudness: Option<f32>,
    /// From the start of the attack to its end, in seconds. Only the first [`Aspects::ATTACK_SECS`] of a sound are looked at.
    pub attack: Option<f32>,
    /// 0 is a centroid of 62.5 Hz or lower, 1 is 16 kHz or higher. Every octave between them is an eighth.
    pub brightness: Option<f32>,
    pub pitch: Option<Pitch>,
    /// 0 is a tone or a harmonic sound, 1 is noise, white or darker.
    pub noisiness: Option<f32>,
    /// In beats a minute, of the first two minutes. `None` where no beat repeats four times.
    pub tempo: Option<f32>,
}

/// The pitch of a sound whose frames agree on one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pitch {
    /// The fundamental frequency.
    pub hz: f32,
    /// The share of the sound that has this pitch, times how exactly it repeats: from [`Pitch::LEAST_CONFIDENCE`] to 1.
    pub confidence: f32,
}

impl Pitch {
    /// A sound with a lower confidence has no pitch.
    pub const LEAST_CONFIDENCE: f32 = 0.5;

    /// The nearest note.
    pub fn note(&self) -> Note {
        Note::nearest(self.hz)
    }
}

impl Aspects {
    /// The attack is looked for in so many seconds from the start.
    pub const ATTACK_SECS: f32 = 10.0;

    // The range of each aspect. This program cannot have measured a value outside of it.
    const LOUDNESS: RangeInclusive<f32> = -70.0..=60.0;
    const ATTACK: RangeInclusive<f32> = 0.0..=Self::ATTACK_SECS;
    const SHARE: RangeInclusive<f32> = 0.0..=1.0;
    const PITCH: RangeInclusive<f32> = 1.0..=20_000.0;
    const CONFIDENCE: RangeInclusive<f32> = Pitch::LEAST_CONFIDENCE..=1.0;
    const TEMPO: RangeInclusive<f32> = 10.0..=1000.0;

    /// The name of an aspect whose value is impossible, if there is one.
    pub fn flaw(&self) -> Option<&'static str> {
        let is_outside =
            |value: Option<f32>, range: &RangeInclusive<f32>| value.is_some_and(|value| !range.contains(&value));
        match self {
            _ if is_outside(self.loudness, &Self::LOUDNESS) => Some("loudness"),
            _ if is_outside(self.attack, &Self::ATTACK) => Some("attack"),
            _ if is_outside(self.brightness, &Self::SHARE) => Some("brightness"),
            _ if is_outside(self.pitch.map(|pitch| pitch.hz), &Self::PITCH) => Some("pitch"),
            _ if is_outside(self.pitch.map(|pitch| pitch.confidence), &Self::CONFIDENCE) => {
                Some("confidence of a pitch")
            }
            _ if is_outside(self.noisiness, &Self::SHARE) => Some("noisiness"),
            _ if is_outside(self.tempo, &Self::TEMPO) => Some("tempo"),
            _ => None,
        }
    }

    /// Leaves out impossible values, such as the loudness of a file whose samples are far beyond full scale.
    fn within_bounds(mut self) -> Self {
        let keep =
            |value: &mut Option<f32>, range: &RangeInclusive<f32>| *value = value.filter(|value| range.contains(value));
        keep(&mut self.loudness, &Self::LOUDNESS);
        keep(&mut self.attack, &Self::ATTACK);
        keep(&mut self.brightness, &Self::SHARE);
        keep(&mut self.noisiness, &Self::SHARE);
        keep(&mut self.tempo, &Self::TEMPO);
        self.pitch =
            self.pitch.filter(|pitch| Self::PITCH.contains(&pitch.hz) && Self::CONFIDENCE.contains(&pitch.confidence));
        self
    }
}

#[cfg(test)]
mod tests;
