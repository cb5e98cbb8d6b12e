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
  HostService(const HostService&) = delete;
  HostService& operator=(const HostService&) = delete;
  virtual ~HostService() = default;

  const wire::Endpoint& in_guest() const noexcept { return in_guest_; }

 protected:
  // `listener`: listens in the guest. Throws SystemError.
  HostService(loop::Loop& loop, base::Fd listener, const wire::Endpoint& in_guest);
  // What the connection of a client at `from` is in the guest's eyes.
  PairName name_of(const wire::Endpoint& from) const noexcept {
    return {.key = {wire::Transport::kTcp, from, in_guest_}, .is_published = false};
  }

 private:
  // A client whom nobody takes dies with its reset (its listener's SO_LINGER).
  virtual void serve(base::Fd client, const wire::Endpoint& from) noexcept = 0;

  wire::Endpoint in_guest_;
  TcpListener listener_;
};

// One that is at an address.
class HostPortService final : public HostService {
 public:
  // `targets`: where the service may be, one after the other while they refuse. `spliced` must
  // outlive the service. Throws SystemError.
  HostPortService(loop::Loop& loop, SpliceRelay& spliced, base::Fd listener,
                  const wire::Endpoint& in_guest, std::vector<wire::Endpoint> targets);

 private:
  void serve(base::Fd client, const wire::Endpoint& from) noexcept override {
    connect(std::move(client), from, 0);
  }
  void connect(base::Fd client, const wire::Endpoint& from, size_t tried) noexcept;

  SpliceRelay& spliced_;
  std::vector<wire::Endpoint> targets_;
};

}  // namespace nsrun::dataplane
