#!/usr/bin/env bash
# Builds the library with its movie module, and runs the main job: solve, record three ways, read back.
# Writes pattern.h5, pattern.mp4 and pattern.png into build/demo.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

scripts/install_deps.sh demo
scripts/build.sh release demo pde-movie -- -DPDE_MOVIE=ON -DPDE_EXAMPLES=ON
mkdir -p build/demo
exec build/release/bin/demo build/demo
