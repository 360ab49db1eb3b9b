//! A stack of gated residual blocks as one operation, from rows to rows.

use candle_core::{CpuStorage, CustomOp2, Layout, Result, Shape, Tensor, bail};

use super::blocks::{Stack, Trace};
use super::{Kept, add_up, borrow, for_tiles, index_of, operand, tensor, tiles};

struct GatedStack {
    stack: Stack,
    wanted: bool,
    kept: Kept<Vec<Kept<Vec<Trace>>>>,
}

/// Passes `x` `[batch * frames, channels]` through `stack` with its packed `parameters`.
pub fn gated_stack(x: &Tensor, parameters: &Tensor, stack: Stack) -> Result<Tensor> {
    let wanted = x.track_op() || parameters.track_op();
    x.apply_op2(parameters, GatedStack { stack, wanted, kept: Kept::nothing() })
}

impl CustomOp2 for GatedStack {
    fn name(&self) -> &'static str {
        "gated-stack"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        x_layout: &Layout,
        parameters: &CpuStorage,
        parameters_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (rows, c) = x_layout.shape().dims2()?;
        let dims = parameters_layout.shape().dims2()?;
        if dims != self.stack.parameters() || c != self.stack.channels || !rows.is_multiple_of(self.stack.frames) {
            bail!("gated stack: [{rows}, {c}] and parameters of {dims:?} for {:?}", self.stack);
        }
        let (x, parameters) = (operand(x, x_layout)?, operand(parameters, parameters_layout)?);
        let mut out = vec![0.0; rows * c];
        let traces = for_tiles(&tiles(rows, self.stack.frames), &mut out, |tile, out| {
            out.copy_from_slice(&x[tile.start * c..tile.end * c]);
            Kept::holding(self.stack.forward(out, parameters, self.wanted))
        });
        if self.wanted {
            self.kept.put(traces);
        }
        Ok((CpuStorage::F32(out), (rows, c).into()))
    }

    fn bwd(
        &self,
        x: &Tensor,
        parameters: &Tensor,
        _out: &Tensor,
        grad: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>)> {
        let (rows, c) = x.dims2()?;
        let shape = parameters.shape().clone();
        let traces = self.kept.take()?;
        borrow!(parameters = parameters);
        borrow!(grad = grad);
        let mut dx = grad.to_vec();
        let tiles = tiles(rows, self.stack.frames);
        let parts = for_tiles(&tiles, &mut dx, |tile, dx| {
            Ok(self.stack.backward(dx, traces[index_of(&tiles, &tile)].take()?, parameters))
        });
        let mut d_parameters = add_up(parts.into_iter().collect::<Result<_>>()?);
        d_parameters.resize(shape.elem_count(), 0.0);
        Ok((Some(tensor(dx, (rows, c))?), Some(tensor(d_parameters, shape)?)))
    }
}

#[cfg(test)]
mod tests {
    use std::ops::Range;
    use std::sync::Arc;

    use super::super::blocks::{BlockLayout, EPSILON};
    use super::super::check::{gradients, random};
    use super::super::taps::conv;
    use super::*;

    const C: usize = 3;
    const FRAMES: usize = 5;

    fn stack(dilations: &[usize]) -> Stack {
        Stack { frames: FRAMES, channels: C, dilations: Arc::new(dilations.to_vec()) }
    }

    /// The same block, made of candle's own operations.
    fn slow_block(x: &Tensor, p: &Tensor, dilation: usize) -> Result<Tensor> {
        let l = BlockLayout::new(C);
        let part = |r: &Range<usize>| p.narrow(0, r.start, r.len());
        let batch = x.dim(0)? / FRAMES;
        let flat = x.reshape((batch, FRAMES * C))?;
        let centred = flat.broadcast_sub(&flat.mean_keepdim(1)?)?;
        let deviation = (centred.sqr()?.mean_keepdim(1)? + f64::from(EPSILON))?.sqrt()?;
        let unit = centred.broadcast_div(&deviation)?.reshape((batch * FRAMES, C))?;
        let normalised = unit.broadcast_mul(&part(&l.gain)?)?.broadcast_add(&part(&l.offset)?)?;
        let w = part(&l.conv)?.reshape((2 * C, 2 * C))?;
        let both = conv(&normalised, FRAMES, dilation, &w, &part(&l.conv_bias)?)?;
        let gated = (both.narrow(1, 0, C)?.tanh()? * candle_nn::ops::sigmoid(&both.narrow(1, C, C)?.contiguous()?)?)?;
        x + gated.matmul(&part(&l.mix)?.reshape((C, C))?)?.broadcast_add(&part(&l.mix_bias)?)?
    }

    #[test]
    fn forward_and_backward_agree_with_candles_own_operations() {
        // More rows than a tile has.
        let x = candle_core::Var::from_tensor(&random(&[FRAMES * 120, C], 1)).unwrap();
        let p = candle_core::Var::from_tensor(&random(&[2, BlockLayout::new(C).len], 2)).unwrap();
        let fast = gated_stack(&x, &p, stack(&[1, 2])).unwrap();
        let mut slow = x.as_tensor().clone();
        for (i, dilation) in [1, 2].into_iter().enumerate() {
            slow = slow_block(&slow, &p.get(i).unwrap(), dilation).unwrap();
        }
        let close = |a: &Tensor, b: &Tensor, limit: f32| {
            let error = (a - b).unwrap().abs().unwrap().max_all().unwrap().to_scalar::<f32>().unwrap();
            assert!(error < limit, "{error}");
        };
        close(&fast, &slow, 1e-4);
        let weights = random(&[FRAMES * 120, C], 3);
        let ours = (fast * &weights).unwrap().sum_all().unwrap().backward().unwrap();
        let theirs = (slow * &weights).unwrap().sum_all().unwrap().backward().unwrap();
        close(ours.get(&x).unwrap(), theirs.get(&x).unwrap(), 1e-3);
        close(ours.get(&p).unwrap(), theirs.get(&p).unwrap(), 1e-2);
    }

    #[test]
    fn gradients_agree_with_finite_differences() {
        for d in [&[1][..], &[2, 1], &[8]] {
            let p = random(&[d.len(), BlockLayout::new(C).len], 2);
            gradients(&[random(&[2 * FRAMES, C], 1), p], |t| gated_stack(&t[0], &t[1], stack(d)));
        }
    }

    #[test]
    fn without_gradients_the_result_is_the_same() {
        let (x, p) = (random(&[4 * FRAMES, C], 1), random(&[1, BlockLayout::new(C).len], 2));
        let plain = gated_stack(&x, &p, stack(&[2])).unwrap().to_vec2::<f32>().unwrap();
        let var = candle_core::Var::from_tensor(&x).unwrap();
        let tracked = gated_stack(&var, &p, stack(&[2])).unwrap().to_vec2::<f32>().unwrap();
        assert_eq!(plain, tracked);
    }
}
