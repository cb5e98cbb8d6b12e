// SPDX-License-Identifier: Apache-2.0
//
// The data plane's end of a process beside the helper (inside, outside): asks without waiting, and
// hands each answer to whoever asked. The process may be missing, have ended or hang: then every
// request fails, and one warning says so, once somebody has wanted something of it.
#pragma once

#include <deque>
#include <functional>
#include <vector>

#include "base/bytes.hh"
#include "dataplane/process_answer.hh"
#include "loop/loop.hh"

namespace nsrun::dataplane {

class ProcessClient : public loop::Source {
 public:
  using OnAnswer = std::function<void(ProcessAnswer)>;

  // `place`: where the process is, for messages: "in the guest's namespaces".
  ProcessClient(loop::Loop& loop, const char* place);

  // `channel`: the helper's end. Throws SystemError.
  void connect(base::Fd channel);

  // Calls `on_answer` exactly once unless this object ends before, perhaps at once: with ENOTCONN
  // where there is no such process. It must not throw.
  void ask(base::Bytes request, const OnAnswer& on_answer) noexcept;

 private:
  void on_ready(uint32_t events, base::Time now) noexcept override;
  void receive();
  bool keep(base::Bytes request, const OnAnswer& on_answer) noexcept;
  void send_queued() noexcept;
  void give_up(const char* why) noexcept;

  const char* place_;
  base::Fd channel_;
  std::deque<OnAnswer> waiting_;               // in the order of the requests
  std::deque<std::vector<std::byte>> queued_;  // requests that the socket did not take yet
  loop::Timer patience_;
  bool has_said_that_it_is_missing_ = false;
};

}  // namespace nsrun::dataplane
