//! What is wrong with a file that can be read nonetheless.

/// Samples of a larger magnitude are no sound but bytes misread as floating point.
const LARGEST_SAMPLE: f32 = 65536.0;

/// Noted as they are met; the samples around them are given all the same.
#[derive(Clone, Debug, Default)]
pub(super) struct Faults {
    pub header: Option<String>,
    pub cut_off: bool,
    pub damaged_packets: u64,
    pub last_damage: Option<&'static str>,
    pub not_numbers: u64,
    pub further_streams: bool,
}

impl Faults {
    /// One clause for a person; `None` where nothing is wrong.
    pub fn in_words(&self) -> Option<String> {
        let Faults { header, cut_off, damaged_packets, not_numbers, further_streams, .. } = self;
        let mut parts: Vec<String> = header.iter().cloned().collect();
        if *cut_off {
            parts.push("it is cut off: its end is missing".into());
        }
        if *damaged_packets > 0 {
            let what = self.last_damage.unwrap_or("unreadable");
            parts.push(format!("{damaged_packets} damaged parts were left out ({what})"));
        }
        if *not_numbers > 0 {
            parts.push(format!("{not_numbers} samples are not numbers and were read as silence"));
        }
        if *further_streams {
            parts.push("it holds several recordings one after the other; only the first was read".into());
        }
        (!parts.is_empty()).then(|| parts.join("; "))
    }

    /// Makes samples that are no sound 0, and counts them.
    pub fn silence_what_is_no_number(&mut self, samples: &mut [f32]) {
        for sample in samples {
            if sample.is_nan() || sample.abs() > LARGEST_SAMPLE {
                *sample = 0.0;
                self.not_numbers += 1;
            }
        }
    }
}
