// SPDX-License-Identifier: Apache-2.0
//
// What a network namespace listens on, by sock_diag(7): the one that the calling thread was in when
// the object was made. Once made it opens nothing more.
#pragma once

#include <vector>

#include "base/fd.hh"
#include "wire/listener.hh"

namespace nsrun::os {

class ListenerList {
 public:
  // Throws SystemError.
  ListenerList();

  // Listening TCP sockets, and UDP sockets that are bound and not connected; one that takes both
  // families is in it twice. Left out are UDP sockets at a port that the kernel may have chosen
  // (ip_local_port_range, as it was at first): clients that wait for their answer look the same.
  // In order, without repetitions. Throws SystemError.
  std::vector<wire::Listener> read();

 private:
  base::Fd socket_;
  uint32_t sequence_ = 0;
  uint16_t first_chosen_port_ = 32768;  // the kernel's default, where /proc does not tell
  uint16_t last_chosen_port_ = 60999;
};

}  // namespace nsrun::os
