//! The two taps of a causal dilated convolution side by side: row t becomes (row t - dilation, row t), with zeros
//! before the start. A matrix product with these rows is the convolution, and [`conv`] computes it so.

use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Tensor};
use rayon::prelude::*;

use super::{borrow, linear::linear, operand, tensor};

struct Taps {
    frames: usize,
    dilation: usize,
}

/// From `x` `[batch * frames, channels]` to [batch * frames, 2 * channels]: the earlier tap, then the current tap.
pub fn taps(x: &Tensor, frames: usize, dilation: usize) -> Result<Tensor> {
    x.apply_op1(Taps { frames, dilation })
}

/// A left-padded convolution with kernel 2. `weight` is `[2 * in, out]` (the earlier tap's rows first), `bias` is
/// `[out]`.
pub fn conv(x: &Tensor, frames: usize, dilation: usize, weight: &Tensor, bias: &Tensor) -> Result<Tensor> {
    linear(&taps(x, frames, dilation)?, weight, bias)
}

impl CustomOp1 for Taps {
    fn name(&self) -> &'static str {
        "taps"
    }

    fn cpu_fwd(&self, x: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let (rows, width) = layout.shape().dims2()?;
        let x = operand(x, layout)?;
        let mut out = vec![0.0; rows * 2 * width];
        let group = self.frames * width;
        out.par_chunks_mut(2 * group).zip(x.par_chunks(group)).for_each(|(out, x)| {
            for (t, row) in out.chunks_exact_mut(2 * width).enumerate() {
                if let Some(earlier) = t.checked_sub(self.dilation) {
                    row[..width].copy_from_slice(&x[earlier * width..][..width]);
                }
                row[width..].copy_from_slice(&x[t * width..][..width]);
            }
        });
        Ok((CpuStorage::F32(out), (rows, 2 * width).into()))
    }

    fn bwd(&self, x: &Tensor, _out: &Tensor, grad: &Tensor) -> Result<Option<Tensor>> {
        let (rows, width) = x.dims2()?;
        borrow!(grad = grad);
        let mut dx = vec![0.0; rows * width];
        let group = self.frames * width;
        dx.par_chunks_mut(group).zip(grad.par_chunks(2 * group)).for_each(|(dx, grad)| {
            for (t, row) in dx.chunks_exact_mut(width).enumerate() {
                row.copy_from_slice(&grad[(2 * t + 1) * width..][..width]);
                if t + self.dilation < self.frames {
                    let later = &grad[2 * (t + self.dilation) * width..][..width];
                    row.iter_mut().zip(later).for_each(|(to, from)| *to += from);
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
    fn the_convolution_agrees_with_a_naive_loop() {
        let (batch, frames, from, to) = (3, 7, 2, 4);
        for dilation in [1, 2, 4, 9] {
            let (x, w, b) = (random(&[batch * frames, from], 1), random(&[2 * from, to], 2), random(&[to], 3));
            let ours = conv(&x, frames, dilation, &w, &b).unwrap().to_vec2::<f32>().unwrap();
            let (x, w, b) = (x.to_vec2::<f32>().unwrap(), w.to_vec2::<f32>().unwrap(), b.to_vec1::<f32>().unwrap());
            for n in 0..batch {
                for t in 0..frames {
                    for o in 0..to {
                        let mut y = b[o];
                        for tap in 0..2 {
                            for i in 0..from {
                                let back = (1 - tap) * dilation;
                                let past = if t >= back { x[n * frames + t - back][i] } else { 0.0 };
                                y += w[tap * from + i][o] * past;
                            }
                        }
                        assert!((ours[n * frames + t][o] - y).abs() < 1e-5, "dilation {dilation}, {n} {t} {o}");
                    }
                }
            }
        }
    }

    #[test]
    fn gradients_agree_with_finite_differences() {
        for dilation in [1, 2, 8] {
            gradients(&[random(&[10, 2], 1), random(&[4, 3], 2), random(&[3], 3)], |t| {
                conv(&t[0], 5, dilation, &t[1], &t[2])
            });
        }
    }
}
