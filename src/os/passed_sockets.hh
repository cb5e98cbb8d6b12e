// SPDX-License-Identifier: Apache-2.0
//
// Sockets that somebody else has bound, and listens with, for us to serve: the caller of netns-run,
// or a service manager. Owns our descriptors of them. Others may hold the same sockets, so their
// options stay as they are, as far as they do not hinder us.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/fd.hh"
#include "base/result.hh"
#include "wire/address.hh"

namespace nsrun::os {

// TCP that listens or UDP that is bound.
struct PassedSocket {
  base::Fd fd;
  wire::Transport transport = wire::Transport::kTcp;
  wire::Endpoint local;
  uint16_t guest_port = 0;
};

class PassedSockets {
 public:
  // Takes the descriptor. The error says what it is instead. `guest_port` 0: that of the socket.
  std::optional<base::Error> add(base::Fd fd, uint16_t guest_port);

  // In the order in which they were added.
  const std::vector<PassedSocket>& all() const noexcept { return sockets_; }
  // Not open when there is none of this name.
  base::Fd take(wire::Transport transport, const wire::Endpoint& local) noexcept;
  void close_all() noexcept { sockets_.clear(); }

 private:
  std::vector<PassedSocket> sockets_;
};

}  // namespace nsrun::os
