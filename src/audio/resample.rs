//! Changes the rate of a signal, in a stream, without a delay and with the right length.

use rubato::audioadapter_buffers::direct::SequentialSlice;
use rubato::{Fft, FixedSync, Indexing, Resampler as _};

use super::error::Cause;

/// The filter spans at least this many frames at the lower of the two rates. It is flat (within 0.1 dB) up to 0.95 of
/// the lower Nyquist frequency, and below -90 dB from the Nyquist frequency on.
const FILTER_FRAMES: usize = 1024;

/// Resamples one channel. Frame `n` of the output is the signal at time `n / to`, and frame `n` of the input is the
/// signal at time `n / from`. The output has ceil(frames * to / from) frames.
pub struct Resampler {
    from: u32,
    to: u32,
    /// `None` if the rates are equal.
    filter: Option<Filter>,
    frames_in: u64,
    frames_out: u64,
}

struct Filter {
    fft: Fft<f32>,
    /// Input that waits until there is enough for a step.
    waiting: Vec<f32>,
    step_out: Vec<f32>,
    /// The frames of the filter's delay that are not dropped yet.
    delay_left: usize,
}

impl Resampler {
    /// `from` and `to` are in hertz.
    pub fn new(from: u32, to: u32) -> Result<Self, Cause> {
        let filter = if from == to { None } else { Some(Filter::new(from, to)?) };
        Ok(Resampler { from, to, filter, frames_in: 0, frames_out: 0 })
    }

    /// The number of output frames for `frames` input frames.
    pub fn output_frames(from: u32, to: u32, frames: u64) -> u64 {
        let exact = (u128::from(frames) * u128::from(to)).div_ceil(u128::from(from.max(1)));
        u64::try_from(exact).unwrap_or(u64::MAX)
    }

    /// Takes input, and appends the output that is ready to `out`.
    pub fn push(&mut self, input: &[f32], out: &mut Vec<f32>) -> Result<(), Cause> {
        self.frames_in += input.len() as u64;
        let before = out.len();
        match &mut self.filter {
            None => out.extend_from_slice(input),
            Some(filter) => filter.push(input, out).map_err(|reason| self.failure(reason))?,
        }
        self.frames_out += (out.len() - before) as u64;
        Ok(())
    }

    /// Ends the input: appends the rest of the output to `out`. After that, another signal can begin.
    pub fn finish(&mut self, out: &mut Vec<f32>) -> Result<(), Cause> {
        let wanted = Self::output_frames(self.from, self.to, self.frames_in) - self.frames_out;
        if let Some(filter) = &mut self.filter {
            filter.flush(wanted as usize, out).map_err(|reason| self.failure(reason))?;
        }
        (self.frames_in, self.frames_out) = (0, 0);
        Ok(())
    }

    fn failure(&self, reason: String) -> Cause {
        Cause::Resampling { from: self.from, to: self.to, reason }
    }
}

impl Filter {
    fn new(from: u32, to: u32) -> Result<Self, Cause> {
        let failure = |reason: String| Cause::Resampling { from, to, reason };
        if from == 0 || to == 0 {
            return Err(failure("a rate of 0".into()));
        }
        let divisor = greatest_common_divisor(from, to);
        let (unit_in, unit_out) = ((from / divisor) as usize, (to / divisor) as usize);
        // The filter's delay is half a step. With an even number of units it is a whole number of frames at both rates.
        let units = FILTER_FRAMES.div_ceil(unit_in.min(unit_out)).next_multiple_of(2);
        let fft = Fft::new(from as usize, to as usize, units * unit_in, 1, FixedSync::Both)
            .map_err(|error| failure(error.to_string()))?;
        let step_out = vec![0.0; fft.output_frames_max()];
        let delay_left = fft.output_delay();
        Ok(Filter { fft, waiting: Vec::new(), step_out, delay_left })
    }

    fn push(&mut self, mut input: &[f32], out: &mut Vec<f32>) -> Result<(), String> {
        let step = self.fft.input_frames_next();
        if !self.waiting.is_empty() {
            let missing = (step - self.waiting.len()).min(input.len());
            let (head, rest) = input.split_at(missing);
            self.waiting.extend_from_slice(head);
            input = rest;
            if self.waiting.len() < step {
                return Ok(());
            }
            let waiting = std::mem::take(&mut self.waiting);
            self.step(&waiting, out)?;
            self.waiting = waiting;
            self.waiting.clear();
        }
        let steps = input.chunks_exact(step);
        self.waiting.extend_from_slice(steps.remainder());
        for frames in steps {
            self.step(frames, out)?;
        }
        Ok(())
    }

    /// Appends the last `wanted` frames and forgets the signal.
    fn flush(&mut self, wanted: usize, out: &mut Vec<f32>) -> Result<(), String> {
        let target = out.len() + wanted;
        let mut rest = std::mem::take(&mut self.waiting);
        while out.len() < target {
            self.step(&rest, out)?;
            rest.clear();
        }
        out.truncate(target);
        self.fft.reset();
        self.delay_left = self.fft.output_delay();
        Ok(())
    }

    /// One step of the filter. Input that is shorter than a step is followed by silence.
    fn step(&mut self, input: &[f32], out: &mut Vec<f32>) -> Result<(), String> {
        let indexing = Indexing { partial_len: Some(input.len()), ..Indexing::default() };
        let frames_out = self.step_out.len();
        let source = SequentialSlice::new(input, 1, input.len()).map_err(|error| error.to_string())?;
        let mut target =
            SequentialSlice::new_mut(&mut self.step_out, 1, frames_out).map_err(|error| error.to_string())?;
        let (_, made) =
            self.fft.process_into_buffer(&source, &mut target, Some(&indexing)).map_err(|error| error.to_string())?;
        let dropped = self.delay_left.min(made);
        self.delay_left -= dropped;
        out.extend_from_slice(&self.step_out[dropped..made]);
        Ok(())
    }
}

fn greatest_common_divisor(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { greatest_common_divisor(b, a % b) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f64::consts::TAU;

    const RATES: [(u32, u32); 8] = [
        (44_100, 8_000),
        (44_100, 32_000),
        (44_100, 48_000),
        (8_000, 44_100),
        (48_000, 16_000),
        (11_025, 8_000),
        (192_000, 8_000),
        (22_050, 44_100),
    ];

    fn resampled(from: u32, to: u32, input: &[f32], block: usize) -> Vec<f32> {
        let mut resampler = Resampler::new(from, to).unwrap();
        let mut out = Vec::new();
        for block in input.chunks(block) {
            resampler.push(block, &mut out).unwrap();
        }
        resampler.finish(&mut out).unwrap();
        out
    }

    fn tone(rate: u32, hz: f64, frames: usize) -> Vec<f32> {
        (0..frames).map(|n| (TAU * hz * n as f64 / f64::from(rate)).sin() as f32).collect()
    }

    fn decibels(samples: &[f32]) -> f64 {
        let power = samples.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>() / samples.len() as f64;
        10.0 * power.max(1e-30).log10()
    }

    #[test]
    fn the_length_is_rounded_up_whatever_the_blocks() {
        for (from, to) in RATES {
            for frames in [0, 1, 2, 999, 1000, 4096, 10_007] {
                let input = tone(from, 100.0, frames);
                let expected = (frames as u64 * u64::from(to)).div_ceil(u64::from(from)) as usize;
                let whole = resampled(from, to, &input, frames.max(1));
                assert_eq!(whole.len(), expected, "{from} -> {to}, {frames} frames");
                assert_eq!(resampled(from, to, &input, 333), whole, "{from} -> {to}, {frames} frames in blocks");
            }
        }
    }

    #[test]
    fn an_impulse_stays_where_it_was() {
        for (from, to) in RATES {
            for at in [0_usize, 1000, 5003] {
                let mut input = vec![0.0; 9000];
                input[at] = 1.0;
                let out = resampled(from, to, &input, 1152);
                let peak = (0..out.len()).max_by(|a, b| out[*a].abs().total_cmp(&out[*b].abs())).unwrap();
                let expected = at as f64 * f64::from(to) / f64::from(from);
                assert!((peak as f64 - expected).abs() <= 1.0, "{from} -> {to}: {peak} for {expected}");
            }
        }
    }

    #[test]
    fn tones_in_the_band_keep_level_and_phase() {
        for (from, to) in RATES {
            let nyquist = f64::from(from.min(to)) / 2.0;
            for share in [0.02, 0.3, 0.7, 0.9, 0.95] {
                let (hz, frames) = (nyquist * share, from as usize);
                let out = resampled(from, to, &tone(from, hz, frames), 1152);
                let ideal = tone(to, hz, out.len());
                // The signal begins and stops at the ends, so the filter rings there.
                let edge = out.len() / 4;
                let error: Vec<f32> = out.iter().zip(&ideal).map(|(a, b)| a - b).collect();
                let (inner, inner_error) = (&out[edge..out.len() - edge], &error[edge..out.len() - edge]);
                let level = decibels(inner) - decibels(&ideal[edge..out.len() - edge]);
                assert!(level.abs() < 0.1, "{from} -> {to} at {hz} Hz: {level} dB");
                assert!(decibels(inner_error) < -40.0, "{from} -> {to} at {hz} Hz: {}", decibels(inner_error));
            }
        }
    }

    #[test]
    fn what_the_lower_rate_cannot_hold_is_gone() {
        for (from, to) in RATES.into_iter().filter(|(from, to)| from > to) {
            let nyquist = f64::from(to) / 2.0;
            for share in [1.0, 1.1, 1.5] {
                let hz = nyquist * share;
                if hz < f64::from(from) / 2.0 {
                    let out = resampled(from, to, &tone(from, hz, from as usize), 1152);
                    let inner = &out[out.len() / 4..out.len() * 3 / 4];
                    assert!(decibels(inner) < -90.0, "{from} -> {to} at {hz} Hz: {} dB", decibels(inner));
                }
            }
        }
    }

    #[test]
    fn equal_rates_change_nothing_and_one_resampler_serves_twice() {
        let input = tone(8000, 440.0, 5000);
        assert_eq!(resampled(8000, 8000, &input, 100), input);
        let mut resampler = Resampler::new(44_100, 8000).unwrap();
        let mut runs = [Vec::new(), Vec::new()];
        for out in &mut runs {
            resampler.push(&input, out).unwrap();
            resampler.finish(out).unwrap();
        }
        assert_eq!(runs[0], runs[1]);
        assert!(Resampler::new(44_100, 0).is_err());
    }
}
