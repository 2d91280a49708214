"""Series that one side has begun are continued by the other, and by turns; both then read all of them.

usage: appending_test.py LIBPDE GOLDEN_FOLDER
"""

import itertools
import json
import os
import shutil
import sys

import h5py
import numpy as np
import pde as pypde

from files_of_pypde_test import pypde_field
from series import INFO, SeriesTest, main, ours_field, samples


class Appending(SeriesTest):
    def we_append(self, path, grid, kind, dtype, seed, time, info=None, mode="append"):
        field = ours_field(self.lib, grid, kind, dtype)
        data = samples(field.shape, dtype, seed, plain=True)
        with self.lib.open(path, mode) as storage:
            storage.start(field, info)
            storage.append_raw(data, time)
        return data

    def pypde_appends(self, path, grid, kind, dtype, seed, time, info=None, mode="append", **options):
        field, data = pypde_field(grid, kind, dtype, seed)
        storage = pypde.FileStorage(path, write_mode=mode, **options)
        storage.start_writing(field, info)
        storage.append(field, time)
        storage.end_writing()
        storage.close()
        return data

    def test_by_turns(self):
        rows = [("cart2", kind, dtype) for kind in ("scalar", "vector", "tensor", "collection") for dtype in ("f8", "c16")]
        rows += [("unit1p", "scalar", "f4"), ("cart3", "vector", "i4"), ("unit3", "scalar", "b1")]
        for grid, kind, dtype in rows:
            for first in ("libpde", "py-pde"):
                with self.subTest(grid=grid, kind=kind, dtype=dtype, first=first):
                    path = self.path(f"{grid}{kind}{dtype}{first}.h5")
                    data, times, info = [], [], {}
                    for turn in range(6):
                        append = (self.we_append, self.pypde_appends)[(turn + (first == "py-pde")) % 2]
                        info[f"turn {turn}"] = [turn, None]
                        mode = "append" if turn or append == self.pypde_appends else "create"
                        data.append(append(path, grid, kind, dtype, turn, 1.5 * turn, {f"turn {turn}": [turn, None]}, mode))
                        times.append(1.5 * turn)
                        self.expect_we_read(path, grid, kind, dtype, np.array(data), times, info)
                        self.expect_pypde_reads(path, grid, kind, dtype, np.array(data), times, info)

    def test_series_with_a_limit(self):
        for compression in (True, False):
            with self.subTest(compression=compression):
                path = self.path(f"limited{compression}.h5")
                options = {"max_length": 4, "compression": compression}
                data = [self.pypde_appends(path, "unit2", "scalar", "f8", 0, 0.0, INFO, "truncate_once", **options)]
                data.append(self.we_append(path, "unit2", "scalar", "f8", 1, 1.0))
                data.append(self.pypde_appends(path, "unit2", "scalar", "f8", 2, 2.0))
                data.append(self.we_append(path, "unit2", "scalar", "f8", 3, 3.0))
                times = [0.0, 1.0, 2.0, 3.0]
                self.expect_we_read(path, "unit2", "scalar", "f8", np.array(data), times, INFO)
                self.expect_pypde_reads(path, "unit2", "scalar", "f8", np.array(data), times, INFO)

    def expect_h5py_reads(self, path, data, times):
        """Bit for bit, as far as the file says that it is valid."""
        with h5py.File(path, "r") as file:
            length = json.loads(file.attrs["data_length"])
            self.assertEqual(len(times), length)
            self.assertEqual(times, list(file["times"][:length]))
            self.assertEqual(np.array(data).tobytes(), file["data"][:length].tobytes())

    def expect_pypde_reads_valid(self, path, data, times):
        """py-pde shows rows that were only allocated, too; what it counts is these."""
        with pypde.FileStorage(path, write_mode="readonly") as storage:
            self.assertEqual(len(times), len(storage))
            self.assertEqual(times, list(storage.times[: len(times)]))
            for index, samples in enumerate(data):
                self.assertEqual(samples.tobytes(), np.asarray(storage[index].data).tobytes())

    def test_every_mode_of_pypde(self):
        """py-pde begins, we go on, and so on by turns; its times, of which each had a chunk, are gathered."""
        for compression, max_length, threads in itertools.product((True, False), (None, 40, 300), (0, 2)):
            with self.subTest(compression=compression, max_length=max_length, threads=threads):
                path = self.path(f"{compression}{max_length}{threads}.h5")
                options = {"max_length": max_length, "compression": compression}
                data, times = [], []

                def pypde_goes_on(count, mode="append", **more):
                    storage = pypde.FileStorage(path, write_mode=mode, **more)
                    for _ in range(count):
                        field, samples = pypde_field("cart2", "vector", "f8", len(data))
                        if not storage._is_writing:
                            storage.start_writing(field)
                        times.append(0.5 * len(times))
                        data.append(samples)
                        storage.append(field, times[-1])
                    storage.end_writing()
                    storage.close()

                def we_go_on(count):
                    field = ours_field(self.lib, "cart2", "vector", "f8")
                    with self.lib.open(path, "append", f"nonfinite=allow threads={threads}") as storage:
                        storage.start(field)
                        for _ in range(count):
                            data.append(samples(field.shape, "f8", len(data)))
                            times.append(0.5 * len(times))
                            storage.append_raw(data[-1], times[-1])

                def chunks(name):
                    with h5py.File(path, "r") as file:
                        return file[name].chunks

                pypde_goes_on(9, "truncate_once", **options)
                with h5py.File(path, "a") as file:
                    file["times"].attrs["unit"] = "s"
                before = chunks("data")
                times_before = chunks("times")
                self.assertEqual(compression, times_before == (1,))
                for turn in range(3):
                    (pypde_goes_on, we_go_on)[turn % 2 == 0](8)
                    self.expect_h5py_reads(path, data, times)
                    self.expect_pypde_reads_valid(path, data, times)
                    self.expect_we_read(path, "cart2", "vector", "f8", np.array(data), times)
                self.assertEqual(before, chunks("data"), "the layout of the samples is py-pde's still")
                if compression and max_length != 40:  # worth it only where many may come
                    self.assertGreaterEqual(chunks("times")[0], 64)
                else:
                    self.assertEqual(times_before, chunks("times"))
                with h5py.File(path, "r") as file:
                    self.assertEqual("s", file["times"].attrs["unit"])

    def test_reference_files(self):
        # As far as py-pde opens them; foreign_attributes it does not.
        names = (
            "scalar_cart2d", "scalar_unit2d", "vector_cart2d", "collection_cart2d", "maxlen5_gzip", "maxlen5_contiguous",
            "data_length_shorter", "data_longer_than_times", "attributes_fixed_length", "extra_objects", "info_values",
            "append_two_instances", "clear_then_end", "keep_opened_false", "field_attributes_minimal", "dtype_f4",
        )  # fmt: skip
        for name in names:
            with self.subTest(name=name):
                path = self.path(name + ".hdf5")
                shutil.copyfile(os.path.join(self.golden, "filestorage", name + ".hdf5"), path)
                with self.lib.open(path, "append") as storage:
                    sample = storage.sample
                    data = np.concatenate([storage.data(), samples((1, *sample.shape), sample.dtype, 5)])
                    times = [*storage.times, 60.5]
                    storage.start(sample)
                    storage.append_raw(data[-1], times[-1])
                storage = pypde.FileStorage(path, write_mode="append")
                self.assertEqual(len(times), len(storage))
                self.assertTrue(np.array_equal(data, storage.data[: len(times)], equal_nan=True))
                self.assertEqual(times, list(storage.times[: len(times)]))
                last = storage[len(times) - 1]
                self.assertTrue(np.array_equal(data[-1], last.data, equal_nan=True))
                storage.start_writing(last)
                storage.append(last, 70.25)
                storage.end_writing()
                storage.close()
                with self.lib.open(path, "readonly") as storage:
                    self.assertEqual([*times, 70.25], storage.times)
                    self.assertTrue(np.array_equal(np.concatenate([data, data[-1:]]), storage.data(), equal_nan=True))


if __name__ == "__main__":
    main(sys.argv)
