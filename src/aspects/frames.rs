//! Cutting a sound into overlapping frames, in one pass of unknown length and bounded memory.

/// The most frames that are kept. When there are more, every other frame is dropped, and from then on frames are twice
/// as far apart.
const MOST_FRAMES: usize = 2048;

/// The length of a frame in seconds, before it is rounded to a power of two samples.
const FRAME_SECS: f32 = 0.085;

/// The shortest and the longest frame, in samples.
const SHORTEST: usize = 256;
const LONGEST: usize = 1 << 13;

/// A frame on its way to being measured.
pub(super) struct Frame<'a> {
    /// The number of samples is [`length`].
    pub samples: &'a [f32],
    /// The part of the samples that lies within the sound. All other samples are zeros.
    pub within: std::ops::Range<usize>,
}

/// The samples of a frame at a rate in hertz: a power of two.
pub(super) fn length(rate: u32) -> usize {
    let power = (rate as f32 * FRAME_SECS).max(1.0).log2().round() as u32;
    (1usize << power.min(31)).clamp(SHORTEST, LONGEST)
}

/// Keeps the values of each frame. The first frame is centred on the first sample, and each further frame begins half a
/// frame later.
pub(super) struct Frames<T> {
    length: usize,
    hop: usize,
    recent: Vec<f32>,
    to_skip: usize,
    /// Where `recent` begins, counted from the first sample of the sound.
    begins: i64,
    pushed: i64,
    measured: Vec<T>,
}

impl<T> Frames<T> {
    pub fn new(rate: u32) -> Self {
        let length = length(rate);
        let mut recent = Vec::with_capacity(length);
        recent.resize(length / 2, 0.0);
        Self {
            length,
            hop: length / 2,
            recent,
            to_skip: 0,
            begins: -((length / 2) as i64),
            pushed: 0,
            measured: Vec::new(),
        }
    }

    pub fn push(&mut self, samples: &[f32], measure: &mut impl FnMut(Frame<'_>) -> T) {
        self.pushed += samples.len() as i64;
        self.take(samples, measure);
    }

    fn take(&mut self, mut samples: &[f32], measure: &mut impl FnMut(Frame<'_>) -> T) {
        loop {
            let skipped = self.to_skip.min(samples.len());
            self.to_skip -= skipped;
            samples = &samples[skipped..];
            if samples.is_empty() {
                return;
            }
            let taken = (self.length - self.recent.len()).min(samples.len());
            self.recent.extend_from_slice(&samples[..taken]);
            samples = &samples[taken..];
            if self.recent.len() == self.length {
                self.keep(measure);
            }
        }
    }

    fn keep(&mut self, measure: &mut impl FnMut(Frame<'_>) -> T) {
        let within = |place: i64| (place - self.begins).clamp(0, self.length as i64) as usize;
        let frame = Frame { samples: &self.recent, within: within(0)..within(self.pushed) };
        self.measured.push(measure(frame));
        if self.measured.len() == MOST_FRAMES {
            let mut place = 0;
            self.measured.retain(|_| {
                place += 1;
                place % 2 == 1
            });
            // The last frame was dropped, so the next frame that is kept is one old hop later.
            self.move_on(self.hop);
            self.hop *= 2;
        } else {
            self.move_on(self.hop);
        }
    }

    fn move_on(&mut self, by: usize) {
        self.begins += by as i64;
        self.to_skip = by.saturating_sub(self.length);
        self.recent.drain(..by.min(self.length));
    }

    /// The values of the frames whose middles lie within the sound.
    pub fn finish(mut self, measure: &mut impl FnMut(Frame<'_>) -> T) -> Vec<T> {
        let silence = vec![0.0; self.length / 2];
        self.take(&silence, measure);
        self.measured
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The middle of each frame, and how much of it lies within the sound.
    fn frames_of(sound: usize, block: usize) -> Vec<(f32, usize)> {
        let mut frames = Frames::new(8000);
        let samples: Vec<f32> = (0..sound).map(|place| place as f32 + 1.0).collect();
        let half = length(8000) / 2;
        let mut measure = |frame: Frame<'_>| (frame.samples[half] - 1.0, frame.within.len());
        for block in samples.chunks(block) {
            frames.push(block, &mut measure);
        }
        frames.finish(&mut measure)
    }

    #[test]
    fn frames_are_centred_on_the_sound_and_know_how_much_of_it_they_hold() {
        assert_eq!(length(8000), 512);
        assert_eq!([44_100, 48_000, 96_000, 32_000].map(length), [4096, 4096, 8192, 2048]);
        assert_eq!(frames_of(1000, 77), [(0.0, 256), (256.0, 512), (512.0, 512), (768.0, 488)]);
        assert_eq!(frames_of(10, 77), [(0.0, 10)]);
        assert_eq!(frames_of(0, 77), [(-1.0, 0)]);
    }

    #[test]
    fn a_long_sound_has_frames_at_equal_distances_and_no_more_than_fit() {
        let sound = 3_000_000;
        let frames = frames_of(sound, 4096);
        assert!(frames.len() < MOST_FRAMES && frames.len() > MOST_FRAMES / 3, "{}", frames.len());
        let hop = frames[1].0 - frames[0].0;
        assert!(frames.windows(2).all(|pair| pair[1].0 - pair[0].0 == hop), "{hop}");
        assert!(frames[frames.len() - 1].0 > sound as f32 - 1.5 * hop);
    }
}
