// SPDX-License-Identifier: Apache-2.0
//
// What --listen-fd means: "3:8080", or "3" (in the guest the port that the socket has on the host).
// Pure text to values.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.hh"

namespace nsrun::rules {

struct ListenRule {
  int number = -1;          // of the descriptor, beyond the standard streams
  uint16_t guest_port = 0;  // 0: the socket's own

  friend bool operator==(const ListenRule&, const ListenRule&) = default;
};

// The error names what is wrong and what is expected.
base::Result<ListenRule> parse_listen_rule(std::string_view text);

}  // namespace nsrun::rules
