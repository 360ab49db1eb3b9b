//! [`Sound`]: the player and the recorder as jobs, on the chosen devices.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};
use crossbeam_channel::{Receiver, Sender, bounded};

use super::clip::Clip;
use super::devices::DeviceWatch;
use super::error::EngineError;
use super::event::Take;
use super::job::JobKind;
use super::latest::PlayerView;
use super::microphone::Microphone;
use super::shared::{Job, Shared};
use super::sound_settings::SoundSettings;
use super::stage::JobStage;
use super::takes;
use crate::audio::device::{self, Backend, PlayError, Player, PlayerState, Recorder, StopWhen};

/// The recorder calls about 20 times a second. Even if it does not, the flags are checked this often.
const LOOK_EVERY: Duration = Duration::from_millis(100);

pub(super) struct Sound {
    shared: Arc<Shared>,
    player: Player,
    microphone: Arc<Microphone>,
    devices: DeviceWatch,
    /// Wakes the recording job: the recorder has news, or the job should end.
    ticks: (Sender<()>, Receiver<()>),
}

impl Sound {
    pub fn new(shared: Arc<Shared>, backend: Arc<dyn Backend>) -> Result<Self, EngineError> {
        // The player needs its notifier before the player itself exists. So the place is filled later.
        let place: Arc<OnceLock<Box<dyn Fn() -> PlayerState + Send + Sync>>> = Arc::default();
        let (told, teller) = (shared.clone(), place.clone());
        let notify = Arc::new(move || {
            if let Some(state) = teller.get() {
                let view = view_of_player(state());
                told.update(|latest| latest.player = view);
            }
        });
        let player = Player::new(backend.clone(), notify).map_err(|cause| EngineError::Device(cause.to_string()))?;
        // This is the only place that sets it.
        let _ = place.set(Box::new(player.observer()));
        let settings = shared.latest().sound;
        player.set_levelling(settings.level_matched);
        player.choose_output(settings.output.clone());
        let microphone = Arc::new(Microphone::new(shared.clone(), Recorder::new(backend.clone())));
        let devices = DeviceWatch::new(shared.clone(), backend, microphone.clone())?;
        Ok(Self { shared, player, microphone, devices, ticks: bounded(1) })
    }

    /// Plays a stretch. Returns when the device got the first frame.
    pub fn play(&self, clip: &Clip) -> Result<(), EngineError> {
        let played = self.player.play(device::Clip {
            path: clip.path.clone().into_std_path_buf(),
            from_secs: clip.from_secs,
            to_secs: clip.to_secs,
        });
        let outcome = match played.recv() {
            Ok(Ok(()) | Err(PlayError::Replaced)) => Ok(()),
            Ok(Err(PlayError::File(cause))) => Err(cause.into()),
            Ok(Err(cause)) => Err(EngineError::Device(cause.to_string())),
            Err(_) => Err(EngineError::Fault("the player has ended".into())),
        };
        self.tell_player();
        outcome
    }

    pub fn stop_playing(&self) {
        self.player.stop();
        self.tell_player();
    }

    pub fn seek(&self, secs: f64) {
        self.player.seek(secs);
        self.tell_player();
    }

    pub fn set_looping(&self, looping: bool) {
        self.player.set_looping(looping);
        self.tell_player();
    }

    pub fn set_volume(&self, volume: f32) {
        self.player.set_volume(volume);
        self.tell_player();
    }

    /// Uses these settings from now on, and keeps them with the project.
    pub fn set(&self, settings: SoundSettings) -> Result<(), EngineError> {
        let settings = Arc::new(settings);
        let before = self.shared.latest().sound;
        self.shared.update(|latest| latest.sound = settings.clone());
        self.player.set_levelling(settings.level_matched);
        self.player.choose_output(settings.output.clone());
        if settings.input != before.input {
            self.microphone.listen_again();
        }
        // A person who only looks at a project can choose a device too, for as long as the project is open.
        if self.shared.project.is_writer() {
            settings.keep(&self.shared.project)?;
        }
        Ok(())
    }

    /// Keeps the list of connected devices up to date.
    pub fn watch_devices(&self, on: bool) {
        self.devices.watch(on);
    }

    /// Opens the microphone to show its level while nothing is recorded.
    pub fn watch_microphone(&self, on: bool) {
        self.microphone.watch(on);
    }

    /// Makes the recording job check its flags now.
    pub fn wake_recording(&self) {
        // If the channel is full, the job is being woken already.
        let _ = self.ticks.0.try_send(());
    }

    /// Records until the job is told to finish, is cancelled, reaches `stop_when`, or loses the device. What was
    /// recorded until then is a take. It is on the disk from the first second.
    pub fn record(&self, job: &Job, stop_when: StopWhen) -> Result<Take, EngineError> {
        let recorded = self.record_one(job, stop_when);
        // A problem with a recording stays visible.
        if recorded.is_ok() {
            self.microphone.listen_again();
        }
        recorded
    }

    fn record_one(&self, job: &Job, stop_when: StopWhen) -> Result<Take, EngineError> {
        let folder = takes::folder(&self.shared.project)?;
        let failed = |cause: device::DeviceError| EngineError::Device(cause.to_string());
        let ticks = self.ticks.0.clone();
        // Otherwise the playing sound would be recorded too.
        self.player.stop();
        let chosen = self.shared.latest().sound.input.clone();
        let notify = Arc::new(move || {
            let _ = ticks.try_send(());
        });
        let shared = self.shared.clone();
        let make_file = Box::new(move |format| {
            let wav = takes::begin(folder.as_std_path(), format)?;
            shared.set_recording(Utf8Path::from_path(wav.path()));
            Ok(wav)
        });
        let started = self.microphone.recorder.start(chosen.as_ref(), stop_when, make_file, notify);
        self.microphone.tell();
        if let Err(cause) = started {
            self.shared.set_recording(None);
            return Err(failed(cause));
        }
        loop {
            let state = self.microphone.recorder.state();
            job.progress(JobKind::Record, JobStage::Recording, job.began, 0, 0);
            self.microphone.tell();
            if job.is_cancelled() || job.is_to_finish() || !state.recording {
                break;
            }
            // The flags are checked, whether woken or not.
            let _ = self.ticks.1.recv_timeout(LOOK_EVERY);
        }
        let recording = self.microphone.recorder.stop();
        self.microphone.tell();
        self.shared.set_recording(None);
        let take = takes::take_of(recording.map_err(failed)?);
        self.shared.refresh_takes()?;
        take
    }

    fn tell_player(&self) {
        let view = view_of_player(self.player.state());
        self.shared.update(|latest| latest.player = view);
    }
}

fn view_of_player(state: PlayerState) -> PlayerView {
    PlayerView {
        playing: state.playing,
        looping: state.looping,
        volume: state.volume,
        path: state.path.and_then(|path| Utf8PathBuf::from_path_buf(path).ok()),
        from_secs: state.from_secs,
        to_secs: state.to_secs,
        position_secs: state.position_secs,
        waited_secs: state.waited.map(|waited| waited.as_secs_f64()),
        device: state.device,
        problem: state.problem,
    }
}
