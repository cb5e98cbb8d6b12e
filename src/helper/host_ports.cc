// SPDX-License-Identifier: Apache-2.0
#include "helper/host_ports.hh"

#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>
#include <filesystem>
#include <functional>
#include <string>
#include <utility>

#include "base/error.hh"
#include "base/log.hh"
#include "os/stream_socket.hh"

namespace nsrun::helper {
namespace {

using dataplane::InsideRequest;

os::OpenedListener listen_in_guest(Inside& inside, const wire::Endpoint& local) {
  dataplane::ProcessAnswer answer =
      inside.ask(local.address.is_v4() ? InsideRequest::kTcpSocketV4 : InsideRequest::kTcpSocketV6);
  if (answer.error == ENOTCONN) {
    throw base::Failure("--host-port: the guest's namespaces cannot be entered here");
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

using AddService = std::function<void(base::Fd listener, const wire::Endpoint& local)>;

// `service`: what messages call it.
void open_on_loopbacks(uint16_t guest_port, const std::string& service, Inside& inside,
                       TakenPort taken, const AddService& add) {
  for (const wire::IpAddress& loopback : {wire::kLoopbackV4, wire::kLoopbackV6}) {
    const wire::Endpoint local{loopback, guest_port};
    os::OpenedListener opened = listen_in_guest(inside, local);
    if (opened.socket.is_open()) {
      add(std::move(opened.socket), local);
      continue;
    }
    if (is_lack_of_v6(local, opened.error)) continue;
    const std::string text = fmt::format("{}: cannot listen on the command's {}: {}", service,
                                         local, base::error_text(opened.error));
    if (taken == TakenPort::kIsAnError) throw base::Failure("--host-port: " + text);
    base::log::warning("{}", text);
  }
}

// The service may come later; what it can never be is a mistake.
void check_host_socket(const rules::UnixRule& rule) {
  struct stat status {};
  int error = ::stat(rule.path.c_str(), &status) < 0 ? errno : 0;
  if (error == 0 && !S_ISSOCK(status.st_mode)) error = ENOTSOCK;
  if (error == ENOENT) {
    const std::filesystem::path directory = std::filesystem::path(rule.path).parent_path();
    error = ::stat(directory.empty() ? "." : directory.c_str(), &status) < 0 ? errno : 0;
  }
  if (error == 0) return;
  throw base::Failure(
      fmt::format("--host-port: {}: {}", rule.to_string(), base::error_text(error)));
}

}  // namespace

void open_host_ports(const std::vector<rules::PortRule>& rules, Inside& inside,
                     dataplane::DataPlane& data_plane, TakenPort taken) {
  for (const rules::PortRule& rule : rules) {
    for (uint16_t index = 0; index < rule.count; ++index) {
      const auto host_port = static_cast<uint16_t>(rule.host_first + index);
      const auto guest_port = static_cast<uint16_t>(rule.guest_first + index);
      open_on_loopbacks(guest_port, fmt::format("host port {}", host_port), inside, taken,
                        [&](base::Fd listener, const wire::Endpoint& local) {
                          data_plane.add_host_service(std::move(listener), local,
                                                      targets_of(rule, host_port));
                        });
    }
  }
}

void open_host_sockets(const std::vector<rules::UnixRule>& rules, Inside& inside,
                       dataplane::DataPlane& data_plane, TakenPort taken) {
  for (uint32_t number = 0; number < rules.size(); ++number) {
    const rules::UnixRule& rule = rules[number];
    if (taken == TakenPort::kIsAnError) check_host_socket(rule);
    open_on_loopbacks(rule.guest_port, rule.path, inside, taken,
                      [&](base::Fd listener, const wire::Endpoint& local) {
                        data_plane.add_host_socket(std::move(listener), local, number);
                      });
  }
}

}  // namespace nsrun::helper
