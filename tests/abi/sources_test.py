#!/usr/bin/env python3
"""Check that no source file was forgotten: a test that nobody compiles never fails.

    sources_test.py SOURCE_DIR COMPILE_COMMANDS_JSON

Every C, C++ and Fortran file of the tree has to be compiled by the build; tests/install has a build of its own.
"""

import json
import sys
from pathlib import Path

ROOMS = ["src", "capi", "examples", "tests", "bench"]
OWN_BUILD = ["tests/install"]


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    root = Path(sys.argv[1]).resolve()
    commands = json.loads(Path(sys.argv[2]).read_text(encoding="utf-8"))
    compiled = {(Path(command["directory"]) / command["file"]).resolve() for command in commands}
    sources = [path for room in ROOMS for path in sorted((root / room).rglob("*")) if path.suffix in (".c", ".cpp", ".f90")
               and not any(path.is_relative_to(root / folder) for folder in OWN_BUILD)]
    forgotten = [path for path in sources if path not in compiled]
    for path in forgotten:
        print(f"{path.relative_to(root)} is compiled by nothing")
    if forgotten or not sources:
        sys.exit(1)
    print(f"{len(sources)} source files, all of them compiled")


if __name__ == "__main__":
    main()
