// SPDX-License-Identifier: Apache-2.0
//
// A service of the host behind a Unix socket (--host-port unix:PATH:PORT). The helper sees no file:
// the process outside connects to the path, each time anew, and passes the socket on.
#pragma once

#include <cstdint>
#include <deque>

#include "dataplane/host_service.hh"
#include "dataplane/process_client.hh"

namespace nsrun::dataplane {

class HostSocketService final : public HostService {
 public:
  // `number`: as outside_words.hh has it. `spliced` and `outside` must outlive the service. Throws
  // SystemError.
  HostSocketService(loop::Loop& loop, SpliceRelay& spliced, ProcessClient& outside,
                    base::Fd listener, const wire::Endpoint& in_guest, uint32_t number);

 private:
  void serve(base::Fd client, const wire::Endpoint& from) noexcept override;
  void ask() noexcept;
  void take(ProcessAnswer answer) noexcept;
  void refuse(uint64_t number, int error) noexcept;

  loop::Loop& loop_;
  SpliceRelay& spliced_;
  ProcessClient& outside_;
  uint32_t number_;
  std::deque<uint64_t> waiting_;  // as hold() has numbered them; the first one for the answer
  loop::Timer retry_;
};

}  // namespace nsrun::dataplane
