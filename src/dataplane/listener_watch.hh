// SPDX-License-Identifier: Apache-2.0
//
// Hands on a list of what the guest listens on several times a second, from the process inside, for
// as long as there is one. Costs nothing unless started. What comes and goes between two looks is
// not seen.
#pragma once

#include <functional>
#include <vector>

#include "base/log.hh"
#include "dataplane/inside_client.hh"
#include "loop/loop.hh"
#include "wire/listener.hh"

namespace nsrun::dataplane {

class ListenerWatch {
 public:
  using OnList = std::function<void(const std::vector<wire::Listener>&)>;

  // Both must outlive it.
  ListenerWatch(loop::Loop& loop, InsideClient& inside)
      : loop_(loop), inside_(inside), next_look_(loop, [this](base::Time) { look(); }) {}

  // The first list comes with the loop's first turns. `on_list` must not throw.
  void start(OnList on_list);

 private:
  void look() noexcept;
  void take(const ProcessAnswer& answer) noexcept;

  loop::Loop& loop_;
  InsideClient& inside_;
  OnList on_list_;
  loop::Timer next_look_;
  base::log::RateLimit failure_log_{std::chrono::minutes(1)};
};

}  // namespace nsrun::dataplane
