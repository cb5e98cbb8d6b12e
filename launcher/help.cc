// SPDX-License-Identifier: Apache-2.0
#include "launcher/options.hh"

namespace nsrun::launcher {

std::string_view help_text() noexcept {
  return R"(Runs a command in a network namespace of its own: online, without root.

  netns-run curl https://example.org
  netns-run -p 8080:80 -- python3 -m http.server 80
  netns-run -p 127.0.0.1:5353:53/udp -p 8000-8010:9000-9010 ./server
  netns-run --map-root sh -c "ip address; tcpdump -i tap0"

Usage: netns-run [options] [--] command [args]

  -p, --publish RULE       publish [[host-address:]host-port:]port[/udp],
                           ranges; auto: all it listens on; unix:PATH:port
      --publish-fallback   use the next free port where one is taken
      --no-publish-loopback, --no-splice   keep its loopback closed; use the TAP
  -L, --host-port RULE     put a port of the host on its 127.0.0.1; RULE as -p's
      --listen-fd FD[:PORT], --listen-fds WHO   publish the caller's sockets
      --allow-host-loopback  let it reach the host's loopback at the gateway
      --allow-link-local   let it reach 169.254/16, fe80::/10, cloud metadata
Network of the command
      --cidr NETWORK, --cidr6 NETWORK   host 2 is the gateway, 3 DNS, 100 the
                           command (default: 10.0.2.0/24 and fd00::/64)
      --no-ipv6, --no-dns  IPv4 only; no DNS service: resolv.conf is the host's
      --dns ADDRESS, --dns-search DOMAIN, --dns-option OPTION   as Docker's
      --add-host NAME:ADDRESS   a line in /etc/hosts; or NAME:host-gateway
      --mtu BYTES, --ifname NAME, --mac ADDRESS   1500, tap0, random by default
      --outbound-addr, --outbound-addr6 ADDRESS|INTERFACE   connect from there
      --tcp-engine NAME    accelerated or libslirp (default: accelerated)
      --netns PID|NAME|PATH  connect an existing namespace; needs no command
      --detach, --notify WHO   go on in the background once ready; who says so
      --name NAME          what netns-ctl calls it (default: run-PID)
      --api-socket PATH    a socket to publish ports while the command runs
Process
      --map-root, --map-auto  be root inside; auto: with your /etc/subuid ids
      --uid-map, --gid-map INSIDE:OUTSIDE:COUNT   explicit maps; repeatable
      --cap-add, --cap-drop NAME[,NAME...]  with --map-root, as Docker's; or ALL
      --no-new-privs[=false]  no setuid (default: unless it has capabilities)
      --allow-vsock        allow AF_VSOCK, io_uring, and 32-bit sockets
      --no-sandbox         go on where the host forbids the helper's sandbox
      --memory SIZE, --cpus NUMBER, --pids NUMBER   limits, like 512m, 1.5, 100
      --share-pid          see the host's processes: no PID namespace
      --ipc, --uts, --hostname NAME, --cgroup   more namespaces of its own
  -v, --verbose; -q, --quiet   say what happens; only errors
  -h, --help, --version
      --profile NAME       take options from ~/.config/netns-run/NAME.toml
      --print-config       print the options in effect, as such a file
      --check              say what this host lacks, and how to fix it

Status: the command's own, 128 + n after signal n; 127 not found, 126 not
executable, 125 netns-run failed.
)";
}

}  // namespace nsrun::launcher
