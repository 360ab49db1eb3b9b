//! The curve of a training: never more points than a plot can show, however long the training is.

use super::latest::TrainingPoint;
use crate::model::StepReport;

/// The most points that are kept.
const POINTS: usize = 2000;

/// Collects steps into evenly spaced points. Each point is the mean of its steps.
pub(super) struct Curve {
    steps_a_point: usize,
    points: Vec<TrainingPoint>,
    /// The sum of the steps since the last point.
    sum: TrainingPoint,
    count: usize,
}

impl Curve {
    pub fn new(steps_planned: usize) -> Self {
        Self {
            steps_a_point: steps_planned.div_ceil(POINTS).max(1),
            points: Vec::new(),
            sum: TrainingPoint::default(),
            count: 0,
        }
    }

    pub fn add(&mut self, step: &StepReport) {
        let add = |sum: &mut Option<f32>, value: Option<f32>| {
            if let Some(value) = value {
                *sum = Some(sum.unwrap_or(0.0) + value);
            }
        };
        self.sum.loss += step.loss;
        self.sum.reconstruction += step.reconstruction;
        add(&mut self.sum.contrast, step.contrast);
        add(&mut self.sum.balance, step.balance);
        add(&mut self.sum.decorrelation, step.decorrelation);
        self.sum.saturation += step.saturation;
        self.sum.code_entropy += step.code_entropy;
        self.count += 1;
        // These values are not averaged. They are the values of the last step.
        self.sum.step = step.step;
        self.sum.epoch = step.epoch;
        self.sum.sigma = step.sigma;
        self.sum.learning_rate = step.learning_rate;
        self.sum.probe = step.probe.map(|probe| probe.found).or(self.sum.probe);
        self.sum.unique = step.probe.map(|probe| probe.unique).or(self.sum.unique);
        if self.count == self.steps_a_point {
            self.points.push(self.mean());
            self.sum = TrainingPoint::default();
            self.count = 0;
        }
    }

    /// All points, including the unfinished last one.
    pub fn points(&self) -> Vec<TrainingPoint> {
        let mut points = self.points.clone();
        if self.count > 0 {
            points.push(self.mean());
        }
        points
    }

    fn mean(&self) -> TrainingPoint {
        let count = self.count as f32;
        TrainingPoint {
            loss: self.sum.loss / count,
            reconstruction: self.sum.reconstruction / count,
            contrast: self.sum.contrast.map(|sum| sum / count),
            balance: self.sum.balance.map(|sum| sum / count),
            decorrelation: self.sum.decorrelation.map(|sum| sum / count),
            saturation: self.sum.saturation / count,
            code_entropy: self.sum.code_entropy / count,
            ..self.sum
        }
    }
}
