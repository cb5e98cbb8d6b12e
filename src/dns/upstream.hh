// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>

#include "wire/address.hh"

namespace nsrun::dns {

// A server to ask, at whatever port.
struct Upstream {
  constexpr Upstream() noexcept = default;
  // Most servers are an address and nothing else.
  constexpr Upstream(const wire::IpAddress& at, uint32_t by = 0) noexcept
      : address(at), interface(by) {}

  wire::IpAddress address;
  uint32_t interface = 0;  // that leads there, where the address is link-local (ipv6(7))
  friend auto operator<=>(const Upstream&, const Upstream&) = default;
};

}  // namespace nsrun::dns
