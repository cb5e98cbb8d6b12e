// SPDX-License-Identifier: Apache-2.0
//
// What the process outside tells the helper, each in one message: one byte that says which, then
// 16 bytes of address and 4 of interface each.
#pragma once

#include <cstddef>
#include <optional>
#include <variant>
#include <vector>

#include "base/bytes.hh"
#include "dns/upstream.hh"

namespace nsrun::helper {

struct NewNameServers {
  std::vector<dns::Upstream> servers;  // never empty
  friend bool operator==(const NewNameServers&, const NewNameServers&) = default;
};
struct TargetIsGone {
  friend bool operator==(const TargetIsGone&, const TargetIsGone&) = default;
};
using OutsideNews = std::variant<NewNameServers, TargetIsGone>;

std::vector<std::byte> encode(const OutsideNews& news);
// nullopt: no message of ours.
std::optional<OutsideNews> decode_outside_news(base::Bytes bytes);

}  // namespace nsrun::helper
