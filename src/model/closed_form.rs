//! A head in closed form: without training, it finds bits that differ between a library's chunks and agree between two
//! views of one chunk.
//!
//! The first step finds directions: the leading generalised eigenvectors of two covariances, that of the chunks'
//! features and that of the differences between two views of a chunk. The eigenvalue of a direction says how much more
//! the chunks differ than the views do. Each direction is scaled by the square root of its eigenvalue. The second step
//! finds the rotation that brings the chunks nearest to the corners of a cube, by iterative quantisation (ITQ; Gong and
//! Lazebnik 2011). The result is linear, so it is a head like a learned one.

use nalgebra::{Cholesky, DMatrix, SymmetricEigen};
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;

use super::gemm::{Matrix, Update, multiply};

/// The ridge: this many times the views' mean variance is added to the variance of each feature. Without a ridge,
/// features in which views hardly differ would outweigh all others.
const RIDGE: f64 = 2.0;
/// A direction is dropped if its eigenvalue is below this share of the leading one.
const LEAST_RATIO: f64 = 1e-9;
/// The most rounds of the rotation, and the most chunks that it looks at.
const ROUNDS: usize = 40;
const ROTATED: usize = 4000;
/// The steps of the iteration that turns a matrix into a rotation.
const POLAR_STEPS: usize = 24;

/// A head: h = features x weights + bias.
#[derive(Clone, Debug, PartialEq)]
pub struct Head {
    /// `[features, bits]`.
    pub weights: Vec<f32>,
    /// `[bits]`.
    pub bias: Vec<f32>,
}

/// Directions before the rotation: `[features, count]`. `ratios` has the eigenvalue of each, the largest first.
#[derive(Clone, Debug)]
struct Directions {
    vectors: DMatrix<f64>,
    ratios: Vec<f64>,
}

impl Head {
    /// Fits a head to the features of chunks `[chunks, width]` and to the differences between the features of two views
    /// of a chunk `[pairs, width]`. The first `learned` features keep their scale, because their variance says how much
    /// they matter. If there are fewer directions than bits, some bits combine directions.
    pub fn fit(
        chunks: &[f32],
        differences: &[f32],
        (width, learned): (usize, usize),
        bits: usize,
        random: &mut ChaCha8Rng,
    ) -> Self {
        let mean = mean_row(chunks, width);
        let scales: Vec<f32> =
            (0..learned).map(|_| 1.0).chain(scales(chunks, &mean).into_iter().skip(learned)).collect();
        let centred: Vec<f32> = chunks
            .chunks_exact(width)
            .flat_map(|row| row.iter().zip(&mean).zip(&scales).map(|((x, m), s)| (x - m) * s))
            .collect();
        let differences: Vec<f32> =
            differences.chunks_exact(width).flat_map(|row| row.iter().zip(&scales).map(|(x, s)| x * s)).collect();
        let between = second_moments(&centred, width);
        // The difference of two views has twice the variance of one view.
        let within = second_moments(&differences, width) * 0.5;
        let directions = directions(&between, &within, bits.min(width));
        let scaled = scaled(&directions, &between);
        let count = directions.ratios.len();
        if count == 0 {
            return Self { weights: vec![0.0; width * bits], bias: vec![0.0; bits] };
        }
        let every = (centred.len() / width).div_ceil(ROTATED).max(1);
        let sample: Vec<f32> = centred.chunks_exact(width).step_by(every).flatten().copied().collect();
        let rotation = rotation(&product(&sample, &scaled, width), count, bits, random);
        let mut weights = product(&scaled, &rotation, count);
        for (row, scale) in weights.chunks_exact_mut(bits).zip(&scales) {
            row.iter_mut().for_each(|w| *w *= scale);
        }
        let bias = product(&mean, &weights, width).into_iter().map(|x| -x).collect();
        Self { weights, bias }
    }
}

/// The mean of rows of `width` values.
fn mean_row(rows: &[f32], width: usize) -> Vec<f32> {
    let mut sums = vec![0.0_f64; width];
    for row in rows.chunks_exact(width) {
        sums.iter_mut().zip(row).for_each(|(sum, x)| *sum += f64::from(*x));
    }
    let count = (rows.len() / width).max(1) as f64;
    sums.into_iter().map(|sum| (sum / count) as f32).collect()
}

/// The factors that give each feature a deviation of about 1. A feature that hardly varies stays small.
fn scales(rows: &[f32], mean: &[f32]) -> Vec<f32> {
    const LEAST_DEVIATION: f32 = 0.05;
    let mut squares = vec![0.0_f64; mean.len()];
    for row in rows.chunks_exact(mean.len()) {
        squares.iter_mut().zip(row).zip(mean).for_each(|((sum, x), m)| *sum += f64::from(x - m).powi(2));
    }
    let count = (rows.len() / mean.len()).max(1) as f64;
    squares.into_iter().map(|sum| 1.0 / ((sum / count).sqrt() as f32 + LEAST_DEVIATION)).collect()
}

/// The mean outer product of rows of `width` values.
fn second_moments(rows: &[f32], width: usize) -> DMatrix<f64> {
    let mut sums = vec![0.0; width * width];
    if !rows.is_empty() {
        multiply(&mut sums, Update::Replace, Matrix::new(rows, width).transposed(), Matrix::new(rows, width));
    }
    let count = (rows.len() / width).max(1) as f64;
    DMatrix::from_fn(width, width, |i, j| f64::from(sums[i * width + j]) / count)
}

/// The leading generalised eigenvectors of `between` and of `within` plus its ridge. None if the numbers are not
/// finite.
fn directions(between: &DMatrix<f64>, within: &DMatrix<f64>, count: usize) -> Directions {
    let width = between.nrows();
    let ridge = RIDGE * within.trace() / width as f64;
    // A small ridge keeps the matrix positive definite even if no feature varies.
    let within = within + DMatrix::identity(width, width) * ridge.max(1e-9);
    let found = Cholesky::new(within).and_then(|cholesky| {
        let lower = cholesky.unpack();
        let half = lower.solve_lower_triangular(between)?;
        let whole = lower.solve_lower_triangular(&half.transpose())?;
        let eigen = SymmetricEigen::try_new((&whole + whole.transpose()) * 0.5, f64::EPSILON, 10_000)?;
        let mut order: Vec<usize> = (0..width).collect();
        order.sort_by(|&a, &b| eigen.eigenvalues[b].total_cmp(&eigen.eigenvalues[a]));
        let least = eigen.eigenvalues[order[0]].max(0.0) * LEAST_RATIO;
        order.truncate(count);
        order.retain(|&i| eigen.eigenvalues[i] > least);
        let whitened = DMatrix::from_fn(width, order.len(), |row, column| eigen.eigenvectors[(row, order[column])]);
        let vectors = lower.transpose().solve_upper_triangular(&whitened)?;
        Some(Directions { vectors, ratios: order.iter().map(|&i| eigen.eigenvalues[i]).collect() })
    });
    found.unwrap_or_else(|| Directions { vectors: DMatrix::zeros(width, 0), ratios: Vec::new() })
}

/// The directions `[width, count]`, row by row. They are scaled so that the chunks' deviation along each is the square
/// root of its ratio.
fn scaled(directions: &Directions, between: &DMatrix<f64>) -> Vec<f32> {
    let (width, count) = directions.vectors.shape();
    let spread = between * &directions.vectors;
    let scales: Vec<f64> = (0..count)
        .map(|j| {
            let variance = directions.vectors.column(j).dot(&spread.column(j));
            (directions.ratios[j] / variance.max(f64::MIN_POSITIVE)).sqrt()
        })
        .collect();
    (0..width * count).map(|at| (directions.vectors[(at / count, at % count)] * scales[at % count]) as f32).collect()
}

/// A matrix `[count, bits]` that brings `points` `[n, count]` near the corners of a cube. Its rows are orthonormal, or
/// its columns if there are fewer of them.
fn rotation(points: &[f32], count: usize, bits: usize, random: &mut ChaCha8Rng) -> Vec<f32> {
    let mut rotation: Vec<f32> = (0..count * bits).map(|_| random.sample(StandardNormal)).collect();
    polar(&mut rotation, bits);
    let mut signs = vec![0.0; points.len() / count * bits];
    for _ in 0..ROUNDS {
        multiply(&mut signs, Update::Replace, Matrix::new(points, count), Matrix::new(&rotation, bits));
        signs.iter_mut().for_each(|x| *x = x.signum());
        let (points, signs) = (Matrix::new(points, count), Matrix::new(&signs, bits));
        multiply(&mut rotation, Update::Replace, points.transposed(), signs);
        polar(&mut rotation, bits);
    }
    rotation
}

/// Replaces `x` `[rows, columns]` by its polar factor: the nearest matrix with orthonormal rows or columns. It uses the
/// Newton-Schulz iteration.
fn polar(x: &mut [f32], columns: usize) {
    let rows = x.len() / columns;
    let length = x.iter().map(|x| x * x).sum::<f32>().sqrt().max(f32::MIN_POSITIVE);
    x.iter_mut().for_each(|x| *x /= length);
    let small = rows.min(columns);
    let (mut square, mut moved) = (vec![0.0; small * small], vec![0.0; x.len()]);
    for _ in 0..POLAR_STEPS {
        let now = Matrix::new(x, columns);
        if rows <= columns {
            multiply(&mut square, Update::Replace, now, now.transposed());
            multiply(&mut moved, Update::Replace, Matrix::new(&square, small), now);
        } else {
            multiply(&mut square, Update::Replace, now.transposed(), now);
            multiply(&mut moved, Update::Replace, now, Matrix::new(&square, small));
        }
        x.iter_mut().zip(&moved).for_each(|(x, moved)| *x = 1.5 * *x - 0.5 * moved);
    }
}

/// `left` `[n, inner]` x `right` `[inner, columns]`.
fn product(left: &[f32], right: &[f32], inner: usize) -> Vec<f32> {
    let columns = right.len() / inner;
    let mut out = vec![0.0; left.len() / inner * columns];
    multiply(&mut out, Update::Replace, Matrix::new(left, inner), Matrix::new(right, columns));
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::draws::{Purpose, generator};

    const WIDTH: usize = 12;

    /// Rows whose columns have increasing variance, mixed by a fixed matrix.
    fn rows(count: usize, seed: u64) -> Vec<f32> {
        let mut random = generator(seed, Purpose::Sample);
        let mut normal = || random.sample::<f32, _>(StandardNormal);
        let plain: Vec<f32> = (0..count * WIDTH).map(|i| normal() * (1.0 + (i % WIDTH) as f32)).collect();
        // The diagonal outweighs the rest of each row, so the matrix is invertible.
        let mix = |i: usize| if i / WIDTH == i % WIDTH { 2.0 } else { ((i * 7 % 11) as f32 - 5.0) / 50.0 };
        let mixing: Vec<f32> = (0..WIDTH * WIDTH).map(mix).collect();
        product(&plain, &mixing, WIDTH)
    }

    /// The largest generalised eigenpairs, one after another: the power method on within^-1 between, with the pairs
    /// that were found deflated. It is slow, and follows the definition.
    fn reference(between: &DMatrix<f64>, within: &DMatrix<f64>, count: usize) -> Vec<(f64, Vec<f64>)> {
        let ridge = RIDGE * within.trace() / WIDTH as f64;
        let within = within + DMatrix::identity(WIDTH, WIDTH) * ridge;
        let operator = within.clone().try_inverse().unwrap() * between;
        let mut found: Vec<(f64, Vec<f64>)> = Vec::new();
        for _ in 0..count {
            let mut x = DMatrix::from_fn(WIDTH, 1, |i, _| 1.0 + i as f64 * 0.37);
            for _ in 0..5000 {
                x = &operator * &x;
                for (_, earlier) in &found {
                    let earlier = DMatrix::from_column_slice(WIDTH, 1, earlier);
                    let along = (earlier.transpose() * &within * &x)[0];
                    x -= earlier * along;
                }
                let length = (x.transpose() * &within * &x)[0].sqrt();
                x /= length;
            }
            found.push(((x.transpose() * between * &x)[0], x.as_slice().to_vec()));
        }
        found
    }

    #[test]
    fn directions_are_the_leading_generalised_eigenvectors() {
        let between = second_moments(&rows(400, 1), WIDTH);
        let within = second_moments(&rows(300, 2).iter().map(|x| x.sin()).collect::<Vec<_>>(), WIDTH);
        let fast = directions(&between, &within, 5);
        for (j, (value, vector)) in reference(&between, &within, 5).into_iter().enumerate() {
            assert!((fast.ratios[j] / value - 1.0).abs() < 1e-6, "eigenvalue {j}: {} and {value}", fast.ratios[j]);
            let column = fast.vectors.column(j);
            let sign = if column[0] * vector[0] < 0.0 { -1.0 } else { 1.0 };
            let off = column.iter().zip(&vector).map(|(a, b)| (a - sign * b).abs()).fold(0.0, f64::max);
            let size = vector.iter().fold(0.0_f64, |m, x| m.max(x.abs()));
            assert!(off < 1e-4 * size, "eigenvector {j} is off by {off} of {size}");
        }
    }

    #[test]
    fn a_rotation_is_orthogonal_and_better_than_where_it_began() {
        let points = rows(500, 3);
        for bits in [8, WIDTH, 20] {
            let found = rotation(&points, WIDTH, bits, &mut generator(0, Purpose::Weights));
            let random = &mut generator(0, Purpose::Weights);
            let mut first: Vec<f32> = (0..WIDTH * bits).map(|_| random.sample(StandardNormal)).collect();
            polar(&mut first, bits);
            let small = WIDTH.min(bits);
            let by = Matrix::new(&found, bits);
            let mut gram = vec![0.0; small * small];
            match bits >= WIDTH {
                true => multiply(&mut gram, Update::Replace, by, by.transposed()),
                false => multiply(&mut gram, Update::Replace, by.transposed(), by),
            }
            for (at, x) in gram.iter().enumerate() {
                let wanted = f32::from(u8::from(at / small == at % small));
                assert!((x - wanted).abs() < 1e-2, "{bits} bits: {x} at {at}");
            }
            // The objective of the rotation: the sum of absolute values.
            let value = |r: &[f32]| product(&points, r, WIDTH).iter().map(|x| x.abs()).sum::<f32>();
            assert!(value(&found) > value(&first), "{bits} bits: {} from {}", value(&found), value(&first));
        }
    }

    #[test]
    fn bits_follow_what_the_chunks_differ_by_and_the_views_do_not() {
        // The first feature distinguishes four kinds. The second is loud and differs between views.
        let mut random = generator(4, Purpose::Sample);
        let mut uniform = || random.random::<f32>() - 0.5;
        let chunks: Vec<f32> = (0..200).flat_map(|i| [(i % 4) as f32, 20.0 * uniform(), 0.01 * uniform()]).collect();
        let differences: Vec<f32> =
            (0..200).flat_map(|_| [0.05 * uniform(), 20.0 * uniform(), 0.01 * uniform()]).collect();
        let head = Head::fit(&chunks, &differences, (3, 0), 1, &mut generator(0, Purpose::Weights));
        assert!(head.weights[0].abs() > 50.0 * head.weights[1].abs(), "{head:?}");
    }

    #[test]
    fn few_or_equal_chunks_still_give_a_finite_head_of_all_bits() {
        let mut random = generator(0, Purpose::Weights);
        for chunks in [vec![1.0; WIDTH], vec![0.5; 7 * WIDTH], rows(3, 1)] {
            let head = Head::fit(&chunks, &chunks, (WIDTH, 4), 64, &mut random);
            assert_eq!((head.weights.len(), head.bias.len()), (WIDTH * 64, 64));
            assert!(head.weights.iter().chain(&head.bias).all(|x| x.is_finite()));
        }
    }
}
