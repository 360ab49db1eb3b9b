//! The player and the recorder as jobs: plays files, and keeps recordings as takes.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use camino::Utf8PathBuf;
use crossbeam_channel::{Receiver, Sender, bounded};

use super::command::Clip;
use super::error::EngineError;
use super::event::{JobKind, PlayerView, RecorderView, Take};
use super::shared::{Job, Shared};
use crate::audio::device::{self, Backend, PlayError, Player, Recorder, Recording};
use crate::audio::wav::{Depth, write_wav};
use crate::project::ProjectError;

/// The recorder tells of itself about 20 times a second; if it falls silent, flags are looked at this often all the same.
const LOOK_EVERY: Duration = Duration::from_millis(100);

pub(super) struct Sound {
    shared: Arc<Shared>,
    player: Arc<Player>,
    recorder: Recorder,
    /// Wakes the recording job: the recorder has something to tell, or it is to end.
    ticks: (Sender<()>, Receiver<()>),
}

impl Sound {
    pub fn new(shared: Arc<Shared>, backend: Arc<dyn Backend>) -> Result<Self, EngineError> {
        // The player is told whom to notify before it is there to be asked, hence the empty place.
        let place: Arc<OnceLock<std::sync::Weak<Player>>> = Arc::default();
        let (told, teller) = (shared.clone(), place.clone());
        let notify = Arc::new(move || {
            if let Some(player) = teller.get().and_then(std::sync::Weak::upgrade) {
                let view = view_of_player(&player);
                told.update(|latest| latest.player = view);
            }
        });
        let player = Player::new(backend.clone(), notify).map_err(|cause| EngineError::Device(cause.to_string()))?;
        let player = Arc::new(player);
        // Set here once and nowhere else.
        let _ = place.set(Arc::downgrade(&player));
        Ok(Self { shared, player, recorder: Recorder::new(backend), ticks: bounded(1) })
    }

    /// Plays a stretch; returns when its first frame was handed to the device.
    pub fn play(&self, clip: &Clip) -> Result<(), EngineError> {
        let played = self.player.play(device::Clip {
            path: clip.path.clone().into_std_path_buf(),
            from_secs: clip.from_secs,
            to_secs: clip.to_secs,
        });
        let outcome = match played.recv() {
            Ok(Ok(()) | Err(PlayError::Replaced)) => Ok(()),
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

    /// Makes a recording job look at its flags now.
    pub fn wake_recording(&self) {
        // A full channel wakes it already.
        let _ = self.ticks.0.try_send(());
    }

    /// Records until the job is told to finish, or the device goes away; what was recorded until then is kept as a take.
    pub fn record(&self, job: &Job) -> Result<Take, EngineError> {
        let folder = self.shared.project.subfolder("takes")?;
        let failed = |cause: device::DeviceError| EngineError::Device(cause.to_string());
        let ticks = self.ticks.0.clone();
        // What plays would be recorded with the rest.
        self.player.stop();
        let started = self.recorder.start(Arc::new(move || {
            let _ = ticks.try_send(());
        }));
        self.tell_recorder();
        started.map_err(failed)?;
        loop {
            let state = self.recorder.state();
            job.progress(JobKind::Record, "recording", job.began, 0, 0);
            self.tell_recorder();
            if job.is_cancelled() || job.is_to_finish() || !state.recording {
                break;
            }
            // Woken or not, the flags are looked at.
            let _ = self.ticks.1.recv_timeout(LOOK_EVERY);
        }
        let recording = self.recorder.stop().map_err(failed)?;
        self.tell_recorder();
        job.check()?;
        keep(recording, &folder)
    }

    fn tell_player(&self) {
        let view = view_of_player(&self.player);
        self.shared.update(|latest| latest.player = view);
    }

    fn tell_recorder(&self) {
        let state = self.recorder.state();
        let view = RecorderView {
            recording: state.recording,
            secs: state.secs,
            level: state.level,
            clipped: state.clipped,
            device: state.device,
            problem: state.problem,
        };
        self.shared.update(|latest| latest.recorder = view);
    }
}

fn view_of_player(player: &Player) -> PlayerView {
    let state = player.state();
    PlayerView {
        playing: state.playing,
        looping: state.looping,
        volume: state.volume,
        path: state.path.and_then(|path| Utf8PathBuf::from_path_buf(path).ok()),
        from_secs: state.from_secs,
        to_secs: state.to_secs,
        position_secs: state.position_secs,
        device: state.device,
        problem: state.problem,
    }
}

/// Writes a recording to a file of its own, named by the time.
fn keep(recording: Recording, folder: &camino::Utf8Path) -> Result<Take, EngineError> {
    if recording.samples.is_empty() {
        let why = recording.interrupted.unwrap_or_else(|| "the microphone delivered no sound".into());
        return Err(EngineError::Device(format!("nothing was recorded: {why}")));
    }
    let now = jiff::Zoned::now().strftime("%Y-%m-%d %H.%M.%S").to_string();
    let names = std::iter::once(format!("{now}.wav")).chain((2..).map(|number| format!("{now} ({number}).wav")));
    let path = names.map(|name| folder.join(name)).find(|path| !path.exists());
    // The names never run out before the disk does.
    let path = path.ok_or_else(|| EngineError::Fault("no name is left for a take".into()))?;
    let channels = u16::try_from(recording.channels)
        .map_err(|_| EngineError::Device(format!("{} channels are more than a WAV file has", recording.channels)))?;
    write_wav(path.as_std_path(), &recording.samples, channels, recording.rate, Depth::Float32)?;
    // Read back under the name that a file of the dataset would have.
    let path = path.canonicalize_utf8().map_err(|cause| ProjectError::File { path: path.clone(), cause })?;
    Ok(Take {
        duration_secs: recording.secs(),
        peak: recording.samples.iter().fold(0.0, |peak: f32, sample| peak.max(sample.abs())),
        lost_frames: recording.lost_frames,
        interrupted: recording.interrupted,
        path,
    })
}
