//! The parts of the index, one by one: each kernel, tables, groups, building, growing, opening. `soundalike
//! bench-index` compares the index with other programs.

use std::hint::black_box;

use criterion::{BatchSize, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use soundalike::index::kernel::Kernel;
use soundalike::index::scan::nearest_to_each_by;
use soundalike::index::{Codes, Index, IndexFile, RowSet};

const ROWS: usize = 200_000;
const QUERIES: usize = 64;
const K: usize = 10;

/// Codes in clusters of different sizes, as learned codes are: 3 of 64 bits away from the centre on average.
fn codes(bits: usize, rows: usize, seed: u64) -> Codes {
    let mix = |seed: u64| {
        let mixed = (seed ^ seed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    };
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mix(state)
    };
    let mut codes = Codes::new(bits).expect("a legal width");
    for _ in 0..rows {
        let cluster = (next() % 10_000) * (next() % 10_000) / 10_000;
        codes.extend_words(
            (0..bits as u64 / 64).map(|at| mix(cluster * 8 + at + 1) ^ (next() & next() & next() & next())),
        );
    }
    codes
}

fn kernels(c: &mut Criterion) {
    for bits in [64, 128, 256, 512] {
        let (codes, queries) = (codes(bits, ROWS, 1), codes(bits, QUERIES, 2));
        let mut group = c.benchmark_group(format!("scan, {bits} bits"));
        for (together, queries) in [("one query", queries.as_ref().slice(0..1)), ("64 queries", queries.as_ref())] {
            group.throughput(Throughput::Elements((ROWS * queries.len()) as u64));
            for kernel in Kernel::available() {
                group.bench_function(BenchmarkId::new(kernel.name(), together), |b| {
                    b.iter(|| nearest_to_each_by(kernel, codes.as_ref(), black_box(queries), K, None));
                });
            }
        }
        group.finish();
    }
}

fn filters(c: &mut Criterion) {
    let (codes, queries) = (codes(64, ROWS, 1), codes(64, QUERIES, 2));
    let mut group = c.benchmark_group("scan with a filter, 64 queries");
    for every in [1, 2, 10, 100, 1000] {
        let mut set = RowSet::none(ROWS);
        (0..ROWS).step_by(every).for_each(|row| set.insert(row));
        group.bench_function(BenchmarkId::new("one row of", every), |b| {
            b.iter(|| nearest_to_each_by(Kernel::chosen(), codes.as_ref(), queries.as_ref(), K, Some(black_box(&set))));
        });
    }
    group.finish();
}

fn tables(c: &mut Criterion) {
    let mut group = c.benchmark_group("index");
    group.sample_size(10);
    for bits in [64, 128] {
        let (codes, queries) = (codes(bits, ROWS, 1), codes(bits, QUERIES, 2));
        group.bench_function(BenchmarkId::new("build", bits), |b| {
            b.iter_batched(|| codes.clone(), Index::build, BatchSize::LargeInput);
        });
        let index = Index::build(codes.clone());
        group.bench_function(BenchmarkId::new("64 queries", bits), |b| {
            b.iter(|| index.search_each(black_box(queries.as_ref()), K, None));
        });
        group.bench_function(BenchmarkId::new("within 2, one query", bits), |b| {
            b.iter(|| index.within(black_box(queries.as_ref().code(0)), 2, None));
        });
        group.bench_function(BenchmarkId::new("append 1%", bits), |b| {
            b.iter(|| index.with_appended(codes.as_ref().slice(0..ROWS / 100)));
        });
        group.bench_function(BenchmarkId::new("groups within 2", bits), |b| b.iter(|| index.groups(2, &|| true)));
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("index.codes");
        IndexFile::save(&path, &index, 1).expect("written");
        let file = IndexFile::open(&path).expect("opened");
        let grown = file.index().with_appended(codes.as_ref().slice(0..ROWS / 100)).expect("whole");
        let grown_path = folder.path().join("grown.codes");
        group.bench_function(BenchmarkId::new("save 1% more", bits), |b| {
            b.iter(|| IndexFile::save(black_box(&grown_path), &grown, 1));
        });
        group.bench_function(BenchmarkId::new("open", bits), |b| b.iter(|| IndexFile::open(black_box(&path))));
    }
    group.finish();
}

criterion_group!(benches, kernels, filters, tables);
criterion_main!(benches);
