//! A strided convolution over one-hot levels, computed as the sum of one table row for each tap. The one-hot input is
//! never made.

use candle_core::{CpuStorage, CustomOp2, Layout, Result, Shape, Tensor, bail};
use rayon::prelude::*;
use std::sync::Arc;

use super::{borrow, operand, tensor};
use crate::audio::mulaw::LEVELS;
use crate::model::simd;

struct LookUp {
    levels: Arc<Vec<u8>>,
    /// The samples of a chunk.
    samples: usize,
    stride: usize,
}

/// From `levels` `[batch * samples]`, `table` `[taps * 256, channels]` and `bias` `[channels]` to `[batch * frames,
/// channels]`, with samples / stride frames. The last tap of a frame is the frame's last sample. Taps before the start
/// of a chunk add nothing.
pub fn look_up(levels: Arc<Vec<u8>>, samples: usize, stride: usize, table: &Tensor, bias: &Tensor) -> Result<Tensor> {
    if samples < stride || !levels.len().is_multiple_of(samples) {
        bail!("look-up: {} levels in chunks of {samples} at a stride of {stride}", levels.len());
    }
    table.apply_op2(bias, LookUp { levels, samples, stride })
}

impl LookUp {
    fn frames(&self) -> usize {
        self.samples / self.stride
    }

    /// The sample within the chunk that a tap of a frame sees. `None`: it is before the start.
    fn sample(&self, frame: usize, tap: usize, taps: usize) -> Option<usize> {
        ((frame + 1) * self.stride + tap).checked_sub(taps)
    }
}

impl CustomOp2 for LookUp {
    fn name(&self) -> &'static str {
        "look-up"
    }

    fn cpu_fwd(
        &self,
        table: &CpuStorage,
        table_layout: &Layout,
        bias: &CpuStorage,
        bias_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (rows, width) = table_layout.shape().dims2()?;
        if rows % LEVELS != 0 || bias_layout.shape().dims1()? != width {
            bail!("look-up: a table of [{rows}, {width}]");
        }
        let (taps, frames) = (rows / LEVELS, self.frames());
        let (table, bias) = (operand(table, table_layout)?, operand(bias, bias_layout)?);
        let batch = self.levels.len() / self.samples;
        let mut out = vec![0.0; batch * frames * width];
        out.par_chunks_mut(frames * width).zip(self.levels.par_chunks(self.samples)).for_each(|(out, levels)| {
            for (frame, row) in out.chunks_exact_mut(width).enumerate() {
                row.copy_from_slice(bias);
                for tap in 0..taps {
                    if let Some(sample) = self.sample(frame, tap, taps) {
                        let entry = tap * LEVELS + usize::from(levels[sample]);
                        row.iter_mut().zip(&table[entry * width..][..width]).for_each(|(y, w)| *y += w);
                    }
                }
            }
        });
        Ok((CpuStorage::F32(out), (batch * frames, width).into()))
    }

    fn bwd(
        &self,
        table: &Tensor,
        _bias: &Tensor,
        _out: &Tensor,
        grad: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>)> {
        let (rows, width) = table.dims2()?;
        let (taps, frames) = (rows / LEVELS, self.frames());
        borrow!(grad = grad);
        let mut d_table = vec![0.0; rows * width];
        // Each tap has its own part of the table, so the taps can be summed in parallel.
        d_table.par_chunks_mut(LEVELS * width).enumerate().for_each(|(tap, d_table)| {
            for (grad, levels) in grad.chunks_exact(frames * width).zip(self.levels.chunks_exact(self.samples)) {
                for (frame, grad) in grad.chunks_exact(width).enumerate() {
                    if let Some(sample) = self.sample(frame, tap, taps) {
                        let entry = usize::from(levels[sample]);
                        d_table[entry * width..][..width].iter_mut().zip(grad).for_each(|(d, g)| *d += g);
                    }
                }
            }
        });
        let mut d_bias = vec![0.0; width];
        simd::add_rows(&mut d_bias, grad);
        Ok((Some(tensor(d_table, (rows, width))?), Some(tensor(d_bias, width)?)))
    }
}

#[cfg(test)]
mod tests {
    use super::super::check::{gradients, random};
    use super::super::taps::conv;
    use super::*;

    fn levels() -> Arc<Vec<u8>> {
        Arc::new((0..24).map(|i| (i * 53 % 256) as u8).collect())
    }

    #[test]
    fn a_look_up_is_a_convolution_over_one_hot_levels() {
        let (table, bias) = (random(&[2 * LEVELS, 3], 1), random(&[3], 2));
        let one_hot: Vec<f32> =
            levels().iter().flat_map(|&l| (0..LEVELS).map(move |i| f32::from(u8::from(i == usize::from(l))))).collect();
        let one_hot = tensor(one_hot, (24, LEVELS)).unwrap();
        let slow = conv(&one_hot, 8, 1, &table, &bias).unwrap().to_vec2::<f32>().unwrap();
        let fast = look_up(levels(), 8, 1, &table, &bias).unwrap().to_vec2::<f32>().unwrap();
        for (a, b) in slow.iter().flatten().zip(fast.iter().flatten()) {
            assert!((a - b).abs() < 1e-5, "{a} {b}");
        }
    }

    #[test]
    fn gradients_agree_with_finite_differences() {
        // With a stride, and with taps that reach before the frame.
        gradients(&[random(&[5 * LEVELS, 1], 1), random(&[1], 2)], |t| look_up(levels(), 12, 4, &t[0], &t[1]));
    }
}
