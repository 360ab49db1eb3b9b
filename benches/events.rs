//! Measures the search for every occurrence of a call in 1,000 hours, memory-mapped. The goal is one second on two
//! cores. The codes are made up: clusters, in recordings of one hour.
//!
//! With `SOUNDALIKE_PYTHON` set to a Python that has numpy and scipy, `events_peer.py` then searches for a call in ten
//! hours of sound by spectrogram cross-correlation, on the same number of threads.

use std::ops::Range;
use std::time::Instant;

use soundalike::index::{AllCodes, Codes, Index, IndexFile, Recordings, RowSet, Sequence};

/// The chunks of an hour. Their starts are 128 ms apart.
const CHUNKS_AN_HOUR: usize = 28_125;
const ROUNDS: usize = 5;

/// Codes in clusters. Few bits differ within a cluster.
fn codes(bits: usize, rows: usize) -> Codes {
    let mix = |seed: u64| {
        let mixed = (seed ^ seed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    };
    let mut state = 7;
    let mut next = || {
        state = u64::wrapping_add(state, 0x9e37_79b9_7f4a_7c15);
        mix(state)
    };
    let mut codes = Codes::new(bits).expect("a legal width");
    for _ in 0..rows {
        let cluster = (next() % 10_000) * (next() % 10_000) / 10_000;
        let words = (0..bits as u64 / 64).map(|at| mix(cluster * 8 + at + 1) ^ (next() & next() & next() & next()));
        codes.extend_words(words.collect::<Vec<u64>>());
    }
    codes
}

/// The seconds of the fastest round.
fn fastest(mut once: impl FnMut()) -> f64 {
    let rounds = (0..ROUNDS).map(|_| {
        let began = Instant::now();
        once();
        began.elapsed().as_secs_f64()
    });
    rounds.fold(f64::INFINITY, f64::min)
}

fn measure(bits: usize, hours: usize) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("index.codes");
    IndexFile::save(&path, &Index::build(codes(bits, hours * CHUNKS_AN_HOUR)), 1).expect("written");
    let file = IndexFile::open(&path).expect("opened");
    // Checksums are compared only once, not by each search.
    let codes: AllCodes<'_> = file.codes().expect("whole");
    let allowed = RowSet::all(codes.len());
    let rows: Vec<Range<usize>> = (0..hours).map(|hour| hour * CHUNKS_AN_HOUR..(hour + 1) * CHUNKS_AN_HOUR).collect();
    let recordings = Recordings { codes: &codes, allowed: &allowed, rows: &rows };
    for (name, chunks) in [("1 s", 7), ("5 s", 38), ("30 s", 233)] {
        let first = hours / 2 * CHUNKS_AN_HOUR + 1000;
        let mut query = Codes::new(bits).expect("a legal width");
        query.extend_words(codes.rows(first..first + chunks).flatten().copied());
        let like = [Sequence::new(query, (0..chunks as u32).collect(), chunks.div_ceil(2)).expect("codes")];
        let secs = fastest(|| {
            let found = recordings.occurrences(&like, &[], &|| true).expect("not cancelled");
            assert!(found.iter().any(|found| found.score == 0.0));
            std::hint::black_box(found);
        });
        println!("{hours} hours, {bits} bits, {name}: {secs:.3} s on {} threads", rayon::current_num_threads());
    }
}

fn main() {
    measure(64, 1000);
    measure(128, 1000);
    let Some(python) = std::env::var_os("SOUNDALIKE_PYTHON") else { return };
    measure(64, 10);
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/events_peer.py");
    let threads = rayon::current_num_threads().to_string();
    let status = std::process::Command::new(python).arg(script).arg(threads).status();
    assert!(status.is_ok_and(|status| status.success()), "the peer failed");
}
