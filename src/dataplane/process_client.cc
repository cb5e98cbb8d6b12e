// SPDX-License-Identifier: Apache-2.0
#include "dataplane/process_client.hh"

#include <fcntl.h>

#include <cerrno>
#include <chrono>
#include <utility>

#include "base/error.hh"
#include "base/log.hh"
#include "os/fd_passing.hh"

namespace nsrun::dataplane {
namespace {

// One system call is asked for. A guest with --share-pid can stop the process, as it can others of
// its user.
constexpr base::Duration kPatience = std::chrono::seconds(10);

// For each there is somebody who holds a client's descriptor.
constexpr size_t kMostWaiting = 4096;

ProcessAnswer failed(int error) { return {.error = error, .socket = {}, .more = {}}; }

}  // namespace

ProcessClient::ProcessClient(loop::Loop& loop, const char* place)
    : Source(loop, place),
      place_(place),
      patience_(loop, [this](base::Time) { give_up("it does not answer"); }) {}

void ProcessClient::connect(base::Fd channel) {
  const int status = base::check("look at a socket's flags", fcntl(channel.number(), F_GETFL));
  base::check("make a socket non-blocking", fcntl(channel.number(), F_SETFL, status | O_NONBLOCK));
  channel_ = std::move(channel);
  watch(channel_, EPOLLIN);
}

void ProcessClient::ask(base::Bytes request, const OnAnswer& on_answer) noexcept {
  if (!channel_.is_open()) {
    if (!std::exchange(has_said_that_it_is_missing_, true)) {
      base::log::warning("going on without the process {}: there is none", place_);
    }
    on_answer(failed(ENOTCONN));
    return;
  }
  if (waiting_.size() >= kMostWaiting) return on_answer(failed(EAGAIN));
  if (!keep(request, on_answer)) return on_answer(failed(ENOMEM));
  if (waiting_.size() == 1) patience_.set(loop().now() + kPatience);
  if (queued_.size() == 1) send_queued();
}

// Both or none: answers come in the order of the requests.
bool ProcessClient::keep(base::Bytes request, const OnAnswer& on_answer) noexcept {
  try {
    waiting_.push_back(on_answer);
  } catch (const std::exception&) {
    return false;
  }
  try {
    queued_.emplace_back(request.begin(), request.end());
  } catch (const std::exception&) {
    waiting_.pop_back();
    return false;
  }
  return true;
}

// The socket's buffer takes some hundred.
void ProcessClient::send_queued() noexcept {
  try {
    while (!queued_.empty()) {
      if (!os::try_send_message(channel_, queued_.front())) return change(EPOLLIN | EPOLLOUT);
      queued_.pop_front();
    }
    change(EPOLLIN);
  } catch (const std::exception& error) {
    give_up(error.what());
  }
}

void ProcessClient::on_ready(uint32_t events, base::Time) noexcept {
  try {
    if ((events & ~uint32_t{EPOLLOUT}) != 0) receive();
  } catch (const std::exception& error) {
    give_up(error.what());
  }
  if ((events & EPOLLOUT) != 0 && channel_.is_open()) send_queued();
}

void ProcessClient::receive() {
  ProcessAnswer answer;
  try {
    auto message = os::receive_message(channel_);
    if (!message) return give_up("it has ended");
    answer = decode_process_answer(std::move(*message));
  } catch (const base::SystemError& error) {
    // The message came and its descriptor did not: there was no number for it (recvmsg(2)).
    if (error.error_number() != EMSGSIZE) throw;
    answer = failed(EMFILE);
  }
  if (waiting_.empty()) return give_up("it answers what nobody asked");
  const OnAnswer on_answer = std::move(waiting_.front());
  waiting_.pop_front();
  patience_.set(waiting_.empty() ? base::kNever : loop().now() + kPatience);
  on_answer(std::move(answer));
}

// For good: nobody starts another one, and answers that come late would be taken for others.
void ProcessClient::give_up(const char* why) noexcept {
  if (!waiting_.empty()) {
    has_said_that_it_is_missing_ = true;
    base::log::warning("going on without the process {}: {}", place_, why);
  }
  patience_.cancel();
  close_watched(channel_);
  queued_.clear();
  for (const OnAnswer& on_answer : std::exchange(waiting_, {})) on_answer(failed(ENOTCONN));
}

}  // namespace nsrun::dataplane
