//! Muon (Jordan et al. 2024) moves a weight matrix by its momentum, with all singular values brought near 1. So the
//! matrix learns in every direction as fast as in the few directions with the largest gradient. Steps are scaled to the
//! length of Adam's steps (Liu et al. 2025), so both optimisers use one learning rate.

use std::ops::Range;

use super::gemm::{Matrix, Update, multiply};

const MOMENTUM: f32 = 0.95;
/// The root mean square of Adam's steps, relative to its learning rate.
const ADAMS_LENGTH: f32 = 0.2;
/// The steps of the Newton-Schulz iteration and the coefficients of its polynomial. They bring small values up fast,
/// but do not reach 1 exactly.
const ITERATIONS: usize = 5;
const POLYNOMIAL: (f32, f32, f32) = (3.4445, -4.775, 2.0315);

/// A square matrix within a tensor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Square {
    /// The positions of the matrix's values, row after row.
    pub at: Range<usize>,
    pub size: usize,
}

/// Moves `weights` `[size, size]` against `grad`, which is multiplied by `scale`. `momentum` is carried from step to
/// step.
pub fn update(weights: &mut [f32], momentum: &mut [f32], grad: &[f32], size: usize, learning_rate: f32, scale: f32) {
    let mut direction = vec![0.0; grad.len()];
    for ((d, m), g) in direction.iter_mut().zip(momentum).zip(grad) {
        let new = (1.0 - MOMENTUM) * scale * g;
        *m = MOMENTUM * *m + new;
        // Nesterov's look-ahead.
        *d = MOMENTUM * *m + new;
    }
    orthogonalise(&mut direction, size);
    let rate = learning_rate * ADAMS_LENGTH * (size as f32).sqrt();
    weights.iter_mut().zip(&direction).for_each(|(w, d)| *w -= rate * d);
}

/// Brings the singular values of `x` `[size, size]` to between 0.7 and 1.2, except those below a thousandth of the
/// norm.
fn orthogonalise(x: &mut [f32], size: usize) {
    let length = x.iter().map(|x| x * x).sum::<f32>().sqrt();
    // A matrix of zeros has no direction.
    x.iter_mut().for_each(|x| *x /= length.max(f32::MIN_POSITIVE));
    let (a, b, c) = POLYNOMIAL;
    let [mut square, mut fourth, mut moved] = [(); 3].map(|()| vec![0.0; x.len()]);
    for _ in 0..ITERATIONS {
        let now = Matrix::new(x, size);
        multiply(&mut square, Update::Replace, now, now.transposed());
        multiply(&mut fourth, Update::Replace, Matrix::new(&square, size), Matrix::new(&square, size));
        fourth.iter_mut().zip(&square).for_each(|(fourth, square)| *fourth = b * square + c * *fourth);
        multiply(&mut moved, Update::Replace, Matrix::new(&fourth, size), now);
        x.iter_mut().zip(&moved).for_each(|(x, moved)| *x = a * *x + moved);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: usize = 8;

    /// A matrix that is orthogonal, symmetric and its own inverse.
    fn reflection(seed: f32) -> Vec<f32> {
        let v: Vec<f32> = (0..SIZE).map(|i| (i as f32 * 1.7 + seed).sin()).collect();
        let square: f32 = v.iter().map(|v| v * v).sum();
        let one = |i: usize| f32::from(u8::from(i / SIZE == i % SIZE));
        (0..SIZE * SIZE).map(|i| one(i) - 2.0 * v[i / SIZE] * v[i % SIZE] / square).collect()
    }

    /// One reflection, then `x`, then another.
    fn between_reflections(x: &[f32]) -> Vec<f32> {
        let (mut half, mut out) = (vec![0.0; x.len()], vec![0.0; x.len()]);
        multiply(&mut half, Update::Replace, Matrix::new(&reflection(0.3), SIZE), Matrix::new(x, SIZE));
        multiply(&mut out, Update::Replace, Matrix::new(&half, SIZE), Matrix::new(&reflection(2.1), SIZE));
        out
    }

    fn diagonal(values: [f32; SIZE]) -> Vec<f32> {
        (0..SIZE * SIZE).map(|i| if i / SIZE == i % SIZE { values[i % SIZE] } else { 0.0 }).collect()
    }

    #[test]
    fn directions_stay_and_lengths_become_alike() {
        let mut x = between_reflections(&diagonal([50.0, 20.0, 9.0, 4.0, 2.0, 1.0, 0.7, 0.4]));
        orthogonalise(&mut x, SIZE);
        for (i, value) in between_reflections(&x).into_iter().enumerate() {
            let wanted = if i / SIZE == i % SIZE { 0.6..1.25 } else { -1e-3..1e-3 };
            assert!(wanted.contains(&value), "{value} at {i}");
        }
        let mut zeros = vec![0.0; SIZE * SIZE];
        orthogonalise(&mut zeros, SIZE);
        assert_eq!(zeros, [0.0; SIZE * SIZE]);
    }

    #[test]
    fn steps_are_as_long_as_adams_and_go_downhill() {
        let grad = between_reflections(&diagonal([3.0, 1.0, 1.0, 1.0, 0.5, 0.5, 0.2, 0.1]));
        let (mut weights, mut momentum) = (vec![0.0; grad.len()], vec![0.0; grad.len()]);
        update(&mut weights, &mut momentum, &grad, SIZE, 0.01, 0.5);
        let length = (weights.iter().map(|w| w * w).sum::<f32>() / weights.len() as f32).sqrt();
        assert!((0.0014..0.0025).contains(&length), "{length}");
        assert!(weights.iter().zip(&grad).map(|(w, g)| w * g).sum::<f32>() < 0.0);
        assert!(momentum.iter().zip(&grad).all(|(m, g)| (m - 0.025 * g).abs() < 1e-6));
    }
}
