// SPDX-License-Identifier: Apache-2.0
#include "dns/upstreams.hh"

#include <algorithm>

namespace nsrun::dns {

void Upstreams::set(const std::vector<wire::IpAddress>& servers) {
  servers_.clear();
  for (const wire::IpAddress& address : servers) {
    if (find(address) == nullptr) servers_.push_back({address});
  }
  if (servers_.empty()) servers_.push_back({wire::kLoopbackV4});
}

std::vector<wire::IpAddress> Upstreams::order(base::Time now) const {
  std::vector<wire::IpAddress> ordered;
  for (const bool is_avoided : {false, true}) {
    for (const Server& server : servers_) {
      if ((server.avoided_until > now) == is_avoided) ordered.push_back(server.address);
    }
  }
  return ordered;
}

void Upstreams::mark_failed(const wire::IpAddress& server, base::Time now) noexcept {
  if (Server* found = find(server)) found->avoided_until = now + kAvoidance;
}

void Upstreams::mark_answered(const wire::IpAddress& server) noexcept {
  if (Server* found = find(server)) found->avoided_until = {};
}

Upstreams::Server* Upstreams::find(const wire::IpAddress& address) noexcept {
  const auto found = std::ranges::find(servers_, address, &Server::address);
  return found == servers_.end() ? nullptr : &*found;
}

}  // namespace nsrun::dns
