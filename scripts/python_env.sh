#!/usr/bin/env bash
# A Python environment with py-pde, h5py and numpy, in build/venv. It is made at the first call, and again when
# tests/interop/requirements.txt has changed.
#
#   scripts/python_env.sh [--bench]                       makes it
#   scripts/python_env.sh [--bench] SCRIPT ARGUMENT...    runs a script in it
#
# With --bench it is another one, in build/venv-bench, that has what bench/requirements.txt says, too.
#
# Status 77 (for ctest: skipped), with the reason, where it cannot be made; with CI=true that is a failure, 1.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
requirements=("$root/tests/interop/requirements.txt")
modules="h5py, numpy, pde"
venv=$root/build/venv
if [ "${1:-}" = --bench ]; then
  requirements+=("$root/bench/requirements.txt")
  modules+=", netCDF4"
  venv=$root/build/venv-bench
  shift
fi
stamp=$venv/requirements.sha256

give_up() { # reason [log]
  echo "No Python environment: $1" >&2
  if [ $# -gt 1 ]; then tail -n 5 "$2" >&2; fi
  if [ "${CI:-}" = true ]; then exit 1; fi
  exit 77
}

is_current() { [ -f "$stamp" ] && sha256sum --check --status "$stamp" 2>/dev/null; }

make_venv() {
  local log=$venv.log
  command -v python3 >/dev/null || give_up "there is no python3"
  echo "Making a Python environment in build/${venv##*/}; this takes a minute." >&2
  rm -rf "$venv"
  python3 -m venv "$venv" >"$log" 2>&1 || give_up "python3 -m venv failed (package python3-venv):" "$log"
  "$venv/bin/python" -m pip install --disable-pip-version-check --only-binary :all: --retries 1 --timeout 20 \
    -r "${requirements[-1]}" >"$log" 2>&1 </dev/null || give_up "pip could not install what is needed:" "$log"
  "$venv/bin/python" -c "import $modules; pde.FileStorage" >"$log" 2>&1 ||
    give_up "a package cannot be imported:" "$log"
  sha256sum "${requirements[@]}" >"$stamp"
}

mkdir -p "$root/build"
exec 9>"$venv.lock" # tests may ask for it side by side
flock 9
is_current || make_venv
exec 9>&-

if [ $# -gt 0 ]; then
  exec "$venv/bin/python" "$@"
fi
