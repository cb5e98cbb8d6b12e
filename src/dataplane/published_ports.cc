// SPDX-License-Identifier: Apache-2.0
#include "dataplane/published_ports.hh"

#include <algorithm>

#include "base/log.hh"
#include "os/stream_socket.hh"

namespace nsrun::dataplane {
namespace {

bool is_same_host_port(const rules::PortForward& a, const rules::PortForward& b) noexcept {
  return a.transport == b.transport && a.host == b.host;
}

}  // namespace

base::Result<rules::PortForward> PublishedPorts::add(const rules::PortForward& forward,
                                                     base::Fd socket) {
  if (forward.host.address.is_v6() && !plan_.has_v6 && !socket.is_open()) {
    return base::Error{"IPv6 is off in the guest's network"};
  }
  if (const auto error = try_to_open(forward, std::move(socket))) return *error;
  forwards_.push_back(forward);
  rules::PortForward resolved = forward;
  resolved.guest = guest_endpoint(forward);
  return resolved;
}

std::optional<base::Error> PublishedPorts::add_unix(base::Fd listener, const std::string& path,
                                                    uint16_t guest_port) {
  if (tcp_ == nullptr) return base::Error{"only the accelerated engine takes Unix sockets"};
  unix_ports_.push_back(std::make_unique<UnixPort>(loop_, *tcp_, local_clients_,
                                                   std::move(listener), path,
                                                   wire::Endpoint{plan_.guest_v4, guest_port}));
  return std::nullopt;
}

bool PublishedPorts::remove(const rules::PortForward& forward) {
  const auto found = std::ranges::find_if(
      forwards_, [&](const rules::PortForward& own) { return is_same_host_port(own, forward); });
  if (found == forwards_.end()) return false;
  close(*found);
  forwards_.erase(found);
  return true;
}

void PublishedPorts::follow_guest_v6(const wire::IpAddress& address) {
  if (guest_v6_ == address) return;
  guest_v6_ = address;
  for (const rules::PortForward& forward : forwards_) {
    if (forward.host.address.is_v4() || !forward.guest.address.is_unspecified()) continue;
    redirect(forward);
  }
}

// Sockets of ours stay bound: after lock-down a low port could not be bound again.
void PublishedPorts::redirect(const rules::PortForward& forward) {
  if (forward.transport == wire::Transport::kUdp) {
    udp_.redirect_port(forward.host, guest_endpoint(forward));
  } else if (tcp_ != nullptr) {
    for (const auto& port : listeners_) {
      if (port->host() == forward.host) port->lead_to(guest_endpoint(forward));
    }
  } else {
    close(forward);
    if (const auto error = try_to_open(forward)) {
      base::log::warning("forward {} is lost: {}", forward.to_string(), error->message);
    }
  }
}

wire::Endpoint PublishedPorts::guest_endpoint(const rules::PortForward& forward) const {
  if (!forward.guest.address.is_unspecified()) return forward.guest;
  const bool is_v4 = forward.host.address.is_v4() || !plan_.has_v6;
  return {is_v4 ? plan_.guest_v4 : guest_v6_, forward.guest.port};
}

// For clients by IPv4 at an IPv6 socket, where that takes both (IPV6_V6ONLY; not ours).
wire::Endpoint PublishedPorts::guest_endpoint_v4(const rules::PortForward& forward) const {
  if (!forward.guest.address.is_unspecified()) return forward.guest;
  return {plan_.guest_v4, forward.guest.port};
}

std::optional<base::Error> PublishedPorts::try_to_open(const rules::PortForward& forward,
                                                       base::Fd socket) {
  try {
    return open(forward, std::move(socket));
  } catch (const std::exception& exception) {
    return base::Error{exception.what()};
  }
}

std::optional<base::Error> PublishedPorts::open(const rules::PortForward& forward,
                                                base::Fd socket) {
  if (forward.transport == wire::Transport::kUdp) {
    if (!socket.is_open()) return udp_.open_port(forward.host, guest_endpoint(forward));
    os::adopt_datagram_socket(socket);
    udp_.serve_port(std::move(socket), forward.host, guest_endpoint(forward),
                    guest_endpoint_v4(forward));
    return std::nullopt;
  }
  if (tcp_ != nullptr) return open_tcp(forward, std::move(socket));
  if (socket.is_open()) return base::Error{"only the accelerated engine takes passed sockets"};
  return stack_.add_forward(forward.transport, forward.host, guest_endpoint(forward));
}

std::optional<base::Error> PublishedPorts::open_tcp(const rules::PortForward& forward,
                                                    base::Fd socket) {
  std::optional<wire::Endpoint> guest_v4;
  if (socket.is_open()) {
    guest_v4 = guest_endpoint_v4(forward);
    os::set_non_blocking(socket);
  } else {
    os::OpenedListener opened = os::listen_on(forward.host);
    if (!opened.socket.is_open()) return base::Error{base::error_text(opened.error)};
    socket = std::move(opened.socket);
  }
  LocalClients* local_clients = is_to_guest_itself(forward) ? local_clients_ : nullptr;
  listeners_.push_back(std::make_unique<TcpPort>(loop_, *tcp_, local_clients, std::move(socket),
                                                 forward.host, guest_endpoint(forward), guest_v4));
  return std::nullopt;
}

// Else to a network behind it.
bool PublishedPorts::is_to_guest_itself(const rules::PortForward& forward) const noexcept {
  const wire::IpAddress& address = forward.guest.address;
  return address.is_unspecified() || address == plan_.guest_v4 || address == guest_v6_;
}

void PublishedPorts::close(const rules::PortForward& forward) {
  if (forward.transport == wire::Transport::kUdp) {
    udp_.close_port(forward.host);
  } else if (tcp_ != nullptr) {
    std::erase_if(listeners_, [&](const auto& port) { return port->host() == forward.host; });
  } else {
    stack_.remove_forward(forward.transport, forward.host);
  }
}

}  // namespace nsrun::dataplane
