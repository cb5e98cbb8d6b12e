// SPDX-License-Identifier: Apache-2.0
//
// A level-triggered epoll set whose events name file descriptors. It does not own them; a closed
// descriptor leaves the set by itself.
#pragma once

#include <sys/epoll.h>

#include <array>
#include <cstdint>
#include <span>

#include "base/fd.hh"
#include "base/time.hh"

namespace nsrun::bench {

class Poller {
 public:
  Poller();
  void watch_input(base::FdView fd);
  // For a socket that is not watched yet; it is writable when its connect is over.
  void watch_output(base::FdView fd);
  // For a socket that is watched for output.
  void watch_input_only(base::FdView fd);
  // Valid until the next wait. Empty when `longest` has passed.
  std::span<const epoll_event> wait(base::Duration longest);

 private:
  void control(int operation, base::FdView fd, uint32_t events);

  base::Fd epoll_;
  std::array<epoll_event, 256> events_{};
};

}  // namespace nsrun::bench
