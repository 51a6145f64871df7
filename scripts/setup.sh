# shellcheck shell=bash
# The set-up that scripts/syncbench and scripts/test share; they source this file, nobody runs it. It goes from a bare
# Debian 12 with nothing but git to a Release build in build/: install what is missing, configure once, build what has
# changed. Where nothing is missing it only looks: no package manager is started and no network is needed. All it says
# goes to stderr, because stdout belongs to the program that is started afterwards.

# shellcheck disable=SC2034  # the lists are used by the scripts that source this

set -euo pipefail

# The list of Debian packages, kept here and nowhere else. "a|b" means that either will do; a missing one is installed as a.
# The sanitizers' runtime libraries come with g++, and flock and dpkg are on every Debian. Without its plugins hwloc reads
# only XML that it wrote itself, not the made-up machines of the tests. The last four of the tests have primitives of their
# own: the tests want to see their adapters; who wants to measure them installs them and configures again.
run_packages=(
  g++ cmake 'ninja-build|make' 'pkgconf|pkg-config'
  libbenchmark-dev libboost-program-options-dev libboost-context-dev libhwloc-dev nlohmann-json3-dev libfmt-dev
  python3 python3-matplotlib python3-numpy python3-scipy
)
test_packages=(
  libgtest-dev libbenchmark-tools libhwloc-plugins
  python3-pytest python3-hypothesis python3-jsonschema chromium chromium-driver
  libabsl-dev libck-dev libnsync-dev libtbb-dev
)

root=$(dirname -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")")
build=$root/build

say() { printf 'syncbench set-up: %s\n' "$*" >&2; }

# 3 is the exit code for "could not do what was asked"; 1 and 2 are verdicts of the program itself.
give_up() {
  say "$@"
  exit 3
}

# Two set-ups in one tree take turns. The children inherit the descriptor on purpose: a compiler that outlives a killed
# script still holds the lock, and the next set-up waits until nobody writes here any more.
take_turn() {
  { mkdir -p "$build" && exec 9>"$build/setup.lock"; } 2>/dev/null ||
    give_up "cannot write to $build; run as the owner of this directory, or from a clone of your own"
  command -v flock >/dev/null || return 0
  flock -n 9 && return 0
  say "another set-up is at work in $build; waiting for it"
  flock 9
}

end_turn() { exec 9>&-; }

# show_failure LOG: the end of a log, and where the rest of it is.
show_failure() {
  tail -n 40 "$1" >&2
  say "the whole output is in $1"
}

# missing_packages PACKAGE...: prints those that are not installed, on one line.
missing_packages() {
  local names wanted alternative known
  IFS='|' read -r -a names <<<"$(IFS='|' && echo "dpkg|$*")"
  # dpkg-query complains about a name that it has never heard of, and still answers for the others.
  known=$'\n'$(dpkg-query --show --showformat '${db:Status-Status} ${Package}\n' "${names[@]}" 2>/dev/null || true)$'\n'
  # A dpkg that was not installed by dpkg is a tool on some other distribution, and knows nothing about what is there.
  [[ $known == *$'\ninstalled dpkg\n'* ]] || return 0
  for wanted in "$@"; do
    IFS='|' read -r -a names <<<"$wanted"
    for alternative in "${names[@]}"; do
      [[ $known == *$'\n'"installed $alternative"$'\n'* ]] && continue 2
    done
    printf '%s ' "${names[0]}"
  done
}

# Puts the command that makes us root into the array `as_root`, or fails if there is none. A password is asked for only
# where somebody can type it.
become_root() {
  as_root=()
  [[ $(id -u) -eq 0 ]] && return 0
  command -v sudo >/dev/null || return 1
  as_root=(sudo)
  sudo -n true 2>/dev/null && return 0
  [[ -t 0 && -t 2 ]] && sudo -v
}

# require_packages PACKAGE...: installs what is missing. Without dpkg this is no Debian; the configure step then tells
# what it does not find.
require_packages() {
  command -v dpkg-query >/dev/null || return 0
  local missing as_root
  missing=$(missing_packages "$@")
  [[ -z $missing ]] && return 0
  become_root || ask_for_packages "these Debian packages are missing, and installing them takes root. Run as root:"
  take_turn
  missing=$(missing_packages "$@")  # whoever had the turn before us may have installed them
  [[ -z $missing ]] || install_packages
  end_turn
}

ask_for_packages() {
  say "$@"
  printf '%s\n' "apt-get install --no-install-recommends ${missing% }" >&2
  exit 3
}

install_packages() {
  local names log=$build/packages.log apt_get=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get)
  read -r -a names <<<"$missing"
  say "installing Debian packages, which takes minutes (output in $log): ${names[*]}"
  # An installation that was interrupted is finished first: apt-get refuses to work before that. Neither this nor an
  # update that fails is the end; what counts is whether the packages can be installed from the lists that are there.
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive dpkg --configure -a </dev/null >"$log" 2>&1 || true
  "${apt_get[@]}" update </dev/null >>"$log" 2>&1 || true
  "${apt_get[@]}" install --yes --no-install-recommends -o DPkg::Lock::Timeout=600 "${names[@]}" \
    </dev/null >>"$log" 2>&1 && return 0
  show_failure "$log"
  ask_for_packages "the packages could not be installed. When the cause is mended, run as root:"
}

# cached NAME: the value of an entry of CMake's cache, or nothing.
cached() { sed -n "s/^$1:[A-Z]*=//p" "$build/CMakeCache.txt" 2>/dev/null || true; }

# configure yes|no: makes build/ a Release build of this source tree, with tests if asked; does nothing where it is one.
# Tests that are already configured stay: the two scripts share build/, and neither undoes what the other did.
configure() {
  local with_tests=$1 fresh=() home testing
  home=$(cached CMAKE_HOME_DIRECTORY)
  testing=$(cached BUILD_TESTING)
  if [[ $home == "$root" && $(cached CMAKE_BUILD_TYPE) == Release && -z $(cached SYNCBENCH_SANITIZE) ]] &&
    [[ -e $build/build.ninja || -e $build/Makefile ]] && [[ $with_tests == no || $testing == ON ]]; then
    return 0
  fi
  # CMake writes CMAKE_HOME_DIRECTORY near the end of its cache. Without it the cache was cut short; with another value
  # the directory was moved or copied. Both can only be thrown away.
  [[ $home == "$root" ]] || fresh=(--fresh)
  [[ $with_tests == yes ]] && testing=ON
  say "configuring a Release build in $build"
  run_cmake "${fresh[@]}" && return 0
  # Once more without anything that an earlier configuration left behind.
  [[ $with_tests == yes ]] || testing=OFF
  run_cmake --fresh && return 0
  show_failure "$build/build.log"
  give_up "CMake could not configure the build"
}

run_cmake() {
  (
    cd -- "$root"
    # Ninja finds out that there is nothing to do several times faster than make.
    if command -v ninja >/dev/null; then export CMAKE_GENERATOR=${CMAKE_GENERATOR:-Ninja}; fi
    cmake --preset release "$@" -DBUILD_TESTING="${testing:-OFF}" </dev/null >"$build/build.log" 2>&1
  )
}

# build_target TARGET: quiet, unless it fails or takes longer than anybody likes to look at nothing.
build_target() {
  local log=$build/build.log status
  {
    status=0
    cmake --build "$build" --target "$1" --parallel "$(nproc)" </dev/null >"$log" 2>&1 || status=$?
    echo "$status"
  } | {
    # The other end of a pipe is a clock that cannot be left behind: it ends with the build, interrupted or not.
    if ! read -r -t 2 status; then
      say "building with $(nproc) processors; the first time takes minutes (output in $log)"
      read -r status || status=1
    fi
    [[ $status -eq 0 ]]
  } || { show_failure "$log" && give_up "the build failed"; }
}

# set_up_build yes|no TARGET: configure (with tests or without) and build one target.
set_up_build() {
  take_turn
  command -v cmake >/dev/null || give_up "cmake is not installed"
  configure "$1"
  build_target "$2"
  end_turn
}
