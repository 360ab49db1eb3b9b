//! Mixes several channels to one: their mean, unless the mean cancels the sound.
//!
//! Channels in opposite phase cancel, and a sound that people hear in each channel would become silence. If the mean is
//! much quieter than the channels, the first loud channel is used instead. This is decided for each window, at fixed
//! positions in the file. So a stretch sounds the same by itself as within the whole file.

/// The frames of a window.
pub(super) const WINDOW: usize = 8192;
/// The number of frames over which one window fades into the next.
const FADE: usize = 256;
/// Channels cancel if the mean has less than this share (10 dB) of the power that it would have if the channels were
/// unrelated.
const CANCELLED: f64 = 0.1;

/// A channel is loud if it has at least this share of the loudest channel's power.
const LOUD: f64 = 0.5;

/// How a window is mixed.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Way {
    Mean,
    Channel(usize),
}

/// Mixes frames in order, window by window.
pub(super) struct Mixer {
    channels: usize,
    /// The frames of the incomplete window, interleaved.
    window: Vec<f32>,
    before: Option<Way>,
}

impl Mixer {
    /// The first frame must be at the start of a window.
    pub fn new(channels: usize) -> Self {
        Mixer { channels: channels.max(1), window: Vec::new(), before: None }
    }

    /// Takes frames, and appends the mix of complete windows to `mono`.
    pub fn push(&mut self, mut interleaved: &[f32], mono: &mut Vec<f32>) {
        if self.channels == 1 {
            return mono.extend_from_slice(interleaved);
        }
        let whole = WINDOW * self.channels;
        while !interleaved.is_empty() {
            let taken = interleaved.len().min(whole - self.window.len());
            self.window.extend_from_slice(&interleaved[..taken]);
            interleaved = &interleaved[taken..];
            if self.window.len() == whole {
                self.mix(mono);
            }
        }
    }

    /// Appends the mix of the remaining frames.
    pub fn finish(&mut self, mono: &mut Vec<f32>) {
        if !self.window.is_empty() {
            self.mix(mono);
        }
    }

    fn mix(&mut self, mono: &mut Vec<f32>) {
        let way = way_of(&self.window, self.channels);
        let before = self.before.replace(way).unwrap_or(way);
        let frames = self.window.chunks_exact(self.channels);
        if before == way {
            mono.extend(frames.map(|frame| way.hear(frame)));
        } else {
            mono.extend(frames.enumerate().map(|(place, frame)| {
                let share = ((place + 1) as f32 / FADE as f32).min(1.0);
                before.hear(frame) * (1.0 - share) + way.hear(frame) * share
            }));
        }
        self.window.clear();
    }
}

impl Way {
    fn hear(self, frame: &[f32]) -> f32 {
        match self {
            Way::Mean => match *frame {
                [left, right] => 0.5 * (left + right),
                _ => frame.iter().sum::<f32>() * (1.0 / frame.len() as f32),
            },
            Way::Channel(channel) => frame[channel],
        }
    }
}

fn way_of(window: &[f32], channels: usize) -> Way {
    let mut powers = vec![0.0f64; channels];
    let mut mean = 0.0;
    for frame in window.chunks_exact(channels) {
        let mut sum = 0.0;
        for (power, sample) in powers.iter_mut().zip(frame) {
            let sample = f64::from(*sample);
            *power += sample * sample;
            sum += sample;
        }
        mean += sum * sum;
    }
    // The sum of unrelated channels has as much power as all channels together.
    let all: f64 = powers.iter().sum();
    // The first of the loud channels is used, so that channels of nearly equal power do not alternate.
    let most = powers.iter().copied().fold(0.0, f64::max);
    let loud = powers.iter().position(|power| *power >= LOUD * most).unwrap_or(0);
    if mean < CANCELLED * all { Way::Channel(loud) } else { Way::Mean }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mixed(interleaved: &[f32], channels: usize) -> Vec<f32> {
        let (mut mixer, mut mono) = (Mixer::new(channels), Vec::new());
        for part in interleaved.chunks(channels * 777) {
            mixer.push(part, &mut mono);
        }
        mixer.finish(&mut mono);
        mono
    }

    fn tone(frames: usize) -> Vec<f32> {
        (0..frames).map(|n| (n as f32 * 0.05).sin() * 0.5).collect()
    }

    #[test]
    fn channels_are_averaged() {
        assert_eq!(mixed(&[1.0, 0.0, -0.5, 0.5], 2), [0.5, 0.0]);
        assert!((mixed(&[0.3, 0.6, 0.9], 3)[0] - 0.6).abs() < 1e-6);
        assert_eq!(mixed(&[0.25, -1.0], 1), [0.25, -1.0]);
    }

    #[test]
    fn one_channel_of_many_and_unrelated_channels_are_averaged() {
        let one: Vec<f32> = tone(20_000).iter().flat_map(|x| [0.0, *x, 0.0, 0.0]).collect();
        let expected: Vec<f32> = tone(20_000).iter().map(|x| x * 0.25).collect();
        assert_eq!(mixed(&one, 4), expected);
        let two: Vec<f32> = (0..20_000).flat_map(|n| [(n as f32 * 0.05).sin(), (n as f32 * 0.31).sin()]).collect();
        assert!(two.chunks(2).zip(mixed(&two, 2)).all(|(frame, mono)| mono == 0.5 * (frame[0] + frame[1])));
    }

    #[test]
    fn channels_in_opposite_phase_are_heard() {
        let tone = tone(20_000);
        let opposite: Vec<f32> = tone.iter().flat_map(|x| [-0.7 * x, *x]).collect();
        assert_eq!(mixed(&opposite, 2), tone);
        assert_eq!(mixed(&[0.0; 200], 2), [0.0; 100]);
    }

    #[test]
    fn going_over_from_one_way_to_the_other_has_no_click() {
        // The first channel turns slowly from a copy of the second one into its opposite.
        let tone = tone(10 * WINDOW);
        let turned = |n: usize| 1.0 - 2.0 * (n as f32 / (8 * WINDOW) as f32).min(1.0);
        let turning: Vec<f32> = tone.iter().enumerate().flat_map(|(n, x)| [turned(n) * x, *x]).collect();
        let mono = mixed(&turning, 2);
        assert_eq!(mono.len(), tone.len());
        let step = mono.windows(2).map(|two| (two[1] - two[0]).abs()).fold(0.0, f32::max);
        assert!(step < 0.03, "{step}");
        let end = 9 * WINDOW;
        assert!(mono[end..].iter().zip(&tone[end..]).all(|(heard, x)| *heard == -x), "the first channel is heard");
    }
}
