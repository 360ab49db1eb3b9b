//! A linear layer to 256 levels and the cross entropy of the true levels, as one operation. The logits are 256 floats a
//! sample. They are made and used tile by tile, so they never exist all at once.

use candle_core::{CpuStorage, CustomOp3, Layout, Result, Shape, Tensor, bail};
use std::sync::Arc;

use super::{Kept, add_up, for_tiles, operand, tensor, tiles};
use crate::audio::mulaw::LEVELS;
use crate::model::gemm::{Matrix, Update, multiply};
use crate::model::simd::{self, softmax};

struct LevelLoss {
    levels: Arc<Vec<u8>>,
    /// The gradients are computed with the loss, because the logits are gone afterwards. They are kept only if somebody
    /// may ask for them.
    wanted: bool,
    kept: Kept<Gradients>,
}

struct Gradients {
    x: Vec<f32>,
    weight: Vec<f32>,
    bias: Vec<f32>,
}

/// A scalar, in nats: the mean over rows of the cross entropy of `levels` `[rows]` under the softmax of
/// `x` `[rows, channels]` x `weight` `[channels, 256]` + `bias` `[256]`.
pub fn level_loss(x: &Tensor, weight: &Tensor, bias: &Tensor, levels: Arc<Vec<u8>>) -> Result<Tensor> {
    if x.dim(0)? != levels.len() || levels.is_empty() {
        bail!("level loss: {} rows against {} levels", x.dim(0)?, levels.len());
    }
    let wanted = x.track_op() || weight.track_op() || bias.track_op();
    x.apply_op3(weight, bias, LevelLoss { levels, wanted, kept: Kept::nothing() })
}

impl CustomOp3 for LevelLoss {
    fn name(&self) -> &'static str {
        "level-loss"
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
        let ((rows, inner), dims) = (x_layout.shape().dims2()?, weight_layout.shape().dims2()?);
        if dims != (inner, LEVELS) || bias_layout.shape().dims1()? != LEVELS {
            bail!("level loss: a weight of {dims:?} for {inner} channels");
        }
        let (x, weight, bias) = (operand(x, x_layout)?, operand(weight, weight_layout)?, operand(bias, bias_layout)?);
        let mut dx = vec![0.0; rows * inner];
        let share = 1.0 / rows as f32;
        let parts = for_tiles(&tiles(rows, 1), &mut dx, |tile, dx| {
            let x = Matrix::new(&x[tile.start * inner..tile.end * inner], inner);
            let mut logits = bias.repeat(tile.len());
            multiply(&mut logits, Update::Add, x, Matrix::new(weight, LEVELS));
            let mut loss = 0.0_f64;
            for (row, &level) in logits.chunks_exact_mut(LEVELS).zip(&self.levels[tile]) {
                let own = row[usize::from(level)];
                loss += f64::from(softmax(row) - own);
                row[usize::from(level)] -= 1.0;
            }
            let mut part = Vec::new();
            if self.wanted {
                simd::scale(&mut logits, share);
                part = vec![0.0; (inner + 1) * LEVELS];
                let (d_weight, d_bias) = part.split_at_mut(inner * LEVELS);
                multiply(d_weight, Update::Replace, x.transposed(), Matrix::new(&logits, LEVELS));
                simd::add_rows(d_bias, &logits);
                let weight = Matrix::new(weight, LEVELS).transposed();
                multiply(dx, Update::Replace, Matrix::new(&logits, LEVELS), weight);
            }
            (loss, part)
        });
        let (losses, parts): (Vec<f64>, Vec<Vec<f32>>) = parts.into_iter().unzip();
        if self.wanted {
            let mut weight = add_up(parts);
            let bias = weight.split_off(inner * LEVELS);
            self.kept.put(Gradients { x: dx, weight, bias });
        }
        let loss = losses.iter().sum::<f64>() / rows as f64;
        Ok((CpuStorage::F32(vec![loss as f32]), ().into()))
    }

    fn bwd(
        &self,
        x: &Tensor,
        weight: &Tensor,
        bias: &Tensor,
        _out: &Tensor,
        grad: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>, Option<Tensor>)> {
        let Gradients { x: dx, weight: d_weight, bias: d_bias } = self.kept.take()?;
        let scale = grad.to_scalar::<f32>()?;
        let scaled = |mut values: Vec<f32>, of: &Tensor| {
            simd::scale(&mut values, scale);
            tensor(values, of.shape().clone())
        };
        Ok((Some(scaled(dx, x)?), Some(scaled(d_weight, weight)?), Some(scaled(d_bias, bias)?)))
    }
}

#[cfg(test)]
mod tests {
    use super::super::check::{gradients, random};
    use super::*;

    fn levels(n: usize) -> Arc<Vec<u8>> {
        Arc::new((0..n).map(|i| (i * 77 % 256) as u8).collect())
    }

    #[test]
    fn the_loss_is_candles_cross_entropy() {
        let (x, w, b) = (random(&[700, 3], 1), random(&[3, LEVELS], 2), random(&[LEVELS], 3));
        let ours = level_loss(&x, &w, &b, levels(700)).unwrap().to_scalar::<f32>().unwrap();
        let logits = x.matmul(&w).unwrap().broadcast_add(&b).unwrap();
        let targets: Vec<u32> = levels(700).iter().map(|&l| u32::from(l)).collect();
        let targets = Tensor::new(targets, &candle_core::Device::Cpu).unwrap();
        let theirs = candle_nn::loss::cross_entropy(&logits, &targets).unwrap().to_scalar::<f32>().unwrap();
        assert!((ours - theirs).abs() < 1e-5, "{ours} {theirs}");
    }

    #[test]
    fn equal_logits_cost_the_logarithm_of_256() {
        let zeros = |shape: &[usize]| tensor(vec![0.0; shape.iter().product()], shape).unwrap();
        let loss = level_loss(&zeros(&[4, 2]), &zeros(&[2, LEVELS]), &zeros(&[LEVELS]), levels(4)).unwrap();
        assert!((loss.to_scalar::<f32>().unwrap() - 256.0_f32.ln()).abs() < 1e-6);
    }

    #[test]
    fn gradients_agree_with_finite_differences() {
        // With few rows, each gradient is large compared with the rounding of a difference of losses.
        let big = |shape: &[usize], seed| (random(shape, seed) * 2.0).unwrap();
        gradients(&[big(&[3, 2], 1), big(&[2, LEVELS], 2), big(&[LEVELS], 3)], |t| {
            level_loss(&t[0], &t[1], &t[2], levels(3))
        });
    }
}
