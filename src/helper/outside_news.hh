// SPDX-License-Identifier: Apache-2.0
//
// What the process outside tells the helper, each in one message: one byte that says which, then
// the addresses of 16 bytes each.
#pragma once

#include <cstddef>
#include <optional>
#include <variant>
#include <vector>

#include "base/bytes.hh"
#include "wire/address.hh"

namespace nsrun::helper {

struct NewNameServers {
  std::vector<wire::IpAddress> addresses;  // never empty
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
