#!/usr/bin/env python3
"""Runs every row of the benchmarks at small sizes and checks what comes out, no figure: smoke_test.py PDE_BENCH"""

import json
import pathlib
import subprocess
import sys
import tempfile

KEYS = {
    "name": str, "unit": str, "how": str, "samples": list, "baseline_samples": list, "ratio": (int, float),
    "wanted": (int, float), "holds": bool,
}  # fmt: skip
NAMES = [
    *(f"append gzip+shuffle, sustained: {data}" for data in ("noisy f64", "smooth f64", "f32", "rounded f64")),
    "what the solver feels",
    "append, no compression, 512 x 512",
    "append 32 x 32, default commits", "append 32 x 32, default commits, no compression",
    "append 32 x 32, commit_every=1", "append 32 x 32, commit_every=1, no compression",
    *(f"sequential read: {data}" for data in ("noisy f64", "smooth f64", "f32", "rounded f64")),
    *(f"memory storage append: {what}" for what in ("allocations", "page faults", "time")),
    "5000 against 50 snapshots: open, read last, append one",
    "one append after 1 s idle with its commit, 512 x 512",
    *(f"peak memory: {what}" for what in ("0.08 GB", "0.04 GB after a truncation", "0.04 GB into a contiguous file")),
    "dlopen: time",
    "dlopen: libraries over libhdf5",
    *(f"flatness: {what}" for what in ("time per append", "peak memory", "peak memory, queue_bytes=8388608")),
]


def check_row(row):
    for key, kind in KEYS.items():
        assert isinstance(row[key], kind), f"{row['name']}: {key} is {row.get(key)!r}"
    assert row["samples"] and row["baseline_samples"], f"{row['name']}: no samples"
    assert all(isinstance(value, (int, float)) for value in row["samples"] + row["baseline_samples"])


def main():
    with tempfile.TemporaryDirectory(dir="/dev/shm" if pathlib.Path("/dev/shm").is_dir() else None) as folder:
        series, out = pathlib.Path(folder, "series"), pathlib.Path(folder, "bench.json")
        series.mkdir()
        subprocess.run([sys.argv[1], "--quick", "--folder", series, "--out", out], check=True)
        rows = json.loads(out.read_text())
        assert [row["name"] for row in rows] == NAMES, [row["name"] for row in rows]
        for row in rows:
            check_row(row)
        assert not list(series.iterdir()), "files were left behind"
        tables = pathlib.Path(__file__).with_name("performance_tables.py")
        printed = subprocess.run([sys.executable, tables, out], check=True, capture_output=True, text=True).stdout
        assert all(f"| {name} |" in printed for name in NAMES), printed
    print(f"{len(rows)} rows")


if __name__ == "__main__":
    main()
