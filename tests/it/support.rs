//! An engine on a temporary project, and small sounds for it.

use std::f64::consts::TAU;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use soundalike::audio::device::Format;
use soundalike::audio::device::mock::MockBackend;
use soundalike::engine::{Command, Engine, EngineOptions, Event, JobId, Opening, Outcome};
use soundalike::model::TrainingSettings;
use tempfile::TempDir;

/// No job of a test takes longer than this, even on a busy machine.
const PATIENCE: Duration = Duration::from_secs(600);

pub struct Bench {
    pub engine: Engine,
    pub audio: Arc<MockBackend>,
    /// The project is in the subfolder `project`. Sounds may be put beside it.
    pub folder: TempDir,
}

impl Bench {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let audio =
            Arc::new(MockBackend::new(Format { rate: 48_000, channels: 2 }, Format { rate: 44_100, channels: 1 }));
        let engine = open(&folder.path().join("project"), &audio);
        Self { engine, audio, folder }
    }

    /// Closes the project and opens it again, like another start of the program.
    pub fn reopen(self) -> Self {
        let Self { engine, audio, folder } = self;
        drop(engine);
        let engine = open(&folder.path().join("project"), &audio);
        Self { engine, audio, folder }
    }

    /// Opens the project in `folder`. If that fails, returns everything and the reason.
    pub fn open_in(folder: TempDir, audio: Arc<MockBackend>) -> Result<Self, (TempDir, Arc<MockBackend>, String)> {
        match try_open(&folder.path().join("project"), &audio) {
            Ok(engine) => Ok(Self { engine, audio, folder }),
            Err(why) => Err((folder, audio, why.to_string())),
        }
    }

    /// Closes the project, so that another process can open it. The other files stay until the folder is dropped.
    pub fn close(self) -> TempDir {
        self.folder
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Runs a command and waits for its end.
    pub fn run(&self, command: Command) -> Result<Outcome, String> {
        let job = self.engine.submit(command);
        self.wait(job)
    }

    pub fn wait(&self, job: JobId) -> Result<Outcome, String> {
        loop {
            match self.engine.events().recv_timeout(PATIENCE).expect("an event in time") {
                Event::Finished { job: ended, outcome } if ended == job => return Ok(outcome),
                Event::Failed { job: ended, failure } if ended == job => return Err(failure.to_string()),
                Event::Cancelled { job: ended } if ended == job => return Err("cancelled".into()),
                _ => {}
            }
        }
    }

    /// Polls the newest values until `is_so` is true. Does not take the engine's events.
    pub fn until(&self, what: &str, is_so: impl Fn(&soundalike::engine::Latest) -> bool) {
        let end = std::time::Instant::now() + PATIENCE;
        while !is_so(&self.engine.latest()) {
            assert!(std::time::Instant::now() < end, "never came: {what}");
            std::thread::yield_now();
        }
    }

    pub fn add(&self, path: &Path) -> soundalike::engine::AddReport {
        match self.run(Command::AddPaths { paths: vec![path.to_owned()] }) {
            Ok(Outcome::Added(report)) => report,
            other => panic!("{other:?}"),
        }
    }

    pub fn train(&self, settings: TrainingSettings) -> soundalike::engine::TrainReport {
        match self.run(Command::TrainModel { settings: Box::new(settings), resume: false, then_index: true }) {
            Ok(Outcome::Trained(report)) => report,
            other => panic!("{other:?}"),
        }
    }
}

fn open(project: &Path, audio: &Arc<MockBackend>) -> Engine {
    try_open(project, audio).expect("an engine")
}

fn try_open(project: &Path, audio: &Arc<MockBackend>) -> Result<Engine, soundalike::engine::EngineError> {
    let options = EngineOptions {
        project: project.to_owned(),
        wake: Arc::new(|| ()),
        audio: audio.clone(),
        opening: Opening::default(),
    };
    Engine::open(options)
}

/// Whether a tool is installed. If it is not, prints a line.
pub fn is_there(tool: &str, version: &str) -> bool {
    let mut command = std::process::Command::new(tool);
    let found = command.arg(version).stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok();
    if !found {
        eprintln!("SKIPPED: comparing with other programs needs {tool}, which is not installed here");
    }
    found
}

/// A Python that has a module; that of SOUNDALIKE_PYTHON is tried first. If there is none, prints a line.
pub fn python_with(module: &str) -> Option<std::process::Command> {
    let named = std::env::var("SOUNDALIKE_PYTHON").ok();
    // The system's own Python has the system's packages, even if another Python comes first in the path.
    let pythons = named.as_deref().into_iter().chain(["python3", "/usr/bin/python3"]);
    let has_it = |python: &&str| {
        let mut look = std::process::Command::new(python);
        look.args(["-c", &format!("import {module}")]).stdout(Stdio::null()).stderr(Stdio::null());
        look.status().is_ok_and(|status| status.success())
    };
    let found = pythons.into_iter().find(has_it);
    if found.is_none() {
        eprintln!("SKIPPED: no Python here has {module}, with which files are read back and requests made");
    }
    found.map(|python| {
        let mut command = std::process::Command::new(python);
        command.env("NO_PROXY", "*");
        command
    })
}

/// Settings with which a model is trained in a second or two.
pub fn quick() -> TrainingSettings {
    TrainingSettings {
        steps: Some(20),
        channels: Some(16),
        blocks: Some(2),
        batch: Some(16),
        bits: Some(32),
        ..TrainingSettings::default()
    }
}

/// The same settings on the command line.
pub fn quick_training() -> [&'static str; 11] {
    ["train", "--steps", "20", "--channels", "16", "--blocks", "2", "--batch", "16", "--bits", "32"]
}

/// Writes a mono 16-bit WAV.
pub fn write_wav(path: &Path, rate: u32, samples: impl IntoIterator<Item = f64>) {
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("the folder");
    let spec =
        hound::WavSpec { channels: 1, sample_rate: rate, bits_per_sample: 16, sample_format: hound::SampleFormat::Int };
    let mut wav = hound::WavWriter::create(path, spec).expect("a file");
    for sample in samples {
        wav.write_sample((sample * 32_767.0) as i16).expect("written");
    }
    wav.finalize().expect("finished");
}

/// A tone with some overtones that falls silent over its length.
pub fn tone(rate: u32, hertz: f64, secs: f64) -> impl Iterator<Item = f64> {
    let frames = (secs * f64::from(rate)) as usize;
    (0..frames).map(move |frame| {
        let t = frame as f64 / f64::from(rate);
        let voice = (1..=4).map(|n| (TAU * hertz * f64::from(n) * t).sin() / f64::from(n)).sum::<f64>();
        0.3 * voice * (-2.0 * t / secs).exp()
    })
}

/// A folder with `count` tones of 8 kHz, `tone_00.wav` and so on.
pub fn write_tones(folder: &Path, count: usize) {
    for number in 0..count {
        let hertz = 110.0 * 2f64.powf(number as f64 / 5.0);
        write_wav(
            &folder.join(format!("tone_{number:02}.wav")),
            8000,
            tone(8000, hertz, 0.6 + 0.1 * (number % 4) as f64),
        );
    }
}

/// Writes 8 kinds of 12 files as `kind_n/take_nn.wav`. A kind is a small melody. Each of its takes has another level
/// (up to 24 dB apart), another strength of background noise, and another tone control. A person would recognise the
/// melody, but an untrained hash reacts first to the rest.
pub fn write_melodies(folder: &Path) {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as f64 / (1u64 << 31) as f64
    };
    let rate = 8000;
    for kind in 0..8 {
        let melody: Vec<f64> = (0..4).map(|_| 180.0 * 2f64.powf((random() * 24.0).round() / 12.0)).collect();
        for take in 0..12 {
            let (gain, noise) = (10f64.powf(-1.2 * random()), 10f64.powf(-1.0 - random()));
            let brightness = 0.4 + 1.2 * random();
            let lead_in = (random() * 400.0) as usize;
            let samples: Vec<f64> = (0..6000)
                .map(|frame| {
                    let t = (frame + lead_in) as f64 / f64::from(rate);
                    let hertz = melody[((t / 0.2) as usize).min(3)];
                    let voice = (1..=6).map(|n| {
                        let n = f64::from(n);
                        (TAU * hertz * n * t).sin() * n.powf(-1.0 / brightness)
                    });
                    gain * (0.25 * voice.sum::<f64>() + noise * (2.0 * random() - 1.0))
                })
                .map(|sample| sample.clamp(-1.0, 1.0))
                .collect();
            write_wav(&folder.join(format!("kind_{kind}/take_{take:02}.wav")), rate, samples);
        }
    }
}
