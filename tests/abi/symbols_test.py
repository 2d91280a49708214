#!/usr/bin/env python3
"""Check that the headers, capi/symbols.txt and the shared library agree on what is exported.

    symbols_test.py INCLUDE_DIR SYMBOLS_TXT LIBRARY

Compared are names and versions: `@since` in the header, the version in the list, the version node in the library. The
library may define nothing but the listed names. Prints every difference; exit status 1 if there is one.
"""

import os
import re
import subprocess
import sys
from pathlib import Path


def declared(include_dir):
    """{name: (version or None, where)} of all functions in the headers, and what is wrong with the headers themselves."""
    functions, problems = {}, []
    for path in sorted(Path(include_dir).rglob("*.h")):
        where = path.relative_to(include_dir)
        # Keep of each comment what it says about `@since`, so that it stands before its declaration.
        text = re.sub(r"/\*.*?\*/", lambda m: "".join(re.findall(r"@since\s+[\d.]+\s", m[0])) or " ",
                      path.read_text(encoding="utf-8"), flags=re.S)
        text = re.sub(r"//[^\n]*", "", text)
        text = re.sub(r"^[ \t]*#(?:[^\n\\]|\\.|\\\n)*", "", text, flags=re.M)
        text = text.replace('extern "C" {', ";")
        text = re.sub(r"\btypedef\s+struct\s+\w+\s*\{.*?\}\s*\w+\s*;", ";", text, flags=re.S)
        for statement in text.split(";"):
            if re.match(r"\s*typedef\b", re.sub(r"@since\s+\S+", "", statement)):
                continue
            match = re.search(r"\b([A-Za-z_]\w*)\s*\(", statement)
            if not match:
                continue
            name, since = match[1], re.findall(r"@since\s+([\d.]+)", statement)
            if "PDE_API" not in statement[: match.start()]:
                problems.append(f"{where}: {name} is declared without PDE_API")
            if not since:
                problems.append(f"{where}: {name} has no @since")
            if name in functions:
                problems.append(f"{where}: {name} is declared in {functions[name][1]}, too")
            functions[name] = (since[-1] if since else None, where)
    return functions, problems


def listed(symbols_file):
    """{name: version} of the list, and what is wrong with the list itself."""
    symbols, problems = {}, []
    for number, line in enumerate(Path(symbols_file).read_text(encoding="utf-8").splitlines(), 1):
        line = line.split("#")[0].strip()
        if not line:
            continue
        match = re.fullmatch(r"(\w+)\s+(\d+\.\d+)", line)
        if not match:
            problems.append(f"symbols.txt:{number}: \"{line}\" is not \"name version\"")
            continue
        if match[1] in symbols:
            problems.append(f"symbols.txt:{number}: {match[1]} is listed twice")
        symbols[match[1]] = match[2]
    return symbols, problems


def exported(library):
    """{name: version or None} of what the library defines; version nodes themselves are left out."""
    command = [os.environ.get("NM", "nm"), "-D", "--defined-only", library]
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    symbols = {}
    for line in lines:
        kind, name = line.split()[-2:]
        name, _, version = name.partition("@")
        version = version.lstrip("@")
        if kind == "A" and re.fullmatch(r"PDE_\d+\.\d+", name):
            continue
        symbols[name] = re.sub(r"^PDE_", "", version) or None
    return symbols


def main():
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    headers, problems = declared(sys.argv[1])
    names, more = listed(sys.argv[2])
    library = exported(sys.argv[3])
    problems += more
    for name in sorted({*headers, *names, *library}):
        if not name.startswith("pde_"):
            problems.append(f"{name} does not begin with pde_")
        places = [place for place, known in (("the headers", headers), ("symbols.txt", names), ("the library", library))
                  if name not in known]
        if places:
            problems.append(f"{name} is not in {' and not in '.join(places)}")
            continue
        since, version, node = headers[name][0], names[name], library[name]
        if since and since != version:
            problems.append(f"{name} is since {since} in {headers[name][1]}, since {version} in symbols.txt")
        if node != version:
            problems.append(f"{name} has version {node or '(none)'} in the library, {version} in symbols.txt")
    for problem in problems:
        print(problem)
    if problems:
        sys.exit(1)
    print(f"{len(names)} symbols: headers, list and library agree")


if __name__ == "__main__":
    main()
