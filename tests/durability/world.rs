//! A project that is changed and killed, and what is known about it.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command as Process, Stdio};
use std::time::{Duration, Instant};

use camino::{Utf8Path, Utf8PathBuf};
use rand::Rng as _;
use rand::seq::IndexedRandom as _;
use rand_chacha::ChaCha8Rng;
use soundalike::dataset::FileId;
use soundalike::engine::{Command, Engine, Grouping, Outcome, Query, SearchFilter, SearchReport};

use crate::{DEED, PROJECT, open, run, takes};

/// The number of sounds that are added and removed.
const SOUNDS: usize = 24;

/// What the project must hold, because it was acknowledged.
#[derive(Debug, Default)]
struct Known {
    files: BTreeMap<FileId, Utf8PathBuf>,
    tags: BTreeMap<FileId, BTreeSet<String>>,
    takes: BTreeMap<PathBuf, u32>,
    /// The numbers of the model and the index.
    model: Option<i64>,
    index: Option<i64>,
    resumable: bool,
}

/// What may or may not have happened when the kill came.
#[derive(Debug, Default)]
struct Open {
    /// Files that may or may not be there.
    files: BTreeSet<Utf8PathBuf>,
    tag: Option<(FileId, String)>,
    /// Whether there may be another model or index, or another training to resume.
    model: bool,
    index: bool,
}

pub struct World {
    folder: tempfile::TempDir,
    known: Known,
    /// The time that each deed takes without a kill.
    pub lengths: BTreeMap<&'static str, Duration>,
    pub kills: BTreeMap<&'static str, usize>,
    pub acknowledged: usize,
}

const DEEDS: [&str; 7] = ["add", "remove", "tag", "train", "resume", "index", "record"];

impl World {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        for number in 0..SOUNDS {
            let path = folder.path().join(format!("sounds/{}/sound_{number:02}.wav", number % 3));
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
            let spec = hound::WavSpec {
                channels: 1,
                sample_rate: 8000,
                bits_per_sample: 16,
                sample_format: hound::SampleFormat::Int,
            };
            let mut wav = hound::WavWriter::create(path, spec).expect("a file");
            for frame in 0..6000 {
                let t = f64::from(frame) / 8000.0;
                let hertz = 110.0 * 2f64.powf(number as f64 / 6.0);
                let sample = (std::f64::consts::TAU * hertz * t).sin() * (-2.0 * t).exp();
                wav.write_sample((sample * 20_000.0) as i16).expect("written");
            }
            wav.finalize().expect("finished");
        }
        let (lengths, kills) = (BTreeMap::new(), BTreeMap::new());
        Self { folder, known: Known::default(), lengths, kills, acknowledged: 0 }
    }

    fn project(&self) -> PathBuf {
        self.folder.path().join("project")
    }

    /// A deed as a separate process.
    fn deed(&self, deed: &'static str, which: usize) -> Process {
        let sounds = self.folder.path().join(format!("sounds/{which}"));
        let train = ["train", "--steps", "40", "--channels", "16", "--blocks", "2", "--batch", "16", "--bits", "32"];
        let by_program = |arguments: &[&str]| {
            let mut program = Process::new(env!("CARGO_BIN_EXE_soundalike"));
            program.arg("--json").arg("--project").arg(self.project()).args(arguments);
            program
        };
        let mut process = match deed {
            "add" => by_program(&["add", sounds.to_str().expect("UTF-8")]),
            "train" => by_program(&train),
            "resume" => by_program(&["train", "--resume"]),
            "index" => by_program(&["index"]),
            _ => {
                let mut own = Process::new(std::env::current_exe().expect("this binary"));
                own.args(["--exact", "deeds::deeds", "--nocapture"]).env(DEED, deed).env(PROJECT, self.project());
                own
            }
        };
        process.stdout(Stdio::piped()).stderr(Stdio::null());
        process
    }

    /// Runs a deed to its end, and notes how long it took.
    pub fn whole(&mut self, deed: &'static str, which: usize) {
        let began = Instant::now();
        let output = self.deed(deed, which).output().expect("it runs");
        assert!(output.status.success(), "{deed}: {}", String::from_utf8_lossy(&output.stdout));
        self.lengths.insert(deed, began.elapsed());
        self.look();
    }

    /// From now on, the project must hold what it holds now.
    fn look(&mut self) {
        let (engine, _) = open(&self.project());
        let latest = engine.latest();
        self.known.files = latest.dataset.files.iter().map(|file| (file.id, file.path.clone())).collect();
        let tags = |file: &FileId| latest.dataset.tags_of(*file).iter().cloned().collect();
        self.known.tags = self.known.files.keys().map(|file| (*file, tags(file))).collect();
        self.known.takes = takes(&self.project());
        self.known.model = latest.model.as_ref().map(|model| model.generation);
        self.known.index = latest.index.as_ref().map(|index| index.generation);
        self.known.resumable = latest.resumable;
    }

    /// Starts a deed and kills it after this time. Returns what it had acknowledged.
    fn kill(&mut self, deed: &'static str, which: usize, after: Duration) -> (Vec<String>, bool) {
        let mut process: Child = self.deed(deed, which).spawn().expect("it runs");
        let output = BufReader::new(process.stdout.take().expect("its output"));
        let reading = std::thread::spawn(move || output.lines().map_while(Result::ok).collect::<Vec<_>>());
        let end = Instant::now() + after;
        let is_over = loop {
            match process.try_wait().expect("its state") {
                Some(_) => break true,
                None if Instant::now() >= end => break false,
                None => std::thread::sleep(Duration::from_micros(200)),
            }
        };
        // A process that has already ended is not killed.
        let _ = process.kill();
        let status = process.wait().expect("its end");
        let lines = reading.join().expect("its words");
        *self.kills.entry(deed).or_default() += usize::from(!is_over);
        (lines, status.success())
    }

    /// Opens the project and compares it with what is known.
    fn check(&mut self, what: &str, open_ends: &Open) {
        let project = self.project();
        let info =
            Process::new(env!("CARGO_BIN_EXE_soundalike")).args(["--json", "info", "--project"]).arg(&project).output();
        let info = info.expect("it runs");
        assert!(info.status.success(), "{what}: {}", String::from_utf8_lossy(&info.stdout));
        let (engine, _) = open(&project);
        let latest = engine.latest();
        assert_eq!(latest.project.read_only, None, "{what}");
        let now: BTreeMap<FileId, Utf8PathBuf> =
            latest.dataset.files.iter().map(|file| (file.id, file.path.clone())).collect();
        for (file, path) in &self.known.files {
            let is_there = now.get(file) == Some(path);
            assert!(is_there || open_ends.files.contains(path), "{what}: {path} is lost");
        }
        for (file, path) in &now {
            let was_known = self.known.files.contains_key(file);
            assert!(was_known || open_ends.files.contains(path), "{what}: {path} came from nowhere");
        }
        for (file, tags) in &self.known.tags {
            if !now.contains_key(file) {
                continue;
            }
            let found: BTreeSet<String> = latest.dataset.tags_of(*file).iter().cloned().collect();
            let mut more: BTreeSet<String> = tags.clone();
            more.extend(open_ends.tag.iter().filter(|(tagged, _)| tagged == file).map(|(_, tag)| tag.clone()));
            assert!(tags.is_subset(&found) && found.is_subset(&more), "{what}: {found:?}, not {tags:?}");
        }
        let (model, index) = (latest.model.as_ref(), latest.index.as_ref());
        let generation = model.map(|model| model.generation);
        assert!(generation == self.known.model || (open_ends.model && generation > self.known.model), "{what}: model");
        let generation = index.map(|index| index.generation);
        assert!(generation == self.known.index || (open_ends.index && generation > self.known.index), "{what}: index");
        assert!(latest.resumable || open_ends.model || !self.known.resumable, "{what}: the stopped training is lost");
        let now_takes = takes(&project);
        for (take, frames) in &self.known.takes {
            assert!(now_takes.get(take).is_some_and(|now| now >= frames), "{what}: {} of {frames}", take.display());
        }
        assert_eq!(latest.takes.len(), now_takes.len(), "{what}: every take is listed");
        self.search(what, &engine);
        drop(engine);
        self.nothing_strange(what);
        self.look();
    }

    /// Every indexed sound is found, and finds itself first.
    fn search(&self, what: &str, engine: &Engine) {
        let latest = engine.latest();
        let is_current = latest.index.as_ref().is_some_and(|index| index.of_current_model && index.missing_files == 0);
        let Some(file) = latest.dataset.files.first().filter(|_| is_current) else { return };
        let query = Query {
            path: file.path.clone(),
            from_secs: None,
            to_secs: None,
            k: 3,
            by: Grouping::File,
            filter: SearchFilter::default(),
            basket: Default::default(),
        };
        match run(engine, Command::Search(query)) {
            Ok(Outcome::Searched(SearchReport { matches, .. })) => {
                assert!(
                    matches.iter().any(|found| found.path == file.path && found.distance == 0.0),
                    "{what}: {matches:?}"
                );
            }
            other => panic!("{what}: {other:?}"),
        }
    }

    /// There is no temporary file, no feature of a finished training, and no unfinished file. (A journal of SQLite that
    /// has nothing to undo may stay until the next change.)
    fn nothing_strange(&self, what: &str) {
        for entry in walkdir::WalkDir::new(self.project()) {
            let entry = entry.expect("readable");
            let name = entry.file_name().to_string_lossy().into_owned();
            let path = Utf8Path::from_path(entry.path()).expect("UTF-8");
            assert!(!name.starts_with('.') && !name.contains("tmp"), "{what}: {path} was left behind");
            let is_of_cache = path.parent().and_then(Utf8Path::file_name) == Some("cache");
            assert!(!is_of_cache, "{what}: {path} was left behind");
        }
    }

    /// Leaves a stopped training for another deed to resume.
    #[cfg(unix)]
    fn stop_training(&mut self) {
        let long =
            ["train", "--steps", "1000000", "--channels", "16", "--blocks", "2", "--batch", "16", "--bits", "32"];
        let mut program = Process::new(env!("CARGO_BIN_EXE_soundalike"));
        program.args(["-v", "--project"]).arg(self.project()).args(long);
        let mut process = program.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("it runs");
        let mut said = BufReader::new(process.stderr.take().expect("its words")).lines().map_while(Result::ok);
        assert!(said.any(|line| line.contains("stage=\"learning\"")), "it begins to learn");
        let id = process.id().to_string();
        assert!(Process::new("kill").args(["-TERM", &id]).status().expect("it runs").success());
        said.for_each(drop);
        assert_eq!(process.wait().expect("its end").code(), Some(143));
        self.look();
        assert!(self.known.resumable, "a training that was stopped can be resumed");
    }

    /// Runs one deed, kills it at some moment, and compares.
    pub fn round(&mut self, number: usize, random: &mut ChaCha8Rng) {
        #[cfg(unix)]
        if !self.known.resumable && !self.known.files.is_empty() && random.random_bool(0.2) {
            self.stop_training();
        }
        let is_possible = |deed: &&str| match *deed {
            "resume" => self.known.resumable,
            "index" => self.known.model.is_some() && !self.known.files.is_empty(),
            "train" | "remove" | "tag" => !self.known.files.is_empty(),
            _ => true,
        };
        let possible: Vec<&'static str> = DEEDS.into_iter().filter(|deed| is_possible(deed)).collect();
        let deed = *possible.choose(random).expect("adding is always possible");
        let which = random.random_range(0..3);
        // A resumed training has more steps left than it will ever make, so it is always killed.
        let usual = self.lengths.get(deed).copied().unwrap_or(Duration::from_millis(400));
        // Sometimes a deed ends before the kill.
        let after = usual.mul_f64(random.random_range(0.0..1.15));
        let what = format!("kill {number}, {deed} after {after:?}");
        let mut open_ends = Open::default();
        match deed {
            "add" => {
                let folder = self.folder.path().join(format!("sounds/{which}"));
                let entries = std::fs::read_dir(folder).expect("sounds").map(|entry| entry.expect("one").path());
                let real =
                    |path: PathBuf| Utf8PathBuf::from_path_buf(path.canonicalize().expect("there")).expect("UTF-8");
                open_ends.files = entries.map(real).collect();
            }
            "train" | "resume" => open_ends.model = true,
            "index" => open_ends.index = true,
            _ => {}
        }
        let (lines, ended_well) = self.kill(deed, which, after);
        let acks: Vec<&str> = lines.iter().filter_map(|line| line.split_once("ACK ").map(|(_, words)| words)).collect();
        self.acknowledged += acks.iter().filter(|words| !words.starts_with("begin")).count() + usize::from(ended_well);
        for words in acks {
            let (verb, rest) = words.split_once(' ').expect("words");
            let (first, rest) = rest.split_once(' ').unwrap_or((rest, ""));
            match (deed, verb) {
                ("tag", "begin") => open_ends.tag = Some((FileId(first.parse().expect("a number")), rest.to_owned())),
                ("tag", "done") => {
                    let file = FileId(first.parse().expect("a number"));
                    self.known.tags.entry(file).or_default().insert(rest.to_owned());
                }
                ("remove", "begin") => {
                    let file = FileId(first.parse().expect("a number"));
                    open_ends.files = self.known.files.get(&file).cloned().into_iter().collect();
                }
                ("remove", "done") => drop(self.known.files.remove(&FileId(first.parse().expect("a number")))),
                ("record", "kept") => {
                    let kept = self.known.takes.entry(PathBuf::from(rest)).or_default();
                    *kept = (*kept).max(first.parse().expect("a number"));
                }
                other => panic!("{other:?}"),
            }
        }
        if ended_well && deed == "add" {
            // It reported success, so all of them must be there.
            let (engine, _) = open(&self.project());
            let there: BTreeSet<Utf8PathBuf> =
                engine.latest().dataset.files.iter().map(|file| file.path.clone()).collect();
            assert!(open_ends.files.is_subset(&there), "{what}: it was reported as done");
        }
        self.check(&what, &open_ends);
    }
}
