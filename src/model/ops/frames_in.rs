//! From spectral frames to one row a chunk: a linear layer, a stack of gated blocks, and mean and deviation over time.
//! This is one operation, so that the rows in between never leave a core's cache.

use candle_core::{CpuStorage, CustomOp3, Layout, Result, Shape, Tensor, bail};
use std::sync::Arc;

use super::blocks::{Stack, Trace};
use super::pool::Pooling;
use super::{Kept, add_up, borrow, for_tiles, index_of, operand, tensor, tiles};
use crate::model::gemm::{Matrix, Update, multiply};
use crate::model::simd;

struct FramesIn {
    frames: Arc<Vec<f32>>,
    stack: Stack,
    pooling: Pooling,
    wanted: bool,
    kept: Kept<Vec<Kept<Passed>>>,
}

/// What a tile keeps for its backward pass: the traces of its blocks, and the rows that were pooled.
struct Passed {
    traces: Vec<Trace>,
    rows: Vec<f32>,
}

/// Multiplies `frames` `[batch * frames, bands]` by `weight` `[bands, channels]`, adds `bias` `[channels]`, passes the
/// result through `stack` with its packed `parameters`, and pools it to `[batch, parts * 2 * channels]`. The frames are
/// data: they get no gradient.
pub fn frames_in(
    frames: Arc<Vec<f32>>,
    weight: &Tensor,
    bias: &Tensor,
    parameters: &Tensor,
    stack: Stack,
    parts: usize,
) -> Result<Tensor> {
    let wanted = weight.track_op() || bias.track_op() || parameters.track_op();
    let pooling = Pooling { frames: stack.frames, parts };
    weight.apply_op3(bias, parameters, FramesIn { frames, stack, pooling, wanted, kept: Kept::nothing() })
}

impl CustomOp3 for FramesIn {
    fn name(&self) -> &'static str {
        "frames-in"
    }

    fn cpu_fwd(
        &self,
        weight: &CpuStorage,
        weight_layout: &Layout,
        bias: &CpuStorage,
        bias_layout: &Layout,
        parameters: &CpuStorage,
        parameters_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let ((bands, c), frames) = (weight_layout.shape().dims2()?, self.stack.frames);
        let dims = parameters_layout.shape().dims2()?;
        if dims != self.stack.parameters()
            || c != self.stack.channels
            || !self.frames.len().is_multiple_of(bands * frames)
        {
            bail!("frames in: {} values by [{bands}, {c}] and {dims:?}", self.frames.len());
        }
        let (weight, bias) = (operand(weight, weight_layout)?, operand(bias, bias_layout)?);
        let parameters = operand(parameters, parameters_layout)?;
        let rows = self.frames.len() / bands;
        let values = self.pooling.values(c);
        let mut out = vec![0.0; rows / frames * values];
        let passed = for_tiles(&tiles(rows, frames), &mut out, |tile, out| {
            let mut x = bias.repeat(tile.len());
            let data = Matrix::new(&self.frames[tile.start * bands..tile.end * bands], bands);
            multiply(&mut x, Update::Add, data, Matrix::new(weight, c));
            let traces = self.stack.forward(&mut x, parameters, self.wanted);
            self.pooling.forward(out, &x, c);
            Kept::holding(Passed { traces, rows: x })
        });
        if self.wanted {
            self.kept.put(passed);
        }
        Ok((CpuStorage::F32(out), (rows / frames, values).into()))
    }

    fn bwd(
        &self,
        weight: &Tensor,
        _bias: &Tensor,
        parameters: &Tensor,
        out: &Tensor,
        grad: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>, Option<Tensor>)> {
        let ((bands, c), shape) = (weight.dims2()?, parameters.shape().clone());
        let (frames, values) = (self.stack.frames, self.pooling.values(c));
        let passed = self.kept.take()?;
        borrow!(parameters = parameters);
        borrow!(out = out);
        borrow!(grad = grad);
        let mut dx = vec![0.0; self.frames.len() / bands * c];
        let tiles = tiles(self.frames.len() / bands, frames);
        let parts = for_tiles(&tiles, &mut dx, |tile, dx| {
            let Passed { traces, rows } = passed[index_of(&tiles, &tile)].take()?;
            let pooled = tile.start / frames * values..tile.end / frames * values;
            self.pooling.backward(dx, &rows, &out[pooled.clone()], &grad[pooled], c);
            let mut part = self.stack.backward(dx, traces, parameters);
            // Then the gradients of the weight and of the bias.
            let from = part.len();
            part.resize(from + bands * c + c, 0.0);
            let (d_weight, d_bias) = part[from..].split_at_mut(bands * c);
            let data = Matrix::new(&self.frames[tile.start * bands..tile.end * bands], bands);
            multiply(d_weight, Update::Replace, data.transposed(), Matrix::new(dx, c));
            simd::add_rows(d_bias, dx);
            Ok(part)
        });
        let mut d_parameters = add_up(parts.into_iter().collect::<Result<_>>()?);
        d_parameters.resize(shape.elem_count() + bands * c + c, 0.0);
        let mut d_weight = d_parameters.split_off(shape.elem_count());
        let d_bias = d_weight.split_off(bands * c);
        Ok((Some(tensor(d_weight, (bands, c))?), Some(tensor(d_bias, c)?), Some(tensor(d_parameters, shape)?)))
    }
}

#[cfg(test)]
mod tests {
    use super::super::blocks::BlockLayout;
    use super::super::check::{gradients, numbers, random};
    use super::super::gated_stack::gated_stack;
    use super::super::linear::linear;
    use super::super::pool::pool;
    use super::*;

    const BANDS: usize = 4;

    fn stack(channels: usize) -> Stack {
        Stack { frames: 5, channels, dilations: Arc::new(vec![1, 2]) }
    }

    fn parameters(channels: usize) -> [Tensor; 3] {
        let packed = random(&[2, BlockLayout::new(channels).len], 3);
        [random(&[BANDS, channels], 1), random(&[channels], 2), packed]
    }

    #[test]
    fn it_is_its_three_parts() {
        let (data, [w, b, p]) = (numbers(5 * 130 * BANDS, 4), parameters(3));
        let fused = frames_in(Arc::new(data.clone()), &w, &b, &p, stack(3), 2).unwrap();
        let rows = linear(&tensor(data, (5 * 130, BANDS)).unwrap(), &w, &b).unwrap();
        let pooling = Pooling { frames: 5, parts: 2 };
        let parts = pool(&gated_stack(&rows, &p, stack(3)).unwrap(), pooling).unwrap();
        let error = (fused - parts).unwrap().abs().unwrap().max_all().unwrap().to_scalar::<f32>().unwrap();
        assert!(error < 1e-5, "{error}");
    }

    #[test]
    fn gradients_agree_with_finite_differences() {
        let data = Arc::new(numbers(15 * BANDS, 4));
        gradients(&parameters(2), |t| frames_in(data.clone(), &t[0], &t[1], &t[2], stack(2), 2));
    }
}
