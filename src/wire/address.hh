// SPDX-License-Identifier: Apache-2.0
//
// Addresses as values. IPv4 and IPv6 share one shape: 16 bytes, IPv4 in its mapped form
// ::ffff:a.b.c.d (RFC 4291 section 2.5.5.2), so that tables and comparisons need one path. A
// "real" v4-mapped IPv6 address never comes from a frame: parse_frame() refuses it.
#pragma once

#include <fmt/core.h>

#include <array>
#include <bit>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/bytes.hh"
#include "base/error.hh"

namespace nsrun::wire {

struct MacAddress {
  std::array<uint8_t, 6> octets{};

  // "52:54:00:12:34:56", any case. Nothing else is accepted.
  static std::optional<MacAddress> parse(std::string_view text);
  std::string to_string() const;
  // The group bit (IEEE 802): multicast and broadcast.
  bool is_multicast() const noexcept { return (octets[0] & 1) != 0; }
  friend auto operator<=>(const MacAddress&, const MacAddress&) = default;
};

inline constexpr MacAddress kBroadcastMac{{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}};

class IpAddress {
 public:
  // The IPv6 unspecified address "::".
  constexpr IpAddress() noexcept = default;

  // `value` in host byte order: 0x7f000001 is 127.0.0.1.
  static constexpr IpAddress v4(uint32_t value) noexcept {
    IpAddress address;
    address.octets_[10] = address.octets_[11] = 0xff;
    for (size_t i = 0; i < 4; ++i) {
      address.octets_[12 + i] = static_cast<uint8_t>(value >> (24 - 8 * i));
    }
    return address;
  }
  static constexpr IpAddress v6(const std::array<uint8_t, 16>& octets) noexcept {
    IpAddress address;
    address.octets_ = octets;
    return address;
  }
  // From a header: `bytes` holds 4 or 16 bytes in network byte order.
  static IpAddress from_bytes(base::Bytes bytes) noexcept;
  // Dotted quad or RFC 4291 text, without brackets, zone or prefix length.
  static std::optional<IpAddress> parse(std::string_view text);

  constexpr bool is_v4() const noexcept {
    const auto words = std::bit_cast<std::array<uint32_t, 4>>(octets_);
    return (words[0] | words[1]) == 0 &&
           words[2] == std::bit_cast<uint32_t>(std::array<uint8_t, 4>{0, 0, 0xff, 0xff});
  }
  constexpr bool is_v6() const noexcept { return !is_v4(); }
  // Only when is_v4(); host byte order.
  constexpr uint32_t v4_value() const noexcept {
    return uint32_t{octets_[12]} << 24 | uint32_t{octets_[13]} << 16 | uint32_t{octets_[14]} << 8 |
           uint32_t{octets_[15]};
  }
  // All 16 bytes, network byte order.
  constexpr const std::array<uint8_t, 16>& octets() const noexcept { return octets_; }
  // The bytes as a header holds them: 4 or 16, network byte order. Valid while *this lives.
  base::Bytes header_bytes() const noexcept {
    const base::Bytes all = std::as_bytes(std::span(octets_));
    return is_v4() ? all.last(4) : all;
  }
  // 0.0.0.0 or ::
  constexpr bool is_unspecified() const noexcept {
    return is_v4() ? v4_value() == 0 : *this == IpAddress();
  }
  // 127.0.0.0/8 or ::1
  constexpr bool is_loopback() const noexcept {
    if (is_v4()) return octets_[12] == 127;
    for (size_t i = 0; i < 15; ++i) {
      if (octets_[i] != 0) return false;
    }
    return octets_[15] == 1;
  }
  // 224.0.0.0/4, 240.0.0.0/4 with 255.255.255.255, or ff00::/8: no single host.
  constexpr bool is_multicast_or_broadcast() const noexcept {
    return is_v4() ? v4_value() >= 0xe0000000 : octets_[0] == 0xff;
  }
  // fe80::/10, which means something only together with an interface.
  constexpr bool is_link_local_v6() const noexcept {
    return octets_[0] == 0xfe && (octets_[1] & 0xc0) == 0x80;
  }
  std::string to_string() const;
  friend constexpr auto operator<=>(const IpAddress&, const IpAddress&) = default;

 private:
  std::array<uint8_t, 16> octets_{};
};

inline constexpr IpAddress kAnyV4 = IpAddress::v4(0);
inline constexpr IpAddress kAnyV6 = IpAddress();
inline constexpr IpAddress kLoopbackV4 = IpAddress::v4(0x7f000001);
inline constexpr IpAddress kLoopbackV6 =
    IpAddress::v6({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1});

// A network: an address and how many of its leading bits count (0-32 for v4, 0-128 for v6).
class Prefix {
 public:
  constexpr Prefix() noexcept = default;
  // `length` beyond the family's maximum is cut to it. Host bits are kept as given.
  constexpr Prefix(IpAddress address, unsigned length) noexcept
      : address_(address), length_(length > max_length() ? max_length() : length) {}
  // "10.0.2.0/24"; the length is required.
  static std::optional<Prefix> parse(std::string_view text);

  constexpr IpAddress address() const noexcept { return address_; }
  constexpr unsigned length() const noexcept { return length_; }
  constexpr unsigned max_length() const noexcept { return address_.is_v4() ? 32 : 128; }
  // False for an address of the other family.
  bool contains(const IpAddress& address) const noexcept;
  // The address with all host bits zero.
  IpAddress network() const noexcept;
  std::string to_string() const;
  friend constexpr bool operator==(const Prefix&, const Prefix&) = default;

 private:
  IpAddress address_;
  unsigned length_ = 0;
};

struct Endpoint {
  IpAddress address;
  uint16_t port = 0;  // host byte order

  // "10.0.2.100:80" or "[fd00::100]:80"
  std::string to_string() const;
  friend constexpr auto operator<=>(const Endpoint&, const Endpoint&) = default;
};

enum class Transport : uint8_t { kTcp = 6, kUdp = 17 };  // IANA protocol numbers

}  // namespace nsrun::wire

template <>
struct fmt::formatter<nsrun::wire::IpAddress> : fmt::formatter<fmt::string_view> {
  format_context::iterator format(const nsrun::wire::IpAddress& value,
                                  format_context& context) const;
};
template <>
struct fmt::formatter<nsrun::wire::Endpoint> : fmt::formatter<fmt::string_view> {
  format_context::iterator format(const nsrun::wire::Endpoint& value,
                                  format_context& context) const;
};
