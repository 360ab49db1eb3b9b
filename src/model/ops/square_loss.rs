//! The mean squared difference from a target.

use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Tensor, bail};
use std::sync::Arc;

use super::{borrow, operand, tensor};
use crate::model::simd::{kernel, sum};

struct SquareLoss {
    target: Arc<Vec<f32>>,
}

/// A scalar: the mean over all elements of (x - target)^2.
pub fn square_loss(x: &Tensor, target: Arc<Vec<f32>>) -> Result<Tensor> {
    if x.elem_count() != target.len() || target.is_empty() {
        bail!("square loss: {} values against {}", x.elem_count(), target.len());
    }
    x.apply_op1(SquareLoss { target })
}

kernel! {
    fn difference<'a>(out: &'a mut [f32], x: &'a [f32], target: &'a [f32], scale: f32) {
        for ((out, x), target) in out.iter_mut().zip(x).zip(target) {
            *out = (x - target) * scale;
        }
    }
}

kernel! {
    fn total_of_squares<'a>(x: &'a [f32]) -> f32 {
        sum(x, |x| x * x)
    }
}

impl CustomOp1 for SquareLoss {
    fn name(&self) -> &'static str {
        "square-loss"
    }

    fn cpu_fwd(&self, x: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        const BLOCK: usize = 4096;
        let x = operand(x, layout)?;
        let mut errors = [0.0; BLOCK];
        let mut total = 0.0_f64;
        for (x, target) in x.chunks(BLOCK).zip(self.target.chunks(BLOCK)) {
            let errors = &mut errors[..x.len()];
            difference(errors, x, target, 1.0);
            total += f64::from(total_of_squares(errors));
        }
        Ok((CpuStorage::F32(vec![(total / self.target.len() as f64) as f32]), ().into()))
    }

    fn bwd(&self, x: &Tensor, _out: &Tensor, grad: &Tensor) -> Result<Option<Tensor>> {
        let shape = x.shape().clone();
        let scale = 2.0 * grad.to_scalar::<f32>()? / self.target.len() as f32;
        borrow!(x = x);
        let mut dx = vec![0.0; x.len()];
        difference(&mut dx, x, &self.target, scale);
        Ok(Some(tensor(dx, shape)?))
    }
}

#[cfg(test)]
mod tests {
    use super::super::check::{gradients, numbers, random};
    use super::*;

    #[test]
    fn the_loss_is_the_mean_of_squares() {
        let x = Tensor::new(&[1.0_f32, 2.0, 4.0], &candle_core::Device::Cpu).unwrap();
        let loss = square_loss(&x, Arc::new(vec![0.0, 2.0, 2.0])).unwrap().to_scalar::<f32>().unwrap();
        assert!((loss - 5.0 / 3.0).abs() < 1e-6);
        assert!(square_loss(&x, Arc::new(vec![0.0])).is_err());
    }

    #[test]
    fn gradients_agree_with_finite_differences() {
        let target = Arc::new(numbers(15, 5));
        gradients(&[random(&[5, 3], 1)], |t| square_loss(&t[0], target.clone()));
    }
}
