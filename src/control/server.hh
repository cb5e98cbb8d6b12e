// SPDX-License-Identifier: Apache-2.0
//
// The API socket: accepts clients, has their requests carried out, sends the answers. Lives in the
// main context's thread. Knows nothing about what a forward is made of: that is Commands' business.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "base/time.hh"
#include "control/commands.hh"
#include "control/connection.hh"
#include "control/main_context.hh"
#include "control/path_socket.hh"

namespace nsrun::control {

struct ServerLimits {
  size_t clients = 64;  // more wait in the listen queue
  base::Duration idle_time_out = std::chrono::seconds(10);
};

class Server {
 public:
  // Listens when this returns. `context` and `commands` must outlive the server; the server must
  // outlive the calls that it made, or the context must no longer run. Throws as PathSocket does.
  Server(MainContext& context, const std::string& path, Commands& commands,
         ServerLimits limits = {});

  const SocketFile& file() const noexcept { return listener_.file(); }
  size_t client_count() const noexcept { return connections_.size(); }

 private:
  using ClientId = uint64_t;  // never reused: an answer may come after its client has gone

  void accept_clients();
  void add_client(base::Fd socket);
  void pause_listening(base::Duration how_long);
  void remove_finished();
  void serve(ClientId client, std::string_view text);
  void carry_out(ClientId client, const AddForward& request);
  void carry_out(ClientId client, const RemoveForward& request);
  void carry_out(ClientId client, const ListForwards& request);
  void answer(ClientId client, std::string text);

  MainContext& context_;
  Commands& commands_;
  ServerLimits limits_;
  PathSocket listener_;
  std::map<ClientId, Connection> connections_;
  ClientId last_client_ = 0;
  FdSource listener_source_;
  TimerSource resume_;
  TimerSource reaper_;
};

}  // namespace nsrun::control
