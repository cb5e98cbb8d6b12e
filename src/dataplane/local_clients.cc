// SPDX-License-Identifier: Apache-2.0
#include "dataplane/local_clients.hh"

#include <cerrno>
#include <chrono>
#include <exception>
#include <utility>

#include "os/stream_socket.hh"

namespace nsrun::dataplane {
namespace {

// On the guest's loopback an answer takes microseconds. There is none where its rules drop ours or
// lead the answers elsewhere, or where the listener's queue is full.
constexpr base::Duration kPatience = std::chrono::milliseconds(200);
constexpr base::Duration kSilence = std::chrono::seconds(60);

}  // namespace

void LocalClients::serve(base::Fd client, const wire::FlowKey& name, Refusal refusal) noexcept {
  if (is_silent(name.guest)) return take_to_tap({std::move(client), name, refusal});
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
  if (answer.error != 0 || spliced_.pair_count() >= kMostPairs || !name ||
      os::bind_error(answer.socket, name->remote) != 0) {
    return take_to_tap(std::move(client));
  }
  base::Fd socket = std::move(client.socket);
  spliced_.join(
      std::move(socket), os::connect_with(std::move(answer.socket), name->guest),
      {.key = *name, .is_published = true},
      [this, asked = client.name, refusal = client.refusal](base::Fd refused, int error) {
        if (error == ETIMEDOUT) note_silence(asked.guest);
        take_to_tap({std::move(refused), asked, refusal});
      },
      kPatience);
}

bool LocalClients::is_silent(const wire::Endpoint& guest) noexcept {
  const auto found = silent_.find(guest);
  if (found == silent_.end()) return false;
  if (relay_.now() < found->second) return true;
  silent_.erase(found);
  return false;
}

void LocalClients::note_silence(const wire::Endpoint& guest) noexcept {
  try {
    silent_[guest] = relay_.now() + kSilence;
  } catch (const std::exception&) {  // then the next client asks again
  }
}

void LocalClients::take_to_tap(Client client) noexcept {
  relay_.open_to_guest(std::move(client.socket), client.name, client.refusal);
}

}  // namespace nsrun::dataplane
