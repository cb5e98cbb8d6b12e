// SPDX-License-Identifier: Apache-2.0
#include "helper/outside_news.hh"

#include <algorithm>

namespace nsrun::helper {
namespace {

constexpr std::byte kNameServers{'N'};
constexpr std::byte kTargetIsGone{'G'};
constexpr size_t kAddressBytes = 16;

}  // namespace

std::vector<std::byte> encode(const OutsideNews& news) {
  const auto* servers = std::get_if<NewNameServers>(&news);
  if (servers == nullptr) return {kTargetIsGone};
  std::vector<std::byte> bytes{kNameServers};
  for (const wire::IpAddress& address : servers->addresses) {
    const base::Bytes octets = std::as_bytes(std::span(address.octets()));
    bytes.insert(bytes.end(), octets.begin(), octets.end());
  }
  return bytes;
}

std::optional<OutsideNews> decode_outside_news(base::Bytes bytes) {
  if (bytes.empty()) return std::nullopt;
  const base::Bytes rest = bytes.subspan(1);
  if (bytes.front() == kTargetIsGone && rest.empty()) return TargetIsGone{};
  if (bytes.front() != kNameServers || rest.empty() || rest.size() % kAddressBytes != 0) {
    return std::nullopt;
  }
  NewNameServers servers;
  for (size_t at = 0; at < rest.size(); at += kAddressBytes) {
    std::array<uint8_t, kAddressBytes> octets;
    std::ranges::copy(std::as_bytes(std::span(&rest[at], kAddressBytes)),
                      std::as_writable_bytes(std::span(octets)).begin());
    servers.addresses.push_back(wire::IpAddress::v6(octets));
  }
  return servers;
}

}  // namespace nsrun::helper
