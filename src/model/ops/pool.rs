//! Mean and deviation over time: `[batch * frames, channels]` becomes `[batch, 2 * channels]`.

use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Tensor};
use rayon::prelude::*;

use super::{borrow, operand, tensor};
use crate::model::simd::{self, kernel};

/// Keeps the deviation's gradient finite where a channel does not move.
const EPSILON: f32 = 1e-6;

struct Pool {
    frames: usize,
}

/// The mean of each channel, then its deviation (n - 1).
pub fn pool(x: &Tensor, frames: usize) -> Result<Tensor> {
    x.apply_op1(Pool { frames })
}

/// What a deviation over `frames` is divided by.
fn freedom(frames: usize) -> f32 {
    frames.saturating_sub(1).max(1) as f32
}

/// Pools each chunk of `x`: `out` has 2 * `width` values for each.
pub(super) fn pool_chunks(out: &mut [f32], x: &[f32], frames: usize, width: usize) {
    for (out, x) in out.chunks_exact_mut(2 * width).zip(x.chunks_exact(frames * width)) {
        out.fill(0.0);
        let (mean, deviation) = out.split_at_mut(width);
        simd::add_rows(mean, x);
        mean.iter_mut().for_each(|m| *m /= frames as f32);
        add_squares(deviation, x, mean);
        deviation.iter_mut().for_each(|d| *d = (*d / freedom(frames) + EPSILON).sqrt());
    }
}

/// Writes to `dx` the gradient of what was pooled from `x` to `out`.
pub(super) fn pool_chunks_backward(dx: &mut [f32], x: &[f32], out: &[f32], grad: &[f32], frames: usize, width: usize) {
    let group = frames * width;
    let pooled = out.chunks_exact(2 * width).zip(grad.chunks_exact(2 * width));
    for ((dx, x), (out, grad)) in dx.chunks_exact_mut(group).zip(x.chunks_exact(group)).zip(pooled) {
        let (mean, deviation) = out.split_at(width);
        let (d_mean, d_deviation) = grad.split_at(width);
        let share: Vec<f32> = d_mean.iter().map(|g| g / frames as f32).collect();
        let slope: Vec<f32> = d_deviation.iter().zip(deviation).map(|(g, d)| g / (d * freedom(frames))).collect();
        spread_gradient(dx, x, mean, &share, &slope);
    }
}

kernel! {
    fn add_squares<'a>(squares: &'a mut [f32], x: &'a [f32], mean: &'a [f32]) {
        for row in x.chunks_exact(mean.len()) {
            for ((d, x), m) in squares.iter_mut().zip(row).zip(mean) {
                *d += (x - m) * (x - m);
            }
        }
    }
}

kernel! {
    fn spread_gradient<'a>(dx: &'a mut [f32], x: &'a [f32], mean: &'a [f32], share: &'a [f32], slope: &'a [f32]) {
        let width = mean.len();
        for (dx, x) in dx.chunks_exact_mut(width).zip(x.chunks_exact(width)) {
            for i in 0..width {
                dx[i] = share[i] + slope[i] * (x[i] - mean[i]);
            }
        }
    }
}

impl CustomOp1 for Pool {
    fn name(&self) -> &'static str {
        "pool"
    }

    fn cpu_fwd(&self, x: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let (rows, width) = layout.shape().dims2()?;
        let x = operand(x, layout)?;
        let mut out = vec![0.0; rows / self.frames * 2 * width];
        let group = self.frames * width;
        out.par_chunks_mut(2 * width)
            .zip(x.par_chunks(group))
            .for_each(|(out, x)| pool_chunks(out, x, self.frames, width));
        Ok((CpuStorage::F32(out), (rows / self.frames, 2 * width).into()))
    }

    fn bwd(&self, x: &Tensor, out: &Tensor, grad: &Tensor) -> Result<Option<Tensor>> {
        let (rows, width) = x.dims2()?;
        borrow!(x = x);
        borrow!(out = out);
        borrow!(grad = grad);
        let mut dx = vec![0.0; rows * width];
        let group = self.frames * width;
        let pooled = out.par_chunks(2 * width).zip(grad.par_chunks(2 * width));
        dx.par_chunks_mut(group)
            .zip(x.par_chunks(group))
            .zip(pooled)
            .for_each(|((dx, x), (out, grad))| pool_chunks_backward(dx, x, out, grad, self.frames, width));
        Ok(Some(tensor(dx, (rows, width))?))
    }
}

#[cfg(test)]
mod tests {
    use super::super::check::{gradients, random};
    use super::*;

    #[test]
    fn means_and_deviations_are_those_of_each_chunk() {
        let x = Tensor::from_vec(vec![1.0_f32, 5.0, 3.0, 5.0, 10.0, 0.0, 20.0, 0.0], (4, 2), x_device()).unwrap();
        let out = pool(&x, 2).unwrap().to_vec2::<f32>().unwrap();
        for (row, exact) in out.iter().zip([[2.0, 5.0, 2.0_f32.sqrt(), 1e-3], [15.0, 0.0, 50.0_f32.sqrt(), 1e-3]]) {
            row.iter().zip(exact).for_each(|(x, y)| assert!((x - y).abs() < 1e-5, "{x} {y}"));
        }
    }

    fn x_device() -> &'static candle_core::Device {
        &candle_core::Device::Cpu
    }

    #[test]
    fn gradients_agree_with_finite_differences() {
        gradients(&[random(&[12, 3], 1)], |t| pool(&t[0], 4));
        gradients(&[random(&[3, 2], 1)], |t| pool(&t[0], 1)?.narrow(1, 0, 2));
    }
}
