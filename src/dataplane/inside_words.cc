// SPDX-License-Identifier: Apache-2.0
#include "dataplane/inside_words.hh"

#include <cerrno>
#include <cstring>
#include <utility>

namespace nsrun::dataplane {

InsideAnswer decode_inside_answer(os::Message message) {
  int32_t error = 0;
  if (message.bytes.size() < sizeof error) return {.error = EPROTO, .socket = {}, .more = {}};
  std::memcpy(&error, message.bytes.data(), sizeof error);
  InsideAnswer answer{.error = error, .socket = {}, .more = {}};
  if (!message.fds.empty()) answer.socket = std::move(message.fds.front());
  answer.more.assign(message.bytes.begin() + sizeof error, message.bytes.end());
  return answer;
}

}  // namespace nsrun::dataplane
