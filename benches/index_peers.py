#!/usr/bin/env python3
"""Exact Hamming search by `soundalike bench-index` beside what else is installed: Faiss (flat, HNSW) and Annoy.

    index_peers.py PROGRAM [--n 1000000] [--bits 64,128,256] [--queries 1000] [--k 10] [--peers flat,hnsw] [--data DIR]

PROGRAM is the built soundalike. All search the same codes, one thread, in turn, and every answer is held against the exact
distances. Codes are made up as learned ones are: signs of biased linear maps of crowds of unequal sizes, so that bits are
uneven and correlated; DIR may hold codes.bin and queries.bin (header-less rows of bits / 8 bytes) to be used instead.
Prints a table of queries per second of processor time, and of what building takes.
"""
import argparse
import json
import pathlib
import subprocess
import sys
import tempfile
import time

import numpy as np


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    for name, default in dict(n=1_000_000, queries=1000, k=10, seed=1).items():
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--bits", default="64,128,256")
    parser.add_argument("--data", type=pathlib.Path)
    parser.add_argument("--peers", default="flat,hnsw", help="of flat, hnsw, annoy (whose build takes long)")
    return parser.parse_args()


def made_up(n, bits, seed):
    """n codes: [n, bits / 8]."""
    shared = np.random.default_rng(seed)
    dims = 32
    maps = shared.standard_normal((dims, bits), dtype=np.float32) * 0.95 ** np.arange(dims, dtype=np.float32)[:, None]
    bias = 0.7 * shared.standard_normal(bits, dtype=np.float32) * np.linalg.norm(maps, axis=0)
    crowds = shared.standard_normal((10_000, dims), dtype=np.float32)

    def draw(count, stream):
        own, codes = np.random.default_rng((seed, stream)), []
        for start in range(0, count, 1 << 16):
            rows = min(count - start, 1 << 16)
            member = (len(crowds) * own.random(rows) ** 3).astype(int)
            point = crowds[member] + 0.3 * own.standard_normal((rows, dims), dtype=np.float32)
            codes.append(np.packbits(point @ maps + bias > 0, axis=1, bitorder="little"))
        return np.concatenate(codes)

    return draw(n, 0), draw(1000, 1)


def distances(codes, query):
    return np.bitwise_count(codes ^ query).sum(1)


def recall(codes, queries, rows, k):
    """Share of the k whose distance is at most that of the k-th nearest, over some of the queries."""
    asked = range(0, len(queries), max(1, len(queries) // 50))
    shares = []
    for i in asked:
        d = distances(codes, queries[i])
        kth = np.partition(d, k - 1)[k - 1]
        found = {int(row) for row in rows[i] if 0 <= row < len(codes)}
        shares.append(sum(d[row] <= kth for row in found) / k)
    return float(np.mean(shares))


def timed(search, queries):
    """Answers, and queries per second of processor time: the best of at least three rounds."""
    rows, best, began, rounds = search(queries), float("inf"), time.monotonic(), 0
    while rounds < 3 or (rounds < 20 and time.monotonic() - began < 4):
        before = time.process_time()
        rows = search(queries)
        best, rounds = min(best, time.process_time() - before), rounds + 1
    return rows, len(queries) / best


def faiss_rows(codes, queries, bits, k, peers):
    import faiss

    faiss.omp_set_num_threads(1)
    if "flat" in peers:
        flat = faiss.IndexBinaryFlat(bits)
        before = time.process_time()
        flat.add(codes)
        built = time.process_time() - before
        some = queries[: max(20, len(queries) // 10)]
        rows, rate = timed(lambda q: flat.search(q, k)[1], some)
        yield "Faiss flat", recall(codes, some, rows, k), rate, built, codes.nbytes
    if "hnsw" in peers:
        graph = faiss.IndexBinaryHNSW(bits, 16)
        before = time.process_time()
        graph.add(codes)
        built = time.process_time() - before
        graph.hnsw.efSearch = 64
        rows, rate = timed(lambda q: graph.search(q, k)[1], queries)
        links = graph.hnsw.neighbors.size() * 4 + graph.hnsw.offsets.size() * 8
        yield "Faiss HNSW, ef 64", recall(codes, queries, rows, k), rate, built, codes.nbytes + links


def annoy_rows(codes, queries, bits, k):
    from annoy import AnnoyIndex

    trees, some = AnnoyIndex(bits, "hamming"), queries[:200]
    unpacked = lambda c: np.unpackbits(c, axis=1, bitorder="little")
    before = time.process_time()
    for row, code in enumerate(codes):
        trees.add_item(row, unpacked(code[None])[0])
    trees.build(100, n_jobs=1)
    built = time.process_time() - before
    rows, rate = timed(lambda q: [trees.get_nns_by_vector(code, k) for code in unpacked(q)], some)
    yield "Annoy, 100 trees", recall(codes, some, rows, k), rate, built, None


def own_rows(program, codes, queries, bits, k):
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        codes.tofile(folder / "codes.bin")
        queries.tofile(folder / "queries.bin")
        call = [program, "bench-index", folder / "codes.bin", folder / "queries.bin", bits, k, 1, folder / "ids"]
        lines = subprocess.run([str(part) for part in call], check=True, capture_output=True, text=True).stdout
        for line in map(json.loads, lines.splitlines()):
            rows = np.fromfile(line["ids"], "<u4").reshape(len(queries), k).astype(np.int64)
            name = "Soundalike, " + ("scan" if line["scan"] else "index")
            yield name, recall(codes, queries, rows, k), line["qps_cpu"], line["build_s"], line["memory_bytes"]


def main():
    a = arguments()
    print("| bits | search | recall | queries/s | times Faiss flat | build, s | MB |\n|---|---|---|---|---|---|---|")
    for bits in map(int, a.bits.split(",")):
        if a.data:
            codes, queries = (np.fromfile(a.data / f, "u1").reshape(-1, bits // 8) for f in ("codes.bin", "queries.bin"))
        else:
            codes, queries = made_up(a.n, bits, a.seed)
        queries, flat = np.ascontiguousarray(queries[: a.queries]), None
        for search in (
            lambda: faiss_rows(codes, queries, bits, a.k, a.peers),
            lambda: annoy_rows(codes, queries, bits, a.k) if "annoy" in a.peers else iter(()),
            lambda: own_rows(a.program, codes, queries, bits, a.k),
        ):
            try:
                for name, share, rate, built, size in search():
                    flat = rate if name == "Faiss flat" else flat
                    ratio = f"{rate / flat:.1f}" if flat else "-"
                    room = f"{size / 1e6:.0f}" if size else "-"
                    print(f"| {bits} | {name} | {share:.3f} | {rate:,.0f} | {ratio} | {built:.2f} | {room} |", flush=True)
            except ImportError as absent:
                print(f"SKIPPED: {absent}", file=sys.stderr)


main()
