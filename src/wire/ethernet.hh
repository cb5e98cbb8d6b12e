// SPDX-License-Identifier: Apache-2.0
//
// Ethernet II frames (RFC 894), untagged. A frame may be longer than what it carries: IEEE 802.3
// pads short ones, and the IP header says where the packet ends.
//
//    +-------------------+-------------------+-----------+---------
//    |  destination (6)  |    source (6)     |  type (2) | payload
//    +-------------------+-------------------+-----------+---------
#pragma once

#include <cstdint>
#include <optional>

#include "base/big_endian.hh"
#include "base/bytes.hh"
#include "wire/address.hh"
#include "wire/header.hh"

namespace nsrun::wire {

inline constexpr uint16_t kEtherTypeIpv4 = 0x0800;
inline constexpr uint16_t kEtherTypeArp = 0x0806;
inline constexpr uint16_t kEtherTypeIpv6 = 0x86dd;

struct EthernetHeader {
  MacAddress destination;
  MacAddress source;
  base::Be16 ether_type;
};
static_assert(sizeof(EthernetHeader) == 14 && alignof(EthernetHeader) == 1);

class EthernetView {
 public:
  static std::optional<EthernetView> parse(base::Bytes frame) noexcept {
    if (frame.size() < sizeof(EthernetHeader)) return std::nullopt;
    return EthernetView(frame);
  }

  EthernetHeader header() const noexcept { return load_header<EthernetHeader>(frame_); }
  base::Bytes payload() const noexcept { return frame_.subspan(sizeof(EthernetHeader)); }

 private:
  explicit EthernetView(base::Bytes frame) noexcept : frame_(frame) {}
  base::Bytes frame_;
};

}  // namespace nsrun::wire
