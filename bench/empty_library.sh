#!/bin/sh
# Links an empty library that names the dependencies of another, in their order: empty_library.sh COMPILER LIBRARY OUT
set -eu
needed=$(readelf -d "$2" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/-l:\1/p')
# shellcheck disable=SC2086 # one word each
"$1" -shared -fPIC -x c /dev/null -x none -nostdlib -Wl,--no-as-needed $needed -o "$3"
