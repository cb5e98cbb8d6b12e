// SPDX-License-Identifier: Apache-2.0
//
// ARP for IPv4 over Ethernet (RFC 826), the only pair of address kinds that is accepted.
//
//    0                   1                   2                   3
//    +---------------------------------+---------------------------------+
//    |  hardware type (1: Ethernet)    |   protocol type (0x0800: IPv4)  |
//    +----------------+----------------+---------------------------------+
//    | hw length (6)  | proto len (4)  | operation (1 request, 2 reply)  |
//    +----------------+----------------+---------------------------------+
//    | sender MAC (6) | sender IP (4)  | target MAC (6) | target IP (4)  |
//    +----------------+----------------+----------------+----------------+
#pragma once

#include <cstdint>
#include <optional>

#include "base/big_endian.hh"
#include "base/bytes.hh"
#include "wire/address.hh"
#include "wire/ethernet.hh"
#include "wire/header.hh"

namespace nsrun::wire {

inline constexpr uint16_t kArpRequest = 1;
inline constexpr uint16_t kArpReply = 2;

struct ArpMessage {
  base::Be16 hardware_type = uint16_t{1};
  base::Be16 protocol_type = kEtherTypeIpv4;
  uint8_t hardware_length = 6;
  uint8_t protocol_length = 4;
  base::Be16 operation;
  MacAddress sender_mac;
  base::Be32 sender_ip;
  MacAddress target_mac;
  base::Be32 target_ip;
};
static_assert(sizeof(ArpMessage) == 28 && alignof(ArpMessage) == 1);

class ArpView {
 public:
  static std::optional<ArpView> parse(base::Bytes bytes) noexcept {
    if (bytes.size() < sizeof(ArpMessage)) return std::nullopt;
    const auto message = load_header<ArpMessage>(bytes);
    if (message.hardware_type != 1 || message.protocol_type != kEtherTypeIpv4) return std::nullopt;
    if (message.hardware_length != 6 || message.protocol_length != 4) return std::nullopt;
    return ArpView(message);
  }

  uint16_t operation() const noexcept { return message_.operation; }
  MacAddress sender_mac() const noexcept { return message_.sender_mac; }
  MacAddress target_mac() const noexcept { return message_.target_mac; }
  IpAddress sender_ip() const noexcept { return IpAddress::v4(message_.sender_ip); }
  IpAddress target_ip() const noexcept { return IpAddress::v4(message_.target_ip); }

 private:
  explicit ArpView(const ArpMessage& message) noexcept : message_(message) {}
  ArpMessage message_;
};

// "Who has `target`? Tell `sender` at `sender_mac`."
inline ArpMessage make_arp_request(const IpAddress& sender, const MacAddress& sender_mac,
                                   const IpAddress& target) noexcept {
  ArpMessage request;
  request.operation = kArpRequest;
  request.sender_mac = sender_mac;
  request.sender_ip = sender.v4_value();
  request.target_mac = {};
  request.target_ip = target.v4_value();
  return request;
}

}  // namespace nsrun::wire
