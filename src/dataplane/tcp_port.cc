// SPDX-License-Identifier: Apache-2.0
#include "dataplane/tcp_port.hh"

#include <fmt/format.h>

#include <utility>

#include "os/stream_socket.hh"

namespace nsrun::dataplane {

TcpPort::TcpPort(loop::Loop& loop, TcpRelay& relay, LocalClients* local_clients, base::Fd listener,
                 const wire::Endpoint& host, const wire::Endpoint& guest,
                 const std::optional<wire::Endpoint>& guest_v4)
    : relay_(relay),
      local_clients_(local_clients),
      host_(host),
      guest_(guest),
      guest_v4_(guest_v4),
      listener_(loop, "published tcp port", std::move(listener), fmt::format("{}", host),
                [this](base::Fd client, const wire::Endpoint& from, base::Time) {
                  take(std::move(client), from);
                }) {}

void TcpPort::take(base::Fd client, const wire::Endpoint& from) noexcept {
  const bool is_passed = guest_v4_.has_value();
  if (is_passed) os::set_relay_options(client);  // somebody else's listener has none to inherit
  const wire::Endpoint& guest = is_passed && from.address.is_v4() ? *guest_v4_ : guest_;
  // Who passes sockets may start the guest for their first client.
  const auto refusal = is_passed ? Refusal::kIsOutlasted : Refusal::kIsPassedOn;
  const wire::FlowKey name = relay_.name_of(client, from, guest);
  if (local_clients_ != nullptr && name.remote.address != from.address) {
    local_clients_->serve(std::move(client), name, refusal);
  } else {
    relay_.open_to_guest(std::move(client), name, refusal);
  }
}

}  // namespace nsrun::dataplane
