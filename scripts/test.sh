#!/usr/bin/env bash
# Builds and runs every test: all of them in Release, then those of our own code under AddressSanitizer and
# UndefinedBehaviorSanitizer. Stops at the first of these steps that fails; the last lines are ctest's summary.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

jobs=$(nproc)
parts=(-DPDE_TESTS=ON -DPDE_MOVIE=ON)

scripts/install_deps.sh test
scripts/python_env.sh || [ $? -eq 77 ] # without it the tests that need it are skipped

scripts/build.sh release -- "${parts[@]}" -DPDE_FORTRAN=ON -DPDE_EXAMPLES=ON -DPDE_BENCH=ON
ctest --preset release --parallel "$jobs"

scripts/build.sh asan-ubsan -- "${parts[@]}"
ctest --preset asan-ubsan --parallel "$jobs"
