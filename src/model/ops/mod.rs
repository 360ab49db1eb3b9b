//! Differentiable operations that candle lacks or computes too slowly. Each is a candle `CustomOp` with its own
//! backward pass, over time-major rows: `[batch * frames, channels]`.
//!
//! Work is split into tiles of a fixed number of rows, and partial sums are added in the order of the tiles. So results
//! do not depend on the number of threads.

pub mod attraction;
pub mod blocks;
pub mod contrast;
pub mod decorrelation;
pub mod frames_in;
pub mod frames_loss;
pub mod frames_out;
pub mod gated_stack;
pub mod level_loss;
pub mod linear;
pub mod look_up;
pub mod pool;
pub mod taps;

use candle_core::{CpuStorage, Device, Layout, Result, Shape, Storage, Tensor, bail};
use parking_lot::Mutex;
use rayon::prelude::*;
use std::ops::Range;

use super::simd;

/// Roughly the number of rows of a tile. They and what they need stay in a core's cache.
const TILE_ROWS: usize = 256;

/// The values of an operand, which must be contiguous.
fn operand<'a>(storage: &'a CpuStorage, layout: &Layout) -> Result<&'a [f32]> {
    match layout.contiguous_offsets() {
        Some((from, to)) => Ok(&storage.as_slice::<f32>()?[from..to]),
        None => bail!("an operand that is not contiguous"),
    }
}

/// The values of a tensor whose storage is borrowed. For backward passes.
fn values<'a>(storage: &'a Storage, layout: &Layout) -> Result<&'a [f32]> {
    match storage {
        Storage::Cpu(storage) => operand(storage, layout),
        _ => bail!("a tensor that is not in main memory"),
    }
}

/// Borrows the contiguous values of a tensor.
macro_rules! borrow {
    ($name:ident = $tensor:expr) => {
        let contiguous = $tensor.contiguous()?;
        let (storage, layout) = contiguous.storage_and_layout();
        let $name = $crate::model::ops::values(&storage, layout)?;
    };
}
use borrow;

/// Makes a tensor of values in main memory.
fn tensor(values: Vec<f32>, shape: impl Into<Shape>) -> Result<Tensor> {
    Tensor::from_vec(values, shape.into(), &Device::Cpu)
}

/// What a forward pass keeps for the backward pass of the same graph.
struct Kept<T>(Mutex<Option<T>>);

impl<T> Kept<T> {
    fn nothing() -> Self {
        Self(Mutex::new(None))
    }

    fn holding(value: T) -> Self {
        Self(Mutex::new(Some(value)))
    }

    fn put(&self, value: T) {
        *self.0.lock() = Some(value);
    }

    /// Fails if the forward pass kept nothing, or if the value was already taken. A graph has only one backward pass.
    fn take(&self) -> Result<T> {
        match self.0.lock().take() {
            Some(value) => Ok(value),
            None => bail!("a backward pass without a forward pass of its own"),
        }
    }
}

/// Splits `rows` rows into tiles of whole groups of `group` rows.
fn tiles(rows: usize, group: usize) -> Vec<Range<usize>> {
    tiles_of(rows, (TILE_ROWS / group).max(1) * group)
}

/// Splits `rows` rows into tiles of `tile` rows.
fn tiles_of(rows: usize, tile: usize) -> Vec<Range<usize>> {
    (0..rows.div_ceil(tile)).map(|i| i * tile..((i + 1) * tile).min(rows)).collect()
}

/// Runs `work` on each tile, in parallel. Results are in the order of the tiles. `work` gets its part of `out`, which
/// has the same number of values for each row.
fn for_tiles<R: Send>(
    tiles: &[Range<usize>],
    out: &mut [f32],
    work: impl Fn(Range<usize>, &mut [f32]) -> R + Sync,
) -> Vec<R> {
    let (Some(first), Some(last)) = (tiles.first(), tiles.last()) else { return Vec::new() };
    let part = out.len() / last.end * first.len() + out.len() % last.end * first.len() / last.end;
    out.par_chunks_mut(part).zip(tiles).map(|(out, tile)| work(tile.clone(), out)).collect()
}

/// The position of a tile in `tiles`. All tiles except the last have one size.
fn index_of(tiles: &[Range<usize>], tile: &Range<usize>) -> usize {
    tiles.first().map_or(0, |first| tile.start / first.len())
}

/// Adds partial sums in their order.
fn add_up(parts: Vec<Vec<f32>>) -> Vec<f32> {
    let mut parts = parts.into_iter();
    let mut total = parts.next().unwrap_or_default();
    for part in parts {
        simd::add(&mut total, &part);
    }
    total
}

#[cfg(test)]
pub(super) mod check {
    //! Compares gradients with central finite differences.

    use candle_core::{Device, Result, Tensor, Var};

    /// Pseudo-random numbers in about [-1, 1], equal in every run.
    pub fn numbers(n: usize, seed: u64) -> Vec<f32> {
        let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        let mut next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 40) as f32 / (1 << 23) as f32 - 1.0
        };
        (0..n).map(|_| next()).collect()
    }

    pub fn random(shape: &[usize], seed: u64) -> Tensor {
        Tensor::from_vec(numbers(shape.iter().product(), seed), shape, &Device::Cpu).unwrap()
    }

    /// Compares the gradients of a weighted sum of `f`'s result with finite differences, for each input, element by
    /// element.
    pub fn gradients(inputs: &[Tensor], f: impl Fn(&[Tensor]) -> Result<Tensor>) {
        let vars: Vec<Var> = inputs.iter().map(|x| Var::from_tensor(x).unwrap()).collect();
        let tensors: Vec<Tensor> = vars.iter().map(|v| v.as_tensor().clone()).collect();
        let out = f(&tensors).unwrap();
        let weights = random(out.dims(), 99);
        let scalar = |out: Tensor| (out * &weights).unwrap().sum_all().unwrap();
        let grads = scalar(out).backward().unwrap();
        for (which, var) in vars.iter().enumerate() {
            let analytic = match grads.get(var) {
                Some(grad) => grad.flatten_all().unwrap().to_vec1::<f32>().unwrap(),
                None => panic!("input {which} has no gradient"),
            };
            let base = inputs[which].flatten_all().unwrap().to_vec1::<f32>().unwrap();
            let scale = analytic.iter().fold(1e-3_f32, |m, g| m.max(g.abs()));
            for (i, &expected) in analytic.iter().enumerate() {
                let at = |delta: f32| {
                    let mut moved = base.clone();
                    moved[i] += delta;
                    let mut all = inputs.to_vec();
                    all[which] = Tensor::from_vec(moved, inputs[which].dims(), &Device::Cpu).unwrap();
                    let out = f(&all).unwrap().flatten_all().unwrap().to_vec1::<f32>().unwrap();
                    let w = weights.flatten_all().unwrap().to_vec1::<f32>().unwrap();
                    out.iter().zip(&w).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum::<f64>()
                };
                let step = 5e-3;
                let numeric = (at(step) - at(-step)) / f64::from(2.0 * step);
                let error = (numeric - f64::from(expected)).abs() / f64::from(scale);
                assert!(error < 5e-3, "input {which}, element {i}: {expected}, but by differences {numeric}");
            }
        }
    }
}
