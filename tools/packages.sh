# shellcheck shell=bash disable=SC2034  # The lists are used by the scripts that source this one.
# What has to be installed, in one place, and how. Sourced by the other scripts of this folder.

# To build and to run the programs.
build_packages=(
  g++ meson ninja-build pkg-config
  libcap-dev libcli11-dev libfmt-dev libglib2.0-dev libmnl-dev libseccomp-dev libslirp-dev
  libspdlog-dev nlohmann-json3-dev
)
# What the demonstration of tools/quickstart.sh uses.
quickstart_packages=(curl iperf3 python3 util-linux)
# What the suites use: frameworks, checkers, and real programs as peers.
test_packages=(
  libbenchmark-dev libgmock-dev libgtest-dev
  clang clang-format clang-tidy libclang-rt-14-dev git mandoc shellcheck
  apparmor bash bind9-dnsutils curl dbus-daemon iperf3 iproute2 iputils-ping less man-db openssl procps python3 python3-gi socat
  strace systemd tshark uidmap util-linux vim fish zsh
  nginx ngtcp2-client ngtcp2-server openssh-client openssh-server redis-server rsync
)
# The container engines of the suite "compat" and what its image is made of. Debian's slirp4netns is
# there so that a test which gets it in place of ours can fail.
engine_packages=(
  aardvark-dns buildah busybox-static catatonit crun docker.io iptables netavark nginx podman
  rootlesskit slirp4netns uidmap user-mode-linux
)

say() { printf '%s\n' "$*"; }
die() {
  printf '%s: %s\n' "${0##*/}" "$*" >&2
  exit 1
}

# Shows a command, then runs it.
shown() {
  printf '+ %s\n' "$*"
  "$@"
}

as_root() {
  if [ "$(id -u)" -eq 0 ]; then
    "$@"
  else
    command -v sudo >/dev/null || die "this step needs root: install sudo, or run as root: $*"
    sudo "$@"
  fi
}

# Does nothing when all packages are there, so that a second run needs neither network nor root.
install_packages() {
  local missing=() package
  for package in "$@"; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' ||
      missing+=("$package")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  command -v apt-get >/dev/null ||
    die "apt-get not found; install the counterparts of these Debian packages: ${missing[*]}"
  say "Installing: ${missing[*]}"
  as_root apt-get -qq update
  without_starting_services as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get -qq install -y --no-install-recommends "${missing[@]}" >/dev/null
}

# Debian starts a daemon as soon as it is installed (docker, nginx); nobody asked for that. Its own
# way to say so, policy-rc.d: 101 is "forbidden". A policy that is there already is left alone.
without_starting_services() (
  policy=/usr/sbin/policy-rc.d
  if [ ! -e "$policy" ]; then
    trap 'as_root rm -f "$policy"' EXIT
    printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
    as_root chmod 755 "$policy"
  fi
  "$@"
)
