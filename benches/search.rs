//! The time from choosing another part of the query to its matches, through the engine, among a million chunks of
//! 50,000 files. The files do not exist; their codes are made up, in clusters. The goal is 100 ms.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use camino::{Utf8Path, Utf8PathBuf};
use criterion::{Criterion, criterion_group, criterion_main};
use soundalike::audio::device::Format;
use soundalike::audio::device::mock::MockBackend;
use soundalike::audio::wav::{Depth, write_wav};
use soundalike::engine::{Basket, Command, Engine, EngineOptions, Event, Grouping, Outcome, Query, SearchFilter};
use soundalike::index::{Codes, IndexFile};
use soundalike::model::TrainingSettings;
use soundalike::project::{FileFacts, IndexGeneration, IndexedFile, Project, ProjectError};

const FILES: usize = 50_000;
const CHUNKS_A_FILE: usize = 20;
const RATE: u32 = 44_100;
const QUERY_SECS: usize = 120;

fn open(project: &Path) -> Engine {
    let format = Format { rate: RATE, channels: 2 };
    let audio = Arc::new(MockBackend::new(format, format));
    Engine::open(EngineOptions {
        project: project.to_owned(),
        wake: Arc::new(|| ()),
        audio,
        opening: Default::default(),
    })
    .expect("an engine")
}

fn run(engine: &Engine, command: Command) -> Outcome {
    let job = engine.submit(command);
    loop {
        match engine.events().recv().expect("an event") {
            Event::Finished { job: ended, outcome } if ended == job => return outcome,
            Event::Failed { failure, .. } => panic!("{failure}"),
            _ => {}
        }
    }
}

fn codes(rows: usize) -> Codes {
    let mix = |seed: u64| {
        let mixed = (seed ^ seed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    };
    let mut state = 1;
    let mut next = || {
        state += 0x9e37_79b9_7f4a_7c15_u64 & 0xffff_ffff;
        mix(state)
    };
    let mut codes = Codes::new(64).expect("a legal width");
    for _ in 0..rows {
        let cluster = (next() % 10_000) * (next() % 10_000) / 10_000;
        codes.extend_words([mix(cluster + 1) ^ (next() & next() & next() & next())]);
    }
    codes
}

/// A project with an untrained model of the default size, a made-up index, and a sound to search for.
fn project(folder: &Path) -> (Engine, Utf8PathBuf) {
    let query = folder.join("query.wav");
    let samples: Vec<f32> = (0..2 * QUERY_SECS * RATE as usize)
        .map(|n| {
            (n as f32 * 0.01 * (1.0 + n as f32 * 1e-7)).sin() * 0.3 + ((n * 7919 % 1000) as f32 / 1000.0 - 0.5) * 0.1
        })
        .collect();
    write_wav(&query, &samples, 2, RATE, Depth::Pcm16).expect("written");
    let place = folder.join("project");
    let engine = open(&place);
    run(&engine, Command::AddPaths { paths: vec![query] });
    let settings = Box::new(TrainingSettings { steps: Some(0), ..TrainingSettings::default() });
    run(&engine, Command::TrainModel { settings, resume: false, then_index: false });
    drop(engine);

    let opened = Project::open(Utf8Path::from_path(&place).expect("UTF-8"), Default::default()).expect("a project");
    let frames = (0.256 + 0.128 * (CHUNKS_A_FILE - 1) as f64) * f64::from(RATE);
    let facts: Vec<FileFacts> = (0..FILES)
        .map(|number| FileFacts {
            path: format!("/sounds/folder_{:03}/sound_{number:05}.wav", number % 200).into(),
            size_bytes: 1,
            modified_ns: 0,
            content_hash: [0; 32],
            sound_hash: *blake3::hash(&number.to_le_bytes()).as_bytes(),
            rate: RATE,
            channels: 2,
            frames: frames.ceil() as u64,
            peak: 0.5,
            thumbnail: Vec::new(),
            aspects: soundalike::aspects::Aspects::default(),
            metadata: soundalike::metadata::Metadata::default(),
        })
        .collect();
    let edit = opened.edit("Made up").expect("writable");
    edit.add_files(&facts).expect("added");
    edit.commit().expect("done");
    let files = opened.files().expect("files");
    let query = files.iter().find(|file| file.path.ends_with("query.wav")).expect("the query").path.clone();
    let made_up = files.iter().filter(|file| file.path != query);
    let rows = FILES * CHUNKS_A_FILE;
    let index = IndexGeneration {
        generation: 0,
        model_generation: 1,
        codes: rows as u64,
        unique_codes: rows as u64,
        entropy_nats: 1.0,
        model_hash: None,
        files: made_up
            .enumerate()
            .map(|(place, file)| IndexedFile {
                file: file.id,
                content_hash: file.content_hash,
                first_row: (place * CHUNKS_A_FILE) as u64,
                silent: vec![false; CHUNKS_A_FILE],
            })
            .collect(),
    };
    let codes = codes(rows);
    opened
        .install_index(&index, |_, path, _| {
            IndexFile::write(path.as_std_path(), codes.as_ref(), 1)
                .map_err(|cause| ProjectError::Content { folder: path.to_owned(), what: cause.to_string() })
        })
        .expect("installed");
    drop(opened);
    (open(&place), query)
}

fn search(c: &mut Criterion) {
    let folder = tempfile::tempdir().expect("a folder");
    let (engine, path) = project(folder.path());
    let mut group = c.benchmark_group("another part of the query, a million chunks");
    group.sample_size(20);
    let typed = |text: &str| SearchFilter { text: text.into(), ..SearchFilter::default() };
    let not_this = SearchFilter { not_this_file: true, ..SearchFilter::default() };
    for (name, secs, by, filter) in [
        ("1 s", 1.0, Grouping::Chunk, SearchFilter::default()),
        ("5 s", 5.0, Grouping::Chunk, SearchFilter::default()),
        ("30 s", 30.0, Grouping::Chunk, SearchFilter::default()),
        ("1 s, one folder of 200", 1.0, Grouping::Chunk, typed("folder_007")),
        ("1 s, not this file", 1.0, Grouping::Chunk, not_this),
        ("1 s, whole files", 1.0, Grouping::File, SearchFilter::default()),
        ("5 s, whole files", 5.0, Grouping::File, SearchFilter::default()),
    ] {
        let mut from = 0.0;
        let mut one = || {
            from = (from + 0.37) % (QUERY_SECS as f64 - secs);
            let query = Query {
                path: path.clone(),
                from_secs: Some(from),
                to_secs: Some(from + secs),
                k: 50,
                by,
                filter: filter.clone(),
                basket: Basket::default(),
            };
            let began = Instant::now();
            let Outcome::Searched(report) = run(&engine, Command::Search(query)) else { panic!("an answer") };
            assert_eq!(report.matches.len(), 50);
            began.elapsed()
        };
        // The very first search also decodes the sound.
        println!("{name}: the first took {:.0} ms", one().as_secs_f64() * 1000.0);
        group.bench_function(name, |b| b.iter_custom(|times| (0..times).map(|_| one()).sum::<Duration>()));
    }
    group.finish();
}

criterion_group!(benches, search);
criterion_main!(benches);
