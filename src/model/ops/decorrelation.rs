//! Decorrelation: punishes bits that say the same (the covariance term of VICReg, Bardes, Ponce and LeCun 2022). Weiss,
//! Torralba and Fergus (2008) ask for uncorrelated bits.

use candle_core::{Result, Tensor, bail};

/// A scalar: the mean over pairs of different bits of the square of the covariance of 2z - 1 over the batch. `z` is
/// `[batch, bits]`.
pub fn decorrelation(z: &Tensor) -> Result<Tensor> {
    let (batch, bits) = z.dims2()?;
    if batch == 0 || bits < 2 {
        bail!("decorrelation: {batch} codes of {bits} bits");
    }
    let centred = ((z.broadcast_sub(&z.mean_keepdim(0)?))? * 2.0)?;
    let covariance = (centred.t()?.matmul(&centred)? / batch as f64)?;
    let variance = (centred.sqr()?.sum(0)? / batch as f64)?;
    let pairs = (bits * (bits - 1)) as f64;
    (covariance.sqr()?.sum_all()? - variance.sqr()?.sum_all()?)? / pairs
}

#[cfg(test)]
mod tests {
    use super::super::check::{gradients, random};
    use super::*;

    #[test]
    fn the_loss_follows_its_definition() {
        let z = random(&[6, 4], 1);
        let loss = decorrelation(&z).unwrap().to_scalar::<f32>().unwrap();
        let rows = z.to_vec2::<f32>().unwrap();
        let value = |row: usize, bit: usize| 2.0 * f64::from(rows[row][bit]) - 1.0;
        let mean = |bit: usize| (0..6).map(|row| value(row, bit)).sum::<f64>() / 6.0;
        let covariance = |a: usize, b: usize| {
            (0..6).map(|row| (value(row, a) - mean(a)) * (value(row, b) - mean(b))).sum::<f64>() / 6.0
        };
        let pairs = (0..4).flat_map(|a| (0..4).filter(move |&b| b != a).map(move |b| (a, b)));
        let exact = pairs.map(|(a, b)| covariance(a, b).powi(2)).sum::<f64>() / 12.0;
        assert!(exact > 0.01 && (f64::from(loss) - exact).abs() < 1e-5 * exact.max(1.0), "{loss} {exact}");
    }

    #[test]
    fn gradients_agree_with_finite_differences() {
        gradients(&[random(&[8, 5], 3)], |t| decorrelation(&t[0]));
    }
}
