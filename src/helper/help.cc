// SPDX-License-Identifier: Apache-2.0
#include "helper/options.hh"

namespace nsrun::helper {

std::string_view help_text() noexcept {
  return R"(Usage: netns-slirp [OPTION]... PID|PATH [TAPNAME]
User-mode networking for unprivileged network namespaces.
The command line and the API socket are those of slirp4netns.

-c, --configure          bring up the interface
-e, --exit-fd=FD         end when the other side of FD is closed
-r, --ready-fd=FD        write "1" to FD when the network is ready
-m, --mtu=MTU            MTU of the interface (default=1500, max=65521)
-6, --enable-ipv6        enable IPv6
-a, --api-socket=PATH    listen for API requests at PATH
--cidr=CIDR              IPv4 network of the interface (default=10.0.2.0/24)
--disable-host-loopback  prohibit connecting to 127.0.0.1:* of the host
--netns-type=TYPE        what PID|PATH is ([path|pid|tapfd], default=pid)
--userns-path=PATH       user namespace of the network namespace
                         (only with --netns-type=path)
--enable-sandbox         accepted; the sandbox is always on
--enable-seccomp         accepted; the system call filter is always on
--outbound-addr=IPv4     source address of outgoing IPv4, or an interface's name
--outbound-addr6=IPv6    source address of outgoing IPv6, or an interface's name
--disable-dns            no name server at the third address (10.0.2.3)
--macaddress=MAC         MAC address of the interface (only with -c)
--target-type=TYPE       what the target is ([netns|bess], default=netns);
                         bess: a socket to which User Mode Linux connects
-h, --help               show this help and exit
-v, --version            show the version and exit

Not in slirp4netns:
-p, --publish=RULE       publish [[ADDRESS:]HOST_PORT:]GUEST_PORT[/udp] or
                         unix:PATH:GUEST_PORT; may be given more than once
--publish-fallback       where a host port is taken, publish the next free one
--publish-loopback       publish what listens on the guest's loopback only, too
--splice                 lead TCP clients of this host past the TAP
-L, --host-port=RULE     put a service of the host on the guest's loopback, as
                         [[ADDRESS:]HOST_PORT:]GUEST_PORT or
                         unix:PATH:GUEST_PORT; may be given more than once
--listen-fd=FD[:PORT]    publish the bound socket FD as this port of the guest,
                         by default its own; may be given more than once
--cidr6=CIDR             IPv6 network of the interface (default=fd00::/64)
--disable-ipv6           no IPv6
--dns=ADDRESS            ask this name server instead of those in resolv.conf;
                         may be given more than once
--deny-link-local        prohibit link-local and cloud metadata addresses
--no-sandbox             start even where the host forbids a sandbox stage
--tcp-engine=ENGINE      what carries TCP ([accelerated|libslirp])
--launcher-fd=FD         take the interface from netns-run over the socket FD
--instance=NAME,STARTED,COMMAND
                         answer netns-ctl as this instance of netns-run
--verbose                say more on stderr
--quiet                  say errors only
)";
}

}  // namespace nsrun::helper
