//! Attraction: a view should be nearer to the neighbour that was found for its chunk than to the neighbours of other
//! chunks (the loss of NNCLR, Dwibedi et al. 2021). Neighbours are data: they get no gradient.

use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Tensor, bail};
use std::sync::Arc;

use super::contrast::{NEVER, Units};
use super::{Kept, operand, tensor};
use crate::model::gemm::{Matrix, Update, multiply};
use crate::model::simd::{self, softmax};

/// The neighbours towards which the views of a batch are pulled.
#[derive(Clone, Debug, Default)]
pub struct Targets {
    /// `[n, bits]`: unit vectors. A row of zeros if no neighbour was found.
    pub units: Arc<Vec<f32>>,
    /// `[n]`: whether a neighbour was found.
    pub found: Arc<Vec<bool>>,
}

struct Attraction {
    targets: Targets,
    /// [n, n]: the targets that are not among a chunk's negatives.
    masked: Arc<Vec<bool>>,
    temperature: f32,
    kept: Kept<Vec<f32>>,
}

/// A scalar: the cross entropy of the right target under the softmax of the cosines of 2z - 1 over `temperature`. It is
/// summed over the views that have a target, and divided by the number of all views. `z` `[2n, bits]` has the first
/// views, then the second views. `masked` `[n, n]` marks pairs of different chunks that the loss must not push apart.
pub fn attraction(z: &Tensor, targets: Targets, masked: Arc<Vec<bool>>, temperature: f32) -> Result<Tensor> {
    let ((rows, bits), n) = (z.dims2()?, targets.found.len());
    if n == 0 || rows != 2 * n || targets.units.len() != n * bits || masked.len() != n * n {
        bail!("attraction: {rows} views of {bits} to {n} targets and {} pairs", masked.len());
    }
    z.apply_op1(Attraction { targets, masked, temperature, kept: Kept::nothing() })
}

impl CustomOp1 for Attraction {
    fn name(&self) -> &'static str {
        "attraction"
    }

    fn cpu_fwd(&self, z: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let (rows, bits) = layout.shape().dims2()?;
        let n = rows / 2;
        let found = &self.targets.found;
        let views = Units::of(operand(z, layout)?, bits);
        let targets = Matrix::new(&self.targets.units, bits);
        let mut pairs = vec![0.0; rows * n];
        multiply(&mut pairs, Update::Replace, Matrix::new(&views.units, bits), targets.transposed());
        let mut loss = 0.0;
        for (i, row) in pairs.chunks_exact_mut(n).enumerate() {
            let chunk = i % n;
            if !found[chunk] {
                row.fill(0.0);
                continue;
            }
            for ((s, &masked), &found) in row.iter_mut().zip(&self.masked[chunk * n..]).zip(found.iter()) {
                *s = if masked || !found { NEVER } else { *s / self.temperature };
            }
            let own = row[chunk];
            loss += f64::from(softmax(row) - own);
            row[chunk] -= 1.0;
        }
        let mut d_units = vec![0.0; rows * bits];
        multiply(&mut d_units, Update::Replace, Matrix::new(&pairs, n), targets);
        simd::scale(&mut d_units, 1.0 / (rows as f32 * self.temperature));
        self.kept.put(views.backward(d_units));
        Ok((CpuStorage::F32(vec![(loss / rows as f64) as f32]), ().into()))
    }

    fn bwd(&self, z: &Tensor, _out: &Tensor, grad: &Tensor) -> Result<Option<Tensor>> {
        let mut dz = self.kept.take()?;
        simd::scale(&mut dz, grad.to_scalar::<f32>()?);
        Ok(Some(tensor(dz, z.shape().clone())?))
    }
}

#[cfg(test)]
mod tests {
    use super::super::check::{gradients, numbers, random};
    use super::*;

    const BITS: usize = 4;

    fn targets(found: &[bool]) -> Targets {
        let units = Units::of(&numbers(found.len() * BITS, 7), BITS).units;
        let units = units.chunks(BITS).zip(found).flat_map(|(u, &f)| u.iter().map(move |&u| if f { u } else { 0.0 }));
        Targets { units: Arc::new(units.collect()), found: Arc::new(found.to_vec()) }
    }

    #[test]
    fn the_loss_follows_its_definition() {
        let (z, targets) = (random(&[6, BITS], 1), targets(&[true, false, true]));
        let mut masked = vec![false; 9];
        let alone = attraction(&z, targets.clone(), Arc::new(masked.clone()), 0.5).unwrap();
        let views = Units::of(&z.flatten_all().unwrap().to_vec1::<f32>().unwrap(), BITS).units;
        let cosine = |i: usize, j: usize| -> f64 {
            (0..BITS).map(|b| f64::from(views[i * BITS + b]) * f64::from(targets.units[j * BITS + b])).sum::<f64>()
                / 0.5
        };
        let term = |i: usize, right: usize, wrong: usize| (1.0 + (cosine(i, wrong) - cosine(i, right)).exp()).ln();
        let exact = (term(0, 0, 2) + term(3, 0, 2) + term(2, 2, 0) + term(5, 2, 0)) / 6.0;
        assert!((f64::from(alone.to_scalar::<f32>().unwrap()) - exact).abs() < 1e-5);
        (masked[2], masked[6]) = (true, true);
        let masked = attraction(&z, targets, Arc::new(masked), 0.5).unwrap().to_scalar::<f32>().unwrap();
        assert!(masked.abs() < 1e-6, "nothing is left to be told apart from: {masked}");
    }

    #[test]
    fn gradients_agree_with_finite_differences() {
        let targets = targets(&[true, true, false, true]);
        let mut masked = vec![false; 16];
        masked[1] = true;
        gradients(&[random(&[8, BITS], 3)], |t| attraction(&t[0], targets.clone(), Arc::new(masked.clone()), 0.5));
    }
}
