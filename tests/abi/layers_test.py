#!/usr/bin/env python3
"""Check that includes follow the one-way layering of the rooms under src/ and of capi/.

    layers_test.py SOURCE_DIR

base -> grid -> field -> storage -> tracker -> solver -> capi: a room includes itself and rooms to its left, and of the
public headers those of the same rooms. src/movie is a module of its own: it sees itself and pde/base.h, and of it
storage sees movie/movie_module.h only. HDF5 stays in src/storage/hdf5, libav and Cairo in src/movie: no file outside
may include their headers, nor a header that does. Project includes are quoted and relative to src/, public ones to
include/; in capi/ and in src/movie, which no room includes, the name of a neighbouring file will do. Prints every
violation; exit status 1 if there is one.
"""

import re
import sys
from pathlib import Path

ROOMS = ["base", "grid", "field", "storage", "tracker", "solver", "capi"]
PUBLIC = {"pde/base.h": "base", "pde/options.h": "base", "pde/grid.h": "grid", "pde/field.h": "field",
          "pde/storage.h": "storage", "pde/backend.h": "storage", "pde/schedule.h": "tracker", "pde/tracker.h": "tracker",
          "pde/solver.h": "solver", "pde.h": "capi"}
FOREIGN = [("HDF5", re.compile(r"(hdf5|hdf5_hl|H5\w*)\.h$"), "src/storage/hdf5/"),
           ("libav", re.compile(r"(libav\w+|libsw\w+|libpostproc)/"), "src/movie/"),
           ("Cairo", re.compile(r"(cairo/)?cairo[\w-]*\.h$"), "src/movie/")]
MOVIE_SEAM = "src/movie/movie_module.h"


def includes_of(path):
    """(line number, '"' or '<', what) of each include; what is None where no name can be read."""
    text = path.read_text(encoding="utf-8")
    blank = lambda match: "\n" * match[0].count("\n")
    text = re.sub(r"/\*.*?\*/", blank, text, flags=re.S)
    for number, line in enumerate(text.splitlines(), 1):
        if re.match(r"\s*#\s*include\b", line):
            match = re.match(r'\s*#\s*include\s*(["<])([^">]+)[">]', line)
            yield (number, match[1], match[2]) if match else (number, "", None)


class Tree:
    def __init__(self, root):
        self.root = root
        self.files = [path for part in ("src", "capi") for path in sorted((root / part).rglob("*"))
                      if path.suffix in (".c", ".cc", ".cpp", ".h", ".hpp")]
        self.reached = {}

    def room(self, name):
        parts = name.split("/")
        return "capi" if parts[0] == "capi" else parts[1] if len(parts) > 2 else None

    def resolve(self, what, includer):
        """The file in the tree that a project include means, as a name relative to the root; None if there is none."""
        bases = ["src", "include"]
        bases += ["capi", "."] if includer.startswith("capi/") else []
        bases += ["src/movie"] if includer.startswith("src/movie/") else []
        for base in bases:
            if ".." not in what.split("/") and (self.root / base / what).is_file():
                return (Path(base) / what).as_posix()
        return None

    def foreign(self, name, trail=()):
        """Families of foreign headers that a file of the tree includes, itself or through others."""
        if name in self.reached or name in trail:
            return self.reached.get(name, set())
        families = set()
        for _, _, what in includes_of(self.root / name):
            families |= {family for family, pattern, _ in FOREIGN if what and pattern.match(what)}
            inner = what and self.resolve(what, name)
            if inner:
                families |= self.foreign(inner, (*trail, name))
        if not trail:
            self.reached[name] = families
        return families

    def check_include(self, name, quote, what):
        """What is wrong with one include, or None."""
        if what is None:
            return "an include whose name cannot be read"
        room = self.room(name)
        for family, pattern, home in FOREIGN:
            if pattern.match(what):
                return None if name.startswith(home) else f"{family} is for {home} only"
        target = self.resolve(what, name)
        if target is None:
            return f'"{what}" is no file relative to src/ or include/' if quote == '"' else None
        if quote == "<":
            return "a file of the project: write it in quotes"
        for family, _, home in FOREIGN:
            if not name.startswith(home) and family in self.foreign(target):
                return f"leads to {family}, which is for {home} only"
        if target.startswith("include/"):
            other = PUBLIC.get(what)
            if other is None:
                return "a public header that no room owns: name its room in this test"
            if room == "movie":
                return None if what == "pde/base.h" else "src/movie may see pde/base.h only"
        else:
            other = self.room(target)
        if room == "movie" or other == "movie":
            allowed = room == other or room == "capi" or (room == "storage" and target == MOVIE_SEAM)
            return None if allowed else f"{room} may not include {other}"
        for known in (room, other):
            if known not in ROOMS:
                return f"{known} is no room"
        return None if ROOMS.index(other) <= ROOMS.index(room) else f"{room} may not include {other}"

    def violations(self):
        for path in self.files:
            name = path.relative_to(self.root).as_posix()
            for number, quote, what in includes_of(path):
                problem = self.check_include(name, quote, what)
                if problem:
                    yield f"{name}:{number}: {what or '?'}: {problem}"


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    tree = Tree(Path(sys.argv[1]))
    if not tree.files:
        sys.exit(f"no sources under {sys.argv[1]}")
    problems = list(tree.violations())
    for problem in problems:
        print(problem)
    if problems:
        sys.exit(1)
    print(f"{len(tree.files)} files keep to their layers")


if __name__ == "__main__":
    main()
