#!/usr/bin/env bash
# From a clone to a web page served out of a rootless network namespace: installs the packages,
# builds into build/, and does the main job as an ordinary user. May be run again at any time.
set -euo pipefail
cd "$(dirname "$0")/.."
. tools/packages.sh

port=8080
iperf_port=5201
build=$PWD/build
work=

# Ends what this script started, by process id, and removes its folder.
clean_up() {
  local pid
  for pid in $(jobs -p); do kill "$pid" 2>/dev/null || true; done
  wait 2>/dev/null || true
  [ -z "$work" ] || rm -rf "$work"
}
trap clean_up EXIT

build_programs() {
  if [ ! -f build/build.ninja ]; then
    shown meson setup build -Dtests=false -Dbenchmarks=false
  fi
  shown ninja -C build
}

# Who runs the demonstration: the caller; when root calls, the user behind sudo, or the first ordinary
# user of the machine, or a new one.
pick_user() {
  if [ "$(id -u)" -ne 0 ]; then
    user=$(id -un)
  elif [ -n "${SUDO_USER-}" ] && [ "$SUDO_USER" != root ]; then
    user=$SUDO_USER
  else
    user=$(getent passwd | awk -F: '$3 >= 1000 && $3 < 60000 { print $1; exit }')
    if [ -z "$user" ]; then
      user=netns-demo
      say "There is no ordinary user yet; creating one:"
      shown useradd --create-home --shell /bin/bash "$user"
    fi
  fi
}

# What to write before a command so that the user runs it: a clean environment, the user's own groups.
as_user=()
prepare_user() {
  pick_user
  [ "$(id -u)" -eq 0 ] || return 0
  chown "$user" "$work"
  as_user=(setpriv --reuid "$user" --regid "$(id -g "$user")" --init-groups
    env -i HOME="$work" USER="$user" TERM="${TERM-dumb}"
    PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin)
}

# What a distribution's udev rules and defaults do elsewhere.
fix_host() {
  if [ ! -e /dev/net/tun ]; then
    say "/dev/net/tun is missing; loading the driver:"
    as_root modprobe tun || die "this kernel has no tun driver: ask for it in the host's set-up"
  fi
  if ! "${as_user[@]}" test -w /dev/net/tun -a -r /dev/net/tun; then
    say "/dev/net/tun is for root only here; other distributions make it mode 0666, so:"
    shown as_root chmod 0666 /dev/net/tun
  fi
  local switch=/proc/sys/kernel/unprivileged_userns_clone
  if [ -e $switch ] && [ "$(cat $switch)" = 0 ]; then
    say "User namespaces are closed to ordinary users here; opening them until the next start:"
    shown as_root sysctl -q kernel.unprivileged_userns_clone=1
  fi
}

# The programs where the user may run them: a clone below /root is closed to everybody else.
find_programs() {
  programs=$build/launcher
  if ! "${as_user[@]}" test -x "$build/launcher/netns-run" -a -x "$build/src/helper/netns-slirp"; then
    programs=$work/bin
    say "The user $user may not enter $PWD; copying the programs to $programs"
    install -D -t "$programs" "$build/launcher/netns-run" "$build/src/helper/netns-slirp"
  fi
}

is_free() {
  ! (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

free_port() {
  local candidate=$1
  until is_free "$candidate"; do candidate=$((candidate + 1)); done
  printf '%s\n' "$candidate"
}

# wait_for COMMAND...: until it succeeds, for ten seconds at most.
wait_for() {
  local try
  for ((try = 0; try < 100; try++)); do
    if "$@" >/dev/null 2>&1; then return; fi
    sleep 0.1
  done
  cat "$work/server.log"
  die "gave up waiting for: $*"
}

# Shows the command as a reader would type it, then starts it as the user in the background.
start_as_user() {
  printf '+ %s &\n' "$*"
  "${as_user[@]}" env PATH="$programs:/usr/bin:/bin" "$@" >"$work/server.log" 2>&1 &
}

shown_as_user() {
  printf '+ %s\n' "$*"
  "${as_user[@]}" env PATH="$programs:/usr/bin:/bin" "$@"
}

serve_a_page() {
  mkdir -p "$work/site"
  echo '<h1>Hello from a network namespace without root</h1>' >"$work/site/index.html"
  port=$(free_port $port)
  say
  say "1. A web server in a network namespace of its own, published on the host's port $port:"
  start_as_user netns-run -p "$port:80" -- python3 -m http.server --directory "$work/site" 80
  wait_for curl -fsS -o /dev/null "http://127.0.0.1:$port/"
  shown curl -sS "http://127.0.0.1:$port/"
  kill -TERM $!
  wait $! || true
}

measure() {
  iperf_port=$(free_port $iperf_port)
  say
  say "2. How fast is it? iperf3 in the namespace, its server on the host (for this, the host's"
  say "   loopback is opened at the gateway's address 10.0.2.2):"
  start_as_user iperf3 --server --one-off --bind 127.0.0.1 --port "$iperf_port"
  # Looks at the listening socket without connecting: the server serves one client only.
  wait_for grep -q "0100007F:$(printf '%04X' "$iperf_port") 00000000:0000 0A" /proc/net/tcp
  shown_as_user netns-run --allow-host-loopback -- \
    timeout 20 iperf3 --client 10.0.2.2 --port "$iperf_port" --time 3
}

install_packages "${build_packages[@]}" "${quickstart_packages[@]}"
build_programs
work=$(mktemp -d)
chmod 755 "$work"
prepare_user
fix_host
find_programs
say "The commands below run as the user $user."
serve_a_page
measure
say
say "Done. The programs are $build/launcher/netns-run and $build/src/helper/netns-slirp;"
say "\"meson install -C build\" puts them and their manual pages in place."
