//! A linear layer to spectral frames and the mean squared difference from the true frames, as one operation.

use candle_core::{CpuStorage, CustomOp3, Layout, Result, Shape, Tensor, bail};
use std::sync::Arc;

use super::{Kept, add_up, for_tiles, operand, tensor, tiles};
use crate::model::gemm::{Matrix, Update, multiply};
use crate::model::simd::{self, kernel, pairs, sum};

struct FramesLoss {
    target: Arc<Vec<f32>>,
    kept: Kept<[Vec<f32>; 3]>,
}

/// A scalar: the mean of (x `[rows, channels]` x `weight` `[channels, bands]` + `bias` `[bands]` - target)^2.
pub fn frames_loss(x: &Tensor, weight: &Tensor, bias: &Tensor, target: Arc<Vec<f32>>) -> Result<Tensor> {
    if x.dim(0)? * weight.dim(1)? != target.len() || target.is_empty() {
        bail!("frames loss: {:?} by {:?} against {} values", x.dims(), weight.dims(), target.len());
    }
    x.apply_op3(weight, bias, FramesLoss { target, kept: Kept::nothing() })
}

kernel! {
    /// Subtracts the target and scales the difference. Returns the sum of squares before the scaling.
    fn errors<'a>(values: &'a mut [f32], target: &'a [f32], scale: f32) -> f32 {
        pairs(values, target, |x, target| *x -= target);
        let squares = sum(values, |x| x * x);
        for x in values.iter_mut() {
            *x *= scale;
        }
        squares
    }
}

impl CustomOp3 for FramesLoss {
    fn name(&self) -> &'static str {
        "frames-loss"
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
        let ((rows, c), (w_rows, bands)) = (x_layout.shape().dims2()?, weight_layout.shape().dims2()?);
        if c != w_rows || bias_layout.shape().dims1()? != bands {
            bail!("frames loss: [{rows}, {c}] by [{w_rows}, {bands}]");
        }
        let (x, weight, bias) = (operand(x, x_layout)?, operand(weight, weight_layout)?, operand(bias, bias_layout)?);
        let scale = 2.0 / self.target.len() as f32;
        let mut dx = vec![0.0; rows * c];
        let parts = for_tiles(&tiles(rows, 1), &mut dx, |tile, dx| {
            let x = Matrix::new(&x[tile.start * c..tile.end * c], c);
            let weight = Matrix::new(weight, bands);
            let mut y = bias.repeat(tile.len());
            multiply(&mut y, Update::Add, x, weight);
            let squares = errors(&mut y, &self.target[tile.start * bands..tile.end * bands], scale);
            let mut part = vec![0.0; (c + 1) * bands];
            let (d_weight, d_bias) = part.split_at_mut(c * bands);
            multiply(d_weight, Update::Replace, x.transposed(), Matrix::new(&y, bands));
            simd::add_rows(d_bias, &y);
            multiply(dx, Update::Replace, Matrix::new(&y, bands), weight.transposed());
            (f64::from(squares), part)
        });
        let (squares, parts): (Vec<f64>, Vec<Vec<f32>>) = parts.into_iter().unzip();
        let mut d_weight = add_up(parts);
        let d_bias = d_weight.split_off(c * bands);
        self.kept.put([dx, d_weight, d_bias]);
        let loss = squares.iter().sum::<f64>() / self.target.len() as f64;
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
        let scale = grad.to_scalar::<f32>()?;
        let [dx, d_weight, d_bias] = self.kept.take()?;
        let scaled = |mut values: Vec<f32>, of: &Tensor| {
            simd::scale(&mut values, scale);
            tensor(values, of.shape().clone()).map(Some)
        };
        Ok((scaled(dx, x)?, scaled(d_weight, weight)?, scaled(d_bias, bias)?))
    }
}

#[cfg(test)]
mod tests {
    use super::super::check::{gradients, numbers, random};
    use super::super::linear::linear;
    use super::*;

    #[test]
    fn the_loss_is_the_mean_of_squares() {
        let (x, w, b) = (random(&[600, 3], 1), random(&[3, 4], 2), random(&[4], 3));
        let target = numbers(2400, 4);
        let loss = frames_loss(&x, &w, &b, Arc::new(target.clone())).unwrap().to_scalar::<f32>().unwrap();
        let y = linear(&x, &w, &b).unwrap().flatten_all().unwrap().to_vec1::<f32>().unwrap();
        let exact = y.iter().zip(&target).map(|(y, t)| f64::from(y - t).powi(2)).sum::<f64>() / 2400.0;
        assert!((f64::from(loss) - exact).abs() < 1e-5, "{loss} {exact}");
        assert!(frames_loss(&x, &w, &b, Arc::new(vec![0.0])).is_err());
    }

    #[test]
    fn gradients_agree_with_finite_differences() {
        let target = Arc::new(numbers(12, 5));
        gradients(&[random(&[4, 2], 1), random(&[2, 3], 2), random(&[3], 3)], |t| {
            frames_loss(&t[0], &t[1], &t[2], target.clone())
        });
    }
}
