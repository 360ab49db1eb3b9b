//! Sends SIGKILL at seeded moments of everything that changes a project. After each kill the project must open. What
//! was acknowledged must be there. What was not must be there completely or not at all, and nothing strange may be left
//! behind.
//!
//! The built program adds, trains, resumes and indexes. Tagging, removing and recording need a window or a microphone,
//! so this test's own binary does them, started again as a separate process.
//!
//! `SOUNDALIKE_KILLS=2000 cargo test --test kills` sets the number of kills, and `SOUNDALIKE_KILLS_SEED=7` their
//! moments.

mod deeds;
mod world;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rand::SeedableRng as _;
use rand_chacha::ChaCha8Rng;
use soundalike::audio::device::Format;
use soundalike::audio::device::mock::MockBackend;
use soundalike::engine::{Command, Engine, EngineOptions, Event, Opening, Outcome};

use world::World;

/// The number of kills if none is given.
const KILLS: usize = 60;
const PATIENCE: Duration = Duration::from_secs(300);
const MICROPHONE: Format = Format { rate: 8000, channels: 1 };
/// The deed of this binary when it is started again, and its project.
const DEED: &str = "SOUNDALIKE_KILLS_DEED";
const PROJECT: &str = "SOUNDALIKE_KILLS_PROJECT";

fn number_of(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

fn open(project: &Path) -> (Engine, MockBackend) {
    let audio = MockBackend::new(Format { rate: 48_000, channels: 2 }, MICROPHONE);
    let options = EngineOptions {
        project: project.to_owned(),
        wake: Arc::new(|| ()),
        audio: Arc::new(audio.clone()),
        opening: Opening::default(),
    };
    (Engine::open(options).unwrap_or_else(|why| panic!("the project does not open: {why}")), audio)
}

fn run(engine: &Engine, command: Command) -> Result<Outcome, String> {
    let job = engine.submit(command);
    loop {
        match engine.events().recv_timeout(PATIENCE).expect("an event in time") {
            Event::Finished { job: ended, outcome } if ended == job => return Ok(outcome),
            Event::Failed { job: ended, failure } if ended == job => return Err(failure.to_string()),
            Event::Cancelled { job: ended } if ended == job => return Err("cancelled".into()),
            _ => {}
        }
    }
}

/// The takes of a project and their lengths, in frames.
fn takes(project: &Path) -> BTreeMap<PathBuf, u32> {
    let Ok(entries) = std::fs::read_dir(project.join("takes")) else { return BTreeMap::new() };
    entries.map(|entry| entry.expect("an entry").path()).map(|path| (path.clone(), frames(&path))).collect()
}

/// Counted by another reader than the program's.
fn frames(take: &Path) -> u32 {
    hound::WavReader::open(take).unwrap_or_else(|why| panic!("{}: {why}", take.display())).duration()
}

#[test]
fn whatever_is_killed_leaves_a_project_with_all_that_was_acknowledged() {
    if std::env::var_os(DEED).is_some() {
        return;
    }
    let kills = number_of("SOUNDALIKE_KILLS").map_or(KILLS, |kills| kills as usize);
    let seed = number_of("SOUNDALIKE_KILLS_SEED").unwrap_or(0);
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut world = World::new();
    let began = Instant::now();
    world.whole("add", 0);
    world.whole("train", 0);
    let train = world.lengths["train"];
    world.lengths.insert("resume", train);
    world.whole("index", 0);
    let mut number = 0;
    while world.kills.values().sum::<usize>() < kills {
        number += 1;
        world.round(number, &mut random);
        assert!(number < 4 * kills + 20, "too few of {number} deeds were killed in the middle: {:?}", world.kills);
        if number % 50 == 0 {
            println!("{number} deeds, {:?} killed, {:.0?}", world.kills, began.elapsed());
        }
    }
    println!(
        "{number} deeds, killed in the middle: {:?}; {} acknowledged deeds were all there; {:.0?}",
        world.kills,
        world.acknowledged,
        began.elapsed()
    );
}
