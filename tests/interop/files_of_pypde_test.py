"""Files of py-pde are read by libpde.

usage: files_of_pypde_test.py LIBPDE
"""

import itertools
import json
import sys

import numpy as np
import pde as pypde

from pde_ctypes import DTYPES
from series import (
    GRIDS, INFO, KINDS, SeriesTest, is_collection, main, members_of, numpy_dtype, pypde_grid, samples,
)  # fmt: skip

CLASSES = (pypde.ScalarField, pypde.VectorField, pypde.Tensor2Field)


def pypde_field(grid_name, kind, dtype, seed):
    """The field, and its samples as one array."""
    grid = pypde_grid(grid_name)
    members = []
    for number, (rank, label) in enumerate(members_of(kind)):
        data = samples((grid.dim,) * rank + tuple(grid.shape), dtype, seed + 10 * number)
        members.append(CLASSES[rank](grid, data, label=label, dtype=numpy_dtype(dtype)))
    if not is_collection(kind):
        return members[0], np.array(members[0].data)
    field = pypde.FieldCollection(members, label="all of it", dtype=numpy_dtype(dtype))
    return field, np.array(field.data)


class FilesOfPypde(SeriesTest):
    def record(self, grid, kind, dtype, name="series.h5", info=None, frames=3, **options):
        path = self.path(name)
        fields = [pypde_field(grid, kind, dtype, seed) for seed in range(frames)]
        times = [0.0, 0.1, 7.001][:frames]
        storage = pypde.FileStorage(path, **options)
        storage.start_writing(fields[0][0], info)
        for (field, _), time in zip(fields, times):
            storage.append(field, time)
        storage.end_writing()
        storage.close()
        return path, np.array([data for _, data in fields]), times

    def test_every_grid_kind_and_dtype(self):
        for grid, kind, dtype in itertools.product(GRIDS, KINDS, DTYPES):
            with self.subTest(grid=grid, kind=kind, dtype=dtype):
                path, data, times = self.record(grid, kind, dtype, "a.h5", {"a": 1}, frames=2, write_mode="truncate")
                self.expect_we_read(path, grid, kind, dtype, data, times, {"a": 1})

    def test_every_option(self):
        rows = ({}, {"compression": False}, {"max_length": 3}, {"max_length": 9}, {"max_length": 9, "compression": False})
        for number, options in enumerate(rows):
            with self.subTest(**options):
                path, data, times = self.record("cart2", "tensor", "f8", f"{number}.h5", **options)
                self.expect_we_read(path, "cart2", "tensor", "f8", data, times)

    def test_info_of_all_sorts(self):
        path, data, times = self.record("cart2", "scalar", "f8", info=INFO)
        self.expect_we_read(path, "cart2", "scalar", "f8", data, times, INFO)

    def test_a_simulation(self):
        path = self.path("run.hdf5")
        grid = pypde_grid("unit2")
        state = pypde.ScalarField.random_uniform(grid, label="c", rng=np.random.default_rng(0))
        storage = pypde.FileStorage(path)
        result = pypde.DiffusionPDE(diffusivity=0.1).solve(
            state, t_range=1, dt=0.01, backend="numpy", tracker=[storage.tracker(0.25)]
        )
        storage.close()
        again = pypde.FileStorage(path, write_mode="readonly")
        data, times, controller = np.array(again.data), list(again.times), json.loads(json.dumps(again.info["controller"]))
        again.close()
        self.assertEqual(5, len(times))
        self.assertTrue(np.array_equal(result.data, data[-1]))
        self.expect_we_read(path, "unit2", "scalar", "f8", data, times, {"controller": controller})
        with self.lib.open(path, "readonly") as ours:
            self.assertIn("package_version", ours.info)
            self.assertIn("solver", ours.info)


if __name__ == "__main__":
    main(sys.argv)
