// SPDX-License-Identifier: Apache-2.0
//
// The port under which the guest sees a client of a published port: the client's own, unless that
// 4-tuple is taken (two clients may both appear as the gateway), then another one.
#pragma once

#include <optional>

#include "os/random.hh"
#include "wire/flow_key.hh"

namespace nsrun::dataplane {

// An ephemeral one.
inline uint16_t random_client_port() {
  constexpr uint16_t kFirstEphemeral = 32768;
  return static_cast<uint16_t>(kFirstEphemeral +
                               os::random_value<uint16_t>() % (65536 - kFirstEphemeral));
}

// `is_taken(key)` says whether a flow has this name. nullopt: no free port was found.
template <typename IsTaken>
std::optional<wire::FlowKey> with_free_client_port(wire::FlowKey key, IsTaken is_taken) {
  constexpr int kAttempts = 64;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    if (!is_taken(key)) return key;
    key.remote.port = random_client_port();
  }
  return std::nullopt;
}

}  // namespace nsrun::dataplane
