// SPDX-License-Identifier: Apache-2.0
//
// All flows of one end, in one epoll set, and the sums of what became of them.
#pragma once

#include <sys/epoll.h>

#include <array>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/fd.hh"
#include "flow.hh"

namespace nsrun::soak {

struct Sums {
  uint64_t clean = 0;
  uint64_t killed_here = 0;
  uint64_t killed_there = 0;
  uint64_t unseen = 0;
  uint64_t wrong = 0;
  uint64_t sent_bytes = 0;
  uint64_t compared_bytes = 0;

  std::string text() const;
};

class Crowd {
 public:
  Crowd();

  void add(std::unique_ptr<Flow> flow);
  size_t size() const noexcept { return flows_.size(); }
  const Sums& sums() const noexcept { return sums_; }

  // Calls `on_ready` when `fd` can be read.
  void watch(base::FdView fd, std::function<void()> on_ready);
  void forget(base::FdView fd);
  // One wake-up, after a tenth of a second at the latest.
  void run_once();

 private:
  struct Member {
    std::unique_ptr<Flow> flow;
    uint32_t events = 0;
  };

  void serve(int number, uint32_t events, base::Time now);
  void end_pauses(base::Time now);
  void look_for_stalled(base::Time now);
  void settle(int number);
  void remove(int number);

  base::Fd epoll_;
  std::array<epoll_event, 256> ready_;
  std::unordered_map<int, Member> flows_;
  std::unordered_map<int, std::function<void()>> watched_;
  std::vector<int> paused_;
  base::Time next_look_;
  Sums sums_;
};

}  // namespace nsrun::soak
