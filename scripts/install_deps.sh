#!/usr/bin/env bash
# Installs the Debian packages that are missing, and says which and why.
#
#   scripts/install_deps.sh demo    what the library, the movie module and the demo program need
#   scripts/install_deps.sh test    the same, and what the tests use
#   scripts/install_deps.sh fuzz    the same, and what fuzzing uses
#
# Does nothing where all are there already. Otherwise it needs root, or sudo that asks for no password.
set -euo pipefail

level=${1:-demo}
case $level in
demo) levels=" demo " ;;
test) levels=" demo test " ;;
fuzz) levels=" demo test fuzz " ;;
*)
  echo "usage: $0 [demo|test|fuzz]" >&2
  exit 2
  ;;
esac

# package, level, why
packages() {
  cat <<'END'
g++                demo  C++20 and C compiler
cmake              demo  build
ninja-build        demo  build
pkg-config         demo  finds HDF5, libav and Cairo
libhdf5-dev        demo  file format
zlib1g-dev         demo  deflate and checksums
libdeflate-dev     demo  faster deflate and inflate
libisal-dev        demo  the fastest deflate
libfmt-dev         demo  messages
rapidjson-dev      demo  JSON of attributes
libavformat-dev    demo  movies: containers
libavcodec-dev     demo  movies: encoders
libavutil-dev      demo  movies: frames and their formats
libcairo2-dev      demo  figures
fonts-dejavu-core  demo  text in figures
libgtest-dev       test  GoogleTest
gfortran           test  Fortran module
ffmpeg             test  looks into the movies that we wrote
hdf5-tools         test  looks into the files that we wrote
netcdf-bin         test  looks into the files that we wrote
locales            test  a locale with a decimal comma, to test that none matters
clang-tidy         test  finds mistakes in the sources (scripts/tidy.sh)
python3            test  symbol and layer checks, py-pde and h5py
python3-venv       test  environment for py-pde and h5py
clang              fuzz  libFuzzer
libclang-rt-dev    fuzz  libFuzzer and the sanitizers of clang
llvm               fuzz  names in the stacks of sanitizers
END
}

is_installed() { [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
  echo "This is no Debian system, so nothing is installed; these packages, or what they are called here, are needed:" >&2
  packages | awk -v levels="$levels" 'index(levels, " " $2 " ") {print "  " $1}' >&2
  exit 0
fi

missing=()
while read -r package of_level why; do
  if [[ $levels == *" $of_level "* ]]; then
    if ! is_installed "$package"; then
      [ ${#missing[@]} -gt 0 ] || echo "Debian packages to install:"
      printf '  %-18s %s\n' "$package" "$why"
      missing+=("$package")
    fi
  fi
done < <(packages)
[ ${#missing[@]} -gt 0 ] || exit 0

if [ "$(id -u)" -eq 0 ]; then
  as_root=(env)
elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
  as_root=(sudo -n env)
else
  echo "Installing them needs root, or sudo without a password, and there is neither. As root:" >&2
  echo "  apt-get update && apt-get install --no-install-recommends ${missing[*]}" >&2
  exit 1
fi

log=$(mktemp)
trap 'rm -f "$log"' EXIT
if ! {
  "${as_root[@]}" apt-get -o DPkg::Lock::Timeout=300 update -q &&
    "${as_root[@]}" DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 install -q -y --no-install-recommends "${missing[@]}"
} >"$log" 2>&1 </dev/null; then
  cat "$log" >&2
  echo "apt-get could not install: ${missing[*]}" >&2
  exit 1
fi
echo "Installed."
