//! Tries to lose something: processes are killed, power is cut, disks are full, several processes work at once, and the
//! project is on a disk of another kind. After each of these, the project must open. What was acknowledged must be there.
//! What was not must be there completely or not at all, and nothing strange may be left behind.
//!
//! [`world`] has the project and what is known about it, [`harm`] the ways in which a process ends, [`disks`] the images of
//! disks, and [`crowd`] several processes at once. The built program does most of the work. Tagging, collecting, removing
//! and recording are done many times by one process, so this test's own binary does them ([`deeds`]), started again as a
//! separate process.
//!
//! `make test` runs a few of each. With `SOUNDALIKE_SOAK_SECS=600`, a test runs that long instead. `SOUNDALIKE_SEED=7` sets
//! the seed. `make soak` runs all, also the ignored ones.

mod crowd;
mod deeds;
mod disks;
mod exports;
mod fixtures;
mod harm;
mod other_disks;
#[cfg(target_os = "linux")]
mod trash;
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

use disks::{Disk, Kind, Laboratory, SmallDisk};
use world::{Place, World};

const PATIENCE: Duration = Duration::from_secs(300);
const MICROPHONE: Format = Format { rate: 8000, channels: 1 };
/// The deed of this binary when it is started again, and its project.
const DEED: &str = "SOUNDALIKE_DEED";
const PROJECT: &str = "SOUNDALIKE_DEED_PROJECT";

/// The number in a variable of the environment.
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

/// Prints a line of the table that `make soak` ends with.
fn figure(what: &str, number: usize, details: &str) {
    println!("FIGURE|{what}|{number}|{details}");
}

/// Does deeds in a new world until `harmed` of them were harmed, or as long as `SOUNDALIKE_SOAK_SECS` says.
fn harm(place: Place, harmed: usize, what: &str) {
    let limit = number_of("SOUNDALIKE_SOAK_SECS").map(Duration::from_secs);
    let mut random = ChaCha8Rng::seed_from_u64(number_of("SOUNDALIKE_SEED").unwrap_or(0));
    let mut world = World::new(place);
    let began = Instant::now();
    world.begin();
    let mut number = 0;
    let count = |world: &World| world.harmed.values().sum::<usize>();
    while limit.map_or(count(&world) < harmed, |limit| began.elapsed() < limit) {
        number += 1;
        world.round(number, &mut random);
        assert!(number < 4 * count(&world) + 40, "too few of {number} deeds were harmed: {:?}", world.harmed);
        if number.is_multiple_of(50) {
            println!("{what}: {number} deeds, harmed {:?}, {:.0?}", world.harmed, began.elapsed());
        }
    }
    let each: Vec<String> = world.harmed.iter().map(|(deed, times)| format!("{deed} {times}")).collect();
    figure(what, count(&world), &format!("{}; {} acknowledged", each.join(", "), world.acknowledged));
}

#[test]
fn what_is_killed_leaves_a_project_with_all_that_was_acknowledged() {
    harm(Place::folder(), 70, "kills");
}

#[test]
fn a_disk_that_becomes_full_costs_nothing_that_was_acknowledged() {
    let Some(disk) = SmallDisk::new() else {
        println!("SKIPPED: this user may not mount a small disk");
        return;
    };
    harm(Place::Small(disk), 20, "writes that failed on a full disk");
}

/// Needs root, for mounting images. `make soak` runs it.
#[test]
#[ignore = "mounts images of disks"]
fn what_was_reported_as_done_survives_a_power_cut() {
    let Some(laboratory) = Laboratory::new() else {
        println!("SKIPPED: power cuts need root, mkfs.xfs and loop devices");
        return;
    };
    for kind in [Kind::Ext4, Kind::Xfs, Kind::Btrfs] {
        match Disk::new(kind, laboratory.clone()) {
            Ok(disk) => harm(Place::Disk(disk), 15, &format!("power cuts, {kind:?}")),
            Err(why) => println!("SKIPPED: power cuts on {kind:?}: {why}"),
        }
    }
}

/// Needs root, for mounting images. `make soak` runs it.
#[test]
#[ignore = "mounts images of disks"]
fn what_is_killed_on_a_memory_stick_leaves_all_that_was_acknowledged() {
    let Some(laboratory) = Laboratory::new() else {
        println!("SKIPPED: images of memory sticks need root, mkfs.xfs and loop devices");
        return;
    };
    for kind in [Kind::Vfat, Kind::Exfat] {
        match Disk::new(kind, laboratory.clone()) {
            Ok(disk) => harm(Place::Stick(disk), 15, &format!("kills, {kind:?}")),
            Err(why) => println!("SKIPPED: kills on {kind:?}: {why}"),
        }
    }
}
