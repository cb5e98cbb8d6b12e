// SPDX-License-Identifier: Apache-2.0
//
// Any bytes from a client of the API socket: however they are cut into pieces, the same requests
// are found; each is understood or refused, and an answer that quotes it is one line of JSON.
#include <algorithm>
#include <string>
#include <vector>

#include "bytes.hh"
#include "control/framing.hh"
#include "control/message.hh"

namespace {

using namespace nsrun;
using State = control::RequestFramer::State;

struct Found {
  std::vector<std::string> requests;
  State end = State::kEmpty;
  friend bool operator==(const Found&, const Found&) = default;
};

Found find_requests(std::string_view stream, size_t piece) {
  control::RequestFramer framer;
  Found found;
  while (!stream.empty()) {
    framer.add(stream.substr(0, piece));
    stream.remove_prefix(std::min(piece, stream.size()));
    while (framer.state() == State::kComplete) found.requests.push_back(framer.take());
  }
  found.end = framer.state();
  return found;
}

void check_answer(const std::string& answer) {
  NSRUN_CHECK(answer.ends_with('\n') && answer.find('\n') == answer.size() - 1);
  NSRUN_CHECK(find_requests(answer, answer.size()).requests.size() == 1);
}

void check_forward(const control::AddForward& request) {
  NSRUN_CHECK(request.forward.host.port != 0 && request.forward.guest.port != 0);
  check_answer(control::format_list(std::vector{control::ForwardEntry{1, request.forward}}));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  std::string stream(reinterpret_cast<const char*>(data) + 1, size - 1);
  // Around the limit, which no input reaches by itself.
  if ((data[0] & 0x80) != 0) stream.insert(0, control::kMaxRequestBytes - size / 2, ' ');
  const Found found = find_requests(stream, stream.size() + 1);
  NSRUN_CHECK(find_requests(stream, (size_t{data[0]} & 0x7f) + 1) == found);
  for (const std::string& request : found.requests) {
    control::asks_for_keep_alive(request);
    const auto parsed = control::parse_request(request);
    // Without the blanks in front, which would make the answer too long for find_requests().
    const std::string quoted = request.substr(request.find('{'));
    check_answer(control::format_error(parsed ? quoted : parsed.error(), quoted));
    if (!parsed) continue;
    if (const auto* add = std::get_if<control::AddForward>(&*parsed)) check_forward(*add);
  }
  return 0;
}
