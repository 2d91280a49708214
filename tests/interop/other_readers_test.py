"""Other programs than libpde and Python read finished files, and those of a writer that was killed, bit for bit.

usage: other_readers_test.py LIBPDE

A reader that is not there is skipped by name. scripts/other_readers.sh fetches those that are no Debian packages.
"""

import os
import re
import shutil
import subprocess
import sys

import h5py
import numpy as np

import pde_ctypes
from series import SeriesTest, main

NODE = """
const h5wasm = await import(process.env.PDE_H5WASM);
await h5wasm.ready;
const { readFileSync, writeFileSync } = await import("fs");
const [file, out] = process.argv.slice(-2);
h5wasm.FS.writeFile("file.h5", readFileSync(file));
const values = new h5wasm.File("file.h5", "r").get("data").value;
writeFileSync(out, Buffer.from(values.buffer, values.byteOffset, values.byteLength));
"""
JAVA = """
import io.jhdf.HdfFile;
import java.nio.*;
import java.nio.file.*;

public class Reader {
  static ByteBuffer out;
  static void put(Object values) {
    if (values instanceof double[] numbers) {
      for (double number : numbers) out.putDouble(number);
    } else {
      for (Object part : (Object[]) values) put(part);
    }
  }
  public static void main(String[] arguments) throws Exception {
    try (HdfFile file = new HdfFile(Paths.get(arguments[0]))) {
      var data = file.getDatasetByPath("/data");
      out = ByteBuffer.allocate((int) data.getSize() * 8).order(ByteOrder.LITTLE_ENDIAN);
      put(data.getData());
      Files.write(Paths.get(arguments[1]), out.array());
    }
  }
}
"""
# A process that appends and is killed; each append is committed.
KILLED = """
import os, signal, sys
sys.path.insert(0, sys.argv[4])
import numpy as np, pde_ctypes
lib = pde_ctypes.Library(sys.argv[1])
data = np.load(sys.argv[3])
field = lib.field(lib.unit_grid(data.shape[1:], [True, True]), 0, "f8", "c")
storage = lib.open(sys.argv[2], "truncate", "commit_every=1 chunk_bytes=65536 " + sys.argv[5])
storage.start(field)
for index, frame in enumerate(data):
    storage.append_raw(frame, 0.5 * index)
os.kill(os.getpid(), signal.SIGKILL)
"""


class OtherReaders(SeriesTest):
    def files(self):
        """Of 32 x 32 cells, 8 to a chunk: 3 full chunks and one that has begun."""
        x = np.linspace(0, 6, 32)
        data = np.array([np.sin(x + 0.1 * i)[:, None] * np.cos(x)[None, :] for i in range(27)])
        np.save(self.path("data.npy"), data)
        finished, killed = self.path("finished.h5"), self.path("killed.h5")
        field = self.lib.field(self.lib.unit_grid([32, 32], [True, True]), 0, "f8", "c")
        with self.lib.open(finished, "truncate", "chunk_bytes=65536") as storage:
            storage.start(field)
            for index, frame in enumerate(data):
                storage.append_raw(frame, 0.5 * index)
        self.kill(killed)
        with h5py.File(killed, "r") as file:
            masks = {file["data"].id.get_chunk_info(i).filter_mask for i in range(4)}
        self.assertEqual({0, 3}, masks, "one chunk is stored as it is")
        return data, {"finished": finished, "killed": killed}

    def kill(self, path, options=""):
        here = os.path.dirname(pde_ctypes.__file__)
        arguments = [self.lib.lib._name, path, self.path("data.npy"), here, options]
        subprocess.run([sys.executable, "-c", KILLED, *arguments])
        self.assertTrue(os.path.exists(path + ".journal"), "it was not killed while it wrote")

    def expect_reads(self, reader):
        data, files = self.files()
        for name, path in files.items():
            with self.subTest(file=name):
                self.assertEqual(data.tobytes(), reader(path))

    def run_reader(self, *command, **more):
        result = subprocess.run(command, capture_output=True, **more)
        self.assertEqual(0, result.returncode, result.stderr.decode()[-2000:])
        return result.stdout

    def out(self):
        with open(self.path("out"), "rb") as file:
            return file.read()

    def test_h5py(self):
        def read(path):
            with h5py.File(path, "r") as file:
                return file["data"][...].tobytes()

        self.expect_reads(read)

    def test_h5dump(self):
        program = shutil.which("h5dump") or self.skipTest("there is no h5dump")

        def read(path):
            self.run_reader(program, "-d", "/data", "-b", "LE", "-o", self.path("out"), path)
            return self.out()

        self.expect_reads(read)

    def test_netcdf(self):
        program = shutil.which("ncdump") or self.skipTest("there is no ncdump (package netcdf-bin)")

        def read(path):
            text = self.run_reader(program, "-p", "9,17", "-v", "data", path).decode()
            numbers = text.split(" data =", 1)[1].split(";", 1)[0]
            return np.array(re.findall(r"[-+.\w]+", numbers), "f8").tobytes()

        self.expect_reads(read)

    def test_h5wasm(self):
        node = shutil.which("node")
        if not node or not os.environ.get("PDE_H5WASM"):
            self.skipTest("there is no h5wasm: scripts/other_readers.sh")

        def read(path):
            self.run_reader(node, "--input-type=module", "-e", NODE, "--", path, self.path("out"), cwd=os.path.dirname(path))
            return self.out()

        self.expect_reads(read)

    def test_jhdf(self):
        java = shutil.which("java")
        if not java or not os.environ.get("PDE_JHDF"):
            self.skipTest("there is no jhdf: scripts/other_readers.sh")
        with open(self.path("Reader.java"), "w") as file:
            file.write(JAVA)

        def read(path):
            self.run_reader(java, "-cp", os.environ["PDE_JHDF"], self.path("Reader.java"), path, self.path("out"))
            return self.out()

        # jhdf ignores filter masks: it fails, rather than reads anything wrong, where a chunk is not full yet.
        # Without compression there are no such chunks.
        data, files = self.files()
        self.assertEqual(data.tobytes(), read(files["finished"]))
        with self.assertRaisesRegex(AssertionError, "incorrect header check"):
            read(files["killed"])
        self.kill(files["killed"], "compression=none")
        self.assertEqual(data.tobytes(), read(files["killed"]))


if __name__ == "__main__":
    main(sys.argv)
