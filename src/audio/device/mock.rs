//! Devices without hardware, whose clock a test turns. A test can press record, feed frames, stop and expect a take. It
//! can also play a clip, pull frames and compare them with the file.

use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::{Mutex, MutexGuard};

use super::{
    Backend, Capture, DeviceError, DeviceList, DeviceName, Fault, FaultHandler, Format, InputDevice, OutputDevice,
    Render, Stream, in_callback,
};

/// The names of the two devices that a backend begins with.
const SPEAKER: &str = "mock speaker";
const MICROPHONE: &str = "mock microphone";
/// How long a test waits for another thread before it fails, even on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);

/// A microphone and a speaker. Clones are the same devices.
#[derive(Clone)]
pub struct MockBackend {
    devices: Arc<Mutex<Devices>>,
}

struct Devices {
    output: Option<Format>,
    /// Whether the speaker takes any format or only its own.
    takes_any_format: bool,
    input: Option<Format>,
    /// Further devices, each a microphone and a speaker in one, by name.
    others: Vec<(String, Format)>,
    refusal: Option<String>,
    next_id: u64,
    speakers: Vec<Open<dyn Render>>,
    microphones: Vec<Open<dyn Capture>>,
}

struct Open<T: ?Sized> {
    id: u64,
    device: String,
    format: Format,
    callback: Box<T>,
    faults: FaultHandler,
}

impl MockBackend {
    /// A speaker that prefers the format `output` and accepts any other, and a microphone.
    pub fn new(output: Format, input: Format) -> Self {
        let devices = Devices {
            output: Some(output),
            takes_any_format: true,
            input: Some(input),
            others: Vec::new(),
            refusal: None,
            next_id: 0,
            speakers: Vec::new(),
            microphones: Vec::new(),
        };
        MockBackend { devices: Arc::new(Mutex::new(devices)) }
    }

    /// A computer without sound devices.
    pub fn without_devices() -> Self {
        let backend = Self::new(Format { rate: 8000, channels: 1 }, Format { rate: 8000, channels: 1 });
        backend.unplug("nothing is connected");
        backend
    }

    /// From now on the speaker accepts only its own format.
    pub fn take_own_format_only(&self) {
        self.lock().takes_any_format = false;
    }

    /// From now on devices are found but do not open, for this reason. `None` lets them open again.
    pub fn refuse(&self, reason: Option<&str>) {
        self.lock().refusal = reason.map(Into::into);
    }

    /// Disconnects both devices, whatever they are doing.
    pub fn unplug(&self, reason: &str) {
        let mut devices = self.lock();
        (devices.output, devices.input) = (None, None);
        for speaker in &mut devices.speakers {
            (speaker.faults)(Fault::Lost(reason.into()));
        }
        for microphone in &mut devices.microphones {
            (microphone.faults)(Fault::Lost(reason.into()));
        }
    }

    pub fn plug_in(&self, output: Format, input: Format) {
        let mut devices = self.lock();
        (devices.output, devices.input) = (Some(output), Some(input));
    }

    /// Connects a further device that is a microphone and a speaker in one.
    pub fn plug_in_another(&self, name: &str, format: Format) {
        self.lock().others.push((name.into(), format));
    }

    /// Disconnects such a device. The streams on it are lost.
    pub fn unplug_another(&self, name: &str) {
        let mut devices = self.lock();
        devices.others.retain(|(other, _)| other != name);
        for microphone in devices.microphones.iter_mut().filter(|open| open.device == name) {
            (microphone.faults)(Fault::Lost("it was unplugged".into()));
        }
        for speaker in devices.speakers.iter_mut().filter(|open| open.device == name) {
            (speaker.faults)(Fault::Lost("it was unplugged".into()));
        }
    }

    /// Makes open streams report a fault `times` times, as some drivers do while the sound is fine.
    pub fn hiccup(&self, times: usize) {
        let mut devices = self.lock();
        for _ in 0..times {
            devices.speakers.iter_mut().for_each(|open| (open.faults)(Fault::Hiccup("mock hiccup".into())));
            devices.microphones.iter_mut().for_each(|open| (open.faults)(Fault::Hiccup("mock hiccup".into())));
        }
    }

    /// The format with which the speaker was opened.
    pub fn speaker_format(&self) -> Option<Format> {
        self.lock().speakers.last().map(|speaker| speaker.format)
    }

    /// The devices that are open for playing, and those that are open for recording.
    pub fn open_devices(&self) -> (Vec<String>, Vec<String>) {
        let devices = self.lock();
        let speakers = devices.speakers.iter().map(|open| open.device.clone()).collect();
        (speakers, devices.microphones.iter().map(|open| open.device.clone()).collect())
    }

    pub fn microphone_is_open(&self) -> bool {
        !self.lock().microphones.is_empty()
    }

    /// Advances the speaker's clock by `frames` and returns what was heard, interleaved. Waits for sound that is on its
    /// way. Returns less if the speaker is closed or no more sound comes.
    pub fn pull(&self, frames: usize) -> Vec<f32> {
        const BLOCK_FRAMES: usize = 64;
        let mut heard = Vec::new();
        let mut pulled = 0;
        let start = Instant::now();
        while pulled < frames && start.elapsed() < PATIENCE {
            let wanted = BLOCK_FRAMES.min(frames - pulled);
            let mut devices = self.lock();
            let Some(speaker) = devices.speakers.last_mut() else { break };
            let channels = speaker.format.channels;
            let mut block = vec![0.0; wanted * channels];
            // A real device would play a gap. This clock waits instead.
            let got = in_callback(|| speaker.callback.render(&mut block));
            heard.extend_from_slice(&block[..got * channels]);
            pulled += got;
            drop(devices);
            if got < wanted {
                std::thread::sleep(Duration::from_millis(1));
            }
        }
        heard
    }

    /// Feeds these interleaved samples to the microphone. Returns false if it is not open.
    pub fn feed(&self, samples: &[f32]) -> bool {
        let mut devices = self.lock();
        devices.microphones.iter_mut().for_each(|microphone| in_callback(|| microphone.callback.capture(samples)));
        !devices.microphones.is_empty()
    }

    fn lock(&self) -> MutexGuard<'_, Devices> {
        self.devices.lock()
    }
}

/// Waits until another thread has made `condition` true. Returns false if that takes too long.
pub fn wait_until(mut condition: impl FnMut() -> bool) -> bool {
    let start = Instant::now();
    while !condition() {
        if start.elapsed() > PATIENCE {
            return false;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    true
}

impl Backend for MockBackend {
    fn outputs(&self) -> DeviceList {
        let devices = self.lock();
        devices.list(devices.output.map(|_| SPEAKER))
    }

    fn inputs(&self) -> DeviceList {
        let devices = self.lock();
        devices.list(devices.input.map(|_| MICROPHONE))
    }

    fn output(&self, chosen: Option<&DeviceName>) -> Result<Box<dyn OutputDevice>, DeviceError> {
        let own = self.lock().output.map(|format| (SPEAKER, format));
        Ok(Box::new(self.device(chosen, own, DeviceError::NoOutput)?))
    }

    fn input(&self, chosen: Option<&DeviceName>) -> Result<Box<dyn InputDevice>, DeviceError> {
        let own = self.lock().input.map(|format| (MICROPHONE, format));
        Ok(Box::new(self.device(chosen, own, DeviceError::NoInput)?))
    }
}

fn named(name: &str) -> DeviceName {
    DeviceName { id: format!("mock:{name}"), name: name.into() }
}

impl Devices {
    fn list(&self, own: Option<&str>) -> DeviceList {
        let default = own.map(named);
        let others = self.others.iter().map(|(name, _)| named(name));
        DeviceList { devices: default.iter().cloned().chain(others).collect(), default }
    }
}

struct MockDevice {
    backend: MockBackend,
    name: String,
    format: Format,
}

struct MockStream {
    backend: MockBackend,
    id: u64,
}

impl Stream for MockStream {}

impl Drop for MockStream {
    fn drop(&mut self) {
        let mut devices = self.backend.lock();
        devices.speakers.retain(|open| open.id != self.id);
        devices.microphones.retain(|open| open.id != self.id);
    }
}

impl MockBackend {
    fn device(
        &self,
        chosen: Option<&DeviceName>,
        own: Option<(&str, Format)>,
        none: fn(String) -> DeviceError,
    ) -> Result<MockDevice, DeviceError> {
        let found = |name: &str, format| MockDevice { backend: self.clone(), name: name.into(), format };
        let Some(chosen) = chosen else {
            return own.map(|(name, format)| found(name, format)).ok_or_else(|| none("none is connected".into()));
        };
        let devices = self.lock();
        let others = devices.others.iter().map(|(name, format)| (name.as_str(), *format));
        own.into_iter()
            .chain(others)
            .find(|(name, _)| named(name) == *chosen)
            .map(|(name, format)| found(name, format))
            .ok_or_else(|| DeviceError::NotConnected(chosen.name.clone()))
    }
}

impl MockDevice {
    fn register(&self, add: impl FnOnce(&mut Devices, u64)) -> Result<Box<dyn Stream>, DeviceError> {
        let mut devices = self.backend.lock();
        if let Some(reason) = &devices.refusal {
            return Err(DeviceError::Refused { device: self.name.clone(), reason: reason.clone() });
        }
        devices.next_id += 1;
        let id = devices.next_id;
        add(&mut devices, id);
        drop(devices);
        Ok(Box::new(MockStream { backend: self.backend.clone(), id }))
    }
}

impl OutputDevice for MockDevice {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn default_format(&self) -> Result<Format, DeviceError> {
        Ok(self.format)
    }

    fn supports(&self, format: Format) -> bool {
        format == self.format || self.backend.lock().takes_any_format
    }

    fn open(
        &self,
        format: Format,
        callback: Box<dyn Render>,
        faults: FaultHandler,
    ) -> Result<Box<dyn Stream>, DeviceError> {
        self.register(|devices, id| {
            devices.speakers.push(Open { id, device: self.name.clone(), format, callback, faults })
        })
    }
}

impl InputDevice for MockDevice {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn default_format(&self) -> Result<Format, DeviceError> {
        Ok(self.format)
    }

    fn open(
        &self,
        format: Format,
        callback: Box<dyn Capture>,
        faults: FaultHandler,
    ) -> Result<Box<dyn Stream>, DeviceError> {
        self.register(|devices, id| {
            devices.microphones.push(Open { id, device: self.name.clone(), format, callback, faults })
        })
    }
}
