// SPDX-License-Identifier: Apache-2.0
//
// The API socket or the control socket: accepts clients, has their requests carried out, sends the
// answers. Lives in the main context's thread. Knows nothing about what a forward is made of: that
// is Commands' business.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "base/fd.hh"
#include "base/time.hh"
#include "control/commands.hh"
#include "control/connection.hh"
#include "control/main_context.hh"

namespace nsrun::control {

// Who may connect, beside what the file system says.
enum class Clients : uint8_t {
  kAll,
  kOwnUser,  // an abstract name is open to everybody in the network namespace
};

struct ServerLimits {
  size_t clients = 64;  // more wait in the listen queue
  base::Duration idle_time_out = std::chrono::seconds(10);
  // What a client has for its first word when the places are taken and others wait.
  base::Duration silence = std::chrono::seconds(1);
};

class Server {
 public:
  // `listener`, `context` and `commands` must outlive the server; the server must outlive the calls
  // that it made, or the context must no longer run.
  Server(MainContext& context, base::FdView listener, Clients allowed, Commands& commands,
         ServerLimits limits = {});

  size_t client_count() const noexcept { return connections_.size(); }

 private:
  using ClientId = uint64_t;  // never reused: an answer may come after its client has gone

  bool is_full() const noexcept { return connections_.size() >= limits_.clients; }
  void accept_clients();
  bool can_take_client() const noexcept;
  std::map<ClientId, Connection>::const_iterator longest_silent() const noexcept;
  void add_client(base::Fd socket);
  void pause_listening(base::Duration how_long);
  void remove_finished();
  void serve(ClientId client, std::string_view text);
  void carry_out(ClientId client, const AddForward& request);
  void carry_out(ClientId client, const RemoveForward& request);
  void carry_out(ClientId client, const ListForwards& request);
  void carry_out(ClientId client, const Publish& request);
  void carry_out(ClientId client, const Unpublish& request);
  void carry_out(ClientId client, const GetInfo& request);
  void carry_out(ClientId client, const GetStats& request);
  void carry_out(ClientId client, const ListFlows& request);
  void carry_out(ClientId client, const StartCapture& request);
  bool may_command(base::FdView client) const noexcept;
  void answer(ClientId client, std::string text);

  MainContext& context_;
  Commands& commands_;
  ServerLimits limits_;
  base::FdView listener_;
  Clients allowed_;
  std::map<ClientId, Connection> connections_;
  ClientId last_client_ = 0;
  ClientId last_before_pause_ = 0;
  ClientId last_that_had_time_ = 0;  // for its first word
  FdSource listener_source_;
  TimerSource resume_;
  TimerSource reaper_;
};

}  // namespace nsrun::control
