// SPDX-License-Identifier: Apache-2.0
//
// The data plane's end of the process inside: asks without waiting, and hands each answer to
// whoever asked. The process may be missing, have ended or hang: then every request fails, and one
// warning says so, once somebody has wanted something of it.
#pragma once

#include <deque>
#include <functional>

#include "dataplane/inside_words.hh"
#include "loop/loop.hh"

namespace nsrun::dataplane {

class InsideClient final : public loop::Source {
 public:
  using OnAnswer = std::function<void(InsideAnswer)>;

  explicit InsideClient(loop::Loop& loop);

  // `channel`: the helper's end, from Inside::take_channel(). Throws SystemError.
  void connect(base::Fd channel);

  // Calls `on_answer` exactly once unless this object ends before, perhaps at once: with ENOTCONN
  // where there is no such process. It must not throw.
  void ask(InsideRequest request, const OnAnswer& on_answer) noexcept;

 private:
  void on_ready(uint32_t events, base::Time now) noexcept override;
  void receive();
  void give_up(const char* why) noexcept;

  base::Fd channel_;
  std::deque<OnAnswer> waiting_;  // in the order of the requests
  loop::Timer patience_;
  bool has_said_that_it_is_missing_ = false;
};

}  // namespace nsrun::dataplane
