// SPDX-License-Identifier: Apache-2.0
#include "rules/auto_publish.hh"

#include <algorithm>
#include <tuple>

namespace nsrun::rules {
namespace {

using wire::IpAddress;
using wire::Listener;

auto order_of(const PortForward& forward) noexcept {
  return std::tuple(forward.transport, forward.host.port, forward.host.address.is_v6());
}

bool is_reached(const Listener& listener, const AutoReach& reach) noexcept {
  const IpAddress& address = listener.local.address;
  if (address.is_v6() && !reach.v6) return false;
  if (address.is_unspecified()) return true;
  if (address == wire::kLoopbackV4 || address == wire::kLoopbackV6) {
    return reach.tcp_loopback && listener.transport == wire::Transport::kTcp;
  }
  return (address.is_v4() ? reach.plan.v4 : reach.plan.v6).contains(address);
}

// Where the helper listens for a listener of this family.
std::optional<IpAddress> host_address_of(const AutoRule& rule, bool is_v6) noexcept {
  if (!rule.host_address) return is_v6 ? wire::kLoopbackV6 : wire::kLoopbackV4;
  if (rule.host_address->is_v6() != is_v6) return std::nullopt;
  return rule.host_address;
}

std::optional<PortForward> forward_for(const Listener& listener, std::span<const AutoRule> rules) {
  const auto& [address, port] = listener.local;
  for (const AutoRule& rule : rules) {
    const auto host = host_address_of(rule, address.is_v6());
    if (!host || !rule.covers(listener.transport, port)) continue;
    // Such services tend to trust their clients; it is not for a rule without names to expose them.
    if (address.is_loopback() && !host->is_loopback()) continue;
    // Who listens on the loopback is found by way of the guest's own address.
    const bool is_at_own_address = !address.is_unspecified() && !address.is_loopback();
    const IpAddress any = address.is_v4() ? wire::kAnyV4 : wire::kAnyV6;
    return PortForward{
        listener.transport, {*host, port}, {is_at_own_address ? address : any, port}};
  }
  return std::nullopt;
}

bool contains(std::span<const PortForward> forwards, const PortForward& wanted) noexcept {
  return std::ranges::find(forwards, wanted) != forwards.end();
}

}  // namespace

std::vector<PortForward> auto_forwards(std::span<const Listener> listeners,
                                       std::span<const AutoRule> rules, const AutoReach& reach) {
  std::vector<PortForward> forwards;
  for (const Listener& listener : listeners) {
    if (!is_reached(listener, reach)) continue;
    if (const auto forward = forward_for(listener, rules)) forwards.push_back(*forward);
  }
  // Of several on one port that which listens on all addresses stands in front.
  std::ranges::sort(forwards, {}, [](const PortForward& forward) {
    return std::tuple_cat(order_of(forward),
                          std::tuple(!forward.guest.address.is_unspecified(), forward.guest));
  });
  const auto is_repeated = [](const PortForward& a, const PortForward& b) {
    return order_of(a) == order_of(b);
  };
  forwards.erase(std::unique(forwards.begin(), forwards.end(), is_repeated), forwards.end());
  return forwards;
}

AutoChange auto_change(std::span<const PortForward> published,
                       std::span<const PortForward> wanted) {
  AutoChange change;
  std::ranges::copy_if(published, std::back_inserter(change.gone),
                       [&](const PortForward& each) { return !contains(wanted, each); });
  for (const PortForward& each : wanted) {
    if (contains(published, each)) continue;
    const bool is_next_family = !change.come.empty() &&
                                change.come.back().front().transport == each.transport &&
                                change.come.back().front().host.port == each.host.port;
    if (!is_next_family) change.come.emplace_back();
    change.come.back().push_back(each);
  }
  return change;
}

}  // namespace nsrun::rules
