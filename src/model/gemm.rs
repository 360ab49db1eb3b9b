//! Matrix products over slices. Only this module calls `gemm`. It checks all bounds first.
#![allow(unsafe_code, reason = "gemm takes pointers")]

/// A matrix within a slice, with any strides.
#[derive(Clone, Copy, Debug)]
pub struct Matrix<'a> {
    data: &'a [f32],
    rows: usize,
    columns: usize,
    row_stride: usize,
    column_stride: usize,
}

impl<'a> Matrix<'a> {
    /// A matrix of `columns` columns from all of `data`, row after row.
    pub fn new(data: &'a [f32], columns: usize) -> Self {
        assert!(columns > 0 && data.len().is_multiple_of(columns), "{} values in rows of {columns}", data.len());
        Self { data, rows: data.len() / columns, columns, row_stride: columns, column_stride: 1 }
    }

    /// The same values with rows and columns exchanged.
    pub fn transposed(self) -> Self {
        Self {
            rows: self.columns,
            columns: self.rows,
            row_stride: self.column_stride,
            column_stride: self.row_stride,
            ..self
        }
    }

    fn fits(&self) -> bool {
        self.rows == 0
            || self.columns == 0
            || (self.rows - 1) * self.row_stride + (self.columns - 1) * self.column_stride < self.data.len()
    }
}

/// Whether a product replaces the old values or is added to them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Update {
    Replace,
    Add,
}

/// `out` = `left` x `right`, or `out` += `left` x `right`. `out` is [left.rows, right.columns], row after row. Runs on
/// the calling thread. Callers split their rows by a fixed rule, so that results do not depend on the machine.
pub fn multiply(out: &mut [f32], how: Update, left: Matrix<'_>, right: Matrix<'_>) {
    assert_eq!(left.columns, right.rows, "the inner dimensions of a matrix product");
    assert_eq!(out.len(), left.rows * right.columns, "the size of a matrix product");
    assert!(left.fits() && right.fits(), "a matrix within its slice");
    // SAFETY: `fits` has checked that the last element of each operand lies within its slice, and strides are not
    // negative, so all elements lie within. `out` has exactly rows x columns elements. It is borrowed mutably, so it
    // does not overlap an operand. `gemm` supports f32. Strides are smaller than the slices' lengths, which fit into an
    // isize.
    unsafe {
        gemm::gemm(
            left.rows,
            right.columns,
            left.columns,
            out.as_mut_ptr(),
            1,
            right.columns as isize,
            how == Update::Add,
            left.data.as_ptr(),
            left.column_stride as isize,
            left.row_stride as isize,
            right.data.as_ptr(),
            right.column_stride as isize,
            right.row_stride as isize,
            1.0,
            1.0,
            false,
            false,
            false,
            gemm::Parallelism::None,
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(n: usize, seed: usize) -> Vec<f32> {
        (0..n).map(|i| ((i * 37 + seed * 11) % 19) as f32 / 7.0 - 1.2).collect()
    }

    #[test]
    fn products_agree_with_three_loops_by_all_strides() {
        for (m, k, n) in [(1, 1, 1), (3, 5, 2), (17, 33, 9), (64, 96, 48), (5, 2, 256)] {
            let (a, b) = (numbers(m * k, 1), numbers(k * n, 2));
            let transpose = |x: &[f32], rows: usize| -> Vec<f32> {
                let columns = x.len() / rows;
                (0..x.len()).map(|i| x[i % rows * columns + i / rows]).collect()
            };
            let (a_t, b_t) = (transpose(&a, m), transpose(&b, k));
            let exact: Vec<f32> =
                (0..m * n).map(|i| (0..k).map(|j| a[i / n * k + j] * b[j * n + i % n]).sum()).collect();
            for left in [Matrix::new(&a, k), Matrix::new(&a_t, m).transposed()] {
                for right in [Matrix::new(&b, n), Matrix::new(&b_t, k).transposed()] {
                    let mut out = vec![f32::NAN; m * n];
                    multiply(&mut out, Update::Replace, left, right);
                    multiply(&mut out, Update::Add, left, right);
                    for (x, y) in out.iter().zip(&exact) {
                        assert!((x - 2.0 * y).abs() < 1e-4, "{x} is not twice {y} at {m} x {k} x {n}");
                    }
                }
            }
        }
    }

    #[test]
    #[should_panic(expected = "the size of a matrix product")]
    fn an_output_of_the_wrong_size_is_refused() {
        multiply(&mut [0.0; 5], Update::Replace, Matrix::new(&[1.0; 6], 3), Matrix::new(&[1.0; 6], 2));
    }

    #[test]
    #[should_panic(expected = "inner dimensions")]
    fn operands_that_do_not_meet_are_refused() {
        multiply(&mut [0.0; 4], Update::Replace, Matrix::new(&[1.0; 6], 3), Matrix::new(&[1.0; 4], 2));
    }
}
