// SPDX-License-Identifier: Apache-2.0
#include "forward/fallback.hh"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

namespace nsrun::forward {
namespace {

using rules::PortForward;

constexpr uint16_t kLastPort = std::numeric_limits<uint16_t>::max();
constexpr uint16_t kFirstUnprivilegedPort = 1024;

// One behind the other in what a rule expands to.
std::vector<std::vector<PortForward>> by_host_port(const std::vector<PortForward>& forwards) {
  std::vector<std::vector<PortForward>> ports;
  for (const PortForward& forward : forwards) {
    if (ports.empty() || ports.back().front().host.port != forward.host.port) ports.emplace_back();
    ports.back().push_back(forward);
  }
  return ports;
}

}  // namespace

std::string port_text(wire::Transport transport, uint16_t port) {
  return fmt::format("{}port {}", transport == wire::Transport::kUdp ? "UDP " : "", port);
}

std::string MovedPort::to_string() const {
  return fmt::format("{} is taken on the host: published as {}", port_text(transport, asked),
                     published);
}

base::Result<uint16_t> add_at_next_free_port(Registry& registry,
                                             std::vector<PortForward> forwards) {
  const uint16_t asked = forwards.front().host.port;
  uint16_t port = asked;
  for (unsigned tried = 0; tried < kLastPort; ++tried) {
    port = port == kLastPort ? kFirstUnprivilegedPort : static_cast<uint16_t>(port + 1);
    for (PortForward& forward : forwards) forward.host.port = port;
    const auto added = registry.add_unless_taken(forwards);
    if (!added) return base::Error{added.error()};
    if (*added) return port;
  }
  return base::Error{fmt::format("port {}: every port of the host is taken", asked)};
}

base::Result<std::vector<MovedPort>> add_with_fallback(Registry& registry,
                                                       const std::vector<rules::PortRule>& rules) {
  std::vector<std::vector<PortForward>> taken;
  for (const rules::PortRule& rule : rules) {
    for (auto& port : by_host_port(registry.forwards_of(rule))) {
      const auto added = registry.add_unless_taken(port);
      if (!added) return base::Error{added.error()};
      if (!*added) taken.push_back(std::move(port));
    }
  }
  std::vector<MovedPort> moved;
  for (auto& port : taken) {
    const auto published = add_at_next_free_port(registry, port);
    if (!published) return base::Error{published.error()};
    moved.push_back({port.front().transport, port.front().host.port, *published});
  }
  return moved;
}

}  // namespace nsrun::forward
