// SPDX-License-Identifier: Apache-2.0
#include "helper/host_ports.hh"

#include <fmt/format.h>

#include <cerrno>
#include <utility>

#include "base/error.hh"
#include "base/log.hh"
#include "os/stream_socket.hh"
#include "wire/print.hh"

namespace nsrun::helper {
namespace {

using dataplane::InsideRequest;

os::OpenedListener listen_in_guest(Inside& inside, const wire::Endpoint& local) {
  dataplane::InsideAnswer answer =
      inside.ask(local.address.is_v4() ? InsideRequest::kTcpSocketV4 : InsideRequest::kTcpSocketV6);
  if (answer.error == ENOTCONN) {
    throw base::Failure("--host-port: the namespaces of the guest cannot be entered here");
  }
  if (answer.error != 0) return {.socket = {}, .error = answer.error};
  return os::listen_with(std::move(answer.socket), local);
}

// Without an address a service is where "localhost" leads.
std::vector<wire::Endpoint> targets_of(const rules::PortRule& rule, uint16_t port) {
  if (rule.host_address) return {{*rule.host_address, port}};
  return {{wire::kLoopbackV4, port}, {wire::kLoopbackV6, port}};
}

// A guest need not have IPv6.
bool is_lack_of_v6(const wire::Endpoint& local, int error) noexcept {
  return local.address.is_v6() && (error == EADDRNOTAVAIL || error == EAFNOSUPPORT);
}

void open_one(const wire::Endpoint& local, std::vector<wire::Endpoint> targets, Inside& inside,
              dataplane::DataPlane& data_plane, TakenPort taken) {
  os::OpenedListener opened = listen_in_guest(inside, local);
  if (opened.socket.is_open()) {
    data_plane.add_host_service(std::move(opened.socket), local, std::move(targets));
    return;
  }
  if (is_lack_of_v6(local, opened.error)) return;
  const std::string text = fmt::format("host port {} is not to be had at {} of the command: {}",
                                       targets.front().port, local, base::error_text(opened.error));
  if (taken == TakenPort::kIsAnError) throw base::Failure("--host-port: " + text);
  base::log::warning("{}", text);
}

}  // namespace

void open_host_ports(const std::vector<rules::PortRule>& rules, Inside& inside,
                     dataplane::DataPlane& data_plane, TakenPort taken) {
  for (const rules::PortRule& rule : rules) {
    for (uint16_t index = 0; index < rule.count; ++index) {
      const auto host_port = static_cast<uint16_t>(rule.host_first + index);
      const auto guest_port = static_cast<uint16_t>(rule.guest_first + index);
      for (const wire::IpAddress& loopback : {wire::kLoopbackV4, wire::kLoopbackV6}) {
        open_one({loopback, guest_port}, targets_of(rule, host_port), inside, data_plane, taken);
      }
    }
  }
}

}  // namespace nsrun::helper
