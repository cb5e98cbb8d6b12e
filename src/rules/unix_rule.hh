// SPDX-License-Identifier: Apache-2.0
//
// What "unix:/run/user/1000/web.sock:80" means: with -p a Unix stream socket of the host that leads
// to a TCP port of the guest, with -L one that the guest's port leads to. Pure text to values.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hh"

namespace nsrun::rules {

struct UnixRule {
  std::string path;
  uint16_t guest_port = 0;

  // As it may be given to -p or -L again.
  std::string to_string() const;
  friend bool operator==(const UnixRule&, const UnixRule&) = default;
};

// Whether `text` is meant as such a rule, and not as one with ports of the host.
bool is_unix_rule(std::string_view text) noexcept;
// The error names what is wrong and what is expected.
base::Result<UnixRule> parse_unix_rule(std::string_view text);

}  // namespace nsrun::rules
