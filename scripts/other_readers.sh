#!/usr/bin/env bash
# Has files of libpde, finished ones and those of a writer that was killed, read by h5py, h5dump, netCDF-C, h5wasm
# (JavaScript, needs node and npm) and jhdf (Java, needs a JDK and Maven). The last two are fetched into build/readers.
#
# usage: scripts/other_readers.sh
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readers=$PWD/build/readers
mkdir -p "$readers"
log=$readers/fetch.log
: >"$log"

if command -v npm >/dev/null; then
  npm install --prefix "$readers" --no-fund --no-audit h5wasm@0.10.3 >>"$log" 2>&1 || cat "$log" >&2
  main=$readers/node_modules/h5wasm/dist/node/hdf5_hl.js
  [ -f "$main" ] && export PDE_H5WASM=$main
fi
if command -v mvn >/dev/null; then
  cat >"$readers/pom.xml" <<'END'
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>readers</groupId><artifactId>readers</artifactId><version>1</version>
  <dependencies><dependency><groupId>io.jhdf</groupId><artifactId>jhdf</artifactId><version>0.9.4</version></dependency></dependencies>
</project>
END
  if mvn -q -B -f "$readers/pom.xml" dependency:build-classpath -Dmdep.outputFile="$readers/classpath" >>"$log" 2>&1; then
    PDE_JHDF=$(cat "$readers/classpath")
    export PDE_JHDF
  else
    cat "$log" >&2
  fi
fi
scripts/build.sh release pde >>"$log" 2>&1 || { cat "$log" >&2; exit 1; }
exec scripts/python_env.sh tests/interop/other_readers_test.py build/release/bin/libpde.so
