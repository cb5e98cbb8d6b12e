// SPDX-License-Identifier: Apache-2.0
//
// The end of TCP connections whose helper died. What the guest sends on one is answered by the next
// helper with a reset, but a program that only waits for data sends nothing, and would wait for
// ever. So each live connection gets a SYN: RFC 5961 section 4.2 has the guest's kernel answer it
// with an acknowledgment, whatever its sequence number, and that one gets the reset. A connection
// that does not lead through the helper sees one superfluous acknowledgment and lives on.
#pragma once

#include <sys/types.h>

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hh"
#include "os/tap.hh"
#include "wire/address.hh"

namespace nsrun::launcher {

// A connection as the guest sees it.
struct LiveFlow {
  wire::Endpoint own;
  wire::Endpoint other;
  friend bool operator==(const LiveFlow&, const LiveFlow&) = default;
};

// From the text of /proc/PID/net/tcp or tcp6 (proc_pid_net(5)), those that may wait in silence.
// Lines that are not understood are left out.
std::vector<LiveFlow> parse_live_flows(std::string_view table);

// The SYN for `flow` as an Ethernet frame to `guest`; its length, 0 without room.
size_t emit_challenge(base::MutableBytes out, const wire::MacAddress& guest, const LiveFlow& flow);

// The texts of /proc/PID/net/tcp and tcp6 as they are now, in the guest's network namespace.
using FlowTables = std::function<std::vector<std::string>()>;
// Those that the process `guest` sees.
std::vector<std::string> tcp_tables_of(pid_t guest);

// For all connections in `tables`, once the next helper reads the TAP. What cannot be done is left
// out: the guest may end meanwhile.
void provoke_resets(const os::Tap& tap, const FlowTables& tables) noexcept;

}  // namespace nsrun::launcher
