// SPDX-License-Identifier: Apache-2.0
#include "dataplane/process_answer.hh"

#include <cerrno>
#include <cstring>
#include <utility>

#include "base/error.hh"

namespace nsrun::dataplane {

ProcessAnswer decode_process_answer(os::Message message) {
  int32_t error = 0;
  if (message.bytes.size() < sizeof error) return {.error = EPROTO, .socket = {}, .more = {}};
  std::memcpy(&error, message.bytes.data(), sizeof error);
  ProcessAnswer answer{.error = error, .socket = {}, .more = {}};
  if (!message.fds.empty()) answer.socket = std::move(message.fds.front());
  answer.more.assign(message.bytes.begin() + sizeof error, message.bytes.end());
  return answer;
}

void send_socket_answer(base::FdView channel, int32_t error, base::FdView socket) {
  const base::FdView passed[] = {socket};
  if (error != 0) return os::send_message(channel, base::bytes_of(error));
  try {
    os::send_message(channel, base::bytes_of(error), passed);
  } catch (const base::SystemError& failure) {
    // Processes of the user have too many descriptors under way (unix(7)).
    if (failure.error_number() != ETOOMANYREFS) throw;
    os::send_message(channel, base::bytes_of(int32_t{ETOOMANYREFS}));
  }
}

}  // namespace nsrun::dataplane
