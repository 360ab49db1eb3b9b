//! A row for every frame from one row a chunk: the chunk's row plus what is learned for each place in it.

use candle_core::{CpuStorage, CustomOp2, Layout, Result, Shape, Tensor};
use rayon::prelude::*;

use super::{borrow, operand, tensor};
use crate::model::simd;

struct Spread;

/// `x` [batch, channels] and `place` [frames, channels] as [batch * frames, channels].
pub fn spread(x: &Tensor, place: &Tensor) -> Result<Tensor> {
    x.apply_op2(place, Spread)
}

impl CustomOp2 for Spread {
    fn name(&self) -> &'static str {
        "spread"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        x_layout: &Layout,
        place: &CpuStorage,
        place_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let ((batch, width), frames) = (x_layout.shape().dims2()?, place_layout.shape().dims2()?.0);
        let (x, place) = (operand(x, x_layout)?, operand(place, place_layout)?);
        let mut out = vec![0.0; batch * frames * width];
        out.par_chunks_mut(frames * width).zip(x.par_chunks(width)).for_each(|(out, x)| {
            out.copy_from_slice(place);
            out.chunks_exact_mut(width).for_each(|row| simd::add(row, x));
        });
        Ok((CpuStorage::F32(out), (batch * frames, width).into()))
    }

    fn bwd(
        &self,
        x: &Tensor,
        place: &Tensor,
        _out: &Tensor,
        grad: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>)> {
        let ((batch, width), frames) = (x.dims2()?, place.dim(0)?);
        borrow!(grad = grad);
        let mut dx = vec![0.0; batch * width];
        let mut d_place = vec![0.0; frames * width];
        for (dx, grad) in dx.chunks_exact_mut(width).zip(grad.chunks_exact(frames * width)) {
            simd::add_rows(dx, grad);
        }
        simd::add_rows(&mut d_place, grad);
        Ok((Some(tensor(dx, (batch, width))?), Some(tensor(d_place, (frames, width))?)))
    }
}

#[cfg(test)]
mod tests {
    use super::super::check::{gradients, random};
    use super::*;

    #[test]
    fn every_frame_is_its_chunk_plus_its_place() {
        let (x, place) = (random(&[2, 3], 1), random(&[4, 3], 2));
        let out = spread(&x, &place).unwrap().reshape((2, 4, 3)).unwrap();
        let exact = x.unsqueeze(1).unwrap().broadcast_add(&place.unsqueeze(0).unwrap()).unwrap();
        assert_eq!(out.to_vec3::<f32>().unwrap(), exact.to_vec3::<f32>().unwrap());
    }

    #[test]
    fn gradients_agree_with_finite_differences() {
        gradients(&[random(&[3, 2], 1), random(&[5, 2], 2)], |t| spread(&t[0], &t[1]));
    }
}
