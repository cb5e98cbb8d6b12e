// SPDX-License-Identifier: Apache-2.0
#include "dataplane/local_clients.hh"

#include <exception>
#include <utility>

#include "os/stream_socket.hh"

namespace nsrun::dataplane {

void LocalClients::serve(base::Fd client, const wire::FlowKey& name, Refusal refusal) noexcept {
  const auto request = name.guest.address.is_v4() ? InsideRequest::kForeignTcpSocketV4
                                                  : InsideRequest::kForeignTcpSocketV6;
  const uint64_t number = next_number_++;
  try {
    waiting_.emplace(number, Client{std::move(client), name, refusal});
    inside_.ask(request, [this, number](ProcessAnswer answer) {
      connect(std::move(waiting_.extract(number).mapped()), std::move(answer));
    });
  } catch (const std::exception&) {
    waiting_.erase(number);
  }
}

// The name is chosen now, as nobody else can take it before the pair bears it.
void LocalClients::connect(Client client, ProcessAnswer answer) noexcept {
  const auto name = relay_.free_name(client.name);
  if (answer.error != 0 || !name || os::bind_error(answer.socket, name->remote) != 0) {
    return take_to_tap(std::move(client));
  }
  base::Fd socket = std::move(client.socket);
  spliced_.join(std::move(socket), os::connect_with(std::move(answer.socket), name->guest),
                {.key = *name, .is_published = true},
                [this, asked = client.name, refusal = client.refusal](base::Fd refused, int) {
                  take_to_tap({std::move(refused), asked, refusal});
                });
}

void LocalClients::take_to_tap(Client client) noexcept {
  relay_.open_to_guest(std::move(client.socket), client.name, client.refusal);
}

}  // namespace nsrun::dataplane
