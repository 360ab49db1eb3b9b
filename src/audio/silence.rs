//! The definition of silence.

use std::ops::Range;

/// RMS below which a chunk is silent: -60 dB of full scale.
const SILENT_RMS: f64 = 1e-3;
/// The length of the windows in which silence at the ends of a recording is looked for.
const WINDOW_SECS: f64 = 0.010;
/// Kept before and after the sound, so that no attack and no reverberation is cut off.
const MARGIN_SECS: f64 = 0.050;
/// A window has sound if its power is above this fraction of the loudest window's power: within 40 dB.
const RANGE_BELOW_LOUDEST: f64 = 1e-4;

/// Whether there is nothing to hear: the RMS, without a constant offset, is below -60 dB of full scale.
pub fn is_silent(samples: &[f32]) -> bool {
    power_without_offset(samples.iter().copied()) < SILENT_RMS * SILENT_RMS
}

/// The frames of a recording (interleaved) without silence at both ends. The range begins 50 ms before the first and
/// ends 50 ms after the last window of 10 ms that is neither silent nor more than 40 dB below the loudest window. It is
/// empty if everything is silent.
pub fn trim_silence(samples: &[f32], channels: usize, rate: u32) -> Range<usize> {
    let channels = channels.max(1);
    let frames = samples.len() / channels;
    let window = ((f64::from(rate) * WINDOW_SECS) as usize).max(1);
    let margin = (f64::from(rate) * MARGIN_SECS) as usize;
    // The power over all channels. So sounds whose channels have opposite phase count too.
    let powers: Vec<f64> = samples[..frames * channels]
        .chunks(window * channels)
        .map(|window| {
            let channel = |i| power_without_offset(window.iter().skip(i).step_by(channels).copied());
            (0..channels).map(channel).fold(0.0, f64::max)
        })
        .collect();
    let loudest = powers.iter().copied().fold(0.0, f64::max);
    let floor = (loudest * RANGE_BELOW_LOUDEST).max(SILENT_RMS * SILENT_RMS);
    let sounds = |power: &f64| *power >= floor;
    match (powers.iter().position(sounds), powers.iter().rposition(sounds)) {
        (Some(first), Some(last)) => {
            (first * window).saturating_sub(margin)..((last + 1) * window + margin).min(frames)
        }
        _ => 0..0,
    }
}

/// The mean square around the mean. 0 if there are no samples.
fn power_without_offset(samples: impl Iterator<Item = f32>) -> f64 {
    let (mut count, mut sum, mut squares) = (0u64, 0.0, 0.0);
    for sample in samples.map(f64::from) {
        count += 1;
        sum += sample;
        squares += sample * sample;
    }
    let count = count.max(1) as f64;
    // Rounding may leave a tiny negative number.
    (squares / count - (sum / count).powi(2)).max(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn square(level: f32, frames: usize) -> Vec<f32> {
        (0..frames).map(|n| if n % 2 == 0 { level } else { -level }).collect()
    }

    #[test]
    fn the_edge_is_sixty_decibels_below_full_scale() {
        assert!(is_silent(&square(0.00099, 2048)));
        assert!(!is_silent(&square(0.00101, 2048)));
    }

    #[test]
    fn an_offset_is_no_sound() {
        assert!(is_silent(&[]));
        assert!(is_silent(&[0.5]));
        assert!(is_silent(&[0.3; 2048]));
        let shifted: Vec<f32> = square(0.002, 2048).iter().map(|x| x + 0.3).collect();
        assert!(!is_silent(&shifted));
    }

    #[test]
    fn one_loud_sample_in_a_chunk_is_heard() {
        let mut chunk = vec![0.0; 2048];
        chunk[1000] = 0.05;
        assert!(!is_silent(&chunk));
    }

    #[test]
    fn both_ends_of_a_recording_are_trimmed_with_a_margin() {
        let rate = 8000;
        let mut samples = square(0.0001, 8000);
        samples.extend(square(0.5, 4000));
        samples.extend(square(0.0001, 8000));
        let stereo: Vec<f32> = samples.iter().flat_map(|x| [*x, -*x]).collect();
        assert_eq!(trim_silence(&samples, 1, rate), 7600..12_400);
        assert_eq!(trim_silence(&stereo, 2, rate), 7600..12_400);
    }

    #[test]
    fn recordings_of_nothing_or_of_sound_throughout() {
        assert_eq!(trim_silence(&square(0.0005, 8000), 1, 8000), 0..0);
        assert_eq!(trim_silence(&[], 2, 8000), 0..0);
        assert_eq!(trim_silence(&square(0.1, 8001), 1, 8000), 0..8001);
    }
}
