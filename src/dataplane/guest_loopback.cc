// SPDX-License-Identifier: Apache-2.0
#include "dataplane/guest_loopback.hh"

#include <cerrno>
#include <exception>
#include <utility>

#include "os/stream_socket.hh"

namespace nsrun::dataplane {

// A client that nobody takes dies with its reset (its listener's SO_LINGER).
void GuestLoopback::serve(base::Fd client, const wire::Endpoint& refused,
                          const wire::IpAddress& other) noexcept {
  ask_for_socket({std::move(client), refused.port, {refused.address, other}},
                 &GuestLoopback::look_for_listener);
}

void GuestLoopback::try_next_family(Client client) noexcept {
  if (++client.tried == client.own_addresses.size()) return;
  if (client.own_address().is_unspecified()) return;
  ask_for_socket(std::move(client), &GuestLoopback::look_for_listener);
}

void GuestLoopback::ask_for_socket(Client client, Step step) noexcept {
  const auto request =
      client.own_address().is_v4() ? InsideRequest::kTcpSocketV4 : InsideRequest::kTcpSocketV6;
  const uint64_t number = next_number_++;
  try {
    waiting_.emplace(number, std::move(client));
    inside_.ask(request, [this, number, step](ProcessAnswer answer) {
      auto found = waiting_.extract(number);
      // Without a process inside there is no socket of any family.
      if (answer.error == ENOTCONN) return;
      (this->*step)(std::move(found.mapped()), std::move(answer));
    });
  } catch (const std::exception&) {
    waiting_.erase(number);
  }
}

// What listens on all addresses keeps others from binding one of them; what listens on another one
// does not. The port of the client's own family was refused a moment ago, which is enough where a
// low port may not be bound.
void GuestLoopback::look_for_listener(Client client, ProcessAnswer answer) noexcept {
  const int error = answer.error != 0
                        ? answer.error
                        : os::bind_error(answer.socket, {client.own_address(), client.port});
  answer.socket.close();
  const bool is_clients_family = client.tried == 0;
  if (error == 0 || (error == EACCES && is_clients_family)) {
    ask_for_socket(std::move(client), &GuestLoopback::connect);
  } else {
    try_next_family(std::move(client));
  }
}

void GuestLoopback::connect(Client client, ProcessAnswer answer) noexcept {
  const wire::IpAddress& loopback =
      client.own_address().is_v4() ? wire::kLoopbackV4 : wire::kLoopbackV6;
  const wire::Endpoint target{loopback, client.port};
  os::ConnectAttempt attempt{.socket = {}, .error = answer.error};
  if (answer.error == 0) attempt = os::connect_with(std::move(answer.socket), target);
  wire::Endpoint as_seen;
  if (attempt.socket.is_open()) as_seen = os::local_endpoint(attempt.socket);
  // Where nobody listens, a port of the ephemeral range may connect to itself (RFC 9293 section
  // 3.5, simultaneous open).
  if (as_seen == target) attempt.error = ECONNREFUSED;
  base::Fd socket = std::move(client.socket);
  spliced_.join(std::move(socket), std::move(attempt),
                {.key = {wire::Transport::kTcp, target, as_seen}, .is_published = true},
                [this, port = client.port, own = client.own_addresses, tried = client.tried](
                    base::Fd refused, int) {
                  try_next_family({std::move(refused), port, own, tried});
                });
}

}  // namespace nsrun::dataplane
