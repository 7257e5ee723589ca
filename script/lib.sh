# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# What the scripts share. Source it first; it goes to the repository's root:
#   . "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

this_script=$(realpath "$0")
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1

say() { printf '%s\n' "$*" >&2; }

# die MESSAGE [REMEDY]
die() {
  say "error: $1"
  if [[ -n ${2:-} ]]; then say "remedy: $2"; fi
  exit 1
}

# usage_if_asked "$@": prints the calling script's usage comment for -h or --help.
usage_if_asked() {
  case "${1:-}" in
    -h | --help)
      awk 'NR > 2 && /^#/ { sub(/^# ?/, ""); print; next } NR > 2 { exit }' "$this_script"
      exit 0
      ;;
  esac
}

# as_root COMMAND…: runs it as root, or fails where that would need a password.
as_root() {
  if [[ $(id -u) == 0 ]]; then "$@"; else sudo -n "$@"; fi
}

can_be_root() {
  [[ $(id -u) == 0 ]] || { command -v sudo && sudo -n true; } >/dev/null 2>&1
}

# need_packages PACKAGE…: installs them with apt-get, or says the one line that does.
need_packages() {
  local install="apt-get install -y --no-install-recommends $*"
  command -v apt-get >/dev/null || die "missing: $*" "install them with your system's package manager"
  can_be_root || die "missing packages: $*" "sudo apt-get update && sudo $install"
  say "installing: $*"
  as_root apt-get update -qq >&2
  as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -qq --no-install-recommends "$@" >&2
}

# toolchain_bin: the directory of the toolchain's tools (llvm-cov, llvm-profdata).
toolchain_bin() {
  swift -print-target-info | python3 -c '
import json, os, sys
resources = json.load(sys.stdin)["paths"]["runtimeResourcePath"]
print(os.path.normpath(os.path.join(resources, "..", "..", "bin")))'
}

# The build that script/check makes and whose tests script/test runs: one folder and one set of
# options, so that it is made once.
# shellcheck disable=SC2034 # for those who source this file
checked_build=(
  --build-tests --enable-code-coverage
  -Xswiftc -warnings-as-errors --explicit-target-dependency-import-check error
)

# How what users run is built (docs/decisions/0011): the runtime of Swift is within the program, and
# accesses are not checked for overlap while it runs; every test is built so that they are.
# shellcheck disable=SC2034 # for those who source this file
program_build=(-c release --static-swift-stdlib -Xswiftc -enforce-exclusivity=unchecked)
