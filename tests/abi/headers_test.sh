#!/bin/sh
# Compiles each public header alone, and the umbrella, as C11, C++17 and C++20, with all warnings as errors.
#
#   headers_test.sh INCLUDE_DIR
#
# Each header is included twice, so that its guard is tried as well. gcc and g++ are needed; clang is used where it is.
set -u

include_dir=${1:?usage: headers_test.sh INCLUDE_DIR}
warnings="-Wall -Wextra -Wpedantic -pedantic-errors -Wconversion -Wshadow -Werror"
failures=0
tries=0

compile() { # header compiler language standard [warnings of the language ...]
  header=$1 compiler=$2 language=$3 standard=$4
  shift 4
  tries=$((tries + 1))
  # shellcheck disable=SC2086
  if ! printf '#include "%s"\n#include "%s"\n' "$header" "$header" |
    "$compiler" -x "$language" -std="$standard" $warnings "$@" -I"$include_dir" -fsyntax-only -; then
    echo "$header does not compile: $compiler -std=$standard"
    failures=$((failures + 1))
  fi
}

compile_all() { # header c_compiler cxx_compiler
  compile "$1" "$2" c c11 -Wstrict-prototypes -Wmissing-prototypes
  compile "$1" "$3" c++ c++17 -Wold-style-cast
  compile "$1" "$3" c++ c++20 -Wold-style-cast
}

umbrella=pde.h
for path in "$include_dir/$umbrella" "$include_dir"/pde/*.h; do
  header=${path#"$include_dir"/}
  compile_all "$header" gcc g++
  if command -v clang >/dev/null 2>&1 && command -v clang++ >/dev/null 2>&1; then
    compile_all "$header" clang clang++
  fi
  if [ "$header" != "$umbrella" ] && ! grep -q "^#include \"$header\"" "$include_dir/$umbrella"; then
    echo "$umbrella does not include $header"
    failures=$((failures + 1))
  fi
done

if [ "$failures" -ne 0 ]; then
  echo "$failures failures"
  exit 1
fi
echo "$tries compilations without a warning"
