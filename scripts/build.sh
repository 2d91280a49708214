#!/usr/bin/env bash
# Configures a preset and builds it, with a compiler cache where there is one.
#
#   scripts/build.sh PRESET [TARGET...] [-- CMAKE_ARGUMENT...]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

preset=${1:?usage: build.sh PRESET [TARGET...] [-- CMAKE_ARGUMENT...]}
shift
targets=()
while [ $# -gt 0 ] && [ "$1" != -- ]; do
  targets+=("$1")
  shift
done
[ $# -eq 0 ] || shift

if command -v ccache >/dev/null; then
  export CMAKE_C_COMPILER_LAUNCHER=${CMAKE_C_COMPILER_LAUNCHER-ccache}
  export CMAKE_CXX_COMPILER_LAUNCHER=${CMAKE_CXX_COMPILER_LAUNCHER-ccache}
fi

echo "Configuring and building: preset $preset"
cmake --preset "$preset" --log-level=WARNING "$@"
cmake --build --preset "$preset" ${targets[@]:+--target "${targets[@]}"}
