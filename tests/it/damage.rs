//! Damage on the disk: files of a project are flipped, cut, zeroed or swapped for older ones. The project must then
//! answer as before, or report the damage and be repaired. It must never answer differently without a report, and must
//! lose nothing else.
//!
//! The damage is drawn from a fixed seed, or from `SOUNDALIKE_SEED`. With `SOUNDALIKE_SOAK_SECS`, the test runs that
//! long instead of a fixed number of times.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::{Duration, Instant};

use camino::Utf8Path;
use soundalike::engine::{Command, Grouping, Outcome, PartState, Query, SearchFilter, check, repair};
use soundalike::project::ProjectError;

use crate::support::{Bench, quick, write_tones};

/// The number of damages in `make test`.
const DAMAGES: usize = 300;

/// This file says who holds the project, so it changes with each opening.
const LOCK: &str = "project.lock";

/// The files of a project by name.
type Files = BTreeMap<String, Vec<u8>>;

/// What a person would miss.
#[derive(Clone, Debug, PartialEq)]
struct Said {
    files: Vec<String>,
    tags: Vec<Vec<String>>,
    favourites: usize,
}

/// A project that is damaged again and again.
struct Patient {
    bench: Bench,
    /// The current files, and the files before sounds were added and indexed for the second time.
    whole: Files,
    older: Files,
    said: Said,
    said_before: Said,
    answer: Vec<String>,
    answer_before: Vec<String>,
}

fn files_of(project: &Path) -> Files {
    let entries = fs::read_dir(project).expect("a folder").map(|entry| entry.expect("an entry").path());
    let name = |path: &Path| path.file_name().expect("a name").to_string_lossy().into_owned();
    entries.filter(|path| path.is_file()).map(|path| (name(&path), fs::read(&path).expect("read"))).collect()
}

fn put(project: &Path, files: &Files) {
    let _ = fs::remove_dir_all(project);
    fs::create_dir_all(project).expect("made");
    for (name, content) in files {
        fs::write(project.join(name), content).expect("written");
    }
}

fn said(bench: &Bench) -> Said {
    let latest = bench.engine.latest();
    let mut files: Vec<_> = latest.dataset.files.clone();
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Said {
        files: files.iter().map(|file| file.path.to_string()).collect(),
        tags: files.iter().map(|file| latest.dataset.tags_of(file.id).to_vec()).collect(),
        favourites: latest.favourites.len(),
    }
}

/// The matches of a search as text, or why there are none.
fn answer(bench: &Bench) -> Result<Vec<String>, String> {
    let query = Query {
        path: bench.path("tones/tone_00.wav").try_into().expect("UTF-8"),
        from_secs: None,
        to_secs: None,
        k: 100,
        by: Grouping::Chunk,
        filter: SearchFilter::default(),
        basket: Default::default(),
    };
    match bench.run(Command::Search(query))? {
        Outcome::Searched(report) => {
            // Equally near matches are in the order of rows, and a rebuilt index may have another order.
            let mut found: Vec<String> = report
                .matches
                .iter()
                .map(|found| format!("{} {} {:.3}", found.distance, found.path, found.start_seconds))
                .collect();
            found.sort();
            Ok(found)
        }
        other => panic!("{other:?}"),
    }
}

fn tag(bench: &Bench, tag: &str) {
    let files = bench.engine.latest().dataset.files.iter().take(2).map(|file| file.id).collect();
    bench.run(Command::TagFiles { files, tag: tag.into() }).expect("tagged");
}

impl Patient {
    fn new() -> Self {
        let bench = Bench::new();
        write_tones(&bench.path("tones"), 6);
        bench.add(&bench.path("tones"));
        bench.train(quick());
        tag(&bench, "rain");
        let (said_before, answer_before) = (said(&bench), answer(&bench).expect("an answer"));
        let bench = bench.reopen();
        let older = files_of(&bench.path("project"));
        write_tones(&bench.path("more"), 3);
        bench.add(&bench.path("more"));
        bench.run(Command::BuildIndex).expect("indexed");
        bench.run(Command::DrawMap).expect("drawn");
        tag(&bench, "wind");
        let (said, answer) = (said(&bench), answer(&bench).expect("an answer"));
        let bench = bench.reopen();
        let whole = files_of(&bench.path("project"));
        Self { bench, whole, older, said, said_before, answer, answer_before }
    }

    /// Opens the damaged project and compares its answers with the truth. Returns whether the program noticed the
    /// damage.
    fn survives(&mut self, damaged: &Files) -> Result<bool, String> {
        let project = self.bench.path("project");
        // The engine holds the project's files, so an empty bench takes its place while files are exchanged.
        let bench = std::mem::replace(&mut self.bench, Bench::new());
        let (folder, audio) = (bench.folder, bench.audio);
        drop(bench.engine);
        put(&project, damaged);
        let path = Utf8Path::from_path(&project).expect("UTF-8").to_owned();
        let mut noticed = false;
        let opened = Bench::open_in(folder, audio);
        let bench = match opened {
            Ok(bench) => bench,
            Err((folder, audio, refused)) => {
                noticed = true;
                if !refused.contains("repair") {
                    self.bench = Bench::give_back(folder, audio, &project, &self.whole);
                    return Err(format!("refused without a way out: {refused}"));
                }
                // Opening a damaged project must not delete the damaged file.
                let now = files_of(&project);
                let is_as_it_was = |(name, was): (&String, &Vec<u8>)| name == LOCK || now.get(name) == Some(was);
                if !damaged.iter().all(is_as_it_was) {
                    self.bench = Bench::give_back(folder, audio, &project, &self.whole);
                    return Err("a project that is to be repaired was changed".into());
                }
                match repaired(&path)
                    .map_err(|cause| cause.to_string())
                    .and_then(|_| check(&path).map_err(|cause| cause.to_string()))
                {
                    Ok(_) => {}
                    Err(cause) => {
                        self.bench = Bench::give_back(folder, audio, &project, &self.whole);
                        return Err(format!("not repaired: {cause}"));
                    }
                }
                Bench::open_in(folder, audio).map_err(|(_, _, refused)| format!("still refused: {refused}"))?
            }
        };
        let verdict = self.judge(&bench, &path, noticed);
        self.bench = bench;
        verdict
    }

    fn judge(&self, bench: &Bench, path: &Utf8Path, noticed: bool) -> Result<bool, String> {
        let now = said(bench);
        if now != self.said && now != self.said_before {
            return Err(format!("it says {now:?}"));
        }
        let mut noticed = noticed;
        match answer(bench) {
            Ok(found) if found == self.answer || found == self.answer_before => {}
            Ok(found) => return Err(format!("it answers {found:?}")),
            Err(_) => {
                noticed = true;
                let damaged = check(path).map_err(|cause| cause.to_string())?;
                let is_model =
                    damaged.iter().any(|part| part.state == PartState::Damaged && part.name.starts_with("model-"));
                match bench.run(Command::BuildIndex) {
                    Ok(_) => {
                        let found = answer(bench).map_err(|why| format!("still no answer: {why}"))?;
                        let expected = if now == self.said { &self.answer } else { &self.answer_before };
                        if found != *expected {
                            return Err(format!("after indexing it answers {found:?}"));
                        }
                    }
                    // A lost model cannot be made again automatically.
                    Err(why) if is_model || why.contains("model") => {}
                    Err(why) => return Err(format!("not indexed: {why}")),
                }
            }
        }
        Ok(noticed)
    }
}

/// Numbers from a seed (SplitMix64).
struct Draw(u64);

impl Draw {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut x = self.0;
        x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        x ^ (x >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }
}

/// The files with one damage, and its description.
fn damage(patient: &Patient, draw: &mut Draw) -> (Files, String) {
    let mut files = patient.whole.clone();
    let names: Vec<String> = files.keys().filter(|name| *name != LOCK).cloned().collect();
    let name = names[draw.below(names.len())].clone();
    let content = files.get_mut(&name).expect("one of them");
    let at = draw.below(content.len());
    let what = match draw.below(8) {
        0..=3 if !content.is_empty() => {
            content[at] ^= 1 << draw.below(8);
            format!("a bit of byte {at} flipped")
        }
        4 => {
            content.truncate(at);
            format!("cut to {at} bytes")
        }
        5 => {
            let (start, end) = (at / 4096 * 4096, (at / 4096 * 4096 + 4096).min(content.len()));
            content[start..end].fill(0);
            format!("the page at {start} zeroed")
        }
        6 => {
            files.remove(&name);
            "gone".into()
        }
        _ => match patient.older.get(&name) {
            Some(older) => {
                *content = older.clone();
                "an older one".into()
            }
            None => {
                *content = vec![0; content.len()];
                "all zeroed".into()
            }
        },
    };
    (files, format!("{name}: {what}"))
}

/// How long to run, if more than the fixed number of times was asked for.
pub fn soak() -> Option<Duration> {
    std::env::var("SOUNDALIKE_SOAK_SECS").ok()?.parse().ok().map(Duration::from_secs)
}

#[test]
fn damage_is_told_and_mended_and_never_answers_differently() {
    let mut patient = Patient::new();
    let (began, limit) = (Instant::now(), soak());
    let seed = std::env::var("SOUNDALIKE_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(20_261_127);
    let mut draw = Draw(seed);
    let (mut tried, mut noticed, mut faults) = (0, 0, Vec::new());
    let mut touched = BTreeSet::new();
    while limit.map_or(tried < DAMAGES, |limit| began.elapsed() < limit) {
        let (files, words) = damage(&patient, &mut draw);
        touched.insert(words.split(':').next().unwrap_or_default().to_owned());
        tried += 1;
        match catch_unwind(AssertUnwindSafe(|| patient.survives(&files))) {
            Ok(Ok(was_noticed)) => noticed += usize::from(was_noticed),
            Ok(Err(why)) => faults.push(format!("{words}: {why}")),
            Err(_) => panic!("a panic at {words}"),
        }
    }
    println!("FIGURE|damages on the disk|{tried}|to {} files; {noticed} told, {} faults", touched.len(), faults.len());
    assert!(faults.is_empty(), "{} of {tried}:\n{}", faults.len(), faults.join("\n"));
}

impl Bench {
    /// Returns a bench whose project is whole again, after a project that could not be used.
    fn give_back(
        folder: tempfile::TempDir,
        audio: std::sync::Arc<soundalike::audio::device::mock::MockBackend>,
        project: &Path,
        whole: &Files,
    ) -> Self {
        put(project, whole);
        match Self::open_in(folder, audio) {
            Ok(bench) => bench,
            Err((_, _, why)) => panic!("the whole project is refused: {why}"),
        }
    }
}

/// Repairs the project. A process that another test is starting holds the project's lock for a moment, until it runs its
/// own program. So a project that is in use is tried again.
fn repaired(folder: &Utf8Path) -> Result<Vec<String>, ProjectError> {
    let end = Instant::now() + Duration::from_secs(20);
    loop {
        match repair(folder) {
            Err(ProjectError::ReadOnly(_)) if Instant::now() < end => std::thread::sleep(Duration::from_millis(50)),
            result => return result,
        }
    }
}
