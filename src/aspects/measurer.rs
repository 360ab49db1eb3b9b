//! Measuring a sound in one pass.

use super::attack::Envelope;
use super::frames::Frames;
use super::loudness::Loudness;
use super::median::weighted_median;
use super::note::semitones_between;
use super::spectrum::{OfFrame, Spectrum};
use super::tempo::Onsets;
use super::{Aspects, Pitch};

/// A frame that repeats less exactly than this has no pitch.
const LEAST_CLARITY: f32 = 0.7;

/// Frames within so many semitones of one another have the same pitch.
const SAME_PITCH: f32 = 0.5;

/// Measures a sound that comes in blocks.
pub struct Measurer {
    loudness: Loudness,
    envelope: Envelope,
    frames: Frames<OfFrame>,
    spectrum: Spectrum,
    onsets: Option<Onsets>,
}

impl Measurer {
    /// For a sound of this rate in hertz, with this many channels, both at least 1. `frames` is the sound's length if
    /// it is known, because a short sound needs no tempo.
    pub fn new(rate: u32, channels: usize, frames: Option<u64>) -> Self {
        let rate = rate.max(1);
        Self {
            loudness: Loudness::new(rate, channels.max(1)),
            envelope: Envelope::new(rate),
            frames: Frames::new(rate),
            spectrum: Spectrum::new(rate),
            onsets: Onsets::new(rate, frames),
        }
    }

    /// Takes the next frames, interleaved, for the loudness.
    pub fn push(&mut self, interleaved: &[f32]) {
        self.loudness.push(interleaved);
    }

    /// Takes the next samples of the sound mixed to one channel, for all other aspects.
    pub fn push_mixed(&mut self, mono: &[f32]) {
        self.envelope.push(mono);
        let spectrum = &mut self.spectrum;
        self.frames.push(mono, &mut |frame| spectrum.measure(&frame));
        if let Some(onsets) = &mut self.onsets {
            onsets.push(mono);
        }
    }

    /// The aspects of everything that was pushed.
    pub fn finish(mut self) -> Aspects {
        let spectrum = &mut self.spectrum;
        let frames = self.frames.finish(&mut |frame| spectrum.measure(&frame));
        let median =
            |value: fn(&OfFrame) -> f32| weighted_median(frames.iter().map(|frame| (value(frame), frame.weight)));
        let aspects = Aspects {
            loudness: self.loudness.finish(),
            attack: self.envelope.attack(),
            brightness: median(|frame| frame.brightness),
            pitch: pitch(&frames),
            noisiness: median(|frame| frame.noisiness),
            tempo: self.onsets.and_then(Onsets::tempo),
        };
        aspects.within_bounds()
    }
}

/// The pitch that most of the sound has.
fn pitch(frames: &[OfFrame]) -> Option<Pitch> {
    let clear = || frames.iter().filter(|frame| frame.periodicity.clarity >= LEAST_CLARITY);
    let hz = weighted_median(clear().map(|frame| (frame.periodicity.hz, frame.weight * frame.periodicity.clarity)))?;
    let agreeing = clear().filter(|frame| semitones_between(frame.periodicity.hz, hz) <= SAME_PITCH);
    let agreed: f32 = agreeing.map(|frame| frame.weight * frame.periodicity.clarity).sum();
    let all: f32 = frames.iter().map(|frame| frame.weight).sum();
    let confidence = (agreed / all).min(1.0);
    (confidence >= Pitch::LEAST_CONFIDENCE).then_some(Pitch { hz, confidence })
}
