//! A stack of gated residual blocks as one operation. A block normalises a chunk's rows over time and channels together
//! (as GroupNorm with one group does), convolves them causally (kernel 2, dilated) to twice the channels, gates one
//! half's tanh by the other's sigmoid, mixes the channels and adds the result to what came in.
//!
//! Nothing in it looks beyond a chunk, so a few chunks at a time go through the whole stack while they are in a core's
//! cache, forward and backward.

use candle_core::{CpuStorage, CustomOp2, Layout, Result, Shape, Tensor, bail};
use std::ops::Range;
use std::sync::Arc;

use super::{Kept, add_up, borrow, for_tiles, operand, tensor, tiles};
use crate::model::gemm::{Matrix, Update, multiply};
use crate::model::simd::{self, kernel, sigmoid, sum, tanh};

const EPSILON: f32 = 1e-5;

/// Where a block's parameters are within its row of the packed ones, for `c` channels.
pub struct BlockLayout {
    /// Gain, then offset, of the normalised input: [c] each.
    pub gain: Range<usize>,
    pub offset: Range<usize>,
    /// [2c, 2c]: the earlier tap's rows first; columns for tanh, then for sigmoid.
    pub conv: Range<usize>,
    pub conv_bias: Range<usize>,
    /// [c, c].
    pub mix: Range<usize>,
    pub mix_bias: Range<usize>,
    pub len: usize,
}

impl BlockLayout {
    pub fn new(c: usize) -> Self {
        let mut len = 0;
        let mut next = |size: usize| {
            len += size;
            len - size..len
        };
        let (gain, offset) = (next(c), next(c));
        let (conv, conv_bias) = (next(4 * c * c), next(2 * c));
        let (mix, mix_bias) = (next(c * c), next(c));
        Self { gain, offset, conv, conv_bias, mix, mix_bias, len }
    }
}

struct GatedStack {
    frames: usize,
    dilations: Arc<Vec<usize>>,
    wanted: bool,
    kept: Kept<Vec<Vec<Trace>>>,
}

/// What a block leaves for its way back, for one tile.
struct Trace {
    input: Vec<f32>,
    /// Mean and reciprocal deviation of each chunk.
    moments: Vec<(f32, f32)>,
    /// tanh and sigmoid: [rows, 2c].
    gates: Vec<f32>,
}

/// `x` [batch * frames, channels] through a block for each dilation, with `parameters` [blocks, `BlockLayout::len`].
pub fn gated_stack(x: &Tensor, parameters: &Tensor, frames: usize, dilations: Arc<Vec<usize>>) -> Result<Tensor> {
    let wanted = x.track_op() || parameters.track_op();
    x.apply_op2(parameters, GatedStack { frames, dilations, wanted, kept: Kept::nothing() })
}

kernel! {
    /// Normalises each chunk and writes both taps of each row, [rows, 2c]; `moments` are made where they are missing.
    fn normalised_taps<'a>(
        taps: &'a mut [f32], moments: &'a mut Vec<(f32, f32)>, x: &'a [f32], gain: &'a [f32], offset: &'a [f32],
        frames: usize, dilation: usize,
    ) {
        let c = gain.len();
        let fresh = moments.is_empty();
        for (n, (taps, x)) in taps.chunks_exact_mut(frames * 2 * c).zip(x.chunks_exact(frames * c)).enumerate() {
            if fresh {
                let mean = sum(x, |x| x) / x.len() as f32;
                let variance = sum(x, |x| (x - mean) * (x - mean)) / x.len() as f32;
                moments.push((mean, 1.0 / (variance + EPSILON).sqrt()));
            }
            let (mean, scale) = moments[n];
            for t in 0..frames {
                let from = &x[t * c..][..c];
                let to = &mut taps[t * 2 * c + c..][..c];
                for i in 0..c {
                    to[i] = (from[i] - mean) * scale * gain[i] + offset[i];
                }
                if t < dilation {
                    taps[t * 2 * c..][..c].fill(0.0);
                }
                if t + dilation < frames {
                    let (now, later) = (t * 2 * c + c, (t + dilation) * 2 * c);
                    taps.copy_within(now..now + c, later);
                }
            }
        }
    }
}

kernel! {
    /// Adds the bias, turns the first half of each row of `gates` [rows, 2c] into its tanh, the second into its sigmoid,
    /// and writes their product.
    fn gate<'a>(product: &'a mut [f32], gates: &'a mut [f32], bias: &'a [f32]) {
        let c = bias.len() / 2;
        let (u_bias, v_bias) = bias.split_at(c);
        for (product, row) in product.chunks_exact_mut(c).zip(gates.chunks_exact_mut(2 * c)) {
            let (u, v) = row.split_at_mut(c);
            for i in 0..c {
                u[i] = tanh(u[i] + u_bias[i]);
                v[i] = sigmoid(v[i] + v_bias[i]);
                product[i] = u[i] * v[i];
            }
        }
    }
}

kernel! {
    fn products<'a>(product: &'a mut [f32], gates: &'a [f32], c: usize) {
        for (product, row) in product.chunks_exact_mut(c).zip(gates.chunks_exact(2 * c)) {
            let (u, v) = row.split_at(c);
            for i in 0..c {
                product[i] = u[i] * v[i];
            }
        }
    }
}

kernel! {
    /// From the product's gradient to that of what went into tanh and sigmoid, in the place of `gates`.
    fn gate_backward<'a>(gates: &'a mut [f32], d_product: &'a [f32], c: usize) {
        for (row, d) in gates.chunks_exact_mut(2 * c).zip(d_product.chunks_exact(c)) {
            let (u, v) = row.split_at_mut(c);
            for i in 0..c {
                let (t, s) = (u[i], v[i]);
                u[i] = d[i] * s * (1.0 - t * t);
                v[i] = d[i] * t * s * (1.0 - s);
            }
        }
    }
}

kernel! {
    /// From the taps' gradient to the input's, which is added to `dx`; and the gain's and offset's.
    fn normalised_taps_backward<'a>(
        dx: &'a mut [f32], d_gain: &'a mut [f32], d_offset: &'a mut [f32], d_taps: &'a mut [f32], x: &'a [f32],
        moments: &'a [(f32, f32)], gain: &'a [f32], frames: usize, dilation: usize,
    ) {
        let c = gain.len();
        let chunks = dx.chunks_exact_mut(frames * c).zip(d_taps.chunks_exact_mut(frames * 2 * c));
        for (((dx, d_taps), x), &(mean, scale)) in chunks.zip(x.chunks_exact(frames * c)).zip(moments) {
            let mut sums = [0.0_f32; 32];
            let mut products = [0.0_f32; 32];
            for t in 0..frames {
                let later = (t + dilation < frames).then(|| (t + dilation) * 2 * c);
                let now = t * 2 * c + c;
                if let Some(later) = later {
                    let (head, tail) = d_taps.split_at_mut(later);
                    for (to, from) in head[now..now + c].iter_mut().zip(&tail[..c]) {
                        *to += from;
                    }
                }
                let d = &mut d_taps[now..now + c];
                let x = &x[t * c..][..c];
                for i in 0..c {
                    let unit = (x[i] - mean) * scale;
                    d_gain[i] += d[i] * unit;
                    d_offset[i] += d[i];
                    d[i] *= gain[i];
                }
                for (d, x) in d.chunks(32).zip(x.chunks(32)) {
                    for i in 0..d.len() {
                        sums[i] += d[i];
                        products[i] += d[i] * (x[i] - mean) * scale;
                    }
                }
            }
            let count = (frames * c) as f32;
            let (mean_d, mean_product) = (sums.iter().sum::<f32>() / count, products.iter().sum::<f32>() / count);
            for t in 0..frames {
                let (d, x, dx) = (&d_taps[t * 2 * c + c..][..c], &x[t * c..][..c], &mut dx[t * c..][..c]);
                for i in 0..c {
                    dx[i] += scale * (d[i] - mean_d - (x[i] - mean) * scale * mean_product);
                }
            }
        }
    }
}

/// Writes `bias` to each row of `out` and adds what is there.
fn add_bias(out: &mut [f32], bias: &[f32]) {
    out.chunks_exact_mut(bias.len()).for_each(|row| simd::add(row, bias));
}

impl GatedStack {
    /// Sends the rows of `x` through the stack in place.
    fn forward(&self, x: &mut [f32], parameters: &[f32], layout: &BlockLayout, c: usize) -> Vec<Trace> {
        let rows = x.len() / c;
        let mut taps = vec![0.0; rows * 2 * c];
        let mut product = vec![0.0; rows * c];
        let mut gates = vec![0.0; rows * 2 * c];
        let mut traces = Vec::new();
        for (p, &dilation) in parameters.chunks_exact(layout.len).zip(self.dilations.iter()) {
            let input = if self.wanted { x.to_vec() } else { Vec::new() };
            let mut moments = Vec::with_capacity(rows / self.frames);
            let (gain, offset) = (&p[layout.gain.clone()], &p[layout.offset.clone()]);
            normalised_taps(&mut taps, &mut moments, x, gain, offset, self.frames, dilation);
            let conv = Matrix::new(&p[layout.conv.clone()], 2 * c);
            multiply(&mut gates, Update::Replace, Matrix::new(&taps, 2 * c), conv);
            gate(&mut product, &mut gates, &p[layout.conv_bias.clone()]);
            add_bias(x, &p[layout.mix_bias.clone()]);
            multiply(x, Update::Add, Matrix::new(&product, c), Matrix::new(&p[layout.mix.clone()], c));
            if self.wanted {
                let gates = std::mem::replace(&mut gates, vec![0.0; rows * 2 * c]);
                traces.push(Trace { input, moments, gates });
            }
        }
        traces
    }

    /// Turns the gradient of a tile's result, in place, into that of its input; returns that of the parameters.
    fn backward(
        &self,
        dx: &mut [f32],
        traces: Vec<Trace>,
        parameters: &[f32],
        layout: &BlockLayout,
        c: usize,
    ) -> Vec<f32> {
        let rows = dx.len() / c;
        let mut taps = vec![0.0; rows * 2 * c];
        let mut product = vec![0.0; rows * c];
        let mut gradients = vec![0.0; parameters.len()];
        let blocks = parameters.chunks_exact(layout.len).zip(gradients.chunks_exact_mut(layout.len));
        for (((p, g), &dilation), trace) in blocks.zip(self.dilations.iter()).zip(traces).rev() {
            let Trace { input, mut moments, mut gates } = trace;
            let (gain, offset) = (&p[layout.gain.clone()], &p[layout.offset.clone()]);
            normalised_taps(&mut taps, &mut moments, &input, gain, offset, self.frames, dilation);
            products(&mut product, &gates, c);

            let d_mix = &mut g[layout.mix.clone()];
            multiply(d_mix, Update::Replace, Matrix::new(&product, c).transposed(), Matrix::new(dx, c));
            simd::add_rows(&mut g[layout.mix_bias.clone()], dx);
            let mix = Matrix::new(&p[layout.mix.clone()], c).transposed();
            multiply(&mut product, Update::Replace, Matrix::new(dx, c), mix);
            gate_backward(&mut gates, &product, c);

            let d_gates = Matrix::new(&gates, 2 * c);
            let d_conv = &mut g[layout.conv.clone()];
            multiply(d_conv, Update::Replace, Matrix::new(&taps, 2 * c).transposed(), d_gates);
            simd::add_rows(&mut g[layout.conv_bias.clone()], &gates);
            let conv = Matrix::new(&p[layout.conv.clone()], 2 * c).transposed();
            multiply(&mut taps, Update::Replace, d_gates, conv);

            let (d_gain, d_offset) = g[layout.gain.start..layout.offset.end].split_at_mut(c);
            let frames = self.frames;
            normalised_taps_backward(dx, d_gain, d_offset, &mut taps, &input, &moments, gain, frames, dilation);
        }
        gradients
    }
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
        let layout = BlockLayout::new(c);
        let dims = parameters_layout.shape().dims2()?;
        if dims != (self.dilations.len(), layout.len) || !rows.is_multiple_of(self.frames) {
            bail!("gated stack: parameters of {dims:?} for [{rows}, {c}] and {} blocks", self.dilations.len());
        }
        let (x, parameters) = (operand(x, x_layout)?, operand(parameters, parameters_layout)?);
        let mut out = vec![0.0; rows * c];
        let traces = for_tiles(&tiles(rows, self.frames), &mut out, c, |tile, out| {
            out.copy_from_slice(&x[tile.start * c..tile.end * c]);
            self.forward(out, parameters, &layout, c)
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
        let layout = BlockLayout::new(c);
        let shape = parameters.shape().clone();
        // Each tile takes its own traces: a lock a tile, so that the tiles can still go side by side.
        let traces: Vec<Kept<Vec<Trace>>> = self
            .kept
            .take()?
            .into_iter()
            .map(|traces| {
                let kept = Kept::nothing();
                kept.put(traces);
                kept
            })
            .collect();
        borrow!(parameters = parameters);
        borrow!(grad = grad);
        let mut dx = grad.to_vec();
        let tiles = tiles(rows, self.frames);
        let tile_rows = tiles.first().map_or(1, |tile| tile.len());
        let parts = for_tiles(&tiles, &mut dx, c, |tile, dx| {
            let traces = traces[tile.start / tile_rows].take()?;
            Ok(self.backward(dx, traces, parameters, &layout, c))
        });
        let mut d_parameters = add_up(parts.into_iter().collect::<Result<_>>()?);
        d_parameters.resize(shape.elem_count(), 0.0);
        Ok((Some(tensor(dx, (rows, c))?), Some(tensor(d_parameters, shape)?)))
    }
}

#[cfg(test)]
mod tests {
    use super::super::check::{gradients, random};
    use super::super::taps::conv;
    use super::*;

    const C: usize = 3;
    const FRAMES: usize = 5;

    fn dilations(d: &[usize]) -> Arc<Vec<usize>> {
        Arc::new(d.to_vec())
    }

    /// The same block by candle's own operations.
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
        let fast = gated_stack(&x, &p, FRAMES, dilations(&[1, 2])).unwrap();
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
            gradients(&[random(&[2 * FRAMES, C], 1), p], |t| gated_stack(&t[0], &t[1], FRAMES, dilations(d)));
        }
    }

    #[test]
    fn without_gradients_the_result_is_the_same() {
        let (x, p) = (random(&[4 * FRAMES, C], 1), random(&[1, BlockLayout::new(C).len], 2));
        let plain = gated_stack(&x, &p, FRAMES, dilations(&[2])).unwrap().to_vec2::<f32>().unwrap();
        let var = candle_core::Var::from_tensor(&x).unwrap();
        let tracked = gated_stack(&var, &p, FRAMES, dilations(&[2])).unwrap().to_vec2::<f32>().unwrap();
        assert_eq!(plain, tracked);
    }
}
