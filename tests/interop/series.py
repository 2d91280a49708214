"""What the exchange with py-pde is tried with: grids, kinds, dtypes, samples, info."""

import os
import tempfile
import unittest

import numpy as np
import pde as pypde

import pde_ctypes as ctypes_pde

# The kind of grid and what makes it. Bounds of Cartesian grids are such that some change in the last bit; whole numbers
# among radii and bounds of z stay such in the files of py-pde.
GRIDS = {
    "unit1": ("unit", [7], [False]),
    "unit1p": ("unit", [4], [True]),
    "unit2": ("unit", [5, 4], [True, False]),
    "unit3": ("unit", [3, 4, 2], [True, True, True]),
    "cart1": ("cartesian", [[-3.14, 1.41]], [6], [True]),
    "cart2": ("cartesian", [[-1, 2], [0.1, 0.3]], [4, 3], [False, True]),
    "cart2p": ("cartesian", [[-2.71, 3.3], [-0.7, 1e-3]], [3, 5], [True, True]),
    "cart3": ("cartesian", [[0, 1], [0, 2], [-1, 1]], [2, 3, 4], [False, False, True]),
    "disk": ("polar", (0, 2.5), 5),
    "annulus": ("polar", (1, 3.3), 4),
    "ball": ("spherical", (0, 3), 4),
    "shell": ("spherical", (0.1, 0.3), 6),
    "cylinder": ("cylindrical", (0, 2), (-1.5, 3), [4, 3], True),
    "cylinder1": ("cylindrical", (0, 0.3), (-3.14, 1.41), [3, 2], False),
    "hollow": ("cylindrical", (1, 2), (0, 3), [3, 4], False),
    "hollowp": ("cylindrical", (0.1, 0.3), (-0.7, 1e-3), [2, 3], True),
}
# What files of py-pde say of hollow cylinders, whose inner radius it leaves away (its defect D7).
AS_PYPDE_WRITES = {
    "hollow": ("cylindrical", (0, 2), (0, 3), [3, 4], False),
    "hollowp": ("cylindrical", (0, 0.3), (-0.7, 1e-3), [2, 3], True),
}
KINDS = ("scalar", "vector", "tensor", "collection", "single")
LABEL = "ten\u00f6r \"q\" \\ it's \U0001F642"
INFO = {
    "text": "a \"b\" \\ \u00fc \U0001F642 it's",
    "nested": {"k": {"deep": [None, False, 0.1, -1.5e-300, float("nan")]}},
    "list": [1, [2.5, "x"], []],
    "inf": float("inf"),
    "ninf": float("-inf"),
    "none": None,
    "flag": True,
    "int": 12345678901234,
    "long": "x" * 70000,
}


def load(path):
    return ctypes_pde.Library(path)


def ours_grid(lib, name, grids=GRIDS):
    kind, *rest = grids[name]
    return getattr(lib, f"{kind}_grid")(*rest)


def pypde_grid(name):
    kind, *rest = GRIDS[name]
    if kind == "unit":
        return pypde.UnitGrid(rest[0], periodic=rest[1])
    if kind == "cartesian":
        return pypde.CartesianGrid(rest[0], rest[1], periodic=rest[2])
    radius = rest[0] if rest[0][0] > 0 else rest[0][1]
    if kind == "cylindrical":
        return pypde.CylindricalSymGrid(radius, *rest[1:])
    return (pypde.PolarSymGrid if kind == "polar" else pypde.SphericalSymGrid)(radius, rest[1])


def members_of(kind):
    """Rank and label of what a field of this kind consists of."""
    if kind == "collection":
        return [(0, "a"), (1, None), (2, LABEL)]
    if kind == "single":  # a collection of one
        return [(0, "only")]
    return [({"scalar": 0, "vector": 1, "tensor": 2}[kind], LABEL if kind == "tensor" else "c")]


def is_collection(kind):
    return kind in ("collection", "single")


def ours_field(lib, grid_name, kind, dtype):
    grid = ours_grid(lib, grid_name)
    members = [lib.field(grid, rank, dtype, label) for rank, label in members_of(kind)]
    return lib.collection(members, "all of it") if is_collection(kind) else members[0]


def numpy_dtype(dtype):
    return np.dtype("?" if dtype == "b1" else "<" + dtype)


def samples(shape, dtype, seed, plain=False):
    """Random values; `plain`: such that float64 holds them exactly."""
    random = np.random.default_rng(seed)
    dtype = numpy_dtype(dtype)
    if dtype.kind == "b":
        return random.integers(0, 2, shape).astype(bool)
    if dtype.kind in "iu":
        limits = np.iinfo(dtype)
        if plain:
            return random.integers(max(limits.min, -(2**40)), min(limits.max, 2**40), shape).astype(dtype)
        return random.integers(limits.min, limits.max, shape, dtype=dtype, endpoint=True)
    values = random.normal(size=shape)
    if dtype.kind == "c":
        values = values + 1j * random.normal(size=shape)
    values = values.astype(dtype)
    values.flat[0] = np.nan if seed % 2 else -0.0
    values.flat[-1] = np.inf
    return values


def same(a, b):
    """Same shape and values, NaN for NaN, the sign of zero included."""
    a, b = np.asarray(a), np.asarray(b)
    if a.shape != b.shape:
        return False
    with np.errstate(invalid="ignore"):
        if not np.array_equal(a, b, equal_nan=a.dtype.kind in "fc"):
            return False
    if a.dtype.kind == "f":
        return np.array_equal(np.signbit(a[~np.isnan(a)]), np.signbit(b[~np.isnan(b)]))
    return True


def same_json(a, b):
    if isinstance(a, float) and isinstance(b, float):
        return a == b or (a != a and b != b)
    if type(a) is not type(b):
        return False
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same_json(a[key], b[key]) for key in a)
    if isinstance(a, list):
        return len(a) == len(b) and all(map(same_json, a, b))
    return a == b


class SeriesTest(unittest.TestCase):
    """A folder for each test, and what makes two sides agree."""

    lib = None  # set by main

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def path(self, name):
        return os.path.join(self.folder, name)

    def expect_info(self, info, expected):
        for key, value in expected.items():
            self.assertIn(key, info)
            self.assertTrue(same_json(value, info[key]), f"{key}: {str(info[key])[:100]}")

    def expect_pypde_reads(self, path, grid_name, kind, dtype, data, times, info=None):
        """py-pde finds these frames, and the grid, labels and info."""
        storage = pypde.FileStorage(path, write_mode="readonly")
        self.assertEqual(list(times), list(storage.times))
        self.assertEqual(len(times), len(storage))
        self.assertEqual(numpy_dtype(dtype), storage.data.dtype)
        self.assertTrue(same(data, storage.data))
        self.assertEqual(pypde_grid(grid_name), storage.grid)
        for index in range(len(times)):
            field = storage[index]
            self.assertTrue(same(data[index], np.asarray(field.data).astype(data.dtype)), f"frame {index}")
            self.assertEqual(pypde_grid(grid_name), field.grid)
            if is_collection(kind):
                self.assertIsInstance(field, pypde.FieldCollection)
                self.assertEqual("all of it", field.label)
            parts = list(field) if is_collection(kind) else [field]
            self.assertEqual(members_of(kind), [(part.rank, part.label) for part in parts])
            classes = [(pypde.ScalarField, pypde.VectorField, pypde.Tensor2Field)[part.rank] for part in parts]
            self.assertEqual(classes, [type(part) for part in parts])
        self.expect_info(storage.info, info or {})
        storage.close()

    def expect_we_read(self, path, grid_name, kind, dtype, data, times, info=None):
        """libpde finds these frames, and the grid, labels and info."""
        with self.lib.open(path, "readonly") as storage:
            self.assertEqual(list(times), storage.times)
            sample = storage.sample
            self.assertEqual(dtype, sample.dtype)
            self.assertTrue(same(data, storage.data()))
            grid = ours_grid(self.lib, grid_name, {**GRIDS, **AS_PYPDE_WRITES})
            self.assertEqual(grid.state, sample.grid.state)
            self.assertEqual(grid, sample.grid)
            self.assertEqual(-1 if is_collection(kind) else members_of(kind)[0][0], sample.rank)
            self.assertEqual(members_of(kind), [(part.rank, part.label) for part in sample.members])
            for index in range(len(times)):
                storage.read(index, sample)
                self.assertTrue(same(data[index], sample.array()))
            self.expect_info(storage.info, info or {})


def main(argv):
    SeriesTest.lib = load(argv[1])
    SeriesTest.golden = argv[2] if len(argv) > 2 else None
    unittest.main(module="__main__", argv=argv[:1], verbosity=2)
