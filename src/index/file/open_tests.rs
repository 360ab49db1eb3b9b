//! Tests with segments that another program cuts or changes while an index is open.
//!
//! If a process reads pages that were cut off a mapped file, the system ends the process (SIGBUS). Therefore the tests
//! search in a process of its own: [`answers_while_its_segment_is_changed`], which they start again.

use std::fs::{File, OpenOptions};
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::SystemTime;

use super::segment::READ_WHOLE;
use super::tests::{path_in, segment_paths};
use super::*;
use crate::index::testing::{clustered, random};

/// Tells [`answers_while_its_segment_is_changed`] which index to search.
const INDEX: &str = "SOUNDALIKE_TEST_SEARCHES";
const BEGINNING: &str = "answer: ";

/// Opens an index, and searches it once for each line of standard input. Otherwise it passes at once.
#[test]
fn answers_while_its_segment_is_changed() {
    let Some(path) = std::env::var_os(INDEX) else { return };
    let file = IndexFile::open(path.as_ref()).expect("opened");
    for line in std::io::stdin().lines() {
        drop(line);
        let query = vec![0x5555; file.index().bits() / 64];
        let answer = match file.index().search(&query, 5, None) {
            Ok(answer) => format!("{:?}", answer.neighbours),
            Err(cause) => format!("told: {cause}"),
        };
        println!("{BEGINNING}{answer}");
    }
}

/// A process that searches an index when it is asked.
struct Searcher {
    process: Child,
    ask: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Searcher {
    fn start(index: &Path) -> Self {
        let mut process = Command::new(std::env::current_exe().expect("this program"))
            .args(["index::file::open_tests::answers_while_its_segment_is_changed", "--exact", "--nocapture"])
            .env(INDEX, index)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("started");
        let ask = process.stdin.take().expect("piped");
        let answers = BufReader::new(process.stdout.take().expect("piped"));
        Self { process, ask, answers }
    }

    fn ask(&mut self) {
        self.ask.write_all(b"\n").expect("the process lives");
    }

    fn answer(&mut self) -> String {
        let mut line = String::new();
        loop {
            line.clear();
            let read = self.answers.read_line(&mut line).expect("text");
            assert!(read > 0, "the process ended: {:?}", self.process.wait());
            if let Some((_, answer)) = line.split_once(BEGINNING) {
                return answer.trim_end().to_owned();
            }
        }
    }

    fn search(&mut self) -> String {
        self.ask();
        self.answer()
    }

    fn end(self) {
        let Self { mut process, ask, answers } = self;
        drop(ask);
        let rest: Vec<_> = answers.lines().map_while(Result::ok).collect();
        assert!(process.wait().expect("its end").success(), "{rest:?}");
    }
}

/// Writes an index of one segment, and returns the segment's file.
fn written(path: &Path, segment: Segment) -> PathBuf {
    let index = Index::of_segments(segment.bits(), [Arc::new(segment)], None);
    IndexFile::save(path, &index, 1).expect("written");
    segment_paths(path).swap_remove(0)
}

fn open_for_writing(path: &Path) -> File {
    OpenOptions::new().write(true).open(path).expect("opened")
}

#[test]
fn a_segment_in_memory_answers_whatever_happens_to_its_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let list = path_in(&folder);
    let path = written(&list, Segment::build(clustered(64, 100_000, 3000, 7), true));
    let whole = std::fs::read(&path).expect("read");
    let mut searcher = Searcher::start(&list);
    let expected = searcher.search();
    assert!(!expected.starts_with("told"), "{expected}");
    let mut draw = random(3);
    for round in 0..200 {
        searcher.ask();
        let file = open_for_writing(&path);
        file.set_len(draw() % whole.len() as u64).expect("cut");
        if round % 3 == 0 {
            file.set_len(whole.len() as u64).expect("zeros in place of what was cut");
        }
        searcher.ask();
        assert_eq!(searcher.answer(), expected);
        assert_eq!(searcher.answer(), expected);
        std::fs::write(&path, &whole).expect("mended");
    }
    searcher.end();
}

#[test]
fn a_change_of_a_mapped_segment_is_told_and_ends_no_process() {
    let folder = tempfile::tempdir().expect("a folder");
    let list = path_in(&folder);
    let rows = READ_WHOLE as usize / 64 + 1000;
    let path = written(&list, Segment::build(clustered(512, rows, 3000, 7), false));
    let whole = path.metadata().expect("there").len();
    assert!(whole > READ_WHOLE, "it is mapped");
    let spare = folder.path().join("spare");
    std::fs::copy(&path, &spare).expect("copied");
    let cut = |bytes: u64| open_for_writing(&path).set_len(bytes).expect("cut");
    let changes: [(&str, &dyn Fn()); 5] = [
        ("cut to nothing", &|| cut(0)),
        ("cut within a page", &|| cut(whole / 2 + 100)),
        ("one byte short", &|| cut(whole - 1)),
        ("cut and filled with zeros", &|| {
            cut(whole / 3);
            cut(whole);
        }),
        ("marked as changed", &|| open_for_writing(&path).set_modified(SystemTime::UNIX_EPOCH).expect("marked")),
    ];
    for (what, change) in changes {
        let mut searcher = Searcher::start(&list);
        let expected = searcher.search();
        assert!(!expected.starts_with("told"), "{expected}");
        assert_eq!(searcher.search(), expected);
        change();
        for _ in 0..2 {
            let told = searcher.search();
            assert!(told.starts_with("told: ") && told.contains("build the index again"), "{what}: {told}");
        }
        searcher.end();
        std::fs::copy(&spare, &path).expect("mended");
    }
}

/// After the damage is mended, the process that saw the damage uses the new file.
#[test]
fn a_mended_segment_takes_the_place_of_a_changed_one() {
    let folder = tempfile::tempdir().expect("a folder");
    let list = path_in(&folder);
    let rows = READ_WHOLE as usize / 64 + 1000;
    let path = written(&list, Segment::build(clustered(512, rows, 3000, 7), false));
    let file = IndexFile::open(&list).expect("opened");
    let query = [0x5555; 8];
    let expected = file.index().search(&query, 5, None).expect("whole");
    let spare = folder.path().join("spare");
    std::fs::copy(&path, &spare).expect("copied");
    open_for_writing(&path).set_len(1 << 20).expect("cut");
    file.index().search(&query, 5, None).expect_err("told");
    // The program never writes into a file, but puts a new one in its place.
    std::fs::rename(&spare, &path).expect("mended");
    let again = IndexFile::open_after(&list, Some(&file)).expect("opened");
    assert_eq!(again.index().search(&query, 5, None).expect("whole"), expected);
}
