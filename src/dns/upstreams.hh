// SPDX-License-Identifier: Apache-2.0
//
// Which name servers to ask, and in what order. Pure: no sockets, and time is an argument. Servers
// keep the order of resolv.conf; one that failed steps behind the others for a while, so that a
// dead first server costs one query its time-out and not every query.
#pragma once

#include <vector>

#include "base/time.hh"
#include "dns/upstream.hh"

namespace nsrun::dns {

class Upstreams {
 public:
  // How long a server that failed is asked last.
  static constexpr base::Duration kAvoidance = std::chrono::seconds(30);

  // Replaces the servers and forgets what was known of them. Repeated ones count once. Without any
  // it is 127.0.0.1, as resolv.conf(5) says.
  void set(const std::vector<Upstream>& servers);

  // All servers in the order in which a query of this moment asks them.
  std::vector<Upstream> order(base::Time now) const;

  // Did not answer in time, or could not be reached.
  void mark_failed(const Upstream& server, base::Time now) noexcept;
  void mark_answered(const Upstream& server) noexcept;

 private:
  struct Server {
    Upstream upstream;
    base::Time avoided_until{};
  };

  Server* find(const Upstream& upstream) noexcept;

  std::vector<Server> servers_{{wire::kLoopbackV4}};
};

}  // namespace nsrun::dns
