// SPDX-License-Identifier: Apache-2.0
#include "control/server.hh"

#include <sys/socket.h>

#include <algorithm>
#include <utility>

#include "base/log.hh"
#include "nsrun/api.hh"

namespace nsrun::control {
namespace {

// Clients taken, or sent away, at one go.
constexpr int kMostAtOnce = 64;

}  // namespace

Server::Server(MainContext& context, base::FdView listener, Clients allowed, Commands& commands,
               ServerLimits limits)
    : context_(context),
      commands_(commands),
      limits_(limits),
      listener_(listener),
      allowed_(allowed),
      listener_source_(context, listener_, G_IO_IN, [this](GIOCondition) { accept_clients(); }),
      resume_(context,
              [this] {
                last_that_had_time_ = last_before_pause_;
                listener_source_.change(G_IO_IN);
              }),
      reaper_(context, [this] { remove_finished(); }) {}

void Server::accept_clients() {
  // Strangers may come as fast as they are sent away.
  for (int turns = kMostAtOnce; turns > 0; --turns) {
    if (!can_take_client()) return pause_listening(limits_.silence);
    base::Fd socket(accept4(listener_.number(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (socket.is_open()) {
      if (!may_command(socket)) continue;
      if (is_full()) connections_.erase(longest_silent());
      add_client(std::move(socket));
      continue;
    }
    if (errno == EINTR || errno == ECONNABORTED) continue;
    if (errno != EAGAIN) {
      base::log::warning("accept on the API socket: {}", base::error_text(errno));
      pause_listening(std::chrono::seconds(1));
    }
    return;
  }
}

bool Server::can_take_client() const noexcept {
  return !is_full() || longest_silent() != connections_.end();
}

// Who takes a place and says nothing makes room for others, but not at once.
std::map<Server::ClientId, Connection>::const_iterator Server::longest_silent() const noexcept {
  return std::ranges::find_if(connections_, [this](const auto& entry) {
    return entry.first <= last_that_had_time_ && entry.second.is_silent();
  });
}

// Numbers are as this process' user namespace shows them; those of all strangers may be one there.
// A listening socket's own credentials are those of whoever called listen(2).
bool Server::may_command(base::FdView client) const noexcept {
  if (allowed_ == Clients::kAll) return true;
  ucred theirs{};
  ucred ours{};
  socklen_t size = sizeof theirs;
  if (getsockopt(client.number(), SOL_SOCKET, SO_PEERCRED, &theirs, &size) != 0) return false;
  size = sizeof ours;
  if (getsockopt(listener_.number(), SOL_SOCKET, SO_PEERCRED, &ours, &size) != 0) return false;
  return theirs.uid == ours.uid;
}

void Server::add_client(base::Fd socket) {
  const ClientId id = ++last_client_;
  connections_.try_emplace(
      id, context_, std::move(socket), limits_.idle_time_out,
      [this, id](std::string_view text) { serve(id, text); },
      [this] { reaper_.set(base::Duration::zero()); });
}

void Server::pause_listening(base::Duration how_long) {
  last_before_pause_ = last_client_;
  listener_source_.change(GIOCondition{});
  resume_.set(how_long);
}

void Server::remove_finished() {
  std::erase_if(connections_, [](const auto& entry) { return entry.second.is_finished(); });
  if (!is_full()) listener_source_.change(G_IO_IN);
}

void Server::serve(ClientId client, std::string_view text) {
  if (asks_for_keep_alive(text)) connections_.at(client).keep_open();
  const base::Result<Request> request = parse_request(text);
  if (!request) return answer(client, format_error(request.error()));
  std::visit([&](const auto& which) { carry_out(client, which); }, *request);
}

void Server::carry_out(ClientId client, const AddForward& request) {
  commands_.add_forward(request.forward, [this, client](const base::Result<int>& id) {
    answer(client, id ? format_added(*id) : format_error(api::kAddFailed, id.error()));
  });
}

void Server::carry_out(ClientId client, const RemoveForward& request) {
  commands_.remove_forward(request.id, [this, client](bool was_there) {
    answer(client, was_there ? format_removed() : format_error(api::kRemoveBadId));
  });
}

void Server::carry_out(ClientId client, const ListForwards&) {
  commands_.list_forwards([this, client](const std::vector<ForwardEntry>& entries) {
    answer(client, format_list(entries));
  });
}

void Server::carry_out(ClientId client, const Publish& request) {
  commands_.publish(request.rules, [this, client](const Commands::ListedForwards& added) {
    answer(client,
           added ? format_published(*added) : format_error(api::kPublishFailed, added.error()));
  });
}

void Server::carry_out(ClientId client, const Unpublish& request) {
  commands_.unpublish(request.rules, [this, client](const Commands::ListedForwards& removed) {
    answer(client, removed ? format_published(*removed)
                           : format_error(api::kUnpublishFailed, removed.error()));
  });
}

void Server::carry_out(ClientId client, const GetInfo&) {
  commands_.list_forwards([this, client](const std::vector<ForwardEntry>& entries) {
    answer(client, format_info(commands_.info(), entries));
  });
}

void Server::carry_out(ClientId client, const GetStats&) {
  commands_.read_counters(
      [this, client](const base::Counters& counters) { answer(client, format_stats(counters)); });
}

void Server::carry_out(ClientId client, const ListFlows& request) {
  commands_.list_flows(request.from, [this, client](const ListedFlows& listed) {
    answer(client, format_flows(listed));
  });
}

// Whoever reaches an API socket may be the guest itself.
void Server::carry_out(ClientId client, const StartCapture& request) {
  if (allowed_ != Clients::kOwnUser) {
    return answer(client, format_error(api::kCaptureFailed, "only netns-ctl may capture"));
  }
  // Later: the connection is in the middle of a callback.
  context_.post([this, client, filter = request.filter] {
    const auto found = connections_.find(client);
    if (found == connections_.end() || found->second.is_finished()) return;
    base::Fd socket = found->second.give_up_socket();
    connections_.erase(found);
    remove_finished();
    commands_.start_capture(filter, std::move(socket));
  });
}

void Server::answer(ClientId client, std::string text) {
  const auto found = connections_.find(client);
  if (found != connections_.end()) found->second.answer(std::move(text));
}

}  // namespace nsrun::control
