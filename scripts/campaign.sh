#!/usr/bin/env bash
# Cuts recordings off in every way, at length, and ends with one line of counts; fails on any snapshot that is
# lost or wrong.
#
# usage: scripts/campaign.sh prefix            each prefix of what scripted recordings do to their files
#        scripts/campaign.sh powercut [N]      N power cuts of recordings with fsync (10000)
#        scripts/campaign.sh kill [N]          N kills at random moments (1000)
#        scripts/campaign.sh resume [N]        N kills of runs that go on, until they come to the end (1000)
#        scripts/campaign.sh faults            the n-th file operation or allocation fails, for each n
#        scripts/campaign.sh fuzz [AMOUNT]     hostile texts, journals and files; as scripts/fuzz.sh (600 seconds each)
#        scripts/campaign.sh files [N]         N files built with hostile content, and N with changed bytes (100000)
#        scripts/campaign.sh live              readers beside a writer, through libpde and plain HDF5
#
# PDE_SEED=… repeats what a failure has printed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

usage() {
  sed -n '5,12s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2
  exit 2
}

[ $# -ge 1 ] && [ $# -le 2 ] || usage
name=$1 amount=${2:-}
[[ $amount =~ ^[0-9]*$ || ($name = fuzz && $amount =~ ^[0-9]+x$) ]] || usage
log=$(mktemp)
trap 'rm -f "$log"' EXIT

preset=release
build() {
  scripts/build.sh "$preset" "$@" -- -DPDE_TESTS=ON >"$log" 2>&1 || {
    cat "$log" >&2
    exit 1
  }
}

# Runs a test program and shows the line that begins with this, or all it has said if it fails.
run() {
  local line=$1
  shift
  build "$1"
  if ! "build/$preset/bin/$@" >"$log" 2>&1; then
    cat "$log" >&2
    echo "$name: FAILED" >&2
    exit 1
  fi
  grep -E "^$line" "$log"
}

case $name in
  prefix) PDE_PREFIX_STRIDE=${PDE_PREFIX_STRIDE:-1} run "prefixes " prefix_test ;;
  powercut) PDE_POWERCUTS=${amount:-10000} run "power cuts " powercut_test ;;
  kill) PDE_KILLS=${amount:-1000} run "kills " kill_test ;;
  resume) PDE_RESUME_KILLS=${amount:-1000} run "resumed runs " resume_test --gtest_filter=Resuming.Outlives\* ;;
  faults)
    run "\\[==========\\] .* ran" file_faults_test
    run "\\[==========\\] .* ran" worker_faults_test
    run "\\[==========\\] .* ran" codec_memory_test
    ;;
  fuzz) scripts/fuzz.sh "${amount:-600}" ;;
  files)
    preset=asan-ubsan
    export LSAN_OPTIONS=suppressions=$PWD/tests/lsan.supp:print_suppressions=0
    export PDE_TEST_SEED=${PDE_SEED:-$RANDOM$RANDOM}
    PDE_TEST_BUILT=${amount:-100000} run "([0-9]+ files|  [0-9]+ in )" built_files_test
    PDE_TEST_MUTATIONS=${amount:-100000} run "([0-9]+ files|  [0-9]+ in )" mutated_files_test
    ;;
  live) PDE_LIVE_SECONDS=${amount:-20} run "live, " live_readers_test ;;
  *) usage ;;
esac
