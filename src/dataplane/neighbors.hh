// SPDX-License-Identifier: Apache-2.0
//
// Who on the guest's side of the link was last seen behind which MAC address, for frames that
// nobody's frame asks for right now. One guest has a few addresses; behind a bridge that the TAP is
// a port of there may be more. Who is not remembered is taken to be where the last frame came from.
#pragma once

#include <array>
#include <cstddef>

#include "wire/address.hh"

namespace nsrun::dataplane {

class Neighbors {
 public:
  void learn(const wire::IpAddress& address, const wire::MacAddress& mac) noexcept {
    last_seen_ = mac;
    Entry& entry = entries_[slot_of(address)];
    entry.address = address;
    entry.mac = mac;
  }

  // Of whoever has sent no packet yet.
  void assume(const wire::MacAddress& mac) noexcept { last_seen_ = mac; }
  bool knows_nobody() const noexcept { return last_seen_ == wire::kBroadcastMac; }

  wire::MacAddress mac_of(const wire::IpAddress& address) const noexcept {
    const Entry& entry = entries_[slot_of(address)];
    return entry.address == address ? entry.mac : last_seen_;
  }

 private:
  struct Entry {
    wire::IpAddress address;
    wire::MacAddress mac;
  };

  // Neighbours differ in their last byte, mostly.
  static size_t slot_of(const wire::IpAddress& address) noexcept {
    return address.octets()[15] ^ (address.is_v4() ? 0 : 1);
  }

  std::array<Entry, 256> entries_{};
  wire::MacAddress last_seen_ = wire::kBroadcastMac;
};

}  // namespace nsrun::dataplane
