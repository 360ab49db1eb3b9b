//! Mean and deviation over time: [batch * frames, channels] becomes [batch, 2 * channels].

use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Tensor};
use rayon::prelude::*;

use super::{borrow, operand, tensor};

/// Keeps the deviation's gradient finite where a channel does not move.
const EPSILON: f32 = 1e-6;

struct Pool {
    frames: usize,
}

/// The mean of each channel, then its deviation (n - 1).
pub fn pool(x: &Tensor, frames: usize) -> Result<Tensor> {
    x.apply_op1(Pool { frames })
}

impl Pool {
    fn freedom(&self) -> f32 {
        self.frames.saturating_sub(1).max(1) as f32
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
        out.par_chunks_mut(2 * width).zip(x.par_chunks(self.frames * width)).for_each(|(out, x)| {
            let (mean, deviation) = out.split_at_mut(width);
            for row in x.chunks_exact(width) {
                mean.iter_mut().zip(row).for_each(|(m, x)| *m += x);
            }
            mean.iter_mut().for_each(|m| *m /= self.frames as f32);
            for row in x.chunks_exact(width) {
                for ((d, x), m) in deviation.iter_mut().zip(row).zip(&*mean) {
                    *d += (x - m) * (x - m);
                }
            }
            deviation.iter_mut().for_each(|d| *d = (*d / self.freedom() + EPSILON).sqrt());
        });
        Ok((CpuStorage::F32(out), (rows / self.frames, 2 * width).into()))
    }

    fn bwd(&self, x: &Tensor, out: &Tensor, grad: &Tensor) -> Result<Option<Tensor>> {
        let (rows, width) = x.dims2()?;
        borrow!(x = x);
        borrow!(out = out);
        borrow!(grad = grad);
        let mut dx = vec![0.0; rows * width];
        let group = self.frames * width;
        dx.par_chunks_mut(group).enumerate().for_each(|(n, dx)| {
            let (mean, deviation) = out[n * 2 * width..][..2 * width].split_at(width);
            let (d_mean, d_deviation) = grad[n * 2 * width..][..2 * width].split_at(width);
            let share: Vec<f32> = d_mean.iter().map(|g| g / self.frames as f32).collect();
            let slope: Vec<f32> = d_deviation.iter().zip(deviation).map(|(g, d)| g / (d * self.freedom())).collect();
            for (dx, x) in dx.chunks_exact_mut(width).zip(x[n * group..].chunks_exact(width)) {
                for i in 0..width {
                    dx[i] = share[i] + slope[i] * (x[i] - mean[i]);
                }
            }
        });
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
