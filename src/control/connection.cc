// SPDX-License-Identifier: Apache-2.0
#include "control/connection.hh"

#include <sys/socket.h>

#include <array>
#include <utility>

#include "control/message.hh"
#include "nsrun/api.hh"

namespace nsrun::control {
namespace {

// A client that never stops sending must not keep the others, and the signals, waiting.
constexpr int kMaxRequestsInARow = 64;
constexpr size_t kPieceBytes = 4096;

bool must_wait(int error_number) noexcept {
  return error_number == EAGAIN || error_number == EINTR;
}

}  // namespace

Connection::Connection(MainContext& context, base::Fd socket, base::Duration idle_time_out,
                       std::function<void(std::string_view)> on_request,
                       std::function<void()> on_end)
    : socket_(std::move(socket)),
      idle_time_out_(idle_time_out),
      on_request_(std::move(on_request)),
      on_end_(std::move(on_end)),
      source_(context, socket_, G_IO_IN,
              [this](GIOCondition conditions) {
                // Only a client that is gone is reported while we wait for the answer.
                if (state_ == State::kAwaitingAnswer && (conditions & (G_IO_HUP | G_IO_ERR)) != 0) {
                  finish();
                }
                proceed();
              }),
      deadline_(context, [this] { finish(); }) {
  deadline_.set(idle_time_out_);
}

void Connection::answer(std::string text) {
  if (state_ != State::kAwaitingAnswer) return;
  output_ = std::move(text);
  sent_ = 0;
  enter(State::kWriting);
  proceed();
}

bool Connection::is_silent() const noexcept {
  if (state_ != State::kReading || has_answered_) return false;
  char ignored = 0;
  return framer_.state() == RequestFramer::State::kEmpty &&
         recv(socket_.number(), &ignored, 1, MSG_DONTWAIT | MSG_PEEK) < 0;
}

base::Fd Connection::give_up_socket() noexcept {
  state_ = State::kFinished;
  deadline_.cancel();
  source_.change(GIOCondition{});
  return std::move(socket_);
}

void Connection::proceed() {
  if (is_proceeding_) return;
  is_proceeding_ = true;
  while (step()) {
  }
  is_proceeding_ = false;
}

bool Connection::step() {
  switch (state_) {
    case State::kReading:
      return step_reading();
    case State::kWriting:
      return step_writing();
    case State::kDraining:
      return step_draining();
    case State::kAwaitingAnswer:
    case State::kFinished:
      return false;
  }
  return false;
}

bool Connection::step_reading() {
  switch (framer_.state()) {
    case RequestFramer::State::kEmpty:
    case RequestFramer::State::kPartial:
      return step_receiving();
    case RequestFramer::State::kComplete:
      enter(State::kAwaitingAnswer);
      on_request_(framer_.take());
      return true;
    case RequestFramer::State::kMalformed:
      refuse(api::kCannotParse);
      return true;
    case RequestFramer::State::kTooLarge:
      refuse(api::kTooLarge);
      return true;
  }
  return false;
}

bool Connection::step_receiving() {
  std::array<char, kPieceBytes> piece;
  const ssize_t count = recv(socket_.number(), piece.data(), piece.size(), MSG_DONTWAIT);
  if (count > 0) {
    framer_.add({piece.data(), static_cast<size_t>(count)});
    return true;
  }
  if (count == 0) {
    after_end_of_stream();
    return true;
  }
  // Answered, and no further request is under way: the end of an ordinary client.
  const bool is_done =
      has_answered_ && !keeps_open_ && framer_.state() == RequestFramer::State::kEmpty;
  if (is_done || !must_wait(errno)) finish();
  answers_in_a_row_ = 0;
  return false;
}

void Connection::after_end_of_stream() {
  if (has_answered_) {
    finish();
  } else {
    refuse(api::kCannotParse);  // half a request, or none
  }
}

void Connection::refuse(std::string_view description) {
  if (has_answered_ && !keeps_open_) return finish();
  closes_after_answer_ = true;
  output_ = format_error(description);
  sent_ = 0;
  enter(State::kWriting);
}

bool Connection::step_writing() {
  const ssize_t count = send(socket_.number(), output_.data() + sent_, output_.size() - sent_,
                             MSG_DONTWAIT | MSG_NOSIGNAL);
  if (count < 0) {
    if (!must_wait(errno)) finish();
    return false;
  }
  sent_ += static_cast<size_t>(count);
  if (sent_ == output_.size()) after_answer();
  return true;
}

void Connection::after_answer() {
  has_answered_ = true;
  output_.clear();
  if (!closes_after_answer_ && ++answers_in_a_row_ < kMaxRequestsInARow)
    return enter(State::kReading);
  shutdown(socket_.number(), SHUT_WR);
  enter(State::kDraining);
}

bool Connection::step_draining() {
  std::array<char, kPieceBytes> piece;
  const ssize_t count = recv(socket_.number(), piece.data(), piece.size(), MSG_DONTWAIT);
  if (count == 0 || (count < 0 && !must_wait(errno))) finish();
  return false;  // one piece per wake-up: the client may send without end
}

void Connection::enter(State state) {
  state_ = state;
  if (state == State::kAwaitingAnswer) {
    deadline_.cancel();
    source_.change(GIOCondition{});
    return;
  }
  deadline_.set(idle_time_out_);
  source_.change(state == State::kWriting ? G_IO_OUT : G_IO_IN);
}

void Connection::finish() {
  if (state_ == State::kFinished) return;
  state_ = State::kFinished;
  deadline_.cancel();
  source_.change(GIOCondition{});
  on_end_();
}

}  // namespace nsrun::control
