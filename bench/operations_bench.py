#!/usr/bin/env python3
"""Times what is done with stored series, beside py-pde: operations_bench.py LIBRARY

Both work on the same file in the same process, taking turns, each five times after a warm-up; the ratio is that of
the medians. libpde is called through ctypes, so its times include Python's. Needs py-pde and h5py
(scripts/python_env.sh) and prints a table for docs/performance.md.
"""

import ctypes as c
import gc
import pathlib
import statistics
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tests" / "interop"))
import numpy as np  # noqa: E402
import pde as pypde  # noqa: E402
import pde_ctypes  # noqa: E402

SNAPSHOTS, CELLS, ROUNDS = 100, 256, 5


class Bench:
    def __init__(self, library, folder):
        self.libpde = pde_ctypes.Library(library)
        self.path = str(folder / "series.h5")
        self.out = folder / "out.h5"
        for name, arguments in {
            "pde_storage_view_field": "plp", "pde_storage_extract_field": "plsp", "pde_storage_merge": "plspp",
            "pde_storage_extract_time_range": "pddp", "pde_storage_copy": "ppp", "pde_field_average": "ppl",
            "pde_storage_find_range": "pddpp", "pde_storage_read_box": "plllppipp",
        }.items():  # fmt: skip
            getattr(self.libpde.lib, name).argtypes = [pde_ctypes._TYPES[letter] for letter in arguments]
        self.write()

    def write(self):
        grid = pypde.CartesianGrid([[0, 1], [0, 1]], CELLS, periodic=True)
        rng = np.random.default_rng(1)
        wave = np.sin(np.linspace(0, 20, CELLS * CELLS)).reshape(CELLS, CELLS)
        storage = pypde.FileStorage(self.path, write_mode="truncate", compression=True)
        noise = 1e-6 * rng.standard_normal((CELLS, CELLS))
        fields = [pypde.ScalarField(grid, wave + noise, label="u"), pypde.ScalarField(grid, wave - noise, label="v")]
        state = pypde.FieldCollection(fields)
        storage.start_writing(state)
        for i in range(SNAPSHOTS):
            fields[0].data[...] = np.roll(wave, i) + noise
            storage.append(pypde.FieldCollection(fields), i)
        storage.end_writing()
        storage.close()

    def storage(self, handle):
        return pde_ctypes.Storage(self.libpde, handle)

    def theirs(self):
        return pypde.FileStorage(self.path, write_mode="readonly")

    def ours(self):
        return self.libpde.open(self.path, "readonly")

    def close(self, *handles):
        for handle in handles:
            self.storage(handle).close()

    def in_memory(self):
        """The series in memory, theirs and ours."""
        theirs = self.theirs().copy()
        memory = self.libpde.open("memory:")
        with self.ours() as s:
            self.libpde.call("pde_storage_copy", s.handle, memory.handle, None)
        return theirs, memory

    # ---- pairs: py-pde, then libpde; both give something to compare

    def open_and_last(self):
        def ours():
            with self.ours() as s:
                field = s.sample
                s.read(-1, field)
                return field.array()[0, 0, 0]

        return lambda: self.theirs()[-1][0].data[0, 0], ours

    def our_averages(self, storage):
        field, mean, means = storage.sample, (c.c_double * 2)(), []
        for i in range(len(storage)):
            storage.read(i, field)
            self.libpde.call("pde_field_average", field.handle, mean, 2)
            means.append(mean[0])
        return means[-1]

    def averages(self):
        def ours():
            with self.ours() as s:
                return self.our_averages(s)

        return lambda: [f.averages for f in self.theirs()][-1][0], ours

    def averages_in_memory(self):
        theirs, ours = self.in_memory()
        return lambda: [f.averages for f in theirs][-1][0], lambda: self.our_averages(ours)

    def extract_field_in_memory(self):
        theirs, memory = self.in_memory()

        def ours():
            with self.storage(self.libpde.new("pde_storage_extract_field", memory.handle, 1, None)) as extracted:
                return len(extracted)

        return lambda: len(theirs.extract_field("v")), ours

    def extract_field(self):
        def ours():
            with self.ours() as s:
                memory = self.storage(self.libpde.new("pde_storage_extract_field", s.handle, 1, None))
                with memory:
                    return len(memory)

        return lambda: len(self.theirs().extract_field("v")), ours

    def extract_window(self):
        def ours():
            with self.ours() as s:
                memory = self.storage(self.libpde.new("pde_storage_extract_time_range", s.handle, 50.0, 99.0))
                with memory:
                    return len(memory)

        def theirs():
            return len(self.theirs().extract_time_range((50, 99)))

        return theirs, ours

    def region(self):
        def ours():
            box, strides = (c.c_int64 * 3)(1, 100, 100), (c.c_int64 * 3)(1, 16, 16)
            out = np.empty((SNAPSHOTS, 1, 16, 16))
            with self.ours() as s:
                self.libpde.call("pde_storage_read_box", s.handle, 0, SNAPSHOTS, 1, box, strides, 1, out.ctypes.data, None)
            return out[-1, 0, 0, 0]

        def theirs():
            # py-pde itself has no regions; this is h5py on the same dataset.
            storage = self.theirs()
            return storage.data[:, 1:2, 100:116, 100:116][-1, 0, 0, 0]

        return theirs, ours

    def copy(self):
        def ours():
            self.out.unlink(missing_ok=True)
            with self.ours() as s, self.libpde.open(str(self.out), "truncate", "level=4") as into:
                self.libpde.call("pde_storage_copy", s.handle, into.handle, None)
                return len(into)

        def theirs():
            self.out.unlink(missing_ok=True)
            return len(self.theirs().copy(pypde.FileStorage(str(self.out), write_mode="truncate")))

        return theirs, ours

    def merge(self):
        def ours():
            with self.ours() as s:
                views = [self.libpde.new("pde_storage_view_field", s.handle, i) for i in (0, 1)]
                with self.libpde.open("memory:") as into:
                    handles = (c.c_void_p * 2)(*(view.value for view in views))
                    self.libpde.call("pde_storage_merge", handles, 2, b"both", into.handle, None)
                    length = len(into)
                self.close(*views)
                return length

        def theirs():
            s = self.theirs()
            return len(pypde.MemoryStorage.from_collection([s.extract_field(0), s.extract_field(1)], "both"))

        return theirs, ours


def median_time(function):
    gc.collect()
    start = time.perf_counter()
    result = function()
    return time.perf_counter() - start, result


def main():
    print(f"{SNAPSHOTS} snapshots of two fields of {CELLS} x {CELLS} float64, gzip 4 as py-pde writes it; py-pde "
          f"{pypde.__version__}\n")  # fmt: skip
    print("| operation | py-pde | libpde | ratio |\n| --- | --- | --- | --- |")
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(sys.argv[1], pathlib.Path(folder))
        for words, pair in {
            "open, read the last snapshot": bench.open_and_last,
            "averages of all snapshots": bench.averages,
            "extract a field": bench.extract_field,
            "extract a window of 50 snapshots": bench.extract_window,
            "16 × 16 cells of one field, all snapshots (h5py)": bench.region,
            "merge two fields into collections": bench.merge,
            "copy to another file, gzip 4": bench.copy,
            "in memory: averages of all snapshots": bench.averages_in_memory,
            "in memory: extract a field": bench.extract_field_in_memory,
        }.items():
            theirs, ours = pair()
            seconds = {theirs: [], ours: []}
            for _ in range(ROUNDS + 1):
                results = []
                for function in (theirs, ours):
                    elapsed, result = median_time(function)
                    seconds[function].append(elapsed)
                    results.append(result)
                if not np.allclose(results[0], results[1], rtol=1e-12, atol=1e-15):
                    sys.exit(f"{words}: {results[0]} and {results[1]} differ")
            slow, fast = (statistics.median(seconds[function][1:]) for function in (theirs, ours))
            print(f"| {words} | {1000 * slow:.1f} ms | {1000 * fast:.1f} ms | {slow / fast:.2g} |", flush=True)


main()
