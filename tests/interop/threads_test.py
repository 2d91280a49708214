"""However many workers take part in a recording, the file holds the same, and all readers find it.

usage: threads_test.py LIBPDE
"""

import os
import re
import shutil
import subprocess
import sys

import h5py
import numpy as np
import pde as pypde

from series import SeriesTest, main, numpy_dtype, same

THREADS = (0, 1, 2, 8)
# Shape, dtype, snapshots and how they are cut into chunks.
SERIES = {
    "shared chunks": ((32, 32), "f8", 150, ""),
    "a tail of few": ((32, 32), "f4", 41, "chunk_bytes=65536"),
    "one or two a chunk": ((256, 256), "f8", 9, ""),
    "complex": ((48, 64), "c16", 50, ""),
    "complex of single precision": ((33, 17), "c8", 30, "chunk_bytes=20000"),
    "tiles beyond the edges": ((45, 70), "f8", 11, "chunk_shape=3,20,32"),
    "integers": ((40, 50), "i2", 30, "chunk_bytes=30000"),
}
OPTIONS = (
    "", "level=0", "level=4", "level=9", "checksum=true", "shuffle=false", "compression=none",
    "compression=none checksum=true", "max_length=200",
)  # fmt: skip


def waves(shape, dtype, frames):
    """Smooth with some noise, so that deflate finds something, and not the same in all chunks."""
    random = np.random.default_rng(frames)
    x, y = np.meshgrid(*(np.linspace(0, 6, n) for n in shape), indexing="ij")
    data = np.array([1000 * np.sin(x + 0.1 * i) * np.cos(y - 0.05 * i) for i in range(frames)])
    data += random.normal(size=data.shape) * random.integers(0, 2, (frames, 1, 1))
    return (data * (1 + 0.5j) if dtype.startswith("c") else data).astype(numpy_dtype(dtype))


def rounded(data, keep_bits):
    """To nearest, ties to even, computed on the bits of float64."""
    drop = 52 - keep_bits
    bits = data.view("u8")
    half = (bits >> np.uint64(drop) & np.uint64(1)) + np.uint64((1 << (drop - 1)) - 1)
    return (bits + half & np.uint64(2**64 - (1 << drop))).view(data.dtype)


def chunks_of(dataset):
    """What is stored of each chunk: place, filter mask, bytes."""
    infos = (dataset.id.get_chunk_info(i) for i in range(dataset.id.get_num_chunks()))
    return {info.chunk_offset: dataset.id.read_direct_chunk(info.chunk_offset) for info in infos}


class Threads(SeriesTest):
    def record(self, data, options, threads, between=None):
        path = self.path(f"{threads}.h5")
        dtype = next(name for name in ("f8", "f4", "c16", "c8", "i2") if numpy_dtype(name) == data.dtype)
        field = self.lib.field(self.lib.unit_grid(data.shape[1:], [False, True]), 0, dtype, "c")
        times = [0.25 * i for i in range(len(data))]
        with self.lib.open(path, "truncate", f"threads={threads} {options}") as storage:
            storage.start(field)
            for index, (frame, time) in enumerate(zip(data, times)):
                field.array()[...] = frame
                storage.append(field, time)
                if between:
                    between(storage, index)
        return path, times

    def expect_h5py_reads(self, path, data, times, filtered=True):
        """The values bit for bit. Returns what the chunks are."""
        with h5py.File(path, "r") as file:
            dataset = file["data"]
            self.assertEqual(data.dtype, dataset.dtype)
            self.assertEqual(data.shape, dataset.shape)
            self.assertEqual(data.tobytes(), dataset[...].tobytes())
            self.assertEqual(times, list(file["times"]))
            chunks = chunks_of(dataset)
        # Committed before it was full and larger when deflated, a chunk stays as it is; never without its checksum.
        allowed = {0} if filtered else {0, 3}
        self.assertLessEqual({mask for mask, _ in chunks.values()}, allowed, "filters left out when it is closed")
        return chunks

    def expect_others_read(self, path, data, times):
        storage = pypde.FileStorage(path, write_mode="readonly")
        self.assertEqual(times, list(storage.times))
        self.assertTrue(same(data, storage.data))
        for index in (0, len(data) // 2, len(data) - 1):
            self.assertTrue(same(data[index], storage[index].data), f"frame {index}")
        storage.close()
        for threads in THREADS:
            with self.lib.open(path, "readonly", f"threads={threads}") as storage:
                self.assertEqual(times, storage.times)
                self.assertEqual(data.tobytes(), storage.data().tobytes())

    def expect_the_same(self, data, options, expected=None, between=None, compresses=True):
        expected = data if expected is None else expected
        chunks = None
        for threads in THREADS:
            path, times = self.record(data, options, threads, between)
            found = self.expect_h5py_reads(path, expected, times, compresses or "checksum" in options)
            chunks = chunks or found
            other = [(place, *((mask, len(stored)) for mask, stored in (chunks[place], found[place])))
                     for place in chunks if chunks[place] != found.get(place)]  # fmt: skip
            self.assertEqual([], other, f"{threads} threads store other bytes than 0: place, (mask, bytes)")
        self.expect_others_read(path, expected, times)
        return path

    def test_every_series_and_option(self):
        for name, (shape, dtype, frames, cut) in SERIES.items():
            data = waves(shape, dtype, frames)
            for options in OPTIONS:
                with self.subTest(series=name, options=options):
                    self.expect_the_same(data, f"{cut} {options}", compresses="level=0" not in options)

    def test_rounding(self):
        data = waves((32, 32), "f8", 40)
        for options in ("", "level=9 checksum=true", "compression=none"):
            with self.subTest(options=options):
                self.expect_the_same(data, f"keep_bits=14 chunk_bytes=65536 {options}", rounded(data, 14))

    def test_commits_between(self):
        """Tails that are committed raw are encoded in the end like everything else."""
        data = waves((32, 32), "f8", 30)
        flushes = lambda storage, index: storage.flush() if index % 7 == 3 else None  # noqa: E731
        for options in ("commit_every=1", "commit_every=5 checksum=true", "commit_every=3 compression=none"):
            with self.subTest(options=options):
                self.expect_the_same(data, f"chunk_bytes=65536 {options}", between=flushes)

    def test_noise(self):
        """What does not compress."""
        data = np.random.default_rng(1).integers(0, 2**64, (20, 64, 64), "u8").view("f8")
        for options in ("", "level=9", "checksum=true", "commit_every=1", "commit_every=1 checksum=true"):
            with self.subTest(options=options):
                self.expect_the_same(data, f"nonfinite=allow chunk_bytes=65536 {options}", compresses=False)

    def test_snapshots_so_large_that_they_are_tiled(self):
        data = waves((2100, 2010), "f8", 2)
        path = self.expect_the_same(data, "queue_bytes=40000000")
        with h5py.File(path, "r") as file:
            self.assertLess(file["data"].chunks[1], 2100)

    def test_sessions_with_other_numbers_of_threads(self):
        data = waves((32, 32), "f8", 44)
        path, _ = self.record(data[:11], "chunk_bytes=65536", 2)
        times = [0.25 * i for i in range(len(data))]
        field = self.lib.field(self.lib.unit_grid([32, 32], [False, True]), 0, "f8", "c")
        for session, threads in enumerate((0, 8, 1)):
            with self.lib.open(path, "append", f"threads={threads}") as storage:
                storage.start(field)
                for index in range(11 * (session + 1), 11 * (session + 2)):
                    storage.append_raw(data[index], times[index])
        self.expect_h5py_reads(path, data, times)
        self.expect_others_read(path, data, times)

    def test_h5dump(self):
        program = shutil.which("h5dump")
        if not program:
            self.skipTest("there is no h5dump")
        out = self.path("values")

        def dump(*arguments):
            result = subprocess.run([program, *arguments], capture_output=True, env={**os.environ, "LC_ALL": "C.UTF-8"})
            self.assertEqual((0, b""), (result.returncode, result.stderr))
            return result.stdout

        def values(path, dataset, dtype):
            if dtype.kind != "c":
                dump("-d", dataset, "-b", "LE", "-o", out, path)
                return np.fromfile(out, dtype)
            # It writes no compound as bytes.
            dump("-d", dataset, "-m", "%.9g", "-y", "-o", out, path)
            with open(out) as file:
                return np.array(re.findall(r"[-+.\w]+", file.read()), "f4").view(dtype)

        for name in ("a tail of few", "complex of single precision", "tiles beyond the edges", "integers"):
            shape, dtype, frames, cut = SERIES[name]
            data = waves(shape, dtype, frames)
            for options in ("", "checksum=true", "level=9 shuffle=false"):
                for threads in (0, 2):
                    with self.subTest(series=name, options=options, threads=threads):
                        path, times = self.record(data, f"{cut} {options}", threads)
                        self.assertIn(b"DEFLATE", dump("-H", "-p", path))
                        self.assertEqual(times, list(values(path, "/times", np.dtype("<f8"))))
                        self.assertEqual(data.tobytes(), values(path, "/data", data.dtype).tobytes())


if __name__ == "__main__":
    main(sys.argv)
