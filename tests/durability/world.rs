//! A project in which deeds are harmed, and what is known about it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Command as Process, Stdio};
use std::time::{Duration, Instant};

use camino::{Utf8Path, Utf8PathBuf};
use rand::Rng as _;
use rand::seq::IndexedRandom as _;
use rand_chacha::ChaCha8Rng;
use soundalike::dataset::FileId;
use soundalike::engine::{Command, Engine, Grouping, Outcome, Query, SearchFilter, SearchReport};

use crate::disks::{Disk, SmallDisk};
use crate::exports::{self, COLLECTION};
use crate::harm::{Harmed, harm};
use crate::{DEED, PROJECT, open, run, takes};

/// The number of sounds that are added and removed.
const SOUNDS: usize = 24;

/// The most room that a small disk has left, in bytes.
const ROOM: u64 = 600 << 10;

/// Where the project is, which decides how deeds are harmed.
pub enum Place {
    /// In a folder: processes are killed.
    Folder(tempfile::TempDir),
    /// On an image of a disk: the power is cut.
    Disk(Disk),
    /// On an image of a memory stick: processes are killed.
    Stick(Disk),
    /// On a small disk: it becomes full.
    Small(SmallDisk),
}

impl Place {
    pub fn folder() -> Self {
        Self::Folder(tempfile::tempdir().expect("a folder"))
    }

    fn project(&self) -> PathBuf {
        let folder = match self {
            Self::Folder(folder) => folder.path(),
            Self::Disk(disk) | Self::Stick(disk) => disk.path(),
            Self::Small(disk) => disk.path(),
        };
        folder.join("project")
    }
}

/// What the project must hold, because it was acknowledged.
#[derive(Debug, Default)]
struct Known {
    files: BTreeMap<FileId, Utf8PathBuf>,
    tags: BTreeMap<FileId, BTreeSet<String>>,
    /// The files of the collection, in order.
    collected: Vec<FileId>,
    takes: BTreeMap<PathBuf, u32>,
    /// The numbers of the model and the index.
    model: Option<i64>,
    index: Option<i64>,
    resumable: bool,
}

/// What may or may not have happened when the harm came.
#[derive(Debug, Default)]
struct Open {
    /// Files that may or may not be there.
    files: BTreeSet<Utf8PathBuf>,
    /// A folder whose files may have the paths of another.
    moved: Option<(Utf8PathBuf, Utf8PathBuf)>,
    /// A tag that may or may not be there.
    tag: Option<(FileId, String)>,
    /// A file that may or may not be in the collection.
    collected: Option<FileId>,
    /// Whether there may be another model or index, or another training to resume.
    model: bool,
    index: bool,
}

pub struct World {
    /// The sounds, and what is exported.
    folder: tempfile::TempDir,
    place: Place,
    known: Known,
    /// The time that each deed takes without harm.
    lengths: BTreeMap<&'static str, Duration>,
    pub harmed: BTreeMap<&'static str, usize>,
    pub acknowledged: usize,
}

const DEEDS: [&str; 12] =
    ["add", "remove", "tag", "untag", "collect", "train", "resume", "index", "record", "export", "relink", "repair"];

impl World {
    pub fn new(place: Place) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        for number in 0..SOUNDS {
            let path = folder.path().join(format!("sounds/{}/sound_{number:02}.wav", number % 3));
            fs::create_dir_all(path.parent().expect("a folder")).expect("made");
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
        let (lengths, harmed) = (BTreeMap::new(), BTreeMap::new());
        Self { folder, place, known: Known::default(), lengths, harmed, acknowledged: 0 }
    }

    /// Makes the project, with a model and an index.
    pub fn begin(&mut self) {
        for deed in ["add", "train", "index"] {
            self.whole(deed);
        }
        let train = self.lengths["train"];
        self.lengths.insert("resume", train);
    }

    fn project(&self) -> PathBuf {
        self.place.project()
    }

    fn sounds(&self, which: usize) -> Utf8PathBuf {
        let folder = self.folder.path().canonicalize().expect("there").join(format!("sounds/{which}"));
        Utf8PathBuf::from_path_buf(folder).expect("UTF-8")
    }

    fn program(&self, arguments: &[&str]) -> Process {
        let mut program = Process::new(env!("CARGO_BIN_EXE_soundalike"));
        program.arg("--json").arg("--project").arg(self.project()).args(arguments);
        program.stdout(Stdio::piped()).stderr(Stdio::null());
        program
    }

    /// Runs the program to its end, which must be good.
    fn done(&self, what: &str, arguments: &[&str]) {
        let output = self.program(arguments).output().expect("it runs");
        assert!(output.status.success(), "{what}, {arguments:?}: {}", String::from_utf8_lossy(&output.stdout));
    }

    /// A deed as a separate process. `which` is the folder of sounds, or the kind of the export.
    fn deed(&self, deed: &'static str, which: usize) -> Process {
        match deed {
            "add" => self.program(&["add", self.sounds(which).as_str()]),
            "train" => self.program(&[
                "train",
                "--steps",
                "40",
                "--channels",
                "16",
                "--blocks",
                "2",
                "--batch",
                "16",
                "--bits",
                "32",
            ]),
            "resume" => self.program(&["train", "--resume"]),
            "index" => self.program(&["index"]),
            "relink" => self.program(&["relink", self.moved(which).as_str()]),
            "repair" => self.program(&["repair"]),
            "export" => {
                let mut program = self.program(&[]);
                exports::export(&mut program, which, &self.exports());
                program
            }
            _ => {
                let mut own = Process::new(std::env::current_exe().expect("this binary"));
                own.args(["--exact", "deeds::deeds", "--nocapture"]).env(DEED, deed).env(PROJECT, self.project());
                own.stdout(Stdio::piped()).stderr(Stdio::null());
                own
            }
        }
    }

    /// The folder for exports.
    fn exports(&self) -> PathBuf {
        self.folder.path().join("exports")
    }

    /// Where a folder of sounds is moved to.
    fn moved(&self, which: usize) -> Utf8PathBuf {
        self.sounds(which).parent().expect("a folder").with_file_name(format!("moved-{which}"))
    }

    /// Runs a deed to its end, and notes how long it took.
    fn whole(&mut self, deed: &'static str) {
        let began = Instant::now();
        let output = self.deed(deed, 0).output().expect("it runs");
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
        self.known.collected = collected(&engine);
        self.known.takes = takes(&self.project());
        self.known.model = latest.model.as_ref().map(|model| model.generation);
        self.known.index = latest.index.as_ref().map(|index| index.generation);
        self.known.resumable = latest.resumable;
    }

    /// Opens the project and compares it with what is known.
    fn check(&mut self, what: &str, open_ends: &Open) {
        let project = self.project();
        self.done(what, &["info"]);
        let (engine, _) = open(&project);
        let latest = engine.latest();
        assert_eq!(latest.project.read_only, None, "{what}");
        let now: BTreeMap<FileId, Utf8PathBuf> =
            latest.dataset.files.iter().map(|file| (file.id, file.path.clone())).collect();
        // A path before the harm, and the path after it.
        let is_same = |before: &Utf8PathBuf, after: &Utf8PathBuf| {
            let moved = open_ends.moved.as_ref();
            let elsewhere = moved.and_then(|(from, to)| Some(to.join(before.strip_prefix(from).ok()?)));
            before == after || elsewhere.as_ref() == Some(after)
        };
        for (file, path) in &self.known.files {
            let is_there = now.get(file).is_some_and(|after| is_same(path, after));
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
            let unsure = open_ends.tag.iter().filter(|(tagged, _)| tagged == file).map(|(_, tag)| tag);
            let differs: BTreeSet<&String> = found.symmetric_difference(tags).collect();
            assert!(differs.is_subset(&unsure.collect()), "{what}: {found:?}, not {tags:?}");
        }
        let is_sure = |file: &&FileId| now.contains_key(file) && open_ends.collected != Some(**file);
        let expected: Vec<&FileId> = self.known.collected.iter().filter(is_sure).collect();
        let found = collected(&engine);
        assert_eq!(found.iter().filter(is_sure).collect::<Vec<_>>(), expected, "{what}: the collection");
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
        // A folder of sounds may be elsewhere for now.
        let sound = latest.dataset.files.iter().find(|file| file.path.exists());
        let Some(file) = sound.filter(|_| is_current) else { return };
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

    /// The deeds that can be done now.
    fn possible(&self) -> Vec<&'static str> {
        let is_possible = |deed: &&str| match *deed {
            "resume" => self.known.resumable,
            "index" | "export" => self.known.model.is_some() && !self.known.files.is_empty(),
            "train" | "remove" | "tag" | "collect" | "relink" => !self.known.files.is_empty(),
            "untag" => self.known.tags.values().any(|tags| !tags.is_empty()),
            // A take is promised to survive a kill at every moment, but a power cut only when it has ended.
            "record" => !matches!(self.place, Place::Disk(_)),
            _ => true,
        };
        DEEDS.into_iter().filter(is_possible).collect()
    }

    /// Does one deed, harms it at some moment, and compares.
    pub fn round(&mut self, number: usize, random: &mut ChaCha8Rng) {
        #[cfg(unix)]
        if !self.known.resumable && !self.known.files.is_empty() && random.random_bool(0.1) {
            self.stop_training();
        }
        let deed = *self.possible().choose(random).expect("adding is always possible");
        let which = match deed {
            "export" if self.known.collected.is_empty() => random.random_range(0..exports::KINDS_WITHOUT_COLLECTION),
            "export" => random.random_range(0..exports::KINDS),
            _ => random.random_range(0..3),
        };
        // A resumed training has more steps left than it will ever make, so it never ends by itself.
        let usual = self.lengths.get(deed).copied().unwrap_or(Duration::from_millis(400));
        // Sometimes a deed ends before the harm.
        let after = match self.place {
            Place::Small(_) => usual * 3,
            _ => usual.mul_f64(random.random_range(0.0..1.15)),
        };
        let room = random.random_range(0..ROOM / 4096) * 4096;
        let what = format!("deed {number}, {deed} {which} after {after:?}, {room} bytes of room");
        let mut open_ends = self.prepare(deed, which, random);
        let before = exports::contents_of(&self.exports());
        let process = self.deed(deed, which);
        let Harmed { lines, ended_well, was_harmed } = harm(&mut self.place, process, after, room);
        *self.harmed.entry(deed).or_default() += usize::from(was_harmed);
        self.hear(deed, &lines, &mut open_ends);
        self.acknowledged += usize::from(ended_well);
        if deed == "repair" {
            self.done(&what, &["repair"]);
        }
        if ended_well && deed == "add" {
            // It reported success, so all of them must be there.
            let (engine, _) = open(&self.project());
            let there: BTreeSet<Utf8PathBuf> =
                engine.latest().dataset.files.iter().map(|file| file.path.clone()).collect();
            assert!(open_ends.files.is_subset(&there), "{what}: it was reported as done");
        }
        self.check(&what, &open_ends);
        match deed {
            "export" => self.compare_exports(&what, which, &before),
            "relink" => self.move_back(&what, which, &open_ends, ended_well),
            _ => {}
        }
    }

    /// Prepares a deed. Returns what may or may not happen.
    fn prepare(&mut self, deed: &'static str, which: usize, random: &mut ChaCha8Rng) -> Open {
        let mut open_ends = Open::default();
        match deed {
            "add" => {
                let entries = self.sounds(which).read_dir_utf8().expect("sounds").map(|entry| entry.expect("one"));
                open_ends.files = entries.map(|entry| entry.into_path()).collect();
            }
            "train" | "resume" => open_ends.model = true,
            "index" => open_ends.index = true,
            // An export of codes builds the index if it is not current.
            "export" => {
                (open_ends.model, open_ends.index) = (true, true);
                // Copies are never written over, so they need another folder each time.
                if exports::is_folder(which) || random.random_bool(0.5) {
                    let _ = fs::remove_dir_all(self.exports());
                }
                fs::create_dir_all(self.exports()).expect("created");
            }
            "relink" => {
                let (from, to) = (self.sounds(which), self.moved(which));
                fs::rename(&from, &to).expect("moved");
                open_ends.moved = Some((from, to));
            }
            "repair" => {
                let catalogue = self.project().join("project.db");
                match random.random_bool(0.5) {
                    true => fs::remove_file(catalogue).expect("removed"),
                    false => fs::write(catalogue, "").expect("emptied"),
                }
            }
            _ => {}
        }
        open_ends
    }

    /// Takes in what a deed acknowledged before it was harmed.
    fn hear(&mut self, deed: &'static str, lines: &[String], open_ends: &mut Open) {
        for words in lines.iter().filter_map(|line| line.split_once("ACK ").map(|(_, words)| words)) {
            let (verb, rest) = words.split_once(' ').expect("words");
            let (first, rest) = rest.split_once(' ').unwrap_or((rest, ""));
            let number: i64 = first.parse().expect("a number");
            let file = FileId(number);
            self.acknowledged += usize::from(verb != "begin");
            match (deed, verb) {
                ("tag" | "untag", "begin") => open_ends.tag = Some((file, rest.to_owned())),
                ("tag", "done") => drop(self.known.tags.entry(file).or_default().insert(rest.to_owned())),
                ("untag", "done") => drop(self.known.tags.entry(file).or_default().remove(rest)),
                ("collect", "begin") => open_ends.collected = Some(file),
                ("collect", "done") if rest == "put" => self.known.collected.push(file),
                ("collect", "done") => self.known.collected.retain(|known| *known != file),
                ("remove", "begin") => {
                    open_ends.files = self.known.files.get(&file).cloned().into_iter().collect();
                }
                ("remove", "done") => drop(self.known.files.remove(&file)),
                ("record", "kept" | "done") => {
                    let kept = self.known.takes.entry(PathBuf::from(rest)).or_default();
                    *kept = (*kept).max(u32::try_from(number).expect("frames"));
                }
                other => panic!("{other:?}"),
            }
            // What is done is sure.
            if verb == "done" {
                (open_ends.tag, open_ends.collected) = (None, None);
            }
        }
    }

    fn compare_exports(&mut self, what: &str, which: usize, before: &BTreeMap<String, Vec<u8>>) {
        let whole = self.folder.path().join("whole");
        let _ = fs::remove_dir_all(&whole);
        fs::create_dir_all(&whole).expect("created");
        let mut program = self.program(&[]);
        exports::export(&mut program, which, &whole);
        let output = program.output().expect("it runs");
        assert!(output.status.success(), "{what}: {}", String::from_utf8_lossy(&output.stdout));
        exports::compare(what, before, &self.exports(), &whole);
        self.look();
    }

    /// Finishes a relinking, and moves the folder back to where it was.
    fn move_back(&mut self, what: &str, which: usize, open_ends: &Open, ended_well: bool) {
        let Some((from, to)) = &open_ends.moved else { return };
        let all_at = |world: &Self, folder: &Utf8Path| {
            let below = |path: &&Utf8PathBuf| path.starts_with(from) || path.starts_with(to);
            world.known.files.values().filter(below).all(|path| path.starts_with(folder))
        };
        assert!(!ended_well || all_at(self, to), "{what}: it was reported as done");
        assert!(all_at(self, to) || all_at(self, from), "{what}: some files were found and some were not");
        self.done(what, &["relink", to.as_str()]);
        self.look();
        assert!(all_at(self, to), "{what}: the files are found");
        fs::rename(to, from).expect("moved back");
        self.done(what, &["relink", self.sounds(which).as_str()]);
        self.look();
        assert!(all_at(self, from), "{what}: the files are found again");
    }
}

/// The files of the collection, in order.
fn collected(engine: &Engine) -> Vec<FileId> {
    let latest = engine.latest();
    let collection = latest.collections.iter().find(|known| known.name == COLLECTION);
    collection.map(|collection| collection.items.iter().map(|item| item.file).collect()).unwrap_or_default()
}
