// SPDX-License-Identifier: Apache-2.0
//
// The kernel's tables of sockets in /proc/PID/net: tcp, udp, icmp, and their 6 (proc_pid_net(5)).
// Pure: texts in, values out.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "wire/address.hh"

namespace nsrun::rules {

struct ProcSocket {
  wire::Endpoint own;
  wire::Endpoint other;  // all zero where there is none
  uint32_t state = 0;    // linux/tcp_states.h
  uint64_t inode = 0;    // 0: no descriptor refers to it
  friend bool operator==(const ProcSocket&, const ProcSocket&) = default;
};

// Lines that are not understood, the first among them, are left out.
std::vector<ProcSocket> parse_proc_sockets(std::string_view table);

}  // namespace nsrun::rules
