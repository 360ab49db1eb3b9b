//! Memory must not grow with the length of a sound. This is a binary of its own because it counts every byte that is
//! allocated.

use std::sync::Arc;

use camino::Utf8PathBuf;
use peak_alloc::PeakAlloc;
use soundalike::audio::device::mock::MockBackend;
use soundalike::engine::{Command, Engine, EngineOptions, Event, Grouping, Opening, Outcome, Query, SearchFilter};
use soundalike::model::TrainingSettings;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

const RATE: u32 = 8000;
/// The samples of the query below alone would take 346 MB.
const QUERY_SECS: u32 = 3 * 3600;
const MOST_MEGABYTES: f32 = 80.0;

fn run(engine: &Engine, command: Command) -> Outcome {
    let job = engine.submit(command);
    loop {
        match engine.events().recv().expect("an event") {
            Event::Finished { job: ended, outcome } if ended == job => return outcome,
            Event::Failed { job: ended, .. } | Event::Cancelled { job: ended } if ended == job => panic!("it failed"),
            _ => {}
        }
    }
}

fn write_tone(path: &Utf8PathBuf, secs: u32, hertz: impl Fn(f64) -> f64) {
    let spec =
        hound::WavSpec { channels: 1, sample_rate: RATE, bits_per_sample: 16, sample_format: hound::SampleFormat::Int };
    let mut wav = hound::WavWriter::create(path, spec).expect("a file");
    let mut phase = 0.0;
    for frame in 0..secs * RATE {
        phase += std::f64::consts::TAU * hertz(f64::from(frame) / f64::from(RATE)) / f64::from(RATE);
        wav.write_sample((phase.sin() * 10_000.0) as i16).expect("written");
    }
    wav.finalize().expect("finished");
}

#[test]
fn a_query_of_three_hours_is_read_stretch_by_stretch() {
    let folder = tempfile::tempdir().expect("a folder");
    let root = Utf8PathBuf::from_path_buf(folder.path().to_owned()).expect("UTF-8");
    let options = EngineOptions {
        project: folder.path().join("project"),
        wake: Arc::new(|| ()),
        audio: Arc::new(MockBackend::without_devices()),
        opening: Opening::default(),
    };
    let engine = Engine::open(options).expect("opened");
    let files: Vec<Utf8PathBuf> = (0..4).map(|number| root.join(format!("tone_{number}.wav"))).collect();
    for (number, file) in files.iter().enumerate() {
        write_tone(file, 4, |_| 200.0 * (1.0 + number as f64));
    }
    run(&engine, Command::AddPaths { paths: files.iter().map(|file| file.as_std_path().to_owned()).collect() });
    let settings = TrainingSettings {
        steps: Some(2),
        channels: Some(16),
        blocks: Some(1),
        batch: Some(4),
        bits: Some(16),
        ..TrainingSettings::default()
    };
    run(&engine, Command::TrainModel { settings: Box::new(settings), resume: false, then_index: true });
    let long = root.join("long.wav");
    write_tone(&long, QUERY_SECS, |secs| 200.0 + 300.0 * (secs / 7.0).sin().abs());

    let before = MEMORY.current_usage_as_mb();
    MEMORY.reset_peak_usage();
    let query = |to_secs| Query {
        path: long.clone(),
        from_secs: None,
        to_secs,
        k: 3,
        by: Grouping::File,
        filter: SearchFilter::default(),
        basket: Default::default(),
    };
    let Outcome::Searched(report) = run(&engine, Command::Search(query(None))) else { panic!("an answer") };
    let peak = MEMORY.peak_usage_as_mb() - before;
    println!("{} chunks of {QUERY_SECS} s: {peak:.1} MB at most, {:.1} s", report.query_chunks, report.seconds);
    let chunks = 1 + (u64::from(QUERY_SECS * RATE) - 2048) / 1024;
    assert_eq!((report.query_chunks as u64, report.matches.len()), (chunks, 3));
    assert!(peak < MOST_MEGABYTES, "{peak} MB");

    // A sound that is read stretch by stretch gives the same result as from memory.
    let Outcome::Searched(part) = run(&engine, Command::Search(query(Some(600.0)))) else { panic!("an answer") };
    let short = root.join("short.wav");
    write_tone(&short, 600, |secs| 200.0 + 300.0 * (secs / 7.0).sin().abs());
    let whole = Query { path: short, ..query(None) };
    let Outcome::Searched(whole) = run(&engine, Command::Search(whole)) else { panic!("an answer") };
    assert_eq!(part.query_chunks, whole.query_chunks);
    assert_eq!(part.matches, whole.matches, "of the same sound");
}
