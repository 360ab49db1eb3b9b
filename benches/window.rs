//! The window's own work on a project of 100,000 files and a million chunks, without a screen. A frame's work is logic,
//! drawing and tessellation, while the table is scrolled, a filter is typed and the query's region is moved. The bench
//! also measures the time from the start to the first frame, and to the first frame with files. The goals are 4 ms a
//! frame and 300 ms to the first frame. Where the system can tell, only the processor time of the window's thread
//! counts, without other programs and without the search that runs beside it.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use camino::{Utf8Path, Utf8PathBuf};
use eframe::App as _;
use egui::{Context, Event, Key, Modifiers, PointerButton, Pos2, RawInput, Rect, pos2, vec2};
use soundalike::audio::device::Format;
use soundalike::audio::device::mock::MockBackend;
use soundalike::audio::wav::{Depth, write_wav};
use soundalike::engine::{Command, Engine, EngineOptions, Event as EngineEvent};
use soundalike::gui::{App, WindowOptions};
use soundalike::index::{Codes, IndexFile};
use soundalike::model::TrainingSettings;
use soundalike::project::{FileFacts, IndexGeneration, IndexedFile, Project};

const FILES: usize = 100_000;
const CHUNKS_A_FILE: usize = 10;
const BITS: usize = 64;
const FRAMES: usize = 300;
const SIZE: egui::Vec2 = vec2(1280.0, 800.0);

/// No answer takes longer, even on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);

fn backend() -> Arc<MockBackend> {
    Arc::new(MockBackend::new(Format { rate: 48_000, channels: 2 }, Format { rate: 44_100, channels: 1 }))
}

/// Twelve real sounds to train a model on, among many that exist only in the catalogue.
fn make_project(folder: &Path) -> Utf8PathBuf {
    let sounds = folder.join("sounds");
    std::fs::create_dir_all(&sounds).expect("a folder");
    for number in 0..12 {
        let hertz = 110.0 * 2f32.powf(number as f32 / 5.0);
        let wave = |n: usize| 0.5 * (n as f32 * hertz * std::f32::consts::TAU / 8000.0).sin();
        let samples: Vec<f32> = (0..16_000).map(wave).collect();
        let path = sounds.join(format!("tone_{number:02}.wav"));
        write_wav(&path, &samples, 1, 8000, Depth::Pcm16).expect("written");
    }
    let place = folder.join("project");
    let options =
        EngineOptions { project: place.clone(), wake: Arc::new(|| ()), audio: backend(), opening: Default::default() };
    let engine = Engine::open(options).expect("an engine");
    let quick = TrainingSettings {
        steps: Some(20),
        channels: Some(16),
        blocks: Some(2),
        batch: Some(16),
        bits: Some(BITS),
        ..TrainingSettings::default()
    };
    let train = Command::TrainModel { settings: Box::new(quick), resume: false, then_index: true };
    for command in [Command::AddPaths { paths: vec![sounds] }, train] {
        engine.submit(command);
        match engine.events().recv_timeout(PATIENCE) {
            Ok(EngineEvent::Finished { .. }) => {}
            other => panic!("{other:?}"),
        }
    }
    drop(engine);
    let place = Utf8PathBuf::from_path_buf(place).expect("UTF-8");
    fill(&place);
    place
}

fn fill(place: &Utf8Path) {
    let project = Project::open(place, Default::default()).expect("opened");
    let facts = |number: usize| FileFacts {
        path: format!("/library/kind_{:03}/Recording_{number:06}.wav", number % 500).into(),
        size_bytes: 100_000,
        modified_ns: number as i64,
        content_hash: [number as u8; 32],
        sound_hash: *blake3::hash(&number.to_le_bytes()).as_bytes(),
        rate: if number.is_multiple_of(3) { 48_000 } else { 44_100 },
        channels: 2,
        frames: 60_000 + (number as u64 * 7919) % 400_000,
        peak: (number % 97) as f32 / 97.0,
        thumbnail: (0..64).map(|column| (-((column * number % 127) as i8), (column * number % 127) as i8)).collect(),
        aspects: soundalike::aspects::Aspects::default(),
        metadata: soundalike::metadata::Metadata::default(),
    };
    let edit = project.edit("Filled").expect("writable");
    edit.add_files(&(0..FILES).map(facts).collect::<Vec<_>>()).expect("added");
    edit.commit().expect("done");
    let model = project.current_model().expect("asked").expect("a model");
    let mut codes = Codes::new(BITS).expect("a width");
    let mut state = 1u64;
    codes.extend_words((0..FILES * CHUNKS_A_FILE).map(|_| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        state ^ (state >> 29)
    }));
    let files = project.files().expect("files");
    let in_index = files.iter().filter(|file| file.path.starts_with("/library")).enumerate();
    let rows = in_index.map(|(number, file)| IndexedFile {
        file: file.id,
        content_hash: file.content_hash,
        first_row: (number * CHUNKS_A_FILE) as u64,
        silent: vec![false; CHUNKS_A_FILE],
    });
    let index = IndexGeneration {
        generation: 0,
        model_generation: model.generation,
        codes: codes.len() as u64,
        unique_codes: codes.len() as u64,
        entropy_nats: (codes.len() as f64).ln(),
        model_hash: None,
        files: rows.collect(),
    };
    let installed: anyhow::Result<i64> = project.install_index(&index, |_, path, _| {
        Ok(IndexFile::write(path.as_std_path(), codes.as_ref(), model.generation.cast_unsigned())?)
    });
    installed.expect("installed");
}

/// The window without a screen.
struct Bench {
    ctx: Context,
    app: App,
    frame: eframe::Frame,
    began: Instant,
    /// Where widgets were in the last frame, by name.
    places: Vec<(String, Rect)>,
}

impl Bench {
    fn start(project: &Utf8Path) -> Self {
        let began = Instant::now();
        let ctx = Context::default();
        let options =
            WindowOptions { project: project.into(), preferences: None, wayland: false, heeds_signals: false };
        let app = App::with_audio(&ctx, options, backend());
        Self { ctx, app, frame: eframe::Frame::_new_kittest(), began, places: Vec::new() }
    }

    /// Draws a frame, and returns the time of the work.
    fn frame(&mut self, events: Vec<Event>) -> Duration {
        let time = Some(self.began.elapsed().as_secs_f64());
        let input =
            RawInput { screen_rect: Some(Rect::from_min_size(Pos2::ZERO, SIZE)), time, events, ..Default::default() };
        let began = own_time();
        let (app, frame) = (&mut self.app, &mut self.frame);
        let output = self.ctx.run_ui(input, |ui| {
            app.logic(&ui.ctx().clone(), frame);
            app.ui(ui, frame);
        });
        let shapes = self.ctx.tessellate(output.shapes, output.pixels_per_point);
        let took = own_time() - began;
        std::hint::black_box(shapes);
        if let Some(update) = output.platform_output.accesskit_update {
            let named = update.nodes.iter().filter_map(|(_, node)| {
                let bounds = node.bounds()?;
                let rect = Rect::from_min_max(
                    pos2(bounds.x0 as f32, bounds.y0 as f32),
                    pos2(bounds.x1 as f32, bounds.y1 as f32),
                );
                Some((node.label().or(node.value())?.to_owned(), rect))
            });
            self.places = named.collect();
        }
        took
    }

    /// The position of the widget whose name begins with `name`. Draws until it is there.
    fn find(&mut self, name: &str) -> Pos2 {
        let end = Instant::now() + PATIENCE;
        self.ctx.enable_accesskit();
        loop {
            self.frame(Vec::new());
            if let Some((_, rect)) = self.places.iter().find(|(label, _)| label.starts_with(name)) {
                let found = rect.center();
                self.ctx.disable_accesskit();
                return found;
            }
            assert!(Instant::now() < end, "never came: {name}");
            std::thread::yield_now();
        }
    }

    fn click(&mut self, place: Pos2) {
        for pressed in [true, false] {
            self.frame(vec![Event::PointerMoved(place), button(place, pressed)]);
        }
    }
}

/// The processor time of this thread.
#[cfg(target_os = "linux")]
fn own_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.cast_unsigned(), time.tv_nsec as u32)
}

/// The elapsed time. It is more than the processor time if other programs run.
#[cfg(not(target_os = "linux"))]
fn own_time() -> Duration {
    static BEGAN: std::sync::LazyLock<Instant> = std::sync::LazyLock::new(Instant::now);
    BEGAN.elapsed()
}

fn button(pos: Pos2, pressed: bool) -> Event {
    Event::PointerButton { pos, button: PointerButton::Primary, pressed, modifiers: Modifiers::NONE }
}

fn key(key: Key, modifiers: Modifiers) -> Event {
    Event::Key { key, physical_key: None, pressed: true, repeat: false, modifiers }
}

fn report(what: &str, mut frames: Vec<Duration>) {
    frames.sort_unstable();
    let at = |share: f64| frames[((frames.len() - 1) as f64 * share) as usize].as_secs_f64() * 1e3;
    println!(
        "{what:28} {:4} frames   median {:6.2} ms   99% within {:6.2} ms   longest {:6.2} ms",
        frames.len(),
        at(0.5),
        at(0.99),
        at(1.0)
    );
}

fn main() {
    let folder = tempfile::tempdir().expect("a folder");
    let project = make_project(folder.path());

    let mut bench = Bench::start(&project);
    bench.frame(Vec::new());
    println!("first frame                  {:6.1} ms after the start", bench.began.elapsed().as_secs_f64() * 1e3);
    while bench.app.state().shared.latest.dataset.files.is_empty() || bench.app.state().files.lines() == 0 {
        bench.frame(Vec::new());
        std::thread::sleep(Duration::from_millis(1));
    }
    bench.frame(Vec::new());
    println!("first frame with the files   {:6.1} ms after the start", bench.began.elapsed().as_secs_f64() * 1e3);
    let files = bench.app.state().shared.latest.dataset.files.len();
    // Waits until another thread has looked for every file on the disk.
    let calm = Instant::now() + Duration::from_secs(5);
    while !bench.app.state().shared.latest.jobs.is_empty() && Instant::now() < calm {
        bench.frame(Vec::new());
    }
    println!("{files} files, {} chunks in the index", FILES * CHUNKS_A_FILE);

    report("at rest", (0..FRAMES).map(|_| bench.frame(Vec::new())).collect());

    let table = bench.find("Folder ");
    bench.frame(vec![Event::PointerMoved(table)]);
    let scroll = |bench: &mut Bench, by: f32| {
        let wheel = Event::MouseWheel {
            unit: egui::MouseWheelUnit::Point,
            delta: vec2(0.0, by),
            phase: egui::TouchPhase::Move,
            source: egui::MouseWheelSource::Wheel,
            modifiers: Modifiers::NONE,
        };
        bench.frame(vec![wheel])
    };
    report("scrolling", (0..FRAMES).map(|_| scroll(&mut bench, -90.0)).collect());
    report("scrolling far", (0..FRAMES).map(|_| scroll(&mut bench, -9_000.0)).collect());

    let mut typing = Vec::new();
    for text in ["recording_0123", "kind_07 dur>2", "tone_00"] {
        bench.frame(vec![key(Key::F, Modifiers::COMMAND)]);
        for letter in text.chars() {
            typing.push(bench.frame(vec![Event::Text(letter.to_string())]));
            // People type no faster than this. Answers arrive meanwhile.
            let next = Instant::now() + Duration::from_millis(60);
            while Instant::now() < next {
                typing.push(bench.frame(Vec::new()));
                std::thread::sleep(Duration::from_millis(10));
            }
        }
        if text != "tone_00" {
            let clear = bench.find("Clear the filter");
            bench.click(clear);
        }
    }
    report("typing in the filter", typing);

    let similar = bench.find("Find sounds like tone_00.wav");
    bench.click(similar);
    bench.find("Match 1:");
    let picture = bench.find("Picture of the query");
    let at = |frame: usize| picture + vec2(-150.0 + (frame % 250) as f32, 0.0);
    bench.frame(vec![Event::PointerMoved(at(0)), button(at(0), true)]);
    let moving = (0..FRAMES).map(|frame| {
        let took = bench.frame(vec![Event::PointerMoved(at(frame))]);
        std::thread::sleep(Duration::from_millis(8));
        took
    });
    report("moving the query's region", moving.collect());
    bench.frame(vec![button(at(0), false)]);
}
