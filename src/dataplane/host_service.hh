// SPDX-License-Identifier: Apache-2.0
//
// One service of the host on the guest's loopback (--host-port), and nothing else of the host: a
// listener of the guest's network whose clients are connected to the service and spliced.
#pragma once

#include <vector>

#include "dataplane/splice_relay.hh"
#include "dataplane/tcp_listener.hh"
#include "wire/address.hh"

namespace nsrun::dataplane {

class HostService {
 public:
  // `listener`: listens in the guest. `targets`: where the service may be, one after the other
  // while they refuse. `spliced` must outlive the service. Throws SystemError.
  HostService(loop::Loop& loop, SpliceRelay& spliced, base::Fd listener,
              const wire::Endpoint& in_guest, std::vector<wire::Endpoint> targets);
  HostService(const HostService&) = delete;
  HostService& operator=(const HostService&) = delete;

  const wire::Endpoint& in_guest() const noexcept { return in_guest_; }

 private:
  void connect(base::Fd client, const wire::Endpoint& from, size_t tried) noexcept;

  SpliceRelay& spliced_;
  wire::Endpoint in_guest_;
  std::vector<wire::Endpoint> targets_;
  TcpListener listener_;
};

}  // namespace nsrun::dataplane
