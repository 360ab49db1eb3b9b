//! Mean and deviation over time, for each part of a chunk: from `[batch * frames, channels]` to `[batch, parts * 2 *
//! channels]`.

use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Tensor};
use rayon::prelude::*;
use std::ops::Range;

use super::{borrow, operand, tensor};
use crate::model::simd::{self, kernel};

/// Keeps the gradient of the deviation finite if a channel is constant.
const EPSILON: f32 = 1e-6;

/// How the rows of a chunk are pooled: in `parts` consecutive parts of its `frames`, as equal as possible.
#[derive(Clone, Copy, Debug)]
pub struct Pooling {
    pub frames: usize,
    /// From 1 to `frames`.
    pub parts: usize,
}

/// The mean of each channel and then its deviation (n - 1), for one part after another.
pub fn pool(x: &Tensor, pooling: Pooling) -> Result<Tensor> {
    x.apply_op1(pooling)
}

/// The divisor of a variance over `frames` frames.
fn freedom(frames: usize) -> f32 {
    frames.saturating_sub(1).max(1) as f32
}

impl Pooling {
    /// The number of values for a chunk of `width` channels.
    pub fn values(self, width: usize) -> usize {
        self.parts * 2 * width
    }

    /// The frames of each part.
    fn stretches(self) -> impl Iterator<Item = Range<usize>> {
        let end = move |part| part * self.frames / self.parts;
        (0..self.parts).map(move |part| end(part)..end(part + 1))
    }

    /// Pools each chunk of `x`, whose rows are `width` wide.
    pub(super) fn forward(self, out: &mut [f32], x: &[f32], width: usize) {
        for (out, x) in out.chunks_exact_mut(self.values(width)).zip(x.chunks_exact(self.frames * width)) {
            for (out, part) in out.chunks_exact_mut(2 * width).zip(self.stretches()) {
                pool_part(out, &x[part.start * width..part.end * width], width);
            }
        }
    }

    /// Writes to `dx` the gradient of `x`, which was pooled to `out`.
    pub(super) fn backward(self, dx: &mut [f32], x: &[f32], out: &[f32], grad: &[f32], width: usize) {
        let (rows, values) = (self.frames * width, self.values(width));
        let pooled = out.chunks_exact(values).zip(grad.chunks_exact(values));
        for ((dx, x), (out, grad)) in dx.chunks_exact_mut(rows).zip(x.chunks_exact(rows)).zip(pooled) {
            let pooled = out.chunks_exact(2 * width).zip(grad.chunks_exact(2 * width));
            for (part, (out, grad)) in self.stretches().zip(pooled) {
                let part = part.start * width..part.end * width;
                pool_part_backward(&mut dx[part.clone()], &x[part], out, grad, width);
            }
        }
    }
}

/// `x` `[frames, width]` to `out` `[2 * width]`.
fn pool_part(out: &mut [f32], x: &[f32], width: usize) {
    let frames = x.len() / width;
    out.fill(0.0);
    let (mean, deviation) = out.split_at_mut(width);
    simd::add_rows(mean, x);
    mean.iter_mut().for_each(|m| *m /= frames as f32);
    add_squares(deviation, x, mean);
    deviation.iter_mut().for_each(|d| *d = (*d / freedom(frames) + EPSILON).sqrt());
}

fn pool_part_backward(dx: &mut [f32], x: &[f32], out: &[f32], grad: &[f32], width: usize) {
    let frames = x.len() / width;
    let (mean, deviation) = out.split_at(width);
    let (d_mean, d_deviation) = grad.split_at(width);
    let share: Vec<f32> = d_mean.iter().map(|g| g / frames as f32).collect();
    let slope: Vec<f32> = d_deviation.iter().zip(deviation).map(|(g, d)| g / (d * freedom(frames))).collect();
    spread_gradient(dx, x, mean, &share, &slope);
}

kernel! {
    fn add_squares<'a>(squares: &'a mut [f32], x: &'a [f32], mean: &'a [f32]) {
        for row in x.chunks_exact(mean.len()) {
            for i in 0..mean.len() {
                squares[i] += (row[i] - mean[i]) * (row[i] - mean[i]);
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

impl CustomOp1 for Pooling {
    fn name(&self) -> &'static str {
        "pool"
    }

    fn cpu_fwd(&self, x: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let (rows, width) = layout.shape().dims2()?;
        let (batch, values) = (rows / self.frames, self.values(width));
        let x = operand(x, layout)?;
        let mut out = vec![0.0; batch * values];
        out.par_chunks_mut(values)
            .zip(x.par_chunks(self.frames * width))
            .for_each(|(out, x)| self.forward(out, x, width));
        Ok((CpuStorage::F32(out), (batch, values).into()))
    }

    fn bwd(&self, x: &Tensor, out: &Tensor, grad: &Tensor) -> Result<Option<Tensor>> {
        let (rows, width) = x.dims2()?;
        borrow!(x = x);
        borrow!(out = out);
        borrow!(grad = grad);
        let mut dx = vec![0.0; rows * width];
        let (group, values) = (self.frames * width, self.values(width));
        let pooled = out.par_chunks(values).zip(grad.par_chunks(values));
        dx.par_chunks_mut(group)
            .zip(x.par_chunks(group))
            .zip(pooled)
            .for_each(|((dx, x), (out, grad))| self.backward(dx, x, out, grad, width));
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
        let out = pool(&x, Pooling { frames: 2, parts: 1 }).unwrap().to_vec2::<f32>().unwrap();
        for (row, exact) in out.iter().zip([[2.0, 5.0, 2.0_f32.sqrt(), 1e-3], [15.0, 0.0, 50.0_f32.sqrt(), 1e-3]]) {
            row.iter().zip(exact).for_each(|(x, y)| assert!((x - y).abs() < 1e-5, "{x} {y}"));
        }
    }

    #[test]
    fn parts_are_pooled_one_after_the_other() {
        let x = random(&[2 * 5, 3], 4);
        let whole = pool(&x, Pooling { frames: 5, parts: 2 }).unwrap().to_vec2::<f32>().unwrap();
        for (chunk, row) in whole.iter().enumerate() {
            let part = |from: usize, frames: usize| -> Vec<f32> {
                let rows = x.narrow(0, chunk * 5 + from, frames).unwrap().contiguous().unwrap();
                pool(&rows, Pooling { frames, parts: 1 }).unwrap().flatten_all().unwrap().to_vec1().unwrap()
            };
            assert_eq!(*row, [part(0, 2), part(2, 3)].concat());
        }
    }

    fn x_device() -> &'static candle_core::Device {
        &candle_core::Device::Cpu
    }

    #[test]
    fn gradients_agree_with_finite_differences() {
        gradients(&[random(&[12, 3], 1)], |t| pool(&t[0], Pooling { frames: 4, parts: 1 }));
        gradients(&[random(&[10, 3], 1)], |t| pool(&t[0], Pooling { frames: 5, parts: 2 }));
        gradients(&[random(&[3, 2], 1)], |t| pool(&t[0], Pooling { frames: 1, parts: 1 })?.narrow(1, 0, 2));
    }
}
