//! The whole window on a real engine. The test uses it by the names of its widgets, from a pasted path to a match that
//! plays.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, bounded};
use egui::{Key, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;
use soundalike::audio::device::Format;
use soundalike::audio::device::mock::MockBackend;
use soundalike::gui::preferences::Look;
use soundalike::gui::{App, WindowOptions};

use super::support::write_tones;

/// No step takes longer than this, even on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);

pub struct Window {
    pub harness: Harness<'static, App>,
    pub audio: MockBackend,
    /// Receives a wake-up when a frame was asked for.
    wakes: Receiver<()>,
}

impl Window {
    pub fn open(project: &Path, audio: MockBackend) -> Self {
        Self::remembering(project, None, audio)
    }

    /// A window with its preferences in a folder.
    fn remembering(project: &Path, preferences: Option<&Path>, audio: MockBackend) -> Self {
        let (sender, wakes) = bounded(1);
        let preferences = preferences.map(Path::to_owned);
        let (options, backend) = (
            WindowOptions { project: project.to_owned(), preferences, wayland: false, heeds_signals: false },
            audio.clone(),
        );
        let harness = Harness::builder().with_size(vec2(1280.0, 800.0)).build_eframe(move |cc| {
            // One waiting wake-up is enough.
            cc.egui_ctx.set_request_repaint_callback(move |_| {
                let _ = sender.try_send(());
            });
            App::with_audio(&cc.egui_ctx, options, Arc::new(backend))
        });
        Self { harness, audio, wakes }
    }

    /// Draws whenever the engine has something new, until `is_there` is true.
    pub fn until(&mut self, what: &str, is_there: impl Fn(&Harness<'static, App>) -> bool) {
        let end = Instant::now() + PATIENCE;
        loop {
            self.harness.step();
            if is_there(&self.harness) {
                return;
            }
            let left = end.saturating_duration_since(Instant::now());
            assert!(!left.is_zero() && self.wakes.recv_timeout(left).is_ok(), "never came: {what}");
        }
    }

    pub fn see(&mut self, name: &str) {
        self.until(name, |harness| harness.query_all_by_label_contains(name).next().is_some());
    }

    /// Presses the widget of this name at its current place. A press takes three frames, and a running job may move
    /// widgets meanwhile.
    pub fn press(&mut self, name: &str) {
        self.see(name);
        self.harness.get_by_label(name).click_accesskit();
        self.harness.step();
        self.harness.step();
    }

    pub fn enter(&mut self, field: &str, text: &str) {
        let node = self.harness.get_by_label(field);
        node.focus();
        node.type_text(text);
        self.harness.step();
        self.harness.key_press(Key::Enter);
        self.harness.step();
        self.harness.step();
    }
}

pub fn sound() -> MockBackend {
    MockBackend::new(Format { rate: 48_000, channels: 2 }, Format { rate: 44_100, channels: 1 })
}

#[test]
fn from_a_pasted_path_to_a_match_that_sounds() {
    let folder = tempfile::tempdir().unwrap();
    let sounds = folder.path().join("sounds");
    write_tones(&sounds, 12);
    let mut window = Window::open(&folder.path().join("project"), sound());

    window.see("Try the demo library");
    window.enter("Path to add", sounds.to_str().unwrap());
    window.see("12 files");

    window.press("Training");
    window.press("32");
    window.press("More settings");
    for (field, value) in [("Steps", "20"), ("Batch", "16"), ("Channels", "16"), ("Blocks", "2")] {
        window.enter(field, value);
    }
    window.press("Learn and index");
    window.see("Learned from 12 sounds");
    window.press("Search");
    window.see("What should it sound like?");

    window.press("Find sounds like tone_03.wav");
    window.see("Match 1:");
    window.see("Match 2:");
    window.press("Play the query");
    // An open speaker may still be waiting for its sound.
    window.until("sound", |harness| harness.state().state().shared.latest.player.playing);
    assert_eq!(window.audio.speaker_format(), Some(Format { rate: 8000, channels: 1 }), "the file's own rate");
    let heard = window.audio.pull(1000);
    let peak = heard.iter().fold(0.0f32, |peak, sample| peak.max(sample.abs()));
    assert!(peak > 0.1, "{} samples, {peak} at most", heard.len());
    window.see("Position: ");
}

#[test]
fn a_folder_that_is_no_project_leaves_a_way_out() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a file");
    std::fs::write(&file, "no folder").unwrap();
    let mut window = Window::open(&file, sound());
    window.see("This project cannot be opened");
    window.see("Choose another folder…");
    window.enter("Project folder", folder.path().join("another").to_str().unwrap());
    window.see("Try the demo library");
}

#[test]
fn without_a_sound_card_only_playing_fails() {
    let folder = tempfile::tempdir().unwrap();
    let sounds = folder.path().join("sounds");
    write_tones(&sounds, 12);
    let mut window = Window::open(&folder.path().join("project"), MockBackend::without_devices());
    window.see("Try the demo library");
    window.enter("Path to add", sounds.to_str().unwrap());
    window.press("Play tone_00.wav");
    window.see("There is no sound output");
}

#[test]
fn preferences_and_recent_projects_are_there_at_the_next_start() {
    let folder = tempfile::tempdir().unwrap();
    let (kept, sounds) = (folder.path().join("kept"), folder.path().join("sounds"));
    let (first, second) = (folder.path().join("first"), folder.path().join("second"));
    write_tones(&sounds, 2);
    let mut window = Window::remembering(&first, Some(&kept), sound());
    window.see("Try the demo library");
    window.enter("Path to add", sounds.to_str().unwrap());
    window.see("tone_00.wav");
    window.press("Light theme");
    window.press("Sort by length");
    window.press("By folder");
    drop(window);

    let mut window = Window::remembering(&second, Some(&kept), sound());
    window.see("Try the demo library");
    assert_eq!(window.harness.state().state().shared.preferences.theme, Look::Light);
    window.press("Project");
    window.press("Open recent");
    window.press(first.canonicalize().unwrap().to_str().unwrap());
    window.see("tone_00.wav");
    window.see("Sorted by length, upwards");
    let preferences = &window.harness.state().state().shared.preferences;
    assert!(!preferences.files_by_folder);
    let recent: Vec<_> =
        preferences.recent.iter().map(|folder| folder.file_name().unwrap().to_str().unwrap()).collect();
    assert_eq!(recent, ["first", "second"]);
    drop(window);
    let text = std::fs::read_to_string(kept.join("window.json")).unwrap();
    assert!(text.contains("\"light\"") && text.contains("\"length\""), "{text}");
}

#[test]
fn closing_the_window_while_recording_asks_first() {
    let folder = tempfile::tempdir().unwrap();
    let (project, sounds) = (folder.path().join("project"), folder.path().join("sounds"));
    write_tones(&sounds, 2);
    let mut window = Window::open(&project, sound());
    window.see("Try the demo library");
    window.enter("Path to add", sounds.to_str().unwrap());
    let close = |window: &mut Window| {
        let viewport = window.harness.input_mut().viewports.entry(egui::ViewportId::ROOT).or_default();
        viewport.events.push(egui::ViewportEvent::Close);
        window.harness.step();
        let commands = &window.harness.output().viewport_output[&egui::ViewportId::ROOT].commands;
        let stays = commands.contains(&egui::ViewportCommand::CancelClose);
        window.harness.input_mut().viewports.entry(egui::ViewportId::ROOT).or_default().events.clear();
        stays
    };
    window.press("Record");
    window.see("Stop recording");
    assert!(close(&mut window), "it asks");
    window.see("Stop recording?");
    window.press("Go on recording");
    window.audio.feed(&[0.5; 44_100]);
    window.until("a second", |harness| harness.state().state().shared.latest.recorder.secs >= 1.0);
    assert!(close(&mut window), "it asks again");
    window.press("Stop and close");
    assert!(!close(&mut window), "now it closes");
    drop(window);
    let mut window = Window::open(&project, sound());
    window.press("Microphone and takes");
    window.see("1 take");
    // Nothing is being recorded, so the window closes at once.
    assert!(!close(&mut window));
}

#[test]
fn a_folder_of_other_files_becomes_a_project_only_on_request() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("index-3.codes"), "mine").unwrap();
    let mut window = Window::open(folder.path(), sound());
    window.see("This project cannot be opened");
    assert!(!folder.path().join("project.db").exists());
    window.press("Make a project here");
    window.see("Try the demo library");
    assert_eq!(std::fs::read(folder.path().join("index-3.codes")).unwrap(), b"mine");
}

#[test]
fn a_project_without_its_catalogue_is_repaired_on_request() {
    let folder = tempfile::tempdir().unwrap();
    let (project, sounds) = (folder.path().join("project"), folder.path().join("sounds"));
    write_tones(&sounds, 3);
    let mut window = Window::open(&project, sound());
    window.see("Try the demo library");
    window.enter("Path to add", sounds.to_str().unwrap());
    window.see("3 files");
    drop(window);
    std::fs::remove_file(project.join("project.db")).unwrap();
    let mut window = Window::open(&project, sound());
    window.see("This project cannot be opened");
    assert!(!project.join("project.db").exists(), "looking changes nothing");
    window.press("Repair the project");
    window.see("3 files");
}
