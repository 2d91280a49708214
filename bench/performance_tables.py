#!/usr/bin/env python3
"""Prints the rows of build/bench.json as Markdown tables: performance_tables.py [FILE] [--into PAGE]

With --into they replace what PAGE, docs/performance.md, has between its marks for them.
"""

import argparse
import json
import pathlib
import statistics

ROOT = pathlib.Path(__file__).resolve().parents[1]
PICTURE = """What an append costs, and the memory that recording takes, from 10³ to 10⁶ snapshots in one file (the flatness rows):

![Time per append and peak memory, from a thousand to a million snapshots](append-cost.svg)"""
BEGIN, END = "<!-- figures -->\n", "<!-- end of figures -->\n"



def figure(value, digits=3):
    """Three digits that count, and no exponent where people would not write one."""
    if value == 0 or abs(value) >= 10**digits:
        return f"{value:,.0f}".replace(",", " ")
    return f"{value:.{digits}g}" if abs(value) >= 1e-3 else f"{value:.1g}"


def middle(samples):
    return figure(statistics.median(samples)) if samples else "–"


def compared(row):
    value = figure(row["ratio"])
    if row["compared"] in ("ours / baseline", "baseline / ours"):
        return f"{value}×"
    return f"{value} {row['unit']}" if row["compared"] == "ours" else f"{row['ratio']:+.3g} {row['unit']}"


def wanted(row):
    if row["wanted"] is None:
        return "–"
    return f"{'≥' if row['wanted_is'] == 'at least' else '≤'} {figure(row['wanted'])}"


def holds(row):
    return "" if row["holds"] is None else "yes" if row["holds"] else "**no**"


def more(row):
    """What a row has beyond the columns that all of them have."""
    texts = {
        "size_ratio": lambda v: f"size {v:.3f}× (≤ {row['size_wanted']}), compressed {row['compression']:.2f}:1",
        "mean_ratio": lambda v: f"mean {v:.3g}× (≤ {row['mean_wanted']})",
        "p99": lambda v: f"99 %: {figure(v)} {row['unit']}, memcpy {figure(row['baseline_p99'])}",
        "blocks_ratio": lambda v: f"in blocks {v:.3g}×",
        "pwrite_ratio": lambda v: f"bare pwrite of the same bytes {v:.3g}×",
        "ns_per_cell_and_step": lambda v: f"{v:.3g} ns per cell and step, py-pde {row['baseline_ns_per_cell_and_step']:.3g}",
        "first_append": lambda v: f"first append of a file {figure(v)} ms",
    }
    return "; ".join(text(row[key]) for key, text in texts.items() if key in row)


def table(header, rows):
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def own_table(rows):
    return table(
        ["row", "libpde", "baseline", "unit", "compared", "wanted", "holds", "beside"],
        [[row["name"], middle(row["samples"]), middle(row["baseline_samples"]), row["unit"], compared(row), wanted(row),
          holds(row), more(row)] for row in rows],
    )  # fmt: skip


def peers_table(rows):
    return table(
        ["what, beside", "libpde, MB/s", "the other, MB/s", "compared", "wanted", "holds", "size of the file"],
        [[row["name"].removeprefix("peers: "), middle(row["samples"]), middle(row["baseline_samples"]), compared(row),
          wanted(row), holds(row), f"{row['file_ratio']:.2f}×"] for row in rows],
    )  # fmt: skip


def solver_table(rows):
    return table(
        ["equation, what", "libpde", "py-pde", "unit", "compared", "wanted", "holds", "beside"],
        [[row["name"].removeprefix("solver: "), middle(row["samples"]), middle(row["baseline_samples"]), row["unit"],
          compared(row), wanted(row), holds(row), more(row)] for row in rows],
    )  # fmt: skip


def explanations(rows):
    """How each row was measured; rows that were measured alike share a line."""
    alike = {}
    for row in rows:
        alike.setdefault((row["how"], len(row["samples"])), []).append(row["name"])
    lines = []
    for (how, samples), names in alike.items():
        name = names[0] if len(names) == 1 else names[0].split(":")[0]
        lines.append(f"- {name}: {how}; {samples} {'sample' if samples == 1 else 'samples'}.")
    return "\n".join(lines)


def page(rows):
    peers, solver = ([row for row in rows if row["name"].startswith(f"{group}: ")] for group in ("peers", "solver"))
    own = [row for row in rows if row not in peers and row not in solver]
    parts = []
    if own:
        parts += [f"Measured on {own[0]['machine']}.", own_table(own), explanations(own)]
    if any(row["name"].startswith("flatness: ") for row in own):
        parts.append(PICTURE)
    if peers:
        versions = sorted({row["how"].split("; ")[1].split(",")[0] for row in peers})
        parts += [f"In one Python process, libpde through ctypes; {', '.join(versions)}.", peers_table(peers)]
    if solver:
        parts += [f"The solver: {solver[0]['how']}.", solver_table(solver)]
    return "\n\n".join(parts) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", nargs="?", type=pathlib.Path, default=ROOT / "build" / "bench.json")
    parser.add_argument("--into", type=pathlib.Path)
    arguments = parser.parse_args()
    tables = page(json.loads(arguments.file.read_text()))
    if not arguments.into:
        print(tables, end="")
        return
    before, rest = arguments.into.read_text().split(BEGIN)
    after = rest.split(END)[1]
    arguments.into.write_text(f"{before}{BEGIN}\n{tables}\n{END}{after}")


if __name__ == "__main__":
    main()
