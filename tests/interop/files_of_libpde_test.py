"""Files of libpde are read by py-pde, h5py and h5dump.

usage: files_of_libpde_test.py LIBPDE
"""

import itertools
import json
import os
import shutil
import subprocess
import sys

import h5py
import numpy as np

from series import (
    GRIDS, INFO, KINDS, SeriesTest, main, numpy_dtype, is_collection, ours_field, same, same_json, samples,
)  # fmt: skip
from pde_ctypes import DTYPES

OPTIONS = (
    "", "compression=none", "level=9", "level=0", "checksum=true", "shuffle=false", "max_length=10", "chunk_bytes=1",
    "compression=none checksum=true max_length=3", "commit_every=1", "fsync=true",
)  # fmt: skip


class FilesOfLibpde(SeriesTest):
    def record(self, grid, kind, dtype, options="", info=None, name="series.h5", frames=3, mode="create"):
        field = ours_field(self.lib, grid, kind, dtype)
        # py-pde makes float64 or complex128 of the samples of a collection.
        data = np.array([samples(field.shape, dtype, seed, plain=is_collection(kind)) for seed in range(frames)])
        times = [0.0, 0.1, 1e-3 + 7][:frames]
        path = self.path(name)
        with self.lib.open(path, mode, f"nonfinite=allow {options}") as storage:
            storage.start(field, info)
            for frame, time in zip(data, times):
                storage.append_raw(frame, time)
        return path, data, times

    def test_every_grid_kind_and_dtype(self):
        for grid, kind, dtype in itertools.product(GRIDS, KINDS, DTYPES):
            with self.subTest(grid=grid, kind=kind, dtype=dtype):
                path, data, times = self.record(grid, kind, dtype, info={"a": [1, None]}, name="a.h5", mode="truncate", frames=2)
                self.expect_pypde_reads(path, grid, kind, dtype, data, times, {"a": [1, None]})
                with h5py.File(path, "r") as file:
                    self.assertEqual(numpy_dtype(dtype), file["data"].dtype)
                    self.assertTrue(same(data, file["data"][...]))
                    self.assertEqual(times, list(file["times"]))

    def test_every_option(self):
        for options in OPTIONS:
            with self.subTest(options=options):
                path, data, times = self.record("cart2", "vector", "f8", options, name=f"{OPTIONS.index(options)}.h5")
                self.expect_pypde_reads(path, "cart2", "vector", "f8", data, times)
                with h5py.File(path, "r") as file:
                    dataset = file["data"]
                    self.assertEqual("none" not in options, dataset.compression == "gzip")
                    self.assertEqual("checksum=true" in options, dataset.fletcher32)
                    limited = "max_length" in options
                    self.assertEqual(limited, dataset.maxshape[0] is not None)

    def test_info_of_all_sorts(self):
        path, data, times = self.record("unit2", "scalar", "f8", info=INFO)
        self.expect_pypde_reads(path, "unit2", "scalar", "f8", data, times, INFO)

    def test_info_from_option_and_calls(self):
        field = ours_field(self.lib, "unit2", "scalar", "f8")
        path = self.path("series.h5")
        with self.lib.open(path, "create", info={"a": 1, "b": 1}) as storage:
            storage.start(field, {"b": 2})
            storage.append(field, 0)
            storage.set_info("c", [float("nan")])
        self.expect_pypde_reads(path, "unit2", "scalar", "f8", np.zeros((1, 5, 4)), [0.0], {"a": 1, "b": 2, "c": [float("nan")]})

    def test_sessions_that_go_on(self):
        path, data, times = self.record("cart2", "collection", "c16", info={"a": 1})
        field = ours_field(self.lib, "cart2", "collection", "c16")
        for session in range(3):
            more = samples(field.shape, "c16", 10 + session, plain=True)
            with self.lib.open(path, "append") as storage:
                storage.start(field, {f"session {session}": session})
                storage.append_raw(more)
            data, times = np.concatenate([data, more[None]]), [*times, times[-1] + 1]
            info = {"a": 1, **{f"session {i}": i for i in range(session + 1)}}
            self.expect_pypde_reads(path, "cart2", "collection", "c16", data, times, info)

    def test_an_empty_series(self):
        path, _, _ = self.record("unit2", "scalar", "f8", frames=0)
        with h5py.File(path, "r") as file:
            self.assertEqual((0, 5, 4), file["data"].shape)
            self.assertEqual((0,), file["times"].shape)

    def test_nothing_but_json_texts_at_the_root(self):
        for options in ("", "compression=none max_length=5 checksum=true"):
            path, _, _ = self.record("cart2", "collection", "f4", options, INFO, name=f"series{len(options)}.h5")
            with h5py.File(path, "r") as file:
                self.assertEqual({"data", "times"}, set(file))
                for name in file.attrs:
                    attribute = file.attrs.get_id(name)
                    text = h5py.check_string_dtype(attribute.dtype)
                    self.assertIsNotNone(text, name)
                    self.assertEqual(("utf-8", None), (text.encoding, text.length), name)
                    self.assertEqual((), attribute.shape, name)
                    json.loads(file.attrs[name])
                self.assertEqual(3, json.loads(file.attrs["data_length"]))
                for key, value in INFO.items():
                    self.assertTrue(same_json(value, json.loads(file.attrs[key])), key)

    def test_the_oldest_format(self):
        path, _, _ = self.record("cart2", "scalar", "f8")
        with open(path, "rb") as file:
            head = file.read(9)
        self.assertEqual(b"\x89HDF\r\n\x1a\n", head[:8])
        self.assertEqual(0, head[8], "version of the superblock")
        with h5py.File(path, "r", libver="earliest") as file:
            self.assertEqual(3, len(file["times"]))

    def test_h5dump(self):
        program = shutil.which("h5dump")
        if not program:
            self.skipTest("there is no h5dump")
        for dtype in DTYPES:
            path, _, _ = self.record("unit2", "scalar", dtype, "checksum=true", INFO, name=f"{dtype}.h5")
            result = subprocess.run([program, path], capture_output=True, env={**os.environ, "LC_ALL": "C.UTF-8"})
            self.assertEqual((0, b""), (result.returncode, result.stderr), dtype)
            self.assertIn(b'DATASET "data"', result.stdout)


if __name__ == "__main__":
    main(sys.argv)
