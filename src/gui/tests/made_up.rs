//! States as the engine would bring them about, without an engine.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::aspects::{Aspects, Pitch};
use crate::audio::spectrogram::{ROWS, Spectrogram};
use crate::dataset::{FileId, SoundFile};
use crate::engine::{
    Command, DatasetView, Event, Failure, FailureKind, Grouping, IndexView, JobId, JobKind, JobStage, JobView, Latest,
    Line, MapReport, Match, ModelView, Nearness, Outcome, SearchReport, SoundPreview, SoundsOnMap, TrainingPoint,
    TrainingView,
};
use crate::ground::{Grid, Rate};
use crate::gui::actions::Action;
use crate::gui::intents::Intents;
use crate::gui::state::State;
use crate::map::Dots;
use crate::model::{Config, ModelKind, NoiseSchedule, Preset, Start, TrainingLength};

pub fn file(id: i64, path: &str) -> Arc<SoundFile> {
    Arc::new(SoundFile {
        id: FileId(id),
        path: path.into(),
        size_bytes: 1000,
        modified_ns: 0,
        content_hash: [0; 32],
        rate: 8000,
        channels: 1,
        frames: 16_000,
        peak: 0.5,
        thumbnail: vec![(-60, 64), (-30, 20), (-5, 5)],
        aspects: Some(aspects(id)),
        metadata: None,
    })
}

/// Each file is a semitone above the one before, and a little brighter. Every fourth has no pitch.
fn aspects(id: i64) -> Aspects {
    let hz = 220.0 * (id as f32 / 12.0).exp2();
    Aspects {
        loudness: Some(-14.0),
        attack: Some(0.012),
        brightness: Some((0.3 + 0.04 * id as f32).clamp(0.0, 1.0)),
        pitch: (id % 4 != 0).then_some(Pitch { hz, confidence: 0.9 }),
        noisiness: Some(0.1),
        tempo: None,
    }
}

/// The end of a job that failed.
pub fn failed(job: JobId, words: &str) -> Event {
    Event::Failed { job, failure: Failure::new(FailureKind::Project, words) }
}

/// Files of which the first two sound the same.
pub fn with_copies(state: State) -> State {
    changed(state, |latest| {
        let hashes = [Some([1; 32]), Some([1; 32]), Some([2; 32])];
        latest.dataset = Arc::new(DatasetView::clone(&latest.dataset).with_sound_hashes(&hashes));
    })
}

pub fn dataset(files: Vec<Arc<SoundFile>>) -> Arc<DatasetView> {
    let grid = Grid { rate: Rate::Hz(8000), chunk_frames: 2048, hop_frames: 1024 };
    Arc::new(DatasetView::new(files, Vec::new(), BTreeMap::new(), grid))
}

pub fn config() -> Config {
    Config {
        preset: Preset::Spectral,
        start: Start::Nothing,
        bits: 64,
        rate: Rate::Hz(8000),
        chunk_frames: 2048,
        hop_frames: 1024,
        mels: 40,
        fixed_bands: false,
        statistics: false,
        channels: 64,
        blocks: 4,
        parts: 1,
        beside: false,
        hidden: 1024,
        batch: 64,
        learning_rate: 2e-3,
        muon: true,
        decay_from: 0.7,
        length: TrainingLength::Steps(1500),
        noise: NoiseSchedule::Linear { sigma: 0.25 },
        reconstruction: 1.0,
        decoded: 0.5,
        contrast: 1.0,
        neighbours: 0.0,
        balance: 0.1,
        decorrelation: 1.5,
        temperature: 0.2,
        recording_bits: 0,
        recording_temperature: 0.2,
        synthetic: 0.0,
        warp: 0.0,
        microphone: 0.5,
        clip: 1.0,
        seed: 1,
    }
}

pub fn model() -> Arc<ModelView> {
    Arc::new(ModelView {
        kind: ModelKind::Trained,
        generation: 1,
        config: config(),
        steps: 1500,
        seconds: 62.0,
        loss: 2.0,
        saturation: 0.97,
        collapsed: None,
    })
}

pub fn index() -> Arc<IndexView> {
    Arc::new(IndexView {
        generation: 1,
        codes: 42,
        bits: 64,
        unique_codes: 40,
        entropy_nats: 3.7,
        file_bytes: 4096,
        missing_files: 0,
        of_current_model: true,
    })
}

/// No files yet.
pub fn empty() -> State {
    State::default()
}

/// Files, and nothing learned.
pub fn added() -> State {
    changed(empty(), |latest| {
        let names = ["/sounds/bell/bell_00.wav", "/sounds/kick/kick_00.wav", "/sounds/pad/pad_00.wav"];
        latest.dataset = dataset(names.iter().enumerate().map(|(i, name)| file(i as i64 + 1, name)).collect());
    })
}

pub fn training() -> State {
    changed(added(), |latest| {
        let point = |step| TrainingPoint { step, loss: 2.0, contrast: Some(1.0), sigma: 0.5, ..Default::default() };
        latest.training = Some(Arc::new(TrainingView {
            config: Some(config()),
            running: true,
            history: (0..300).map(point).collect(),
            steps_planned: 1500,
            chunks_per_second: 1480.0,
            secs_left: Some(50.0),
            bit_balance: vec![0.5; 64],
            collapsed: None,
        }));
        let view = JobView { stage: JobStage::Learning, ..JobView::waiting(JobKind::Train) };
        latest.jobs.insert(JobId(70), view);
    })
}

/// Learned and indexed, with a map that has no dots.
pub fn ready() -> State {
    let mut state = changed(added(), |latest| {
        latest.model = Some(model());
        latest.index = Some(index());
    });
    state.map.want(&state.shared, &mut Intents::default());
    state.submitted(JobId(60), &Command::DrawMap);
    state.apply(Event::Finished { job: JobId(60), outcome: Outcome::MapDrawn(empty_map()) });
    state.take_actions();
    state
}

fn empty_map() -> Arc<MapReport> {
    Arc::new(MapReport {
        index_generation: 1,
        files: Vec::new(),
        chunks: Vec::new(),
        dots: Dots::new(Vec::new()),
        sounds: SoundsOnMap::default(),
        of: 0,
        neighbours_kept: 1.0,
        seconds: 0.0,
    })
}

/// With the first file as the query, and the others as its matches.
pub fn matched() -> State {
    let mut state = ready();
    state.choose_query("/sounds/bell/bell_00.wav".into(), None);
    answer_search(&mut state, JobId(80), &[0.0, 3.0, 17.0]);
    state.take_actions();
    state
}

pub fn changed(mut state: State, change: impl FnOnce(&mut Latest)) -> State {
    let mut latest = state.shared.latest.clone();
    change(&mut latest);
    state.observe(latest);
    state
}

/// Plays the engine for the search that the state has asked for.
pub fn answer_search(state: &mut State, job: JobId, distances: &[f64]) {
    let command = submitted(state).into_iter().find(|command| matches!(command, Command::Search(_)));
    let Some(command) = command else { panic!("no search was asked for") };
    state.submitted(job, &command);
    let Command::Search(query) = command else { unreachable!() };
    let files = state.shared.latest.dataset.files.clone();
    let matches = distances.iter().zip(files.iter()).enumerate().map(|(i, (distance, file))| Match {
        path: file.path.clone(),
        start_seconds: 0.128 * i as f64,
        end_seconds: 0.128 * i as f64 + 0.256,
        distance: *distance,
        query_start_seconds: 0.0,
        // Whole sounds are ranked: the first is the query's own.
        is_query: file.path == query.path,
        code: vec![(1 << *distance as u32) - 1],
        query_code: vec![0],
        file_seconds: file.duration_secs(),
        aspects: file.aspects,
        recorded: None,
        shared: None,
        problem: None,
        file: file.id,
        by: query.by,
        nearness: Nearness::default(),
    });
    let drawn = Outcome::Previewed(Arc::new(preview(query.path.as_str())));
    let report = SearchReport {
        model: ModelKind::Trained,
        bits: 64,
        matches: matches.collect(),
        silent: false,
        query_chunks: 14,
        searched: 42,
        seconds: 0.001,
        query: Some(Box::new(query)),
        line: Line::default(),
        of_library: None,
    };
    state.apply(Event::Finished { job, outcome: Outcome::Searched(report) });
    state.apply(Event::Finished { job: JobId(job.0 + 1000), outcome: drawn });
}

pub fn preview(path: &str) -> SoundPreview {
    let spectrogram = Spectrogram {
        columns: 100,
        levels: (0..100 * ROWS).map(|i| (i % ROWS) as u8).collect(),
        column_secs: 0.02,
        highest_hz: 4000.0,
    };
    let waveform = vec![(-0.5, 0.5); 200];
    SoundPreview {
        path: path.into(),
        stretch_secs: None,
        duration_secs: 2.0,
        rate: 8000,
        channels: 1,
        waveform,
        spectrogram,
    }
}

/// The commands that a state has asked for since the last look, pictures of sounds left out.
pub fn submitted(state: &mut State) -> Vec<Command> {
    let commands = all_submitted(state).into_iter();
    commands.filter(|command| !matches!(command, Command::Preview { .. })).collect()
}

pub fn all_submitted(state: &mut State) -> Vec<Command> {
    let commands = state.take_actions().into_iter().filter_map(|action| match action {
        Action::Submit(command) => Some(*command),
        _ => None,
    });
    commands.collect()
}

/// The searches and what plays, in short, for comparing.
pub fn in_short(commands: &[Command]) -> Vec<String> {
    let secs = |secs: Option<f64>| secs.map_or_else(|| "end".to_owned(), |secs| format!("{secs:.2}"));
    let short = |command: &Command| match command {
        Command::Search(q) => {
            let by = if q.by == Grouping::File { " by file" } else { "" };
            format!("search {} {}-{}{by}", q.path, secs(q.from_secs.or(Some(0.0))), secs(q.to_secs))
        }
        Command::Play(clip) => format!("play {} {:.2}-{}", clip.path, clip.from_secs, secs(clip.to_secs)),
        other => format!("{other:?}"),
    };
    commands.iter().map(short).collect()
}
