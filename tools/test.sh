#!/usr/bin/env bash
# Installs what the tests need, builds, runs all suites (save those labelled "long") and says how
# they went. The last line alone: "N passed, N failed, N skipped", over the single cases.
#
#   tools/test.sh            everything
#   tools/test.sh --quick    without the sanitizer build and the fuzzers
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
. tools/packages.sh

quick=no
case "${1-}" in
  '') ;;
  --quick) quick=yes ;;
  *) die "unknown argument $1; expected --quick or nothing" ;;
esac

# configure FOLDER OPTION...: a new build folder, or other options of an existing one.
configure() {
  local folder=$1
  shift
  printf '\n== %s\n' "$folder"
  if [ -f "$folder/build.ninja" ]; then
    shown meson configure "$folder" "$@"
  else
    shown meson setup "$folder" "$@"
  fi
}

# run_tests FOLDER OPTION...: builds what the tests need and runs them. What goes wrong is found in
# the logs by count_cases.py, at the end; the rest runs all the same.
run_tests() {
  local folder=$1
  shift
  folders+=("$folder")
  shown meson test -C "$folder" --no-suite long --print-errorlogs "$@"
}
folders=()

install_packages "${build_packages[@]}" "${test_packages[@]}" ||
  die "cannot install the packages that the tests need"
# On somebody's own machine they could take the place of other engines: there, the suite says which
# packages it misses.
if [ "${CI-}" = true ]; then
  install_packages "${engine_packages[@]}" || die "cannot install the container engines"
fi
# Logs and gtest reports of an earlier run must not be counted.
rm -rf build*/meson-logs/testlog.* build*/*.xml

configure build -Dtests=true -Dbenchmarks=true -Dwerror_ci=true -Dseccomp_kill=true \
  -Dapparmor=true
shown ninja -C build # all of it, benchmarks too
run_tests build
if [ "$quick" = no ]; then
  # Without -Werror: gcc's manual says that its warnings are at times wrong with sanitizers.
  configure build-asan -Db_sanitize=address,undefined -Doptimization=1 -Dbenchmarks=false \
    -Dseccomp_kill=true
  run_tests build-asan --suite unit --suite scenario --suite system
  # Only what two threads share: both loops' messages and the commands of the API under traffic.
  configure build-tsan -Db_sanitize=thread -Doptimization=1 -Dbenchmarks=false
  run_tests build-tsan --suite threads
  # libFuzzer is clang's.
  CC=clang CXX=clang++ configure build-fuzz -Dfuzz=true -Dbenchmarks=false
  run_tests build-fuzz --suite fuzz
fi

/usr/bin/python3 tools/count_cases.py "${folders[@]}"
