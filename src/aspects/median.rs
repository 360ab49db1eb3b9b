//! The weighted median.

/// The value at which half of the weight is reached, in order of the values. `None` where there is no weight.
pub(super) fn weighted_median(values: impl Iterator<Item = (f32, f32)>) -> Option<f32> {
    let mut values: Vec<(f32, f32)> = values.filter(|(value, weight)| value.is_finite() && *weight > 0.0).collect();
    values.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
    let half = 0.5 * values.iter().map(|(_, weight)| f64::from(*weight)).sum::<f64>();
    let mut reached = 0.0;
    let at_half = values.iter().find(|(_, weight)| {
        reached += f64::from(*weight);
        reached >= half
    });
    at_half.map(|(value, _)| *value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_of_the_weight_lies_on_either_side() {
        let median = |values: &[(f32, f32)]| weighted_median(values.iter().copied());
        assert_eq!(median(&[(3.0, 1.0), (1.0, 1.0), (2.0, 1.0)]), Some(2.0));
        assert_eq!(median(&[(3.0, 10.0), (1.0, 1.0), (2.0, 1.0)]), Some(3.0));
        assert_eq!(median(&[(f32::NAN, 9.0), (1.0, 1.0), (7.0, 0.0)]), Some(1.0));
        assert_eq!(median(&[]), None);
    }
}
