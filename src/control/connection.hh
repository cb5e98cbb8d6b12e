// SPDX-License-Identifier: Apache-2.0
//
// One client of the API socket: reads a request in whatever pieces it comes, waits for the answer,
// sends it as fast as the client takes it, closes: slirp4netns' clients read until then. A client
// that has sent its next request already is served on, one that has asked for it (keep_open) is
// waited for. Never blocks; a deadline ends every wait for the client.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/fd.hh"
#include "control/framing.hh"
#include "control/main_context.hh"

namespace nsrun::control {

class Connection {
 public:
  // `on_request` gets the text of each request and leads to one answer(), now or later. `on_end` is
  // called once, when is_finished() has become true; it must not destroy the connection.
  Connection(MainContext& context, base::Fd socket, base::Duration idle_time_out,
             std::function<void(std::string_view)> on_request, std::function<void()> on_end);

  void answer(std::string text);
  // The client says that it does not wait for the end of the stream.
  void keep_open() noexcept { keeps_open_ = true; }
  // The client has not sent a byte yet.
  bool is_silent() const noexcept;
  // Ends it, but not the socket: what it says from now on is the caller's. Not while a callback of
  // this object is under way.
  base::Fd give_up_socket() noexcept;
  bool is_finished() const noexcept { return state_ == State::kFinished; }

 private:
  enum class State {
    kReading,
    kAwaitingAnswer,
    kWriting,
    kDraining,  // nothing more to say; takes what is still coming, as closing now would reset
    kFinished,
  };

  // Goes on until a step has to wait.
  void proceed();
  bool step();
  bool step_reading();
  bool step_receiving();
  bool step_writing();
  bool step_draining();
  void after_end_of_stream();
  void refuse(std::string_view description);
  void after_answer();
  void enter(State state);
  void finish();

  base::Fd socket_;
  base::Duration idle_time_out_;
  std::function<void(std::string_view)> on_request_;
  std::function<void()> on_end_;
  RequestFramer framer_;
  std::string output_;
  size_t sent_ = 0;
  bool has_answered_ = false;
  int answers_in_a_row_ = 0;  // since it had to wait for the client
  bool keeps_open_ = false;
  State state_ = State::kReading;
  bool closes_after_answer_ = false;
  bool is_proceeding_ = false;
  FdSource source_;
  TimerSource deadline_;
};

}  // namespace nsrun::control
