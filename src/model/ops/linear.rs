//! A matrix product with a bias, `x` `[rows, in]` x `weight` `[in, out]` + `bias` `[out]`, and optionally an
//! activation.

use candle_core::{CpuStorage, CustomOp3, Layout, Result, Shape, Tensor, bail};

use super::{Kept, add_up, borrow, for_tiles, operand, tensor, tiles_of};
use crate::model::gemm::{Matrix, Update, multiply};
use crate::model::simd::{self, kernel, pairs, sigmoid};

/// Rows are mostly chunks, and a step has about a hundred chunks. Two threads should share them.
const TILE_CHUNKS: usize = 64;

struct Linear {
    activation: Option<Activation>,
}

/// SiLU: x becomes x * sigmoid(x).
struct Activation {
    wanted: bool,
    /// The results of the layer before the activation.
    kept: Kept<Vec<f32>>,
}

/// `[rows, out]`.
pub fn linear(x: &Tensor, weight: &Tensor, bias: &Tensor) -> Result<Tensor> {
    x.apply_op3(weight, bias, Linear { activation: None })
}

/// `[rows, out]`: SiLU (Elfwing et al. 2018) of the result of [`linear`]. This is one operation, because candle's own
/// operations on a hidden layer's many values wake a second pool of threads that competes for the cores.
pub fn linear_silu(x: &Tensor, weight: &Tensor, bias: &Tensor) -> Result<Tensor> {
    let wanted = x.track_op() || weight.track_op() || bias.track_op();
    x.apply_op3(weight, bias, Linear { activation: Some(Activation { wanted, kept: Kept::nothing() }) })
}

kernel! {
    fn silu<'a>(x: &'a mut [f32]) {
        for x in x {
            *x *= sigmoid(*x);
        }
    }
}

kernel! {
    /// Multiplies `grad` by the slope of [`silu`] at `x`.
    fn silu_backward<'a>(grad: &'a mut [f32], x: &'a [f32]) {
        pairs(grad, x, |grad, x| {
            let share = sigmoid(*x);
            *grad *= share * (1.0 + x * (1.0 - share));
        });
    }
}

impl CustomOp3 for Linear {
    fn name(&self) -> &'static str {
        "linear"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        x_layout: &Layout,
        weight: &CpuStorage,
        weight_layout: &Layout,
        bias: &CpuStorage,
        bias_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let ((rows, inner), (w_inner, width)) = (x_layout.shape().dims2()?, weight_layout.shape().dims2()?);
        if inner != w_inner || bias_layout.shape().dims1()? != width {
            bail!("linear: [{rows}, {inner}] by [{w_inner}, {width}]");
        }
        let (x, weight, bias) = (operand(x, x_layout)?, operand(weight, weight_layout)?, operand(bias, bias_layout)?);
        let mut out = vec![0.0; rows * width];
        let before = for_tiles(&tiles_of(rows, TILE_CHUNKS), &mut out, |tile, out| {
            for row in out.chunks_exact_mut(width) {
                row.copy_from_slice(bias);
            }
            let x = &x[tile.start * inner..tile.end * inner];
            multiply(out, Update::Add, Matrix::new(x, inner), Matrix::new(weight, width));
            let kept = self.activation.as_ref().is_some_and(|activation| activation.wanted).then(|| out.to_vec());
            if self.activation.is_some() {
                silu(out);
            }
            kept.unwrap_or_default()
        });
        if let Some(activation) = self.activation.as_ref().filter(|activation| activation.wanted) {
            activation.kept.put(before.concat());
        }
        Ok((CpuStorage::F32(out), (rows, width).into()))
    }

    fn bwd(
        &self,
        x: &Tensor,
        weight: &Tensor,
        _bias: &Tensor,
        _out: &Tensor,
        grad: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>, Option<Tensor>)> {
        let ((rows, inner), width) = (x.dims2()?, weight.dim(1)?);
        // The input of the first layer is data, whose gradient nobody needs.
        let wanted = x.track_op();
        let before = self.activation.as_ref().map(|activation| activation.kept.take()).transpose()?;
        borrow!(x = x);
        borrow!(weight = weight);
        borrow!(grad = grad);
        let dx_width = if wanted { inner } else { 1 };
        let mut dx = vec![0.0; rows * dx_width];
        let parts = for_tiles(&tiles_of(rows, TILE_CHUNKS), &mut dx, |tile, dx| {
            let x = Matrix::new(&x[tile.start * inner..tile.end * inner], inner);
            let values = tile.start * width..tile.end * width;
            let mut d_before = Vec::new();
            let grad = match &before {
                None => &grad[values],
                Some(before) => {
                    d_before.extend_from_slice(&grad[values.clone()]);
                    silu_backward(&mut d_before, &before[values]);
                    &d_before
                }
            };
            if wanted {
                multiply(dx, Update::Replace, Matrix::new(grad, width), Matrix::new(weight, width).transposed());
            }
            // The gradient of the weight, then the gradient of the bias.
            let mut part = vec![0.0; inner * width + width];
            let (d_weight, d_bias) = part.split_at_mut(inner * width);
            multiply(d_weight, Update::Replace, x.transposed(), Matrix::new(grad, width));
            simd::add_rows(d_bias, grad);
            part
        });
        let mut d_weight = add_up(parts);
        d_weight.resize(inner * width + width, 0.0);
        let d_bias = d_weight.split_off(inner * width);
        let dx = if wanted { Some(tensor(dx, (rows, inner))?) } else { None };
        Ok((dx, Some(tensor(d_weight, (inner, width))?), Some(tensor(d_bias, width)?)))
    }
}

#[cfg(test)]
mod tests {
    use super::super::check::{gradients, random};
    use super::*;

    #[test]
    fn forward_agrees_with_candle_over_several_tiles() {
        let (x, w, b) = (random(&[600, 7], 1), random(&[7, 5], 2), random(&[5], 3));
        let ours = linear(&x, &w, &b).unwrap();
        let theirs = x.matmul(&w).unwrap().broadcast_add(&b).unwrap();
        let error = (ours - theirs).unwrap().abs().unwrap().max_all().unwrap().to_scalar::<f32>().unwrap();
        assert!(error < 1e-5, "{error}");
    }

    #[test]
    fn the_activation_is_candles() {
        let (x, w, b) = (random(&[150, 7], 1), random(&[7, 5], 2), random(&[5], 3));
        let ours = linear_silu(&x, &w, &b).unwrap();
        let theirs = candle_nn::ops::silu(&linear(&x, &w, &b).unwrap()).unwrap();
        let error = (ours - theirs).unwrap().abs().unwrap().max_all().unwrap().to_scalar::<f32>().unwrap();
        assert!(error < 1e-6, "{error}");
    }

    #[test]
    fn gradients_agree_with_finite_differences() {
        gradients(&[random(&[9, 4], 1), random(&[4, 3], 2), random(&[3], 3)], |t| linear(&t[0], &t[1], &t[2]));
        gradients(&[random(&[300, 2], 1), random(&[2, 3], 2), random(&[3], 3)], |t| linear(&t[0], &t[1], &t[2]));
        let operands = [random(&[70, 2], 1), random(&[2, 3], 2), random(&[3], 3)];
        gradients(&operands, |t| linear_silu(&t[0], &t[1], &t[2]));
    }
}
