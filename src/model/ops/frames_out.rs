//! From one row a chunk to one row for each frame: the chunk's row plus a learned row for each position in the chunk,
//! passed through a stack of gated blocks.

use candle_core::{CpuStorage, CustomOp3, Layout, Result, Shape, Tensor, bail};

use super::blocks::{Stack, Trace};
use super::{Kept, add_up, borrow, for_tiles, index_of, operand, tensor, tiles};
use crate::model::simd;

struct FramesOut {
    stack: Stack,
    wanted: bool,
    kept: Kept<Vec<Kept<Vec<Trace>>>>,
}

/// Passes the sums of `x` `[batch, channels]` and `place` `[frames, channels]` through `stack` with its packed
/// `parameters`. Returns `[batch * frames, channels]`.
pub fn frames_out(x: &Tensor, place: &Tensor, parameters: &Tensor, stack: Stack) -> Result<Tensor> {
    let wanted = x.track_op() || place.track_op() || parameters.track_op();
    x.apply_op3(place, parameters, FramesOut { stack, wanted, kept: Kept::nothing() })
}

impl CustomOp3 for FramesOut {
    fn name(&self) -> &'static str {
        "frames-out"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        x_layout: &Layout,
        place: &CpuStorage,
        place_layout: &Layout,
        parameters: &CpuStorage,
        parameters_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let ((batch, c), frames) = (x_layout.shape().dims2()?, self.stack.frames);
        let (dims, places) = (parameters_layout.shape().dims2()?, place_layout.shape().dims2()?);
        if dims != self.stack.parameters() || places != (frames, c) || c != self.stack.channels {
            bail!("frames out: [{batch}, {c}] with places {places:?} and {dims:?}");
        }
        let (x, place) = (operand(x, x_layout)?, operand(place, place_layout)?);
        let parameters = operand(parameters, parameters_layout)?;
        let mut out = vec![0.0; batch * frames * c];
        let traces = for_tiles(&tiles(batch * frames, frames), &mut out, |tile, out| {
            let x = &x[tile.start / frames * c..tile.end / frames * c];
            for (out, x) in out.chunks_exact_mut(frames * c).zip(x.chunks_exact(c)) {
                out.copy_from_slice(place);
                out.chunks_exact_mut(c).for_each(|row| simd::add(row, x));
            }
            Kept::holding(self.stack.forward(out, parameters, self.wanted))
        });
        if self.wanted {
            self.kept.put(traces);
        }
        Ok((CpuStorage::F32(out), (batch * frames, c).into()))
    }

    fn bwd(
        &self,
        x: &Tensor,
        place: &Tensor,
        parameters: &Tensor,
        _out: &Tensor,
        grad: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>, Option<Tensor>)> {
        let ((batch, c), frames, shape) = (x.dims2()?, place.dim(0)?, parameters.shape().clone());
        let traces = self.kept.take()?;
        borrow!(parameters = parameters);
        borrow!(grad = grad);
        let mut dx = vec![0.0; batch * c];
        let tiles = tiles(batch * frames, frames);
        let parts = for_tiles(&tiles, &mut dx, |tile, dx| {
            let mut rows = grad[tile.start * c..tile.end * c].to_vec();
            let traces = traces[index_of(&tiles, &tile)].take()?;
            let mut part = self.stack.backward(&mut rows, traces, parameters);
            // Then the gradient of the positions.
            let from = part.len();
            part.resize(from + frames * c, 0.0);
            simd::add_rows(&mut part[from..], &rows);
            for (dx, rows) in dx.chunks_exact_mut(c).zip(rows.chunks_exact(frames * c)) {
                simd::add_rows(dx, rows);
            }
            Ok(part)
        });
        let mut d_parameters = add_up(parts.into_iter().collect::<Result<_>>()?);
        d_parameters.resize(shape.elem_count() + frames * c, 0.0);
        let d_place = d_parameters.split_off(shape.elem_count());
        Ok((Some(tensor(dx, (batch, c))?), Some(tensor(d_place, (frames, c))?), Some(tensor(d_parameters, shape)?)))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::blocks::BlockLayout;
    use super::super::check::{gradients, random};
    use super::super::gated_stack::gated_stack;
    use super::*;

    fn stack(channels: usize) -> Stack {
        Stack { frames: 5, channels, dilations: Arc::new(vec![2, 1]) }
    }

    #[test]
    fn it_is_a_stack_over_each_chunk_plus_its_places() {
        let (x, place) = (random(&[120, 3], 1), random(&[5, 3], 2));
        let p = random(&[2, BlockLayout::new(3).len], 3);
        let rows = x.unsqueeze(1).unwrap().broadcast_add(&place.unsqueeze(0).unwrap()).unwrap();
        let parts = gated_stack(&rows.reshape((600, 3)).unwrap(), &p, stack(3)).unwrap();
        let fused = frames_out(&x, &place, &p, stack(3)).unwrap();
        assert_eq!(fused.to_vec2::<f32>().unwrap(), parts.to_vec2::<f32>().unwrap());
    }

    #[test]
    fn gradients_agree_with_finite_differences() {
        let inputs = [random(&[3, 2], 1), random(&[5, 2], 2), random(&[2, BlockLayout::new(2).len], 3)];
        gradients(&inputs, |t| frames_out(&t[0], &t[1], &t[2], stack(2)));
    }
}
