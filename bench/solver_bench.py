#!/usr/bin/env python3
"""Solves the same equations with libpde and with py-pde's compiled loop: solver_bench.py LIBRARY JSON [--quick]

The same grid, initial state, boundaries, step and number of steps (explicit Euler), one thread each, in one process,
taking turns, five times after a warm-up. What is compared is what either says that its solver took
(`controller.profiler.solver`), and for a run of a thousand steps all of it, with the time that py-pde spends on
compiling, which comes again with each run. The states at the end have to agree. The rows are added to those in JSON. Needs
scripts/python_env.sh --bench; scripts/bench.sh calls this.
"""

import json
import os
import pathlib
import statistics
import sys
import time

os.environ["NUMBA_NUM_THREADS"] = "1"  # read when numba is imported
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tests" / "interop"))
import numpy as np  # noqa: E402
import pde as pypde  # noqa: E402
import pde_ctypes  # noqa: E402

ROUNDS = 5
EQUATIONS = {
    # name here, equation there, step
    "diffusion": (pypde.DiffusionPDE, 0.1),
    "allen-cahn": (pypde.AllenCahnPDE, 0.1),
    "cahn-hilliard": (pypde.CahnHilliardPDE, 1e-3),
    "swift-hohenberg": (pypde.SwiftHohenbergPDE, 1e-3),
}


class Ours:
    def __init__(self, library, name, cells, dt):
        self.pde = pde_ctypes.Library(library)
        self.grid = self.pde.unit_grid((cells, cells), [True, False])
        self.equation = self.pde.new("pde_equation_create", name.encode(), None)
        self.dt = dt

    def solve(self, initial, steps):
        options = self.pde.new("pde_options_create")
        self.pde.call("pde_options_parse", options, f"stepper=euler dt={self.dt!r} step_rule=fixed".encode())
        controller = self.pde.new("pde_controller_create", None, 0, None)
        state = self.pde.field(self.grid, pde_ctypes.SCALAR, "f8")
        state.array()[...] = initial
        start = time.perf_counter()
        self.pde.call(
            "pde_solve", self.equation, state.handle, 0.0, steps * self.dt, options, controller, None
        )
        total = time.perf_counter() - start
        info = json.loads(self.pde.text("pde_controller_info", controller))
        return info["profiler"]["solver"], total, state.array().copy()


class Theirs:
    def __init__(self, equation, cells, dt):
        self.grid = pypde.UnitGrid((cells, cells), periodic=[True, False])
        self.equation, self.dt = equation, dt

    def solve(self, initial, steps):
        equation = self.equation()
        state = pypde.ScalarField(self.grid, initial)
        start = time.perf_counter()
        state = equation.solve(
            state, t_range=(0, steps * self.dt), dt=self.dt, solver="euler", backend="numba", tracker=None
        )
        total = time.perf_counter() - start
        return equation.diagnostics["controller"]["profiler"]["solver"], total, state.data


def rows_of(library, name, cells, steps, rounds):
    equation, dt = EQUATIONS[name]
    ours, theirs = Ours(library, name, cells, dt), Theirs(equation, cells, dt)
    initial = np.random.default_rng(1).uniform(-0.1, 0.1, (cells, cells))
    samples = {"solver": ([], []), "total": ([], [])}
    for turn in range(1 + rounds):
        results = [side.solve(initial, steps) for side in (ours, theirs)]
        assert np.allclose(results[0][2], results[1][2], rtol=1e-9, atol=1e-12), f"{name}: the states differ"
        for side, (solver, total, _) in enumerate(results):
            if turn > 0:  # the first is the warm-up
                samples["solver"][side].append(solver)
                samples["total"][side].append(total)
    how = (
        f"{steps} Euler steps on {cells} x {cells} float64, periodic along one axis, no flux through the "
        f"other sides; py-pde {pypde.__version__} with numba, one thread each"
    )
    cell_steps = cells * cells * steps
    for what, wanted, of in (("solver", 8, "its profiler.solver"), ("total", 100, "all of solve, compiling included")):
        mine, other = samples[what]
        ratio = statistics.median(other) / statistics.median(mine)
        yield {
            "name": f"solver: {name} {cells} x {cells}, py-pde, {of}",
            "unit": "seconds",
            "how": how,
            "samples": mine,
            "baseline_samples": other,
            "compared": "baseline / ours",
            "ratio": ratio,
            "wanted": wanted,
            "wanted_is": "at least",
            "holds": ratio >= wanted,
            "ns_per_cell_and_step": 1e9 * statistics.median(mine) / cell_steps,
            "baseline_ns_per_cell_and_step": 1e9 * statistics.median(other) / cell_steps,
        }


def main():
    library, path = sys.argv[1], pathlib.Path(sys.argv[2])
    quick = "--quick" in sys.argv[3:]
    rows = json.loads(path.read_text())
    for name in EQUATIONS:
        new = list(rows_of(library, name, 32 if quick else 256, 10 if quick else 1000, 1 if quick else ROUNDS))
        for row in new:
            print(f"{row['name']}: {row['ratio']:.1f} (wanted {row['wanted']})", file=sys.stderr)
        rows += new
    path.write_text("[\n" + ",\n".join(json.dumps(row) for row in rows) + "\n]\n")


if __name__ == "__main__":
    main()
