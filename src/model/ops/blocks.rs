//! Gated residual blocks on one tile of rows. A block normalises the rows of a chunk over time and channels together
//! (like GroupNorm with one group). It convolves them causally (kernel 2, dilated) to twice the channels. It multiplies
//! the tanh of one half by the sigmoid of the other, mixes the channels, and adds the result to its input.
//!
//! A block never looks beyond a chunk. So a few chunks at a time pass through the whole stack while they are in a
//! core's cache, forward and backward.

use std::ops::Range;
use std::sync::Arc;

use crate::model::gemm::{Matrix, Update, multiply};
use crate::model::simd::{self, LANES, kernel, pairs, sigmoid, sum, tanh};

pub(super) const EPSILON: f32 = 1e-5;

/// The positions of a block's parameters within its row of the packed parameters, for `c` channels.
pub struct BlockLayout {
    /// The gain and then the offset of the normalised input: `[c]` each.
    pub gain: Range<usize>,
    pub offset: Range<usize>,
    /// [2c, 2c]: the rows of the earlier tap come first; the columns are for tanh, then for sigmoid.
    pub conv: Range<usize>,
    pub conv_bias: Range<usize>,
    /// `[c, c]`.
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

/// What a block keeps of one tile for its backward pass.
pub(super) struct Trace {
    input: Vec<f32>,
    /// The mean and the reciprocal deviation of each chunk.
    moments: Vec<(f32, f32)>,
    /// tanh and sigmoid: `[rows, 2c]`.
    gates: Vec<f32>,
}

/// The shape of a stack: chunks of `frames` rows of `channels` values, and one block for each dilation.
#[derive(Clone, Debug)]
pub struct Stack {
    pub frames: usize,
    pub channels: usize,
    pub dilations: Arc<Vec<usize>>,
}

kernel! {
    /// Normalises each chunk and writes both taps of each row: `[rows, 2c]`. Computes `moments` if they are empty.
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
    /// Adds the bias to `gates` `[rows, 2c]`, replaces the first half of each row by its tanh and the second half by
    /// its sigmoid, and writes their product.
    fn gate<'a>(product: &'a mut [f32], gates: &'a mut [f32], bias: &'a [f32]) {
        let c = bias.len() / 2;
        let (u_bias, v_bias) = bias.split_at(c);
        for (product, row) in product.chunks_exact_mut(c).zip(gates.chunks_exact_mut(2 * c)) {
            let (u, v) = row.split_at_mut(c);
            // Works on copies of some values at a time, because the compiler cannot know that the slices do not
            // overlap.
            let (whole, rest) = (c / LANES * LANES, c % LANES);
            for from in (0..whole).step_by(LANES) {
                let to = from + LANES;
                gate_lanes::<LANES>(
                    &mut product[from..to], &mut u[from..to], &mut v[from..to], &u_bias[from..to], &v_bias[from..to],
                );
            }
            for i in whole..whole + rest {
                let one = i..i + 1;
                gate_lanes::<1>(
                    &mut product[one.clone()], &mut u[one.clone()], &mut v[one.clone()], &u_bias[one.clone()], &v_bias[one],
                );
            }
        }
    }
}

/// The gate for `N` values. Each slice must have `N` values.
#[inline(always)]
fn gate_lanes<const N: usize>(product: &mut [f32], u: &mut [f32], v: &mut [f32], u_bias: &[f32], v_bias: &[f32]) {
    let (mut t, mut s, mut p) = ([0.0_f32; N], [0.0_f32; N], [0.0_f32; N]);
    t.copy_from_slice(u);
    s.copy_from_slice(v);
    for i in 0..N {
        t[i] += u_bias[i];
        s[i] += v_bias[i];
    }
    for i in 0..N {
        t[i] = tanh(t[i]);
        s[i] = sigmoid(s[i]);
        p[i] = t[i] * s[i];
    }
    u.copy_from_slice(&t);
    v.copy_from_slice(&s);
    product.copy_from_slice(&p);
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
    /// From the gradient of the product to the gradient of the inputs of tanh and sigmoid. It replaces `gates`.
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
    /// From the gradient of the taps to the gradients of the input (added to `dx`), of the gain and of the offset.
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
                    pairs(&mut head[now..now + c], &tail[..c], |to, from| *to += from);
                }
                let d = &mut d_taps[now..now + c];
                let x = &x[t * c..][..c];
                for i in 0..c {
                    let unit = (x[i] - mean) * scale;
                    d_gain[i] += d[i] * unit;
                    d_offset[i] += d[i];
                    d[i] *= gain[i];
                }
                for from in (0..c).step_by(32) {
                    let to = if from + 32 < c { from + 32 } else { c };
                    let (d, x) = (&d[from..to], &x[from..to]);
                    for i in 0..to - from {
                        sums[i] += d[i];
                        products[i] += d[i] * (x[i] - mean) * scale;
                    }
                }
            }
            let count = (frames * c) as f32;
            let (mean_d, mean_product) = (sum(&sums, |x| x) / count, sum(&products, |x| x) / count);
            for t in 0..frames {
                let (d, x, dx) = (&d_taps[t * 2 * c + c..][..c], &x[t * c..][..c], &mut dx[t * c..][..c]);
                for i in 0..c {
                    dx[i] += scale * (d[i] - mean_d - (x[i] - mean) * scale * mean_product);
                }
            }
        }
    }
}

/// Adds `bias` to each row of `out`.
fn add_bias(out: &mut [f32], bias: &[f32]) {
    out.chunks_exact_mut(bias.len()).for_each(|row| simd::add(row, bias));
}

impl Stack {
    /// The shape of the packed parameters.
    pub fn parameters(&self) -> (usize, usize) {
        (self.dilations.len(), BlockLayout::new(self.channels).len)
    }

    /// Passes the rows of `x` through the stack, in place. With `keep`, returns what the backward pass needs.
    pub(super) fn forward(&self, x: &mut [f32], parameters: &[f32], keep: bool) -> Vec<Trace> {
        let (c, layout) = (self.channels, BlockLayout::new(self.channels));
        let rows = x.len() / c;
        let mut taps = vec![0.0; rows * 2 * c];
        let mut product = vec![0.0; rows * c];
        let mut gates = vec![0.0; rows * 2 * c];
        let mut traces = Vec::new();
        for (p, &dilation) in parameters.chunks_exact(layout.len).zip(self.dilations.iter()) {
            let input = if keep { x.to_vec() } else { Vec::new() };
            let mut moments = Vec::with_capacity(rows / self.frames);
            let (gain, offset) = (&p[layout.gain.clone()], &p[layout.offset.clone()]);
            normalised_taps(&mut taps, &mut moments, x, gain, offset, self.frames, dilation);
            let conv = Matrix::new(&p[layout.conv.clone()], 2 * c);
            multiply(&mut gates, Update::Replace, Matrix::new(&taps, 2 * c), conv);
            gate(&mut product, &mut gates, &p[layout.conv_bias.clone()]);
            add_bias(x, &p[layout.mix_bias.clone()]);
            multiply(x, Update::Add, Matrix::new(&product, c), Matrix::new(&p[layout.mix.clone()], c));
            if keep {
                let gates = std::mem::replace(&mut gates, vec![0.0; rows * 2 * c]);
                traces.push(Trace { input, moments, gates });
            }
        }
        traces
    }

    /// Replaces the gradient of a tile's result by the gradient of its input, in place. Returns the gradient of the
    /// parameters.
    pub(super) fn backward(&self, dx: &mut [f32], traces: Vec<Trace>, parameters: &[f32]) -> Vec<f32> {
        let (c, layout) = (self.channels, BlockLayout::new(self.channels));
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
