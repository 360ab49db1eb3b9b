//! Many channels as one: their mean, except where it hides what they hold.
//!
//! Channels in opposite phase cancel, and a sound that people hear in each of them would be silence. Where the mean is much
//! quieter than its channels, the first loud one is heard instead. That is decided for windows at fixed places of the file,
//! so that a stretch sounds as it does within the whole.

/// Frames of a window.
pub(super) const WINDOW: usize = 8192;
/// Frames over which one window's way goes over into the next one's.
const FADE: usize = 256;
/// The mean's power, as a share of what channels that have nothing to do with one another would leave of theirs, below which
/// they cancel: 10 dB.
const CANCELLED: f64 = 0.1;

/// A channel is loud if it has this share of the loudest one's power.
const LOUD: f64 = 0.5;

/// How a window is heard.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Way {
    Mean,
    Channel(usize),
}

/// Mixes frames in order, window by window.
pub(super) struct Mixer {
    channels: usize,
    /// Frames of a window that is not whole yet, interleaved.
    window: Vec<f32>,
    before: Option<Way>,
}

impl Mixer {
    /// For frames that begin at the start of a window.
    pub fn new(channels: usize) -> Self {
        Mixer { channels: channels.max(1), window: Vec::new(), before: None }
    }

    /// Takes frames, and appends what they are as one channel: whole windows.
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

    /// Appends what is left.
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
    // Unrelated channels have as much power in their sum as they have together.
    let all: f64 = powers.iter().sum();
    // The first of the loud ones, so that channels of about equal power do not take turns.
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
        // The first channel turns slowly from the second one's copy to its opposite.
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
