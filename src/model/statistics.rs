//! Statistics of a chunk's bands that need no learning: mean and deviation over time, and how much a band changes from
//! frame to frame. Cepstral statistics, the usual features for comparing sounds, are a linear function of the means.

use rayon::prelude::*;

use super::simd::kernel;

/// The number of statistics of each band.
pub const STATISTICS: usize = 3;

/// Factors that bring deviations and changes of normalised bands to about the size of the means.
const SCALES: [f32; STATISTICS] = [1.0, 2.0, 3.0];

/// The statistics `[chunks, STATISTICS * bands]` of chunks of `frames` frames. `logs` `[chunks * frames, bands]` is
/// normalised.
pub fn statistics(logs: &[f32], frames: usize, bands: usize) -> Vec<f32> {
    let mut out = vec![0.0; logs.len() / (frames * bands) * STATISTICS * bands];
    let chunks = out.par_chunks_mut(STATISTICS * bands).zip(logs.par_chunks(frames * bands));
    chunks.for_each(|(out, chunk)| of_chunk(out, chunk, bands));
    out
}

kernel! {
    fn of_chunk<'a>(out: &'a mut [f32], chunk: &'a [f32], bands: usize) {
        let frames = (chunk.len() / bands) as f32;
        let (mean, rest) = out.split_at_mut(bands);
        let (deviation, change) = rest.split_at_mut(bands);
        for frame in chunk.chunks_exact(bands) {
            for (m, x) in mean.iter_mut().zip(frame) {
                *m += x / frames;
            }
        }
        for frame in chunk.chunks_exact(bands) {
            for ((d, x), m) in deviation.iter_mut().zip(frame).zip(&*mean) {
                *d += (x - m) * (x - m) / frames;
            }
        }
        for (now, next) in chunk.chunks_exact(bands).zip(chunk.chunks_exact(bands).skip(1)) {
            for ((c, x), y) in change.iter_mut().zip(now).zip(next) {
                *c += (y - x) * (y - x) / frames;
            }
        }
        for m in mean {
            *m *= SCALES[0];
        }
        for d in deviation {
            *d = SCALES[1] * d.sqrt();
        }
        for c in change {
            *c = SCALES[2] * c.sqrt();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_band_has_its_mean_its_deviation_and_its_change() {
        // Two chunks of four frames with two bands. One band is constant, one alternates.
        let logs = [1.0, 0.0, 1.0, 2.0, 1.0, 0.0, 1.0, 2.0, 0.0, 5.0, 0.0, 5.0, 0.0, 5.0, 0.0, 5.0];
        let found = statistics(&logs, 4, 2);
        let change = 3.0 * (12.0_f32 / 4.0).sqrt();
        let wanted = [1.0, 1.0, 0.0, 2.0, 0.0, change, 0.0, 5.0, 0.0, 0.0, 0.0, 0.0];
        assert!(found.iter().zip(wanted).all(|(a, b)| (a - b).abs() < 1e-5), "{found:?}");
    }
}
