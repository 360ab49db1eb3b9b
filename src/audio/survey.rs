//! Reads a file once, from end to end, for everything that the dataset and the screen show about it, and for its aspects.

use std::fs;
use std::path::Path;

use super::container::section;
use super::decode::Decoder;
use super::error::{AudioError, Cause};
use super::metadata;
use super::mix::Mixer;
use super::mono::MonoReader;
use super::picture::Outline;
use super::spectrogram::{Spectrogram, SpectrogramBuilder};
use super::witness::Testimony;
use crate::aspects::{Aspects, Measurer};
use crate::ground::files::modified_ns;
use crate::ground::names;
use crate::metadata::Metadata;

/// The result of reading a whole file. Its size does not grow with the file.
#[derive(Clone, Debug, PartialEq)]
pub struct Survey {
    /// The file's own rate, in hertz.
    pub rate: u32,
    pub channels: u16,
    /// The number of frames, counted while decoding.
    pub frames: u64,
    /// The largest absolute sample. Full scale is 1.
    pub peak: f32,
    /// The lowest and the highest sample of equal stretches, as many as asked for. Full scale is 127.
    pub thumbnail: Vec<(i8, i8)>,
    /// The BLAKE3 hash of the file's bytes.
    pub content_hash: [u8; 32],
    /// The BLAKE3 hash of the decoded samples, with rate and channels. It is equal for one sound in two lossless
    /// formats.
    pub sound_hash: [u8; 32],
    pub aspects: Aspects,
    pub metadata: Metadata,
    pub size_bytes: u64,
    /// The time of the last change, in nanoseconds since 1970.
    pub modified_ns: i64,
    /// The faults of the file: cut off, damaged in places, damaged metadata. One clause for people.
    pub warning: Option<String>,
}

/// A sound as a picture.
#[derive(Clone, Debug, PartialEq)]
pub struct SoundPicture {
    pub duration_secs: f64,
    pub rate: u32,
    pub channels: u16,
    /// The lowest and the highest sample of equal stretches, as many as asked for.
    pub columns: Vec<(f32, f32)>,
    pub spectrogram: Spectrogram,
}

/// Size in bytes, and time of the last change in nanoseconds since 1970. They show whether a file has changed, without
/// reading it.
pub fn stamp(path: &Path) -> Result<(u64, i64), AudioError> {
    let metadata = fs::metadata(names::real(path)).map_err(|error| Cause::of_reading(error).at(path))?;
    Ok((metadata.len(), modified_ns(&metadata)))
}

/// Reads a file once, with a thumbnail of up to `thumbnail_columns`. `None` if `go_on` returns false.
pub fn survey(path: &Path, thumbnail_columns: usize, go_on: impl Fn() -> bool) -> Result<Option<Survey>, AudioError> {
    let mut heard = blake3::Hasher::new();
    let mut measuring: Option<(Mixer, Measurer)> = None;
    let mut mixed = Vec::new();
    let outlined = outline(path, thumbnail_columns, |layout, block| {
        heard.update(bytemuck::cast_slice(block));
        let (mixer, measurer) = measuring.get_or_insert_with(|| {
            let Layout { rate, channels, frames } = *layout;
            (Mixer::new(channels), Measurer::new(rate, channels, frames))
        });
        measurer.push(block);
        mixer.push(block, &mut mixed);
        measurer.push_mixed(&mixed);
        mixed.clear();
        go_on()
    })?;
    let Some((outline, decoder)) = outlined else { return Ok(None) };
    heard.update(&decoder.rate().to_le_bytes());
    heard.update(&(decoder.channels() as u64).to_le_bytes());
    let told = metadata::read(path)?;
    let testified = decoder.witness().testify(go_on).map_err(|cause| cause.at(path))?;
    let Some(Testimony { content_hash, size_bytes, modified_ns }) = testified else { return Ok(None) };
    let columns = outline.columns(thumbnail_columns);
    let aspects = measuring.map_or_else(Aspects::default, |(mut mixer, mut measurer)| {
        mixer.finish(&mut mixed);
        measurer.push_mixed(&mixed);
        measurer.finish()
    });
    Ok(Some(Survey {
        rate: decoder.rate(),
        channels: decoder.channels() as u16,
        frames: outline.frames(),
        peak: outline.peak(),
        thumbnail: columns.into_iter().map(|(low, high)| (to_i8(low), to_i8(high))).collect(),
        content_hash,
        sound_hash: heard.finalize().into(),
        aspects,
        metadata: told.metadata,
        size_bytes,
        modified_ns,
        // Of a file whose sound is damaged, that is what counts.
        warning: decoder.warning().or(told.fault),
    }))
}

/// The BLAKE3 hash of a file's bytes. `None` if `go_on` returns false.
pub fn content_hash(path: &Path, go_on: impl Fn() -> bool) -> Result<Option<[u8; 32]>, AudioError> {
    let hash = || {
        let witness = section::open(path)?.witness().map_err(Cause::of_reading)?;
        witness.testify(go_on)
    };
    Ok(hash().map_err(|cause| cause.at(path))?.map(|testimony| testimony.content_hash))
}

/// The waveform of a file in up to `columns` columns, and its spectrogram. `None` if `go_on` returns false. Memory does
/// not grow with the file.
pub fn picture(path: &Path, columns: usize, go_on: impl Fn() -> bool) -> Result<Option<SoundPicture>, AudioError> {
    let mut spectrogram = None;
    let outlined = outline(path, columns, |layout, block| {
        spectrogram
            .get_or_insert_with(|| SpectrogramBuilder::new(layout.rate, layout.frames))
            .push(block, layout.channels);
        go_on()
    })?;
    Ok(outlined.map(|(outline, decoder)| SoundPicture {
        duration_secs: outline.frames() as f64 / f64::from(decoder.rate()),
        rate: decoder.rate(),
        channels: decoder.channels() as u16,
        columns: outline.columns(columns),
        spectrogram: spectrogram.map(SpectrogramBuilder::finish).unwrap_or_default(),
    }))
}

/// Like [`picture`], of a stretch in seconds, mixed to one channel. Seeks to the stretch and reads nothing else.
pub fn picture_of_stretch(
    path: &Path,
    (from_secs, to_secs): (f64, f64),
    columns: usize,
    go_on: impl Fn() -> bool,
) -> Result<Option<SoundPicture>, AudioError> {
    let mut reader = MonoReader::open_range(path, None, from_secs, Some(to_secs))?;
    let rate = reader.rate();
    let frames = ((to_secs - from_secs).max(0.0) * f64::from(rate)).ceil() as u64;
    let (mut outline, mut spectrogram) = (Outline::new(columns), SpectrogramBuilder::new(rate, Some(frames)));
    let mut block = Vec::new();
    while reader.next_block(&mut block)? {
        outline.push(&block, 1);
        spectrogram.push(&block, 1);
        block.clear();
        if !go_on() {
            return Ok(None);
        }
    }
    if outline.frames() == 0 {
        return Err(Cause::NoSound.at(path));
    }
    Ok(Some(SoundPicture {
        duration_secs: outline.frames() as f64 / f64::from(rate),
        rate,
        channels: reader.file().channels() as u16,
        columns: outline.columns(columns),
        spectrogram: spectrogram.finish(),
    }))
}

/// Passes every block to `also`, until it returns false. Then the result is `None`.
fn outline(
    path: &Path,
    columns: usize,
    mut also: impl FnMut(&Layout, &[f32]) -> bool,
) -> Result<Option<(Outline, Decoder)>, AudioError> {
    let mut decoder = Decoder::open(path)?;
    let layout = Layout { rate: decoder.rate(), channels: decoder.channels(), frames: decoder.frames() };
    let mut outline = Outline::new(columns);
    while let Some(block) = decoder.next_block()? {
        outline.push(block, layout.channels);
        if !also(&layout, block) {
            return Ok(None);
        }
    }
    if outline.frames() == 0 {
        return Err(Cause::NoSound.at(path));
    }
    Ok(Some((outline, decoder)))
}

/// What a file declares before it is decoded.
struct Layout {
    rate: u32,
    channels: usize,
    frames: Option<u64>,
}

fn to_i8(sample: f32) -> i8 {
    (sample.clamp(-1.0, 1.0) * 127.0).round() as i8
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::wav::{Depth, write_wav};

    #[test]
    fn a_survey_tells_what_is_in_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.wav");
        let mut samples = vec![0.0; 20_000];
        samples[5000] = 0.5;
        samples[15_201] = -1.0;
        write_wav(&path, &samples, 2, 22_050, Depth::Pcm16).unwrap();
        let survey = survey(&path, 4, || true).unwrap().expect("nobody said to stop");
        assert_eq!((survey.rate, survey.channels, survey.frames, survey.peak), (22_050, 2, 10_000, 1.0));
        assert_eq!(survey.thumbnail, [(0, 0), (0, 64), (0, 0), (-127, 0)]);
        let bytes = fs::read(&path).unwrap();
        assert_eq!(survey.content_hash, *blake3::hash(&bytes).as_bytes());
        assert_eq!(survey.size_bytes, bytes.len() as u64);
        assert!(survey.modified_ns > 1_500_000_000_000_000_000);
        assert_eq!(survey.warning, None);
        assert!(survey.aspects.loudness.is_some() && survey.aspects.pitch.is_none());
        assert_eq!(super::survey(&path, 4, || false).unwrap(), None);

        let picture = picture(&path, 2000, || true).unwrap().expect("nobody said to stop");
        assert!(picture.spectrogram.columns > 100);
        assert_eq!(super::picture(&path, 2000, || false).unwrap(), None);
        assert_eq!(picture.columns.len(), 2000);
        assert!((picture.duration_secs - 10_000.0 / 22_050.0).abs() < 1e-9);
        assert!((picture.columns[500].1 - 0.5).abs() < 1e-4);
    }

    #[test]
    fn a_stretch_is_drawn_without_the_rest() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.wav");
        let samples: Vec<f32> = (0..80_000).map(|i| if (40_000..44_000).contains(&i) { 0.5 } else { 0.0 }).collect();
        write_wav(&path, &samples, 1, 8000, Depth::Pcm16).unwrap();
        let stretch = (4.5, 6.5);
        let picture = picture_of_stretch(&path, stretch, 200, || true).unwrap().expect("nobody said to stop");
        assert!((picture.duration_secs - 2.0).abs() < 1e-9);
        let loud: Vec<usize> = (0..200).filter(|column| picture.columns[*column].1 > 0.4).collect();
        assert_eq!((loud.first(), loud.last()), (Some(&50), Some(&99)), "from 0.5 s to 1 s of the stretch");
        assert!(picture.spectrogram.columns > 100);
        assert_eq!(picture_of_stretch(&path, stretch, 200, || false).unwrap(), None);
        assert!(picture_of_stretch(&path, (11.0, 12.0), 200, || true).is_err(), "behind the end there is no sound");
    }

    #[test]
    fn aspects_are_of_what_is_heard_even_where_channels_cancel() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("opposite.wav");
        let tone = |i: u32| 0.5 * (std::f32::consts::TAU * 441.0 * i as f32 / 22_050.0).sin();
        let samples: Vec<f32> = (0..30_000).flat_map(|i| [tone(i), -tone(i)]).collect();
        write_wav(&path, &samples, 2, 22_050, Depth::Pcm16).unwrap();
        let aspects = survey(&path, 4, || true).unwrap().expect("nobody said to stop").aspects;
        let pitch = aspects.pitch.expect("a tone has a pitch");
        assert!((pitch.hz - 441.0).abs() < 1.0, "{pitch:?}");
        assert!(aspects.loudness.expect("loud") > -12.0);
    }

    #[test]
    fn a_file_cut_off_in_its_data_is_read_as_far_as_it_goes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cut.wav");
        write_wav(&path, &vec![0.25; 10_000], 1, 8000, Depth::Pcm16).unwrap();
        let bytes = fs::read(&path).unwrap();
        fs::write(&path, &bytes[..44 + 2 * 7501 + 1]).unwrap();
        let survey = survey(&path, 4, || true).unwrap().expect("nobody said to stop");
        assert_eq!(survey.frames, 7501);
        assert_eq!(
            survey.warning.unwrap(),
            "it is cut off: 75% is there; the last 0:00.31 of 0:01.25 are missing (4997 bytes)"
        );
    }
}
