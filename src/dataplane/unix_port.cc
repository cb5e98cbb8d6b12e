// SPDX-License-Identifier: Apache-2.0
#include "dataplane/unix_port.hh"

#include <utility>

#include "dataplane/client_port.hh"
#include "os/stream_socket.hh"

namespace nsrun::dataplane {

UnixPort::UnixPort(loop::Loop& loop, TcpRelay& relay, LocalClients* local_clients,
                   base::Fd listener, std::string path, const wire::Endpoint& guest)
    : relay_(relay),
      local_clients_(local_clients),
      guest_(guest),
      listener_(
          loop, "published unix socket", std::move(listener), std::move(path),
          [this](base::Fd client, const wire::Endpoint&, base::Time) { take(std::move(client)); }) {
}

void UnixPort::take(base::Fd client) noexcept {
  os::set_relay_options(client);  // urgent bytes in line; the rest is TCP's
  const wire::Endpoint from{wire::kLoopbackV4, random_client_port()};
  const wire::FlowKey name = relay_.name_of(client, from, guest_);
  if (local_clients_ != nullptr) {
    local_clients_->serve(std::move(client), name, Refusal::kIsPassedOn);
  } else {
    relay_.open_to_guest(std::move(client), name, Refusal::kIsPassedOn);
  }
}

}  // namespace nsrun::dataplane
