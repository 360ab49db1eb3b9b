//! [`Pairs`]: the distances of random pairs of a library, with which nearness is compared.

/// The distances of random pairs, ascending.
#[derive(Clone, Debug)]
pub(super) struct Pairs(Vec<f32>);

impl Pairs {
    pub fn new(mut distances: Vec<f32>) -> Self {
        distances.sort_unstable_by(f32::total_cmp);
        Self(distances)
    }

    /// The share of random pairs that are farther apart. `None` if there are no pairs. It is always below 1, because
    /// pairs that were not drawn could be nearer.
    pub fn share_alike(&self, distance: f64) -> Option<f64> {
        let nearer = self.0.partition_point(|&pair| f64::from(pair) <= distance);
        (!self.0.is_empty()).then(|| (self.0.len() - nearer) as f64 / (self.0.len() + 1) as f64)
    }
}
