//! The outline of a sound: the lowest and the highest sample of equal stretches, collected in one pass of unknown
//! length.

/// Collects lows and highs. Its memory is bounded: when there are too many stretches, each two neighbours become one.
pub struct Outline {
    stretches: Vec<(f32, f32)>,
    most_stretches: usize,
    frames_a_stretch: u64,
    /// The number of frames in the last stretch.
    filled: u64,
    frames: u64,
}

impl Outline {
    /// For a picture of `columns` columns. The edges of the columns are off by at most 1/16 of a column.
    pub fn new(columns: usize) -> Self {
        let most_stretches = columns.max(1) * 32;
        Outline { stretches: Vec::new(), most_stretches, frames_a_stretch: 1, filled: 0, frames: 0 }
    }

    /// Takes the next frames, interleaved. A stretch covers all channels.
    pub fn push(&mut self, interleaved: &[f32], channels: usize) {
        for frame in interleaved.chunks_exact(channels.max(1)) {
            let (low, high) = low_and_high(frame);
            self.frames += 1;
            match self.stretches.last_mut() {
                Some(last) if self.filled < self.frames_a_stretch => {
                    *last = (last.0.min(low), last.1.max(high));
                    self.filled += 1;
                }
                _ => {
                    if self.stretches.len() == self.most_stretches {
                        self.halve();
                    }
                    self.stretches.push((low, high));
                    self.filled = 1;
                }
            }
        }
    }

    /// Only called with an even number of full stretches, so that all stay equally long.
    fn halve(&mut self) {
        for i in 0..self.stretches.len() / 2 {
            let ((a, b), (c, d)) = (self.stretches[2 * i], self.stretches[2 * i + 1]);
            self.stretches[i] = (a.min(c), b.max(d));
        }
        self.stretches.truncate(self.stretches.len() / 2);
        self.frames_a_stretch *= 2;
    }

    pub fn frames(&self) -> u64 {
        self.frames
    }

    /// The largest absolute sample.
    pub fn peak(&self) -> f32 {
        self.stretches.iter().fold(0.0, |peak, (low, high)| peak.max(low.abs()).max(high.abs()))
    }

    /// At most `columns` pairs of lowest and highest sample. If there are fewer frames, one pair for each frame.
    pub fn columns(&self, columns: usize) -> Vec<(f32, f32)> {
        let stretches = self.stretches.len();
        let columns = columns.min(stretches);
        (0..columns)
            .map(|column| {
                let (from, to) = (column * stretches / columns, (column + 1) * stretches / columns);
                let all = &self.stretches[from..to];
                all.iter().fold((f32::MAX, f32::MIN), |(low, high), (l, h)| (low.min(*l), high.max(*h)))
            })
            .collect()
    }
}

fn low_and_high(frame: &[f32]) -> (f32, f32) {
    let (mut low, mut high) = (f32::MAX, f32::MIN);
    for &sample in frame {
        (low, high) = (low.min(sample), high.max(sample));
    }
    (low, high)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_sounds_have_a_column_a_frame() {
        let mut outline = Outline::new(4);
        outline.push(&[0.5, -0.5, 0.25, 0.75], 2);
        assert_eq!(outline.columns(4), [(-0.5, 0.5), (0.25, 0.75)]);
        assert_eq!((outline.frames(), outline.peak()), (2, 0.75));
        assert!(Outline::new(4).columns(4).is_empty());
    }

    #[test]
    fn long_sounds_keep_their_extremes_in_the_right_column() {
        let mut outline = Outline::new(8);
        let mut samples = vec![0.0; 100_000];
        samples[30_000] = -0.9;
        samples[99_999] = 0.8;
        for block in samples.chunks(777) {
            outline.push(block, 1);
        }
        assert!(outline.stretches.len() <= 8 * 32);
        let columns = outline.columns(8);
        assert_eq!(columns.len(), 8);
        assert_eq!(columns[2], (-0.9, 0.0));
        assert_eq!(columns[7], (0.0, 0.8));
        assert!([0, 1, 3, 4, 5, 6].iter().all(|i| columns[*i] == (0.0, 0.0)));
        assert_eq!(outline.peak(), 0.9);
    }
}
