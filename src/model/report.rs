//! The measurements of a training step, and whether a training learns anything.

use super::probe::Probed;
use crate::ground::bits::of_signs;
use serde::{Deserialize, Serialize};

/// A step of training.
#[derive(Clone, Debug, PartialEq)]
pub struct StepReport {
    /// The number of steps done, including this one, and the number of planned steps.
    pub step: usize,
    pub steps: usize,
    /// The number of passes over all chunks so far.
    pub epoch: f32,
    /// The weighted sum of the parts.
    pub loss: f32,
    /// Mean squared error of log-mel frames, or cross entropy of levels in nats.
    pub reconstruction: f32,
    pub contrast: Option<f32>,
    pub balance: Option<f32>,
    pub decorrelation: Option<f32>,
    /// The standard deviation of the noise before the sigmoid.
    pub sigma: f32,
    /// Mean of abs(2 sigmoid(h) - 1).
    pub saturation: f32,
    pub learning_rate: f32,
    /// The norm of the gradient, before it was limited.
    pub gradient_norm: f32,
    /// Shannon entropy of the distribution of codes within the batch, in nats.
    pub code_entropy: f32,
    /// For each bit, its share of ones within the batch.
    pub ones: Vec<f32>,
    /// Over this run so far.
    pub chunks_per_second: f64,
    /// The result of the probe, if it ran after this step.
    pub probe: Option<Probed>,
    /// In words, if all codes are equal or nearly equal.
    pub collapsed: Option<String>,
}

/// A run of training.
#[derive(Clone, Debug, PartialEq)]
pub struct TrainSummary {
    /// The number of steps done, including those before a resume, and the number of planned steps.
    pub step: usize,
    pub steps: usize,
    /// The seconds of this run, without what was before a resume.
    pub seconds: f64,
    pub chunks_per_second: f64,
    /// Running means over about the last twenty steps.
    pub loss: f32,
    pub saturation: f32,
    pub code_entropy: f32,
    /// In words, if all codes are equal or nearly equal.
    pub collapsed: Option<String>,
}

/// The state of a run in a few numbers. It is kept in the checkpoint.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    pub step: usize,
    pub steps: usize,
    /// The number of chunks to learn from.
    pub chunks: u64,
    /// The number of chunks of a batch that can be different.
    pub batch: usize,
    /// Running means over about the last twenty steps.
    pub loss: f32,
    pub saturation: f32,
    pub code_entropy: f32,
}

/// How many steps the running means reach back.
const REACH: f32 = 20.0;
/// The number of steps before a run is judged, because the first weights may give few codes.
const PATIENCE: usize = 50;
/// Below this share of the entropy of different codes, codes are nearly equal.
const LEAST_ENTROPY: f32 = 0.25;

impl Progress {
    /// Counts a step in.
    pub fn add(&mut self, loss: f32, saturation: f32, code_entropy: f32) {
        let share = if self.step == 0 { 1.0 } else { 1.0 / REACH };
        self.loss += share * (loss - self.loss);
        self.saturation += share * (saturation - self.saturation);
        self.code_entropy += share * (code_entropy - self.code_entropy);
        self.step += 1;
    }

    /// A sentence for people if all, or nearly all, chunks get the same code.
    pub fn collapsed(&self) -> Option<String> {
        let most = (self.batch as f32).ln();
        if self.step < PATIENCE.min(self.steps) || self.step == 0 || self.batch < 4 {
            return None;
        }
        if self.code_entropy >= LEAST_ENTROPY * most {
            return None;
        }
        let codes = self.code_entropy.exp();
        let saturation = (self.saturation * 100.0).round();
        Some(format!(
            "The model has collapsed: {} chunks share about {codes:.1} codes (units are {saturation}% saturated), so it \
             cannot tell sounds apart. Train again with other settings.",
            self.batch
        ))
    }
}

/// The Shannon entropy, in nats, of the distribution of codes. `h` has rows of `bits` values; a bit is h > 0.
pub fn code_entropy(h: &[f32], bits: usize) -> f32 {
    let mut codes: Vec<Vec<u64>> = h.chunks_exact(bits).map(|row| of_signs(row).collect()).collect();
    codes.sort_unstable();
    let n = codes.len() as f32;
    codes
        .chunk_by(|a, b| a == b)
        .map(|same| {
            let p = same.len() as f32 / n;
            p * (1.0 / p).ln()
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entropy_counts_distinct_codes() {
        let h = [1.0, -1.0, 0.5, -0.1, -1.0, -1.0, 1.0, 1.0];
        assert!((code_entropy(&h, 2) - 1.039_72).abs() < 1e-4);
        assert_eq!(code_entropy(&[1.0; 8], 2), 0.0);
        assert!((code_entropy(&h[2..6], 2) - 2.0_f32.ln()).abs() < 1e-6);
    }

    #[test]
    fn a_run_with_one_code_has_collapsed_and_says_so() {
        let mut run = Progress { steps: 1000, batch: 64, ..Default::default() };
        for step in 0..100 {
            assert_eq!(run.collapsed(), None, "step {step} is too early");
            if step == 49 {
                break;
            }
            run.add(5.0, 1.0, 0.0);
        }
        run.add(5.0, 1.0, 0.0);
        assert!(run.collapsed().unwrap().contains("64 chunks share about 1.0 codes (units are 100% saturated)"));
        (0..100).for_each(|_| run.add(1.0, 0.9, 4.0));
        assert_eq!(run.collapsed(), None);
    }
}
