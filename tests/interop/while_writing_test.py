"""While libpde writes a file others read what is committed, and do not write.

usage: while_writing_test.py LIBPDE
"""

import json
import subprocess
import sys

import h5py
import numpy as np

from pde_ctypes import PdeError
from series import SeriesTest, main, ours_field, samples

READER = """
import h5py, json, sys
with h5py.File(sys.argv[1], "r") as file:
    print(json.dumps([file["times"][...].tolist(), file["data"][...].tolist(), json.loads(file.attrs["who"])]))
"""
WRITER = """
import h5py, sys
try:
    h5py.File(sys.argv[1], "a").close()
except OSError as error:
    sys.exit(f"refused: {error}")
"""


def other_process(program, path):
    return subprocess.run([sys.executable, "-c", program, path], capture_output=True, text=True)


class WhileWriting(SeriesTest):
    def test_others_read_what_is_committed(self):
        for mode in ("create", "append", "truncate_once"):
            path = self.path("series.h5")
            field = ours_field(self.lib, "cart2", "scalar", "f8")
            data, times = [], []
            if mode == "append":
                with self.lib.open(path, "readonly") as storage:
                    data, times = list(storage.data()), storage.times
            with self.lib.open(path, mode, "time_order=any") as storage:
                storage.start(field, {"who": mode})
                for step in range(3):
                    data.append(np.round(samples(field.shape, "f4", step, plain=True).astype("f8"), 3))
                    data[-1][~np.isfinite(data[-1])] = 9
                    times.append(0.5 * step)
                    storage.append_raw(data[-1], times[-1])
                    storage.flush()
                    result = other_process(READER, path)
                    self.assertEqual(0, result.returncode, result.stderr)
                    self.assertEqual([times, np.array(data).tolist(), mode], json.loads(result.stdout))
                    with h5py.File(path, "r") as file:  # in this process, too
                        self.assertEqual(times, list(file["times"]))

    def test_no_one_else_writes(self):
        path = self.path("series.h5")
        field = ours_field(self.lib, "cart2", "scalar", "f8")
        with self.lib.open(path) as storage:
            storage.start(field)
            storage.append(field, 0)
            storage.flush()
            result = other_process(WRITER, path)
            self.assertEqual(1, result.returncode)
            self.assertIn("refused", result.stderr)
            storage.append(field, 1)
        self.assertEqual(0, other_process(WRITER, path).returncode, "free again")
        with self.lib.open(path, "readonly") as storage:
            self.assertEqual([0.0, 1.0], storage.times)

    def test_we_do_not_write_what_others_write(self):
        path = self.path("series.h5")
        field = ours_field(self.lib, "cart2", "scalar", "f8")
        with self.lib.open(path) as storage:
            storage.append(field, 0)
        for mode in ("append", "truncate_once"):
            with self.lib.open(path, mode) as storage:
                with h5py.File(path, "a"):
                    with self.assertRaises(PdeError) as caught:
                        storage.start(field)
                    self.assertEqual("PDE_ERR_BUSY", caught.exception.status)
        with self.lib.open(path, "readonly") as storage:
            self.assertEqual([0.0], storage.times)


if __name__ == "__main__":
    main(sys.argv)
