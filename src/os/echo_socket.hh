// SPDX-License-Identifier: Apache-2.0
//
// Ping sockets (icmp(7)): echo requests without privileges, where the sysctl
// net.ipv4.ping_group_range lets the group. The kernel owns identifier and checksum.
// ICMP errors come as take_datagram_error() gives them.
#pragma once

#include <optional>

#include "base/fd.hh"
#include "wire/address.hh"

namespace nsrun::os {

struct OpenedEchoSocket {
  base::Fd socket;  // connected; empty when there could be none
  int error = 0;    // why not: EACCES where the sysctl excludes us
};

// From `source`, when given.
OpenedEchoSocket open_echo_socket(const wire::IpAddress& destination,
                                  const std::optional<wire::IpAddress>& source) noexcept;

}  // namespace nsrun::os
