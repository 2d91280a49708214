#!/usr/bin/env bash
# Builds the fuzz targets with clang and runs each for some time, from its corpus on. A line of counts for each; what has
# been found lies in build/fuzz/found/TARGET, and what covers more than the corpus in build/fuzz/corpus/TARGET.
#
#   scripts/fuzz.sh [--fast] AMOUNT [TARGET...]    AMOUNT is seconds, or executions with an x: 600, 10000000x
#
# --fast leaves out the sanitizers: several times as many executions, and only crashes and hangs are found.
# Fails if there is any crash, timeout, leak or appetite for memory, but for crashes with code of HDF5 innermost, which
# are listed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

preset=fuzz
if [ "${1:-}" = --fast ]; then
  preset=fuzz-fast
  shift
fi
amount=${1:?usage: fuzz.sh [--fast] AMOUNT [TARGET...]}
shift
case $amount in
  *x) until=-runs=${amount%x} ;;
  *) until=-max_total_time=$amount ;;
esac
all=(json grid_text field_text schedule_text options_text boundary_text journal run_state hdf5_file)
targets=("$@")
[ $# -gt 0 ] || targets=("${all[@]}")

scripts/install_deps.sh fuzz
scripts/build.sh $preset "${targets[@]/%/_fuzz}"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export TMPDIR=$work
export LSAN_OPTIONS=suppressions=$PWD/tests/lsan.supp:print_suppressions=0
export UBSAN_OPTIONS=print_stacktrace=1
limits=(-timeout=20 -rss_limit_mb=3072)

# Whose code is innermost in the first stack of a report: "hdf5 H5HG_read", or "ours".
innermost() {
  awk '/^ *#[0-9]+ 0x/ && !done {
    if (/libhdf5/) { print "hdf5 " ($3 == "in" ? $4 : "?"); done = 1 }
    else if (/pde::|libpde|\/src\/|\/capi\/|\/tests\//) { print "ours"; done = 1 }
  } END { if (!done) print "ours" }' "$1"
}

count() { find "$found" -name "$1-*" | wc -l; }

failed=0
for target in "${targets[@]}"; do
  program=build/$preset/bin/${target}_fuzz
  found=build/fuzz/found/$target
  rm -rf "$found"
  mkdir -p "$found" "build/fuzz/corpus/$target"
  dictionary=tests/fuzz/dictionaries/$target.dict
  # Longer texts take longer and find nothing more; a journal begins with 576 bytes of text and state.
  case $target in
    journal | hdf5_file) longest=4096 ;;
    *) longest=512 ;;
  esac
  options=(-max_len=$longest "$until" "-artifact_prefix=$found/")
  [ ! -f "$dictionary" ] || options+=("-dict=$dictionary")
  # What crashes HDF5 must not end the run. HDF5 also keeps some of what it allocates, so that libFuzzer would look for
  # leaks after each file, for longer than all else takes: here the processes do once, at their end.
  [ "$target" != hdf5_file ] || options+=(-fork=1 -ignore_crashes=1 -ignore_timeouts=1 -ignore_ooms=1 -detect_leaks=0)
  "$program" "${limits[@]}" "${options[@]}" \
    "build/fuzz/corpus/$target" "tests/fuzz/corpus/$target" >"$work/log" 2>&1 || true
  executions=$(sed -n 's/^#\([0-9]*\)[:\t ].*/\1/p' "$work/log" | tail -n 1)
  if [ -z "$executions" ] || [ "$executions" -eq 0 ]; then
    tail -n 20 "$work/log" >&2
    failed=1
  fi
  in_hdf5=0
  : >"$work/places"
  for input in "$found"/crash-* "$found"/oom-*; do
    [ -e "$input" ] || continue
    "$program" "${limits[@]}" "$input" >"$work/report" 2>&1 || true
    place=$(innermost "$work/report")
    if [ "$place" != ours ]; then
      in_hdf5=$((in_hdf5 + 1))
      echo "$place" >>"$work/places"
    fi
  done
  crashes=$(($(count crash) + $(count oom) - in_hdf5))
  timeouts=$(count timeout) leaks=$(count leak)
  echo "$target: ${executions:-0} executions, $crashes crashes, $timeouts timeouts, $leaks leaks; $in_hdf5 crashes in HDF5"
  sort "$work/places" | uniq -c
  [ $((crashes + timeouts + leaks)) -eq 0 ] || failed=1
done
exit $failed
