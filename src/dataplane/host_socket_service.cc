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
      retry_(loop, [this](base::Time) { ask(); }) {
  retry_.set({});  // allocates now, where that may throw
  retry_.cancel();
}

void HostSocketService::serve(base::Fd client, const wire::Endpoint& from) noexcept {
  if (waiting_.size() == SpliceRelay::kMostPairs) return;
  try {
    waiting_.push_back({std::move(client), from});
  } catch (const std::exception&) {
    return;
  }
  if (waiting_.size() == 1) ask();
}

void HostSocketService::ask() noexcept {
  const HostSocketRequest request{number_};
  outside_.ask(base::bytes_of(request), [this](ProcessAnswer answer) { take(std::move(answer)); });
}

void HostSocketService::take(ProcessAnswer answer) noexcept {
  if (answer.error == ENOTCONN) return waiting_.clear();  // nor will there be another answer
  if (answer.error == EAGAIN) return retry_.set(loop_.now() + kRetryInterval);
  Client client = std::move(waiting_.front());
  waiting_.pop_front();
  spliced_.join(std::move(client.socket), {std::move(answer.socket), answer.error},
                name_of(client.from), [](base::Fd, int) {});
  if (!waiting_.empty()) ask();
}

}  // namespace nsrun::dataplane
