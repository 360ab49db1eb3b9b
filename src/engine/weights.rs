//! How much tone, pitch, envelope and length count for the order of matches.
//!
//! The tone is what the codes say. It finds the matches. It alone orders them, unless you give other properties weight.

use serde::{Deserialize, Serialize};

/// How much each property counts, from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(from = "[f32; 4]", into = "[f32; 4]")]
pub struct Weights {
    tone: f32,
    pitch: f32,
    envelope: f32,
    length: f32,
}

impl Weights {
    /// Limits each weight to 0 to 1. NaN becomes 0.
    pub fn new(tone: f32, pitch: f32, envelope: f32, length: f32) -> Self {
        let within = |weight: f32| if weight.is_nan() { 0.0 } else { weight.clamp(0.0, 1.0) };
        Self { tone: within(tone), pitch: within(pitch), envelope: within(envelope), length: within(length) }
    }

    pub fn tone(&self) -> f32 {
        self.tone
    }

    pub fn pitch(&self) -> f32 {
        self.pitch
    }

    pub fn envelope(&self) -> f32 {
        self.envelope
    }

    pub fn length(&self) -> f32 {
        self.length
    }

    /// Whether only the tone counts, so that matches keep the order in which they were found.
    pub fn is_tone_alone(&self) -> bool {
        self.pitch == 0.0 && self.envelope == 0.0 && self.length == 0.0
    }
}

impl Default for Weights {
    fn default() -> Self {
        Self::new(1.0, 0.0, 0.0, 0.0)
    }
}

impl From<[f32; 4]> for Weights {
    fn from([tone, pitch, envelope, length]: [f32; 4]) -> Self {
        Self::new(tone, pitch, envelope, length)
    }
}

impl From<Weights> for [f32; 4] {
    fn from(weights: Weights) -> Self {
        [weights.tone, weights.pitch, weights.envelope, weights.length]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_are_kept_within_their_bounds() {
        let read: Weights = serde_json::from_str("[1, 7, -2, 0.5]").expect("four numbers");
        assert_eq!(read, Weights::new(1.0, 1.0, 0.0, 0.5));
        assert_eq!(serde_json::to_string(&read).expect("written"), "[1.0,1.0,0.0,0.5]");
        assert_eq!(Weights::new(f32::NAN, 0.0, 0.0, 0.0).tone(), 0.0);
    }
}
