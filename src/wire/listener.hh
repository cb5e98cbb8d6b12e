// SPDX-License-Identifier: Apache-2.0
//
// A socket that waits for whoever comes: a listening TCP socket, or a UDP socket that is bound and
// not connected; and lists of them as bytes, from one of our processes to another.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "base/bytes.hh"
#include "wire/address.hh"

namespace nsrun::wire {

struct Listener {
  Transport transport = Transport::kTcp;
  Endpoint local;

  friend constexpr auto operator<=>(const Listener&, const Listener&) = default;
};

// What comes after the first kMaxListeners is left out: a list fits in one message.
inline constexpr size_t kMaxListeners = 3000;
std::vector<std::byte> encode_listeners(std::span<const Listener> listeners);
// Nothing when the bytes are no such list.
std::optional<std::vector<Listener>> decode_listeners(base::Bytes bytes);

}  // namespace nsrun::wire
