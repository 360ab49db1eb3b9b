//! Loops that are compiled for the widest vectors of the machine, and functions for use in such loops.
//!
//! [`kernel!`] defines a function whose body is compiled once for each instruction set. `pulp` chooses one when the
//! program runs. A function that a body calls must be `#[inline(always)]`; otherwise it is compiled for the narrow
//! instruction set. That is so for [`pairs`], and not for `Iterator::zip`, `map` and `sum`. Integers are added by
//! `wrapping_add`, because a check for overflow prevents vectorisation.

use pulp::WithSimd;

/// Runs `op` with the widest vectors of the machine.
#[inline(always)]
pub fn dispatch<Op: WithSimd>(op: Op) -> Op::Output {
    #[cfg(target_arch = "x86_64")]
    {
        if let Some(simd) = pulp::x86::V4::try_new() {
            return pulp::Simd::vectorize(simd, op);
        }
        if let Some(simd) = pulp::x86::V3::try_new() {
            return pulp::Simd::vectorize(simd, op);
        }
    }
    pulp::Arch::new().dispatch(op)
}

/// Defines a vectorised function, as the module describes. References must have the one named lifetime.
macro_rules! kernel {
    ($(#[$meta:meta])* $vis:vis fn $name:ident<$life:lifetime>($($arg:ident: $kind:ty),* $(,)?) $(-> $out:ty)? $body:block) => {
        $(#[$meta])*
        #[allow(clippy::too_many_arguments)]
        $vis fn $name<$life>($($arg: $kind),*) $(-> $out)? {
            struct Kernel<$life> { $($arg: $kind),* }
            impl<$life> pulp::WithSimd for Kernel<$life> {
                type Output = kernel!(@out $($out)?);
                #[inline(always)]
                fn with_simd<S: pulp::Simd>(self, _: S) -> Self::Output {
                    let Kernel { $($arg),* } = self;
                    $body
                }
            }
            $crate::model::simd::dispatch(Kernel { $($arg),* })
        }
    };
    (@out) => { () };
    (@out $out:ty) => { $out };
}
pub(crate) use kernel;

/// e^x to within 2 units in the last place, in operations that vectorise. x is clamped to [-87, 88].
#[inline(always)]
pub fn exp(x: f32) -> f32 {
    // Adding this number leaves the nearest integer in the lowest bits of the significand.
    const ROUND: f32 = 12_582_912.0;
    const LN2_HIGH: f32 = 0.693_359_4;
    const LN2_LOW: f32 = -2.121_944_4e-4;
    let x = x.clamp(-87.0, 88.0);
    let rounded = x * std::f32::consts::LOG2_E + ROUND;
    let n = rounded - ROUND;
    let r = x - n * LN2_HIGH - n * LN2_LOW;
    let series = 1.0 / 24.0 + r * (1.0 / 120.0 + r * (1.0 / 720.0));
    let p = 1.0 + r + r * r * (0.5 + r * (1.0 / 6.0 + r * series));
    let power = (rounded.to_bits() as i32).wrapping_sub(ROUND.to_bits() as i32);
    p * f32::from_bits((power.wrapping_add(127) << 23) as u32)
}

/// The natural logarithm of a positive normal number, in operations that vectorise.
#[inline(always)]
pub fn ln(x: f32) -> f32 {
    let bits = x.to_bits() as i32;
    // A significand between sqrt(1/2) and sqrt(2), and its exponent.
    let shifted = bits.wrapping_sub(std::f32::consts::FRAC_1_SQRT_2.to_bits() as i32);
    let e = (shifted >> 23) as f32;
    let f = f32::from_bits(bits.wrapping_sub(shifted & 0xff80_0000_u32 as i32) as u32) - 1.0;
    let z = f * f;
    let high = ((7.037_683_6e-2 * f - 1.151_461e-1) * f + 1.167_699_9e-1) * f - 1.242_014_1e-1;
    let low = ((high * f + 1.424_932_3e-1) * f - 1.666_805_8e-1) * f + 2.000_071_5e-1;
    let y = ((low * f - 2.499_999_4e-1) * f + 3.333_333e-1) * f * z;
    f + (y - 2.121_944_4e-4 * e - 0.5 * z) + 0.693_359_4 * e
}

/// 1 / (1 + e^-x).
#[inline(always)]
pub fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + exp(-x))
}

/// The hyperbolic tangent, to within 2e-7.
#[inline(always)]
pub fn tanh(x: f32) -> f32 {
    2.0 * sigmoid(2.0 * x) - 1.0
}

/// The number of partial sums of a reduction. It is enough for the widest vectors, and gives one order of addition on
/// every machine.
pub const LANES: usize = 32;

/// Calls `f` with each value of `to` and the value of `from` in the same place, as far as both have values.
#[inline(always)]
pub fn pairs<T, U>(to: &mut [T], from: &[U], mut f: impl FnMut(&mut T, &U)) {
    let count = if to.len() < from.len() { to.len() } else { from.len() };
    let (to, from) = (&mut to[..count], &from[..count]);
    for i in 0..count {
        f(&mut to[i], &from[i]);
    }
}

/// The sum of `f` over `values`, in an order that vectorises.
#[inline(always)]
pub fn sum(values: &[f32], f: impl Fn(f32) -> f32) -> f32 {
    let mut lanes = [0.0_f32; LANES];
    let (blocks, last) = values.as_chunks::<LANES>();
    for block in blocks {
        for i in 0..LANES {
            lanes[i] += f(block[i]);
        }
    }
    let (mut total, mut rest) = (0.0, 0.0);
    for lane in lanes {
        total += lane;
    }
    for &x in last {
        rest += f(x);
    }
    total + rest
}

kernel! {
    /// Adds `from` to `to`.
    pub fn add<'a>(to: &'a mut [f32], from: &'a [f32]) {
        pairs(to, from, |to, from| *to += from);
    }
}

kernel! {
    /// Multiplies all of `values` by `factor`.
    pub fn scale<'a>(values: &'a mut [f32], factor: f32) {
        for x in values {
            *x *= factor;
        }
    }
}

kernel! {
    /// Adds each row of `rows` to `sums`, which become the sums of the columns.
    pub fn add_rows<'a>(sums: &'a mut [f32], rows: &'a [f32]) {
        for row in rows.chunks_exact(sums.len()) {
            pairs(sums, row, |sum, x| *sum += x);
        }
    }
}

kernel! {
    /// Replaces a row of logits by probabilities. Returns the logarithm of the sum of the exponentials.
    pub fn softmax<'a>(row: &'a mut [f32]) -> f32 {
        let mut lanes = [f32::NEG_INFINITY; LANES];
        for block in row.chunks(LANES) {
            pairs(&mut lanes, block, |lane, &x| *lane = if x > *lane { x } else { *lane });
        }
        let mut largest = f32::NEG_INFINITY;
        for lane in lanes {
            largest = if lane > largest { lane } else { largest };
        }
        for x in row.iter_mut() {
            *x = exp(*x - largest);
        }
        let total = sum(row, |x| x);
        for x in row.iter_mut() {
            *x /= total;
        }
        largest + total.ln()
    }
}

kernel! {
    /// The sum of squares: blocks are summed in single precision, the blocks' sums in double precision.
    pub fn sum_of_squares<'a>(values: &'a [f32]) -> f64 {
        let mut total = 0.0;
        for block in values.chunks(4096) {
            total += f64::from(sum(block, |x| x * x));
        }
        total
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    kernel! {
        fn exp_all<'a>(x: &'a mut [f32]) {
            for x in x {
                *x = exp(*x);
            }
        }
    }

    #[test]
    fn exp_ln_tanh_and_sigmoid_agree_with_the_standard_library() {
        let xs: Vec<f32> = (-8700..8700).map(|i| i as f32 / 100.0).collect();
        let mut fast = xs.clone();
        exp_all(&mut fast);
        for (&x, &y) in xs.iter().zip(&fast) {
            let exact = f64::from(x).exp();
            assert!(((f64::from(y) - exact) / exact).abs() < 4e-7, "exp({x}) = {y}, not {exact}");
            assert!((tanh(x) - x.tanh()).abs() < 3e-7, "tanh({x})");
            assert!((sigmoid(x) - 1.0 / (1.0 + (-x).exp())).abs() < 3e-7, "sigmoid({x})");
            if y.is_normal() {
                assert!((ln(y) - y.ln()).abs() <= 1e-6 * y.ln().abs().max(1.0), "ln({y})");
            }
        }
        assert!(exp(f32::NAN).is_nan());
    }

    #[test]
    fn sums_have_every_term() {
        let values: Vec<f32> = (0..103).map(|i| i as f32).collect();
        assert_eq!(sum(&values, |x| x), 5253.0);
        assert_eq!(sum_of_squares(&values), 358_955.0);
        let mut columns = vec![0.0; 2];
        add_rows(&mut columns, &[1.0, 2.0, 3.0, 4.0]);
        assert_eq!(columns, [4.0, 6.0]);
    }
}
