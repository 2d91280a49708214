#!/usr/bin/env bash
# Builds and runs every test: all of them in Release, then clang-tidy over the sources, then the tests of our own code under
# AddressSanitizer and UndefinedBehaviorSanitizer, then those with threads under ThreadSanitizer. Stops at the first of these
# steps that fails; the last lines are ctest's summary.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

jobs=$(nproc)
parts=(-DPDE_TESTS=ON -DPDE_MOVIE=ON)

scripts/install_deps.sh test
scripts/python_env.sh || [ $? -eq 77 ] # without it the tests that need it are skipped

scripts/build.sh release -- "${parts[@]}" -DPDE_FORTRAN=ON -DPDE_EXAMPLES=ON -DPDE_BENCH=ON
ctest --preset release --parallel "$jobs"
scripts/tidy.sh

scripts/build.sh asan-ubsan -- "${parts[@]}"
ctest --preset asan-ubsan --parallel "$jobs"

threaded=(handles_test shared_storage_test transfer_test worker_faults_test writing_order_test hdf5_host_test chunk_reading_property_test
  recording_test pipeline_test busy_handles_test exit_paths_test exit_handler_test loading_test)
scripts/build.sh tsan "${threaded[@]}" -- -DPDE_TESTS=ON -DPDE_MOVIE=OFF
ctest --preset tsan --parallel "$jobs" --tests-regex "^($(IFS='|'; echo "${threaded[*]}")):"
