// SPDX-License-Identifier: Apache-2.0
#include "dataplane/tcp_port.hh"

#include <utility>

#include "os/stream_socket.hh"

namespace nsrun::dataplane {

TcpPort::TcpPort(loop::Loop& loop, TcpRelay& relay, const LinkDirectory& links, base::Fd listener,
                 const wire::Endpoint& host, const wire::Endpoint& guest,
                 const std::optional<wire::Endpoint>& guest_v4)
    : relay_(relay),
      links_(links),
      host_(host),
      guest_(guest),
      guest_v4_(guest_v4),
      listener_(loop, "published tcp port", std::move(listener), host,
                [this](base::Fd client, const wire::Endpoint& from, base::Time now) {
                  take(std::move(client), from, now);
                }) {}

void TcpPort::take(base::Fd client, const wire::Endpoint& from, base::Time now) noexcept {
  const bool is_passed = guest_v4_.has_value();
  if (is_passed) os::set_relay_options(client);  // somebody else's listener has none to inherit
  const wire::Endpoint& guest = is_passed && from.address.is_v4() ? *guest_v4_ : guest_;
  // Who passes sockets may start the guest for their first client.
  relay_.open_to_guest(std::move(client), from, guest, links_.link_for(guest.address, from.address),
                       now, is_passed ? Refusal::kIsOutlasted : Refusal::kIsPassedOn);
}

}  // namespace nsrun::dataplane
