"""Checks the samples that libpde reads from the reference files against the hashes in their manifest.

usage: golden_hashes_test.py LIBPDE GOLDEN_FOLDER

Every time series is read raw, whatever it says of its fields.
"""

import hashlib
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "interop"))
import pde_ctypes  # noqa: E402


def main(library, folder):
    pde = pde_ctypes.Library(library)
    folder = pathlib.Path(folder)
    manifest = json.loads((folder / "manifest.json").read_text())
    files = hashes = 0
    for file in manifest["files"]:
        # The folder resources/ is not part of this repository.
        if file["kind"] != "filestorage" or not (folder / file["path"]).exists():
            continue
        files += 1
        dtype = pde_ctypes.DTYPES[file["dtype"].lstrip("<>|")]
        count = 1
        for size in file["frame_shape"]:
            count *= size
        with pde.open(str(folder / file["path"]), "readonly") as storage:
            assert len(storage) == file["num_frames"], (file["path"], len(storage))
            for index, frame in enumerate(file["frames"][: file["num_frames"]]):
                samples = storage.read_raw_bytes(index, dtype, count)
                assert hashlib.sha256(samples).hexdigest() == frame["sha256"], (file["path"], index)
                hashes += 1
    assert files >= 60 and hashes >= 180, (files, hashes)
    print(f"{hashes} snapshots of {files} files have the samples that py-pde wrote")


if __name__ == "__main__":
    main(*sys.argv[1:])
