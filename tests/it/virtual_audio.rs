//! A virtual microphone and a virtual speaker: a separate PulseAudio server with its own socket and settings, so that
//! the test touches no other sound server and no file in the home folder.
//!
//! There are two null sinks, so that what the program plays does not return into its microphone: the monitor of `mic`
//! is the default input, and `spk` is the default output. Programs under test reach them through ALSA, like a sound
//! card.

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(120);
const RATE: &str = "48000";

pub struct VirtualAudio {
    folder: tempfile::TempDir,
    server: Child,
}

impl VirtualAudio {
    /// If the machine lacks a tool, prints a line and returns `None`.
    pub fn start() -> Option<Self> {
        for tool in ["pulseaudio", "pactl", "paplay", "parecord"] {
            if Command::new(tool).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_err() {
                eprintln!("SKIPPED: the virtual microphone and speaker need {tool}, which is not installed here");
                return None;
            }
        }
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| folder.path().join(name);
        let socket = at("native").display().to_string();
        fs::create_dir(at("pulse")).expect("a folder");
        let alsa = format!(
            "</usr/share/alsa/alsa.conf>\n\
             pcm.!default {{ type pulse server \"unix:{socket}\" hint {{ show on description \"Virtual\" }} }}\n\
             ctl.!default {{ type pulse server \"unix:{socket}\" }}\n"
        );
        fs::write(at("asound.conf"), alsa).expect("written");
        // An idle null sink renders blocks of two seconds, which no device does. Loops of silence keep both sinks
        // running.
        let script = format!(
            "load-module module-native-protocol-unix socket={socket} auth-anonymous=1\n\
             load-module module-null-sink sink_name=mic rate={RATE} channels=1\n\
             load-module module-null-sink sink_name=spk rate={RATE} channels=2\n\
             load-module module-null-source source_name=silence rate={RATE} channels=1\n\
             load-module module-loopback source=silence sink=mic latency_msec=20 adjust_time=0\n\
             load-module module-loopback source=silence sink=spk latency_msec=20 adjust_time=0\n\
             set-default-sink spk\n\
             set-default-source mic.monitor\n"
        );
        fs::write(at("default.pa"), script).expect("written");
        let log = File::create(at("log")).expect("a file");
        let server = Command::new("pulseaudio")
            .args(["-n", "--daemonize=no", "--exit-idle-time=-1", "--use-pid-file=no", "--realtime=no"])
            .args(["--high-priority=no", "--log-level=notice", "--log-target=stderr", "-F"])
            .arg(at("default.pa"))
            .env_remove("DISPLAY")
            .env_remove("DBUS_SESSION_BUS_ADDRESS")
            .env_remove("PULSE_SERVER")
            .env("XDG_RUNTIME_DIR", folder.path())
            .env("PULSE_RUNTIME_PATH", at("pulse"))
            .env("PULSE_STATE_PATH", at("state"))
            .env("PULSE_COOKIE", at("cookie"))
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .expect("pulseaudio starts");
        let this = Self { folder, server };
        this.until("an answer from pulseaudio", || this.control(&["info"]).is_some());
        // A sink is ready when something can be recorded from its monitor.
        for monitor in ["mic.monitor", "spk.monitor"] {
            let file = this.folder.path().join("first");
            let listening = this.listen(monitor, &file);
            this.until("the first block", || listening.bytes() > 0);
        }
        Some(this)
    }

    /// The program's environment: only ALSA leads to the devices.
    pub fn environment(&self, program: &mut Command) {
        program
            .env("ALSA_CONFIG_PATH", self.folder.path().join("asound.conf"))
            .env("XDG_RUNTIME_DIR", self.folder.path().join("nothing"))
            .env_remove("PULSE_SERVER")
            .env_remove("PULSE_RUNTIME_PATH");
    }

    /// Waits until a program records from the microphone.
    pub fn until_recorded(&self) {
        let heard = || self.control(&["list", "short", "source-outputs"]);
        // The two loops of silence also count.
        self.until("a program that records", || heard().is_some_and(|list| list.lines().count() > 2));
    }

    /// Plays a whole file into the microphone.
    pub fn say(&self, file: &Path) {
        let played = self.client("paplay").arg("--device=mic").arg(file).status();
        assert!(played.expect("paplay starts").success(), "paplay {}", file.display());
    }

    /// Records from a source, as 16-bit samples of one channel at 48 kHz, until it is dropped.
    pub fn listen(&self, source: &str, to: &Path) -> Listening {
        let recorder = self
            .client("parecord")
            .args(["--raw", "--format=s16le", "--channels=1", "--latency-msec=20", &format!("--rate={RATE}")])
            .arg(format!("--device={source}"))
            .arg(to)
            .spawn();
        Listening { recorder: recorder.expect("parecord starts"), file: to.to_owned() }
    }

    pub fn until(&self, what: &str, is_so: impl Fn() -> bool) {
        let end = Instant::now() + PATIENCE;
        while !is_so() {
            assert!(Instant::now() < end, "never came: {what}\n{}", self.log());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn client(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command
            .env("PULSE_SERVER", format!("unix:{}", self.folder.path().join("native").display()))
            .env("PULSE_COOKIE", self.folder.path().join("cookie"))
            .stderr(Stdio::null());
        command
    }

    fn control(&self, arguments: &[&str]) -> Option<String> {
        let output = self.client("pactl").args(arguments).output().ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
    }

    fn log(&self) -> String {
        let lines = File::open(self.folder.path().join("log")).map(|file| BufReader::new(file).lines());
        lines.into_iter().flatten().map_while(Result::ok).collect::<Vec<_>>().join("\n")
    }
}

impl Drop for VirtualAudio {
    fn drop(&mut self) {
        // If it has ended by itself, there is nothing to end.
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// A recording in progress.
pub struct Listening {
    recorder: Child,
    file: PathBuf,
}

impl Listening {
    pub fn bytes(&self) -> u64 {
        fs::metadata(&self.file).map_or(0, |file| file.len())
    }

    /// What was recorded so far.
    pub fn samples(&self) -> Vec<f32> {
        let bytes = fs::read(&self.file).expect("the recording");
        bytes.as_chunks::<2>().0.iter().map(|two| f32::from(i16::from_le_bytes(*two)) / 32_768.0).collect()
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        let _ = self.recorder.kill();
        let _ = self.recorder.wait();
    }
}
