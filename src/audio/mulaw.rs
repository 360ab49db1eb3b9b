//! mu-law: each sample as one of 256 levels. The levels are close together near silence and far apart for loud samples.

/// The number of levels.
pub const LEVELS: usize = 256;

/// The level of silence. Padding consists of it.
pub const SILENCE: u8 = 128;

const MU: f32 = 255.0;

/// The level of a sample in [-1, 1]. Samples outside are clipped.
pub fn level(sample: f32) -> u8 {
    let x = sample.clamp(-1.0, 1.0);
    let y = x.signum() * (MU * x.abs()).ln_1p() / MU.ln_1p();
    // This is the floor of a value in [0.5, 255.5]. A cast of NaN gives 0.
    ((y + 1.0) / 2.0 * MU + 0.5) as u8
}

/// The sample in [-1, 1] that a level stands for.
pub fn sample(level: u8) -> f32 {
    sample_between(f32::from(level))
}

/// The sample in [-1, 1] that a level from 0 to 255 stands for. The level may lie between two whole levels.
pub fn sample_between(level: f32) -> f32 {
    let y = level / MU * 2.0 - 1.0;
    y.signum() * ((MU.ln_1p() * y.abs()).exp_m1()) / MU
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_follow_the_formula_at_its_edges() {
        assert_eq!(level(-1.0), 0);
        assert_eq!(level(1.0), 255);
        assert_eq!(level(0.0), SILENCE);
        assert_eq!(level(2.0), 255);
        assert_eq!(level(-7.5), 0);
        // The smallest steps of 16-bit sound: ln(1 + 255/32768) / ln(256) * 127.5 = 0.178 of a level.
        assert_eq!(level(1.0 / 32768.0), 128);
        assert_eq!(level(-1.0 / 32768.0), 127);
        for n in -1000..=1000 {
            let x = f64::from(n) / 1000.0;
            let y = x.signum() * (1.0 + 255.0 * x.abs()).ln() / 256.0_f64.ln();
            let exact = (y + 1.0) / 2.0 * 255.0 + 0.5;
            // Near a boundary, rounding to f32 may give either level, and both are right.
            let near_boundary = (exact - exact.round()).abs() < 1e-3;
            if n != 0 && !near_boundary {
                assert_eq!(level(x as f32), exact.floor() as u8, "at {x}");
            }
        }
    }

    #[test]
    fn a_level_comes_back_from_its_sample() {
        for l in 0..=255 {
            assert_eq!(level(sample(l)), l);
        }
        assert_eq!((sample(0), sample(255)), (-1.0, 1.0));
    }
}
