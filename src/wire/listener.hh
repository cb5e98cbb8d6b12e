// SPDX-License-Identifier: Apache-2.0
//
// A socket that waits for whoever comes: a listening TCP socket, or a UDP socket that is bound and
// not connected.
#pragma once

#include "wire/address.hh"

namespace nsrun::wire {

struct Listener {
  Transport transport = Transport::kTcp;
  Endpoint local;

  friend constexpr auto operator<=>(const Listener&, const Listener&) = default;
};

}  // namespace nsrun::wire
