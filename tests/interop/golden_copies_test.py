"""Every reference file that py-pde can open is copied by libpde; py-pde then finds the same in both.

usage: golden_copies_test.py LIBPDE GOLDEN_FOLDER
"""

import glob
import json
import os
import sys

import numpy as np
import pde as pypde

from series import SeriesTest, main, same, same_json

# Files that py-pde cannot make fields of, with its reason: they say nothing of their grid, or cannot be opened.
WITHOUT_GRID = {"empty_not_ended", "no_field_attributes_scalar", "no_field_attributes_vector", "not_ended"}
UNREADABLE = {"foreign_attributes"}
OWN = ("field_attributes", "data_length")


class GoldenCopies(SeriesTest):
    def files(self):
        return sorted(glob.glob(os.path.join(self.golden, "filestorage", "*.hdf5")))

    def grid_of(self, name):
        with open(os.path.join(self.golden, "manifest.json")) as file:
            for entry in json.load(file)["files"]:
                if entry["path"] == f"filestorage/{name}.hdf5":
                    return json.dumps(entry["grid"]["state"])

    def copied(self, source, name):
        """The number of snapshots in the copy, and its path."""
        path = self.path(name + ".h5")
        grid = self.grid_of(name) if name in WITHOUT_GRID else None
        with self.lib.open(source, "readonly", grid=grid) as storage:
            with self.lib.open(path, "create", "time_order=any nonfinite=allow") as copy:
                storage.copy(copy)
                return len(copy), path

    def expect_same_field(self, expected, field, same_grid):
        self.assertIs(type(expected), type(field))
        self.assertEqual(expected.label, field.label)
        self.assertTrue(same(expected.data, field.data))
        if same_grid:
            self.assertEqual(expected.grid, field.grid)
        if isinstance(expected, pypde.FieldCollection):
            self.assertEqual([part.label for part in expected], [part.label for part in field])
            for part, other in zip(expected, field):
                self.expect_same_field(part, other, same_grid)

    def test_every_file(self):
        compared = 0
        for source in self.files():
            name = os.path.splitext(os.path.basename(source))[0]
            with self.subTest(name=name):
                length, path = self.copied(source, name)
                ours = pypde.FileStorage(path, write_mode="readonly")
                self.assertEqual(length, len(ours))
                if name in UNREADABLE:
                    with self.assertRaises((TypeError, ValueError)):
                        pypde.FileStorage(source, write_mode="readonly")
                    continue
                theirs = pypde.FileStorage(source, write_mode="readonly")
                self.assertEqual(list(theirs.times)[:length], list(ours.times))
                self.assertTrue(same(np.asarray(theirs.data)[:length], ours.data))
                info = {key: value for key, value in theirs.info.items() if key not in OWN}
                copy = {key: value for key, value in ours.info.items() if key not in OWN}
                self.assertTrue(same_json(info, copy), f"{info} {copy}")
                if name not in WITHOUT_GRID:
                    for index in range(length):
                        self.expect_same_field(theirs[index], ours[index], True)
                compared += 1
        self.assertGreater(compared, 60)

    def test_fields_of_files_without_description(self):
        """The option `grid` makes of them what py-pde makes with a grid."""
        for name, kind in (("no_field_attributes_scalar", pypde.ScalarField), ("no_field_attributes_vector", pypde.VectorField)):
            length, path = self.copied(os.path.join(self.golden, "filestorage", name + ".hdf5"), name)
            self.assertGreater(length, 0)
            field = pypde.FileStorage(path, write_mode="readonly")[0]
            self.assertIsInstance(field, kind)
            self.assertTrue(same_json(json.loads(self.grid_of(name)), json.loads(field.grid.state_serialized)))


if __name__ == "__main__":
    main(sys.argv)
