"""While libpde writes a file others read what is committed, and do not write.

usage: while_writing_test.py LIBPDE
"""

import json
import subprocess
import sys

import h5py
import numpy as np
import pde as pypde

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

    def recording(self, options, dtype="f8"):
        """A storage whose 8 snapshots of 32 x 32 share a chunk, and what is recorded there."""
        field = self.lib.field(self.lib.unit_grid([32, 32], [True, True]), 0, dtype, "c")
        x = np.linspace(0, 3, 32)
        data = np.array([np.sin(x[:, None] + i) * np.cos(x + 2 * i) for i in range(30)], dtype)
        storage = self.lib.open(self.path("series.h5"), "truncate", f"chunk_bytes={data[:8].nbytes} {options}")
        self.addCleanup(storage.close)
        storage.start(field)
        return storage, data

    def expect_committed(self, file, data, rows, threads):
        """These snapshots, whole chunks encoded (by workers: sooner or later), the last one as it is until it is full."""
        dataset = file["data"]
        self.assertEqual((rows, 32, 32), dataset.shape)
        self.assertEqual(data[:rows].tobytes(), dataset[...].tobytes())
        self.assertEqual([0.5 * i for i in range(rows)], list(file["times"]))
        infos = (dataset.id.get_chunk_info(i) for i in range(dataset.id.get_num_chunks()))
        masks = {info.chunk_offset[0] // 8: info.filter_mask for info in infos}
        self.assertEqual(set(range(-(-rows // 8))), set(masks))
        all_left_out = (1 << dataset.id.get_create_plist().get_nfilters()) - 1
        for slab in range(rows // 8):
            self.assertIn(masks[slab], (0, all_left_out) if threads else (0,), f"chunk {slab} of {rows} snapshots")
        if rows % 8:
            self.assertEqual(all_left_out, masks[rows // 8], f"the tail of {rows} snapshots")

    def test_the_raw_tail_is_read_after_each_commit(self):
        for threads in (0, 2):
            for options in ("", "checksum=true", "level=9 shuffle=false", "compression=none"):
                for dtype in ("f8", "c16"):
                    with self.subTest(threads=threads, options=options, dtype=dtype):
                        storage, data = self.recording(f"commit_every=1 threads={threads} {options}", dtype)
                        with storage:
                            for index in range(20):
                                storage.append_raw(data[index], 0.5 * index)
                                with h5py.File(self.path("series.h5"), "r") as file:
                                    self.expect_committed(file, data, index + 1, threads)

    def test_nothing_is_seen_between_commits(self):
        """What has been committed stays readable, also through a file that was opened before more was appended."""
        for threads in (0, 2):
            with self.subTest(threads=threads):
                storage, data = self.recording(f"commit_seconds=1000000 threads={threads}")
                with storage:
                    storage.append_raw(data[0], 0)  # the first one always commits
                    committed = 1
                    for index in range(1, 29):
                        with h5py.File(self.path("series.h5"), "r", rdcc_nbytes=0) as file:
                            self.assertEqual((committed, 32, 32), file["data"].shape)
                            storage.append_raw(data[index], 0.5 * index)
                            self.expect_committed(file, data, committed, threads)
                        if index % 5 == 0:
                            storage.flush()
                            committed = index + 1

    def test_pypde_reads_the_raw_tail(self):
        storage, data = self.recording("commit_seconds=1000000 threads=2")
        for index in range(11):
            storage.append_raw(data[index], 0.5 * index)
        storage.flush()
        with pypde.FileStorage(self.path("series.h5"), write_mode="readonly") as reader:
            self.assertEqual([0.5 * i for i in range(11)], list(reader.times))
            self.assertEqual(data[:11].tobytes(), reader.data[...].tobytes())
            self.assertEqual(data[10].tobytes(), np.asarray(reader[10].data).tobytes())
        storage.append_raw(data[11], 5.5)
        storage.close()

    def test_another_process_reads_the_raw_tail(self):
        storage, data = self.recording("commit_every=3 threads=2")
        for index in range(12):
            storage.append_raw(data[index], 0.5 * index)
        result = other_process(READER.replace('json.loads(file.attrs["who"])', '""'), self.path("series.h5"))
        self.assertEqual(0, result.returncode, result.stderr)
        times, values, _ = json.loads(result.stdout)
        self.assertEqual([0.5 * i for i in range(10)], times, "after the first, and then every three")
        self.assertEqual(data[:10].tolist(), values)
        storage.close()

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
