//! Contrast between two views of each chunk (NT-Xent): a view should be nearer to the other view of its own chunk than
//! to any view of another chunk.

use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Tensor, bail};
use std::sync::Arc;

use super::{Kept, operand, tensor};
use crate::model::gemm::{Matrix, Update, multiply};
use crate::model::simd::{self, softmax};

struct Contrast {
    /// [n, n]: the pairs that are not among the negatives.
    masked: Arc<Vec<bool>>,
    temperature: f32,
    kept: Kept<Vec<f32>>,
}

/// A scalar: the mean over views of the cross entropy of the right partner, under the softmax of the cosines of 2z - 1
/// over `temperature`. `z` `[2n, bits]` has the first views, then the second views. `masked` `[n, n]` marks pairs of
/// different chunks that the loss must not push apart, in any of their views.
pub fn contrast(z: &Tensor, masked: Arc<Vec<bool>>, temperature: f32) -> Result<Tensor> {
    let n = z.dim(0)? / 2;
    if n == 0 || z.dim(0)? != 2 * n || masked.len() != n * n {
        bail!("contrast: {} views and {} pairs", z.dim(0)?, masked.len());
    }
    z.apply_op1(Contrast { masked, temperature, kept: Kept::nothing() })
}

/// A similarity so low that its softmax is 0.
pub(super) const NEVER: f32 = -1e9;

/// The directions of 2z - 1, and the lengths of 2z - 1.
pub(in crate::model) struct Units {
    /// `[rows, bits]`.
    pub units: Vec<f32>,
    lengths: Vec<f32>,
}

impl Units {
    /// For `z` `[rows, bits]`.
    pub fn of(z: &[f32], bits: usize) -> Self {
        let mut units: Vec<f32> = z.iter().map(|z| 2.0 * z - 1.0).collect();
        let lengths = units
            .chunks_exact_mut(bits)
            .map(|e| {
                let length = e.iter().map(|x| x * x).sum::<f32>().sqrt().max(1e-12);
                e.iter_mut().for_each(|x| *x /= length);
                length
            })
            .collect();
        Self { units, lengths }
    }

    /// From the gradient of `units` to the gradient of z.
    pub(super) fn backward(&self, mut gradient: Vec<f32>) -> Vec<f32> {
        let bits = self.units.len() / self.lengths.len().max(1);
        let rows = gradient.chunks_exact_mut(bits).zip(self.units.chunks_exact(bits)).zip(&self.lengths);
        for ((d, unit), length) in rows {
            let along: f32 = d.iter().zip(unit).map(|(d, u)| d * u).sum();
            d.iter_mut().zip(unit).for_each(|(d, u)| *d = 2.0 * (*d - along * u) / length);
        }
        gradient
    }
}

impl CustomOp1 for Contrast {
    fn name(&self) -> &'static str {
        "contrast"
    }

    fn cpu_fwd(&self, z: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let (rows, bits) = layout.shape().dims2()?;
        let n = rows / 2;
        let views = Units::of(operand(z, layout)?, bits);
        let all = Matrix::new(&views.units, bits);
        let mut pairs = vec![0.0; rows * rows];
        multiply(&mut pairs, Update::Replace, all, all.transposed());
        let mut loss = 0.0;
        for (i, row) in pairs.chunks_exact_mut(rows).enumerate() {
            let masked = &self.masked[i % n * n..][..n];
            for half in row.chunks_exact_mut(n) {
                for (s, &masked) in half.iter_mut().zip(masked) {
                    *s = if masked { NEVER } else { *s / self.temperature };
                }
            }
            row[i] = NEVER;
            let partner = (i + n) % rows;
            let own = row[partner];
            loss += f64::from(softmax(row) - own);
            row[partner] -= 1.0;
        }
        let loss = loss / rows as f64;

        // A similarity is part of the losses of two rows, so its gradient is the sum of both.
        let share = 1.0 / (rows as f32 * self.temperature);
        let mut dz = vec![0.0; rows * bits];
        multiply(&mut dz, Update::Replace, Matrix::new(&pairs, rows), all);
        multiply(&mut dz, Update::Add, Matrix::new(&pairs, rows).transposed(), all);
        simd::scale(&mut dz, share);
        self.kept.put(views.backward(dz));
        Ok((CpuStorage::F32(vec![loss as f32]), ().into()))
    }

    fn bwd(&self, z: &Tensor, _out: &Tensor, grad: &Tensor) -> Result<Option<Tensor>> {
        let scale = grad.to_scalar::<f32>()?;
        let mut dz = self.kept.take()?;
        simd::scale(&mut dz, scale);
        Ok(Some(tensor(dz, z.shape().clone())?))
    }
}

#[cfg(test)]
mod tests {
    use super::super::check::{gradients, random};
    use super::*;

    fn mask(n: usize, pairs: &[(usize, usize)]) -> Arc<Vec<bool>> {
        let mut masked = vec![false; n * n];
        pairs.iter().for_each(|&(i, j)| masked[i * n + j] = true);
        Arc::new(masked)
    }

    #[test]
    fn the_loss_follows_its_definition() {
        let z = random(&[6, 4], 1);
        let loss = contrast(&z, mask(3, &[(0, 2)]), 0.2).unwrap().to_scalar::<f32>().unwrap();
        let e: Vec<Vec<f64>> = z
            .to_vec2::<f32>()
            .unwrap()
            .iter()
            .map(|row| {
                let e: Vec<f64> = row.iter().map(|&z| 2.0 * f64::from(z) - 1.0).collect();
                let length = e.iter().map(|x| x * x).sum::<f64>().sqrt();
                e.iter().map(|x| x / length).collect()
            })
            .collect();
        let cosine = |i: usize, j: usize| (0..4).map(|b| e[i][b] * e[j][b]).sum::<f64>() / 0.2;
        let allowed = |i: usize, j: usize| i != j && (i % 3, j % 3) != (0, 2);
        let mut exact = 0.0;
        for i in 0..6 {
            let all: f64 = (0..6).filter(|&j| allowed(i, j)).map(|j| cosine(i, j).exp()).sum();
            exact += all.ln() - cosine(i, (i + 3) % 6);
        }
        assert!((f64::from(loss) - exact / 6.0).abs() < 1e-4, "{loss} {}", exact / 6.0);
    }

    #[test]
    fn gradients_agree_with_finite_differences() {
        gradients(&[random(&[8, 5], 3)], |t| contrast(&t[0], mask(4, &[(0, 1), (1, 0)]), 0.5));
    }
}
