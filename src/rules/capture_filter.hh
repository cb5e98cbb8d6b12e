// SPDX-License-Identifier: Apache-2.0
//
// Which frames a capture takes: "tcp and port 443 and host 192.0.2.2". Conditions that all have to
// hold; a small part of pcap-filter(7), with its meaning. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/result.hh"
#include "wire/address.hh"
#include "wire/packet.hh"

namespace nsrun::rules {

inline constexpr std::string_view kCaptureFilterForm =
    "tcp, udp, icmp, arp, port NUMBER and host ADDRESS, joined by \"and\"";

struct CaptureFilter {
  enum class Protocol : uint8_t { kTcp, kUdp, kIcmp, kArp };

  std::optional<Protocol> protocol;
  std::vector<uint16_t> ports;         // each is one of the two
  std::vector<wire::IpAddress> hosts;  // likewise

  // Whether every frame passes, also one that nobody can read.
  bool takes_all() const noexcept { return !protocol && ports.empty() && hosts.empty(); }
  friend bool operator==(const CaptureFilter&, const CaptureFilter&) = default;
};

// "" takes all.
base::Result<CaptureFilter> parse_capture_filter(std::string_view text);

// A fragment has no ports; of ARP only the protocol is looked at.
bool takes(const CaptureFilter& filter, const wire::ParsedFrame& frame) noexcept;

}  // namespace nsrun::rules
