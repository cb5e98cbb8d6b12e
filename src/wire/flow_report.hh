// SPDX-License-Identifier: Apache-2.0
//
// What there is to say about one flow at a moment: for people who ask the helper, not for its work.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/time.hh"
#include "wire/address.hh"

namespace nsrun::wire {

enum class FlowKind : uint8_t { kTcp, kUdp, kPing };

struct FlowReport {
  FlowKind kind = FlowKind::kTcp;
  bool is_published = false;  // begun by a client of a published port
  // As the guest sees it. Of a ping the port is the identifier, and `remote` has none.
  Endpoint guest = {};
  Endpoint remote = {};
  // Of TCP its own, or CONNECTING and SPLICED past the TAP; in static memory. Empty otherwise.
  std::string_view state = {};
  uint64_t bytes_to_host = 0;
  uint64_t bytes_to_guest = 0;
  base::Duration age{};
  // Zero: not known.
  base::Duration host_round_trip{};   // as the host's kernel measures it
  base::Duration guest_round_trip{};  // of the TAP link, as we measure it; past it, the kernel
};

// Some of all flows, and where to go on; nullopt: there are no more.
struct FlowPage {
  std::vector<FlowReport> flows;
  std::optional<uint32_t> next;
};

}  // namespace nsrun::wire
