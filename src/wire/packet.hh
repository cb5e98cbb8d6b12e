// SPDX-License-Identifier: Apache-2.0
//
// One whole frame, looked at once: the gate between bytes from the guest and everything else. All
// spans borrow the frame. Segments beyond the MTU (GSO) and trailing Ethernet padding are fine.
// Transport checksums are not verified here: with offloads they are often partial.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/bytes.hh"
#include "base/counters.hh"
#include "wire/address.hh"
#include "wire/ethernet.hh"
#include "wire/ipv4.hh"
#include "wire/ipv6.hh"

namespace nsrun::wire {

struct Fragment {
  uint32_t identification = 0;
  size_t offset_bytes = 0;
  bool more_fragments = false;
  // Of the headers that every fragment repeats: the IPv4 header, or the IPv6 headers before the
  // fragment header.
  size_t header_length = 0;
  // IPv6: position in the IP packet of the next-header field that names the fragment header.
  size_t next_header_offset = 0;
};

struct Packet {
  EthernetHeader ethernet{};    // all zero from parse_ip()
  base::Bytes frame;            // everything, with padding; empty from parse_ip()
  base::Bytes ip;               // from the IP header to the end that it states
  base::Bytes transport;        // what follows the IP headers; of a fragment: its piece of the data
  size_t transport_offset = 0;  // of `transport` in `ip`
  IpAddress source;
  IpAddress destination;
  uint16_t source_port = 0;  // ports of TCP and UDP; zero in a fragment
  uint16_t destination_port = 0;
  uint8_t protocol = 0;  // IANA number of what `transport` holds
  uint8_t hop_limit = 0;
  bool is_v4 = false;
  bool dont_fragment = false;        // IPv6: true unless it is a fragment
  std::optional<Fragment> fragment;  // IPv6: also for an atomic one (RFC 6946)

  Endpoint source_endpoint() const noexcept { return {source, source_port}; }
  Endpoint destination_endpoint() const noexcept { return {destination, destination_port}; }
  // TCP or UDP with its ports read: not a fragment.
  bool is_flow() const noexcept {
    return !fragment && (protocol == kProtocolTcp || protocol == kProtocolUdp);
  }
};

enum class ParseStatus : uint8_t {
  kIp,   // `packet` is complete
  kArp,  // only `ethernet` and `frame` are set; the ARP message itself has not been looked at
  kTooShort,
  kBadIp,         // version, lengths, IPv4 checksum, extension headers, v4-mapped IPv6 addresses
  kBadTransport,  // lengths of TCP, UDP, ICMP
  kUnknownEtherType,
};

struct ParsedFrame {
  ParseStatus status = ParseStatus::kTooShort;
  Packet packet;  // for kIp and kArp; else as far as it got
};

ParsedFrame parse_frame(base::Bytes frame) noexcept;

// The same for an IP packet without an Ethernet header. Never kArp.
ParsedFrame parse_ip(base::Bytes packet) noexcept;

// What to count for a frame that was refused; nothing for kIp and kArp.
std::optional<base::Counter> drop_counter(ParseStatus status) noexcept;

}  // namespace nsrun::wire
