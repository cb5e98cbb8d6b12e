// SPDX-License-Identifier: Apache-2.0
#include "os/foreign_source.hh"

#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstdint>

#include "base/error.hh"
#include "os/netlink.hh"
#include "os/sysctl.hh"

namespace nsrun::os {
namespace {

// "nrun": of the sockets, and the number of the table.
constexpr uint32_t kMark = 0x6e72756e;

}  // namespace

void admit_foreign_sources() {
  write_sysctl("net/ipv4/tcp_fwmark_accept", "1");  // of both families
  write_sysctl("net/ipv4/fwmark_reflect", "1");
  Netlink netlink;
  netlink.keep_inside(AF_INET, kMark);
  if (!read_sysctl("net/ipv6/fwmark_reflect")) return;
  try {
    write_sysctl("net/ipv6/fwmark_reflect", "1");
    netlink.keep_inside(AF_INET6, kMark);
  } catch (const base::SystemError& error) {
    if (error.error_number() != EAFNOSUPPORT && error.error_number() != EOPNOTSUPP) throw;
  }
}

int allow_foreign_source(base::FdView socket, int family) noexcept {
  const int on = 1;
  const bool is_v4 = family == AF_INET;
  const bool is_allowed =
      setsockopt(socket.number(), SOL_SOCKET, SO_MARK, &kMark, sizeof kMark) == 0 &&
      setsockopt(socket.number(), is_v4 ? IPPROTO_IP : IPPROTO_IPV6,
                 is_v4 ? IP_TRANSPARENT : IPV6_TRANSPARENT, &on, sizeof on) == 0;
  return is_allowed ? 0 : errno;
}

}  // namespace nsrun::os
