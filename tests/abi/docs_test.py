#!/usr/bin/env python3
"""Every function that the documentation names exists: docs_test.py SOURCE_DIR"""

import pathlib
import re
import sys

source = pathlib.Path(sys.argv[1])
listed = {line.split()[0] for line in (source / "capi" / "symbols.txt").read_text().splitlines()
          if line.startswith("pde_")}
headers = "".join(path.read_text() for path in (source / "include").rglob("*.h"))
types = set(re.findall(r"\b(pde_\w+)\b", re.sub(r"/\*.*?\*/", "", headers, flags=re.S)))
# Targets, scripts, marks in files.
other_names = {"pde_core", "pde_ctypes", "pde_format", "pde_file_id", "pde_rounding", "pde_run_state"}

problems = []
pages = [source / "README.md", *sorted((source / "docs").glob("*.md"))]
for page in pages:
    for number, line in enumerate(page.read_text().splitlines(), 1):
        for name in re.findall(r"(?<![\w/-])(pde_[a-z0-9_]+)\b(?!\.)", line):
            if name not in listed and name not in types and name not in other_names:
                problems.append(f"{page.relative_to(source)}:{number}: {name} is neither a function nor a type")

print(f"{len(pages)} pages, {len(listed)} functions")
sys.exit("\n".join(problems) if problems else 0)
