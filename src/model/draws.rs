//! Random numbers from one seeded ChaCha generator, with a separate stream for each purpose. The draws of a step depend
//! only on the seed and the step's number. So a resumed run draws the same numbers as an uninterrupted one, and the
//! step's number is the whole state that a checkpoint must keep.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// The purpose of random numbers.
#[derive(Clone, Copy, Debug)]
pub enum Purpose {
    Weights,
    /// The rotation of a head in closed form.
    Head,
    /// The chunks that the normalisation is computed from.
    Sample,
    /// The chunks that the probe searches, and the distortions of its excerpts.
    Probe,
    ProbeViews,
    /// The order of an epoch's chunks.
    Order {
        epoch: u64,
    },
    /// The noise and the partners of a step.
    Step {
        step: u64,
    },
    /// The distortion of one view of a step's chunk.
    View {
        step: u64,
        view: u32,
    },
}

/// The random generator for one purpose.
pub fn generator(seed: u64, purpose: Purpose) -> ChaCha8Rng {
    let stream = match purpose {
        Purpose::Weights => 0,
        Purpose::Sample => 1,
        Purpose::Probe => 2,
        Purpose::ProbeViews => 3,
        Purpose::Head => 4,
        Purpose::Order { epoch } => (1 << 62) | epoch,
        Purpose::Step { step } => (2 << 62) | step,
        // Batches have at most 4,096 chunks, so the numbers of two views of each fit into 14 bits.
        Purpose::View { step, view } => (3 << 62) | (step << 14) | u64::from(view),
    };
    let mut generator = ChaCha8Rng::seed_from_u64(seed);
    generator.set_stream(stream);
    generator
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::Rng;

    #[test]
    fn each_purpose_draws_its_own_numbers_and_the_same_each_time() {
        let purposes = [
            Purpose::Weights,
            Purpose::Sample,
            Purpose::Head,
            Purpose::Probe,
            Purpose::ProbeViews,
            Purpose::Order { epoch: 0 },
            Purpose::Order { epoch: 1 },
            Purpose::Step { step: 1 },
            Purpose::View { step: 0, view: 1 },
            Purpose::View { step: 1, view: 0 },
        ];
        let draw = |seed, p| generator(seed, p).random::<u64>();
        let drawn: std::collections::BTreeSet<u64> = purposes.iter().map(|&p| draw(7, p)).collect();
        assert_eq!(drawn.len(), purposes.len());
        assert_eq!(draw(7, Purpose::Weights), draw(7, Purpose::Weights));
        assert_ne!(draw(7, Purpose::Weights), draw(8, Purpose::Weights));
    }
}
