// SPDX-License-Identifier: Apache-2.0
#include "dataplane/host_socket_service.hh"

#include <cerrno>
#include <chrono>
#include <exception>
#include <utility>

#include "dataplane/outside_words.hh"

namespace nsrun::dataplane {
namespace {

// While the service has as many clients waiting as it wants (listen(2)). Where TCP would repeat the
// SYN, connect(2) of a Unix socket says EAGAIN.
constexpr base::Duration kRetryInterval = std::chrono::milliseconds(20);

}  // namespace

HostSocketService::HostSocketService(loop::Loop& loop, SpliceRelay& spliced, ProcessClient& outside,
                                     base::Fd listener, const wire::Endpoint& in_guest,
                                     uint32_t number)
    : HostService(loop, std::move(listener), in_guest),
      loop_(loop),
      spliced_(spliced),
      outside_(outside),
      number_(number),
      retry_(loop, [this](base::Time) { ask(); }) {}

void HostSocketService::serve(base::Fd client, const wire::Endpoint& from) noexcept {
  const uint64_t number = spliced_.hold(std::move(client), name_of(from), [](base::Fd, int) {});
  if (number == 0) return;
  try {
    waiting_.push_back(number);
  } catch (const std::exception&) {
    return refuse(number, ENOMEM);
  }
  if (waiting_.size() == 1) ask();
}

void HostSocketService::ask() noexcept {
  const HostSocketRequest request{number_};
  outside_.ask(base::bytes_of(request), [this](ProcessAnswer answer) { take(std::move(answer)); });
}

void HostSocketService::take(ProcessAnswer answer) noexcept {
  if (answer.error == ENOTCONN) {  // nor will there be another answer
    for (const uint64_t number : waiting_) refuse(number, ENOTCONN);
    return waiting_.clear();
  }
  if (answer.error == EAGAIN) {
    std::erase_if(waiting_, [this](uint64_t number) { return !spliced_.is_waiting(number); });
    if (!waiting_.empty()) retry_.set(loop_.now() + kRetryInterval);
    return;
  }
  os::ConnectAttempt server{std::move(answer.socket), answer.error};
  for (bool is_taken = false; !is_taken && !waiting_.empty(); waiting_.pop_front()) {
    is_taken = spliced_.meet(waiting_.front(), server);
  }
  if (!waiting_.empty()) ask();
}

void HostSocketService::refuse(uint64_t number, int error) noexcept {
  os::ConnectAttempt none{.socket = {}, .error = error};
  spliced_.meet(number, none);
}

}  // namespace nsrun::dataplane
