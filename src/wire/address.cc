// SPDX-License-Identifier: Apache-2.0
#include "wire/address.hh"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <charconv>

namespace nsrun::wire {
namespace {

template <typename Integer>
std::optional<Integer> parse_number(std::string_view text, int base = 10) {
  Integer value{};
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value, base);
  if (text.empty() || error != std::errc() || stop != end) return std::nullopt;
  return value;
}

// An IPv4 length counts from bit 96 of the mapped form.
unsigned mapped_length(const Prefix& prefix) noexcept {
  return prefix.address().is_v4() ? prefix.length() + 96 : prefix.length();
}

uint8_t mask_octet(unsigned length, size_t index) noexcept {
  const size_t first_bit = index * 8;
  if (length >= first_bit + 8) return 0xff;
  if (length <= first_bit) return 0;
  return static_cast<uint8_t>(0xff << (first_bit + 8 - length));
}

}  // namespace

std::optional<MacAddress> MacAddress::parse(std::string_view text) {
  MacAddress mac;
  if (text.size() != 17) return std::nullopt;
  for (size_t i = 0; i < 6; ++i) {
    const auto octet = parse_number<uint8_t>(text.substr(i * 3, 2), 16);
    if (!octet || (i < 5 && text[i * 3 + 2] != ':')) return std::nullopt;
    mac.octets[i] = *octet;
  }
  return mac;
}

std::string MacAddress::to_string() const { return fmt::format("{:02x}", fmt::join(octets, ":")); }

IpAddress IpAddress::from_bytes(base::Bytes bytes) noexcept {
  NSRUN_CHECK(bytes.size() == 4 || bytes.size() == 16);
  if (bytes.size() == 4) return v4(base::load_big_endian<uint32_t>(bytes.data()));
  IpAddress address;
  std::memcpy(address.octets_.data(), bytes.data(), 16);
  return address;
}

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
  const std::string terminated(text);
  in_addr four{};
  if (inet_pton(AF_INET, terminated.c_str(), &four) == 1) return v4(ntohl(four.s_addr));
  IpAddress address;
  if (inet_pton(AF_INET6, terminated.c_str(), address.octets_.data()) == 1) return address;
  return std::nullopt;
}

std::string IpAddress::to_string() const {
  char text[INET6_ADDRSTRLEN];
  inet_ntop(is_v4() ? AF_INET : AF_INET6, header_bytes().data(), text, sizeof text);
  return text;
}

std::optional<Prefix> Prefix::parse(std::string_view text) {
  const size_t slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const auto address = IpAddress::parse(text.substr(0, slash));
  const auto length = parse_number<unsigned>(text.substr(slash + 1));
  if (!address || !length || *length > (address->is_v4() ? 32U : 128U)) return std::nullopt;
  return Prefix(*address, *length);
}

bool Prefix::contains(const IpAddress& address) const noexcept {
  if (address.is_v4() != address_.is_v4()) return false;
  const unsigned length = mapped_length(*this);
  const size_t whole = length / 8;
  if (std::memcmp(address.octets().data(), address_.octets().data(), whole) != 0) return false;
  if (whole == address.octets().size()) return true;
  return ((address.octets()[whole] ^ address_.octets()[whole]) & mask_octet(length, whole)) == 0;
}

IpAddress Prefix::network() const noexcept {
  std::array<uint8_t, 16> octets = address_.octets();
  const unsigned length = mapped_length(*this);
  for (size_t i = 0; i < 16; ++i) octets[i] &= mask_octet(length, i);
  return IpAddress::v6(octets);
}

std::string Prefix::to_string() const { return fmt::format("{}/{}", address_, length_); }

std::string Endpoint::to_string() const {
  return address.is_v4() ? fmt::format("{}:{}", address, port)
                         : fmt::format("[{}]:{}", address, port);
}

}  // namespace nsrun::wire

fmt::format_context::iterator fmt::formatter<nsrun::wire::IpAddress>::format(
    const nsrun::wire::IpAddress& value, format_context& context) const {
  return fmt::formatter<fmt::string_view>::format(value.to_string(), context);
}

fmt::format_context::iterator fmt::formatter<nsrun::wire::Endpoint>::format(
    const nsrun::wire::Endpoint& value, format_context& context) const {
  return fmt::formatter<fmt::string_view>::format(value.to_string(), context);
}
