"""/snapshot_info as docs/formats.md describes it, read with h5py; py-pde passes over it.

usage: snapshot_info_test.py LIBPDE
"""

import json
import sys

import h5py
import numpy as np
import pde as pypde

from series import SeriesTest, main, ours_field, samples


def info_in(file, number):
    """The five lines of docs/formats.md."""
    index, text = file["snapshot_info/index"], file["snapshot_info/text"]
    row = np.searchsorted(index[:, 0], number)
    if row < len(index) and index[row, 0] == number:
        begin, end = index[row, 1:]
        return json.loads(text[begin:end].tobytes())
    return None


class SnapshotInfo(SeriesTest):
    def record(self, name, length, every, options=""):
        path = self.path(name)
        field = ours_field(self.lib, "cart2", "scalar", "f8")
        data = []
        with self.lib.open(path, "create", options) as storage:
            storage.start(field)
            for number in range(length):
                data.append(samples(field.shape, "f8", number, plain=True))
                field.array()[...] = data[-1]
                if number % every == 0:
                    storage.append_info(field, number / 4, {"step": number, "text": "ä \U0001F642", "dt": [0.1, None]})
                else:
                    storage.append(field, number / 4)
        return path, np.array(data), [number / 4 for number in range(length)]

    def test_h5py_reads_it(self):
        for name, options in (("a.h5", ""), ("b.h5", "commit_every=7"), ("c.h5", "compression=none")):
            path, _, times = self.record(name, 300, 3, options)
            with h5py.File(path, "r") as file:
                self.assertEqual((100, 3), file["snapshot_info/index"].shape)
                self.assertEqual({"data", "times", "snapshot_info"}, set(file))
                for number in range(len(times)):
                    expected = None
                    if number % 3 == 0:
                        expected = {"step": number, "text": "ä \U0001F642", "dt": [0.1, None]}
                    self.assertEqual(expected, info_in(file, number))
            with self.lib.open(path, "readonly") as storage:
                self.assertEqual(297, storage.snapshot_info(-3)["step"])
                self.assertIsNone(storage.snapshot_info(1))

    def test_pypde_passes_over_it(self):
        path, data, times = self.record("series.h5", 9, 2)
        self.expect_pypde_reads(path, "cart2", "scalar", "f8", data, times)

    def test_pypde_appends_and_it_stays(self):
        path, data, times = self.record("series.h5", 9, 2)
        storage = pypde.FileStorage(path, write_mode="append")
        last = storage[8]
        storage.start_writing(last)
        storage.append(last, 10.0)
        storage.end_writing()
        storage.close()
        with self.lib.open(path, "append") as storage:
            self.assertEqual([*times, 10.0], storage.times)
            self.assertEqual(8, storage.snapshot_info(8)["step"])
            self.assertIsNone(storage.snapshot_info(9))
            storage.append_info(storage.sample, 11.0, {"step": 10})
        with h5py.File(path, "r") as file:
            self.assertEqual({"step": 10}, info_in(file, 10))
            self.assertIsNone(info_in(file, 9))
        self.expect_pypde_reads(
            path, "cart2", "scalar", "f8", np.array([*data, data[-1], 0 * np.ones_like(data[0])]), [*times, 10.0, 11.0]
        )


if __name__ == "__main__":
    main(sys.argv)
