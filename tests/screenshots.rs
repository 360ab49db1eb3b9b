//! Draws the pictures in screenshots/: the built program in a real window on a virtual screen, used with the mouse, from an
//! empty project to a search. Run by `make screenshots`.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::Value;

const PROGRAM: &str = env!("CARGO_BIN_EXE_soundalike");

/// Training and indexing the demo library take no longer, even on a busy machine.
const PATIENCE: Duration = Duration::from_secs(900);

/// Ends a process with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

struct Screen {
    display: String,
    config: tempfile::TempDir,
    _server: Running,
}

impl Screen {
    fn new() -> Self {
        let mut server = Command::new("Xvfb")
            .args(["-displayfd", "1", "-screen", "0", "1280x800x24"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("Xvfb, which `make screenshots` installs");
        let mut number = String::new();
        let told = server.stdout.take().expect("its output");
        BufReader::new(told).read_line(&mut number).expect("the number of the screen");
        let config = tempfile::tempdir().expect("a folder");
        Self { display: format!(":{}", number.trim()), config, _server: Running(server) }
    }

    fn command(&self, program: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(program);
        command.args(arguments).env("DISPLAY", &self.display).env_remove("WAYLAND_DISPLAY");
        // What a person chose for the window is neither used nor changed.
        command.env("SOUNDALIKE_CONFIG", self.config.path());
        command
    }

    fn xdotool(&self, arguments: &[&str]) -> String {
        let output = self.command("xdotool", arguments).output().expect("xdotool, which `make screenshots` installs");
        String::from_utf8(output.stdout).expect("text")
    }

    fn click(&self, x: u32, y: u32) {
        self.xdotool(&["mousemove", &x.to_string(), &y.to_string(), "click", "1"]);
        // Out of the way, so that no tool tip is in the picture.
        self.xdotool(&["mousemove", "640", "790"]);
    }

    fn picture(&self, path: &Path) -> Vec<u8> {
        let path = path.to_str().expect("UTF-8");
        let arguments = ["-window", "root", "-strip", "-define", "png:exclude-chunks=date,time", path];
        let status = self.command("import", &arguments).status().expect("ImageMagick's import");
        assert!(status.success());
        std::fs::read(path).expect("the picture")
    }

    /// Takes pictures until the window has come to rest: nothing in it moves unless something happens.
    fn picture_at_rest(&self, path: &Path) {
        let end = Instant::now() + Duration::from_secs(60);
        let mut before = self.picture(path);
        loop {
            sleep(Duration::from_millis(700));
            let now = self.picture(path);
            if now == before || Instant::now() > end {
                return;
            }
            before = now;
        }
    }
}

/// What the program says of a project that a window has open.
fn info(project: &Path) -> Value {
    let output =
        Command::new(PROGRAM).args(["info", "--json", "--project"]).arg(project).output().expect("the program");
    serde_json::from_slice(&output.stdout).unwrap_or(Value::Null)
}

fn wait_until(project: &Path, what: &str, is_so: impl Fn(&Value) -> bool) {
    let end = Instant::now() + PATIENCE;
    while !is_so(&info(project)) {
        assert!(Instant::now() < end, "never came: {what}");
        sleep(Duration::from_millis(500));
    }
}

#[test]
#[ignore = "draws pictures; run by `make screenshots`"]
fn draw() {
    let out = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("screenshots");
    std::fs::create_dir_all(&out).expect("the folder");
    let folder = tempfile::Builder::new().prefix("demo-").tempdir().expect("a folder");
    let project = folder.path().join("project");
    let screen = Screen::new();
    let _window =
        Running(screen.command(PROGRAM, &["--project", project.to_str().expect("UTF-8")]).spawn().expect("it starts"));
    screen.xdotool(&["search", "--sync", "--onlyvisible", "--name", "Soundalike"]);
    screen.xdotool(&["mousemove", "640", "790"]);
    screen.picture_at_rest(&out.join("1-empty.png"));

    screen.click(728, 379); // Try the demo library
    wait_until(&project, "the demo library", |info| info["files"].as_u64() >= Some(190));
    // The message that says so goes by itself.
    sleep(Duration::from_secs(8));
    screen.picture_at_rest(&out.join("2-dataset.png"));

    screen.click(640, 349); // Start learning
    // A picture of something that runs is taken at some moment of it.
    sleep(Duration::from_secs(40));
    screen.picture(&out.join("3-training.png"));
    wait_until(&project, "the index", |info| info["index_codes"].as_u64() > Some(0));
    sleep(Duration::from_secs(8));

    screen.click(280, 457); // Find what sounds like the fourth file
    screen.picture_at_rest(&out.join("4-search.png"));
    screen.click(420, 74); // The map, which takes some seconds to be drawn
    sleep(Duration::from_secs(8));
    screen.picture_at_rest(&out.join("5-map.png"));
    screen.click(465, 74); // The bits of the match
    screen.picture_at_rest(&out.join("6-bits.png"));
    screen.click(366, 74);
    screen.click(1188, 22); // The light theme
    screen.picture_at_rest(&out.join("7-light.png"));
}
