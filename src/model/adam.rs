//! Adam (Kingma and Ba 2014) over all weights at once, with moments that can be stored. [`muon`] moves the named square
//! matrices instead. For these, the first moment is Muon's momentum.

use candle_core::backprop::GradStore;
use candle_core::{CpuStorage, InplaceOp2, Layout, Result, Tensor, Var, bail};
use rayon::prelude::*;
use std::cell::RefCell;
use std::collections::BTreeMap;

use super::muon::{self, Square};
use super::simd::{kernel, sum_of_squares};

const FIRST_DECAY: f32 = 0.9;
const SECOND_DECAY: f32 = 0.999;
const EPSILON: f32 = 1e-8;

/// The moments of all weights, in the order of the weights' names.
#[derive(Clone, Debug, PartialEq)]
pub struct Adam {
    pub first: Vec<f32>,
    pub second: Vec<f32>,
}

/// The size of a gradient.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Gradient {
    Finite {
        norm: f32,
    },
    /// The norm is not finite. The weights were not changed.
    NotFinite,
}

impl Adam {
    /// For weights that have not been changed yet.
    pub fn new(vars: &BTreeMap<String, Var>) -> Self {
        let len = vars.values().map(|var| var.elem_count()).sum();
        Self { first: vec![0.0; len], second: vec![0.0; len] }
    }

    /// Moves `vars` against `grads`. Muon moves the matrices in `squares`, listed by tensor. `step` counts from 0.
    /// `clip` limits the norm of the gradient (0: no limit).
    pub fn step(
        &mut self,
        vars: &BTreeMap<String, Var>,
        grads: &GradStore,
        squares: &BTreeMap<String, Vec<Square>>,
        step: usize,
        learning_rate: f32,
        clip: f32,
    ) -> Result<Gradient> {
        let mut found = Vec::with_capacity(vars.len());
        for (name, var) in vars {
            match grads.get(var) {
                Some(grad) => found.push((name, var, grad.contiguous()?)),
                None => bail!("no gradient for {name}"),
            }
        }
        let mut sum = 0.0;
        for (_, _, grad) in &found {
            sum += norm_squared(grad)?;
        }
        if !sum.is_finite() {
            return Ok(Gradient::NotFinite);
        }
        let norm = sum.sqrt() as f32;
        let scale = if clip > 0.0 && norm > clip { clip / norm } else { 1.0 };
        // PyTorch's form: the step has the correction of the first moment, the root has the correction of the second.
        let t = i32::try_from(step + 1).unwrap_or(i32::MAX);
        let rate = (f64::from(learning_rate) / (1.0 - f64::from(FIRST_DECAY).powi(t))) as f32;
        let root = (1.0 / (1.0 - f64::from(SECOND_DECAY).powi(t))).sqrt() as f32;
        let mut from = 0;
        for (name, var, grad) in found {
            let to = from + var.elem_count();
            let moments = RefCell::new((&mut self.first[from..to], &mut self.second[from..to]));
            let squares = squares.get(name).map_or(&[][..], Vec::as_slice);
            var.inplace_op2(&grad, &Move { moments, squares, learning_rate, rate, root, scale })?;
            from = to;
        }
        Ok(Gradient::Finite { norm })
    }
}

fn norm_squared(grad: &Tensor) -> Result<f64> {
    let (storage, layout) = grad.storage_and_layout();
    match (&*storage, layout.contiguous_offsets()) {
        (candle_core::Storage::Cpu(storage), Some((from, to))) => Ok(sum_of_squares(&storage.as_slice()?[from..to])),
        _ => bail!("a gradient that is not contiguous in main memory"),
    }
}

/// One tensor's part of a step.
struct Move<'a> {
    moments: RefCell<(&'a mut [f32], &'a mut [f32])>,
    /// Ordered by their positions.
    squares: &'a [Square],
    learning_rate: f32,
    /// For Adam.
    rate: f32,
    root: f32,
    scale: f32,
}

/// Consecutive values of a tensor: one whole square matrix, or no part of a matrix.
struct Piece<'a> {
    weights: &'a mut [f32],
    first: &'a mut [f32],
    second: &'a mut [f32],
    grad: &'a [f32],
    /// The size of the matrix, if the piece is one.
    square: Option<usize>,
}

impl<'a> Piece<'a> {
    /// Splits the piece where matrices begin and end.
    fn cut(self, squares: &[Square]) -> Vec<Self> {
        let len = self.grad.len();
        let cuts = squares.iter().flat_map(|s| [(s.at.start, None), (s.at.end, Some(s.size))]);
        let (mut rest, mut from, mut pieces) = (self, 0, Vec::with_capacity(2 * squares.len() + 1));
        for (to, square) in cuts.chain([(len, None)]) {
            let (piece, after) = rest.split(to - from);
            pieces.push(Piece { square, ..piece });
            (rest, from) = (after, to);
        }
        pieces
    }

    fn split(self, at: usize) -> (Self, Self) {
        let (weights, other_weights) = self.weights.split_at_mut(at);
        let (first, other_first) = self.first.split_at_mut(at);
        let (second, other_second) = self.second.split_at_mut(at);
        let (grad, other_grad) = self.grad.split_at(at);
        let after =
            Piece { weights: other_weights, first: other_first, second: other_second, grad: other_grad, square: None };
        (Piece { weights, first, second, grad, square: None }, after)
    }
}

kernel! {
    fn update<'a>(
        weights: &'a mut [f32], first: &'a mut [f32], second: &'a mut [f32], grad: &'a [f32], rate: f32, root: f32,
        scale: f32,
    ) {
        for (((w, m), v), g) in weights.iter_mut().zip(first).zip(second).zip(grad) {
            let g = g * scale;
            *m = FIRST_DECAY * *m + (1.0 - FIRST_DECAY) * g;
            *v = SECOND_DECAY * *v + (1.0 - SECOND_DECAY) * g * g;
            *w -= rate * *m / (v.sqrt() * root + EPSILON);
        }
    }
}

impl InplaceOp2 for Move<'_> {
    fn name(&self) -> &'static str {
        "adam"
    }

    fn cpu_fwd(
        &self,
        weights: &mut CpuStorage,
        weights_layout: &Layout,
        grad: &CpuStorage,
        grad_layout: &Layout,
    ) -> Result<()> {
        let (Some(w), Some(g)) = (weights_layout.contiguous_offsets(), grad_layout.contiguous_offsets()) else {
            bail!("adam: weights or gradients that are not contiguous")
        };
        let CpuStorage::F32(weights) = weights else { bail!("adam: weights that are not f32") };
        let (first, second) = &mut *self.moments.borrow_mut();
        let all = Piece {
            weights: &mut weights[w.0..w.1],
            first,
            second,
            grad: &grad.as_slice::<f32>()?[g.0..g.1],
            square: None,
        };
        let Self { learning_rate, rate, root, scale, .. } = *self;
        all.cut(self.squares).into_par_iter().for_each(|piece| {
            let Piece { weights, first, second, grad, square } = piece;
            match square {
                Some(size) => muon::update(weights, first, grad, size, learning_rate, scale),
                None => update(weights, first, second, grad, rate, root, scale),
            }
        });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::Device;

    fn vars(values: &[f32]) -> BTreeMap<String, Var> {
        values.iter().enumerate().map(|(i, &x)| (format!("w{i}"), Var::new(&[x], &Device::Cpu).unwrap())).collect()
    }

    fn loss(vars: &BTreeMap<String, Var>, factor: f64) -> Tensor {
        let all: Vec<Tensor> = vars.values().map(|v| (v.sqr().unwrap() * factor).unwrap()).collect();
        Tensor::cat(&all, 0).unwrap().sum_all().unwrap()
    }

    #[test]
    fn steps_are_adams() {
        let vars = vars(&[1.0, -2.0]);
        let mut adam = Adam::new(&vars);
        let (mut w, mut m, mut v) = ([1.0_f64, -2.0], [0.0; 2], [0.0; 2]);
        for step in 0..5 {
            let grads = loss(&vars, 1.0).backward().unwrap();
            adam.step(&vars, &grads, &BTreeMap::new(), step, 0.1, 0.0).unwrap();
            for i in 0..2 {
                let (g, t) = (2.0 * w[i], step as i32 + 1);
                m[i] = 0.9 * m[i] + 0.1 * g;
                v[i] = 0.999 * v[i] + 0.001 * g * g;
                let (m_hat, v_hat): (f64, f64) = (m[i] / (1.0 - 0.9_f64.powi(t)), v[i] / (1.0 - 0.999_f64.powi(t)));
                w[i] -= 0.1 * m_hat / (v_hat.sqrt() + 1e-8);
                let ours = vars[&format!("w{i}")].to_vec1::<f32>().unwrap()[0];
                assert!((f64::from(ours) - w[i]).abs() < 1e-4, "{ours} {}", w[i]);
            }
        }
    }

    #[test]
    fn a_gradient_is_clipped_by_its_norm_and_refused_when_infinite() {
        let vars = vars(&[3.0, 4.0]);
        let mut adam = Adam::new(&vars);
        let grads = loss(&vars, 0.5).backward().unwrap();
        assert_eq!(adam.step(&vars, &grads, &BTreeMap::new(), 0, 0.1, 1.0).unwrap(), Gradient::Finite { norm: 5.0 });
        assert!((adam.first[0] - 0.1 * 3.0 / 5.0).abs() < 1e-6);
        let before = vars["w0"].to_vec1::<f32>().unwrap();
        let grads = loss(&vars, f64::INFINITY).backward().unwrap();
        assert_eq!(adam.step(&vars, &grads, &BTreeMap::new(), 1, 0.1, 1.0).unwrap(), Gradient::NotFinite);
        assert_eq!(vars["w0"].to_vec1::<f32>().unwrap(), before);
    }

    #[test]
    fn matrices_within_a_tensor_go_by_muon_and_the_rest_by_adam() {
        let start: Vec<f32> = (0..16).map(|i| (i as f32 * 0.7).sin()).collect();
        let moved = |squares: &BTreeMap<String, Vec<Square>>| {
            let vars = BTreeMap::from([("w".to_string(), Var::new(start.as_slice(), &Device::Cpu).unwrap())]);
            let mut adam = Adam::new(&vars);
            let grads = loss(&vars, 1.0).backward().unwrap();
            adam.step(&vars, &grads, squares, 0, 0.1, 0.0).unwrap();
            (vars["w"].to_vec1::<f32>().unwrap(), adam)
        };
        let squares = BTreeMap::from([("w".into(), vec![Square { at: 1..5, size: 2 }, Square { at: 5..14, size: 3 }])]);
        let (adams, (mixed, adam)) = (moved(&BTreeMap::new()).0, moved(&squares));
        assert_eq!((mixed[0], &mixed[14..]), (adams[0], &adams[14..]));
        for Square { at, size } in &squares["w"] {
            let grad: Vec<f32> = start[at.clone()].iter().map(|w| 2.0 * w).collect();
            let (mut weights, mut momentum) = (start[at.clone()].to_vec(), vec![0.0; at.len()]);
            muon::update(&mut weights, &mut momentum, &grad, *size, 0.1, 1.0);
            assert_eq!((&mixed[at.clone()], &adam.first[at.clone()]), (&weights[..], &momentum[..]));
            assert!(adam.second[at.clone()].iter().all(|v| *v == 0.0));
        }
    }
}
