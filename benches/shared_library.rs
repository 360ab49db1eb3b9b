//! The shared library on PostgreSQL: codes published a second, the exact search of a million codes beside this program's
//! own index, pgvector's index where the server has it, and the throughput of 1, 2 and 4 workers.
//!
//! Starts PostgreSQL in a temporary folder. SOUNDALIKE_LIBRARY names another, empty database instead.
//! SOUNDALIKE_CODES is the number of codes.

#[path = "../tests/it/shared_library/server.rs"]
#[expect(dead_code, reason = "a part of it serves the tests")]
mod server;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use soundalike::dataset::{FileId, Filter, SoundFile};
use soundalike::index::{Codes, Index};
use soundalike::shared_library::{Address, Batch, Library, NewFile, PublishedModel, Wanted};

const CODES_A_FILE: usize = 100;
const FILES_A_BATCH: usize = 256;
const QUERIES: usize = 20;
const SOUNDS: usize = 150;

fn main() {
    let (url, _server) = match std::env::var("SOUNDALIKE_LIBRARY") {
        Ok(url) => (url, None),
        Err(_) => match server::Server::start() {
            Some(server) => (server.database().url, Some(server)),
            None => return,
        },
    };
    let codes = std::env::var("SOUNDALIKE_CODES").ok().and_then(|codes| codes.parse().ok()).unwrap_or(1_000_000);
    let folder = tempfile::tempdir().expect("a folder");
    let sounds = folder.path().join("sounds");
    let project = folder.path().join("project");
    let soundalike = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_soundalike"));
        command.arg("--project").arg(&project).args(arguments).stdout(Stdio::null());
        assert!(command.status().expect("it runs").success(), "{arguments:?}");
    };
    let (count, place) = (SOUNDS.to_string(), sounds.to_str().expect("text"));
    soundalike(&["synth", "--seconds", "4", "--count", &count, "--doppelgangers", "0", "--out", place]);
    soundalike(&["add", place]);
    soundalike(&["index"]);
    soundalike(&["publish", &url, "--root", &format!("fx={place}")]);
    workers(&url, &sounds);
    let mut library = Library::open(&Address::read(&url).expect("an address")).expect("opened");
    let model = library.current_model().expect("a model");
    let codes = made_up(model.bits, codes);
    publish(&mut library, &model, &codes);
    search(&mut library, &model, codes);
    match library.make_hnsw(&model) {
        Ok(index) => {
            println!("approximate index: recall {:.3} of the ten nearest", index.recall.unwrap_or_default());
            time_searches(&mut library, &model, "approximate", true);
        }
        Err(cause) => eprintln!("SKIPPED: the approximate index: {cause}"),
    }
}

fn mix(seed: u64) -> u64 {
    let mixed = (seed ^ seed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ mixed >> 31
}

/// Codes in clusters, as those of sounds are.
fn made_up(bits: usize, count: usize) -> Codes {
    let mut state = 1_u64;
    let mut next = || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mix(state)
    };
    let mut codes = Codes::new(bits).expect("a legal width");
    let last = if bits.is_multiple_of(64) { !0 } else { (1 << (bits % 64)) - 1 };
    let words = bits.div_ceil(64);
    for _ in 0..count {
        let cluster = (next() % 10_000) * (next() % 10_000) / 10_000;
        codes.extend_words((0..words).map(|word| {
            let code = mix(cluster * 16 + word as u64 + 1) ^ (next() & next() & next() & next());
            if word + 1 == words { code & last } else { code }
        }));
    }
    codes
}

fn publish(library: &mut Library, model: &PublishedModel, codes: &Codes) {
    let (publisher, root) = (library.publisher("bench").expect("known"), library.root("made-up").expect("made"));
    let all = codes.as_ref();
    let began = Instant::now();
    let numbers: Vec<usize> = (0..codes.len().div_ceil(CODES_A_FILE)).collect();
    for batch in numbers.chunks(FILES_A_BATCH) {
        let files: Vec<SoundFile> = batch.iter().map(|number| file(*number)).collect();
        let files: Vec<NewFile<'_>> = batch
            .iter()
            .zip(&files)
            .map(|(number, file)| {
                let rows = number * CODES_A_FILE..((number + 1) * CODES_A_FILE).min(codes.len());
                NewFile {
                    root,
                    root_name: "made-up",
                    path: format!("{number}.wav"),
                    file,
                    sound_hash: None,
                    tags: &[],
                    codes: Some((0..).zip(rows).map(|(chunk, row)| (chunk, all.code(row).to_vec())).collect()),
                }
            })
            .collect();
        library.publish_batch(&Batch { publisher, model, files: &files }).expect("published");
    }
    let took = began.elapsed().as_secs_f64();
    println!(
        "publish: {} codes of {} files in {took:.1} s, {:.0} codes a second",
        codes.len(),
        numbers.len(),
        codes.len() as f64 / took
    );
}

fn file(number: usize) -> SoundFile {
    SoundFile {
        id: FileId(number as i64),
        path: format!("/made-up/{number}.wav").into(),
        size_bytes: 1,
        modified_ns: 1,
        content_hash: *blake3::hash(&number.to_le_bytes()).as_bytes(),
        rate: 44_100,
        channels: 1,
        frames: 44_100,
        peak: 1.0,
        thumbnail: Vec::new(),
        aspects: None,
        metadata: None,
    }
}

fn search(library: &mut Library, model: &PublishedModel, codes: Codes) {
    time_searches(library, model, "exact", false);
    let bits = codes.bits();
    let index = Index::build(codes);
    let mut taken = Vec::new();
    for number in 0..QUERIES {
        let query = query(bits, number);
        let began = Instant::now();
        index.search(query.as_ref().code(0), 10, None).expect("answered");
        taken.push(began.elapsed());
    }
    println!("search, this program's own index: {}", median(taken));
}

fn time_searches(library: &mut Library, model: &PublishedModel, name: &str, may_be_approximate: bool) {
    let filter = Filter::default();
    for chunks in [1, 8] {
        let mut taken = Vec::new();
        for number in 0..QUERIES {
            let mut codes = Codes::new(model.bits).expect("a legal width");
            (0..chunks).for_each(|chunk| codes.extend(query(model.bits, number * chunks + chunk).as_ref()));
            let wanted = Wanted { codes: codes.as_ref(), filter: &filter, folder: None, may_be_approximate };
            let began = Instant::now();
            let mut reading = library.read(model).expect("read").expect("current");
            reading.nearest_codes(&wanted, 10).expect("answered");
            taken.push(began.elapsed());
        }
        println!("search, {name}, a query of {chunks} chunks: {}", median(taken));
    }
}

/// A code near a cluster.
fn query(bits: usize, number: usize) -> Codes {
    let mut codes = Codes::new(bits).expect("a legal width");
    let near = made_up(bits, 1000 + 37 * number);
    codes.extend_words(near.as_ref().code(near.len() - 1).iter().copied());
    codes
}

fn median(mut taken: Vec<Duration>) -> String {
    taken.sort_unstable();
    format!("median {:.2} ms of {}", 1e3 * taken[taken.len() / 2].as_secs_f64(), taken.len())
}

/// The same sounds are encoded by 1, 2 and 4 processes.
fn workers(url: &str, sounds: &Path) {
    let mut sql = postgres::Client::connect(url, postgres::NoTls).expect("connected");
    let root = format!("fx={}", PathBuf::from(sounds).display());
    for processes in [1, 2, 4] {
        let again = "DELETE FROM soundalike.codes_1; UPDATE soundalike.work SET state = 'open', lease = NULL";
        sql.batch_execute(again).expect("begun again");
        let began = Instant::now();
        let work = || {
            let mut command = Command::new(env!("CARGO_BIN_EXE_soundalike"));
            command.args(["work", url, "--root", &root]).stdout(Stdio::null()).spawn().expect("it runs")
        };
        let started: Vec<_> = (0..processes).map(|_| work()).collect();
        for mut process in started {
            assert!(process.wait().expect("it ends").success());
        }
        let took = began.elapsed().as_secs_f64();
        let codes: i64 = sql.query_one("SELECT count(*) FROM soundalike.codes_1", &[]).expect("a row").get(0);
        println!(
            "{processes} workers: {SOUNDS} files, {codes} codes in {took:.2} s, {:.0} codes a second",
            codes as f64 / took
        );
    }
}
