// SPDX-License-Identifier: Apache-2.0
#include "helper/outside_news.hh"

#include <span>

namespace nsrun::helper {
namespace {

constexpr std::byte kNameServers{'N'};
constexpr std::byte kTargetIsGone{'G'};
constexpr size_t kAddressBytes = 16;
constexpr size_t kServerBytes = kAddressBytes + sizeof(uint32_t);

}  // namespace

std::vector<std::byte> encode(const OutsideNews& news) {
  const auto* name_servers = std::get_if<NewNameServers>(&news);
  if (name_servers == nullptr) return {kTargetIsGone};
  std::vector<std::byte> bytes(1 + name_servers->servers.size() * kServerBytes);
  base::ByteWriter writer(bytes);
  writer.write_u8(static_cast<uint8_t>(kNameServers));
  for (const dns::Upstream& server : name_servers->servers) {
    writer.write(std::as_bytes(std::span(server.address.octets())));
    writer.write_be32(server.interface);
  }
  return bytes;
}

std::optional<OutsideNews> decode_outside_news(base::Bytes bytes) {
  if (bytes.empty()) return std::nullopt;
  const base::Bytes rest = bytes.subspan(1);
  if (bytes.front() == kTargetIsGone && rest.empty()) return TargetIsGone{};
  if (bytes.front() != kNameServers || rest.empty() || rest.size() % kServerBytes != 0) {
    return std::nullopt;
  }
  NewNameServers name_servers;
  base::ByteReader reader(rest);
  for (size_t left = rest.size() / kServerBytes; left > 0; --left) {
    const auto address = wire::IpAddress::from_bytes(reader.take(kAddressBytes));
    name_servers.servers.push_back({address, reader.read_be32()});
  }
  return name_servers;
}

}  // namespace nsrun::helper
