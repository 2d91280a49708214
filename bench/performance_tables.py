#!/usr/bin/env python3
"""Prints the rows of build/bench.json as the Markdown tables of docs/performance.md: performance_tables.py [FILE]"""

import json
import pathlib
import statistics
import sys

COMPARED = {"ours / baseline": "× ", "ours - baseline": "+ ", "ours": ""}


def figure(value, digits=3):
    """Three digits that count, without an exponent where people would not write one."""
    if value == 0 or abs(value) >= 10 ** digits:
        return f"{value:,.0f}".replace(",", " ")
    return f"{value:.{digits}g}" if abs(value) >= 1e-3 else f"{value:.1g}"


def middle(samples):
    return figure(statistics.median(samples)) if samples else "–"


def compared(row):
    value = figure(row["ratio"])
    if row["compared"] == "ours / baseline":
        return f"{value}×"
    return f"{value} {row['unit']}" if row["compared"] == "ours" else f"{row['ratio']:+.3g} {row['unit']}"


def wanted(row):
    if row["wanted"] is None:
        return "–"
    return f"{'≥' if row['wanted_is'] == 'at least' else '≤'} {figure(row['wanted'])}"


def holds(row):
    return "" if row["holds"] is None else "yes" if row["holds"] else "**no**"


def more(row):
    """What the row's own columns do not have: "size × 1.01 (≤ 1.03)"."""
    texts = {
        "size_ratio": lambda v: f"size {v:.3f}× (≤ {row['size_wanted']}), compressed {row['compression']:.2f}:1",
        "mean_ratio": lambda v: f"mean {v:.3g}× (≤ {row['mean_wanted']})",
        "p99": lambda v: f"99 %: {figure(v)} {row['unit']}, memcpy {figure(row['baseline_p99'])}",
        "blocks_ratio": lambda v: f"in blocks {v:.3g}×",
        "first_append": lambda v: f"first append of a file {figure(v)} ms",
    }
    return "; ".join(text(row[key]) for key, text in texts.items() if key in row)


def table(header, rows):
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def print_rows(rows):
    print(table(
        ["row", "libpde", "baseline", "unit", "compared", "wanted", "holds", "beside"],
        [[row["name"], middle(row["samples"]), middle(row["baseline_samples"]), row["unit"], compared(row), wanted(row),
          holds(row), more(row)] for row in rows],
    ))  # fmt: skip


def main():
    default = pathlib.Path(__file__).resolve().parents[1] / "build" / "bench.json"
    rows = json.loads(pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else default).read_text())
    own = [row for row in rows if not row["name"].startswith("peers: ")]
    if rows:
        print(f"Measured on {rows[0]['machine']}.\n")
    if own:
        print_rows(own)
        print("\nHow:\n")
        for row in own:
            print(f"- {row['name']}: {row['how']}.")


if __name__ == "__main__":
    main()
