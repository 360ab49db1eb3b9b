//! Random numbers: one seeded ChaCha generator, with a stream of its own for each thing that is drawn. What a step draws
//! follows from the seed and the step's number alone, so a resumed run draws what an uninterrupted one would, and the
//! checkpoint's step is the whole state.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// What numbers are drawn for.
#[derive(Clone, Copy, Debug)]
pub enum Purpose {
    Weights,
    /// The rotation of a head in closed form.
    Head,
    /// The chunks that the normalisation is computed from.
    Sample,
    /// The chunks that the probe looks among, and how its excerpts are distorted.
    Probe,
    ProbeViews,
    /// The order of an epoch's chunks.
    Order {
        epoch: u64,
    },
    /// Noise and partners of a step.
    Step {
        step: u64,
    },
    /// How one view of a step's chunk is distorted.
    View {
        step: u64,
        view: u32,
    },
}

/// The generator for one purpose.
pub fn generator(seed: u64, purpose: Purpose) -> ChaCha8Rng {
    let stream = match purpose {
        Purpose::Weights => 0,
        Purpose::Sample => 1,
        Purpose::Probe => 2,
        Purpose::ProbeViews => 3,
        Purpose::Head => 4,
        Purpose::Order { epoch } => (1 << 62) | epoch,
        Purpose::Step { step } => (2 << 62) | step,
        // Batches have at most 4,096 chunks, so two views of each fit 14 bits.
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
