// SPDX-License-Identifier: Apache-2.0
#include "rules/capture_filter.hh"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <span>

#include "rules/text.hh"
#include "wire/icmp.hh"

namespace nsrun::rules {
namespace {

using Protocol = CaptureFilter::Protocol;

// So that a frame is judged in a moment, whoever writes the filter.
constexpr size_t kMostConditions = 16;

std::optional<Protocol> protocol_named(std::string_view word) noexcept {
  if (word == "tcp") return Protocol::kTcp;
  if (word == "udp") return Protocol::kUdp;
  if (word == "icmp") return Protocol::kIcmp;
  if (word == "arp") return Protocol::kArp;
  return std::nullopt;
}

std::optional<uint16_t> parse_port(std::string_view word) noexcept {
  uint16_t port = 0;
  const auto [stop, error] = std::from_chars(word.data(), word.data() + word.size(), port);
  if (error != std::errc() || stop != word.data() + word.size()) return std::nullopt;
  return port;
}

base::Error not_understood(std::string_view what) {
  return base::Error{fmt::format("filter: \"{}\": expected {}", what, kCaptureFilterForm)};
}

// Takes the words of one condition from the front of `words`. Nothing: it was understood.
std::optional<base::Error> read_condition(std::span<const std::string_view>& words,
                                          CaptureFilter& filter) {
  const std::string_view word = words.front();
  words = words.subspan(1);
  if (const auto protocol = protocol_named(word)) {
    if (filter.protocol) {
      return base::Error{fmt::format("filter: \"{}\": no frame has two protocols", word)};
    }
    filter.protocol = protocol;
    return std::nullopt;
  }
  if ((word != "port" && word != "host") || words.empty()) return not_understood(word);
  const std::string_view value = words.front();
  words = words.subspan(1);
  if (word == "port") {
    const auto port = parse_port(value);
    if (!port) return base::Error{fmt::format("filter: \"{}\" is not a port", value)};
    filter.ports.push_back(*port);
  } else {
    const auto host = wire::IpAddress::parse(value);
    if (!host) return base::Error{fmt::format("filter: \"{}\" is not an address", value)};
    filter.hosts.push_back(*host);
  }
  return std::nullopt;
}

bool has_protocol(const wire::Packet& packet, Protocol protocol) noexcept {
  switch (protocol) {
    case Protocol::kTcp:
      return packet.protocol == wire::kProtocolTcp;
    case Protocol::kUdp:
      return packet.protocol == wire::kProtocolUdp;
    case Protocol::kIcmp:
      return packet.protocol == wire::kProtocolIcmp || packet.protocol == wire::kProtocolIcmpV6;
    case Protocol::kArp:
      return false;
  }
  return false;
}

}  // namespace

base::Result<CaptureFilter> parse_capture_filter(std::string_view text) {
  const auto all = split_words(text);
  CaptureFilter filter;
  std::span<const std::string_view> words(all);
  for (size_t conditions = 0; !words.empty(); ++conditions) {
    if (conditions == kMostConditions) {
      return base::Error{fmt::format("filter: more than {} conditions", kMostConditions)};
    }
    if (conditions > 0) {
      if (words.front() != "and" || words.size() == 1) return not_understood(words.front());
      words = words.subspan(1);
    }
    if (auto error = read_condition(words, filter)) return *error;
  }
  return filter;
}

bool takes(const CaptureFilter& filter, const wire::ParsedFrame& frame) noexcept {
  if (filter.takes_all()) return true;
  if (frame.status == wire::ParseStatus::kArp) {
    return filter.protocol == Protocol::kArp && filter.ports.empty() && filter.hosts.empty();
  }
  if (frame.status != wire::ParseStatus::kIp) return false;
  const wire::Packet& packet = frame.packet;
  if (filter.protocol && !has_protocol(packet, *filter.protocol)) return false;
  const bool has_hosts = std::ranges::all_of(filter.hosts, [&](const wire::IpAddress& host) {
    return packet.source == host || packet.destination == host;
  });
  const bool has_ports = std::ranges::all_of(filter.ports, [&](uint16_t port) {
    return packet.is_flow() && (packet.source_port == port || packet.destination_port == port);
  });
  return has_hosts && has_ports;
}

}  // namespace nsrun::rules
