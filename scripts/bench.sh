#!/usr/bin/env bash
# Builds the benchmarks and runs them: figures beside their baselines, into build/bench.json and as a table.
#
#   scripts/bench.sh [OPTION...] [ROW...]    all rows, or these; "peers" are those beside other Python libraries,
#                                            "solver" those beside py-pde's compiled loop
#   scripts/bench.sh --list                  the names of the rows
#
#   --quick          sizes of a smoke test: shows that everything runs, the figures mean nothing
#   --out FILE       instead of build/bench.json
#   --rounds N       instead of 5
#   --length N       snapshots of a long recording instead of 2000
#   --peak-bytes N   of the largest recording instead of 20 GB
#   --no-build       with what has been built before
#
# The files that are recorded lie on a memory file system, /dev/shm, where there is one; up to 5 GB are taken there. A row
# that does not hold is no failure, the table says so; the status is not 0 when something could not be measured.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

program=build/release/bin/pde_bench
out=build/bench.json
build=true
options=()
rows=()
while [ $# -gt 0 ]; do
  case $1 in
  --no-build) build=false ;;
  --out) out=${2:?--out needs a file} && shift ;;
  --quick | --list) options+=("$1") ;;
  --rounds | --length | --peak-bytes) options+=("$1" "${2:?$1 needs a number}") && shift ;;
  -*) sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//p}' "$0" >&2 && exit 2 ;;
  *) rows+=("$1") ;;
  esac
  shift
done

if $build; then
  scripts/install_deps.sh test >&2
  scripts/build.sh release pde_bench -- -DPDE_BENCH=ON >&2
fi
if [ "${options[*]-}" = --list ]; then
  "$program" --list && printf '%s\n' peers solver
  exit
fi

base=/dev/shm
if [ ! -w "$base" ]; then
  base=${TMPDIR:-/tmp}
  echo "There is no /dev/shm: recording into $base, which may be a disk." >&2
fi
folder=$(mktemp -d "$base/pde-bench-XXXXXX")
running=
trap 'rm -rf "$folder"' EXIT
trap 'kill $running 2>/dev/null || true; exit 130' INT TERM HUP

measure() { # in the background, because only a shell that waits hears signals at once
  "$@" &
  running=$!
  wait "$running"
}

own_rows=() python_rows=()
for row in ${rows[@]+"${rows[@]}"}; do
  case $row in
  peers | solver) python_rows+=("$row") ;;
  *) own_rows+=("$row") ;;
  esac
done
[ ${#rows[@]} -gt 0 ] || python_rows=(peers solver)

status=0
echo '[]' >"$out"
if [ ${#rows[@]} -eq 0 ] || [ ${#own_rows[@]} -gt 0 ]; then
  measure "$program" --folder "$folder" --out "$out" ${options[@]+"${options[@]}"} ${own_rows[@]+"${own_rows[@]}"} ||
    status=$?
fi
quick=()
[[ " ${options[*]-} " != *" --quick "* ]] || quick=(--quick)
for row in ${python_rows[@]+"${python_rows[@]}"}; do
  arguments=("bench/${row}_bench.py" build/release/bin/libpde.so)
  [ "$row" = solver ] || arguments+=("$folder")
  row_status=0
  measure scripts/python_env.sh --bench "${arguments[@]}" "$out" ${quick[@]+"${quick[@]}"} || row_status=$?
  case $row_status in
  0) ;;
  77) echo "$row: skipped" >&2 ;;
  *) status=$row_status ;;
  esac
done
python3 bench/performance_tables.py "$out"
exit "$status"
