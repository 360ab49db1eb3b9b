//! The numbers by which files are filtered and sorted.

use super::SoundFile;
use crate::aspects::Pitch;

/// A kind of number. A file can lack it: noise has no pitch, and silence has no loudness.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Measure {
    /// In seconds.
    Length,
    /// The file's own, in hertz.
    Rate,
    /// The highest peak, in dB below full scale.
    Level,
    Channels,
    /// In LUFS.
    Loudness,
    /// In seconds.
    Attack,
    /// 0 to 1.
    Brightness,
    /// In hertz.
    Pitch,
    /// The number of the note that is nearest to the pitch.
    Note,
    /// 0 to 1.
    Noisiness,
    /// In beats a minute: as measured, or as the file says where no tempo was measured.
    Tempo,
}

impl Measure {
    /// The number, if the file has one and it was measured.
    pub fn of(self, file: &SoundFile) -> Option<f64> {
        let aspects = file.aspects.unwrap_or_default();
        match self {
            Self::Length => Some(file.duration_secs()),
            Self::Rate => Some(f64::from(file.rate)),
            Self::Level => Some(f64::from(file.level_db())),
            Self::Channels => Some(f64::from(file.channels)),
            Self::Loudness => aspects.loudness.map(f64::from),
            Self::Attack => aspects.attack.map(f64::from),
            Self::Brightness => aspects.brightness.map(f64::from),
            Self::Pitch => aspects.pitch.map(|pitch| f64::from(pitch.hz)),
            Self::Note => aspects.pitch.as_ref().map(Pitch::note).map(|note| f64::from(note.0)),
            Self::Noisiness => aspects.noisiness.map(f64::from),
            Self::Tempo => aspects.tempo.or(file.metadata.as_ref().and_then(|metadata| metadata.bpm)).map(f64::from),
        }
    }

    /// Sorts files by the number, the lowest first. Files without a number come last, even if the order is
    /// `descending`. Equal files keep their order.
    pub fn sort<T>(self, files: &mut [T], descending: bool, file: impl Fn(&T) -> &SoundFile) {
        files.sort_by_cached_key(|one| {
            let number = self.of(file(one)).filter(|number| !number.is_nan());
            // Numbers without NaN, as keys in their own order.
            let key = |number: f64| {
                let bits = number.to_bits().cast_signed();
                let ascending = bits ^ (((bits >> 63).cast_unsigned() >> 1).cast_signed());
                if descending { !ascending } else { ascending }
            };
            (number.is_none(), number.map(key))
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aspects::Aspects;
    use crate::dataset::FileId;

    fn file(id: i64, hz: Option<f32>) -> SoundFile {
        let pitch = hz.map(|hz| Pitch { hz, confidence: 0.9 });
        SoundFile {
            id: FileId(id),
            path: format!("/{id}.wav").into(),
            size_bytes: 1,
            modified_ns: 0,
            content_hash: [0; 32],
            rate: 8000,
            channels: 1,
            frames: 8000,
            peak: if id == 2 { 0.0 } else { 0.5 },
            thumbnail: Vec::new(),
            aspects: Some(Aspects { pitch, ..Aspects::default() }),
            metadata: None,
        }
    }

    #[test]
    fn files_without_the_number_come_last_in_either_direction() {
        let order = |measure: Measure, descending: bool| {
            let hz = [Some(440.0), None, Some(110.0), Some(880.0), None];
            let mut files: Vec<SoundFile> = (0..).zip(hz).map(|(id, hz)| file(id, hz)).collect();
            measure.sort(&mut files, descending, |file| file);
            files.iter().map(|file| file.id.0).collect::<Vec<_>>()
        };
        assert_eq!(order(Measure::Pitch, false), [2, 0, 3, 1, 4]);
        assert_eq!(order(Measure::Pitch, true), [3, 0, 2, 1, 4]);
        assert_eq!(order(Measure::Length, true), [0, 1, 2, 3, 4], "all equal");
        assert_eq!(order(Measure::Level, false), [2, 0, 1, 3, 4], "silence has minus infinity dB");
    }

    #[test]
    fn a_file_that_was_not_measured_has_a_length_and_no_aspects() {
        let file = SoundFile { aspects: None, ..file(1, None) };
        assert_eq!((Measure::Length.of(&file), Measure::Loudness.of(&file)), (Some(1.0), None));
    }
}
