//! Filters of second order with a movable cutoff, and slopes over the whole spectrum.

use super::HZ;

/// A resonant filter (trapezoidal state variable; Zavalishin 2012).
#[derive(Clone, Copy, Debug)]
pub struct Filter {
    g: f32,
    k: f32,
    scale: f32,
    first: f32,
    second: f32,
}

/// The outputs of a [`Filter`] for one sample.
#[derive(Clone, Copy, Debug)]
pub struct Filtered {
    pub low: f32,
    /// 1 at the cutoff.
    pub band: f32,
    pub high: f32,
}

impl Filter {
    pub fn new(hz: f32, q: f32) -> Self {
        let mut filter = Self { g: 0.0, k: 0.0, scale: 0.0, first: 0.0, second: 0.0 };
        filter.tune(hz, q);
        filter
    }

    /// Moves the cutoff. The filter's state stays.
    pub fn tune(&mut self, hz: f32, q: f32) {
        self.g = (std::f32::consts::PI * (hz / HZ).clamp(0.0003, 0.47)).tan();
        self.k = 1.0 / q.max(0.3);
        self.scale = 1.0 / (1.0 + self.g * (self.g + self.k));
    }

    pub fn step(&mut self, input: f32) -> Filtered {
        let high = (input - (self.g + self.k) * self.first - self.second) * self.scale;
        let band = self.g * high + self.first;
        let low = self.g * band + self.second;
        self.first = self.g * high + band;
        self.second = self.g * band + low;
        Filtered { low, band: band * self.k, high }
    }
}

/// The resonance of a band that reaches `octaves` octaves to either side of its centre.
pub fn q_of_width(octaves: f32) -> f32 {
    let half = octaves.clamp(0.02, 3.0);
    1.0 / (half.exp2() - (-half).exp2())
}

/// A slope over the spectrum, made of three shelves of first order.
#[derive(Clone, Copy, Debug)]
pub struct Slope {
    shelves: [Shelf; 3],
}

#[derive(Clone, Copy, Debug)]
struct Shelf {
    share: f32,
    /// The gain above the shelf, less 1.
    above: f32,
    low: f32,
}

impl Slope {
    /// The frequencies of the shelves in hertz, and their distance in octaves.
    const AT: [f32; 3] = [180.0, 1000.0, 5500.0];
    const OCTAVES: f32 = 2.46;

    /// A slope in decibels per octave. The gain is 0 dB below the lowest shelf.
    pub fn new(db_an_octave: f32) -> Self {
        let above = super::amplitude(db_an_octave * Self::OCTAVES) - 1.0;
        let shelf = |hz: f32| Shelf { share: 1.0 - (-std::f32::consts::TAU * hz / HZ).exp(), above, low: 0.0 };
        Self { shelves: Self::AT.map(shelf) }
    }

    pub fn step(&mut self, input: f32) -> f32 {
        self.shelves.iter_mut().fold(input, |x, shelf| {
            shelf.low += shelf.share * (x - shelf.low);
            x + shelf.above * (x - shelf.low)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The gain at `hz`.
    fn gain(hz: f32, mut step: impl FnMut(f32) -> f32) -> f32 {
        let sine = |n: usize| (std::f32::consts::TAU * hz * n as f32 / HZ).sin();
        let out: Vec<f32> = (0..32_000).map(|n| step(sine(n))).collect();
        (out[16_000..].iter().map(|x| x * x).sum::<f32>() / 8000.0).sqrt()
    }

    #[test]
    fn a_filter_passes_its_own_side() {
        let mut filters = [Filter::new(1000.0, 0.7); 6];
        assert!(gain(100.0, |x| filters[0].step(x).low) > 0.95);
        assert!(gain(8000.0, |x| filters[1].step(x).low) < 0.05);
        assert!(gain(8000.0, |x| filters[2].step(x).high) > 0.95);
        assert!(gain(100.0, |x| filters[3].step(x).high) < 0.05);
        assert!((gain(1000.0, |x| filters[4].step(x).band) - 1.0).abs() < 0.05);
        assert!(gain(8000.0, |x| filters[5].step(x).band) < 0.3);
    }

    #[test]
    fn a_slope_falls_by_its_decibels_an_octave() {
        let level = |hz: f32| {
            let mut slope = Slope::new(-6.0);
            20.0 * gain(hz, |x| slope.step(x)).log10()
        };
        let fall = level(400.0) - level(3200.0);
        assert!((12.0..24.0).contains(&fall), "{fall} dB in three octaves");
    }
}
