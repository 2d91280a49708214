#!/bin/sh
# Uses the library as it is installed, from a prefix that was moved after the installation.
#
#   install_test.sh STEP WORK_DIR ...
#
# The first step is `install`; each of the others stands alone after it. CMAKE, CC, CXX and FC name the tools.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
step=$1 work=$2
shift 2
prefix=$work/moved/prefix
strict="-Wall -Wextra -Wpedantic -Werror"

die() {
  echo "$*" >&2
  exit 1
}

# The folder with libpde.so, whatever the build calls it.
libdir() { dirname "$(find "$prefix" -name libpde.so)"; }

use_prefix() {
  PKG_CONFIG_PATH=$(libdir)/pkgconfig
  LD_LIBRARY_PATH=$(libdir)
  export PKG_CONFIG_PATH LD_LIBRARY_PATH
}

work_in() {
  rm -rf "${work:?}/$1"
  mkdir -p "$work/$1"
  cd "$work/$1"
}

case $step in
install) # BUILD_DIR
  rm -rf "$work"
  mkdir -p "$work/moved"
  "$CMAKE" --install "$1" --prefix "$work/first" >/dev/null
  mv "$work/first" "$prefix"
  if grep -rl "$work/first" "$prefix"; then
    die "the files above know where they were installed"
  fi
  if readelf -d "$(libdir)/libpde.so" | grep -E 'RPATH|RUNPATH'; then
    die "the library brings a search path of its own"
  fi
  ;;

pkg_config) # VERSION [PICTURE]
  use_prefix
  work_in pkg_config
  [ "$(pkg-config --modversion pde)" = "$1" ] || die "pkg-config tells another version than $1"
  # shellcheck disable=SC2046,SC2086
  "$CC" -std=c11 $strict "$here/recorder.c" $(pkg-config --cflags --libs pde) -o recorder
  ./recorder run.h5 ${2:+"$2"}
  # shellcheck disable=SC2046,SC2086
  "$CXX" -std=c++17 $strict "$here/reader.cpp" $(pkg-config --cflags --libs pde) -o reader
  ./reader run.h5
  for file in run.h5 ${2:+"$2"}; do
    [ -s "$file" ] || die "there is no $file"
  done
  ;;

find_package) # VERSION
  work_in find_package
  "$CMAKE" -G Ninja -S "$here/find_package" -B build -DCMAKE_PREFIX_PATH="$prefix" -DPDE_WANTED="$1" >log ||
    die "$(cat log)"
  "$CMAKE" --build build >log || die "$(cat log)"
  build/recorder run.h5
  build/reader run.h5
  if [ -e build/fortran_recorder ]; then
    build/fortran_recorder fortran.h5
  fi
  ;;

dlopen) # VERSION
  work_in dlopen
  # shellcheck disable=SC2086
  "$CC" -std=c11 $strict "$here/loader.c" -ldl -o loader
  ./loader "$(libdir)/libpde.so" "$1"
  ;;

symlink) # the movie module lies beside the library's file, not beside the link
  use_prefix
  work_in symlink
  mkdir elsewhere
  ln -s "$(libdir)/$(readlink "$(libdir)/libpde.so")" elsewhere
  # shellcheck disable=SC2046
  "$CC" "$here/recorder.c" $(pkg-config --cflags --libs pde) -o recorder
  LD_LIBRARY_PATH=elsewhere ./recorder run.h5 last.png
  ;;

fortran)
  use_prefix
  work_in fortran
  # shellcheck disable=SC2046
  "$FC" -Wall -Wextra "$here/recorder.f90" $(pkg-config --cflags --libs pde-fortran) -o recorder
  ./recorder run.h5
  ;;

absolute) # SOURCE_DIR: folders that are not below the prefix are named as they are
  work_in absolute
  "$CMAKE" -G Ninja -S "$1" -B build -DCMAKE_INSTALL_PREFIX=/some/prefix -DCMAKE_INSTALL_LIBDIR=/other/lib \
    -DPDE_TESTS=OFF -DPDE_EXAMPLES=OFF -DPDE_MOVIE=OFF -DPDE_FORTRAN=OFF >log || die "$(cat log)"
  flags=$(PKG_CONFIG_PATH=build pkg-config --cflags --libs pde)
  [ "$flags" = "-I/some/prefix/include -L/other/lib -lpde " ] || [ "$flags" = "-I/some/prefix/include -L/other/lib -lpde" ] ||
    die "pkg-config says $flags"
  ;;

*) die "there is no step $step" ;;
esac
