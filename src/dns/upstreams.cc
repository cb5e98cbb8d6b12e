// SPDX-License-Identifier: Apache-2.0
#include "dns/upstreams.hh"

#include <algorithm>

namespace nsrun::dns {

void Upstreams::set(const std::vector<Upstream>& servers) {
  servers_.clear();
  for (const Upstream& upstream : servers) {
    if (find(upstream) == nullptr) servers_.push_back({upstream});
  }
  if (servers_.empty()) servers_.push_back({wire::kLoopbackV4});
}

std::vector<Upstream> Upstreams::order(base::Time now) const {
  std::vector<Upstream> ordered;
  for (const bool is_avoided : {false, true}) {
    for (const Server& server : servers_) {
      if ((server.avoided_until > now) == is_avoided) ordered.push_back(server.upstream);
    }
  }
  return ordered;
}

void Upstreams::mark_failed(const Upstream& server, base::Time now) noexcept {
  if (Server* found = find(server)) found->avoided_until = now + kAvoidance;
}

void Upstreams::mark_answered(const Upstream& server) noexcept {
  if (Server* found = find(server)) found->avoided_until = {};
}

Upstreams::Server* Upstreams::find(const Upstream& upstream) noexcept {
  const auto found = std::ranges::find(servers_, upstream, &Server::upstream);
  return found == servers_.end() ? nullptr : &*found;
}

}  // namespace nsrun::dns
