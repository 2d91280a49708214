#!/usr/bin/env python3
"""Draws the flatness rows of build/bench.json: plot_append_cost.py [JSON [SVG]]

Time per append and peak memory against how many snapshots came before, as plain SVG without a background, in colours
that can be read on a light and on a dark page. Writes docs/append-cost.svg unless told otherwise.
"""

import json
import math
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 420, 260, 58, 24, 34, 44  # of a panel
TEXT, LINE = "#808080", "#2a8fd0"
POWERS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


def steps_up_to(most):
    """A scale from 0 with four or five round steps that has room above `most`."""
    rough = most * 1.15 / 4
    power = 10 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 2.5, 5, 10) if power * factor >= rough)
    return [step * i for i in range(math.ceil(most * 1.1 / step) + 1)]


class Panel:
    """One scale, and a curve for each of the rows: values in a unit of `unit`, with a word on it or none."""

    def __init__(self, rows, words, unit, offset):
        self.curves = [(row["at"], [value * unit for value in row["values"]], word) for row, word in zip(rows, words)]
        self.offset = offset
        at = self.curves[0][0]
        self.first, self.last = math.floor(math.log10(at[0])), math.ceil(math.log10(at[-1]))
        self.scale = steps_up_to(max(max(values) for _, values, _ in self.curves))

    def x(self, count):
        share = (math.log10(count) - self.first) / (self.last - self.first)
        return self.offset + LEFT + share * (WIDTH - LEFT - RIGHT)

    def y(self, value):
        return HEIGHT - BOTTOM - value / self.scale[-1] * (HEIGHT - TOP - BOTTOM)

    def axes(self):
        left, right, bottom = self.x(10**self.first), self.x(10**self.last), self.y(0)
        for value in self.scale:
            yield f'<path d="M{left:.1f} {self.y(value):.1f}H{right:.1f}" stroke="{TEXT}" stroke-opacity="0.35"/>'
            yield f'<text x="{left - 8:.1f}" y="{self.y(value) + 4:.1f}" text-anchor="end">{value:g}</text>'
        for power in range(self.first, self.last + 1):
            x = self.x(10**power)
            yield f'<path d="M{x:.1f} {bottom:.1f}v5" stroke="{TEXT}"/>'
            label = "10" + str(power).translate(POWERS)
            yield f'<text x="{x:.1f}" y="{bottom + 18:.1f}" text-anchor="middle">{label}</text>'

    def curve(self, at, values, word):
        points = [(self.x(count), self.y(value)) for count, value in zip(at, values)]
        line = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        yield f'<polyline points="{line}" fill="none" stroke="{LINE}" stroke-width="2"/>'
        for x, y in points:
            yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{LINE}"/>'
        x, y = points[-1]
        yield f'<text x="{x - 6:.1f}" y="{y - 10:.1f}" text-anchor="end">{word}</text>'

    def draw(self, title):
        middle = (self.x(10**self.first) + self.x(10**self.last)) / 2
        yield f'<text x="{middle:.1f}" y="18" text-anchor="middle" font-size="13">{title}</text>'
        yield from self.axes()
        for curve in self.curves:
            yield from self.curve(*curve)
        yield f'<text x="{middle:.1f}" y="{HEIGHT - 6}" text-anchor="middle">snapshots in the file</text>'


def picture(time, *memory):
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {2 * WIDTH} {HEIGHT}" width="{2 * WIDTH}" '
        f'height="{HEIGHT}" font-family="DejaVu Sans, Verdana, sans-serif" font-size="12" fill="{TEXT}">',
        "<title>Time per append and peak memory against the number of snapshots</title>",
        *Panel([time], [""], 1e-3, 0).draw("time per append, µs"),
        *Panel(memory, ["default options", "queue_bytes=8388608"], 1, WIDTH).draw("peak memory over the start, MiB"),
        "</svg>",
    ])  # fmt: skip


def main():
    source = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "build" / "bench.json"
    target = pathlib.Path(sys.argv[2]) if len(sys.argv) > 2 else ROOT / "docs" / "append-cost.svg"
    rows = {row["name"]: row for row in json.loads(source.read_text())}
    names = ("time per append", "peak memory", "peak memory, queue_bytes=8388608")
    target.write_text(picture(*(rows[f"flatness: {name}"] for name in names)) + "\n")


if __name__ == "__main__":
    main()
