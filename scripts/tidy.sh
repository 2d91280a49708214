#!/usr/bin/env bash
# clang-tidy with the checks of .clang-tidy over the library's sources, as the Release build compiles them; only those
# that have changed, or whose headers have, since they last passed.
#
# usage: scripts/tidy.sh
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

database=build/release/compile_commands.json
[ -f "$database" ] || {
  echo "There is no $database: scripts/build.sh release" >&2
  exit 1
}
stamps=build/tidy
mkdir -p "$stamps"

check() {
  local source=$1 stamp
  stamp=build/tidy/${source//\//_}.passed
  if [ -e "$stamp" ] && [ -z "$(find "$source" .clang-tidy src capi include -name '*.h*' -newer "$stamp" -print -quit)" ] &&
    [ ! "$source" -nt "$stamp" ] && [ ! .clang-tidy -nt "$stamp" ]; then
    return 0
  fi
  # Options of gcc that clang does not know are no mistake.
  clang-tidy --quiet -p build/release --extra-arg=-Wno-unknown-warning-option --extra-arg=-Wno-error "$source" \
    2> >(grep -v 'warnings generated\|Suppressed\|Use -header-filter' >&2) || return 1
  touch "$stamp"
}
export -f check

sources=$(find src capi -name '*.cpp' | sort)
if ! ls build/release/src/movie >/dev/null 2>&1; then sources=$(grep -v '^src/movie/' <<<"$sources"); fi
xargs -P "$(nproc)" -I{} bash -c 'check {}' <<<"$sources"
echo "clang-tidy: $(wc -l <<<"$sources") sources, no finding"
