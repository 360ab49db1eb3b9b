//! The computer's own devices, through cpal. Only this file knows cpal.

use std::cell::OnceCell;

use cpal::traits::{DeviceTrait, HostTrait, StreamTrait};
use cpal::{
    BufferSize, Device, ErrorKind, FromSample, I24, Sample, SampleFormat, SizedSample, StreamConfig,
    SupportedStreamConfig, SupportedStreamConfigRange, U24,
};

use super::{
    Backend, Capture, DeviceError, DeviceList, DeviceName, Fault, FaultHandler, Format, InputDevice, OutputDevice,
    Render, Stream,
};

/// The length of a callback, where the device lets the program choose. Some sound servers would otherwise ask for
/// seconds at once.
const OUTPUT_CALLBACK_SECS: f64 = 0.025;
const INPUT_CALLBACK_SECS: f64 = 0.040;
/// The number of samples that a callback converts at once, in a buffer that is made beforehand.
const SCRATCH_SAMPLES: usize = 4096;
/// Entries of ALSA's list that are not real devices: converters, and a sink that discards all sound.
const NO_DEVICES: [&str; 7] =
    ["alsa:null", "alsa:lavrate", "alsa:samplerate", "alsa:speexrate", "alsa:speex", "alsa:upmix", "alsa:vdownmix"];

/// The devices of the computer.
pub struct SoundCard;

impl Backend for SoundCard {
    fn outputs(&self) -> DeviceList {
        let host = cpal::default_host();
        // A host that cannot list its devices may still have a default device.
        let devices = host.output_devices().map_or_else(|_| Vec::new(), listed);
        DeviceList { devices, default: host.default_output_device().and_then(named) }
    }

    fn inputs(&self) -> DeviceList {
        let host = cpal::default_host();
        let devices = host.input_devices().map_or_else(|_| Vec::new(), listed);
        DeviceList { devices, default: host.default_input_device().and_then(named) }
    }

    fn output(&self, chosen: Option<&DeviceName>) -> Result<Box<dyn OutputDevice>, DeviceError> {
        let none = |reason: String| DeviceError::NoOutput(reason);
        let host = cpal::default_host();
        let device = match chosen {
            Some(chosen) => by_name(&host, chosen)?,
            None => host.default_output_device().ok_or_else(|| none("none is connected".into()))?,
        };
        // Without a sound card there may be a device, but it has no configuration.
        let config = device.default_output_config().map_err(|error| none(in_parentheses(&error)))?;
        Ok(Box::new(CpalDevice { device, config, ranges: OnceCell::new() }))
    }

    fn input(&self, chosen: Option<&DeviceName>) -> Result<Box<dyn InputDevice>, DeviceError> {
        let none = |reason: String| DeviceError::NoInput(reason);
        let host = cpal::default_host();
        let device = match chosen {
            Some(chosen) => by_name(&host, chosen)?,
            None => host.default_input_device().ok_or_else(|| none("none is connected".into()))?,
        };
        let config = device.default_input_config().map_err(|error| none(in_parentheses(&error)))?;
        Ok(Box::new(CpalDevice { device, config, ranges: OnceCell::from(Vec::new()) }))
    }
}

fn listed(devices: impl Iterator<Item = Device>) -> Vec<DeviceName> {
    devices.filter_map(named).filter(|device| !NO_DEVICES.contains(&device.id.as_str())).collect()
}

/// `None` if the device was disconnected while the list was made.
fn named(device: Device) -> Option<DeviceName> {
    Some(DeviceName { id: device.id().ok()?.to_string(), name: device.to_string() })
}

fn by_name(host: &cpal::Host, chosen: &DeviceName) -> Result<Device, DeviceError> {
    let id = chosen.id.parse().ok();
    id.and_then(|id| host.device_by_id(&id)).ok_or_else(|| DeviceError::NotConnected(chosen.name.clone()))
}

/// cpal's sentence without its full stop, as the reason within another sentence.
fn in_parentheses(error: &cpal::Error) -> String {
    error.to_string().trim_end_matches('.').into()
}

struct CpalDevice {
    device: Device,
    config: SupportedStreamConfig,
    /// The other formats on offer. They are asked for only when the default does not fit, because some systems open the
    /// device to find out.
    ranges: OnceCell<Vec<SupportedStreamConfigRange>>,
}

/// Dropping cpal's stream stops it.
struct CpalStream {
    _stream: cpal::Stream,
}

impl Stream for CpalStream {}

impl CpalDevice {
    /// The type of sample with which `format` is opened: the default's, or the best on offer.
    fn sample_format(&self, format: Format) -> Option<SampleFormat> {
        if format == self.format() && is_convertible(self.config.sample_format()) {
            return Some(self.config.sample_format());
        }
        let ranges = || self.device.supported_output_configs().map_or_else(|_| Vec::new(), Iterator::collect);
        self.ranges
            .get_or_init(ranges)
            .iter()
            .filter(|range| usize::from(range.channels()) == format.channels && range.contains_rate(format.rate))
            .filter(|range| is_convertible(range.sample_format()))
            .max_by(|a, b| a.cmp_default_heuristics(b))
            .map(|range| range.sample_format())
    }

    fn format(&self) -> Format {
        Format { rate: self.config.sample_rate(), channels: usize::from(self.config.channels()) }
    }

    fn refused(&self, error: impl ToString) -> DeviceError {
        DeviceError::Refused { device: self.device.to_string(), reason: error.to_string() }
    }

    fn config(&self, format: Format, callback_secs: f64) -> StreamConfig {
        let frames = (f64::from(format.rate) * callback_secs).round() as u32;
        StreamConfig {
            channels: u16::try_from(format.channels).unwrap_or(u16::MAX),
            sample_rate: format.rate,
            buffer_size: BufferSize::Fixed(frames.next_power_of_two() / 2),
        }
    }

    fn chosen_sample_format(&self, format: Format) -> Result<SampleFormat, DeviceError> {
        self.sample_format(format)
            .ok_or_else(|| self.refused(format!("{} Hz with {} channels is not offered", format.rate, format.channels)))
    }
}

impl OutputDevice for CpalDevice {
    fn name(&self) -> String {
        self.device.to_string()
    }

    fn default_format(&self) -> Result<Format, DeviceError> {
        Ok(self.format())
    }

    fn supports(&self, format: Format) -> bool {
        self.sample_format(format).is_some()
    }

    fn open(
        &self,
        format: Format,
        render: Box<dyn Render>,
        faults: FaultHandler,
    ) -> Result<Box<dyn Stream>, DeviceError> {
        let sample_format = self.chosen_sample_format(format)?;
        let config = self.config(format, OUTPUT_CALLBACK_SECS);
        open_as(sample_format, Output { device: &self.device, config, render, faults })
            .map_err(|error| self.refused(error))
    }
}

impl InputDevice for CpalDevice {
    fn name(&self) -> String {
        self.device.to_string()
    }

    fn default_format(&self) -> Result<Format, DeviceError> {
        Ok(self.format())
    }

    fn open(
        &self,
        format: Format,
        capture: Box<dyn Capture>,
        faults: FaultHandler,
    ) -> Result<Box<dyn Stream>, DeviceError> {
        let sample_format = self.chosen_sample_format(format)?;
        let config = self.config(format, INPUT_CALLBACK_SECS);
        open_as(sample_format, Input { device: &self.device, config, capture, faults })
            .map_err(|error| self.refused(error))
    }
}

/// A stream that can be opened when its type of sample is known.
trait Opening {
    fn open<T: SizedSample + FromSample<f32> + Send + 'static>(self) -> Result<Box<dyn Stream>, cpal::Error>
    where
        f32: FromSample<T>;
}

fn is_convertible(format: SampleFormat) -> bool {
    !matches!(format, SampleFormat::DsdU8 | SampleFormat::DsdU16 | SampleFormat::DsdU32)
}

fn open_as(format: SampleFormat, opening: impl Opening) -> Result<Box<dyn Stream>, cpal::Error> {
    match format {
        SampleFormat::I8 => opening.open::<i8>(),
        SampleFormat::I16 => opening.open::<i16>(),
        SampleFormat::I24 => opening.open::<I24>(),
        SampleFormat::I32 => opening.open::<i32>(),
        SampleFormat::I64 => opening.open::<i64>(),
        SampleFormat::U8 => opening.open::<u8>(),
        SampleFormat::U16 => opening.open::<u16>(),
        SampleFormat::U24 => opening.open::<U24>(),
        SampleFormat::U32 => opening.open::<u32>(),
        SampleFormat::U64 => opening.open::<u64>(),
        SampleFormat::F32 => opening.open::<f32>(),
        SampleFormat::F64 => opening.open::<f64>(),
        other => {
            let message = format!("samples of kind {other} are not supported");
            Err(cpal::Error::with_message(ErrorKind::UnsupportedConfig, message))
        }
    }
}

/// Fills a device's buffer of whole frames with what `render` makes, converted to the device's type of sample.
fn output_callback<T: SizedSample + FromSample<f32>>(
    channels: usize,
    mut render: Box<dyn Render>,
) -> impl FnMut(&mut [T]) {
    let mut scratch = scratch(channels);
    move |out| {
        for out in out.chunks_mut(scratch.len()) {
            let samples = &mut scratch[..out.len()];
            render.render(samples);
            for (out, sample) in out.iter_mut().zip(samples) {
                *out = T::from_sample(sample.clamp(-1.0, 1.0));
            }
        }
    }
}

/// Gives `capture` what a device delivered in whole frames, converted from the device's type of sample.
fn input_callback<T: SizedSample>(channels: usize, mut capture: Box<dyn Capture>) -> impl FnMut(&[T])
where
    f32: FromSample<T>,
{
    let mut scratch = scratch(channels);
    move |heard| {
        for heard in heard.chunks(scratch.len()) {
            let samples = &mut scratch[..heard.len()];
            for (sample, heard) in samples.iter_mut().zip(heard) {
                *sample = f32::from_sample(*heard);
            }
            capture.capture(samples);
        }
    }
}

/// A buffer of whole frames.
fn scratch(channels: usize) -> Vec<f32> {
    let channels = channels.max(1);
    vec![0.0; (SCRATCH_SAMPLES / channels).max(1) * channels]
}

struct Output<'a> {
    device: &'a Device,
    config: StreamConfig,
    render: Box<dyn Render>,
    faults: FaultHandler,
}

impl Opening for Output<'_> {
    fn open<T: SizedSample + FromSample<f32> + Send + 'static>(self) -> Result<Box<dyn Stream>, cpal::Error>
    where
        f32: FromSample<T>,
    {
        let Output { device, config, render, faults } = self;
        let mut callback = output_callback(usize::from(config.channels), render);
        let callback = move |out: &mut [T], _: &cpal::OutputCallbackInfo| callback(out);
        let stream = device.build_output_stream(config, callback, fault_callback(faults), None)?;
        stream.play()?;
        Ok(Box::new(CpalStream { _stream: stream }))
    }
}

struct Input<'a> {
    device: &'a Device,
    config: StreamConfig,
    capture: Box<dyn Capture>,
    faults: FaultHandler,
}

impl Opening for Input<'_> {
    fn open<T: SizedSample + FromSample<f32> + Send + 'static>(self) -> Result<Box<dyn Stream>, cpal::Error>
    where
        f32: FromSample<T>,
    {
        let Input { device, config, capture, faults } = self;
        let mut callback = input_callback(usize::from(config.channels), capture);
        let callback = move |heard: &[T], _: &cpal::InputCallbackInfo| callback(heard);
        let stream = device.build_input_stream(config, callback, fault_callback(faults), None)?;
        stream.play()?;
        Ok(Box::new(CpalStream { _stream: stream }))
    }
}

fn fault_callback(mut faults: FaultHandler) -> impl FnMut(cpal::Error) + Send + 'static {
    move |error| match error.kind() {
        ErrorKind::DeviceNotAvailable
        | ErrorKind::HostUnavailable
        | ErrorKind::StreamInvalidated
        | ErrorKind::PermissionDenied => faults(Fault::Lost(error.to_string())),
        // The stream continues: on another device, or with a lower priority.
        ErrorKind::DeviceChanged | ErrorKind::RealtimeDenied => {}
        _ => faults(Fault::Hiccup(error.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::super::in_callback;
    use super::*;

    /// Plays samples that rise by 0.001 each.
    struct Rising(f32);

    impl Render for Rising {
        fn render(&mut self, out: &mut [f32]) -> usize {
            out.iter_mut().for_each(|sample| {
                *sample = self.0;
                self.0 += 0.001;
            });
            out.len()
        }
    }

    /// Expects samples that rise by 0.001 each.
    struct ExpectsRising(f32);

    impl Capture for ExpectsRising {
        fn capture(&mut self, samples: &[f32]) {
            for sample in samples {
                assert!((sample - self.0).abs() < 0.01, "{sample} instead of {}", self.0);
                self.0 += 0.001;
            }
        }
    }

    fn there_and_back<T: SizedSample + FromSample<f32>>(channels: usize)
    where
        f32: FromSample<T>,
    {
        let frames = SCRATCH_SAMPLES / channels / 5;
        let mut render = output_callback::<T>(channels, Box::new(Rising(-0.9)));
        let mut capture = input_callback::<T>(channels, Box::new(ExpectsRising(-0.9)));
        let mut buffer = vec![T::EQUILIBRIUM; frames * channels];
        for _ in 0..2 {
            in_callback(|| render(&mut buffer));
            in_callback(|| capture(&buffer));
        }
    }

    #[test]
    fn callbacks_convert_every_type_of_sample_and_allocate_nothing() {
        for channels in [1, 2, 6] {
            there_and_back::<i8>(channels);
            there_and_back::<i16>(channels);
            there_and_back::<I24>(channels);
            there_and_back::<i32>(channels);
            there_and_back::<i64>(channels);
            there_and_back::<u8>(channels);
            there_and_back::<u16>(channels);
            there_and_back::<U24>(channels);
            there_and_back::<u32>(channels);
            there_and_back::<u64>(channels);
            there_and_back::<f32>(channels);
            there_and_back::<f64>(channels);
        }
    }

    #[test]
    fn a_buffer_that_is_longer_than_the_scratch_is_filled_in_parts() {
        let mut render = output_callback::<f32>(2, Box::new(Rising(-5.0)));
        let mut buffer = vec![9.0; 2 * SCRATCH_SAMPLES + 2];
        in_callback(|| render(&mut buffer));
        assert!(buffer.windows(2).all(|pair| pair[0] <= pair[1]) && buffer.iter().all(|sample| sample.abs() <= 1.0));
        assert!(buffer.last() > buffer.first());
    }

    #[test]
    #[should_panic(expected = "allocated or freed memory")]
    fn a_callback_that_allocates_is_noticed() {
        in_callback(|| drop(std::hint::black_box(Box::new(1))));
    }
}
