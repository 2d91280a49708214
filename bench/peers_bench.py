#!/usr/bin/env python3
"""Records and reads the same data with libpde and with what Python has: peers_bench.py LIBRARY FOLDER JSON [--quick]

All in one process, taking turns, five times after a warm-up; each reads the file that it has written. libpde is called
through ctypes, so its times include Python's. The rows are added to those in JSON. Needs scripts/python_env.sh --bench;
scripts/bench.sh calls this.
"""

import importlib.metadata
import json
import pathlib
import statistics
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tests" / "interop"))
import h5py  # noqa: E402
import netCDF4  # noqa: E402
import numpy as np  # noqa: E402
import pde as pypde  # noqa: E402
import pde_ctypes  # noqa: E402

ROUNDS = 5
DISTINCT = 16


def noisy_waves(cells, step):
    """Waves with noise of 1e-3 of their height, like the noisy f64 of the other rows."""
    x = np.arange(cells) / cells
    first, second = np.sin(2 * np.pi * (2 * x - 0.01 * step)), np.cos(2 * np.pi * (5 * x + 0.007 * step) + 0.3)
    noise = np.random.default_rng(step).uniform(-1e-3, 1e-3, (cells, cells))
    return 1.5 + np.outer(first, second) + 0.3 * np.outer(second, first) + noise


class LibPde:
    name = "libpde"

    def __init__(self, library, arrays):
        self.pde = pde_ctypes.Library(library)
        grid = self.pde.unit_grid(arrays[0].shape, [False, False])
        self.fields = [self.pde.field(grid, pde_ctypes.SCALAR, "f8") for _ in arrays]
        for field, array in zip(self.fields, arrays):
            field.array()[...] = array

    def record(self, path, count):
        with self.pde.open(f"hdf5:{path}", "truncate") as storage:
            for i in range(count):
                storage.append(self.fields[i % DISTINCT], i)

    def read(self, path, count):
        with self.pde.open(f"hdf5:{path}", "readonly") as storage:
            field = storage.sample
            for i in range(count):
                storage.read(i, field)
            return field.array().copy()


class PyPde:
    name = "py-pde FileStorage"
    package = "py-pde"
    wanted = {512: 40, 32: 50}

    def __init__(self, arrays):
        grid = pypde.UnitGrid(arrays[0].shape)
        self.fields = [pypde.ScalarField(grid, array) for array in arrays]

    def record(self, path, count):
        storage = pypde.FileStorage(path, write_mode="truncate", compression=True)
        storage.start_writing(self.fields[0])
        for i in range(count):
            storage.append(self.fields[i % DISTINCT], i)
        storage.end_writing()
        storage.close()

    def read(self, path, count):
        storage = pypde.FileStorage(path, write_mode="readonly")
        for _, field in storage.items():
            last = field.data
        storage.close()
        return last


class H5py:
    package = "h5py"

    def __init__(self, arrays, level):
        self.arrays, self.level = arrays, level
        self.name = f"h5py, shuffle, gzip {level}"

    def record(self, path, count):
        shape = self.arrays[0].shape
        with h5py.File(path, "w") as file:
            data = file.create_dataset(
                "data", (0, *shape), "f8", maxshape=(None, *shape), chunks=(1, *shape), compression="gzip",
                compression_opts=self.level, shuffle=True,
            )  # fmt: skip
            times = file.create_dataset("times", (0,), "f8", maxshape=(None,))
            for i in range(count):
                data.resize(i + 1, axis=0)
                times.resize(i + 1, axis=0)
                data[i] = self.arrays[i % DISTINCT]
                times[i] = i

    def read(self, path, count):
        with h5py.File(path, "r") as file:
            data = file["data"]
            for i in range(count):
                last = data[i]
        return last


class NetCdf:
    name = "netCDF4, shuffle, zlib 4"
    package = "netCDF4"

    def __init__(self, arrays):
        self.arrays = arrays

    def record(self, path, count):
        cells = self.arrays[0].shape[0]
        with netCDF4.Dataset(path, "w") as file:
            for name, size in {"time": None, "x": cells, "y": cells}.items():
                file.createDimension(name, size)
            times = file.createVariable("time", "f8", ("time",))
            data = file.createVariable(
                "data", "f8", ("time", "x", "y"), compression="zlib", complevel=4, shuffle=True,
                chunksizes=(1, cells, cells),
            )  # fmt: skip
            for i in range(count):
                data[i] = self.arrays[i % DISTINCT]
                times[i] = i

    def read(self, path, count):
        with netCDF4.Dataset(path) as file:
            data = file["data"]
            data.set_auto_mask(False)
            for i in range(count):
                last = data[i]
        return last


class Side:
    """One of those who take turns, and what it has taken."""

    def __init__(self, writer, path, count):
        self.writer, self.path, self.count = writer, path, count
        self.rates = {"record": [], "read": []}  # MB/s

    def take_turn(self, arrays):
        megabytes = 1e-6 * arrays[0].nbytes * self.count
        start = time.perf_counter()
        self.writer.record(self.path, self.count)
        recorded = time.perf_counter()
        last = self.writer.read(self.path, self.count)
        self.rates["record"].append(megabytes / (recorded - start))
        self.rates["read"].append(megabytes / (time.perf_counter() - recorded))
        assert np.array_equal(last, arrays[(self.count - 1) % DISTINCT]), f"{self.writer.name}: not what was recorded"
        self.bytes_each = self.path.stat().st_size / self.count
        self.path.unlink()


def row(what, cells, ours, peer):
    samples, baseline = (side.rates[what] for side in (ours, peer))
    ratio = statistics.median(samples) / statistics.median(baseline)
    wanted = getattr(peer.writer, "wanted", {}).get(cells) if what == "record" else None
    package = peer.writer.package
    return {
        "name": f"peers: {what} {cells} x {cells}, {peer.writer.name}",
        "unit": "MB/s",
        "how": f"{ours.count} snapshots of noisy f64 by libpde, {peer.count} by the other, to take times of one order, "
        "opening and closing included, libpde through ctypes with default options; "
        f"{package} {importlib.metadata.version(package)}, one snapshot per chunk",
        "samples": samples,
        "baseline_samples": baseline,
        "compared": "ours / baseline",
        "ratio": ratio,
        "wanted": wanted,
        "wanted_is": "at least",
        "holds": None if wanted is None else ratio >= wanted,
        "file_ratio": ours.bytes_each / peer.bytes_each,
    }


def compare(library, folder, cells, ours, count, rounds):
    arrays = [noisy_waves(cells, step) for step in range(DISTINCT)]
    peers = [PyPde(arrays), H5py(arrays, 4), H5py(arrays, 1), NetCdf(arrays)]
    sides = [Side(LibPde(library, arrays), folder / "ours.h5", ours)]
    sides += [Side(writer, folder / f"peer{i}.h5", count) for i, writer in enumerate(peers)]
    for _ in range(1 + rounds):
        for side in sides:
            side.take_turn(arrays)
    for side in sides:  # the first round was the warm-up
        side.rates = {what: rates[1:] for what, rates in side.rates.items()}
    return [row(what, cells, sides[0], peer) for what in ("record", "read") for peer in sides[1:]]


def main():
    library, folder, path = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
    quick = "--quick" in sys.argv[4:]
    rows = json.loads(path.read_text())
    sizes = [(512, 4, 4), (32, 50, 50)] if quick else [(512, 512, 32), (32, 40000, 2000)]
    for cells, ours, count in sizes:
        rows += compare(library, folder, cells, ours, count, 1 if quick else ROUNDS)
    path.write_text("[\n" + ",\n".join(json.dumps(row) for row in rows) + "\n]\n")


if __name__ == "__main__":
    main()
