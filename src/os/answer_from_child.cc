// SPDX-License-Identifier: Apache-2.0
#include "os/answer_from_child.hh"

#include <exception>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "base/error.hh"
#include "os/process.hh"

namespace nsrun::os {
namespace {

// The first byte of a message.
enum class Outcome : char { kDone, kFailed };

// The child's body.
int run_and_send(base::Fd& socket, const std::function<Message(base::Fd&)>& body) {
  std::string reason(1, static_cast<char>(Outcome::kFailed));
  try {
    Message answer = body(socket);
    answer.bytes.insert(answer.bytes.begin(), static_cast<std::byte>(Outcome::kDone));
    const std::vector<base::FdView> passed(answer.fds.begin(), answer.fds.end());
    send_message(socket, answer.bytes, passed);
    return 0;
  } catch (const std::exception& error) {
    reason += error.what();
  }
  send_message(socket, std::as_bytes(std::span(reason)));
  return 1;
}

}  // namespace

Message answer_from_child(const std::function<Message(base::Fd& socket)>& body) {
  auto [ours, theirs] = make_seqpacket_pair();
  Child child = Child::start([&, &our_end = ours, &socket = theirs] {
    our_end.close();
    return run_and_send(socket, body);
  });
  theirs.close();
  std::optional<Message> message = receive_message(ours);
  child.wait();
  if (!message) throw base::Failure("a process in other namespaces ended unexpectedly");
  const auto outcome = static_cast<Outcome>(message->bytes.front());
  message->bytes.erase(message->bytes.begin());
  if (outcome == Outcome::kDone) return std::move(*message);
  throw base::Failure(
      std::string(reinterpret_cast<const char*>(message->bytes.data()), message->bytes.size()));
}

}  // namespace nsrun::os
